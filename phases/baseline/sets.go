package baseline

import "strings"

// set is a Python set.
type set struct{ dict }

func newSet(items []value) *set {
	s := &set{dict{index: map[any]int{}}}
	for _, v := range items {
		s.put(v, nil)
	}
	return s
}

// Show writes the elements.
func (s *set) Show(depth int) string { return showItems("{", s.keys, "}", depth) }

// Equal compares the elements.
func (s *set) Equal(b value, _ *int) (result, known bool) {
	o, ok := b.(*set)
	return ok && len(s.keys) == len(o.keys) && subset(s, o), true
}

// Copy is a set of the same elements.
func (s *set) Copy(*interp) value { return newSet(s.keys) }

// IsA knows Python's own types.
func (s *set) IsA(_ *interp, class value) (is, known bool) {
	return isPythonType(class, "set", "frozenset")
}

// Item is not known: sets have none.
func (s *set) Item(_ *interp, key value) value { return derived(show(s)+"["+show(key)+"]", key) }

// SetItem does nothing: sets have none.
func (s *set) SetItem(*interp, value, value) {}

func subset(a, b *set) bool {
	for _, k := range a.keys {
		if _, ok := b.get(k); !ok {
			return false
		}
	}
	return true
}

func setOp(op string, x, y *set) (value, bool) {
	var out []value
	for _, k := range x.keys {
		_, both := y.get(k)
		if op == "|" || (op == "&" && both) || ((op == "-" || op == "^") && !both) {
			out = append(out, k)
		}
	}
	for _, k := range y.keys {
		_, both := x.get(k)
		if op == "|" || (op == "^" && !both) {
			out = append(out, k)
		}
	}
	return newSet(out), strings.Contains("|&-^", op)
}

// setOperators are the operators that methods of a set stand for.
var setOperators = map[string]string{"union": "|", "intersection": "&", "difference": "-", "symmetric_difference": "^"}

// Attr gives a method.
func (s *set) Attr(_ *interp, name string) value {
	if op, ok := setOperators[name]; ok {
		return newBuiltin(name, func(_ *interp, args []value, _ *namespace) value {
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
	case "add", "discard", "remove", "update":
		return newBuiltin(name, func(in *interp, args []value, _ *namespace) value { return s.mutate(in, name, args) })
	case "issubset", "issuperset":
		return newBuiltin(name, func(_ *interp, args []value, _ *namespace) value {
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
		return newBuiltin(name, func(in *interp, _ []value, _ *namespace) value { return s.Copy(in) })
	}
	return missing{}
}

// mutate applies a method that changes the set.
func (s *set) mutate(in *interp, name string, args []value) value {
	in.touchDict(&s.dict)
	arg := argument(args, 0, nil)
	switch name {
	case "add":
		if in.grow(1) {
			s.put(arg, nil)
		}
	case "update":
		items, _ := iterate(arg)
		for _, x := range items {
			s.put(x, nil)
		}
	default:
		s.remove(arg)
	}
	return nil
}
