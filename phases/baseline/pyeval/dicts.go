package pyeval

import (
	"fmt"
	"slices"
)

// Dict is a Python dict; set is the same without values.
type Dict struct {
	Keys   []Value
	Values []Value
	index  map[any]int
	// fallback makes the value of an absent key (defaultdict); nil: KeyError.
	fallback Value
	// Plain says that it is an object of config.json, which configuration
	// classes may turn into an object with attributes.
	Plain bool
}

// NewDict makes an empty dict.
func NewDict() *Dict { return &Dict{index: map[any]int{}} }

func hashText(k any) string { return fmt.Sprintf("%T:%v;", k, k) }

func (d *Dict) find(key Value) (int, bool) {
	k, ok := hashKey(key)
	if !ok {
		return 0, false
	}
	i, ok := d.index[k]
	return i, ok
}

// Get returns the value of a key.
func (d *Dict) Get(key Value) (Value, bool) {
	if i, ok := d.find(key); ok {
		return d.Values[i], true
	}
	return nil, false
}

// Put stores a value; false when the key is not hashable.
func (d *Dict) Put(key, v Value) bool {
	k, ok := hashKey(key)
	if !ok {
		return false
	}
	if i, ok := d.index[k]; ok {
		d.Values[i] = v
		return true
	}
	d.index[k] = len(d.Keys)
	d.Keys = append(d.Keys, key)
	d.Values = append(d.Values, v)
	return true
}

// putAll stores the entries of another dict.
func (d *Dict) putAll(o *Dict) {
	for i, k := range o.Keys {
		d.Put(k, o.Values[i])
	}
}

// PutNames stores the names of a namespace, which may be nil.
func (d *Dict) PutNames(n *Namespace) {
	for k, v := range n.All() {
		d.Put(k, v)
	}
}

func (d *Dict) remove(key Value) (Value, bool) {
	i, ok := d.find(key)
	if !ok {
		return nil, false
	}
	v := d.Values[i]
	d.Keys = slices.Delete(d.Keys, i, i+1)
	d.Values = slices.Delete(d.Values, i, i+1)
	d.reindex()
	return v, true
}

func (d *Dict) reindex() {
	d.index = make(map[any]int, len(d.Keys))
	for i, key := range d.Keys {
		if k, ok := hashKey(key); ok {
			d.index[k] = i
		}
	}
}

// Clone returns a dict of the same entries.
func (d *Dict) Clone() *Dict {
	out := &Dict{Keys: slices.Clone(d.Keys), Values: slices.Clone(d.Values), fallback: d.fallback}
	out.reindex()
	return out
}

// replace makes d hold what o holds.
func (d *Dict) replace(o *Dict) {
	d.Keys, d.Values = slices.Clone(o.Keys), slices.Clone(o.Values)
	d.reindex()
}

// Keywords returns the entries as keyword arguments.
func (d *Dict) Keywords() *Namespace {
	kw := NewNamespace()
	for i, key := range d.Keys {
		if name, ok := key.(string); ok {
			kw.Set(name, d.Values[i])
		}
	}
	return kw
}

// Show writes how many entries there are.
func (d *Dict) Show(int) string { return fmt.Sprintf("{%d items}", len(d.Keys)) }

// Truth is whether there are entries.
func (d *Dict) Truth() (t, known bool) { return len(d.Keys) > 0, true }

// Elements returns the keys.
func (d *Dict) Elements() []Value { return slices.Clone(d.Keys) }

// Contains looks a key up.
func (d *Dict) Contains(_ *Interp, x Value) (result, known bool) {
	_, ok := d.find(x)
	return ok, true
}

// Equal compares keys and values.
func (d *Dict) Equal(b Value, fuel *int) (result, known bool) {
	o, ok := b.(*Dict)
	return ok && sameDict(d, o, fuel), true
}

// Copy is a dict of the same entries.
func (d *Dict) Copy(in *Interp) Value {
	in.Grow(len(d.Keys))
	return d.Clone()
}

func (d *Dict) binary(_ *Interp, op string, b Value) (Value, bool) {
	o, ok := b.(*Dict)
	if !ok || op != "|" {
		return nil, false
	}
	out := d.Clone()
	out.putAll(o)
	return out, true
}

