package baseline

import (
	"fmt"
	"slices"
)

// dict is a Python dict; set is the same without values.
type dict struct {
	keys  []value
	vals  []value
	index map[any]int
	// fallback makes the value of an absent key (defaultdict); nil: KeyError.
	fallback value
	// plain says that it is an object of config.json, which configuration
	// classes may turn into an object with attributes.
	plain bool
}

func newDict() *dict { return &dict{index: map[any]int{}} }

func hashText(k any) string { return fmt.Sprintf("%T:%v;", k, k) }

func (d *dict) find(key value) (int, bool) {
	k, ok := hashKey(key)
	if !ok {
		return 0, false
	}
	i, ok := d.index[k]
	return i, ok
}

func (d *dict) get(key value) (value, bool) {
	if i, ok := d.find(key); ok {
		return d.vals[i], true
	}
	return nil, false
}

// put stores a value; false when the key is not hashable.
func (d *dict) put(key, v value) bool {
	k, ok := hashKey(key)
	if !ok {
		return false
	}
	if i, ok := d.index[k]; ok {
		d.vals[i] = v
		return true
	}
	d.index[k] = len(d.keys)
	d.keys = append(d.keys, key)
	d.vals = append(d.vals, v)
	return true
}

// putAll stores the entries of another dict.
func (d *dict) putAll(o *dict) {
	for i, k := range o.keys {
		d.put(k, o.vals[i])
	}
}

// putNames stores the names of a namespace, which may be nil.
func (d *dict) putNames(n *namespace) {
	if n == nil {
		return
	}
	for i, k := range n.keys {
		d.put(k, n.vals[i])
	}
}

func (d *dict) remove(key value) (value, bool) {
	i, ok := d.find(key)
	if !ok {
		return nil, false
	}
	v := d.vals[i]
	d.keys = slices.Delete(d.keys, i, i+1)
	d.vals = slices.Delete(d.vals, i, i+1)
	d.reindex()
	return v, true
}

func (d *dict) reindex() {
	d.index = make(map[any]int, len(d.keys))
	for i, key := range d.keys {
		if k, ok := hashKey(key); ok {
			d.index[k] = i
		}
	}
}

func (d *dict) clone() *dict {
	out := &dict{keys: slices.Clone(d.keys), vals: slices.Clone(d.vals), fallback: d.fallback}
	out.reindex()
	return out
}

// replace makes d hold what o holds.
func (d *dict) replace(o *dict) {
	d.keys, d.vals = slices.Clone(o.keys), slices.Clone(o.vals)
	d.reindex()
}

// keywords gives the entries as keyword arguments.
func (d *dict) keywords() *namespace {
	kw := newNamespace()
	for i, key := range d.keys {
		if name, ok := key.(string); ok {
			kw.set(name, d.vals[i])
		}
	}
	return kw
}

// Show writes how many entries there are.
func (d *dict) Show(int) string { return fmt.Sprintf("{%d items}", len(d.keys)) }

// Truth is whether there are entries.
func (d *dict) Truth() (t, known bool) { return len(d.keys) > 0, true }

// Elements gives the keys.
func (d *dict) Elements() []value { return slices.Clone(d.keys) }

// Contains looks a key up.
func (d *dict) Contains(_ *interp, x value) (result, known bool) {
	_, ok := d.find(x)
	return ok, true
}

// Equal compares keys and values.
func (d *dict) Equal(b value, fuel *int) (result, known bool) {
	o, ok := b.(*dict)
	return ok && sameDict(d, o, fuel), true
}

// Copy is a dict of the same entries.
func (d *dict) Copy(in *interp) value {
	in.grow(len(d.keys))
	return d.clone()
}

// IsA knows Python's own types.
func (d *dict) IsA(_ *interp, class value) (is, known bool) { return isPythonType(class, "dict") }

