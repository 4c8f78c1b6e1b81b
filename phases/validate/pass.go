package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/tsast"
)

// reporter collects problems with the severities of the options.
type reporter struct {
	opts     Options
	problems []Problem
}

// severity is the one a rule has under the options.
func (r *reporter) severity(rule string) Severity {
	if s, ok := r.opts.Severity[rule]; ok {
		return s
	}
	row, _ := RuleByID(rule)
	return row.Severity
}

func (r *reporter) report(p Problem) {
	if p.Severity = r.severity(p.Rule); p.Severity == Off {
		return
	}
	r.problems = append(r.problems, p)
}

// filePass is what the file rules see.
type filePass struct {
	reporter
	f       *tsast.File
	ignores fileIgnores
	// distinct: no two entries have the same id. Where it is set beforehand,
	// they need not be compared.
	distinct bool
	// Counted when they are asked for: the ids, and where the lines end.
	ids      map[string]bool
	lineEnds []int
}

// entryPass is what the entry rules see: one entry, with its tree worked out.
// All spans are relative to the entry.
type entryPass struct {
	reporter
	model   *tsast.Model
	text    string
	style   tsast.Style
	ignores ignores

	// byName has the first module of each name; children the modules that
	// name it as parent, in source order.
	byName   map[string]*tsast.Module
	children map[string][]*tsast.Module
	// names are the keys in source order without repetition.
	names []string
	// spellings are what the texts of definitions stand for; definitions has
	// them by module and item.
	spellings   spellings
	definitions [][]spelling
	// inCycles are the cycles of parents, once they were asked for.
	inCycles   [][]*tsast.Module
	cyclesSeen bool
	// own is the entry as a file; lines are where its lines begin; dead ends remembers what cut
	// found; looked is how many names were compared in search of a similar one.
	own      *tsast.File
	lines    []int
	deadEnds map[*tsast.Module]deadEnd
	looked   int
}

// mostCompared bounds how many names of one entry are compared in search of
// similar ones: each finding compares all of them, and upstream's largest entry
// has some thirty modules.
const mostCompared = 200_000

// similar is nearest among the names of the entry that are not left out. It
// finds nothing where too many were compared already.
func (p *entryPass) similar(name string, leaveOut func(string) bool) string {
	if p.looked += len(p.names); p.looked > mostCompared {
		return ""
	}
	return nearest(name, slices.DeleteFunc(slices.Clone(p.names), leaveOut))
}

// lineOf counts the line ends before a byte of the entry.
func (p *entryPass) lineOf(at int) int {
	if p.lines == nil {
		p.lines = append(p.lines, 0)
		for i := range len(p.text) {
			if p.text[i] == '\n' {
				p.lines = append(p.lines, i+1)
			}
		}
	}
	line, found := slices.BinarySearch(p.lines, at)
	if !found {
		line--
	}
	return line
}

// spellings remembers what texts stand for as Definition names: an entry's
// rules ask for each of them again and again, and so does the next edit.
type spellings map[string]spelling

// spelling is what one text stands for.
type spelling struct {
	name definition.Name
	// current: a name of the dataset, or of FlashInfer's own; legacy: another
	// spelling of a name of the dataset.
	current, legacy bool
}

// mostSpellings bounds what is remembered while names are typed.
const mostSpellings = 1 << 14

func (s spellings) of(text string) spelling {
	if known, ok := s[text]; ok {
		return known
	}
	var is spelling
	if r, ok := definition.Respell(text); ok {
		is = spelling{name: r.Name, legacy: true}
	} else if n, err := definition.Parse(text); err == nil {
		is = spelling{name: n, current: true}
	}
	if len(s) >= mostSpellings {
		clear(s)
	}
	s[strings.Clone(text)] = is // a clone does not keep its entry's text alive
	return is
}

// parseAnySpelling also knows older spellings that say what they stand for.
func (p *entryPass) parseAnySpelling(text string) (definition.Name, bool) {
	s := p.spellings.of(text)
	return s.name, s.current || s.legacy
}

