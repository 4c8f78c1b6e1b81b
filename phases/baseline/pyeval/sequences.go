package pyeval

import "slices"

// elements are what lists and tuples have in common.
type elements struct{ Items []Value }

// Truth is whether there are elements.
func (e *elements) Truth() (t, known bool) { return len(e.Items) > 0, true }

// Elements returns a copy of the elements.
func (e *elements) Elements() []Value { return slices.Clone(e.Items) }

func (e *elements) parts() []Value { return e.Items }

// List is a Python list.
type List struct{ elements }

// NewList makes a list of the values, which it takes over.
func NewList(items ...Value) *List { return &List{elements{items}} }

// Tuple is a Python tuple.
type Tuple struct{ elements }

// NewTuple makes a tuple of the values, which it takes over.
func NewTuple(items ...Value) *Tuple { return &Tuple{elements{items}} }

// Show writes the elements.
func (l *List) Show(depth int) string { return showItems("[", l.Items, "]", depth) }

// Show writes the elements.
func (t *Tuple) Show(depth int) string { return showItems("(", t.Items, ")", depth) }

// Equal compares element by element.
func (l *List) Equal(b Value, fuel *int) (result, known bool) {
	if o, ok := b.(*List); ok {
		return equalItems(l.Items, o.Items, fuel)
	}
	return false, true
}

// Equal compares element by element.
func (t *Tuple) Equal(b Value, fuel *int) (result, known bool) {
	if o, ok := b.(*Tuple); ok {
		return equalItems(t.Items, o.Items, fuel)
	}
	return false, true
}

func (t *Tuple) hash(fuel *int) (any, bool) {
	text := ""
	for _, x := range t.Items {
		k, ok := hashDeep(x, fuel)
		if !ok {
			return nil, false
		}
		text += hashText(k)
	}
	return [2]string{"tuple", text}, true
}

// Item returns an element.
func (l *List) Item(in *Interp, key Value) Value { return in.ElementAt(l, l.Items, key) }

// Item returns an element.
func (t *Tuple) Item(in *Interp, key Value) Value { return in.ElementAt(t, t.Items, key) }

// Slice makes a list of some of the elements.
func (l *List) Slice(items []Value) Value { return NewList(items...) }

// Slice makes a tuple of some of the elements.
func (t *Tuple) Slice(items []Value) Value { return NewTuple(items...) }

// SetItem writes an element that is there. Where it is not known which, each of
// them may be the one.
func (l *List) SetItem(in *Interp, key, v Value) {
	at, isPlace := AsInt(key)
	i, there := Position(at, len(l.Items))
	switch {
	case !isPlace || containsRepeated(l.Items):
		in.TouchList(l)
		perhaps := Derived(Show(l)+"["+Show(key)+"]", key, v)
		for i, x := range l.Items {
			l.Items[i] = overwritten(x, v, perhaps)
		}
	case there:
		in.TouchList(l)
		l.Items[i] = v
	default:
		in.fail("IndexError", Show(l)+"["+Show(key)+"]")
	}
}

// overwritten is an element that may have become v: as it was where that is
// equal, else what is perhaps there.
func overwritten(x, v Value, perhaps *Unknown) Value {
	if r, many := x.(*Repeated); many {
		return &Repeated{Each: overwritten(r.Each, v, perhaps), Count: r.Count}
	}
	if same, known := equal(x, v); same && known {
		return x
	}
	return perhaps
}

// deleteSlice is del l[low:high:step]; false when a bound is not known.
func (in *Interp) deleteSlice(l *List, low, high, step Value) bool {
	places := make([]Value, len(l.Items))
	for i := range places {
		places[i] = i
	}
	taken, ok := in.slice(NewTuple(places...), low, high, step).(*Tuple)
	if !ok {
		return false
	}
	in.TouchList(l)
	gone := make(map[Value]bool, len(taken.Items))
	for _, i := range taken.Items {
		gone[i] = true
	}
	var kept []Value
	for i, x := range l.Items {
		if !gone[i] {
			kept = append(kept, x)
		}
	}
	l.Items = kept
	return true
}

// Copy is a list of the same elements.
func (l *List) Copy(in *Interp) Value {
	in.Grow(len(l.Items))
	return NewList(slices.Clone(l.Items)...)
}

