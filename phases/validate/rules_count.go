package validate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/fib-ls/fib-ls/tsast"
)

func countRules() []Rule {
	return []Rule{
		{
			ID: "invalid-count", Severity: Error, Area: AreaCounts,
			Doc:   "The count is not a positive whole number.",
			Long:  "count is the number of instances of the module in the whole model: 1 for the embedding, the number of decoder layers for what each of them has.",
			entry: checkCounts,
		},
		{
			ID: "count-parent", Severity: Warning, Area: AreaCounts,
			Doc: "The count does not fit the parent's.",
			Long: "count is the number of instances in the whole model, not per parent. A module that occurs more often than its parent occurs the same number of times in each: " +
				"its count is a multiple. Blocks that share out the instances of their parent (the dense and the sparse MLPs, the kinds of decoder layers) add up to its count.",
			entry: checkParentCounts,
		},
	}
}

func counted(m *tsast.Module) bool { return m != nil && m.Count.IsInt && m.Count.Int > 0 }

func checkCounts(p *entryPass) {
	for _, m := range p.model.Modules {
		if m.Count.Kind != tsast.NumberLiteral || counted(m) {
			continue
		}
		p.in(m, Problem{
			Rule: "invalid-count", Span: m.Count.Span,
			Message: fmt.Sprintf("the count of %s is %s; it must be a positive whole number", q(m.Name), clip(m.Count.Raw)),
		})
	}
}

func checkParentCounts(p *entryPass) {
	mended := 0
	for _, m := range p.model.Modules {
		for _, fault := range p.countFaults(m, numbers) {
			if mended++; mended <= mostMended {
				fault.problem.Fixes = p.countFixes(m, fault.wanted)
			}
			p.in(m, fault.problem)
		}
	}
}

// mostMended bounds the findings of one entry for which fixes are tried: each
// is checked with the whole entry.
const mostMended = 16

// numbers is the count of a module as it is written.
func numbers(m *tsast.Module) int64 { return m.Count.Int }

// countFault is what is wrong with the count of a module, with the counts that
// would be right, the likeliest first.
type countFault struct {
	problem Problem
	wanted  []int64
}

// countFaults finds what is wrong with the count of a module.
func (p *entryPass) countFaults(m *tsast.Module, count func(*tsast.Module) int64) []countFault {
	if p.byName[m.Name] != m || !counted(m) {
		return nil
	}
	var faults []countFault
	if parent := p.byName[m.Parent.Value]; parent != m && counted(parent) && m.Parent.Kind == tsast.StringLiteral {
		faults = multiple(m, parent, count)
	}
	return append(faults, p.shares(m, count)...)
}

// multiple finds a module that occurs more often than its parent, but not
// equally often in each. A parent that is one instance takes any number.
func multiple(m, parent *tsast.Module, count func(*tsast.Module) int64) []countFault {
	n, of := count(m), count(parent)
	if n <= of || n%of == 0 {
		return nil
	}
	wanted := []int64{(n + of/2) / of * of}
	if wanted[0] != of {
		wanted = append(wanted, of)
	}
	return []countFault{{Problem{
		Rule: "count-parent", Span: m.Count.Span,
		Message: fmt.Sprintf("%s has %d instances, which is not a multiple of the %d of its parent %s", q(m.Name), n, of, q(parent.Name)),
		Related: []Related{{parent.Count.Span, fmt.Sprintf("%s has %d", q(parent.Name), of)}},
	}, wanted}}
}

