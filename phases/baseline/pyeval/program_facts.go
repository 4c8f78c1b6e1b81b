package pyeval

import (
	"sync"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Facts are facts about syntax trees that every analysis of a program
// needs: worked out once, then shared and never changed.
type Facts struct {
	modules sync.Map // *pysrc.Module -> bindingTable
	changes sync.Map // *pysrc.Module -> *effects
	classes sync.Map // *pysrc.ClassDef -> *classMembers
	closed  sync.Map // *pysrc.FuncDef -> bool
}

// classMembers are what the body of a class binds.
type classMembers struct {
	ByName map[string]pysrc.Stmt // FuncDef, ClassDef or AssignStmt
	Order  []string              // first definition first
}

// once returns what is worked out of a syntax tree, the first time by f.
func once[V any](known *sync.Map, tree any, f func() V) V {
	if v, ok := known.Load(tree); ok {
		return v.(V)
	}
	v := f()
	known.Store(tree, v)
	return v
}

// bindings are the names that a module binds at its top.
func (f *Facts) bindings(tree *pysrc.Module) bindingTable {
	return once(&f.modules, tree, func() bindingTable { return bindingsOf(tree) })
}

func (f *Facts) effects(tree *pysrc.Module, bindings bindingTable) *effects {
	return once(&f.changes, tree, func() *effects { return effectsOf(tree, bindings) })
}

func (f *Facts) members(def *pysrc.ClassDef) *classMembers {
	return once(&f.classes, def, func() *classMembers {
		m := &classMembers{ByName: map[string]pysrc.Stmt{}}
		m.collect(def.Body)
		return m
	})
}

// isClosed reports whether nothing a function makes holds on to its variables: they
// are gone when it returns.
func (f *Facts) isClosed(def *pysrc.FuncDef) bool {
	return once(&f.closed, def, func() bool {
		closed := true
		for _, s := range def.Body {
			pysrc.Inspect(s, func(n any) bool {
				switch n.(type) {
				case *pysrc.FuncDef, *pysrc.Lambda, *pysrc.ClassDef:
					closed = false
				}
				return closed
			})
		}
		return closed
	})
}
