package pyeval

import (
	"cmp"
	"slices"
	"strings"
)

// compare applies one comparison operator.
func (in *Interp) compare(op string, l, r Value) Value {
	return in.distribute2(l, r, func(a, b Value) Value {
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
			return Derived("("+Show(a)+" "+op+" "+Show(b)+")", a, b)
		}
		if op == "is not" || op == "!=" || op == "not in" {
			return !result
		}
		return result
	})
}

// identical is Python's `is`.
func identical(a, b Value) (result, known bool) {
	if IsUnknown(a) || IsUnknown(b) {
		return false, false
	}
	if a == nil || b == nil {
		return a == nil && b == nil, true
	}
	if x, ok := a.(identified); ok {
		return x.same(b), true
	}
	return a == b, true
}

// equal is Python's `==`.
func equal(a, b Value) (result, known bool) {
	fuel := maxVisited
	return equalDeep(a, b, &fuel)
}

func equalDeep(a, b Value, fuel *int) (result, known bool) {
	*fuel--
	if *fuel < 0 || IsUnknown(a) || IsUnknown(b) {
		return false, false
	}
	if y, ok := b.(*enumMember); ok {
		return y.Equal(a, fuel)
	}
	if x, ok := a.(compared); ok {
		return x.Equal(b, fuel)
	}
	if y, ok := b.(*External); ok {
		return y.Equal(a, fuel)
	}
	x, okX := asFloat(a)
	y, okY := asFloat(b)
	if okX && okY {
		return x == y, true
	}
	if x, ok := a.(identified); ok {
		return x.same(b), true
	}
	return a == b, true
}

func equalItems(a, b []Value, fuel *int) (result, known bool) {
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

// ordered is <, <=, >, >=.
func ordered(op string, a, b Value) (result, known bool) {
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
func threeWay(a, b Value) (int, bool) {
	fuel := maxVisited
	return threeWayDeep(a, b, &fuel)
}

func threeWayDeep(a, b Value, fuel *int) (int, bool) {
	if *fuel--; *fuel < 0 {
		return 0, false
	}
	if x, ok := a.(*enumMember); ok {
		a = x.value
	}
	if y, ok := b.(*enumMember); ok {
		b = y.value
	}
	i, okI := AsInt(a)
	j, okJ := AsInt(b)
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
	p, okP := Iterate(a)
	q, okQ := Iterate(b)
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
func (in *Interp) member(a, b Value) (result, known bool) {
	if IsUnknown(a) || IsUnknown(b) {
		return false, false
	}
	switch b := b.(type) {
	case string:
		s, ok := a.(string)
		return ok && strings.Contains(b, s), ok
	case container:
		return b.Contains(in, a)
	}
	items, ok := Iterate(b)
	if !ok {
		return false, false
	}
	sure := true
	for _, x := range items {
		if IsUnknown(x) {
			sure = false
			continue
		}
		if _, isChoice := x.(*Choice); isChoice {
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

// same reports whether two values are surely equal, so that no choice between
// them is needed.
func same(a, b Value) bool {
	fuel := maxVisited
	return sameDeep(a, b, &fuel)
}

func sameDeep(a, b Value, fuel *int) bool {
	if *fuel--; *fuel < 0 {
		return false
	}
	switch x := a.(type) {
	case *Unknown:
		return IsUnknown(b)
	case *List:
		y, ok := b.(*List)
		return ok && (x == y || sameItems(x.Items, y.Items, fuel))
	case *Tuple:
		y, ok := b.(*Tuple)
		return ok && (x == y || sameItems(x.Items, y.Items, fuel))
	case *Dict:
		y, ok := b.(*Dict)
		return ok && (x == y || sameDict(x, y, fuel))
	case identified:
		return x.same(b)
	}
	return a == b
}

func sameItems(a, b []Value, fuel *int) bool {
	return slices.EqualFunc(a, b, func(x, y Value) bool { return sameDeep(x, y, fuel) })
}

func sameDict(a, b *Dict, fuel *int) bool {
	if len(a.Keys) != len(b.Keys) {
		return false
	}
	for i, k := range a.Keys {
		v, ok := b.Get(k)
		if !ok || !sameDeep(a.Values[i], v, fuel) {
			return false
		}
	}
	return true
}

// allSame reports whether all of some values are surely equal.
func allSame(items []Value) bool {
	return !slices.ContainsFunc(items[1:], func(x Value) bool { return !same(items[0], x) })
}
