package engine

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// literalDefault is the literal that a field is given, directly or as the
// default of a call (`Arg(default=1)`, `EnvInt(1)`).
func (e *Engine) literalDefault(x pysrc.Expr, what string) pyeval.Value {
	given := []pysrc.Expr{x}
	if c, ok := x.(*pysrc.Call); ok {
		for _, k := range c.Keywords {
			if k.Name == "default" {
				given = append(given, k.Value)
			}
		}
		given = append(given, c.Args[:min(1, len(c.Args))]...)
	}
	for _, x := range given {
		if pysrc.IsLiteral(x) {
			return e.EvalNamed(x, pyeval.NewNamespace())
		}
	}
	return pyeval.Unknownf("%s has no literal default", what)
}
