package tree

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// UndecidedOf reports what of a row is not known, and writes it into the row.
func UndecidedOf(e *engine.Engine, r *Row) []pyeval.Undecided {
	location := fmt.Sprintf("%s:%d", r.File, r.Line)
	var out []pyeval.Undecided
	if r.Conditional != "" {
		u := pyeval.Undecided{Path: r.Path, Expression: r.Conditional, Location: location, Reason: "whether the module is there is not known"}
		for _, cond := range r.conds {
			if c, ok := e.Conditions[strings.TrimPrefix(cond, "not ")]; ok {
				u.Location, u.Reason = c.Location, c.Why
				u.Missing = append(u.Missing, c.Keys...)
			}
		}
		slices.Sort(u.Missing)
		u.Missing = slices.Compact(u.Missing)
		r.Missing = u.Missing
		out = append(out, u)
	}
	for _, v := range r.open {
		u := pyeval.Derived(pyeval.Show(v), v)
		if r.Expression == "" {
			r.Expression = u.Expr
		}
		r.Missing = append(r.Missing, u.Keys...)
		alternatives := alternativesOf(v)
		r.Alternatives = append(r.Alternatives, alternatives...)
		out = append(out, pyeval.Undecided{Path: r.Path, Expression: u.Expr, Missing: u.Keys, Alternatives: alternatives, Location: location, Reason: u.Why})
	}
	return out
}

// alternativesOf lists the values that a choice may have.
func alternativesOf(v pyeval.Value) []string {
	c, ok := v.(*pyeval.Choice)
	if !ok {
		return nil
	}
	var out []string
	for _, x := range []pyeval.Value{c.A, c.B} {
		if inner := alternativesOf(x); inner != nil {
			out = append(out, inner...)
		} else if !pyeval.IsUnknown(x) {
			out = append(out, pyeval.Show(x))
		}
	}
	return out
}
