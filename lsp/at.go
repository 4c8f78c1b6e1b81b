package lsp

import (
	"sort"

	"github.com/fib-ls/fib-ls/tsast"
)

// place says what kind of thing stands at a position.
type place int

const (
	nowhere      place = iota
	onModelID          // the value of an entry's id
	onModuleName       // a module's key
	onParent           // the value of a module's parent
	onDefinition       // an element of a module's definitions
	onCount            // the value of a module's count
	onComment          // a comment
)

// spot is the thing at a position. Spans are file-relative.
type spot struct {
	place   place
	span    tsast.Span
	entry   tsast.Entry
	module  *tsast.Module
	value   string // of the literal, or the text of the comment
	comment tsast.Comment
}

// touches reports whether a cursor at a byte is in or at the end of a span.
func touches(s tsast.Span, at int) bool { return s.Start <= at && at <= s.End }

// entryAt finds the entry around a byte.
func entryAt(f *tsast.File, at int) (int, bool) {
	i := sort.Search(len(f.Entries), func(i int) bool { return f.Entries[i].Offset > at }) - 1
	return i, i >= 0 && touches(f.Entries[i].Model.Span.Shift(f.Entries[i].Offset), at)
}

// spotAt finds the thing at a byte; its place is nowhere when we have nothing
// to say about it.
func spotAt(f *tsast.File, at int) spot {
	if i := sort.Search(len(f.Comments), func(i int) bool { return f.Comments[i].Span.End >= at }); i < len(f.Comments) && touches(f.Comments[i].Span, at) {
		c := f.Comments[i]
		s := spot{place: onComment, span: c.Span, comment: c, value: c.Text}
		if i, ok := entryAt(f, at); ok {
			s.entry = f.Entries[i]
		}
		return s
	}
	i, ok := entryAt(f, at)
	if !ok {
		return spot{}
	}
	e := f.Entries[i]
	at -= e.Offset
	s := spot{entry: e}
	if e.Model.ID.Kind == tsast.StringLiteral && touches(e.Model.ID.Span, at) {
		return s.on(onModelID, e.Model.ID.Span, e.Model.ID.Value)
	}
	for _, m := range e.Model.Modules {
		if touches(m.Span, at) {
			s.module = m
			return s.inModule(m, at)
		}
	}
	return s
}

func (s spot) on(p place, at tsast.Span, value string) spot {
	s.place, s.span, s.value = p, at.Shift(s.entry.Offset), value
	return s
}

func (s spot) inModule(m *tsast.Module, at int) spot {
	switch {
	case touches(m.NameSpan, at):
		return s.on(onModuleName, m.NameSpan, m.Name)
	case m.Parent.Kind == tsast.StringLiteral && touches(m.Parent.Span, at):
		return s.on(onParent, m.Parent.Span, m.Parent.Value)
	case m.Count.Kind != tsast.Absent && touches(m.Count.Span, at):
		return s.on(onCount, m.Count.Span, m.Count.Raw)
	}
	for _, d := range m.Definitions.Items {
		if d.Kind == tsast.StringLiteral && touches(d.Span, at) {
			return s.on(onDefinition, d.Span, d.Value)
		}
	}
	return s
}

// modulesNamed are the modules of an entry with a key; more than one when a
// key is written twice.
func modulesNamed(m *tsast.Model, name string) []*tsast.Module {
	var out []*tsast.Module
	for _, module := range m.Modules {
		if module.Name == name {
			out = append(out, module)
		}
	}
	return out
}

// childrenOf are the modules that name a parent.
func childrenOf(m *tsast.Model, parent string) []*tsast.Module {
	var out []*tsast.Module
	for _, module := range m.Modules {
		if module.Parent.Kind == tsast.StringLiteral && module.Parent.Value == parent {
			out = append(out, module)
		}
	}
	return out
}

// pathTo are the module names from the root to a module. A cycle ends it.
func pathTo(m *tsast.Model, module *tsast.Module) []string {
	path := []string{module.Name}
	seen := map[string]bool{module.Name: true}
	for module.Parent.Kind == tsast.StringLiteral {
		found := modulesNamed(m, module.Parent.Value)
		if len(found) == 0 || seen[module.Parent.Value] {
			break
		}
		module = found[len(found)-1] // of two the last one counts
		seen[module.Name] = true
		path = append([]string{module.Name}, path...)
	}
	return path
}

// inside takes a literal's quotes off its span.
func inside(text []byte, s tsast.Span) tsast.Span {
	if s.End-s.Start >= 2 {
		if q := text[s.Start]; (q == '"' || q == '\'') && text[s.End-1] == q {
			return tsast.Span{Start: s.Start + 1, End: s.End - 1}
		}
	}
	return s
}
