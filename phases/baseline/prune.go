package baseline

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// reach says why something is kept.
type reach uint8

const (
	unreached reach = iota
	// walked: forward() may lead there; it is only looked at, so functions
	// outside the models are not followed.
	walked
	// evaluated: constructors may lead there.
	evaluated
)

// pruner finds what of a source tree the reader may reach from the registered
// classes: names followed exactly through modules, and methods by name (a
// method is kept when anything kept mentions its name).
type pruner struct {
	in       *interp // for its modules and overrides
	kept     map[string]map[string]reach
	queue    []bindingRef
	names    map[string]reach // attributes and identifier-like strings mentioned
	prefixes map[string]bool  // beginnings of names made by formatted strings
	classes  []*prunedClass
	byDef    map[*pysrc.ClassDef]*prunedClass
	why      reach // of the code being followed
}

type bindingRef struct {
	mod  *module
	name string
	why  reach
}

// prunedClass is a kept class and which of its methods are.
type prunedClass struct {
	mod     *module
	def     *pysrc.ClassDef
	leaf    bool // a layer whose constructor is not entered
	methods map[*pysrc.FuncDef]reach
}

func newPruner(in *interp) *pruner {
	return &pruner{in: in, kept: map[string]map[string]reach{}, names: map[string]reach{}, prefixes: map[string]bool{},
		byDef: map[*pysrc.ClassDef]*prunedClass{}, why: evaluated}
}

// rootMethod says whether and how the reader enters a method of its own accord.
func rootMethod(name string) reach {
	switch {
	case strings.HasPrefix(name, "__") && name != "__repr__", name == "shared_experts_fusion_disable_reason", name == "from_dict":
		return evaluated
	case name == "forward", name == "forward_cuda", name == "forward_native":
		return walked
	}
	return unreached
}

// keep keeps a name of a module.
func (p *pruner) keep(modname, name string) {
	if !inSGLang(modname) || p.in.override(modname, name) != nil {
		return
	}
	if p.why == walked && !strings.HasPrefix(modname, "sglang.srt.models.") {
		return
	}
	m := p.in.module(modname)
	if m == nil {
		p.in.module(modname + "." + name)
		return
	}
	p.mark(m, name)
}

// mark keeps a name of a module that kept code of that module mentions: where
// it is imported from somewhere else, the import at least.
func (p *pruner) mark(m *module, name string) {
	if p.kept[m.name] == nil {
		p.kept[m.name] = map[string]reach{}
	}
	if p.kept[m.name][name] >= p.why {
		return
	}
	p.kept[m.name][name] = p.why
	if _, ok := m.bindings[name]; ok {
		p.queue = append(p.queue, bindingRef{m, name, p.why})
		return
	}
	for _, b := range m.bindings["*"] {
		if from, ok := b.stmt.(*pysrc.ImportFrom); ok {
			p.keep(importBase(m, from), name)
		}
	}
}

// run follows everything that is kept until nothing new is found.
func (p *pruner) run() {
	for {
		for len(p.queue) > 0 {
			ref := p.queue[len(p.queue)-1]
			p.queue = p.queue[:len(p.queue)-1]
			p.why = ref.why
			for _, b := range ref.mod.bindings[ref.name] {
				p.binding(ref.mod, b)
			}
			p.effects(ref.mod, ref.name)
		}
		if !p.keepMethods() && len(p.queue) == 0 {
			return
		}
	}
}

// effects follows what a module's top does to the container of a kept name.
func (p *pruner) effects(m *module, name string) {
	for _, s := range p.in.facts.effects(m.tree, m.bindings).on(name) {
		switch s := s.(type) {
		case *pysrc.ClassDef:
			p.exprs(m, s.Decorators)
			p.mark(m, s.Name)
		case *pysrc.FuncDef:
			p.exprs(m, s.Decorators)
			p.mark(m, s.Name)
		case *pysrc.ExprStmt:
			p.expr(m, s.X)
		case *pysrc.AugAssignStmt:
			p.exprs(m, []pysrc.Expr{s.Target, s.Value})
		case *pysrc.AssignStmt:
			p.exprs(m, append([]pysrc.Expr{s.Value}, s.Targets...))
		}
	}
}

func (p *pruner) binding(m *module, b binding) {
	for g := b.guard; g != nil; g = g.outer {
		p.expr(m, g.test)
	}
	switch s := b.stmt.(type) {
	case *pysrc.Import:
	case *pysrc.ImportFrom:
		p.keep(importBase(m, s), b.alias.Name)
	case *pysrc.FuncDef:
		p.function(m, s)
	case *pysrc.ClassDef:
		p.class(m, s)
	case *pysrc.AssignStmt:
		p.expr(m, s.Value)
	}
}

func (p *pruner) class(m *module, def *pysrc.ClassDef) {
	if p.byDef[def] != nil {
		return
	}
	// A class is always followed as far as constructors need it.
	before := p.why
	p.why = evaluated
	defer func() { p.why = before }()
	c := &prunedClass{mod: m, def: def, leaf: m.leaf, methods: map[*pysrc.FuncDef]reach{}}
	p.byDef[def] = c
	p.classes = append(p.classes, c)
	p.exprs(m, def.Bases)
	p.exprs(m, def.Decorators)
	p.classBody(c, def.Body)
}

