package pyeval

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Kind says what an instance is to what is being built.
type Kind uint8

// The kinds of instance.
const (
	Plain    Kind = iota
	Part          // a part of it; the arguments of its constructor are kept
	Settings      // its settings; their constructors are always entered
)

// Instance is an instance of a class (or of an external one).
type Instance struct {
	ID    int
	Class Value // *Class or *External
	Kind  Kind
	Attrs *Namespace
	// Recorded is set when the constructor was recorded instead of entered: the
	// name of the class whose arguments args holds.
	Recorded string
	Args     *Namespace
	Site     Site
}

// NewRecorded makes a part whose constructor is recorded under a name.
func (in *Interp) NewRecorded(cls Value, name string, args *Namespace) *Instance {
	o := in.NewObject(cls, Part)
	o.Recorded, o.Args = name, args
	return o
}

// Arg returns an argument of the constructor; unknown when it was not given.
func (o *Instance) Arg(name string) Value {
	if v, ok := o.Args.Get(name); ok {
		return v
	}
	return &Unknown{Why: "argument " + name + " is not given", Expr: name}
}

// ClassName is the name of its class.
func (o *Instance) ClassName() string {
	switch c := o.Class.(type) {
	case *Class:
		return c.Name
	case *External:
		return LastPart(c.Path)
	}
	return "object"
}

// Show writes a call of its class.
func (o *Instance) Show(int) string { return o.ClassName() + "()" }

func (o *Instance) hash(*int) (any, bool) { return o, true }

// SetAttr sets an attribute.
func (o *Instance) SetAttr(in *Interp, name string, v Value) { in.SetVar(o.Attrs, name, v) }

// Item is the attribute that a text names.
func (o *Instance) Item(in *Interp, key Value) Value { return in.Named(o, key) }

// SetItem sets the attribute that a text names.
func (o *Instance) SetItem(in *Interp, key, v Value) {
	if name, ok := key.(string); ok {
		in.SetAttr(o, name, v)
	}
}

// Contains reports whether it has an attribute.
func (o *Instance) Contains(_ *Interp, x Value) (result, known bool) {
	name, ok := x.(string)
	if !ok {
		return false, false
	}
	_, has := o.Attrs.Get(name)
	return has, true
}

// Attr returns an attribute: its own, what the host makes of it, or its class's.
func (o *Instance) Attr(in *Interp, name string) Value {
	in.host.Reads(o, name)
	if v, ok := o.Attrs.Get(name); ok {
		if in.Watcher != nil {
			in.Watcher.Read(v)
		}
		return v
	}
	if in.Watcher != nil {
		if v, ok := in.Watcher.Attr(o, name); ok {
			return v
		}
	}
	switch name {
	case "__class__":
		return o.Class
	case "__dict__":
		d := NewDict()
		d.PutNames(o.Attrs)
		return d
	}
	if v, ok := in.host.InstanceAttr(in, o, name); ok {
		return v
	}
	c, ok := o.Class.(*Class)
	if !ok {
		return Missing{}
	}
	if owner, s := in.FindMember(c, name, nil); s != nil {
		return in.MemberValue(owner, s, name, o, c)
	}
	if owner, s := in.FindMember(c, "__getattr__", nil); s != nil && name != "__getattr__" {
		return in.customGetattr(in.MemberValue(owner, s, "__getattr__", o, c), name)
	}
	return Missing{}
}

// customGetattr calls a class's __getattr__; an exception is no attribute.
func (in *Interp) customGetattr(method Value, name string) Value {
	before := in.raised
	in.raised = nil
	v := in.Call(method, []Value{name}, nil)
	if in.raised != nil {
		v = Missing{}
	}
	in.raised = before
	return v
}

func (o *Instance) call(in *Interp, args []Value, kw *Namespace) Value {
	c, ok := o.Class.(*Class)
	if ok && o.Recorded == "" && o.Kind != Settings {
		if owner, s := in.FindMember(c, "__call__", nil); s != nil {
			return in.Call(in.MemberValue(owner, s, "__call__", o, c), args, kw)
		}
	}
	return Unknownf("call of %s", Show(o))
}

// IsA looks for the class among the object's and its bases.
func (o *Instance) IsA(in *Interp, of Value) (is, known bool) {
	c, own := o.Class.(*Class)
	switch t := of.(type) {
	case *Class:
		return own && in.isSubclass(c, t), true
	case *External:
		return in.isExternal(o, t.Path), true
	}
	return IsPythonType(of)
}

// isExternal reports whether an object is of an external class, or is a part
// and the class is the base of all parts.
func (in *Interp) isExternal(o *Instance, path string) bool {
	c, ok := o.Class.(*Class)
	if !ok {
		e, isExt := o.Class.(*External)
		return isExt && e.Path == path || in.host.IsBaseOfParts(path)
	}
	return in.ExternalBase(c, func(p string) bool { return p == path }) || in.host.IsBaseOfParts(path) && in.host.Kind(c) == Part
}

