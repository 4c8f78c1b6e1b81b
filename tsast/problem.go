package tsast

import "strings"

// unexpected reports an ERROR node. The node may reach over half of the
// file; what is reported is the bracket or quote in it that was never closed,
// or else its first line.
func (r *reading) unexpected(records []record, at int) {
	top := &records[at]
	span := r.t.span(top)
	r.damage = append(r.damage, span)
	span.End = firstLine(r.text, span.Start, span.End)
	words := r.text[span.Start:span.End]
	message := "unexpected " + quoted(words)
	if open := unclosed(records, at); open != nil && open.start >= 0 {
		span = r.t.span(open)
		message = quoted(open.name()) + " is never closed"
	} else if strings.HasPrefix(words, "/*") {
		message = "`/*` is never closed"
	}
	r.problems = append(r.problems, SyntaxProblem{span, message})
}

// unclosed finds the innermost bracket or quote that an ERROR node opens and
// does not close: those that have a partner stand inside nodes of their own.
func unclosed(records []record, at int) *record {
	var open []*record
	for i := at + 1; i < records[at].next; {
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
		i = rec.next
	}
	if len(open) == 0 {
		return nil
	}
	return open[len(open)-1]
}

// closer returns the token that ends what another begins.
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
	span := r.t.span(rec)
	at := span.Start
	for at > 0 && isSpace(r.text[at-1]) {
		at--
	}
	r.damage = append(r.damage, Span{at, span.End})
	r.problems = append(r.problems, SyntaxProblem{Span{at, at}, "missing " + quoted(rec.name())})
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

// firstLine returns the end of the first line of src[start:end].
func firstLine(src string, start, end int) int {
	for i := start; i < end; i++ {
		if src[i] == '\n' || src[i] == '\r' {
			return i
		}
	}
	return end
}
