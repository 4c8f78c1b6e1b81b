package pyeval

import (
	"math"
	"slices"
)

func containerBuiltins() map[string]Native {
	sequence := func(name string, build func([]Value) Value) Native {
		return pure(name, func(in *Interp, args []Value, _ *Namespace) Value {
			if len(args) == 0 {
				return build(nil)
			}
			items, ok := Iterate(args[0])
			if ok && in.Grow(len(items)) {
				return build(items)
			}
			if r, isRep := args[0].(*Repeated); isRep {
				return r
			}
			return Derived(name+"("+Show(args[0])+")", args[0])
		})
	}
	makeSet := func(items []Value) Value {
		if hasUnknown(NewList(items...)) {
			return Derived("set()", items...)
		}
		return newSet(items)
	}
	return map[string]Native{
		"list":      sequence("list", func(v []Value) Value { return NewList(v...) }),
		"tuple":     sequence("tuple", func(v []Value) Value { return NewTuple(v...) }),
		"set":       sequence("set", makeSet),
		"frozenset": sequence("frozenset", makeSet),
		"dict":      func(in *Interp, args []Value, kw *Namespace) Value { return in.makeDict(args, kw) },
		"range":     pure("range", func(in *Interp, args []Value, _ *Namespace) Value { return in.rangeOf(args) }),
		"map":       mapped,
		"filter":    filtered,
		"enumerate": pure("enumerate", enumerate),
		"zip":       pure("zip", zip),
		"reversed":  pure("reversed", reversed),
	}
}

func mapped(in *Interp, args []Value, _ *Namespace) Value {
	items, ok := Iterate(Argument(args, 1, nil))
	if !ok || len(args) != 2 || !in.Grow(len(items)) {
		return Derived("map()", args...)
	}
	out := &List{}
	for _, x := range items {
		out.Items = append(out.Items, in.Call(args[0], []Value{x}, nil))
	}
	return out
}

func filtered(in *Interp, args []Value, _ *Namespace) Value {
	items, ok := Iterate(Argument(args, 1, nil))
	if !ok || !in.Grow(len(items)) {
		return Derived("filter()", args...)
	}
	out := &List{}
	for _, x := range items {
		t, sure := truth(in.Call(args[0], []Value{x}, nil))
		if !sure {
			return Derived("filter()", args...)
		}
		if t {
			out.Items = append(out.Items, x)
		}
	}
	return out
}

func reversed(in *Interp, args []Value, _ *Namespace) Value {
	items, ok := Iterate(Argument(args, 0, nil))
	if !ok || !in.Grow(len(items)) {
		return Derived("reversed()", args...)
	}
	slices.Reverse(items)
	return NewList(items...)
}

func (in *Interp) makeDict(args []Value, kw *Namespace) Value {
	d := NewDict()
	switch from := Argument(args, 0, nil).(type) {
	case nil:
	case *Dict:
		d = from.Clone()
	case mapping:
		d = from.Entries()
	default:
		items, ok := Iterate(from)
		if !ok {
			return Derived("dict("+Show(from)+")", from)
		}
		for _, x := range items {
			pair, ok := Iterate(x)
			if !ok || len(pair) != 2 || !d.Put(pair[0], pair[1]) {
				return Derived("dict("+Show(from)+")", from)
			}
		}
	}
	d.PutNames(kw)
	in.Grow(len(d.Keys))
	return d
}

func (in *Interp) rangeOf(args []Value) Value {
	n := [3]int{0, 0, 1}
	for i, a := range args {
		v, ok := AsInt(a)
		if !ok {
			expr := Show(a)
			return &Repeated{Derived("an index below "+expr, args...), Derived(expr, args...)}
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
	out := &List{}
	if size <= 0 {
		return out
	}
	if size > float64(in.Limits.Cells) || !in.Grow(int(math.Ceil(size))) {
		in.Stop(errCells)
		return Unknownf("a range of %.0f", size)
	}
	for i := n[0]; (n[2] > 0 && i < n[1]) || (n[2] < 0 && i > n[1]); i += n[2] {
		out.Items = append(out.Items, i)
	}
	return out
}

func enumerate(in *Interp, args []Value, kw *Namespace) Value {
	start, _ := AsInt(kw.Or("start", Argument(args, 1, 0)))
	first := Argument(args, 0, nil)
	items, ok := Iterate(first)
	if r, isRep := first.(*Repeated); isRep {
		return &Repeated{NewTuple(Unknownf("an index"), r.Each), r.Count}
	}
	if !ok || !in.Grow(len(items)) {
		return Derived("enumerate("+Show(first)+")", first)
	}
	out := &List{}
	for i, x := range items {
		out.Items = append(out.Items, NewTuple(start+i, x))
	}
	return out
}

func zip(in *Interp, args []Value, _ *Namespace) Value {
	n := -1
	columns := make([][]Value, len(args))
	for i, a := range args {
		items, ok := Iterate(a)
		if !ok {
			return Derived("zip()", args...)
		}
		columns[i] = items
		if n < 0 || len(items) < n {
			n = len(items)
		}
	}
	out := &List{}
	if !in.Grow(max(n, 0) * len(args)) {
		return out
	}
	for i := range max(n, 0) {
		row := NewTuple()
		for _, c := range columns {
			row.Items = append(row.Items, c[i])
		}
		out.Items = append(out.Items, row)
	}
	return out
}
