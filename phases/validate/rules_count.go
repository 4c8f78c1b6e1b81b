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
	for _, m := range p.model.Modules {
		if p.byName[m.Name] != m || !counted(m) {
			continue
		}
		if parent := p.byName[m.Parent.Value]; parent != m && counted(parent) && m.Parent.Kind == tsast.StringLiteral {
			p.multiple(m, parent)
		}
		p.shares(m)
	}
}

// multiple reports a module that occurs more often than its parent, but not
// equally often in each. A parent that is one instance takes any number.
func (p *entryPass) multiple(m, parent *tsast.Module) {
	if m.Count.Int <= parent.Count.Int || m.Count.Int%parent.Count.Int == 0 {
		return
	}
	p.in(m, Problem{
		Rule: "count-parent", Span: m.Count.Span,
		Message: fmt.Sprintf("%s has %d instances, which is no multiple of the %d of its parent %s", q(m.Name), m.Count.Int, parent.Count.Int, q(parent.Name)),
		Related: []Related{{parent.Count.Span, fmt.Sprintf("%s has %d", q(parent.Name), parent.Count.Int)}},
	})
}

// shares reports a block whose children are all blocks with fewer instances
// than it, and do not add up to its own: they share its instances out.
func (p *entryPass) shares(m *tsast.Module) {
	children := p.children[m.Name]
	if len(children) == 0 || !p.whole() {
		return
	}
	sum := int64(0)
	words := ""
	related := make([]Related, 0, len(children))
	for i, c := range children {
		if c == m || c.Type.Value != "block" || !counted(c) || c.Count.Int >= m.Count.Int {
			return
		}
		sum += c.Count.Int
		if i > 0 {
			words += " + "
		}
		words += fmt.Sprintf("%s %d", clip(c.Name), c.Count.Int)
		related = append(related, Related{c.Count.Span, fmt.Sprintf("%s has %d", q(c.Name), c.Count.Int)})
	}
	if sum == m.Count.Int || sum > m.Count.Int && someAddUp(children, m.Count.Int) {
		return
	}
	p.in(m, Problem{
		Rule: "count-parent", Span: m.Count.Span,
		Message: fmt.Sprintf("%s has %d instances, but the blocks that share them out add up to %d (%s)", q(m.Name), m.Count.Int, sum, words),
		Related: related,
	})
}

// someAddUp reports whether some of the modules share a number out. The others
// may stand beside them in the same layers: a mixture of experts next to MLPs
// of two widths.
func someAddUp(modules []*tsast.Module, total int64) bool {
	reach := map[int64]bool{0: true}
	for _, m := range modules {
		for _, sum := range slices.Collect(maps.Keys(reach)) {
			if next := sum + m.Count.Int; next <= total {
				reach[next] = true
			}
		}
	}
	return reach[total]
}
