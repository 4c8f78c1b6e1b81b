package baseline

import (
	"math"
	"math/bits"
	"strings"
)

// binary applies an arithmetic operator.
func (in *interp) binary(op string, l, r value) value {
	return in.distribute2(l, r, func(a, b value) value { return in.binaryOf(op, a, b) })
}

func (in *interp) binaryOf(op string, a, b value) value {
	expr := func() string { return "(" + show(a) + " " + op + " " + show(b) + ")" }
	if isUnknown(a) || isUnknown(b) {
		return derived(expr(), a, b)
	}
	if h, ok := a.(holder); ok {
		items, _ := iterate(h)
		a = newList(items...)
	}
	_, repA := a.(*repeated)
	_, repB := b.(*repeated)
	if repA || repB {
		if op == "+" {
			return &list{items: append(spread(a), spread(b)...)}
		}
		return derived(expr(), a, b)
	}
	if e, ok := a.(*enumMember); ok {
		a = e.value
	}
	if e, ok := b.(*enumMember); ok {
		b = e.value
	}
	if v, ok := arithmetic(op, a, b); ok {
		return v
	}
	if v, ok := in.sequenceOp(op, a, b); ok {
		return v
	}
	if a == nil || b == nil {
		return &unknown{why: "TypeError: " + op + " of None: a size has no value", expr: expr()}
	}
	return &unknown{why: "operands of " + op, expr: expr()}
}

func spread(v value) []value {
	if l, ok := v.(*list); ok {
		return append([]value(nil), l.items...)
	}
	return []value{v}
}

// asInt takes ints and bools.
func asInt(v value) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func asFloat(v value) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	i, ok := asInt(v)
	return float64(i), ok
}

func arithmetic(op string, a, b value) (value, bool) {
	x, okX := asInt(a)
	y, okY := asInt(b)
	if okX && okY {
		if op == "/" {
			if y == 0 {
				return nil, false
			}
			return float64(x) / float64(y), true
		}
		_, boolA := a.(bool)
		_, boolB := b.(bool)
		if boolA && boolB {
			switch op {
			case "&":
				return x&y == 1, true
			case "|":
				return x|y == 1, true
			case "^":
				return x^y == 1, true
			}
		}
		return intOp(op, x, y)
	}
	f, okF := asFloat(a)
	g, okG := asFloat(b)
	if okF && okG {
		return floatOp(op, f, g)
	}
	return nil, false
}

// intOp computes with machine integers; an overflow is not known.
func intOp(op string, x, y int) (value, bool) {
	switch op {
	case "+":
		s := x + y
		return s, (s > x) == (y > 0)
	case "-":
		s := x - y
		return s, (s < x) == (y > 0)
	case "*":
		return multiply(x, y)
	case "//":
		if y == 0 || (x == math.MinInt && y == -1) {
			return nil, false
		}
		q := x / y
		if x%y != 0 && (x < 0) != (y < 0) {
			q--
		}
		return q, true
	case "%":
		if y == 0 {
			return nil, false
		}
		m := x % y
		if m != 0 && (m < 0) != (y < 0) {
			m += y
		}
		return m, true
	case "**":
		return intPower(x, y)
	case "&":
		return x & y, true
	case "|":
		return x | y, true
	case "^":
		return x ^ y, true
	case "<<":
		if y < 0 || y >= bits.UintSize-1 || x < 0 || x > math.MaxInt>>y {
			return nil, false
		}
		return x << y, true
	case ">>":
		if y < 0 {
			return nil, false
		}
		return x >> min(y, bits.UintSize-1), true
	}
	return nil, false
}

func multiply(x, y int) (value, bool) {
	if x == 0 || y == 0 {
		return 0, true
	}
	p := x * y
	return p, p/y == x && (x != math.MinInt || y != -1)
}

func intPower(x, y int) (value, bool) {
	if y < 0 {
		return floatOp("**", float64(x), float64(y))
	}
	const most = 64
	if y > most && x != 0 && x != 1 && x != -1 {
		return nil, false
	}
	if y > most {
		y = most + y%2
	}
	p := 1
	for range y {
		v, ok := multiply(p, x)
		if !ok {
			return nil, false
		}
		p = v.(int)
	}
	return p, true
}

func floatOp(op string, x, y float64) (value, bool) {
	switch op {
	case "+":
		return x + y, true
	case "-":
		return x - y, true
	case "*":
		return x * y, true
	case "**":
		p := math.Pow(x, y)
		return p, !math.IsNaN(p) && !math.IsInf(p, 0)
	}
	if y == 0 {
		return nil, false
	}
	switch op {
	case "/":
		return x / y, true
	case "//":
		return math.Floor(x / y), true
	case "%":
		m := math.Mod(x, y)
		if m != 0 && (m < 0) != (y < 0) {
			m += y
		}
		return m, true
	}
	return nil, false
}

// sequenceOp concatenates, repeats and formats strings, lists and tuples, and
// combines sets and dicts.
func (in *interp) sequenceOp(op string, a, b value) (value, bool) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok && op == "+" && len(x)+len(y) <= maxText {
			return x + y, true
		}
		if n, ok := asInt(b); ok && op == "*" && max(n, 0)*len(x) <= maxText && n <= maxText {
			return strings.Repeat(x, max(n, 0)), true
		}
		if op == "%" {
			return &unknown{why: "formatted string", expr: show(x)}, true
		}
	case *list:
		if y, ok := b.(*list); ok && op == "+" && in.grow(len(x.items)+len(y.items)) {
			return &list{items: append(append([]value(nil), x.items...), y.items...)}, true
		}
		if op == "*" {
			items, ok := in.repeatItems(x.items, b)
			return &list{items: items}, ok
		}
	case *tuple:
		if y, ok := b.(*tuple); ok && op == "+" && in.grow(len(x.items)+len(y.items)) {
			return newTuple(append(append([]value(nil), x.items...), y.items...)...), true
		}
		if op == "*" {
			items, ok := in.repeatItems(x.items, b)
			return newTuple(items...), ok
		}
	case *set:
		if y, ok := b.(*set); ok {
			return setOp(op, x, y)
		}
	case *dict:
		if y, ok := b.(*dict); ok && op == "|" {
			out := x.clone()
			out.putAll(y)
			return out, true
		}
	}
	switch b.(type) {
	case string, *list, *tuple:
		if n, ok := asInt(a); ok && op == "*" {
			return in.sequenceOp(op, b, n)
		}
	}
	return nil, false
}

func (in *interp) repeatItems(items []value, count value) ([]value, bool) {
	n, ok := asInt(count)
	if !ok {
		return nil, false
	}
	n = max(n, 0)
	if n > in.limits.Cells || !in.grow(n*len(items)) {
		return nil, false
	}
	out := make([]value, 0, n*len(items))
	for range n {
		out = append(out, items...)
	}
	return out, true
}

func (in *interp) unary(op string, v value) value {
	return in.distribute(v, func(x value) value {
		if op == "not" {
			t, known := truth(x)
			if !known {
				return derived("not "+show(x), x)
			}
			return !t
		}
		if isUnknown(x) {
			return derived(op+show(x), x)
		}
		if f, ok := x.(float64); ok && op != "~" {
			if op == "-" {
				return -f
			}
			return f
		}
		if i, ok := asInt(x); ok {
			switch op {
			case "-":
				return -i
			case "~":
				return ^i
			}
			return i
		}
		return &unknown{why: "operand of " + op, expr: op + show(x)}
	})
}
