package pyeval

import "strings"

// set is a Python set.
type set struct{ Dict }

func newSet(items []Value) *set {
	s := &set{Dict{index: map[any]int{}}}
	for _, v := range items {
		s.Put(v, nil)
	}
	return s
}

// Show writes the elements.
func (s *set) Show(depth int) string { return showItems("{", s.Keys, "}", depth) }

// Equal compares the elements.
func (s *set) Equal(b Value, _ *int) (result, known bool) {
	o, ok := b.(*set)
	return ok && len(s.Keys) == len(o.Keys) && subset(s, o), true
}

// Copy is a set of the same elements.
func (s *set) Copy(*Interp) Value { return newSet(s.Keys) }

// IsA knows Python's own types.
func (s *set) IsA(_ *Interp, class Value) (is, known bool) {
	return IsPythonType(class, "set", "frozenset")
}

// Item is not known: sets have none.
func (s *set) Item(_ *Interp, key Value) Value { return Derived(Show(s)+"["+Show(key)+"]", key) }

// SetItem does nothing: sets have none.
func (s *set) SetItem(*Interp, Value, Value) {}

func subset(a, b *set) bool {
	for _, k := range a.Keys {
		if _, ok := b.Get(k); !ok {
			return false
		}
	}
	return true
}

func (s *set) binary(_ *Interp, op string, b Value) (Value, bool) {
	o, ok := b.(*set)
	if !ok || !strings.Contains("|&-^", op) {
		return nil, false
	}
	return s.combine(op, o), true
}

// combine returns the elements of both sets, either, or one alone.
func (s *set) combine(op string, o *set) *set {
	var out []Value
	for _, k := range s.Keys {
		_, both := o.Get(k)
		if op == "|" || (op == "&" && both) || ((op == "-" || op == "^") && !both) {
			out = append(out, k)
		}
	}
	for _, k := range o.Keys {
		_, both := s.Get(k)
		if op == "|" || (op == "^" && !both) {
			out = append(out, k)
		}
	}
	return newSet(out)
}

// setOperators are the operators that methods of a set stand for.
var setOperators = map[string]string{"union": "|", "intersection": "&", "difference": "-", "symmetric_difference": "^"}

// Attr returns a method.
func (s *set) Attr(_ *Interp, name string) Value {
	if op, ok := setOperators[name]; ok {
		return NewBuiltin(name, func(_ *Interp, args []Value, _ *Namespace) Value {
			out := s
			for _, a := range args {
				items, ok := Iterate(a)
				if !ok {
					return Derived("set."+name+"()", a)
				}
				out = out.combine(op, newSet(items))
			}
			return out
		})
	}
	switch name {
	case "add", "discard", "remove", "update":
		return NewBuiltin(name, func(in *Interp, args []Value, _ *Namespace) Value { return s.mutate(in, name, args) })
	case "issubset", "issuperset":
		return NewBuiltin(name, func(_ *Interp, args []Value, _ *Namespace) Value {
			items, ok := Iterate(Argument(args, 0, nil))
			if !ok {
				return Derived("set."+name+"()", Argument(args, 0, nil))
			}
			if name == "issubset" {
				return subset(s, newSet(items))
			}
			return subset(newSet(items), s)
		})
	case "copy":
		return NewBuiltin(name, func(in *Interp, _ []Value, _ *Namespace) Value { return s.Copy(in) })
	}
	return Missing{}
}

// mutate applies a method that changes the set.
func (s *set) mutate(in *Interp, name string, args []Value) Value {
	s.touch(in)
	arg := Argument(args, 0, nil)
	switch name {
	case "add":
		if in.Grow(1) {
			s.Put(arg, nil)
		}
	case "update":
		items, _ := Iterate(arg)
		for _, x := range items {
			s.Put(x, nil)
		}
	default:
		s.remove(arg)
	}
	return nil
}
