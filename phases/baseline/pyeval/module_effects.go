package pyeval

import (
	"maps"
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// effects are the statements at the top of a module that change a container
// which a name of it is bound to: items that are assigned or deleted, methods that are
// called on it, and definitions that a decorator of the module registers in it.
type effects struct {
	body []pysrc.Stmt
	// direct holds, by name, the statements that change it themselves.
	direct map[string][]int // of body
	// decorated holds, by the name of a decorator of the module, the
	// definitions that it is applied to.
	decorated map[string][]int // of body
	// registrars holds, by name, the decorators whose functions mention it.
	registrars map[string][]string
}

func effectsOf(tree *pysrc.Module, bindings bindingTable) *effects {
	e := &effects{body: tree.Body, direct: map[string][]int{}, decorated: map[string][]int{}, registrars: map[string][]string{}}
	for i, s := range tree.Body {
		switch s := s.(type) {
		case *pysrc.AssignStmt:
			for _, t := range s.Targets {
				e.changes(itemOf(t), i)
			}
		case *pysrc.AugAssignStmt:
			e.changes(nameOf(s.Target), i)
			e.changes(itemOf(s.Target), i)
		case *pysrc.DelStmt:
			e.changes(itemOf(s.Target), i)
		case *pysrc.ExprStmt:
			if c, ok := s.X.(*pysrc.Call); ok {
				e.changes(methodOf(c.Fn), i)
			}
		case *pysrc.ClassDef:
			e.decorators(s.Decorators, i)
		case *pysrc.FuncDef:
			e.decorators(s.Decorators, i)
		}
	}
	for _, decorator := range slices.Sorted(maps.Keys(e.decorated)) {
		mentioned := map[string]bool{}
		for _, b := range bindings[decorator] {
			if def, ok := b.stmt.(*pysrc.FuncDef); ok {
				pysrc.Inspect(def, func(n any) bool {
					if x, isName := n.(*pysrc.Name); isName {
						mentioned[x.ID] = true
					}
					return true
				})
			}
		}
		for name := range mentioned {
			e.registrars[name] = append(e.registrars[name], decorator)
		}
	}
	return e
}

func (e *effects) changes(name string, i int) {
	if name != "" {
		e.direct[name] = append(e.direct[name], i)
	}
}

func (e *effects) decorators(list []pysrc.Expr, i int) {
	for _, d := range list {
		if c, ok := d.(*pysrc.Call); ok {
			d = c.Fn
		}
		e.changes(methodOf(d), i)
		if name := nameOf(d); name != "" {
			e.decorated[name] = append(e.decorated[name], i)
		}
	}
}

// on returns the statements that change what a name is bound to, in order.
func (e *effects) on(name string) []pysrc.Stmt {
	at := slices.Clone(e.direct[name])
	for _, decorator := range e.registrars[name] {
		at = append(at, e.decorated[decorator]...)
	}
	slices.Sort(at)
	var out []pysrc.Stmt
	for _, i := range slices.Compact(at) {
		out = append(out, e.body[i])
	}
	return out
}

// nameOf returns the name that an expression is; "" when it is none.
func nameOf(e pysrc.Expr) string {
	if n, ok := e.(*pysrc.Name); ok {
		return n.ID
	}
	return ""
}

// itemOf returns the name whose item an expression is; "" when it is none.
func itemOf(e pysrc.Expr) string {
	if s, ok := e.(*pysrc.Subscript); ok {
		return nameOf(s.X)
	}
	return ""
}

// methodOf returns the name whose attribute an expression is; "" when it is
// none.
func methodOf(e pysrc.Expr) string {
	if a, ok := e.(*pysrc.Attribute); ok {
		return nameOf(a.X)
	}
	return ""
}

// applyEffects makes the changes of a module's top to a container that one of
// its names was just bound to.
func (in *Interp) applyEffects(m *Module, name string, v Value, fr *frame) {
	switch v.(type) {
	case *Dict, *List, *set, *Instance:
	default:
		return
	}
	effects := in.facts.effects(m.Tree, m.bindings).on(name)
	if len(effects) == 0 {
		return
	}
	fr.vars.Set(name, v) // the name is still being bound
	m.values.Set(name, v)
	for _, s := range effects {
		in.Attempt(func() Value {
			switch s := s.(type) {
			case *pysrc.ClassDef:
				in.decorate(s.Decorators, in.Global(m, s.Name), fr)
			case *pysrc.FuncDef:
				in.decorate(s.Decorators, in.Global(m, s.Name), fr)
			default:
				in.exec(s, fr)
			}
			return nil
		})
	}
}

// decorate calls the decorators of a definition, innermost first, for what
// they do beside giving the definition back.
func (in *Interp) decorate(decorators []pysrc.Expr, v Value, fr *frame) {
	for _, d := range slices.Backward(decorators) {
		in.Call(in.eval(d, fr), []Value{v}, nil)
	}
}
