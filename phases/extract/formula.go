package extract

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// evaluate computes a formula: sums, differences, products and floor quotients
// of fields and numbers, from left to right. missing names a field that has no
// value, a divisor that is 0, or what is no formula.
func evaluate(text string, field func(string) (float64, bool)) (n int, missing string) {
	f := &formula{rest: strings.ReplaceAll(text, " ", ""), field: field}
	const limit = 1 << 40 // beyond any model
	sum := f.sum()
	if f.missing = cmp.Or(f.missing, f.rest); f.missing != "" {
		return 0, f.missing
	}
	return int(max(0, min(sum, limit))), ""
}

// formula is a formula that is being computed.
type formula struct {
	rest    string
	field   func(string) (float64, bool)
	missing string
}

// operator takes the first of some operators that follows off the rest; "" when
// none does.
func (f *formula) operator(among ...string) string {
	for _, op := range among {
		if rest, follows := strings.CutPrefix(f.rest, op); follows {
			f.rest = rest
			return op
		}
	}
	return ""
}

func (f *formula) sum() float64 {
	sum := math.Floor(f.product())
	for op := f.operator("+", "-"); op != ""; op = f.operator("+", "-") {
		n := math.Floor(f.product())
		if op == "-" {
			n = -n
		}
		sum += n
	}
	return sum
}

func (f *formula) product() float64 {
	product := f.factor()
	for op := f.operator("*", "//", "/"); op != ""; op = f.operator("*", "//", "/") {
		divisor := f.rest
		n := f.factor()
		switch {
		case op == "*":
			product *= n
		case n == 0:
			f.missing = cmp.Or(f.missing, divisor[:len(divisor)-len(f.rest)])
		default:
			product = math.Floor(product / n)
		}
	}
	return product
}

// factor is a number, a field or a formula in brackets.
func (f *formula) factor() float64 {
	if f.operator("(") != "" {
		n := f.sum()
		if f.operator(")") == "" {
			f.missing = cmp.Or(f.missing, "a closing bracket")
		}
		return n
	}
	end := strings.IndexAny(f.rest+")", "*/+-()")
	name := f.rest[:end]
	f.rest = f.rest[end:]
	if n, err := strconv.ParseFloat(name, 64); err == nil {
		return n
	}
	n, ok := f.field(name)
	if !ok {
		f.missing = cmp.Or(f.missing, name)
	}
	return n
}
