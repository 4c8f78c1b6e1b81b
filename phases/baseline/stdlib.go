package baseline

import (
	"math"
	"slices"
	"strings"
)

// callLibrary gives what the few functions of the standard library return that
// constructors use.
func (in *interp) callLibrary(f *external, args []value, kw *namespace) value {
	p := f.path
	first := argument(args, 0, nil)
	switch p {
	case "functools.partial", "partial":
		if len(args) == 0 {
			return unknownf("partial")
		}
		return &partial{first, slices.Clone(args[1:]), kw.clone()}
	case "functools.reduce":
		return in.reduce(args)
	case "functools.lru_cache", "functools.cache", "functools.wraps":
		return constant(first)
	case "copy.deepcopy", "copy.copy":
		if v, ok := first.(copied); ok {
			return v.Copy(in)
		}
		return first
	case "collections.defaultdict":
		d := newDict()
		d.fallback = first
		return d
	case "collections.OrderedDict":
		return in.makeDict(args, kw)
	case "enum.auto":
		return &unknown{why: autoValue}
	case "types.SimpleNamespace":
		o := in.newObject(f, plainObject)
		o.attrs = kw.clone()
		return o
	case "typing.cast":
		return argument(args, 1, nil)
	case "dataclasses.field":
		if v, ok := kw.get("default"); ok {
			return v
		}
		if v, ok := kw.get("default_factory"); ok {
			return in.call(v, nil, nil)
		}
		return unknownf("dataclass field")
	case "os.environ.get", "os.getenv":
		return argument(args, 1, nil)
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
		return silentStub("logger")
	}
	return derived(p+"()", append([]value{unknownf("call of %s", p)}, args...)...)
}

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

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}

func (in *interp) itertools(name string, args []value) value {
	switch name {
	case "chain", "chain.from_iterable":
		parts := args
		if name != "chain" {
			parts, _ = iterate(argument(args, 0, nil))
		}
		out := &list{}
		for _, p := range parts {
			items, ok := iterate(p)
			if !ok || !in.grow(len(items)) {
				return derived("itertools.chain()", p)
			}
			out.items = append(out.items, items...)
		}
		return out
	case "islice":
		items, ok := iterate(argument(args, 0, nil))
		if !ok || len(args) < 2 {
			break
		}
		low, high := value(nil), args[1]
		if len(args) > 2 {
			low, high = args[1], args[2]
		}
		return in.slice(&list{items: items}, low, high, argument(args, 3, nil))
	case "accumulate":
		items, ok := iterate(argument(args, 0, nil))
		if !ok || len(args) > 1 {
			break
		}
		out := &list{}
		var sum value = 0
		for _, x := range items {
			sum = in.binary("+", sum, x)
			out.items = append(out.items, sum)
		}
		return out
	}
	return derived("itertools."+name+"()", args...)
}
