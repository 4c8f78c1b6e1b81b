package baseline

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// numberBuiltins are the builtins that compute a number, a truth or a text.
func numberBuiltins() map[string]func(in *interp, args []value, kw *namespace) value {
	return map[string]func(in *interp, args []value, kw *namespace) value{
		"len":    length,
		"int":    toInt,
		"float":  toFloat,
		"str":    toText,
		"max":    func(in *interp, args []value, kw *namespace) value { return in.extreme("max", 1, args, kw) },
		"min":    func(in *interp, args []value, kw *namespace) value { return in.extreme("min", -1, args, kw) },
		"sum":    sum,
		"abs":    absolute,
		"round":  round,
		"any":    func(in *interp, args []value, _ *namespace) value { return quantify("any", true, args) },
		"all":    func(in *interp, args []value, _ *namespace) value { return quantify("all", false, args) },
		"sorted": func(in *interp, args []value, kw *namespace) value { return sortedOf(in, args, kw) },
		"bool": func(_ *interp, args []value, _ *namespace) value {
			t, ok := truth(argument(args, 0, nil))
			if !ok {
				return derived("bool("+show(args[0])+")", args...)
			}
			return t
		},
		"pow": func(in *interp, args []value, _ *namespace) value {
			return in.binary("**", argument(args, 0, nil), argument(args, 1, nil))
		},
		"divmod": func(in *interp, args []value, _ *namespace) value {
			a, b := argument(args, 0, nil), argument(args, 1, nil)
			return newTuple(in.binary("//", a, b), in.binary("%", a, b))
		},
	}
}

func length(_ *interp, args []value, _ *namespace) value {
	v := argument(args, 0, nil)
	if items, ok := iterate(v); ok {
		if len(items) == 1 {
			if r, isRep := items[0].(*repeated); isRep {
				return r.count
			}
		}
		return len(items)
	}
	if r, ok := v.(*repeated); ok {
		return r.count
	}
	return derived("len("+show(v)+")", v)
}

func toInt(in *interp, args []value, _ *namespace) value {
	v := argument(args, 0, 0)
	switch x := v.(type) {
	case int, bool:
		i, _ := asInt(x)
		return i
	case float64:
		if math.Abs(x) < 1<<62 {
			return int(x)
		}
	case string:
		if i, err := strconv.Atoi(strings.TrimSpace(x)); err == nil {
			return i
		}
		return in.fail("ValueError", "int("+show(v)+")")
	case *enumMember:
		return toInt(in, []value{x.value}, nil)
	}
	return derived("int("+show(v)+")", v)
}

func toFloat(in *interp, args []value, _ *namespace) value {
	v := argument(args, 0, 0.0)
	if f, ok := asFloat(v); ok {
		return f
	}
	if s, ok := v.(string); ok {
		if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
			return f
		}
		return in.fail("ValueError", "float("+show(v)+")")
	}
	return derived("float("+show(v)+")", v)
}

func toText(_ *interp, args []value, _ *namespace) value {
	v := argument(args, 0, "")
	switch x := v.(type) {
	case string:
		return x
	case nil, int, bool, float64:
		return pysrc.Repr(x)
	case *enumMember:
		if s, ok := x.value.(string); ok && x.plain {
			return s
		}
	case *external:
		return x.path // str(torch.bfloat16)
	}
	return derived("str("+show(v)+")", v)
}

// extreme is max (sign 1) or min (sign -1), of the arguments or of one
// container.
func (in *interp) extreme(name string, sign int, args []value, kw *namespace) value {
	items := args
	if len(args) == 1 {
		xs, ok := iterate(args[0])
		if !ok {
			return derived(name+"("+show(args[0])+")", args[0])
		}
		items = xs
	}
	if u, ok := known(name, items); !ok {
		return u
	}
	if len(items) == 0 {
		if v, ok := kw.get("default"); ok {
			return v
		}
		return in.fail("ValueError", name+"()")
	}
	key, hasKey := kw.get("key")
	rank := func(v value) value {
		if hasKey && key != nil {
			return in.call(key, []value{v}, nil)
		}
		return v
	}
	best, bestRank := items[0], rank(items[0])
	for _, x := range items[1:] {
		r := rank(x)
		c, ok := threeWay(r, bestRank)
		if !ok {
			return derived(name+"()", items...)
		}
		if c*sign > 0 {
			best, bestRank = x, r
		}
	}
	return best
}

func sum(in *interp, args []value, kw *namespace) value {
	items, ok := iterate(argument(args, 0, nil))
	if !ok {
		return derived("sum("+show(argument(args, 0, nil))+")", args...)
	}
	total := argument(args, 1, 0)
	if v, given := kw.get("start"); given {
		total = v
	}
	for _, x := range items {
		total = in.binary("+", total, x)
	}
	return total
}

func absolute(_ *interp, args []value, _ *namespace) value {
	v := argument(args, 0, nil)
	if i, ok := asInt(v); ok {
		return max(i, -i)
	}
	if f, ok := v.(float64); ok {
		return math.Abs(f)
	}
	return derived("abs("+show(v)+")", v)
}

func round(_ *interp, args []value, _ *namespace) value {
	f, ok := asFloat(argument(args, 0, nil))
	if !ok {
		return derived("round()", args...)
	}
	digits, ok := asInt(argument(args, 1, nil))
	if !ok {
		return int(math.RoundToEven(f))
	}
	scale := math.Pow10(digits)
	return math.RoundToEven(f*scale) / scale
}

// quantify is any (decisive true) or all (decisive false).
func quantify(name string, decisive bool, args []value) value {
	items, ok := iterate(argument(args, 0, nil))
	if !ok {
		return derived(name+"("+show(argument(args, 0, nil))+")", args...)
	}
	var open []value
	for _, x := range items {
		t, sure := truth(x)
		if sure && t == decisive {
			return decisive
		}
		if !sure {
			open = append(open, x)
		}
	}
	if len(open) > 0 {
		return derived(name+"()", open...)
	}
	return !decisive
}

func sortedOf(in *interp, args []value, kw *namespace) value {
	items, ok := iterate(argument(args, 0, nil))
	if !ok {
		return derived("sorted()", args...)
	}
	return in.sorted(items, kw)
}

// sorted gives a sorted list, or unknown when the order is not known.
func (in *interp) sorted(items []value, kw *namespace) value {
	if u, ok := known("sorted", items); !ok || !in.grow(len(items)) {
		return u
	}
	key, _ := kw.get("key")
	reverse, _ := kw.get("reverse")
	ranks := make([]value, len(items))
	order := make([]int, len(items))
	for i, x := range items {
		ranks[i], order[i] = x, i
		if key != nil {
			ranks[i] = in.call(key, []value{x}, nil)
		}
	}
	sure := true
	down, _ := truth(reverse)
	slices.SortStableFunc(order, func(i, j int) int {
		c, ok := threeWay(ranks[i], ranks[j])
		sure = sure && ok
		if down {
			return -c
		}
		return c
	})
	if !sure {
		return derived("sorted()", items...)
	}
	out := &list{}
	for _, i := range order {
		out.items = append(out.items, items[i])
	}
	return out
}