// classBody follows what a class's body evaluates besides its methods.
func (p *pruner) classBody(c *prunedClass, body []pysrc.Stmt) {
	for _, s := range body {
		switch s := s.(type) {
		case *pysrc.AssignStmt:
			p.expr(c.mod, s.Value)
		case *pysrc.ClassDef:
			p.class(c.mod, s)
		case *pysrc.IfStmt:
			p.expr(c.mod, s.Test)
			p.classBody(c, s.Body)
		case *pysrc.FuncDef:
			p.exprs(c.mod, s.Decorators)
		}
	}
}

// keepMethods keeps the methods whose names have been mentioned since; false
// when there were none.
func (p *pruner) keepMethods() bool {
	found := false
	for i := 0; i < len(p.classes); i++ { // classes may be added on the way
		c := p.classes[i]
		for _, f := range methodsOf(c.def.Body) {
			why := p.wanted(c, f)
			if c.methods[f] >= why {
				continue
			}
			c.methods[f] = why
			p.why = why
			found = true
			if c.leaf && !hasBody(f) {
				for _, q := range f.Params.List {
					p.expr(c.mod, q.Default)
				}
				continue
			}
			p.function(c.mod, f)
		}
	}
	return found
}

// hasBody says whether a layer class's method may be run by the reader: class
// and static methods are, methods of instances are not.
func hasBody(f *pysrc.FuncDef) bool {
	return decorated(f.Decorators, "classmethod", "staticmethod", "property", "cached_property")
}

func (p *pruner) wanted(c *prunedClass, f *pysrc.FuncDef) reach {
	if c.leaf {
		switch {
		case f.Name == "__init__", p.names[f.Name] == evaluated && hasBody(f):
			return evaluated
		case strings.HasPrefix(f.Name, "forward"), slices.Contains(logitsMethods(), f.Name):
			return walked
		}
		return unreached
	}
	for prefix := range p.prefixes {
		if strings.HasPrefix(f.Name, prefix) {
			return evaluated
		}
	}
	if strings.HasPrefix(f.Name, "forward") { // a constructor may name it, not call it
		return min(max(rootMethod(f.Name), p.names[f.Name]), walked)
	}
	return max(rootMethod(f.Name), p.names[f.Name])
}

func methodsOf(body []pysrc.Stmt) []*pysrc.FuncDef {
	var out []*pysrc.FuncDef
	for _, s := range body {
		switch s := s.(type) {
		case *pysrc.FuncDef:
			out = append(out, s)
		case *pysrc.IfStmt:
			out = append(out, methodsOf(s.Body)...)
		}
	}
	return out
}

func (p *pruner) function(m *module, f *pysrc.FuncDef) {
	p.exprs(m, f.Decorators)
	for _, q := range f.Params.List {
		p.expr(m, q.Default)
	}
	p.stmts(m, f.Body)
}

func (p *pruner) stmts(m *module, body []pysrc.Stmt) {
	for _, s := range body {
		pysrc.Inspect(s, func(n any) bool { return p.node(m, n) })
	}
}

func (p *pruner) exprs(m *module, list []pysrc.Expr) {
	for _, e := range list {
		p.expr(m, e)
	}
}

func (p *pruner) expr(m *module, e pysrc.Expr) {
	pysrc.Inspect(e, func(n any) bool { return p.node(m, n) })
}

// node follows one node of kept code.
func (p *pruner) node(m *module, n any) bool {
	switch n := n.(type) {
	case *pysrc.Name:
		p.mention(m, n.ID)
	case *pysrc.Attribute:
		p.mentionName(n.Name)
		p.moduleMember(m, n)
	case *pysrc.Const:
		if s, ok := n.Value.(string); ok && isIdentifier(s) {
			p.mentionName(s)
		}
	case *pysrc.FString:
		if len(n.Parts) > 0 && p.why == evaluated {
			if c, ok := n.Parts[0].(*pysrc.Const); ok {
				if s, ok := c.Value.(string); ok && isIdentifier(s) {
					p.prefixes[s] = true
				}
			}
		}
	case *pysrc.ImportFrom:
		for _, a := range n.Names {
			p.keep(importBase(m, n), a.Name)
		}
	}
	return true
}

func (p *pruner) mentionName(name string) { p.names[name] = max(p.names[name], p.why) }

func (p *pruner) mention(m *module, name string) {
	if _, ok := m.bindings[name]; ok || len(m.bindings["*"]) > 0 {
		p.mark(m, name)
	}
}

// moduleMember follows module.name, however the module was imported.
func (p *pruner) moduleMember(m *module, a *pysrc.Attribute) {
	path := dottedPath(a.X)
	if path == "" {
		return
	}
	head, rest, _ := strings.Cut(path, ".")
	for _, b := range m.bindings[head] {
		base := ""
		switch s := b.stmt.(type) {
		case *pysrc.Import:
			base = importedName(b.alias)
			if b.alias.As != "" {
				base = b.alias.Name
			}
		case *pysrc.ImportFrom:
			base = importBase(m, s) + "." + b.alias.Name
		}
		if rest != "" {
			base += "." + rest
		}
		if inSGLang(base) && p.in.module(base) != nil {
			p.keep(base, a.Name)
		}
	}
}

// dottedPath is a chain of attributes on a name as text; "" for others.
func dottedPath(e pysrc.Expr) string {
	switch e := e.(type) {
	case *pysrc.Name:
		return e.ID
	case *pysrc.Attribute:
		if base := dottedPath(e.X); base != "" {
			return base + "." + e.Name
		}
	}
	return ""
}

func isIdentifier(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