// superRef is super() in a method.
type superRef struct {
	self  Value // *Instance or *Class
	after *Class
}

// Show does not look into it.
func (s *superRef) Show(int) string { return "?" }

// Attr returns super().name.
func (s *superRef) Attr(in *Interp, name string) Value {
	self, isObject := s.self.(*Instance)
	var c *Class
	if isObject {
		c, _ = self.Class.(*Class)
	} else {
		c, _ = s.self.(*Class)
	}
	if c == nil {
		return Unknownf("super().%s", name)
	}
	owner, member := in.FindMember(c, name, s.after)
	if member == nil {
		return in.externalSuper(self, c, name)
	}
	if name == "__init__" && isObject && self.Kind != Settings && owner.Opaque {
		return NewBuiltin("super().__init__", func(in *Interp, args []Value, kw *Namespace) Value {
			if takesArguments(member) {
				in.record(self, owner, args, kw)
			}
			return nil
		})
	}
	if isObject {
		return in.MemberValue(owner, member, name, self, c)
	}
	v := in.MemberValue(owner, member, name, nil, c)
	if f, ok := v.(*Function); ok && !f.bound {
		return f.Bind(c)
	}
	return v
}

// externalSuper is super().name where only external bases are left.
func (in *Interp) externalSuper(self *Instance, c *Class, name string) Value {
	if v := in.host.Super(in, self, c, name); v != nil {
		return v
	}
	switch {
	case name == "__setattr__" && self != nil:
		return NewBuiltin("super().__setattr__", func(in *Interp, args []Value, _ *Namespace) Value {
			if len(args) == 2 {
				if key, ok := args[0].(string); ok {
					in.SetVar(self.Attrs, key, args[1])
				}
			}
			return nil
		})
	case name == "__getattr__":
		return NewBuiltin("super().__getattr__", func(in *Interp, _ []Value, _ *Namespace) Value {
			return in.raise("AttributeError")
		})
	case name == "__new__":
		return NewBuiltin("super().__new__", func(in *Interp, args []Value, _ *Namespace) Value {
			if len(args) > 0 {
				if nc, ok := args[0].(*Class); ok {
					return in.NewObject(nc, Plain)
				}
			}
			return Unknownf("super().__new__")
		})
	}
	return Constant(nil)
}

// isInstance is the builtin: true, false, or unknown.
func (in *Interp) isInstance(o, types Value) Value {
	expr := func() string { return "isinstance(" + Show(o) + ", " + Show(types) + ")" }
	if IsUnknown(o) {
		return Derived(expr(), o)
	}
	options := []Value{types}
	switch t := types.(type) {
	case *Tuple:
		options = t.Items
	case *List:
		options = t.Items
	}
	sure := true
	for _, t := range options {
		is, known := in.isInstanceOf(o, t)
		if known && is {
			return true
		}
		sure = sure && known
	}
	if !sure {
		return &Unknown{Why: "isinstance", Expr: Clip(expr(), maxExpression)}
	}
	return false
}

func (in *Interp) isInstanceOf(o, t Value) (is, known bool) {
	if t == nil {
		return o == nil, true
	}
	switch o := o.(type) {
	case typed:
		return o.IsA(in, t)
	case bool:
		return IsPythonType(t, "bool", "int")
	case int:
		return IsPythonType(t, "int")
	case float64:
		return IsPythonType(t, "float")
	case string:
		return IsPythonType(t, "str")
	case nil:
		return IsPythonType(t)
	}
	if _, ok := t.(*Builtin); ok {
		return IsPythonType(t)
	}
	return false, false
}

// IsPythonType reports whether a type is one of Python's own that are named, as
// is known of an object that is a scalar or a container.
func IsPythonType(t Value, names ...string) (is, known bool) {
	switch t := t.(type) {
	case *Builtin:
		switch t.name {
		case "int", "float", "str", "bool", "list", "dict", "tuple", "set", "frozenset":
			return slices.Contains(names, t.name), true
		}
	case *Class:
		return false, true
	case *External:
		return false, !strings.HasPrefix(t.Path, "typing") && !strings.HasPrefix(t.Path, "collections")
	}
	return false, false
}

// record records the arguments of a constructor instead of running it. c is
// the class whose constructor it is.
func (in *Interp) record(o *Instance, c *Class, args []Value, kw *Namespace) {
	bound := NewNamespace()
	owner, s := in.FindMember(c, "__init__", nil)
	if def, ok := s.(*pysrc.FuncDef); ok {
		bound = in.bindArguments(def.Params, append([]Value{o}, args...), kw, in.moduleFrame(owner.Module))
		bound.Delete("self")
	} else {
		bound.SetArguments(args, kw)
	}
	o.Recorded, o.Args = c.Name, bound
	if in.host.Kind(c) == Part {
		o.Kind = Part
	}
}
