package baseline

import (
	"cmp"
	"strings"
)

// compare applies one comparison operator.
func (in *interp) compare(op string, l, r value) value {
	return in.distribute2(l, r, func(a, b value) value {
		var result, known bool
		switch op {
		case "is", "is not":
			result, known = identical(a, b)
		case "==", "!=":
			result, known = equal(a, b)
		case "in", "not in":
			result, known = in.member(a, b)
		default:
			result, known = ordered(op, a, b)
		}
		if !known {
			return derived("("+show(a)+" "+op+" "+show(b)+")", a, b)
		}
		if op == "is not" || op == "!=" || op == "not in" {
			return !result
		}
		return result
	})
}

// identical is Python's `is`.
func identical(a, b value) (result, known bool) {
	if isUnknown(a) || isUnknown(b) {
		return false, false
	}
	if a == nil || b == nil {
		return a == nil && b == nil, true
	}
	switch x := a.(type) {
	case *class:
		y, ok := b.(*class)
		return ok && x.qualified() == y.qualified(), true
	case *external:
		y, ok := b.(*external)
		return ok && x.path == y.path, true
	case *enumMember:
		y, ok := b.(*enumMember)
		return ok && x.class == y.class && x.name == y.name, true
	}
	return a == b, true
}

// equal is Python's `==`.
func equal(a, b value) (result, known bool) {
	fuel := maxVisited
	return equalDeep(a, b, &fuel)
}

func equalDeep(a, b value, fuel *int) (result, known bool) {
	*fuel--
	if *fuel < 0 || isUnknown(a) || isUnknown(b) {
		return false, false
	}
	if x, ok := a.(*enumMember); ok {
		return enumEqual(x, b)
	}
	if y, ok := b.(*enumMember); ok {
		return enumEqual(y, a)
	}
	x, okX := asFloat(a)
	y, okY := asFloat(b)
	if okX && okY {
		return x == y, true
	}
	switch x := a.(type) {
	case *list:
		y, ok := b.(*list)
		if !ok {
			return false, true
		}
		return equalItems(x.items, y.items, fuel)
	case *tuple:
		y, ok := b.(*tuple)
		if !ok {
			return false, true
		}
		return equalItems(x.items, y.items, fuel)
	case *dict:
		y, ok := b.(*dict)
		return ok && sameDict(x, y, fuel), true
	case *set:
		y, ok := b.(*set)
		return ok && len(x.keys) == len(y.keys) && subset(x, y), true
	case *class:
		y, ok := b.(*class)
		return ok && x.qualified() == y.qualified(), true
	case *external:
		y, ok := b.(*external)
		if !ok { // torch.bfloat16 against something computed
			return false, false
		}
		return x.path == y.path, true
	case *repeated, *tensor:
		return false, false
	}
	if _, ok := b.(*external); ok {
		return false, false
	}
	return a == b, true
}

func enumEqual(x *enumMember, b value) (result, known bool) {
	if y, ok := b.(*enumMember); ok {
		return x.class == y.class && x.name == y.name, true
	}
	switch b.(type) {
	case string, int, bool, float64:
		return equal(x.value, b)
	}
	return false, true
}

func equalItems(a, b []value, fuel *int) (result, known bool) {
	if len(a) != len(b) {
		return false, true
	}
	all := true
	for i := range a {
		r, k := equalDeep(a[i], b[i], fuel)
		if k && !r {
			return false, true
		}
		all = all && k
	}
	return all, all
}

func subset(a, b *set) bool {
	for _, k := range a.keys {
		if _, ok := b.get(k); !ok {
			return false
		}
	}
	return true
}

// ordered is <, <=, >, >=.
func ordered(op string, a, b value) (result, known bool) {
	c, ok := threeWay(a, b)
	if !ok {
		return false, false
	}
	switch op {
	case "<":
		return c < 0, true
	case "<=":
		return c <= 0, true
	case ">":
		return c > 0, true
	case ">=":
		return c >= 0, true
	}
	return false, false
}

// threeWay orders numbers, strings, and sequences of them.
func threeWay(a, b value) (int, bool) {
	fuel := maxVisited
	return threeWayDeep(a, b, &fuel)
}

func threeWayDeep(a, b value, fuel *int) (int, bool) {
	if *fuel--; *fuel < 0 {
		return 0, false
	}
	if x, ok := a.(*enumMember); ok {
		a = x.value
	}
	if y, ok := b.(*enumMember); ok {
		b = y.value
	}
	i, okI := asInt(a)
	j, okJ := asInt(b)
	if okI && okJ {
		return cmp.Compare(i, j), true
	}
	x, okX := asFloat(a)
	y, okY := asFloat(b)
	if okX && okY {
		return cmp.Compare(x, y), true
	}
	s, okS := a.(string)
	t, okT := b.(string)
	if okS && okT {
		return cmp.Compare(s, t), true
	}
	p, okP := iterate(a)
	q, okQ := iterate(b)
	if !okP || !okQ || okS || okT {
		return 0, false
	}
	for k := range min(len(p), len(q)) {
		if c, ok := threeWayDeep(p[k], q[k], fuel); !ok || c != 0 {
			return c, ok
		}
	}
	return cmp.Compare(len(p), len(q)), true
}

// member is Python's `in`.
func (in *interp) member(a, b value) (result, known bool) {
	if isUnknown(a) || isUnknown(b) {
		return false, false
	}
	switch b := b.(type) {
	case string:
		s, ok := a.(string)
		return ok && strings.Contains(b, s), ok
	case *config:
		name, ok := a.(string)
		return ok && b.has(name), ok
	case *object:
		if name, ok := a.(string); ok {
			_, has := b.attrs.get(name)
			return has, true
		}
		return false, false
	case *dict:
		_, ok := b.get(a)
		return ok, true
	case *set:
		_, ok := b.get(a)
		return ok, true
	case *class:
		return in.enumContains(b, a)
	case *external:
		return in.mappedConfig(a) != nil, lastPart(b.path) == configMapping
	}
	items, ok := iterate(b)
	if !ok {
		return false, false
	}
	sure := true
	for _, x := range items {
		if isUnknown(x) {
			sure = false
			continue
		}
		if _, isChoice := x.(*choice); isChoice {
			sure = false
			continue
		}
		r, k := equal(x, a)
		if k && r {
			return true, true
		}
		sure = sure && k
	}
	return false, sure
}

// enumContains is `value in EnumClass`.
func (in *interp) enumContains(c *class, v value) (result, known bool) {
	if !in.isEnum(c) {
		return false, false
	}
	for _, name := range c.order {
		if m, ok := in.attribute(c, name).(*enumMember); ok {
			if r, k := equal(m, v); k && r {
				return true, true
			}
		}
	}
	return false, true
}
