package pyeval

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Module is a Python module of the interpreted program. Its names are
// evaluated when they are asked for.
type Module struct {
	Name      string // dotted
	Path      string // in the tree
	IsPackage bool   // an __init__.py
	Tree      *pysrc.Module

	values   *Namespace
	bindings bindingTable // shared: never written
	busy     map[string]bool
	guards   map[*guard]bool // those that were decided
	ran      bool            // by Run
}

// binding is one statement at the top of a module that binds a name.
type binding struct {
	stmt  pysrc.Stmt
	alias pysrc.Alias // of Import and ImportFrom
	guard *guard      // nil when nothing is around it
}

// guard is the innermost condition around a binding, and what it must be.
type guard struct {
	test  pysrc.Expr
	want  bool
	outer *guard // the condition around it
}

func newModule(name, path string, tree *pysrc.Module, bindings bindingTable) *Module {
	return &Module{Name: name, Path: path, IsPackage: strings.HasSuffix(path, "__init__.py"), Tree: tree,
		values: NewNamespace(), bindings: bindings, busy: map[string]bool{}, guards: map[*guard]bool{}}
}

// bindingTable collects the names that a module binds.
type bindingTable map[string][]binding

func bindingsOf(tree *pysrc.Module) bindingTable {
	b := bindingTable{}
	b.collect(tree.Body, nil)
	return b
}

func (m bindingTable) add(name string, b binding) { m[name] = append(m[name], b) }

func (m bindingTable) collect(body []pysrc.Stmt, around *guard) {
	for _, s := range body {
		switch s := s.(type) {
		case *pysrc.FuncDef:
			m.add(s.Name, binding{stmt: s, guard: around})
		case *pysrc.ClassDef:
			m.add(s.Name, binding{stmt: s, guard: around})
		case *pysrc.Import:
			for _, a := range s.Names {
				m.add(a.Bound(), binding{s, a, around})
			}
		case *pysrc.ImportFrom:
			for _, a := range s.Names {
				m.add(a.Bound(), binding{s, a, around})
			}
		case *pysrc.AssignStmt:
			if s.Value == nil {
				continue
			}
			for _, t := range s.Targets {
				for _, name := range pysrc.TargetNames(t) {
					m.add(name, binding{stmt: s, guard: around})
				}
			}
		case *pysrc.IfStmt:
			m.collect(s.Body, &guard{s.Test, true, around})
			m.collect(s.Else, &guard{s.Test, false, around})
		case *pysrc.TryStmt:
			for _, h := range s.Handlers { // the body's bindings win: they come later
				m.collect(h, around)
			}
			m.collect(s.Body, around)
			m.collect(s.Else, around)
			m.collect(s.Finally, around)
		case *pysrc.WithStmt:
			m.collect(s.Body, around)
		}
	}
}

// Module returns a module of the program by its dotted name; nil when it has no
// file (a namespace package, something outside the program, an unreadable file).
func (in *Interp) Module(name string) *Module {
	if m, ok := in.modules[name]; ok {
		return m
	}
	in.modules[name] = nil
	for _, path := range in.Program.Paths(name) {
		tree, err := in.Program.Syntax(path)
		if err != nil {
			text, again := err.Error(), "reading "+path+": "
			for strings.HasPrefix(text, again+again) {
				text = text[len(again):]
			}
			in.Unreadable = append(in.Unreadable, text)
			continue
		}
		if tree != nil {
			in.modules[name] = newModule(name, path, tree, in.facts.bindings(tree))
			break
		}
	}
	return in.modules[name]
}

// isOwn reports whether a dotted module name is of the program.
func (in *Interp) isOwn(name string) bool { return len(in.Program.Paths(name)) > 0 }

// ModuleAttribute returns the value of a name of a module, by the module's
// dotted name.
func (in *Interp) ModuleAttribute(modname, name string) Value {
	if v := in.host.Name(in, modname, name); v != nil {
		return v
	}
	if in.Watcher != nil && in.isOwn(modname) && !in.Watcher.Follows(modname) {
		return NewExternal(modname + "." + name)
	}
	m := in.Module(modname)
	if m == nil {
		if in.isOwn(modname) && in.Module(modname+"."+name) != nil {
			return &moduleRef{modname + "." + name} // a namespace package
		}
		return NewExternal(modname + "." + name)
	}
	if _, bound := m.bindings[name]; bound {
		return in.Global(m, name)
	}
	if in.Module(modname+"."+name) != nil {
		return &moduleRef{modname + "." + name}
	}
	if v, ok := in.starImport(m, name); ok {
		return v
	}
	return Unknownf("no name %s in %s", name, modname)
}

// ImportedFrom are the modules from which import-from statements at the top of
// the module take a name; "*" stands for all names.
func (m *Module) ImportedFrom(name string) []string {
	var out []string
	for _, b := range m.bindings[name] {
		if from, ok := b.stmt.(*pysrc.ImportFrom); ok {
			out = append(out, from.Base(m.Name, m.IsPackage))
		}
	}
	return out
}

