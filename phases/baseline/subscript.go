package baseline

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

func (in *interp) subscript(e *pysrc.Subscript, fr *frame) value {
	o := in.eval(e.X, fr)
	if s, ok := e.Index.(*pysrc.Slice); ok {
		return in.slice(o, in.eval(s.Low, fr), in.eval(s.High, fr), in.eval(s.Step, fr))
	}
	return in.distribute2(o, in.eval(e.Index, fr), in.item)
}

// item gives o[key].
func (in *interp) item(o, key value) value {
	switch o := o.(type) {
	case indexed:
		return o.Item(in, key)
	case string:
		items, _ := iterate(o)
		return in.elementAt(o, items, key)
	}
	return derived(show(o)+"["+show(key)+"]", key)
}

// named gives the attribute that a string key names.
func (in *interp) named(o, key value) value {
	name, ok := key.(string)
	if !ok {
		return derived(show(o)+"["+show(key)+"]", key)
	}
	return in.attribute(o, name)
}

func (in *interp) elementAt(o value, items []value, key value) value {
	if len(items) == 1 {
		if r, ok := items[0].(*repeated); ok {
			return r.item
		}
	}
	if b, ok := key.(bool); ok {
		key = 0
		if b {
			key = 1
		}
	}
	if _, ok := key.(int); !ok {
		// An unknown index into equal elements is decided all the same.
		if len(items) > 0 && isUnknown(key) && allSame(items) {
			return items[0]
		}
		return derived(show(o)+"["+show(key)+"]", o, key)
	}
	i, ok := position(key, len(items))
	if !ok {
		return in.fail("IndexError", show(o)+"["+show(key)+"]")
	}
	return items[i]
}

// maxText bounds a string that is made by an operation.
const maxText = 1 << 20

func (in *interp) slice(o, low, high, step value) value {
	for _, b := range []value{low, high, step} {
		if _, ok := b.(int); !ok && b != nil {
			return derived(show(o)+"["+show(low)+":"+show(high)+"]", o, low, high, step)
		}
	}
	items, ok := iterate(o)
	if _, isDict := o.(*dict); !ok || isDict {
		return derived(show(o)+"["+show(low)+":"+show(high)+"]", o)
	}
	out, ok := sliceItems(items, low, high, step)
	if !ok || !in.grow(len(out)) {
		return unknownf("slice of %s", show(o))
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
	return newList(out...)
}

// sliceItems applies Python's rules for items[low:high:step].
func sliceItems(items []value, low, high, step value) ([]value, bool) {
	by := 1
	if s, ok := step.(int); ok {
		by = s
	}
	if by == 0 {
		return nil, false
	}
	n := len(items)
	bound := func(v value, absent, least, most int) int {
		i, ok := v.(int)
		if !ok {
			return absent
		}
		if i < 0 {
			i += n
		}
		return min(max(i, least), most)
	}
	var out []value
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

func (in *interp) setItem(o, key, v value) {
	if o, ok := o.(itemWritable); ok {
		o.SetItem(in, key, v)
	}
}

// position resolves a Python index; false when it is out of range or no integer.
func position(key value, n int) (int, bool) {
	i, ok := key.(int)
	if !ok {
		return 0, false
	}
	if i < 0 {
		i += n
	}
	return i, i >= 0 && i < n
}
