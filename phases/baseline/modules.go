package baseline

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// module is a Python module of the interpreted program. Its names are
// evaluated when they are asked for.
type module struct {
	name string // dotted
	path string // in the tree
	pkg  bool   // an __init__.py
	tree *pysrc.Module

	values   map[string]value
	bindings map[string][]binding // shared: never written
	busy     map[string]bool
	guards   map[*guard]bool // those that were decided
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

func newModule(name, path string, tree *pysrc.Module, bindings map[string][]binding) *module {
	return &module{name: name, path: path, pkg: strings.HasSuffix(path, "__init__.py"), tree: tree,
		values: map[string]value{}, bindings: bindings, busy: map[string]bool{}, guards: map[*guard]bool{}}
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

// module gives a module of the program by its dotted name; nil when it has no
// file (a namespace package, something outside the program, an unreadable file).
func (in *interp) module(name string) *module {
	if m, ok := in.modules[name]; ok {
		return m
	}
	in.modules[name] = nil
	for _, path := range in.program.Paths(name) {
		tree, err := in.program.Syntax(path)
		if err != nil {
			text, again := err.Error(), "reading "+path+": "
			for strings.HasPrefix(text, again+again) {
				text = text[len(again):]
			}
			in.unreadable = append(in.unreadable, text)
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
func (in *interp) isOwn(name string) bool { return len(in.program.Paths(name)) > 0 }

// moduleAttribute gives the value of a name of a module, by the module's
// dotted name.
func (in *interp) moduleAttribute(modname, name string) value {
	if v := in.host.Name(in, modname, name); v != nil {
		return v
	}
	if in.watcher != nil && in.isOwn(modname) && !in.watcher.Follows(modname) {
		return newExternal(modname + "." + name)
	}
	m := in.module(modname)
	if m == nil {
		if in.isOwn(modname) && in.module(modname+"."+name) != nil {
			return &moduleRef{modname + "." + name} // a namespace package
		}
		return newExternal(modname + "." + name)
	}
	if _, bound := m.bindings[name]; bound {
		return in.global(m, name)
	}
	if in.module(modname+"."+name) != nil {
		return &moduleRef{modname + "." + name}
	}
	if v, ok := in.starImport(m, name); ok {
		return v
	}
	return unknownf("no name %s in %s", name, modname)
}

// starImport looks a name up in the modules that m imports with a star.
func (in *interp) starImport(m *module, name string) (value, bool) {
	for _, b := range m.bindings["*"] {
		from, ok := b.stmt.(*pysrc.ImportFrom)
		if !ok {
			continue
		}
		base := from.Base(m.name, m.pkg)
		if !in.isOwn(base) || base == m.name {
			continue
		}
		if in.depth++; in.depth > in.limits.Depth {
			in.depth--
			return nil, false
		}
		v := in.moduleAttribute(base, name)
		in.depth--
		switch v.(type) {
		case *unknown, *external:
			continue
		}
		return v, true
	}
	return nil, false
}

// global gives the value of a module's own name. The last binding whose
// guards are not known to be false wins.
func (in *interp) global(m *module, name string) value {
	if v, ok := m.values[name]; ok {
		return v
	}
	bindings := m.bindings[name]
	if len(bindings) == 0 {
		return unknownf("no name %s in %s", name, m.name)
	}
	if m.busy[name] {
		return unknownf("%s.%s refers to itself", m.name, name)
	}
	return in.bind(m, name, bindings)
}

// bind evaluates a module's own name.
func (in *interp) bind(m *module, name string, bindings []binding) value {
	m.busy[name] = true
	defer delete(m.busy, name)
	fr := in.moduleFrame(m)
	var v value
	found := false
	for _, b := range bindings {
		if !in.allowed(m, b.guard, fr) {
			continue
		}
		earlier := value(missing{})
		if found { // a statement that binds the name again may use what it stood for
			earlier = v
			in.setVar(fr.vars, name, v)
		}
		found = true
		v = in.bindingValue(m, name, b, fr)
		if c, ok := v.(*class); ok && c.def == b.stmt {
			c.before = earlier
		}
	}
	if !found { // imported for type checkers only: still resolves classes
		v = in.bindingValue(m, name, bindings[len(bindings)-1], fr)
	}
	if in.stopped == nil {
		m.values[name] = v
		in.applyEffects(m, name, v, fr)
	}
	return v
}

// allowed reports whether the conditions around a binding allow it: a
// condition that is not known does.
func (in *interp) allowed(m *module, g *guard, fr *frame) bool {
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

func (in *interp) holds(g *guard, fr *frame) bool {
	if isTypeChecking(g.test) {
		return !g.want
	}
	t, known := truth(in.attempt(func() value { return in.eval(g.test, fr) }))
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

func (in *interp) bindingValue(m *module, name string, b binding, fr *frame) value {
	switch s := b.stmt.(type) {
	case *pysrc.Import:
		return in.importValue(b.alias)
	case *pysrc.ImportFrom:
		return in.moduleAttribute(s.Base(m.name, m.pkg), b.alias.Name)
	case *pysrc.FuncDef:
		return &function{mod: m, def: s}
	case *pysrc.ClassDef:
		return in.newClass(m, s, nil)
	case *pysrc.AssignStmt:
		return in.attempt(func() value {
			v := in.eval(s.Value, fr)
			for _, t := range s.Targets {
				if n, ok := t.(*pysrc.Name); ok && n.ID == name {
					return v
				}
			}
			for _, t := range s.Targets {
				in.assign(t, v, fr)
			}
			if v, ok := fr.vars.get(name); ok {
				return v
			}
			return unknownf("assignment of %s", name)
		})
	}
	return unknownf("binding of %s", name)
}

func (in *interp) importValue(a pysrc.Alias) value {
	name := a.Name
	if a.As == "" {
		name = a.Bound()
	}
	if in.isOwn(name) {
		return &moduleRef{name}
	}
	return newExternal(name)
}
