package validate

import (
	"slices"
	"sort"

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

// file is the entry's text as a file of its own, for the edits that tsast
// makes: like all spans here, theirs are relative to the entry.
func (p *entryPass) file() *tsast.File {
	if p.own == nil {
		p.own = p.model.File(p.text, p.style)
	}
	return p.own
}

// restate is a fix that writes another value into a string literal.
func (p *entryPass) restate(title string, literal tsast.Span, value string, preferred bool) Fix {
	return replace(title, literal, p.file().ReplaceString(literal, value).NewText, preferred)
}

// rename is a fix that gives a property another key.
func (p *entryPass) rename(key tsast.Span, name string, preferred bool) Fix {
	return replace("Rename to "+name, key, p.file().RenameKey(key, name).NewText, preferred)
}

// insert puts a property into an object literal: after the last of the
// properties that precede it in the usual order, else first.
func (p *entryPass) insert(object tsast.Span, properties []tsast.Property, before []string, key, value string) []tsast.TextEdit {
	var after tsast.Span
	for _, prop := range properties {
		if slices.Contains(before, prop.Key) && !prop.Opaque {
			after = prop.Span
		}
	}
	return p.file().InsertProperty(object, after, key, value)
}
