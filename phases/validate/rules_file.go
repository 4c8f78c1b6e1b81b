package validate

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/fib-ls/fib-ls/tsast"
)

func fileRules() []Rule {
	return []Rule{
		{
			ID: "syntax", Severity: Error, Area: AreaSyntax,
			Doc: "The file is not valid TypeScript here.",
			Long: "While an entry is broken, nothing else is said about it or its neighbours: " +
				"a missing brace makes two entries look like one.",
			file: checkSyntax,
		},
		{
			ID: "no-models", Severity: Error, Area: AreaSyntax,
			Doc:  "The file has no array of models.",
			Long: "models.ts holds one array literal of entries, `const models: Model[] = [ … ]`; without it the web app shows nothing.",
			file: checkArray,
		},
		{
			ID: "opaque-value", Severity: Info, Area: AreaFields,
			Doc: "A value is not a literal and is not checked.",
			Long: "Spreads, identifiers, calls and template literals are kept as they are. " +
				"What they hold is not known here, so nothing that depends on it is judged.",
			file: checkOpaqueElements,
		},
		{
			ID: "duplicate-id", Severity: Error, Area: AreaNaming,
			Doc:  "Two entries have the same id.",
			Long: "The id is the address of the model's page: of two entries with one id, only one can be reached.",
			file: checkDuplicateIDs,
		},
	}
}

func checkSyntax(p *filePass) {
	for _, s := range p.f.Problems {
		span := s.Span
		if span.Start == span.End {
			span = character(p.f.Src(), span.Start)
		}
		p.report(Problem{Rule: "syntax", Span: span, Message: "syntax error: " + s.Message})
	}
}

// character is the span of the character that begins at a byte: an editor
// shows nothing for a finding of no length.
func character(src []byte, at int) tsast.Span {
	_, size := utf8.DecodeRune(src[at:])
	return tsast.Span{Start: at, End: at + size}
}

func checkArray(p *filePass) {
	if p.f.Array != (tsast.Span{}) || len(p.f.Problems) > 0 {
		return
	}
	p.report(Problem{
		Rule: "no-models", Span: character(p.f.Src(), 0),
		Message: "no array of models here: expected const models: Model[] = [ … ]",
	})
}

func checkOpaqueElements(p *filePass) {
	for _, o := range p.f.Opaque {
		p.report(Problem{
			Rule: "opaque-value", Span: o.Span,
			Message: fmt.Sprintf("this element of the models array is not an object literal (%s): it is not checked", o.What),
		})
	}
}

// idOf is the id that an entry declares, "" for none.
func idOf(m *tsast.Model) string {
	if m.ID.Kind != tsast.StringLiteral {
		return ""
	}
	return m.ID.Value
}

func checkDuplicateIDs(p *filePass) {
	if p.distinct {
		return
	}
	p.distinct = true
	first := make(map[string]int, len(p.f.Entries))
	renamed := map[string]string{} // the proposal for each id
	for i, e := range p.f.Entries {
		id := e.Model.ID
		if e.Broken || idOf(e.Model) == "" {
			continue
		}
		at, twice := first[id.Value]
		if !twice {
			first[id.Value] = i
			continue
		}
		p.distinct = false
		other := p.f.Entries[at]
		span, declared := id.Span.Shift(e.Offset), other.Model.ID.Span.Shift(other.Offset)
		problem := Problem{
			Rule: "duplicate-id", Span: span, Model: id.Value,
			Message: fmt.Sprintf("the id %s is taken: line %d declares it for %s", q(id.Value), p.line(declared.Start), q(other.Model.Name.Value)),
			Related: []Related{{declared, "first declared here"}},
		}
		fresh, known := renamed[id.Value]
		if !known {
			fresh = numbered(id.Value, "-", p.hasID)
			renamed[id.Value] = fresh
		}
		problem.Fixes = []Fix{replace("Change the id to "+fresh, span, tsast.Style{Quote: p.f.Text(span)[0]}.String(fresh), false)}
		if !p.silenced(e, problem) {
			p.report(problem)
		}
	}
}

// silenced looks at the ignore comments inside and above an entry, for
// problems of the file that stand inside it.
func (p *filePass) silenced(e tsast.Entry, problem Problem) bool {
	own := entryIgnores(e.Model, p.f.Text(e.Span()))
	at := problem.Span.Start
	return slices.ContainsFunc(own, func(ig ignore) bool { return ig.silences(problem.Rule, at-e.Offset) }) ||
		slices.ContainsFunc(p.ignores.around(e.Offset, e.Offset), func(ig ignore) bool { return ig.silences(problem.Rule, e.Offset) })
}

func (p *filePass) hasID(id string) bool {
	if p.ids == nil {
		p.ids = make(map[string]bool, len(p.f.Entries))
		for _, e := range p.f.Entries {
			p.ids[e.Model.ID.Value] = true
		}
	}
	return p.ids[id]
}

// line is the number of a byte's line, counted from 1.
func (p *filePass) line(at int) int {
	if p.lineEnds == nil {
		p.lineEnds = []int{-1}
		for i, c := range p.f.Src() {
			if c == '\n' {
				p.lineEnds = append(p.lineEnds, i)
			}
		}
	}
	line, _ := slices.BinarySearch(p.lineEnds, at)
	return line
}

// numbered appends to a name that is taken the first number from 2 on that makes
// it free.
func numbered(name, separator string, taken func(string) bool) string {
	for i := 2; ; i++ {
		if fresh := fmt.Sprintf("%s%s%d", name, separator, i); !taken(fresh) {
			return fresh
		}
	}
}