// IsA knows Python's own types.
func (d *Dict) IsA(_ *Interp, class Value) (is, known bool) { return IsPythonType(class, "dict") }

// Item returns the value of a key. A key that is not known leaves the choice
// between all of them.
func (d *Dict) Item(in *Interp, key Value) Value {
	if IsUnknown(key) {
		return d.anyItem(in, key)
	}
	if v, ok := d.Get(key); ok {
		return v
	}
	if d.fallback != nil {
		v := in.Call(d.fallback, nil, nil)
		d.touch(in)
		d.Put(key, v)
		return v
	}
	return in.fail("KeyError", Show(d)+"["+Show(key)+"]")
}

func (d *Dict) anyItem(in *Interp, key Value) Value {
	if len(d.Values) > 0 && allSame(d.Values) {
		return d.Values[0]
	}
	v := Value(nil)
	for i := len(d.Keys) - 1; i >= 0; i-- {
		if i == len(d.Keys)-1 {
			v = d.Values[i]
			continue
		}
		v = in.join(Show(key)+" == "+Show(d.Keys[i]), d.Values[i], v)
	}
	if v == nil {
		return Derived("dict["+Show(key)+"]", key)
	}
	return v
}

// SetItem stores a value.
func (d *Dict) SetItem(in *Interp, key, v Value) {
	d.touch(in)
	if in.Grow(1) {
		d.Put(key, v)
	}
}

// Attr returns a method, or of an object of config.json a field.
func (d *Dict) Attr(_ *Interp, name string) Value {
	if v, ok := d.Get(name); ok && d.Plain {
		return v
	}
	switch name {
	case "get":
		return NewBuiltin(name, d.lookup)
	case "update":
		return NewBuiltin(name, func(in *Interp, args []Value, kw *Namespace) Value {
			d.touch(in)
			if from, ok := Argument(args, 0, nil).(*Dict); ok && in.Grow(len(from.Keys)) {
				d.putAll(from)
			}
			d.PutNames(kw)
			return nil
		})
	case "setdefault":
		return NewBuiltin(name, func(in *Interp, args []Value, _ *Namespace) Value {
			key := Argument(args, 0, nil)
			if v, ok := d.Get(key); ok {
				return v
			}
			d.touch(in)
			v := Argument(args, 1, nil)
			d.Put(key, v)
			return v
		})
	case "pop":
		return NewBuiltin(name, func(in *Interp, args []Value, _ *Namespace) Value {
			d.touch(in)
			if v, ok := d.remove(Argument(args, 0, nil)); ok {
				return v
			}
			if len(args) > 1 {
				return args[1]
			}
			return in.fail("KeyError", "dict.pop("+Show(Argument(args, 0, nil))+")")
		})
	case "clear":
		return NewBuiltin(name, func(in *Interp, _ []Value, _ *Namespace) Value {
			d.touch(in)
			d.replace(NewDict())
			return nil
		})
	case "copy":
		return NewBuiltin(name, func(in *Interp, _ []Value, _ *Namespace) Value { return d.Copy(in) })
	}
	return d.view(name)
}

// lookup is dict.get.
func (d *Dict) lookup(in *Interp, args []Value, kw *Namespace) Value {
	absent := kw.Or("default", Argument(args, 1, nil))
	return in.Distribute(Argument(args, 0, nil), func(key Value) Value {
		if IsUnknown(key) {
			return Derived("dict.get("+Show(key)+")", key)
		}
		if v, ok := d.Get(key); ok {
			return v
		}
		return absent
	})
}

// view is a method that lists keys or values; Missing when it is none.
func (d *Dict) view(name string) Value {
	switch name {
	case "keys":
		return NewBuiltin(name, func(*Interp, []Value, *Namespace) Value { return NewList(d.Elements()...) })
	case "values":
		return NewBuiltin(name, func(*Interp, []Value, *Namespace) Value { return NewList(slices.Clone(d.Values)...) })
	case "items":
		return NewBuiltin(name, func(in *Interp, _ []Value, _ *Namespace) Value {
			out := &List{}
			if in.Grow(len(d.Keys)) {
				for i, k := range d.Keys {
					out.Items = append(out.Items, NewTuple(k, d.Values[i]))
				}
			}
			return out
		})
	}
	return Missing{}
}
