package baseline

import (
	"slices"
)

// valueMethod gives the methods of Python's own values.
func (in *interp) valueMethod(o value, name string) value {
	switch o := o.(type) {
	case *dict:
		if v, ok := o.get(name); ok && o.plain {
			return v
		}
		return dictMethod(o, name)
	case *list:
		return listMethod(o, name)
	case *set:
		return setMethod(o, name)
	case *tuple:
		return sequenceMethod(o.items, name)
	case string:
		return stringMethod(o, name)
	case int, float64, bool:
		switch name {
		case "item", "real", "conjugate":
			return constant(o)
		case "is_integer":
			f, _ := asFloat(o)
			return constant(f == float64(int(f)))
		}
	}
	return missing{}
}

func method(name string, f func(in *interp, args []value, kw *namespace) value) value {
	return &builtin{name, f}
}

func argument(args []value, i int, absent value) value {
	if i < len(args) {
		return args[i]
	}
	return absent
}

func dictMethod(d *dict, name string) value {
	switch name {
	case "get":
		return method(name, func(in *interp, args []value, kw *namespace) value {
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
		})
	case "update":
		return method(name, func(in *interp, args []value, kw *namespace) value {
			in.touchDict(d)
			if from, ok := argument(args, 0, nil).(*dict); ok && in.grow(len(from.keys)) {
				for i, k := range from.keys {
					d.put(k, from.vals[i])
				}
			}
			if kw != nil {
				for i, k := range kw.keys {
					d.put(k, kw.vals[i])
				}
			}
			return nil
		})
	case "setdefault":
		return method(name, func(in *interp, args []value, _ *namespace) value {
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
		return method(name, func(in *interp, args []value, _ *namespace) value {
			in.touchDict(d)
			if v, ok := d.remove(argument(args, 0, nil)); ok {
				return v
			}
			if len(args) > 1 {
				return args[1]
			}
			return in.fail("KeyError", "dict.pop("+show(argument(args, 0, nil))+")")
		})
	}
	return dictView(d, name)
}

func dictView(d *dict, name string) value {
	switch name {
	case "clear":
		return method(name, func(in *interp, _ []value, _ *namespace) value {
			in.touchDict(d)
			d.replace(newDict())
			return nil
		})
	case "copy":
		return method(name, func(in *interp, _ []value, _ *namespace) value {
			in.grow(len(d.keys))
			return d.clone()
		})
	case "keys":
		return method(name, func(*interp, []value, *namespace) value { return &list{items: slices.Clone(d.keys)} })
	case "values":
		return method(name, func(*interp, []value, *namespace) value { return &list{items: slices.Clone(d.vals)} })
	case "items":
		return method(name, func(in *interp, _ []value, _ *namespace) value {
			out := &list{}
			if in.grow(len(d.keys)) {
				for i, k := range d.keys {
					out.items = append(out.items, &tuple{[]value{k, d.vals[i]}})
				}
			}
			return out
		})
	}
	return missing{}
}

func listMethod(l *list, name string) value {
	switch name {
	case "append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort":
		return method(name, func(in *interp, args []value, kw *namespace) value {
			in.touchList(l)
			return in.mutate(&l.items, name, args, kw)
		})
	case "copy", "tolist":
		return method(name, func(in *interp, _ []value, _ *namespace) value {
			in.grow(len(l.items))
			return &list{items: slices.Clone(l.items)}
		})
	}
	return sequenceMethod(l.items, name)
}

// mutate applies a list method that changes items.
func (in *interp) mutate(items *[]value, name string, args []value, kw *namespace) value {
	arg := argument(args, 0, nil)
	switch name {
	case "append":
		if in.grow(1) {
			*items = append(*items, arg)
		}
	case "extend":
		more, ok := iterate(arg)
		if !ok {
			more = []value{arg} // a repetition, or something unknown
		}
		if in.grow(len(more)) {
			*items = append(*items, more...)
		}
	case "insert":
		at, ok := asInt(arg)
		if ok && len(args) == 2 && in.grow(1) {
			if at < 0 {
				at += len(*items)
			}
			*items = slices.Insert(*items, min(max(at, 0), len(*items)), args[1])
		}
	case "pop":
		i, ok := position(argument(args, 0, -1), len(*items))
		if !ok {
			return in.fail("IndexError", "list.pop()")
		}
		v := (*items)[i]
		*items = slices.Delete(slices.Clone(*items), i, i+1)
		return v
	case "remove":
		for i, x := range *items {
			if r, k := equal(x, arg); r && k {
				*items = slices.Delete(slices.Clone(*items), i, i+1)
				break
			}
		}
	case "clear":
		*items = nil
	case "reverse":
		*items = slices.Clone(*items)
		slices.Reverse(*items)
	case "sort":
		if sorted, ok := in.sorted(*items, kw).(*list); ok {
			*items = sorted.items
		}
	}
	return nil
}

func sequenceMethod(items []value, name string) value {
	switch name {
	case "index":
		return method(name, func(in *interp, args []value, _ *namespace) value {
			for i, x := range items {
				r, k := equal(x, argument(args, 0, nil))
				if !k {
					return derived("list.index()", x, argument(args, 0, nil))
				}
				if r {
					return i
				}
			}
			return in.fail("ValueError", "list.index("+show(argument(args, 0, nil))+")")
		})
	case "count":
		return method(name, func(_ *interp, args []value, _ *namespace) value {
			n := 0
			for _, x := range items {
				r, k := equal(x, argument(args, 0, nil))
				if !k {
					return derived("list.count()", x, argument(args, 0, nil))
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

func setMethod(s *set, name string) value {
	ops := map[string]string{"union": "|", "intersection": "&", "difference": "-", "symmetric_difference": "^"}
	if op, ok := ops[name]; ok {
		return method(name, func(_ *interp, args []value, _ *namespace) value {
			out := s
			for _, a := range args {
				items, ok := iterate(a)
				if !ok {
					return derived("set."+name+"()", a)
				}
				v, _ := setOp(op, out, newSet(items))
				out = v.(*set)
			}
			return out
		})
	}
	switch name {
	case "add", "discard", "remove":
		return method(name, func(in *interp, args []value, _ *namespace) value {
			in.touchDict(&s.dict)
			if name == "add" {
				if in.grow(1) {
					s.put(argument(args, 0, nil), nil)
				}
				return nil
			}
			s.remove(argument(args, 0, nil))
			return nil
		})
	case "update":
		return method(name, func(in *interp, args []value, _ *namespace) value {
			in.touchDict(&s.dict)
			items, _ := iterate(argument(args, 0, nil))
			for _, x := range items {
				s.put(x, nil)
			}
			return nil
		})
	case "issubset", "issuperset":
		return method(name, func(_ *interp, args []value, _ *namespace) value {
			items, ok := iterate(argument(args, 0, nil))
			if !ok {
				return derived("set."+name+"()", argument(args, 0, nil))
			}
			if name == "issubset" {
				return subset(s, newSet(items))
			}
			return subset(newSet(items), s)
		})
	case "copy":
		return method(name, func(*interp, []value, *namespace) value { return newSet(s.keys) })
	}
	return missing{}
}
