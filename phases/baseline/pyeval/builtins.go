package pyeval

import "slices"

// newBuiltins makes the table of Python's builtin names.
func newBuiltins() map[string]Value {
	table := map[string]Value{"__name__": "__module__", "__file__": "__file__", "NotImplemented": &Unknown{Why: "NotImplemented"}}
	add := func(name string, f Native) { table[name] = NewBuiltin(name, f) }
	for _, builtins := range []map[string]Native{objectBuiltins(), attributeBuiltins(), containerBuiltins()} {
		for name, f := range builtins {
			add(name, f)
		}
	}
	for name, f := range numberBuiltins() {
		add(name, pure(name, f))
	}
	for _, name := range []string{"ValueError", "NotImplementedError", "RuntimeError", "TypeError", "AssertionError", "KeyError",
		"AttributeError", "Exception", "ImportError", "ModuleNotFoundError", "object", "property", "staticmethod", "classmethod",
		"StopIteration", "IndexError", "DeprecationWarning", "UserWarning", "OSError", "slice", "bytes", "complex"} {
		table[name] = NewExternal("builtins." + name)
	}
	return table
}

// pure makes a builtin of a function of known values: it is applied to every
// alternative of a choice, and gives unknown for what is not known.
func pure(name string, f func(in *Interp, args []Value, kw *Namespace) Value) Native {
	return func(in *Interp, args []Value, kw *Namespace) Value {
		for i, a := range args {
			if c, ok := a.(*Choice); ok {
				return in.Distribute(c, func(x Value) Value {
					alt := slices.Clone(args)
					alt[i] = x
					return pure(name, f)(in, alt, kw)
				})
			}
		}
		if i, j, c := innerChoice(args); c != nil {
			return in.Distribute(c, func(x Value) Value {
				alt := slices.Clone(args)
				alt[i] = replaceItem(args[i].(sequence), j, x)
				return pure(name, f)(in, alt, kw)
			})
		}
		return f(in, args, kw)
	}
}

// innerChoice finds a choice among the elements of the arguments, when there
// are few enough of them to try every combination.
func innerChoice(args []Value) (arg, element int, c *Choice) {
	const most = 4
	n := 0
	for i, a := range args {
		items, ok := a.(sequence)
		if !ok {
			continue
		}
		for j, x := range items.parts() {
			if found, ok := x.(*Choice); ok {
				arg, element, c = i, j, found
				n++
			}
		}
	}
	if n > most {
		return 0, 0, nil
	}
	return arg, element, c
}

func replaceItem(in sequence, i int, x Value) Value {
	items := slices.Clone(in.parts())
	items[i] = x
	return in.Slice(items)
}

// known reports whether all arguments are wholly known; if not, the result of
// the call is the unknown given.
func known(name string, args []Value) (Value, bool) {
	for _, a := range args {
		if contains(a, func(v Value) bool { _, isChoice := v.(*Choice); return isChoice }) || hasUnknown(a) {
			text := name + "("
			for i, x := range args {
				if i > 0 {
					text += ", "
				}
				text += Show(x)
			}
			return Derived(text+")", args...), false
		}
	}
	return nil, true
}

// attributeBuiltins are the builtins that ask for attributes by name.
func attributeBuiltins() map[string]Native {
	return map[string]Native{
		"getattr": func(in *Interp, args []Value, _ *Namespace) Value {
			if len(args) < 2 {
				return Unknownf("getattr")
			}
			return in.distribute2(args[0], args[1], func(o, key Value) Value {
				name, ok := key.(string)
				if !ok {
					return Derived("getattr("+Show(o)+", "+Show(key)+")", o, key)
				}
				return in.getattr(o, name, args[2:])
			})
		},
		"hasattr": func(in *Interp, args []Value, _ *Namespace) Value {
			return in.distribute2(Argument(args, 0, nil), Argument(args, 1, nil), func(o, key Value) Value {
				name, ok := key.(string)
				if !ok {
					return Derived("hasattr("+Show(o)+", "+Show(key)+")", key)
				}
				return in.hasattr(o, name)
			})
		},
		"setattr": func(in *Interp, args []Value, _ *Namespace) Value {
			if name, ok := Argument(args, 1, nil).(string); ok && len(args) == 3 {
				in.SetAttr(args[0], name, args[2])
			}
			return nil
		},
	}
}

// objectBuiltins are the builtins about objects and their classes.
func objectBuiltins() map[string]Native {
	return map[string]Native{
		"isinstance": func(in *Interp, args []Value, _ *Namespace) Value {
			return in.Distribute(Argument(args, 0, nil), func(o Value) Value {
				return in.isInstance(o, Argument(args, 1, nil))
			})
		},
		"issubclass": func(in *Interp, args []Value, _ *Namespace) Value {
			a, okA := Argument(args, 0, nil).(*Class)
			b, okB := Argument(args, 1, nil).(*Class)
			if okA && okB {
				return in.isSubclass(a, b)
			}
			return Unknownf("issubclass")
		},
		"callable": func(_ *Interp, args []Value, _ *Namespace) Value {
			switch Argument(args, 0, nil).(type) {
			case *Class, *Function, *Builtin, *Partial:
				return true
			}
			return false
		},
		"type": func(in *Interp, args []Value, _ *Namespace) Value {
			if o, ok := Argument(args, 0, nil).(*Instance); ok {
				return o.Class
			}
			return Unknownf("type()")
		},
		"vars": func(in *Interp, args []Value, _ *Namespace) Value {
			switch o := Argument(args, 0, nil).(type) {
			case mapping:
				return o.Entries()
			case *Instance:
				return in.Attribute(o, "__dict__")
			}
			return Unknownf("vars()")
		},
		"print": func(*Interp, []Value, *Namespace) Value { return nil },
		"iter":  func(_ *Interp, args []Value, _ *Namespace) Value { return Argument(args, 0, nil) },
		"id":    func(in *Interp, _ []Value, _ *Namespace) Value { return Unknownf("id()") },
		"repr":  func(in *Interp, _ []Value, _ *Namespace) Value { return Unknownf("repr()") },
		"next": func(in *Interp, args []Value, _ *Namespace) Value {
			first := Argument(args, 0, nil)
			items, ok := Iterate(first)
			switch {
			case !ok:
				return Derived("next("+Show(first)+")", first)
			case len(items) > 0:
				return items[0]
			case len(args) > 1:
				return args[1]
			}
			return in.fail("StopIteration", "next("+Show(first)+")")
		},
	}
}