// Item gives the value of a key. A key that is not known leaves the choice
// between all of them.
func (d *dict) Item(in *interp, key value) value {
	if isUnknown(key) {
		return d.anyItem(in, key)
	}
	if v, ok := d.get(key); ok {
		return v
	}
	if d.fallback != nil {
		v := in.call(d.fallback, nil, nil)
		in.touchDict(d)
		d.put(key, v)
		return v
	}
	return in.fail("KeyError", show(d)+"["+show(key)+"]")
}

func (d *dict) anyItem(in *interp, key value) value {
	if len(d.vals) > 0 && allSame(d.vals) {
		return d.vals[0]
	}
	v := value(nil)
	for i := len(d.keys) - 1; i >= 0; i-- {
		if i == len(d.keys)-1 {
			v = d.vals[i]
			continue
		}
		v = in.join(show(key)+" == "+show(d.keys[i]), d.vals[i], v)
	}
	if v == nil {
		return derived("dict["+show(key)+"]", key)
	}
	return v
}

// SetItem stores a value.
func (d *dict) SetItem(in *interp, key, v value) {
	in.touchDict(d)
	if in.grow(1) {
		d.put(key, v)
	}
}

// Attr gives a method, or of an object of config.json a field.
func (d *dict) Attr(_ *interp, name string) value {
	if v, ok := d.get(name); ok && d.plain {
		return v
	}
	switch name {
	case "get":
		return newBuiltin(name, d.lookup)
	case "update":
		return newBuiltin(name, func(in *interp, args []value, kw *namespace) value {
			in.touchDict(d)
			if from, ok := argument(args, 0, nil).(*dict); ok && in.grow(len(from.keys)) {
				d.putAll(from)
			}
			d.putNames(kw)
			return nil
		})
	case "setdefault":
		return newBuiltin(name, func(in *interp, args []value, _ *namespace) value {
			key := argument(args, 0, nil)
			if v, ok := d.get(key); ok {
				return v
			}
			in.touchDict(d)
			v := argument(args, 1, nil)
			d.put(key, v)
			return v
		})
	case "pop":
		return newBuiltin(name, func(in *interp, args []value, _ *namespace) value {
			in.touchDict(d)
			if v, ok := d.remove(argument(args, 0, nil)); ok {
				return v
			}
			if len(args) > 1 {
				return args[1]
			}
			return in.fail("KeyError", "dict.pop("+show(argument(args, 0, nil))+")")
		})
	case "clear":
		return newBuiltin(name, func(in *interp, _ []value, _ *namespace) value {
			in.touchDict(d)
			d.replace(newDict())
			return nil
		})
	case "copy":
		return newBuiltin(name, func(in *interp, _ []value, _ *namespace) value { return d.Copy(in) })
	}
	return d.view(name)
}

// lookup is dict.get.
func (d *dict) lookup(in *interp, args []value, kw *namespace) value {
	absent := argument(args, 1, nil)
	if v, ok := kw.get("default"); ok {
		absent = v
	}
	return in.distribute(argument(args, 0, nil), func(key value) value {
		if isUnknown(key) {
			return derived("dict.get("+show(key)+")", key)
		}
		if v, ok := d.get(key); ok {
			return v
		}
		return absent
	})
}

// view is a method that lists keys or values; missing{} when it is none.
func (d *dict) view(name string) value {
	switch name {
	case "keys":
		return newBuiltin(name, func(*interp, []value, *namespace) value { return newList(d.Elements()...) })
	case "values":
		return newBuiltin(name, func(*interp, []value, *namespace) value { return newList(slices.Clone(d.vals)...) })
	case "items":
		return newBuiltin(name, func(in *interp, _ []value, _ *namespace) value {
			out := &list{}
			if in.grow(len(d.keys)) {
				for i, k := range d.keys {
					out.items = append(out.items, newTuple(k, d.vals[i]))
				}
			}
			return out
		})
	}
	return missing{}
}
