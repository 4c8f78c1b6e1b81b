package baseline

import (
	"math"
	"slices"
)

func containerBuiltins() map[string]native {
	sequence := func(name string, build func([]value) value) native {
		return pure(name, func(in *interp, args []value, _ *namespace) value {
			if len(args) == 0 {
				return build(nil)
			}
			items, ok := iterate(args[0])
			if ok && in.grow(len(items)) {
				return build(items)
			}
			if r, isRep := args[0].(*repeated); isRep {
				return r
			}
			return derived(name+"("+show(args[0])+")", args[0])
		})
	}
	makeSet := func(items []value) value {
		if hasUnknown(&list{items: items}) {
			return derived("set()", items...)
		}
		return newSet(items)
	}
	return map[string]native{
		"list":      sequence("list", func(v []value) value { return &list{items: v} }),
		"tuple":     sequence("tuple", func(v []value) value { return newTuple(v...) }),
		"set":       sequence("set", makeSet),
		"frozenset": sequence("frozenset", makeSet),
		"dict":      func(in *interp, args []value, kw *namespace) value { return in.makeDict(args, kw) },
		"range":     pure("range", func(in *interp, args []value, _ *namespace) value { return in.rangeOf(args) }),
		"map": func(in *interp, args []value, _ *namespace) value {
			items, ok := iterate(argument(args, 1, nil))
			if !ok || len(args) != 2 || !in.grow(len(items)) {
				return derived("map()", args...)
			}
			out := &list{}
			for _, x := range items {
				out.items = append(out.items, in.call(args[0], []value{x}, nil))
			}
			return out
		},
		"filter": func(in *interp, args []value, _ *namespace) value {
			items, ok := iterate(argument(args, 1, nil))
			if !ok || !in.grow(len(items)) {
				return derived("filter()", args...)
			}
			out := &list{}
			for _, x := range items {
				t, sure := truth(in.call(args[0], []value{x}, nil))
				if !sure {
					return derived("filter()", args...)
				}
				if t {
					out.items = append(out.items, x)
				}
			}
			return out
		},
		"enumerate": pure("enumerate", enumerate),
		"zip":       pure("zip", zip),
		"reversed": pure("reversed", func(in *interp, args []value, _ *namespace) value {
			items, ok := iterate(argument(args, 0, nil))
			if !ok || !in.grow(len(items)) {
				return derived("reversed()", args...)
			}
			slices.Reverse(items)
			return &list{items: items}
		}),
	}
}

func (in *interp) makeDict(args []value, kw *namespace) value {
	d := newDict()
	switch from := argument(args, 0, nil).(type) {
	case nil:
	case *dict:
		d = from.clone()
	case mapping:
		d = from.Entries()
	default:
		items, ok := iterate(from)
		if !ok {
			return derived("dict("+show(from)+")", from)
		}
		for _, x := range items {
			pair, ok := iterate(x)
			if !ok || len(pair) != 2 || !d.put(pair[0], pair[1]) {
				return derived("dict("+show(from)+")", from)
			}
		}
	}
	d.putNames(kw)
	in.grow(len(d.keys))
	return d
}

func (in *interp) rangeOf(args []value) value {
	n := [3]int{0, 0, 1}
	for i, a := range args {
		v, ok := asInt(a)
		if !ok {
			expr := show(a)
			return &repeated{derived("an index below "+expr, args...), derived(expr, args...)}
		}
		if i < len(n) {
			n[i] = v
		}
	}
	if len(args) == 1 {
		n[0], n[1] = 0, n[0]
	}
	if n[2] == 0 || len(args) == 0 {
		return in.fail("ValueError", "range()")
	}
	size := (float64(n[1]) - float64(n[0])) / float64(n[2])
	out := &list{}
	if size <= 0 {
		return out
	}
	if size > float64(in.limits.Cells) || !in.grow(int(math.Ceil(size))) {
		in.stop(errCells)
		return unknownf("a range of %.0f", size)
	}
	for i := n[0]; (n[2] > 0 && i < n[1]) || (n[2] < 0 && i > n[1]); i += n[2] {
		out.items = append(out.items, i)
	}
	return out
}

func enumerate(in *interp, args []value, kw *namespace) value {
	start, _ := asInt(argument(args, 1, 0))
	if v, ok := kw.get("start"); ok {
		start, _ = asInt(v)
	}
	first := argument(args, 0, nil)
	items, ok := iterate(first)
	if r, isRep := first.(*repeated); isRep {
		return &repeated{newTuple(unknownf("an index"), r.item), r.count}
	}
	if !ok || !in.grow(len(items)) {
		return derived("enumerate("+show(first)+")", first)
	}
	out := &list{}
	for i, x := range items {
		out.items = append(out.items, newTuple(start+i, x))
	}
	return out
}

func zip(in *interp, args []value, _ *namespace) value {
	n := -1
	columns := make([][]value, len(args))
	for i, a := range args {
		items, ok := iterate(a)
		if !ok {
			return derived("zip()", args...)
		}
		columns[i] = items
		if n < 0 || len(items) < n {
			n = len(items)
		}
	}
	out := &list{}
	if !in.grow(max(n, 0) * len(args)) {
		return out
	}
	for i := range max(n, 0) {
		row := newTuple()
		for _, c := range columns {
			row.items = append(row.items, c[i])
		}
		out.items = append(out.items, row)
	}
	return out
}
