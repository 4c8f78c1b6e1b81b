package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/tsast"
)

func treeRules() []Rule {
	return []Rule{
		{
			ID: "duplicate-module", Severity: Error, Area: AreaNaming,
			Doc:   "Two modules of one entry have the same key.",
			Long:  "JavaScript keeps only the last one, so that the first disappears from the model's page.",
			entry: checkDuplicateModules,
		},
		{
			ID: "unknown-parent", Severity: Error, Area: AreaParents,
			Doc:   "A parent names no module of the entry.",
			Long:  "The module and everything below it cannot be reached from the root and is not shown.",
			entry: checkParents,
		},
		{
			ID: "self-parent", Severity: Error, Area: AreaParents,
			Doc:  "A module names itself as its parent.",
			Long: "It cannot be reached from the root, and a reader that follows parents upward never ends.",
		},
		{
			ID: "parent-cycle", Severity: Error, Area: AreaCycles,
			Doc:   "Parents form a cycle.",
			Long:  "None of the modules of the cycle can be reached from the root, and a reader that follows parents upward never ends.",
			entry: checkCycles,
		},
		{
			ID: "no-root", Severity: Error, Area: AreaParents,
			Doc:   "No module of the entry is without a parent.",
			Long:  "The tree is drawn from its root, the one module without a parent field.",
			entry: checkRoots,
		},
		{
			ID: "several-roots", Severity: Warning, Area: AreaParents,
			Doc:  "More than one module is without a parent.",
			Long: "A model is one tree: usually a parent was forgotten.",
		},
		{
			ID: "unreachable-module", Severity: Hint, Area: AreaParents,
			Doc:   "A module cannot be reached from the root, because a parent above it is wrong.",
			Long:  "The module itself is in order; mending the parent that the message names brings it back.",
			entry: checkReach,
		},
		{
			ID: "layer-parent", Severity: Warning, Area: AreaParents,
			Doc:   "A module of type layer has children.",
			Long:  "A layer is where a kernel runs; what contains other modules is a block.",
			entry: checkLayerParents,
		},
		{
			ID: "invalid-type", Severity: Error, Area: AreaFields,
			Doc:   "The type is neither \"block\" nor \"layer\".",
			Long:  "A block contains modules, a layer is where a kernel runs.",
			entry: checkModuleTypes,
		},
	}
}

func checkDuplicateModules(p *entryPass) {
	renamed := map[string]string{} // the proposal for each name
	for _, m := range p.model.Modules {
		first := p.byName[m.Name]
		if first == m {
			continue
		}
		fresh, known := renamed[m.Name]
		if !known {
			fresh = numbered(m.Name, "_", func(s string) bool { return p.byName[s] != nil })
			renamed[m.Name] = fresh
		}
		p.in(m, Problem{
			Rule: "duplicate-module", Span: m.NameSpan,
			Message: fmt.Sprintf("the module %s is declared twice in this entry, first %d lines above; only the last one counts",
				q(m.Name), p.lineOf(m.NameSpan.Start)-p.lineOf(first.NameSpan.Start)),
			Related: []Related{{first.NameSpan, "first declared here"}},
			Fixes:   []Fix{p.rename(m.NameSpan, fresh, false)},
		})
	}
}

func checkParents(p *entryPass) {
	for _, m := range p.model.Modules {
		parent := m.Parent
		switch {
		case parent.Kind != tsast.StringLiteral:
		case parent.Value == m.Name:
			p.in(m, Problem{
				Rule: "self-parent", Span: parent.Span,
				Message: fmt.Sprintf("the module %s is its own parent", q(m.Name)),
				Fixes:   p.parentFix(m, p.likelyParent(m), false),
			})
		case p.byName[parent.Value] == nil && p.whole():
			p.unknownParent(m)
		}
	}
}

func (p *entryPass) unknownParent(m *tsast.Module) {
	problem := Problem{
		Rule: "unknown-parent", Span: m.Parent.Span,
		Message: fmt.Sprintf("the parent %s of %s is not a module of this entry", q(m.Parent.Value), q(m.Name)),
	}
	below := p.descendants(m)
	if near := p.similar(m.Parent.Value, func(s string) bool { return s == m.Name || below[s] }); near != "" {
		problem.Message += fmt.Sprintf("; did you mean %s?", q(near))
		problem.Expected = near
		problem.Fixes = p.parentFix(m, near, true)
	}
	p.in(m, problem)
}

func (p *entryPass) parentFix(m *tsast.Module, parent string, sure bool) []Fix {
	if parent == "" {
		return nil
	}
	return []Fix{p.restate(fmt.Sprintf("Change the parent to %q", parent), m.Parent.Span, parent, sure)}
}