func newEntryPass(f *tsast.File, e tsast.Entry, opts Options, known spellings) *entryPass {
	m := e.Model
	p := &entryPass{
		reporter:  reporter{opts: opts},
		model:     m,
		style:     f.Style,
		byName:    make(map[string]*tsast.Module, len(m.Modules)),
		children:  make(map[string][]*tsast.Module),
		names:     make([]string, 0, len(m.Modules)),
		spellings: known,
	}
	p.text = f.Text(m.Span.Shift(e.Offset))
	for _, module := range m.Modules {
		if _, twice := p.byName[module.Name]; !twice {
			p.byName[module.Name] = module
			p.names = append(p.names, module.Name)
		}
		if module.Parent.Kind == tsast.StringLiteral {
			p.children[module.Parent.Value] = append(p.children[module.Parent.Value], module)
		}
	}
	p.spell()
	p.ignores = entryIgnores(m, p.text)
	return p
}

// spell looks up what every definition stands for; what is not a string stands
// for nothing.
func (p *entryPass) spell() {
	p.definitions = make([][]spelling, len(p.model.Modules))
	for j, m := range p.model.Modules {
		p.definitions[j] = make([]spelling, len(m.Definitions.Items))
		for i, d := range m.Definitions.Items {
			if d.Kind == tsast.StringLiteral {
				p.definitions[j][i] = p.spellings.of(d.Value)
			}
		}
	}
}

// spelled writes a name as the file spells its names.
func (p *entryPass) spelled(n definition.Name) string {
	if p.style.GemmUnderscored {
		return n.Underscored()
	}
	return n.String()
}

// at is the text of a span of the entry.
func (p *entryPass) at(s tsast.Span) string {
	if s.Start < 0 || s.End > len(p.text) || s.Start > s.End {
		return ""
	}
	return p.text[s.Start:s.End]
}

// in reports a problem of a module (nil: of the entry itself).
func (p *entryPass) in(module *tsast.Module, problem Problem) {
	p.report(p.of(module, problem))
}

// of says of a problem which entry and which module (nil: none) it is of.
func (p *entryPass) of(module *tsast.Module, problem Problem) Problem {
	problem.Model = p.model.ID.Value
	if module != nil {
		problem.Module = module.Name
	}
	return problem
}

// whole reports whether every module of the entry can be seen: spreads and
// computed keys may bring modules that are not.
func (p *entryPass) whole() bool { return len(p.model.OpaqueModules) == 0 }

// literals reports whether a module is an object literal, whose fields were read.
func literals(m *tsast.Module) bool { return m.Value == tsast.ObjectLiteral }

// spread reports whether an object may have properties that cannot be seen.
func spread(properties []tsast.Property) bool {
	return slices.ContainsFunc(properties, func(p tsast.Property) bool { return p.Opaque })
}

// place is where a problem of the entry as a whole is shown: its id.
func (p *entryPass) place() tsast.Span {
	if p.model.ID.Kind != tsast.Absent && p.model.ID.Span != (tsast.Span{}) {
		return p.model.ID.Span
	}
	return tsast.Span{Start: 0, End: min(1, p.model.Span.End)}
}

// nearest returns the most similar of some names, "" when none is similar:
// at most a third of the letters may differ.
func nearest(name string, among []string) string {
	return prose.Similar(name, among, max(1, len(name)/3))
}

// clip shortens a text from the file for a message.
func clip(s string) string { return prose.Clip(s, 60) }

// q quotes a text from the file for a message.
func q(s string) string { return fmt.Sprintf("%q", clip(s)) }

// kindWords say what stands where something else should.
var kindWords = map[tsast.ValueKind]string{
	tsast.StringLiteral: "a string", tsast.NumberLiteral: "a number", tsast.BoolLiteral: "a boolean", tsast.NullLiteral: "null",
	tsast.ArrayLiteral: "an array", tsast.ObjectLiteral: "an object", tsast.Absent: "nothing", tsast.OpaqueValue: "an expression",
}
