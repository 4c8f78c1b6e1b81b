package baseline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// maxExpression bounds the text of an unknown's expression.
const maxExpression = 200

func (in *interp) unknownf(format string, args ...any) *unknown {
	return &unknown{why: clip(fmt.Sprintf(format, args...), maxExpression)}
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 { // not in the middle of a character
		n--
	}
	return s[:n] + "…"
}

// derived is the unknown that an operation on values gives, some of which are
// unknown: it keeps their reason and keys.
func derived(expr string, from ...value) *unknown {
	u := &unknown{expr: clip(expr, maxExpression)}
	for _, v := range from {
		mergeUnknown(u, v, 0)
	}
	if u.why == "" {
		u.why = "cannot evaluate " + u.expr
	}
	return u
}

func mergeUnknown(u *unknown, v value, depth int) {
	const deep, wide = 3, 50
	if depth > deep {
		return
	}
	switch v := v.(type) {
	case *unknown:
		if u.why == "" {
			u.why = v.why
		}
		for _, k := range v.keys {
			if !slices.Contains(u.keys, k) {
				u.keys = append(u.keys, k)
			}
		}
	case *choice:
		mergeUnknown(u, v.a, depth+1)
		mergeUnknown(u, v.b, depth+1)
	case *list:
		for _, x := range v.items[:min(len(v.items), wide)] {
			mergeUnknown(u, x, depth+1)
		}
	case *tuple:
		for _, x := range v.items[:min(len(v.items), wide)] {
			mergeUnknown(u, x, depth+1)
		}
	case *repeated:
		mergeUnknown(u, v.item, depth+1)
		mergeUnknown(u, v.count, depth+1)
	}
}

// maxVisited bounds how much of a nested value is looked at: values may hold
// themselves, or each other many times.
const maxVisited = 20_000

// contains says whether a value, or a part of it, satisfies the test; true
// when there is too much of it to tell.
func contains(v value, test func(value) bool) bool {
	fuel := maxVisited
	return containsIn(v, test, &fuel)
}

func containsIn(v value, test func(value) bool, fuel *int) bool {
	*fuel--
	if *fuel < 0 || test(v) {
		return true
	}
	var parts []value
	switch v := v.(type) {
	case *choice:
		parts = []value{v.a, v.b}
	case *repeated:
		parts = []value{v.item, v.count}
	case *list:
		parts = v.items
	case *tuple:
		parts = v.items
	}
	return slices.ContainsFunc(parts, func(x value) bool { return containsIn(x, test, fuel) })
}

func isUnknown(v value) bool { _, ok := v.(*unknown); return ok }

// hasUnknown says whether a value is not wholly known (lists in lists count,
// objects do not).
func hasUnknown(v value) bool {
	return contains(v, func(x value) bool {
		switch x.(type) {
		case *unknown, *repeated:
			return true
		}
		return false
	})
}

// truth gives a value's truth; known is false when it cannot be told.
func truth(v value) (t, known bool) {
	switch v := v.(type) {
	case nil:
		return false, true
	case bool:
		return v, true
	case int:
		return v != 0, true
	case float64:
		return v != 0, true
	case string:
		return v != "", true
	case *list:
		return len(v.items) > 0, true
	case *tuple:
		return len(v.items) > 0, true
	case *dict:
		return len(v.keys) > 0, true
	case *set:
		return len(v.keys) > 0, true
	case *moduleList:
		return len(v.items) > 0, true
	case *choice:
		a, ka := truth(v.a)
		b, kb := truth(v.b)
		return a, ka && kb && a == b
	case *unknown, *repeated, *tensor, missing:
		return false, false
	}
	return true, true
}

// same says whether two values are surely equal, so that no choice between
// them is needed.
func (in *interp) same(a, b value) bool {
	fuel := maxVisited
	return same(a, b, &fuel)
}

