package tsast

import "strings"

// unexpected reports an ERROR node. The node may reach over half of the
// file; what is reported is the bracket or quote in it that was never closed,
// or else its first line.
func (r *reading) unexpected(records []record, at int) {
	top := &records[at]
	r.damage = append(r.damage, top.span())
	span := Span{int(top.start), firstLine(r.src, int(top.start), int(top.end))}
	words := string(r.src[span.Start:span.End])
	message := "unexpected " + quoted(words)
	if open := unclosed(records, at); open != nil {
		span = open.span()
		message = quoted(open.name()) + " is never closed"
	} else if strings.HasPrefix(words, "/*") {
		message = "`/*` is never closed"
	}
	r.file.Problems = append(r.file.Problems, SyntaxProblem{span, message})
}

// unclosed finds the innermost bracket or quote that an ERROR node opens and
// does not close: those that have a partner stand inside nodes of their own.
func unclosed(records []record, at int) *record {
	var open []*record
	for i := at + 1; i < int(records[at].next); {
		rec := &records[i]
		if rec.kind == kError {
			i++
			continue
		}
		if rec.kind == kOther && !rec.is(flagMissing) {
			name := rec.name()
			if n := len(open); n > 0 && closer(open[n-1].name()) == name {
				open = open[:n-1]
			} else if closer(name) != "" {
				open = append(open, rec)
			}
		}
		i = int(rec.next)
	}
	if len(open) == 0 {
		return nil
	}
	return open[len(open)-1]
}

// closer gives the token that ends what another begins.
func closer(token string) string {
	switch token {
	case "{":
		return "}"
	case "[":
		return "]"
	case "(":
		return ")"
	case "\"", "'", "`":
		return token
	}
	return ""
}

// missing reports a MISSING node, at the end of what stands before it.
func (r *reading) missing(rec *record) {
	at := int(rec.start)
	for at > 0 && isSpace(r.src[at-1]) {
		at--
	}
	r.damage = append(r.damage, Span{at, int(rec.end)})
	r.file.Problems = append(r.file.Problems, SyntaxProblem{Span{at, at}, "missing " + quoted(rec.name())})
}

// quoted shows a piece of source in a message, shortened.
func quoted(s string) string {
	const most = 40
	s = strings.ToValidUTF8(s, "\ufffd")
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	if strings.Contains(s, "`") {
		return "'" + s + "'"
	}
	return "`" + s + "`"
}

// firstLine gives the end of the first line of src[start:end].
func firstLine(src []byte, start, end int) int {
	for i := start; i < end; i++ {
		if src[i] == '\n' || src[i] == '\r' {
			return i
		}
	}
	return end
}
