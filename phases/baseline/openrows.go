package baseline

import (
	"fmt"
	"slices"
	"strings"
)

// undecidedOf reports what of a row is not known, and writes it into the row.
func undecidedOf(e *engine, r *rowBuilder) []Undecided {
	location := fmt.Sprintf("%s:%d", r.File, r.Line)
	var out []Undecided
	if r.Conditional != "" {
		u := Undecided{Path: r.Path, Expression: r.Conditional, Location: location, Reason: "whether the module is there is not known"}
		for _, cond := range r.conds {
			if c, ok := e.conditions[strings.TrimPrefix(cond, "not ")]; ok {
				u.Location, u.Reason = c.location, c.why
				u.Missing = append(u.Missing, c.keys...)
			}
		}
		slices.Sort(u.Missing)
		u.Missing = slices.Compact(u.Missing)
		r.Missing = u.Missing
		out = append(out, u)
	}
	for _, v := range r.open {
		u := derived(show(v), v)
		if r.Expression == "" {
			r.Expression = u.expr
		}
		r.Missing = append(r.Missing, u.keys...)
		alternatives := alternativesOf(v)
		r.Alternatives = append(r.Alternatives, alternatives...)
		out = append(out, Undecided{Path: r.Path, Expression: u.expr, Missing: u.keys, Alternatives: alternatives, Location: location, Reason: u.why})
	}
	return out
}

// alternativesOf lists the values that a choice may have.
func alternativesOf(v value) []string {
	c, ok := v.(*choice)
	if !ok {
		return nil
	}
	var out []string
	for _, x := range []value{c.a, c.b} {
		if inner := alternativesOf(x); inner != nil {
			out = append(out, inner...)
		} else if !isUnknown(x) {
			out = append(out, show(x))
		}
	}
	return out
}
