package baseline

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// instantiate makes an object of a class: a layer (recorded, not entered), a
// configuration, a dataclass, an enum member, or anything else, whose
// constructor is run.
func (in *interp) instantiate(c *class, args []value, kw *namespace) value {
	switch {
	case in.isEnum(c):
		return in.enumOf(c, argument(args, 0, nil))
	case in.isException(c):
		return unknownf("exception %s", c.name)
	}
	if v, done := in.customNew(c, args, kw); done {
		return v
	}
	o := in.newObject(c, in.host.Kind(c))
	owner, init := in.findMember(c, "__init__", nil)
	record := init == nil && in.isRecord(c)
	if c.opaque && o.kind != configObject && !record {
		in.bindLeaf(o, c, args, kw)
		return o
	}
	if init == nil {
		if record {
			in.initDataclass(o, c, args, kw)
		} else {
			in.initPlain(o, args, kw)
		}
		return o
	}
	def, ok := init.(*pysrc.FuncDef)
	if !ok {
		return o
	}
	if owner.opaque && takesArguments(def) && o.kind != configObject {
		in.bindLeaf(o, owner, args, kw) // a layer under another name
		return o
	}
	f := &function{mod: owner.mod, def: def, closure: owner.closure, owner: owner, self: o, bound: true}
	if o.kind == moduleObject {
		all := append([]value{o}, args...)
		o.args = in.bindArguments(def.Params, all, kw, in.newFrame(owner.mod, owner.closure, nil))
	}
	in.callFunction(f, args, kw)
	return o
}

// isRecord says whether a class's constructor is made of its fields.
func (in *interp) isRecord(c *class) bool {
	return decorated(c.def.Decorators, "dataclass") || in.externalBase(c, func(p string) bool {
		return lastPart(p) == "NamedTuple" || p == "msgspec.Struct"
	})
}

// customNew runs a class's own __new__; done is false when there is none or
// when it gave an instance of the class that is still to be initialised.
func (in *interp) customNew(c *class, args []value, kw *namespace) (value, bool) {
	owner, s := in.findMember(c, "__new__", nil)
	def, ok := s.(*pysrc.FuncDef)
	if !ok || owner.opaque {
		return nil, false
	}
	f := &function{mod: owner.mod, def: def, closure: owner.closure, owner: owner}
	v := in.callFunction(f, append([]value{c}, args...), kw)
	if o, ok := v.(*object); ok {
		if oc, ok := o.cls.(*class); ok && oc.Same(c) {
			return nil, false
		}
	}
	return v, true
}

// initPlain initialises an object of a class without constructor.
func (in *interp) initPlain(o *object, args []value, kw *namespace) {
	if o.kind == configObject {
		in.host.InitSettings(in, o, kw)
	}
	o.args = kw.clone()
	o.args.setArguments(args, nil)
}

// takesArguments says whether a constructor has parameters besides self. One
// that has none is of a common base of all kinds of operators, which says
// nothing about the layer.
func takesArguments(init pysrc.Stmt) bool {
	def, ok := init.(*pysrc.FuncDef)
	return !ok || len(def.Params.List) > 1
}

// fieldNames are the fields of a record, in the order of its constructor.
func (in *interp) fieldNames(c *class) value {
	out := newTuple()
	order := in.resolutionOrder(c)
	for i := len(order) - 1; i >= 0; i-- {
		b, ok := order[i].(*class)
		if !ok {
			continue
		}
		for _, s := range b.def.Body {
			if f, ok := s.(*pysrc.AssignStmt); ok && f.Annotated {
				for _, name := range pysrc.TargetNames(f.Targets[0]) {
					out.items = append(out.items, name)
				}
			}
		}
	}
	return out
}

// initDataclass binds the fields of a dataclass and runs its __post_init__.
func (in *interp) initDataclass(o *object, c *class, args []value, kw *namespace) {
	order := in.resolutionOrder(c)
	next := 0
	for i := len(order) - 1; i >= 0; i-- {
		b, ok := order[i].(*class)
		if !ok {
			continue
		}
		for _, s := range b.def.Body {
			field, ok := s.(*pysrc.AssignStmt)
			if !ok || !field.Annotated {
				continue
			}
			name, ok := field.Targets[0].(*pysrc.Name)
			if !ok {
				continue
			}
			v, given := kw.get(name.ID)
			switch {
			case given:
			case next < len(args):
				v = args[next]
				next++
			case field.Value != nil:
				v = in.eval(field.Value, in.moduleFrame(b.mod))
			default:
				v = unknownf("field %s is not given", name.ID)
			}
			in.setVar(o.attrs, name.ID, v)
		}
	}
	if owner, s := in.findMember(c, "__post_init__", nil); s != nil {
		in.call(in.memberValue(owner, s, "__post_init__", o, c), nil, nil)
	}
}
