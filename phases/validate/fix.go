package validate

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/fib-ls/fib-ls/tsast"
)

// Fixes says which fixes FixAll takes.
type Fixes bool

// The safe fixes alone, and with them those that rest on what is known of the
// model.
const (
	SafeFixes Fixes = false
	AllFixes  Fixes = true
)

// takes reports whether a fix is one of those.
func (which Fixes) takes(f Fix) bool { return f.Preferred && (f.Safe || which == AllFixes) }

// FixAll merges the preferred fixes of some problems into one set of edits:
// in the order of the problems, each as a whole or not at all, and never two
// that change the same text. What was left out can be fixed by checking the
// edited text again.
func FixAll(problems []Problem, which Fixes) []tsast.TextEdit {
	var taken []tsast.TextEdit // in the order of the text
	for _, p := range problems {
		for _, f := range p.Fixes {
			if !which.takes(f) {
				continue
			}
			if fresh := without(f.Edits, taken); len(fresh) > 0 && !collide(fresh, taken) {
				for _, e := range fresh {
					taken = slices.Insert(taken, after(taken, e.Span.Start), e)
				}
			}
			break
		}
	}
	return taken
}

// after is where the edits behind a byte begin.
func after(taken []tsast.TextEdit, at int) int {
	return sort.Search(len(taken), func(i int) bool { return taken[i].Span.Start > at })
}

// without leaves out edits that are already taken, letter for letter.
func without(edits, taken []tsast.TextEdit) []tsast.TextEdit {
	return slices.DeleteFunc(slices.Clone(edits), func(e tsast.TextEdit) bool {
		i := after(taken, e.Span.Start)
		return i > 0 && taken[i-1] == e
	})
}

// collide reports whether an edit overlaps another, or that one of the two is an
// insertion and touches the other: their order would be anybody's guess. Those
// taken do not overlap, so each edit has two neighbours.
func collide(edits, taken []tsast.TextEdit) bool {
	empty := func(s tsast.Span) bool { return s.Start == s.End }
	for _, e := range edits {
		i := after(taken, e.Span.Start)
		for _, t := range taken[max(i-1, 0):min(i+1, len(taken))] {
			a, b := e.Span, t.Span
			if a.Start < b.End && b.Start < a.End || (empty(a) || empty(b)) && a.Start <= b.End && b.Start <= a.End {
				return true
			}
		}
	}
	return false
}

// Fixable counts the problems that FixAll would mend by safe fixes, and those
// that it would mend by the others only.
func Fixable(problems []Problem) (safe, unsafe int) {
	for _, p := range problems {
		for _, f := range p.Fixes {
			if !f.Preferred {
				continue
			}
			if f.Safe {
				safe++
			} else {
				unsafe++
			}
			break
		}
	}
	return safe, unsafe
}

// replace is a fix of one edit. What is preferred follows from the text: the
// comparison with a model's config takes that back for its own fixes.
func replace(title string, span tsast.Span, text string, preferred bool) Fix {
	return Fix{Title: title, Preferred: preferred, Safe: preferred, Edits: []tsast.TextEdit{{Span: span, NewText: text}}}
}

// literal writes a string literal with the quote that stands at a span of the
// entry, or with the file's.
func (p *entryPass) literal(like tsast.Span, value string) string {
	quote := p.style.Quote
	if like.Start < like.End && like.End <= len(p.text) {
		if c := p.text[like.Start]; c == '"' || c == '\'' {
			quote = c
		}
	}
	return quoted(value, quote)
}

// quoted writes a TypeScript string literal; text from outside stays inside.
func quoted(value string, quote byte) string {
	if quote != '\'' {
		quote = '"'
	}
	var b strings.Builder
	b.WriteByte(quote)
	for _, r := range value {
		switch {
		case r == rune(quote) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029:
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte(quote)
	return b.String()
}

// identifier reports whether a key needs no quotes.
func identifier(key string) bool {
	for i, r := range key {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '$'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return key != ""
}

// key writes a property key as the one at a span is written.
func (p *entryPass) key(like tsast.Span, name string) string {
	if c := p.at(tsast.Span{Start: like.Start, End: min(like.Start+1, like.End)}); identifier(name) && c != `"` && c != "'" {
		return name
	}
	return p.literal(like, name)
}

// removeItem takes an element out of an array literal, with one comma and the
// space around it when nothing else stands there.
func (p *entryPass) removeItem(items []tsast.String, i int) tsast.TextEdit {
	span := items[i].Span
	plain := func(from, to int) bool {
		return strings.Trim(p.at(tsast.Span{Start: from, End: to}), ", \t\r\n") == ""
	}
	switch {
	case i+1 < len(items) && plain(span.End, items[i+1].Span.Start):
		span.End = items[i+1].Span.Start
	case i > 0 && i+1 == len(items) && plain(items[i-1].Span.End, span.Start):
		span.Start = items[i-1].Span.End
	default:
		rest := p.text[span.End:]
		if trimmed := strings.TrimLeft(rest, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == ',' {
			span.End += len(rest) - len(trimmed) + 1
		}
	}
	return tsast.TextEdit{Span: span}
}

// insert puts a property into an object literal: after the last of the
// properties that precede it in the usual order, else first.
func (p *entryPass) insert(object tsast.Span, properties []tsast.Property, before []string, text string) tsast.TextEdit {
	after := -1
	for i, prop := range properties {
		if slices.Contains(before, prop.Key) && !prop.Opaque {
			after = i
		}
	}
	switch {
	case after >= 0:
		at := properties[after].Span
		return tsast.TextEdit{Span: tsast.Span{Start: at.End, End: at.End}, NewText: "," + p.separator(at.Start) + text}
	case len(properties) > 0:
		at := properties[0].Span
		return tsast.TextEdit{Span: tsast.Span{Start: at.Start, End: at.Start}, NewText: text + "," + p.separator(at.Start)}
	}
	at := object.Start + 1
	return tsast.TextEdit{Span: tsast.Span{Start: at, End: at}, NewText: " " + text + " "}
}

// separator is what stands between a property that begins at a byte and the
// next: a line break with its indentation when it stands on a line of its
// own, else a space.
func (p *entryPass) separator(at int) string {
	if at > len(p.text) {
		return " "
	}
	start := p.lineStart(at) - 1
	if start < 0 {
		return " "
	}
	indent := p.text[start+1 : at]
	if len(strings.TrimLeft(indent, " \t")) > 0 {
		return " "
	}
	eol := "\n"
	if start > 0 && p.text[start-1] == '\r' {
		eol = "\r\n"
	}
	return eol + indent
}