func same(a, b value, fuel *int) bool {
	*fuel--
	if *fuel < 0 {
		return false
	}
	switch x := a.(type) {
	case nil, bool, int, float64, string:
		return a == b
	case *unknown:
		return isUnknown(b)
	case *list:
		y, ok := b.(*list)
		return ok && (x == y || sameItems(x.items, y.items, fuel))
	case *tuple:
		y, ok := b.(*tuple)
		return ok && (x == y || sameItems(x.items, y.items, fuel))
	case *dict:
		y, ok := b.(*dict)
		return ok && (x == y || sameDict(x, y, fuel))
	case *external:
		y, ok := b.(*external)
		return ok && x.path == y.path
	case *enumMember:
		y, ok := b.(*enumMember)
		return ok && x.class == y.class && x.name == y.name
	case *class:
		y, ok := b.(*class)
		return ok && x.qualified() == y.qualified()
	case *environment:
		y, ok := b.(*environment)
		return ok && x.name == y.name
	}
	return a == b
}

func sameItems(a, b []value, fuel *int) bool {
	return slices.EqualFunc(a, b, func(x, y value) bool { return same(x, y, fuel) })
}

func sameDict(a, b *dict, fuel *int) bool {
	if len(a.keys) != len(b.keys) {
		return false
	}
	for i, k := range a.keys {
		v, ok := b.get(k)
		if !ok || !same(a.vals[i], v, fuel) {
			return false
		}
	}
	return true
}

// maxAlternatives bounds how many values one choice may have.
const maxAlternatives = 24

// join gives the value that is a when cond holds and b when not.
func (in *interp) join(cond string, a, b value) value {
	if in.same(a, b) {
		if x, ok := a.(*unknown); ok {
			return derived(x.expr, a, b)
		}
		return a
	}
	if alternatives(a)+alternatives(b) > maxAlternatives {
		return derived("too many alternatives", a, b)
	}
	return &choice{cond, a, b}
}

func alternatives(v value) int {
	if c, ok := v.(*choice); ok {
		return alternatives(c.a) + alternatives(c.b)
	}
	return 1
}

// holdsModule says whether a value is a module or may be one.
func holdsModule(v value) bool {
	switch v := v.(type) {
	case *object, *moduleList:
		return true
	case *choice:
		return holdsModule(v.a) || holdsModule(v.b)
	}
	return false
}

// distribute applies f to every alternative of v and joins the results.
func (in *interp) distribute(v value, f func(value) value) value {
	if c, ok := v.(*choice); ok {
		return in.join(c.cond, in.distribute(c.a, f), in.distribute(c.b, f))
	}
	return f(v)
}

// distribute2 does so for two operands.
func (in *interp) distribute2(a, b value, f func(a, b value) value) value {
	return in.distribute(a, func(x value) value {
		return in.distribute(b, func(y value) value { return f(x, y) })
	})
}

// show writes a value as it may stand in an expression.
func show(v value) string { return clip(showDeep(v, 0), maxExpression) }

func showDeep(v value, depth int) string {
	const deep = 3
	if depth > deep {
		return "…"
	}
	seq := func(open string, items []value, end string) string {
		const most = 12
		parts := make([]string, 0, min(len(items), most))
		for i, x := range items {
			if i == most {
				parts = append(parts, "…")
				break
			}
			parts = append(parts, showDeep(x, depth+1))
		}
		return open + strings.Join(parts, ", ") + end
	}
	switch v := v.(type) {
	case nil, bool, int, float64, string:
		return pysrc.Repr(v)
	case *unknown:
		if v.expr != "" {
			return v.expr
		}
		return "?"
	case *choice:
		return "(" + showDeep(v.a, depth+1) + " if " + v.cond + " else " + showDeep(v.b, depth+1) + ")"
	case *list:
		return seq("[", v.items, "]")
	case *tuple:
		return seq("(", v.items, ")")
	case *set:
		return seq("{", v.keys, "}")
	case *dict:
		return fmt.Sprintf("{%d items}", len(v.keys))
	case *config:
		return v.path
	}
	return showObject(v)
}

func showObject(v value) string {
	switch v := v.(type) {
	case *class:
		return v.name
	case *function:
		return v.name()
	case *builtin:
		return v.name
	case *external:
		return v.path
	case *moduleRef:
		return v.name
	case *environment:
		return v.name
	case *enumMember:
		return lastPart(v.class) + "." + v.name
	case *object:
		return v.className() + "()"
	case *moduleList:
		return fmt.Sprintf("ModuleList of %d", len(v.items))
	case *repeated:
		return "[" + show(v.item) + "] * " + show(v.count)
	}
	return "?"
}
