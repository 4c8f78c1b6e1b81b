package pyeval

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

func (in *Interp) subscript(e *pysrc.Subscript, fr *frame) Value {
	o := in.eval(e.X, fr)
	if s, ok := e.Index.(*pysrc.Slice); ok {
		return in.slice(o, in.eval(s.Low, fr), in.eval(s.High, fr), in.eval(s.Step, fr))
	}
	return in.distribute2(o, in.eval(e.Index, fr), in.Item)
}

// Item returns o[key].
func (in *Interp) Item(o, key Value) Value {
	switch o := o.(type) {
	case indexed:
		return o.Item(in, key)
	case string:
		items, _ := Iterate(o)
		return in.ElementAt(o, items, key)
	}
	return Derived(Show(o)+"["+Show(key)+"]", key)
}

// Named returns the attribute that a string key names.
func (in *Interp) Named(o, key Value) Value {
	name, ok := key.(string)
	if !ok {
		return Derived(Show(o)+"["+Show(key)+"]", key)
	}
	return in.Attribute(o, name)
}

// ElementAt returns an element of o, whose elements are given.
func (in *Interp) ElementAt(o Value, items []Value, key Value) Value {
	if len(items) == 1 {
		if r, ok := items[0].(*Repeated); ok {
			return r.Each
		}
	}
	if i, ok := AsInt(key); ok { // True is 1
		key = i
	}
	if _, ok := key.(int); !ok {
		// An unknown index into equal elements is decided all the same.
		if len(items) > 0 && IsUnknown(key) && allSame(items) {
			return items[0]
		}
		return Derived(Show(o)+"["+Show(key)+"]", o, key)
	}
	i, ok := Position(key, len(items))
	if !ok {
		return in.fail("IndexError", Show(o)+"["+Show(key)+"]")
	}
	return items[i]
}

// maxText bounds a string that is made by an operation.
const maxText = 1 << 20

func (in *Interp) slice(o, low, high, step Value) Value {
	for _, b := range []Value{low, high, step} {
		if _, ok := b.(int); !ok && b != nil {
			return Derived(Show(o)+"["+Show(low)+":"+Show(high)+"]", o, low, high, step)
		}
	}
	items, ok := Iterate(o)
	if _, isDict := o.(*Dict); !ok || isDict {
		return Derived(Show(o)+"["+Show(low)+":"+Show(high)+"]", o)
	}
	out, ok := sliceItems(items, low, high, step)
	if !ok || !in.Grow(len(out)) {
		return Unknownf("slice of %s", Show(o))
	}
	switch o := o.(type) {
	case sliced:
		return o.Slice(out)
	case string:
		text := ""
		for _, x := range out {
			text += x.(string)
		}
		return text
	}
	return NewList(out...)
}

// sliceItems applies Python's rules for items[low:high:step].
func sliceItems(items []Value, low, high, step Value) ([]Value, bool) {
	by := 1
	if s, ok := step.(int); ok {
		by = s
	}
	if by == 0 {
		return nil, false
	}
	n := len(items)
	bound := func(v Value, absent, least, most int) int {
		i, ok := v.(int)
		if !ok {
			return absent
		}
		if i < 0 {
			i += n
		}
		return min(max(i, least), most)
	}
	var out []Value
	if by > 0 {
		end := bound(high, n, 0, n)
		for i := bound(low, 0, 0, n); i < end; i += by {
			out = append(out, items[i])
		}
		return out, true
	}
	end := bound(high, -1, -1, n-1)
	for i := bound(low, n-1, -1, n-1); i > end; i += by {
		out = append(out, items[i])
	}
	return out, true
}

func (in *Interp) setItem(o, key, v Value) {
	if o, ok := o.(itemWritable); ok {
		o.SetItem(in, key, v)
	}
}

// Position resolves a Python index; false when it is out of range or no integer.
func Position(key Value, n int) (int, bool) {
	i, ok := key.(int)
	if !ok {
		return 0, false
	}
	if i < 0 {
		i += n
	}
	return i, i >= 0 && i < n
}