// starImport looks a name up in the modules that m imports with a star.
func (in *Interp) starImport(m *Module, name string) (Value, bool) {
	for _, base := range m.ImportedFrom("*") {
		if !in.isOwn(base) || base == m.Name {
			continue
		}
		if in.Depth++; in.Depth > in.Limits.Depth {
			in.Depth--
			return nil, false
		}
		v := in.ModuleAttribute(base, name)
		in.Depth--
		switch v.(type) {
		case *Unknown, *External:
			continue
		}
		return v, true
	}
	return nil, false
}

// Run executes the statements at a module's top in their order, as an import of
// it does, loops and expressions included; without it, what they do besides
// binding names is done for the names that are asked for alone (module_effects.go).
// A statement that raises is passed over: what is known of the libraries may be
// what falls short.
func (in *Interp) Run(m *Module) {
	if m.ran {
		return // or is being run, by an import that goes round
	}
	m.ran = true
	fr := &frame{mod: m, vars: m.values}
	for _, s := range m.Tree.Body {
		in.Attempt(func() Value {
			in.exec(s, fr)
			switch s := s.(type) {
			case *pysrc.ClassDef:
				in.decorate(s.Decorators, m.values.Value(s.Name), fr)
			case *pysrc.FuncDef:
				in.decorate(s.Decorators, m.values.Value(s.Name), fr)
			}
			return nil
		})
	}
}

// Global returns the value of a module's own name. The last binding whose
// guards are not known to be false wins.
func (in *Interp) Global(m *Module, name string) Value {
	if v, ok := m.values.Get(name); ok {
		return v
	}
	bindings := m.bindings[name]
	if len(bindings) == 0 {
		return Unknownf("no name %s in %s", name, m.Name)
	}
	if m.busy[name] {
		return Unknownf("%s.%s refers to itself", m.Name, name)
	}
	return in.bind(m, name, bindings)
}

// bind evaluates a module's own name.
func (in *Interp) bind(m *Module, name string, bindings []binding) Value {
	m.busy[name] = true
	defer delete(m.busy, name)
	fr := in.moduleFrame(m)
	var v Value
	found := false
	for _, b := range bindings {
		if !in.allowed(m, b.guard, fr) {
			continue
		}
		earlier := Value(Missing{})
		if found { // a statement that binds the name again may use what it stood for
			earlier = v
			in.SetVar(fr.vars, name, v)
		}
		found = true
		v = in.bindingValue(m, name, b, fr)
		if c, ok := v.(*Class); ok && c.def == b.stmt {
			c.before = earlier
		}
	}
	if !found { // imported for type checkers only: still resolves classes
		v = in.bindingValue(m, name, bindings[len(bindings)-1], fr)
	}
	if in.Stopped == nil {
		m.values.Set(name, v)
		in.applyEffects(m, name, v, fr)
	}
	return v
}

// allowed reports whether the conditions around a binding allow it: a
// condition that is not known does.
func (in *Interp) allowed(m *Module, g *guard, fr *frame) bool {
	if g == nil {
		return true
	}
	if holds, decided := m.guards[g]; decided {
		return holds
	}
	holds := in.allowed(m, g.outer, fr) && in.holds(g, fr)
	if len(m.busy) <= 1 { // else it may rest on a name that is being bound
		m.guards[g] = holds // a chain of conditions is evaluated once
	}
	return holds
}

func (in *Interp) holds(g *guard, fr *frame) bool {
	if isTypeChecking(g.test) {
		return !g.want
	}
	t, known := truth(in.Attempt(func() Value { return in.eval(g.test, fr) }))
	return !known || t == g.want
}

func isTypeChecking(e pysrc.Expr) bool {
	switch e := e.(type) {
	case *pysrc.Name:
		return e.ID == "TYPE_CHECKING"
	case *pysrc.Attribute:
		return e.Name == "TYPE_CHECKING"
	}
	return false
}

func (in *Interp) bindingValue(m *Module, name string, b binding, fr *frame) Value {
	switch s := b.stmt.(type) {
	case *pysrc.Import:
		return in.importValue(b.alias)
	case *pysrc.ImportFrom:
		return in.ModuleAttribute(s.Base(m.Name, m.IsPackage), b.alias.Name)
	case *pysrc.FuncDef:
		return &Function{Module: m, Def: s}
	case *pysrc.ClassDef:
		return in.newClass(m, s, nil)
	case *pysrc.AssignStmt:
		return in.Attempt(func() Value {
			v := in.eval(s.Value, fr)
			for _, t := range s.Targets {
				if n, ok := t.(*pysrc.Name); ok && n.ID == name {
					return v
				}
			}
			for _, t := range s.Targets {
				in.assign(t, v, fr)
			}
			if v, ok := fr.vars.Get(name); ok {
				return v
			}
			return Unknownf("assignment of %s", name)
		})
	}
	return Unknownf("binding of %s", name)
}

func (in *Interp) importValue(a pysrc.Alias) Value {
	name := a.Name
	if a.As == "" {
		name = a.Bound()
	}
	if in.isOwn(name) {
		return &moduleRef{name}
	}
	return NewExternal(name)
}