// likelyParent is the block that stands last before a module.
func (p *entryPass) likelyParent(m *tsast.Module) string {
	last := ""
	if p.looked += len(p.names); p.looked > mostCompared {
		return last
	}
	below := p.descendants(m)
	for _, other := range p.model.Modules {
		if other == m {
			break
		}
		if other.Type.Value == "block" && other.Name != m.Name && !below[other.Name] {
			last = other.Name
		}
	}
	return last
}

// inside reports whether something is true of a module or of one above it.
func (p *entryPass) inside(m *tsast.Module, is func(*tsast.Module) bool) bool {
	for range len(p.names) + 1 { // parents may form a cycle
		if is(m) {
			return true
		}
		up := p.byName[m.Parent.Value]
		if m.Parent.Kind != tsast.StringLiteral || up == nil || up == m {
			return false
		}
		m = up
	}
	return false
}

// below reports whether the parents of name lead to ancestor.
func (p *entryPass) below(ancestor, name string) bool {
	m := p.byName[name]
	return m != nil && p.inside(m, func(m *tsast.Module) bool { return m.Parent.Kind == tsast.StringLiteral && m.Parent.Value == ancestor })
}

// descendants are the names of all modules below one.
func (p *entryPass) descendants(m *tsast.Module) map[string]bool {
	below := map[string]bool{}
	for open := []string{m.Name}; len(open) > 0; {
		name := open[len(open)-1]
		open = open[:len(open)-1]
		for _, child := range p.children[name] {
			if p.byName[child.Name] == child && !below[child.Name] {
				below[child.Name] = true
				open = append(open, child.Name)
			}
		}
	}
	return below
}

// cycles returns the cycles of two modules and more, each from its first module
// in source order.
func (p *entryPass) cycles() [][]*tsast.Module {
	if !p.cyclesSeen {
		p.inCycles, p.cyclesSeen = p.findCycles(), true
	}
	return p.inCycles
}

func (p *entryPass) findCycles() [][]*tsast.Module {
	var found [][]*tsast.Module
	const onPath, done = 1, 2
	state := make(map[string]int, len(p.names))
	for _, name := range p.names {
		var path []*tsast.Module
		for state[name] == 0 {
			m := p.byName[name]
			if m == nil || m.Parent.Kind != tsast.StringLiteral || m.Parent.Value == name {
				break
			}
			state[name] = onPath
			path = append(path, m)
			name = m.Parent.Value
		}
		if at := slices.IndexFunc(path, func(m *tsast.Module) bool { return m.Name == name }); at >= 0 && state[name] == onPath {
			found = append(found, p.fromFirst(path[at:]))
		}
		for _, m := range path {
			state[m.Name] = done
		}
	}
	return found
}

// fromFirst turns a cycle so that it begins at its first module in source order.
func (p *entryPass) fromFirst(cycle []*tsast.Module) []*tsast.Module {
	first := 0
	for i, m := range cycle {
		if m.Span.Start < cycle[first].Span.Start {
			first = i
		}
	}
	return slices.Concat(cycle[first:], cycle[:first])
}

func checkCycles(p *entryPass) {
	for _, cycle := range p.cycles() {
		words := make([]string, 0, len(cycle)+1)
		related := make([]Related, 0, len(cycle))
		for _, m := range cycle {
			words = append(words, clip(m.Name))
			related = append(related, Related{m.Parent.Span, fmt.Sprintf("the parent of %s is %s", q(m.Name), q(m.Parent.Value))})
		}
		const most = 8
		if len(words) > most {
			words = append(words[:most], "…")
		}
		words = append(words, clip(cycle[0].Name))
		p.in(cycle[0], Problem{
			Rule: "parent-cycle", Span: cycle[0].Parent.Span,
			Message: "the parents form a cycle: " + strings.Join(words, " → "),
			Related: related,
		})
	}
}

func (p *entryPass) roots() []*tsast.Module {
	var roots []*tsast.Module
	for _, m := range p.model.Modules {
		if m.Parent.Kind == tsast.Absent && literals(m) && !spread(m.Properties) && p.byName[m.Name] == m {
			roots = append(roots, m)
		}
	}
	return roots
}

func checkRoots(p *entryPass) {
	roots := p.roots()
	if len(roots) == 0 && p.whole() && p.judgeable() {
		p.in(nil, Problem{
			Rule: "no-root", Span: p.place(),
			Message: "every module of this entry has a parent: the root must have none",
		})
	}
	for i, m := range roots {
		if i == 0 {
			continue
		}
		edits := p.insert(m.ValueSpan, m.Properties, []string{"count"}, "parent", p.style.String(roots[0].Name))
		p.in(m, Problem{
			Rule: "several-roots", Span: m.NameSpan,
			Message: fmt.Sprintf("the module %s has no parent, but the root of this entry is %s", q(m.Name), q(roots[0].Name)),
			Related: []Related{{roots[0].NameSpan, "the first module without a parent"}},
			Fixes:   []Fix{{Title: fmt.Sprintf("Add parent: %q", roots[0].Name), Edits: edits}},
		})
	}
}

