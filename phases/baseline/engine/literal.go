package engine

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// literalDefault is the literal that a field is given, directly or as the
// default of a call (`Arg(default=1)`, `EnvInt(1)`).
func literalDefault(e pysrc.Expr, what string) pyeval.Value {
	if v, ok := literal(e); ok {
		return v
	}
	if c, ok := e.(*pysrc.Call); ok {
		for _, k := range c.Keywords {
			if k.Name == "default" {
				if v, ok := literal(k.Value); ok {
					return v
				}
			}
		}
		if len(c.Args) > 0 {
			if v, ok := literal(c.Args[0]); ok {
				return v
			}
		}
	}
	return pyeval.Unknownf("%s has no literal default", what)
}

// literal evaluates a literal expression.
func literal(e pysrc.Expr) (pyeval.Value, bool) {
	switch e := e.(type) {
	case *pysrc.Const:
		return e.Value, true
	case *pysrc.UnaryExpr:
		v, ok := literal(e.X)
		if i, isInt := v.(int); ok && isInt && e.Op == "-" {
			return -i, true
		}
		if f, isFloat := v.(float64); ok && isFloat && e.Op == "-" {
			return -f, true
		}
	case *pysrc.ListExpr:
		items, ok := literals(e.Elts)
		return &pyeval.List{Items: items}, ok
	case *pysrc.TupleExpr:
		items, ok := literals(e.Elts)
		return pyeval.NewTuple(items...), ok
	case *pysrc.DictExpr:
		if len(e.Keys) == 0 {
			return pyeval.NewDict(), true
		}
	}
	return nil, false
}

func literals(elts []pysrc.Expr) ([]pyeval.Value, bool) {
	out := make([]pyeval.Value, 0, len(elts))
	for _, x := range elts {
		v, ok := literal(x)
		if !ok {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}