func (l *List) binary(in *Interp, op string, b Value) (Value, bool) {
	if o, ok := b.(*List); ok && op == "+" && in.Grow(len(l.Items)+len(o.Items)) {
		return NewList(slices.Concat(l.Items, o.Items)...), true
	}
	items, ok := in.repeated(op, l.Items, b)
	return NewList(items...), ok
}

func (t *Tuple) binary(in *Interp, op string, b Value) (Value, bool) {
	if o, ok := b.(*Tuple); ok && op == "+" && in.Grow(len(t.Items)+len(o.Items)) {
		return NewTuple(slices.Concat(t.Items, o.Items)...), true
	}
	items, ok := in.repeated(op, t.Items, b)
	return NewTuple(items...), ok
}

// IsA knows Python's own types.
func (l *List) IsA(_ *Interp, class Value) (is, known bool) { return IsPythonType(class, "list") }

// IsA knows Python's own types.
func (t *Tuple) IsA(_ *Interp, class Value) (is, known bool) { return IsPythonType(class, "tuple") }

// Attr returns a method.
func (l *List) Attr(_ *Interp, name string) Value {
	switch name {
	case "append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort":
		return NewBuiltin(name, func(in *Interp, args []Value, kw *Namespace) Value { return in.mutate(l, name, args, kw) })
	case "copy", "tolist":
		return NewBuiltin(name, func(in *Interp, _ []Value, _ *Namespace) Value { return l.Copy(in) })
	}
	return sequenceMethod(l.Items, name)
}

// Attr returns a method.
func (t *Tuple) Attr(_ *Interp, name string) Value { return sequenceMethod(t.Items, name) }

// mutate applies a method of a list that changes it.
func (in *Interp) mutate(l *List, name string, args []Value, kw *Namespace) Value {
	in.TouchList(l)
	arg := Argument(args, 0, nil)
	switch name {
	case "append":
		if in.Grow(1) {
			l.Items = append(l.Items, arg)
		}
	case "extend":
		more, ok := Iterate(arg)
		if !ok {
			more = []Value{arg} // a repetition, or something unknown
		}
		if in.Grow(len(more)) {
			l.Items = append(l.Items, more...)
		}
	case "insert":
		at, ok := AsInt(arg)
		if ok && len(args) == 2 && in.Grow(1) {
			if at < 0 {
				at += len(l.Items)
			}
			l.Items = slices.Insert(l.Items, min(max(at, 0), len(l.Items)), Argument(args, 1, nil))
		}
	case "pop":
		i, ok := Position(Argument(args, 0, -1), len(l.Items))
		if !ok {
			return in.fail("IndexError", "list.pop()")
		}
		v := l.Items[i]
		l.Items = slices.Delete(slices.Clone(l.Items), i, i+1)
		return v
	case "remove":
		for i, x := range l.Items {
			if r, k := equal(x, arg); r && k {
				l.Items = slices.Delete(slices.Clone(l.Items), i, i+1)
				break
			}
		}
	case "clear":
		l.Items = nil
	case "reverse":
		l.Items = slices.Clone(l.Items)
		slices.Reverse(l.Items)
	case "sort":
		if sorted, ok := in.sorted(l.Items, kw).(*List); ok {
			l.Items = sorted.Items
		}
	}
	return nil
}

// sequenceMethod returns a method that lists and tuples have.
func sequenceMethod(items []Value, name string) Value {
	switch name {
	case "index":
		return NewBuiltin(name, func(in *Interp, args []Value, _ *Namespace) Value {
			want := Argument(args, 0, nil)
			for i, x := range items {
				r, k := equal(x, want)
				if !k {
					return Derived("list.index()", x, want)
				}
				if r {
					return i
				}
			}
			return in.fail("ValueError", "list.index("+Show(want)+")")
		})
	case "count":
		return NewBuiltin(name, func(_ *Interp, args []Value, _ *Namespace) Value {
			n, want := 0, Argument(args, 0, nil)
			for _, x := range items {
				r, k := equal(x, want)
				if !k {
					return Derived("list.count()", x, want)
				}
				if r {
					n++
				}
			}
			return n
		})
	}
	return Missing{}
}