// shares finds a block whose children are all blocks with fewer instances than
// it, and do not add up to its own: they share its instances out.
func (p *entryPass) shares(m *tsast.Module, count func(*tsast.Module) int64) []countFault {
	children := p.children[m.Name]
	if len(children) == 0 || !p.whole() {
		return nil
	}
	sum := int64(0)
	words := ""
	related := make([]Related, 0, len(children))
	for i, c := range children {
		if c == m || c.Type.Value != "block" || !counted(c) || count(c) >= count(m) {
			return nil
		}
		sum += count(c)
		if i > 0 {
			words += " + "
		}
		words += fmt.Sprintf("%s %d", clip(c.Name), count(c))
		related = append(related, Related{c.Count.Span, fmt.Sprintf("%s has %d", q(c.Name), count(c))})
	}
	if sum == count(m) || sum > count(m) && someAddUp(children, count(m), count) {
		return nil
	}
	return []countFault{{Problem{
		Rule: "count-parent", Span: m.Count.Span,
		Message: fmt.Sprintf("%s has %d instances, but the blocks that share them out add up to %d (%s)", q(m.Name), count(m), sum, words),
		Related: related,
	}, []int64{sum}}}
}

// countFixes offers the counts that would be right, here and in what is below
// and repeats the number. None is surely meant, for the other number may be the
// wrong one: it is for a person to choose. A count that brings another finding,
// or that the model's own config contradicts, is not offered.
func (p *entryPass) countFixes(m *tsast.Module, wanted []int64) []Fix {
	known := map[string]int64{}
	if e := p.expected(); e != nil {
		for _, x := range e.Modules {
			known[x.Name] = int64(x.Count)
		}
		i := slices.IndexFunc(e.Modules, func(x ExpectedModule) bool { return x.Name == m.Name })
		if i < 0 {
			return nil
		}
		wanted = []int64{int64(e.Modules[i].Count)}
	}
	if len(p.model.Modules) > mostSimulated {
		return nil
	}
	repeating := []*tsast.Module{m}
	for i := 0; i < len(repeating); i++ {
		for _, c := range p.children[repeating[i].Name] {
			if counted(c) && c.Count.Int == m.Count.Int && !slices.Contains(repeating, c) {
				repeating = append(repeating, c)
			}
		}
	}
	var fixes []Fix
	for _, n := range wanted {
		if n == m.Count.Int || n < 1 || slices.ContainsFunc(repeating, func(r *tsast.Module) bool { want, ok := known[r.Name]; return ok && want != n }) || p.newFault(repeating, n) {
			continue
		}
		fix := Fix{Title: fmt.Sprintf("Change the count of %s to %d", clip(m.Name), n)}
		if len(repeating) > 1 {
			fix.Title += plural(len(repeating)-1, ", and of the module below that repeats it", ", and of the %d modules below that repeat it")
		}
		for _, r := range repeating {
			fix.Edits = append(fix.Edits, tsast.TextEdit{Span: r.Count.Span, NewText: fmt.Sprint(n)})
		}
		slices.SortFunc(fix.Edits, func(a, b tsast.TextEdit) int { return a.Span.Start - b.Span.Start })
		fixes = append(fixes, fix)
	}
	return fixes
}

// mostSimulated is the most modules of an entry in which fixes are tried.
const mostSimulated = 1000

// newFault reports whether counts that are changed would be found fault with,
// or make another be.
func (p *entryPass) newFault(changed []*tsast.Module, n int64) bool {
	with := func(m *tsast.Module) int64 {
		if slices.Contains(changed, m) {
			return n
		}
		return m.Count.Int
	}
	for _, m := range p.model.Modules {
		after := len(p.countFaults(m, with))
		if after > 0 && (m == changed[0] || after > len(p.countFaults(m, numbers))) {
			return true
		}
	}
	return false
}

// someAddUp reports whether some of the modules share a number out. The others
// may stand beside them in the same layers: a mixture of experts next to MLPs
// of two widths.
func someAddUp(modules []*tsast.Module, total int64, count func(*tsast.Module) int64) bool {
	reach := map[int64]bool{0: true}
	for _, m := range modules {
		for _, sum := range slices.Collect(maps.Keys(reach)) {
			if next := sum + count(m); next <= total {
				reach[next] = true
			}
		}
	}
	return reach[total]
}