// judgeable reports whether there are modules and that every one of them shows its
// parent, or that it has none.
func (p *entryPass) judgeable() bool {
	for _, m := range p.model.Modules {
		if !literals(m) || spread(m.Properties) || (m.Parent.Kind != tsast.StringLiteral && m.Parent.Kind != tsast.Absent) {
			return false
		}
	}
	return len(p.model.Modules) > 0
}

func checkReach(p *entryPass) {
	if !p.whole() {
		return
	}
	inCycle := map[string]bool{}
	for _, cycle := range p.cycles() {
		for _, m := range cycle {
			inCycle[m.Name] = true
		}
	}
	for _, m := range p.model.Modules {
		if p.byName[m.Name] != m || inCycle[m.Name] {
			continue
		}
		if end := p.cut(m, inCycle); end.at != nil {
			p.in(m, Problem{
				Rule: "unreachable-module", Span: m.NameSpan, Unnecessary: true,
				Message: fmt.Sprintf("the module %s cannot be reached from the root: %s", q(m.Name), end.why),
				Related: []Related{{end.at.Parent.Span, end.why}},
			})
		}
	}
}

// deadEnd is an ancestor whose parent leads nowhere, with the reason; nil where
// there is none.
type deadEnd struct {
	why string
	at  *tsast.Module
}

// cut finds the ancestor of a module whose parent leads nowhere. What it finds
// is kept for all modules on the way, so that a chain is walked once.
func (p *entryPass) cut(m *tsast.Module, inCycle map[string]bool) deadEnd {
	if p.deadEnds == nil {
		p.deadEnds = make(map[*tsast.Module]deadEnd, len(p.model.Modules))
	}
	var path []*tsast.Module
	end, known := p.deadEnds[m]
	for !known {
		path = append(path, m)
		if end, known = p.cutAbove(m, inCycle); known || len(path) > len(p.names) {
			break
		}
		m = p.byName[m.Parent.Value]
		end, known = p.deadEnds[m]
	}
	for _, m := range path {
		p.deadEnds[m] = end
	}
	return end
}

// cutAbove looks at a module's parent alone: known says that nothing further up
// needs to be looked at.
func (p *entryPass) cutAbove(m *tsast.Module, inCycle map[string]bool) (end deadEnd, known bool) {
	if m.Parent.Kind != tsast.StringLiteral {
		return deadEnd{}, true
	}
	up := p.byName[m.Parent.Value]
	switch {
	case up == nil || up == m: // this module's own problem
	case inCycle[up.Name]:
		end = deadEnd{fmt.Sprintf("%s is part of a cycle", q(up.Name)), up}
	case up.Parent.Kind != tsast.StringLiteral:
	case up.Parent.Value == up.Name:
		end = deadEnd{fmt.Sprintf("%s is its own parent", q(up.Name)), up}
	case p.byName[up.Parent.Value] == nil:
		end = deadEnd{fmt.Sprintf("the parent %s of %s is not a module", q(up.Parent.Value), q(up.Name)), up}
	default:
		return deadEnd{}, false
	}
	return end, true
}

func checkLayerParents(p *entryPass) {
	for _, m := range p.model.Modules {
		children := p.children[m.Name]
		if m.Type.Value != "layer" || len(children) == 0 || p.byName[m.Name] != m {
			continue
		}
		if len(children) == 1 && children[0] == m {
			continue // its own parent: said elsewhere
		}
		names := make([]string, 0, len(children))
		related := make([]Related, 0, len(children))
		for _, c := range children {
			names = append(names, c.Name)
			related = append(related, Related{c.Parent.Span, q(c.Name) + " has it as its parent"})
		}
		problem := Problem{
			Rule: "layer-parent", Span: m.Type.Span,
			Message: fmt.Sprintf("the module %s is a layer but has children (%s): it should be a block", q(m.Name), clip(strings.Join(names, ", "))),
			Related: related,
		}
		if len(m.Definitions.Items) == 0 { // which a block does not have
			problem.Fixes = []Fix{p.restate(`Change the type to "block"`, m.Type.Span, "block", true)}
		}
		p.in(m, problem)
	}
}

func checkModuleTypes(p *entryPass) {
	for _, m := range p.model.Modules {
		t := m.Type
		if t.Kind != tsast.StringLiteral || t.Value == "block" || t.Value == "layer" {
			continue
		}
		problem := Problem{
			Rule: "invalid-type", Span: t.Span,
			Message: fmt.Sprintf("the type of %s is %s; it must be \"block\" or \"layer\"", q(m.Name), q(t.Value)),
		}
		near := nearest(t.Value, []string{"block", "layer"})
		sure := near != ""
		if near == "" {
			if near = "layer"; len(p.children[m.Name]) > 0 {
				near = "block"
			}
		}
		problem.Fixes = []Fix{p.restate(fmt.Sprintf("Change the type to %q", near), t.Span, near, sure)}
		p.in(m, problem)
	}
}
