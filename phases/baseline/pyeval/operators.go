package pyeval

import (
	"math"
	"math/bits"
	"strings"
)

// Binary applies an arithmetic operator.
func (in *Interp) Binary(op string, l, r Value) Value {
	return in.distribute2(l, r, func(a, b Value) Value { return in.binaryOf(op, a, b) })
}

func (in *Interp) binaryOf(op string, a, b Value) Value {
	expr := func() string { return "(" + Show(a) + " " + op + " " + Show(b) + ")" }
	if IsUnknown(a) || IsUnknown(b) {
		return Derived(expr(), a, b)
	}
	if h, ok := a.(holder); ok {
		items, _ := Iterate(h)
		a = NewList(items...)
	}
	_, repA := a.(*Repeated)
	_, repB := b.(*Repeated)
	if repA || repB {
		if op == "+" {
			return NewList(append(spread(a), spread(b)...)...)
		}
		return Derived(expr(), a, b)
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
	if v, ok := in.containerOp(op, a, b); ok {
		return v
	}
	if a == nil || b == nil {
		return &Unknown{Why: "TypeError: " + op + " of None: a size has no value", Expr: expr()}
	}
	return &Unknown{Why: "operands of " + op, Expr: expr()}
}

func spread(v Value) []Value {
	if l, ok := v.(*List); ok {
		return append([]Value(nil), l.Items...)
	}
	return []Value{v}
}

// AsInt takes ints and bools.
func AsInt(v Value) (int, bool) {
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

func asFloat(v Value) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	i, ok := AsInt(v)
	return float64(i), ok
}

func arithmetic(op string, a, b Value) (Value, bool) {
	x, okX := AsInt(a)
	y, okY := AsInt(b)
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
func intOp(op string, x, y int) (Value, bool) {
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

func multiply(x, y int) (Value, bool) {
	if x == 0 || y == 0 {
		return 0, true
	}
	p := x * y
	return p, p/y == x && (x != math.MinInt || y != -1)
}

func intPower(x, y int) (Value, bool) {
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

func floatOp(op string, x, y float64) (Value, bool) {
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

// textOp concatenates, repeats and formats texts.
func textOp(op, x string, b Value) (Value, bool) {
	if y, ok := b.(string); ok && op == "+" && len(x)+len(y) <= maxText {
		return x + y, true
	}
	if n, ok := AsInt(b); ok && op == "*" && max(n, 0)*len(x) <= maxText && n <= maxText {
		return strings.Repeat(x, max(n, 0)), true
	}
	if op == "%" {
		return &Unknown{Why: "formatted string", Expr: Show(x)}, true
	}
	return nil, false
}

// containerOp applies an operator of a container or a text, also of one that is
// repeated from the left (3 * [0]).
func (in *Interp) containerOp(op string, a, b Value) (Value, bool) {
	switch x := a.(type) {
	case string:
		return textOp(op, x, b)
	case operand:
		return x.binary(in, op, b)
	}
	if _, isCount := AsInt(a); isCount && op == "*" {
		switch b.(type) {
		case string, operand:
			return in.containerOp(op, b, a)
		}
	}
	return nil, false
}

// repeated are the items of a list or tuple times a number.
func (in *Interp) repeated(op string, items []Value, count Value) ([]Value, bool) {
	n, ok := AsInt(count)
	if !ok || op != "*" {
		return nil, false
	}
	n = max(n, 0)
	if n > in.Limits.Cells || !in.Grow(n*len(items)) {
		return nil, false
	}
	out := make([]Value, 0, n*len(items))
	for range n {
		out = append(out, items...)
	}
	return out, true
}

func (in *Interp) unary(op string, v Value) Value {
	return in.Distribute(v, func(x Value) Value {
		if op == "not" {
			t, known := truth(x)
			if !known {
				return Derived("not "+Show(x), x)
			}
			return !t
		}
		if IsUnknown(x) {
			return Derived(op+Show(x), x)
		}
		if f, ok := x.(float64); ok && op != "~" {
			if op == "-" {
				return -f
			}
			return f
		}
		if i, ok := AsInt(x); ok {
			switch op {
			case "-":
				return -i
			case "~":
				return ^i
			}
			return i
		}
		return &Unknown{Why: "operand of " + op, Expr: op + Show(x)}
	})
}
