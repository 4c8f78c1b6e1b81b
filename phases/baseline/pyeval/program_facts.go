package pyeval

import (
	"sync"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Facts are facts about syntax trees that every analysis of a program
// needs: worked out once, then shared and never changed.
type Facts struct {
	modules   sync.Map // *pysrc.Module -> map[string][]binding
	changes   sync.Map // *pysrc.Module -> *effects
	classes   sync.Map // *pysrc.ClassDef -> *classMembers
	enclosing sync.Map // *pysrc.FuncDef -> bool
}

// classMembers are what the body of a class binds.
type classMembers struct {
	ByName map[string]pysrc.Stmt // FuncDef, ClassDef or AssignStmt
	Order  []string              // first definition first
}

// bindings are the names that a module binds at its top.
func (f *Facts) bindings(tree *pysrc.Module) map[string][]binding {
	if known, ok := f.modules.Load(tree); ok {
		return known.(map[string][]binding)
	}
	var b map[string][]binding = bindingsOf(tree)
	f.modules.Store(tree, b)
	return b
}

func (f *Facts) effects(tree *pysrc.Module, bindings map[string][]binding) *effects {
	if known, ok := f.changes.Load(tree); ok {
		return known.(*effects)
	}
	e := effectsOf(tree, bindings)
	f.changes.Store(tree, e)
	return e
}

func (f *Facts) members(def *pysrc.ClassDef) *classMembers {
	if known, ok := f.classes.Load(def); ok {
		return known.(*classMembers)
	}
	m := &classMembers{ByName: map[string]pysrc.Stmt{}}
	m.collect(def.Body)
	f.classes.Store(def, m)
	return m
}

// isClosed says that nothing a function makes holds on to its variables: they
// are gone when it returns.
func (f *Facts) isClosed(def *pysrc.FuncDef) bool {
	if known, ok := f.enclosing.Load(def); ok {
		return !known.(bool)
	}
	encloses := false
	for _, s := range def.Body {
		pysrc.Inspect(s, func(n any) bool {
			switch n.(type) {
			case *pysrc.FuncDef, *pysrc.Lambda, *pysrc.ClassDef:
				encloses = true
			}
			return !encloses
		})
	}
	f.enclosing.Store(def, encloses)
	return !encloses
}
