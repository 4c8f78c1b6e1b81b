package baseline

import (
	"math"
	"slices"
)

// reduce is functools.reduce.
func (in *interp) reduce(args []value) value {
	items, ok := iterate(argument(args, 1, nil))
	if len(args) > 2 {
		items = append([]value{args[2]}, items...)
	}
	if !ok || len(items) == 0 {
		return derived("functools.reduce()", args...)
	}
	v := items[0]
	for _, x := range items[1:] {
		v = in.call(args[0], []value{v, x}, nil)
	}
	return v
}

func (in *interp) mathFunction(name string, args []value) value {
	expr := "math." + name + "()"
	if slices.ContainsFunc(args, hasUnknown) {
		return derived(expr, args...)
	}
	x, ok := asFloat(argument(args, 0, nil))
	if !ok {
		return &unknown{why: expr, expr: expr}
	}
	i, okI := asInt(argument(args, 0, nil))
	j, okJ := asInt(argument(args, 1, nil))
	switch name {
	case "ceil":
		return int(math.Ceil(x))
	case "floor", "trunc":
		return int(math.Floor(x))
	case "sqrt":
		return math.Sqrt(x)
	case "log2":
		return math.Log2(x)
	case "log":
		return math.Log(x)
	case "exp":
		return math.Exp(x)
	case "prod":
		return &unknown{why: expr, expr: expr}
	case "isqrt":
		return int(math.Sqrt(x))
	case "gcd":
		if okI && okJ {
			return gcd(i, j)
		}
	case "lcm":
		if okI && okJ && i != 0 && j != 0 {
			return i / gcd(i, j) * j
		}
	case "pow":
		if y, okY := asFloat(argument(args, 1, nil)); okY {
			return math.Pow(x, y)
		}
	}
	return &unknown{why: expr, expr: expr}
}

// arraySplit is numpy.array_split of a sequence into n nearly equal parts.
func (in *interp) arraySplit(args []value) value {
	items, ok := iterate(argument(args, 0, nil))
	n, okN := asInt(argument(args, 1, nil))
	if !ok || !okN || n < 1 || n > in.limits.Cells || !in.grow(len(items)+n) {
		return derived("numpy.array_split()", args...)
	}
	out := &list{}
	size, extra := len(items)/n, len(items)%n
	for i := range n {
		k := size
		if i < extra {
			k++
		}
		out.items = append(out.items, &list{items: items[:k:k]})
		items = items[k:]
	}
	return out
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}
