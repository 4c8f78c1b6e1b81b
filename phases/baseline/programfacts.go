package baseline

import (
	"strconv"
	"sync"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// programFacts are facts about syntax trees that every analysis of a program
// needs: worked out once, then shared and never changed.
type programFacts struct {
	modules    sync.Map // *pysrc.Module -> map[string][]binding
	changes    sync.Map // *pysrc.Module -> *effects
	classes    sync.Map // *pysrc.ClassDef -> *classMembers
	enclosing  sync.Map // *pysrc.FuncDef -> bool
	defaultsOf sync.Map // text of a default -> pysrc.Expr
}

// classMembers are what the body of a class binds.
type classMembers struct {
	byName map[string]pysrc.Stmt // FuncDef, ClassDef or AssignStmt
	order  []string              // first definition first
}

// programFacts gives the facts that all analyses of a reader share.
func (r *Reader) programFacts() *programFacts { return &r.facts }

// factsOfProgram gives a program's shared facts, or ones for this analysis
// alone.
func factsOfProgram(p program) *programFacts {
	if r, ok := p.(interface{ programFacts() *programFacts }); ok {
		return r.programFacts()
	}
	return &programFacts{}
}

// bindings are the names that a module binds at its top.
func (f *programFacts) bindings(tree *pysrc.Module) map[string][]binding {
	if known, ok := f.modules.Load(tree); ok {
		return known.(map[string][]binding)
	}
	var b map[string][]binding = bindingsOf(tree)
	f.modules.Store(tree, b)
	return b
}

func (f *programFacts) effects(tree *pysrc.Module, bindings map[string][]binding) *effects {
	if known, ok := f.changes.Load(tree); ok {
		return known.(*effects)
	}
	e := effectsOf(tree, bindings)
	f.changes.Store(tree, e)
	return e
}

func (f *programFacts) members(def *pysrc.ClassDef) *classMembers {
	if known, ok := f.classes.Load(def); ok {
		return known.(*classMembers)
	}
	m := &classMembers{byName: map[string]pysrc.Stmt{}}
	m.collect(def.Body)
	f.classes.Store(def, m)
	return m
}

// isClosed says that nothing a function makes holds on to its variables: they
// are gone when it returns.
func (f *programFacts) isClosed(def *pysrc.FuncDef) bool {
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

// defaultExpression parses an expression of the table of defaults, most of
// which are plain numbers.
func (f *programFacts) defaultExpression(text string) (pysrc.Expr, error) {
	switch text {
	case "None":
		return &pysrc.Const{}, nil
	case "True", "False":
		return &pysrc.Const{Value: text == "True"}, nil
	}
	if n, err := strconv.Atoi(text); err == nil && strconv.Itoa(n) == text && n >= 0 {
		return &pysrc.Const{Value: n}, nil
	}
	if known, ok := f.defaultsOf.Load(text); ok {
		return known.(pysrc.Expr), nil
	}
	x, err := pysrc.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	f.defaultsOf.Store(text, x)
	return x, nil
}
