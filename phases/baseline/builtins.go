package baseline

import "slices"

// newBuiltins makes the table of Python's builtin names.
func newBuiltins() map[string]value {
	table := map[string]value{"__name__": "__module__", "__file__": "__file__", "NotImplemented": &unknown{why: "NotImplemented"}}
	add := func(name string, f native) { table[name] = newBuiltin(name, f) }
	for name, f := range objectBuiltins() {
		add(name, f)
	}
	for name, f := range containerBuiltins() {
		add(name, f)
	}
	for name, f := range numberBuiltins() {
		add(name, pure(name, f))
	}
	for _, name := range []string{"ValueError", "NotImplementedError", "RuntimeError", "TypeError", "AssertionError", "KeyError",
		"AttributeError", "Exception", "ImportError", "ModuleNotFoundError", "object", "property", "staticmethod", "classmethod",
		"StopIteration", "IndexError", "DeprecationWarning", "UserWarning", "OSError", "slice", "bytes", "complex"} {
		table[name] = newExternal("builtins." + name)
	}
	return table
}

// pure makes a builtin of a function of known values: it is applied to every
// alternative of a choice, and gives unknown for what is not known.
func pure(name string, f func(in *interp, args []value, kw *namespace) value) native {
	return func(in *interp, args []value, kw *namespace) value {
		for i, a := range args {
			if c, ok := a.(*choice); ok {
				return in.distribute(c, func(x value) value {
					alt := slices.Clone(args)
					alt[i] = x
					return pure(name, f)(in, alt, kw)
				})
			}
		}
		if i, j, c := innerChoice(args); c != nil {
			return in.distribute(c, func(x value) value {
				alt := slices.Clone(args)
				alt[i] = replaceItem(args[i], j, x)
				return pure(name, f)(in, alt, kw)
			})
		}
		return f(in, args, kw)
	}
}

// innerChoice finds a choice among the elements of the arguments, when there
// are few enough of them to try every combination.
func innerChoice(args []value) (arg, element int, c *choice) {
	const most = 4
	n := 0
	for i, a := range args {
		var items []value
		switch a := a.(type) {
		case *list:
			items = a.items
		case *tuple:
			items = a.items
		}
		for j, x := range items {
			if found, ok := x.(*choice); ok {
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

func replaceItem(v value, i int, x value) value {
	switch v := v.(type) {
	case *list:
		items := slices.Clone(v.items)
		items[i] = x
		return &list{items: items}
	case *tuple:
		items := slices.Clone(v.items)
		items[i] = x
		return newTuple(items...)
	}
	return v
}

// known says whether all arguments are wholly known; if not, the result of
// the call is the unknown given.
func known(name string, args []value) (value, bool) {
	for _, a := range args {
		if contains(a, func(v value) bool { _, isChoice := v.(*choice); return isChoice }) || hasUnknown(a) {
			text := name + "("
			for i, x := range args {
				if i > 0 {
					text += ", "
				}
				text += show(x)
			}
			return derived(text+")", args...), false
		}
	}
	return nil, true
}

func objectBuiltins() map[string]native {
	return map[string]native{
		"getattr": func(in *interp, args []value, _ *namespace) value {
			if len(args) < 2 {
				return unknownf("getattr")
			}
			return in.distribute2(args[0], args[1], func(o, key value) value {
				name, ok := key.(string)
				if !ok {
					return derived("getattr("+show(o)+", "+show(key)+")", o, key)
				}
				return in.getattr(o, name, args[2:])
			})
		},
		"hasattr": func(in *interp, args []value, _ *namespace) value {
			return in.distribute2(argument(args, 0, nil), argument(args, 1, nil), func(o, key value) value {
				name, ok := key.(string)
				if !ok {
					return derived("hasattr("+show(o)+", "+show(key)+")", key)
				}
				return in.hasattr(o, name)
			})
		},
		"setattr": func(in *interp, args []value, _ *namespace) value {
			if name, ok := argument(args, 1, nil).(string); ok && len(args) == 3 {
				in.setAttr(args[0], name, args[2])
			}
			return nil
		},
		"isinstance": func(in *interp, args []value, _ *namespace) value {
			return in.distribute(argument(args, 0, nil), func(o value) value {
				return in.isInstance(o, argument(args, 1, nil))
			})
		},
		"issubclass": func(in *interp, args []value, _ *namespace) value {
			a, okA := argument(args, 0, nil).(*class)
			b, okB := argument(args, 1, nil).(*class)
			if okA && okB {
				return in.isSubclass(a, b.full)
			}
			return unknownf("issubclass")
		},
		"callable": func(_ *interp, args []value, _ *namespace) value {
			switch argument(args, 0, nil).(type) {
			case *class, *function, *builtin, *partial:
				return true
			}
			return false
		},
		"type": func(in *interp, args []value, _ *namespace) value {
			if o, ok := argument(args, 0, nil).(*object); ok {
				return o.cls
			}
			return unknownf("type()")
		},
		"vars": func(in *interp, args []value, _ *namespace) value {
			switch o := argument(args, 0, nil).(type) {
			case mapping:
				return o.Entries()
			case *object:
				return in.attribute(o, "__dict__")
			}
			return unknownf("vars()")
		},
		"print": func(*interp, []value, *namespace) value { return nil },
		"iter":  func(_ *interp, args []value, _ *namespace) value { return argument(args, 0, nil) },
		"id":    func(in *interp, _ []value, _ *namespace) value { return unknownf("id()") },
		"repr":  func(in *interp, _ []value, _ *namespace) value { return unknownf("repr()") },
		"next": func(in *interp, args []value, _ *namespace) value {
			first := argument(args, 0, nil)
			items, ok := iterate(first)
			switch {
			case !ok:
				return derived("next("+show(first)+")", first)
			case len(items) > 0:
				return items[0]
			case len(args) > 1:
				return args[1]
			}
			return in.fail("StopIteration", "next("+show(first)+")")
		},
	}
}
