package pyeval

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// numberBuiltins are the builtins that compute a number, a truth or a text.
func numberBuiltins() map[string]Native {
	return map[string]Native{
		"len":    length,
		"int":    toInt,
		"float":  toFloat,
		"str":    toText,
		"max":    func(in *Interp, args []Value, kw *Namespace) Value { return in.Extreme("max", 1, args, kw) },
		"min":    func(in *Interp, args []Value, kw *Namespace) Value { return in.Extreme("min", -1, args, kw) },
		"sum":    sum,
		"abs":    absolute,
		"round":  round,
		"any":    func(in *Interp, args []Value, _ *Namespace) Value { return quantify("any", true, args) },
		"all":    func(in *Interp, args []Value, _ *Namespace) Value { return quantify("all", false, args) },
		"sorted": sortedOf,
		"bool": func(_ *Interp, args []Value, _ *Namespace) Value {
			t, ok := truth(Argument(args, 0, nil))
			if !ok {
				return Derived("bool("+Show(args[0])+")", args...)
			}
			return t
		},
		"pow": func(in *Interp, args []Value, _ *Namespace) Value {
			return in.Binary("**", Argument(args, 0, nil), Argument(args, 1, nil))
		},
		"divmod": func(in *Interp, args []Value, _ *Namespace) Value {
			a, b := Argument(args, 0, nil), Argument(args, 1, nil)
			return NewTuple(in.Binary("//", a, b), in.Binary("%", a, b))
		},
	}
}

func length(_ *Interp, args []Value, _ *Namespace) Value {
	v := Argument(args, 0, nil)
	if items, ok := Iterate(v); ok {
		if len(items) == 1 {
			if r, isRep := items[0].(*Repeated); isRep {
				return r.Count
			}
		}
		return len(items)
	}
	if r, ok := v.(*Repeated); ok {
		return r.Count
	}
	return Derived("len("+Show(v)+")", v)
}

func toInt(in *Interp, args []Value, _ *Namespace) Value {
	v := Argument(args, 0, 0)
	switch x := v.(type) {
	case int, bool:
		i, _ := AsInt(x)
		return i
	case float64:
		if math.Abs(x) < 1<<62 {
			return int(x)
		}
	case string:
		if i, err := strconv.Atoi(strings.TrimSpace(x)); err == nil {
			return i
		}
		return in.fail("ValueError", "int("+Show(v)+")")
	case *enumMember:
		return toInt(in, []Value{x.value}, nil)
	}
	return Derived("int("+Show(v)+")", v)
}

func toFloat(in *Interp, args []Value, _ *Namespace) Value {
	v := Argument(args, 0, 0.0)
	if f, ok := asFloat(v); ok {
		return f
	}
	if s, ok := v.(string); ok {
		if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
			return f
		}
		return in.fail("ValueError", "float("+Show(v)+")")
	}
	return Derived("float("+Show(v)+")", v)
}

func toText(_ *Interp, args []Value, _ *Namespace) Value {
	v := Argument(args, 0, "")
	switch x := v.(type) {
	case string:
		return x
	case nil, int, bool, float64:
		return pysrc.Repr(x)
	case *enumMember:
		if s, ok := x.value.(string); ok && x.plain {
			return s
		}
	case *External:
		return x.Path // str(torch.bfloat16)
	}
	return Derived("str("+Show(v)+")", v)
}

// Extreme is max (sign 1) or min (sign -1), of the arguments or of one
// container.
func (in *Interp) Extreme(name string, sign int, args []Value, kw *Namespace) Value {
	items := args
	if len(args) == 1 {
		xs, ok := Iterate(args[0])
		if !ok {
			return Derived(name+"("+Show(args[0])+")", args[0])
		}
		items = xs
	}
	if u, ok := known(name, items); !ok {
		return u
	}
	if len(items) == 0 {
		if v, ok := kw.Get("default"); ok {
			return v
		}
		return in.fail("ValueError", name+"()")
	}
	key := kw.Value("key")
	rank := func(v Value) Value {
		if key != nil {
			return in.Call(key, []Value{v}, nil)
		}
		return v
	}
	best, bestRank := items[0], rank(items[0])
	for _, x := range items[1:] {
		r := rank(x)
		c, ok := threeWay(r, bestRank)
		if !ok {
			return Derived(name+"()", items...)
		}
		if c*sign > 0 {
			best, bestRank = x, r
		}
	}
	return best
}

func sum(in *Interp, args []Value, kw *Namespace) Value {
	items, ok := Iterate(Argument(args, 0, nil))
	if !ok {
		return Derived("sum("+Show(Argument(args, 0, nil))+")", args...)
	}
	total := kw.Or("start", Argument(args, 1, 0))
	for _, x := range items {
		total = in.Binary("+", total, x)
	}
	return total
}

func absolute(_ *Interp, args []Value, _ *Namespace) Value {
	v := Argument(args, 0, nil)
	if i, ok := AsInt(v); ok {
		return max(i, -i)
	}
	if f, ok := v.(float64); ok {
		return math.Abs(f)
	}
	return Derived("abs("+Show(v)+")", v)
}

func round(_ *Interp, args []Value, _ *Namespace) Value {
	f, ok := asFloat(Argument(args, 0, nil))
	if !ok {
		return Derived("round()", args...)
	}
	digits, ok := AsInt(Argument(args, 1, nil))
	if !ok {
		return int(math.RoundToEven(f))
	}
	scale := math.Pow10(digits)
	return math.RoundToEven(f*scale) / scale
}

// quantify is any (decisive true) or all (decisive false).
func quantify(name string, decisive bool, args []Value) Value {
	items, ok := Iterate(Argument(args, 0, nil))
	if !ok {
		return Derived(name+"("+Show(Argument(args, 0, nil))+")", args...)
	}
	var open []Value
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
		return Derived(name+"()", open...)
	}
	return !decisive
}

func sortedOf(in *Interp, args []Value, kw *Namespace) Value {
	items, ok := Iterate(Argument(args, 0, nil))
	if !ok {
		return Derived("sorted()", args...)
	}
	return in.sorted(items, kw)
}

// sorted returns a sorted list, or unknown when the order is not known.
func (in *Interp) sorted(items []Value, kw *Namespace) Value {
	if u, ok := known("sorted", items); !ok || !in.Grow(len(items)) {
		return u
	}
	key := kw.Value("key")
	ranks := make([]Value, len(items))
	order := make([]int, len(items))
	for i, x := range items {
		ranks[i], order[i] = x, i
		if key != nil {
			ranks[i] = in.Call(key, []Value{x}, nil)
		}
	}
	sure := true
	down, _ := truth(kw.Value("reverse"))
	slices.SortStableFunc(order, func(i, j int) int {
		c, ok := threeWay(ranks[i], ranks[j])
		sure = sure && ok
		if down {
			return -c
		}
		return c
	})
	if !sure {
		return Derived("sorted()", items...)
	}
	out := &List{}
	for _, i := range order {
		out.Items = append(out.Items, items[i])
	}
	return out
}
