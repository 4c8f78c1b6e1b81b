package pyeval

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Instantiate makes an object of a class: a layer (recorded, not entered), a
// configuration, a dataclass, an enum member, or anything else, whose
// constructor is run.
func (in *Interp) Instantiate(c *Class, args []Value, kw *Namespace) Value {
	switch {
	case in.IsEnum(c):
		return in.enumOf(c, Argument(args, 0, nil))
	case in.isException(c):
		return Unknownf("exception %s", c.Name)
	}
	if v, done := in.customNew(c, args, kw); done {
		return v
	}
	o := in.NewObject(c, in.host.Kind(c))
	owner, init := in.FindMember(c, "__init__", nil)
	record := init == nil && in.isRecord(c)
	if c.Opaque && o.Kind != Settings && !record {
		in.record(o, c, args, kw)
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
	if owner.Opaque && takesArguments(def) && o.Kind != Settings {
		in.record(o, owner, args, kw) // a layer under another name
		return o
	}
	f := owner.Method(def).Bind(o)
	if o.Kind == Part {
		all := append([]Value{o}, args...)
		o.Args = in.bindArguments(def.Params, all, kw, in.newFrame(owner.Module, owner.closure, nil))
	}
	in.CallFunction(f, args, kw)
	return o
}

// isRecord reports whether a class's constructor is made of its fields.
func (in *Interp) isRecord(c *Class) bool {
	return decorated(c.def.Decorators, "dataclass") || in.ExternalBase(c, func(p string) bool {
		return LastPart(p) == "NamedTuple" || p == "msgspec.Struct"
	})
}

// customNew runs a class's own __new__; done is false when there is none or
// when it gave an instance of the class that is still to be initialised.
func (in *Interp) customNew(c *Class, args []Value, kw *Namespace) (Value, bool) {
	owner, s := in.FindMember(c, "__new__", nil)
	def, ok := s.(*pysrc.FuncDef)
	if !ok || owner.Opaque {
		return nil, false
	}
	f := owner.Method(def)
	v := in.CallFunction(f, append([]Value{c}, args...), kw)
	if o, ok := v.(*Instance); ok {
		if oc, ok := o.Class.(*Class); ok && oc.same(c) {
			return nil, false
		}
	}
	return v, true
}

// initPlain initialises an object of a class without constructor.
func (in *Interp) initPlain(o *Instance, args []Value, kw *Namespace) {
	if o.Kind == Settings {
		in.host.InitSettings(in, o, kw)
	}
	o.Args = kw.Clone()
	o.Args.SetArguments(args, nil)
}

// takesArguments reports whether a constructor has parameters besides self. One
// that has none is of a common base of all kinds of operators, which says
// nothing about the layer.
func takesArguments(init pysrc.Stmt) bool {
	def, ok := init.(*pysrc.FuncDef)
	return !ok || len(def.Params.List) > 1
}

// field is an annotated name in the body of a record's class.
type field struct {
	name     string
	value    pysrc.Expr // nil when the constructor must be given one
	declared *Module
}

// fields are those of a record, in the order of its constructor.
func (in *Interp) fields(c *Class) []field {
	var out []field
	for _, x := range slices.Backward(in.ResolutionOrder(c)) {
		b, ok := x.(*Class)
		if !ok {
			continue
		}
		for _, s := range b.def.Body {
			if f, ok := s.(*pysrc.AssignStmt); ok && f.Annotated {
				for _, name := range pysrc.TargetNames(f.Targets[0]) {
					out = append(out, field{name, f.Value, b.Module})
				}
			}
		}
	}
	return out
}

// initDataclass binds the fields of a dataclass and runs its __post_init__.
func (in *Interp) initDataclass(o *Instance, c *Class, args []Value, kw *Namespace) {
	next := 0
	for _, f := range in.fields(c) {
		v, given := kw.Get(f.name)
		switch {
		case given:
		case next < len(args):
			v = args[next]
			next++
		case f.value != nil:
			v = in.eval(f.value, in.moduleFrame(f.declared))
		default:
			v = Unknownf("field %s is not given", f.name)
		}
		in.SetVar(o.Attrs, f.name, v)
	}
	if owner, s := in.FindMember(c, "__post_init__", nil); s != nil {
		in.Call(in.MemberValue(owner, s, "__post_init__", o, c), nil, nil)
	}
}
