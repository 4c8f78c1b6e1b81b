package lsp

import (
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// held are the findings of the last text without syntax errors. While the
// text is broken, the parser may lose entries that nobody touched (a missing
// brace makes two entries one): what was found in them stays, where it stands
// by then, instead of blinking with every half-typed word.
type held struct {
	file     *tsast.File
	problems []validate.Problem
}

// keep adds to the findings of a broken text those of entries that are as
// they were and that cannot be read just now.
func (h *held) keep(now *tsast.File, problems []validate.Problem) []validate.Problem {
	if len(now.Problems) == 0 {
		h.file, h.problems = now, problems
		return problems
	}
	if h.file == nil || len(h.problems) == 0 {
		return problems
	}
	changed, differs := smallestEdit(h.file.Src, string(now.Src))
	if !differs {
		return problems
	}
	m := move{changed.Span.Start, changed.Span.End, changed.Span.Start + len(changed.NewText)}
	readable := make(map[int]bool, len(now.Entries))
	for _, e := range now.Entries {
		if !e.Broken {
			readable[e.Offset] = true
		}
	}
	added := false
	for _, e := range h.file.Entries {
		was := span(e, e.Model.Span)
		is, whole := m.span(was)
		if !whole || readable[is.Start] {
			continue
		}
		for i := range h.problems {
			p := &h.problems[i]
			if p.Span.Start >= was.Start && p.Span.End <= was.End && p.Rule != ruleMarker {
				problems = append(problems, m.problem(*p))
				added = true
			}
		}
	}
	if added {
		validate.Sort(problems)
	}
	return problems
}

// move says where bytes of an older text are now: those from start to oldEnd
// became those from start to newEnd.
type move struct{ start, oldEnd, newEnd int }

// span moves a span; whole is false when the change touches it.
func (m move) span(s tsast.Span) (moved tsast.Span, whole bool) {
	switch {
	case s.End <= m.start:
		return s, true
	case s.Start >= m.oldEnd:
		return s.Shift(m.newEnd - m.oldEnd), true
	}
	return s, false
}

// problem moves a finding. What of it lies in the change is left out.
func (m move) problem(p validate.Problem) validate.Problem {
	p.Span, _ = m.span(p.Span)
	related, fixes := p.Related, p.Fixes
	p.Related, p.Fixes = nil, nil
	for _, r := range related {
		if at, whole := m.span(r.Span); whole {
			p.Related = append(p.Related, validate.Related{Span: at, Message: r.Message})
		}
	}
	for _, f := range fixes {
		moved := validate.Fix{Title: f.Title, Preferred: f.Preferred}
		for _, e := range f.Edits {
			at, whole := m.span(e.Span)
			if !whole {
				moved.Edits = nil
				break
			}
			moved.Edits = append(moved.Edits, tsast.TextEdit{Span: at, NewText: e.NewText})
		}
		if len(moved.Edits) == len(f.Edits) {
			p.Fixes = append(p.Fixes, moved)
		}
	}
	return p
}
