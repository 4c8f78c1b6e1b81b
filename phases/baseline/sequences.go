package baseline

import "slices"

// list is a Python list.
type list struct{ items []value }

func newList(items ...value) *list { return &list{items: items} }

// tuple is a Python tuple.
type tuple struct{ items []value }

func newTuple(items ...value) *tuple { return &tuple{items} }

// Show writes the elements.
func (l *list) Show(depth int) string { return showItems("[", l.items, "]", depth) }

// Show writes the elements.
func (t *tuple) Show(depth int) string { return showItems("(", t.items, ")", depth) }

// Truth is whether there are elements.
func (l *list) Truth() (t, known bool) { return len(l.items) > 0, true }

// Truth is whether there are elements.
func (t *tuple) Truth() (truth, known bool) { return len(t.items) > 0, true }

// Elements gives the list's elements.
func (l *list) Elements() []value { return slices.Clone(l.items) }

// Elements gives the tuple's elements.
func (t *tuple) Elements() []value { return slices.Clone(t.items) }

// Parts gives the list's elements.
func (l *list) Parts() []value { return l.items }

// Parts gives the tuple's elements.
func (t *tuple) Parts() []value { return t.items }

// Equal compares element by element.
func (l *list) Equal(b value, fuel *int) (result, known bool) {
	if o, ok := b.(*list); ok {
		return equalItems(l.items, o.items, fuel)
	}
	return false, true
}

// Equal compares element by element.
func (t *tuple) Equal(b value, fuel *int) (result, known bool) {
	if o, ok := b.(*tuple); ok {
		return equalItems(t.items, o.items, fuel)
	}
	return false, true
}

// Hash is that of the elements.
func (t *tuple) Hash(fuel *int) (any, bool) {
	text := ""
	for _, x := range t.items {
		k, ok := hashDeep(x, fuel)
		if !ok {
			return nil, false
		}
		text += hashText(k)
	}
	return [2]string{"tuple", text}, true
}

// Item gives an element.
func (l *list) Item(in *interp, key value) value { return in.elementAt(l, l.items, key) }

// Item gives an element.
func (t *tuple) Item(in *interp, key value) value { return in.elementAt(t, t.items, key) }

// Slice makes a tuple of some of the elements.
func (t *tuple) Slice(items []value) value { return newTuple(items...) }

// SetItem writes an element that is there.
func (l *list) SetItem(in *interp, key, v value) {
	if i, ok := position(key, len(l.items)); ok {
		in.touchList(l)
		l.items[i] = v
	}
}

// Copy is a list of the same elements.
func (l *list) Copy(in *interp) value {
	in.grow(len(l.items))
	return newList(slices.Clone(l.items)...)
}

// IsA knows Python's own types.
func (l *list) IsA(_ *interp, class value) (is, known bool) { return isPythonType(class, "list") }

// IsA knows Python's own types.
func (t *tuple) IsA(_ *interp, class value) (is, known bool) { return isPythonType(class, "tuple") }

// Attr gives a method.
func (l *list) Attr(_ *interp, name string) value {
	switch name {
	case "append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort":
		return newBuiltin(name, func(in *interp, args []value, kw *namespace) value { return in.mutate(l, name, args, kw) })
	case "copy", "tolist":
		return newBuiltin(name, func(in *interp, _ []value, _ *namespace) value { return l.Copy(in) })
	}
	return sequenceMethod(l.items, name)
}

// Attr gives a method.
func (t *tuple) Attr(_ *interp, name string) value { return sequenceMethod(t.items, name) }

// mutate applies a method of a list that changes it.
func (in *interp) mutate(l *list, name string, args []value, kw *namespace) value {
	in.touchList(l)
	arg := argument(args, 0, nil)
	switch name {
	case "append":
		if in.grow(1) {
			l.items = append(l.items, arg)
		}
	case "extend":
		more, ok := iterate(arg)
		if !ok {
			more = []value{arg} // a repetition, or something unknown
		}
		if in.grow(len(more)) {
			l.items = append(l.items, more...)
		}
	case "insert":
		at, ok := asInt(arg)
		if ok && len(args) == 2 && in.grow(1) {
			if at < 0 {
				at += len(l.items)
			}
			l.items = slices.Insert(l.items, min(max(at, 0), len(l.items)), args[1])
		}
	case "pop":
		i, ok := position(argument(args, 0, -1), len(l.items))
		if !ok {
			return in.fail("IndexError", "list.pop()")
		}
		v := l.items[i]
		l.items = slices.Delete(slices.Clone(l.items), i, i+1)
		return v
	case "remove":
		for i, x := range l.items {
			if r, k := equal(x, arg); r && k {
				l.items = slices.Delete(slices.Clone(l.items), i, i+1)
				break
			}
		}
	case "clear":
		l.items = nil
	case "reverse":
		l.items = slices.Clone(l.items)
		slices.Reverse(l.items)
	case "sort":
		if sorted, ok := in.sorted(l.items, kw).(*list); ok {
			l.items = sorted.items
		}
	}
	return nil
}

// sequenceMethod gives a method that lists and tuples have.
func sequenceMethod(items []value, name string) value {
	switch name {
	case "index":
		return newBuiltin(name, func(in *interp, args []value, _ *namespace) value {
			want := argument(args, 0, nil)
			for i, x := range items {
				r, k := equal(x, want)
				if !k {
					return derived("list.index()", x, want)
				}
				if r {
					return i
				}
			}
			return in.fail("ValueError", "list.index("+show(want)+")")
		})
	case "count":
		return newBuiltin(name, func(_ *interp, args []value, _ *namespace) value {
			n, want := 0, argument(args, 0, nil)
			for _, x := range items {
				r, k := equal(x, want)
				if !k {
					return derived("list.count()", x, want)
				}
				if r {
					n++
				}
			}
			return n
		})
	}
	return missing{}
}
