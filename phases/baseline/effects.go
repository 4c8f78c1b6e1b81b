package baseline

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// effectsOn are the statements at the top of a module that change the
// container that a name of it is bound to: items that are assigned, methods
// that are called on it, and definitions that a decorator of the module
// registers in it.
func effectsOn(m *module, name string) []pysrc.Stmt {
	var out []pysrc.Stmt
	for _, s := range m.body {
		switch s := s.(type) {
		case *pysrc.AssignStmt:
			if slices.ContainsFunc(s.Targets, func(t pysrc.Expr) bool { return isItemOf(t, name) }) {
				out = append(out, s)
			}
		case *pysrc.AugAssignStmt:
			if n, ok := s.Target.(*pysrc.Name); ok && n.ID == name || isItemOf(s.Target, name) {
				out = append(out, s)
			}
		case *pysrc.ExprStmt:
			if c, ok := s.X.(*pysrc.Call); ok && isMethodOf(c.Fn, name) {
				out = append(out, s)
			}
		case *pysrc.ClassDef:
			if registers(m, s.Decorators, name) {
				out = append(out, s)
			}
		case *pysrc.FuncDef:
			if registers(m, s.Decorators, name) {
				out = append(out, s)
			}
		}
	}
	return out
}

func isName(e pysrc.Expr, name string) bool {
	n, ok := e.(*pysrc.Name)
	return ok && n.ID == name
}

func isItemOf(e pysrc.Expr, name string) bool {
	s, ok := e.(*pysrc.Subscript)
	return ok && isName(s.X, name)
}

func isMethodOf(e pysrc.Expr, name string) bool {
	a, ok := e.(*pysrc.Attribute)
	return ok && isName(a.X, name)
}

// registers says whether one of the decorators is a function of the module
// that mentions the name, or a method of what it is bound to.
func registers(m *module, decorators []pysrc.Expr, name string) bool {
	return slices.ContainsFunc(decorators, func(d pysrc.Expr) bool {
		if c, ok := d.(*pysrc.Call); ok {
			d = c.Fn
		}
		if isMethodOf(d, name) {
			return true
		}
		fn, ok := d.(*pysrc.Name)
		if !ok {
			return false
		}
		for _, b := range m.bindings[fn.ID] {
			def, isFunc := b.stmt.(*pysrc.FuncDef)
			if !isFunc {
				continue
			}
			found := false
			pysrc.Inspect(def, func(n any) bool {
				x, isName := n.(*pysrc.Name)
				found = found || isName && x.ID == name
				return !found
			})
			if found {
				return true
			}
		}
		return false
	})
}

// applyEffects makes the changes of a module's top to a container that one of
// its names was just bound to.
func (in *interp) applyEffects(m *module, name string, v value, fr *frame) {
	switch v.(type) {
	case *dict, *list, *set, *object:
	default:
		return
	}
	effects := effectsOn(m, name)
	if len(effects) == 0 {
		return
	}
	fr.vars.set(name, v) // the name is still being bound
	m.values[name] = v
	for _, s := range effects {
		in.attempt(func() value {
			switch s := s.(type) {
			case *pysrc.ClassDef:
				in.decorate(s.Decorators, in.global(m, s.Name), fr)
			case *pysrc.FuncDef:
				in.decorate(s.Decorators, in.global(m, s.Name), fr)
			default:
				in.exec(s, fr)
			}
			return nil
		})
	}
}

// decorate calls the decorators of a definition, innermost first, for what
// they do beside giving the definition back.
func (in *interp) decorate(decorators []pysrc.Expr, v value, fr *frame) {
	for _, d := range slices.Backward(decorators) {
		in.call(in.eval(d, fr), []value{v}, nil)
	}
}
