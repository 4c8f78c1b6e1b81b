package pyeval

import (
	"math"
	"slices"
	"strings"
)

// callLibrary returns what the few functions of the standard library return that
// constructors use.
func (in *Interp) callLibrary(f *External, args []Value, kw *Namespace) Value {
	p := f.Path
	first := Argument(args, 0, nil)
	switch p {
	case "functools.partial", "partial":
		if len(args) == 0 {
			return Unknownf("partial")
		}
		return &Partial{first, slices.Clone(args[1:]), kw.Clone()}
	case "functools.reduce":
		return in.reduce(args)
	case "functools.lru_cache", "functools.cache", "functools.wraps":
		return Constant(first)
	case "copy.deepcopy", "copy.copy":
		if v, ok := first.(copied); ok {
			return v.Copy(in)
		}
		return first
	case "collections.defaultdict":
		d := NewDict()
		d.fallback = first
		return d
	case "collections.OrderedDict":
		return in.makeDict(args, kw)
	case "enum.auto":
		return &Unknown{Why: autoValue}
	case "types.SimpleNamespace":
		o := in.NewObject(f, Plain)
		o.Attrs = kw.Clone()
		return o
	case "typing.cast":
		return Argument(args, 1, nil)
	case "dataclasses.field":
		if v, ok := kw.Get("default"); ok {
			return v
		}
		if v, ok := kw.Get("default_factory"); ok {
			return in.Call(v, nil, nil)
		}
		return Unknownf("dataclass field")
	case "os.environ.get", "os.getenv":
		return Argument(args, 1, nil)
	}
	if name, ok := strings.CutPrefix(p, "math."); ok {
		return in.mathFunction(name, args)
	}
	if name, ok := strings.CutPrefix(p, "itertools."); ok {
		return in.itertools(name, args)
	}
	switch {
	case strings.HasSuffix(p, ".__init__"): // of an external base
		return nil
	case strings.HasPrefix(p, "logging."), strings.HasPrefix(p, "warnings."):
		return SilentStub("logger")
	}
	return Derived(p+"()", append([]Value{Unknownf("call of %s", p)}, args...)...)
}

// reduce is functools.reduce.
func (in *Interp) reduce(args []Value) Value {
	items, ok := Iterate(Argument(args, 1, nil))
	if len(args) > 2 {
		items = append([]Value{args[2]}, items...)
	}
	if !ok || len(items) == 0 {
		return Derived("functools.reduce()", args...)
	}
	v := items[0]
	for _, x := range items[1:] {
		v = in.Call(args[0], []Value{v, x}, nil)
	}
	return v
}

// realFunctions are those of math that give a real number, or ValueError where
// there is none.
var realFunctions = map[string]func(float64) float64{"sqrt": math.Sqrt, "log2": math.Log2, "log": math.Log, "exp": math.Exp}

func (in *Interp) mathFunction(name string, args []Value) Value {
	expr := "math." + name + "()"
	if slices.ContainsFunc(args, hasUnknown) {
		return Derived(expr, args...)
	}
	x, ok := asFloat(Argument(args, 0, nil))
	if !ok {
		return &Unknown{Why: expr, Expr: expr}
	}
	if f := realFunctions[name]; f != nil {
		base, isNumber := asFloat(Argument(args, 1, math.E)) // log's alone
		y := f(x)
		if len(args) > 1 {
			y /= math.Log(base)
		}
		if !isNumber || math.IsNaN(y) || math.IsInf(y, 0) {
			return in.fail("ValueError", expr)
		}
		return y
	}
	i, okI := AsInt(Argument(args, 0, nil))
	j, okJ := AsInt(Argument(args, 1, nil))
	switch name {
	case "ceil":
		return int(math.Ceil(x))
	case "floor", "trunc":
		return int(math.Floor(x))
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
		if y, okY := asFloat(Argument(args, 1, nil)); okY {
			return math.Pow(x, y)
		}
	}
	return &Unknown{Why: expr, Expr: expr}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}

func (in *Interp) itertools(name string, args []Value) Value {
	switch name {
	case "chain", "chain.from_iterable":
		parts := args
		if name != "chain" {
			parts, _ = Iterate(Argument(args, 0, nil))
		}
		out := &List{}
		for _, p := range parts {
			items, ok := Iterate(p)
			if !ok || !in.Grow(len(items)) {
				return Derived("itertools.chain()", p)
			}
			out.Items = append(out.Items, items...)
		}
		return out
	case "islice":
		items, ok := Iterate(Argument(args, 0, nil))
		if !ok || len(args) < 2 {
			break
		}
		low, high := Value(nil), args[1]
		if len(args) > 2 {
			low, high = args[1], args[2]
		}
		return in.slice(NewList(items...), low, high, Argument(args, 3, nil))
	case "accumulate":
		items, ok := Iterate(Argument(args, 0, nil))
		if !ok || len(args) > 1 {
			break
		}
		out := &List{}
		var sum Value = 0
		for _, x := range items {
			sum = in.Binary("+", sum, x)
			out.Items = append(out.Items, sum)
		}
		return out
	}
	return Derived("itertools."+name+"()", args...)
}
