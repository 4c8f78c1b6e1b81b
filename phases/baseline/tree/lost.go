package tree

import (
	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// ReportLost reports attributes of modules that forward() calls, indexes or
// runs through as modules are, and whose value is not known: layers that are
// missing from the tree. Towers do not count.
func ReportLost(e *engine.Engine, nodes []Node, towers map[string]bool) {
	seen := map[*pysrc.FuncDef]bool{}
	for _, n := range nodes {
		o, ok := n.Value.(*pyeval.Instance)
		if !ok || o.Recorded != "" || IsBelow(n.Path, towers) {
			continue
		}
		c, ok := o.Class.(*pyeval.Class)
		if !ok {
			continue
		}
		_, def := e.ForwardMethod(c)
		if def == nil || seen[def] {
			continue
		}
		seen[def] = true
		for _, name := range usedAsModules(def) {
			u, ok := o.Attrs.Value(name).(*pyeval.Unknown)
			if !ok || IsTowerName(name) {
				continue
			}
			e.UndecideAt(JoinPath(n.Path, name), pyeval.Site{File: c.Module.Path, Line: def.First}, "self."+name, u, "a part that forward() runs is not known: "+u.Why)
		}
	}
}

// JoinPath is the path of a part of the module at a path.
func JoinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// usedAsModules are the attributes of self that a method calls, indexes with
// a variable, or iterates over.
func usedAsModules(def *pysrc.FuncDef) []string {
	if len(def.Params.List) == 0 {
		return nil
	}
	self := def.Params.List[0].Name
	var out []string
	add := func(e pysrc.Expr) {
		a, ok := e.(*pysrc.Attribute)
		if !ok {
			return
		}
		if x, ok := a.X.(*pysrc.Name); ok && x.ID == self {
			out = append(out, a.Name)
		}
	}
	pysrc.Inspect(def, func(n any) bool {
		switch n := n.(type) {
		case *pysrc.Call:
			add(n.Fn)
		case *pysrc.ForStmt:
			add(n.Iter)
		case *pysrc.Subscript:
			if _, isName := n.Index.(*pysrc.Name); isName {
				add(n.X)
			}
		}
		return true
	})
	return out
}
