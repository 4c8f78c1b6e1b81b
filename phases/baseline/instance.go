package baseline

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// instanceKind says what an instance is to what is being built.
type instanceKind uint8

const (
	plainObject  instanceKind = iota
	moduleObject              // a part of it; the arguments of its constructor are kept
	configObject              // its settings; their constructors are always entered
)

// object is an instance of a class (or of an external one).
type object struct {
	id    int
	cls   value // *class or *external
	kind  instanceKind
	attrs *namespace
	// leaf is set when the constructor was recorded instead of entered: the
	// name of the class whose arguments args holds.
	leaf string
	args *namespace
	site site
}

// newLeaf makes a part whose constructor is recorded under a name.
func (in *interp) newLeaf(cls value, name string, args *namespace) *object {
	o := in.newObject(cls, moduleObject)
	o.leaf, o.args = name, args
	return o
}

// arg gives an argument of the constructor; unknown when it was not given.
func (o *object) arg(name string) value {
	if v, ok := o.args.get(name); ok {
		return v
	}
	return &unknown{why: "argument " + name + " is not given", expr: name}
}

func (o *object) className() string {
	switch c := o.cls.(type) {
	case *class:
		return c.name
	case *external:
		return lastPart(c.path)
	}
	return "object"
}

// Show writes a call of its class.
func (o *object) Show(int) string { return o.className() + "()" }

// Hash is by identity.
func (o *object) Hash(*int) (any, bool) { return o, true }

// SetAttr sets an attribute.
func (o *object) SetAttr(in *interp, name string, v value) { in.setVar(o.attrs, name, v) }

// Item is the attribute that a text names.
func (o *object) Item(in *interp, key value) value { return in.named(o, key) }

// SetItem sets the attribute that a text names.
func (o *object) SetItem(in *interp, key, v value) {
	if name, ok := key.(string); ok {
		in.setAttr(o, name, v)
	}
}

// Contains tells whether it has an attribute.
func (o *object) Contains(_ *interp, x value) (result, known bool) {
	name, ok := x.(string)
	if !ok {
		return false, false
	}
	_, has := o.attrs.get(name)
	return has, true
}

// Attr gives an attribute: its own, what the host makes of it, or its class's.
func (o *object) Attr(in *interp, name string) value {
	in.host.Reads(o, name)
	if v, ok := o.attrs.get(name); ok {
		if in.watcher != nil {
			in.watcher.Read(v)
		}
		return v
	}
	if in.watcher != nil {
		if v, ok := in.watcher.Attr(o, name); ok {
			return v
		}
	}
	switch name {
	case "__class__":
		return o.cls
	case "__dict__":
		d := newDict()
		d.putNames(o.attrs)
		return d
	}
	if v, ok := in.host.InstanceAttr(in, o, name); ok {
		return v
	}
	c, ok := o.cls.(*class)
	if !ok {
		return missing{}
	}
	if owner, s := in.findMember(c, name, nil); s != nil {
		return in.memberValue(owner, s, name, o, c)
	}
	if owner, s := in.findMember(c, "__getattr__", nil); s != nil && name != "__getattr__" {
		return in.customGetattr(in.memberValue(owner, s, "__getattr__", o, c), name)
	}
	return missing{}
}

// customGetattr calls a class's __getattr__; an exception is no attribute.
func (in *interp) customGetattr(method value, name string) value {
	before := in.raised
	in.raised = nil
	v := in.call(method, []value{name}, nil)
	if in.raised != nil {
		v = missing{}
	}
	in.raised = before
	return v
}

// Call calls the class's __call__.
func (o *object) Call(in *interp, args []value, kw *namespace) value {
	c, ok := o.cls.(*class)
	if ok && o.leaf == "" && o.kind != configObject {
		if owner, s := in.findMember(c, "__call__", nil); s != nil {
			return in.call(in.memberValue(owner, s, "__call__", o, c), args, kw)
		}
	}
	return unknownf("call of %s", show(o))
}

// IsA looks for the class among the object's and its bases.
func (o *object) IsA(in *interp, of value) (is, known bool) {
	c, own := o.cls.(*class)
	switch t := of.(type) {
	case *class:
		return own && in.isSubclass(c, t.full), true
	case *external:
		return in.isExternal(o, t.path), true
	}
	return isPythonType(of)
}

// isExternal reports whether an object is of an external class, or is a part
// and the class is the base of all parts.
func (in *interp) isExternal(o *object, path string) bool {
	c, ok := o.cls.(*class)
	if !ok {
		e, isExt := o.cls.(*external)
		return isExt && e.path == path || in.host.IsBaseOfParts(path)
	}
	return in.externalBase(c, func(p string) bool { return p == path }) || in.host.IsBaseOfParts(path) && in.host.Kind(c) == moduleObject
}

// superRef is super() in a method.
type superRef struct {
	self  value // *object or *class
	after *class
}

// Show does not look into it.
func (s *superRef) Show(int) string { return "?" }

// Attr gives super().name.
func (s *superRef) Attr(in *interp, name string) value {
	self, isObject := s.self.(*object)
	var c *class
	if isObject {
		c, _ = self.cls.(*class)
	} else {
		c, _ = s.self.(*class)
	}
	if c == nil {
		return unknownf("super().%s", name)
	}
	owner, member := in.findMember(c, name, s.after)
	if member == nil {
		return in.externalSuper(self, c, name)
	}
	if name == "__init__" && isObject && self.kind != configObject && owner.opaque {
		return newBuiltin("super().__init__", func(in *interp, args []value, kw *namespace) value {
			if takesArguments(member) {
				in.bindLeaf(self, owner, args, kw)
			}
			return nil
		})
	}
	if isObject {
		return in.memberValue(owner, member, name, self, c)
	}
	v := in.memberValue(owner, member, name, nil, c)
	if f, ok := v.(*function); ok && !f.bound {
		return f.bind(c)
	}
	return v
}

// externalSuper is super().name where only external bases are left.
func (in *interp) externalSuper(self *object, c *class, name string) value {
	if v := in.host.Super(in, self, c, name); v != nil {
		return v
	}
	switch {
	case name == "__setattr__" && self != nil:
		return newBuiltin("super().__setattr__", func(in *interp, args []value, _ *namespace) value {
			if len(args) == 2 {
				if key, ok := args[0].(string); ok {
					in.setVar(self.attrs, key, args[1])
				}
			}
			return nil
		})
	case name == "__getattr__":
		return newBuiltin("super().__getattr__", func(in *interp, _ []value, _ *namespace) value {
			return in.raise("AttributeError")
		})
	case name == "__new__":
		return newBuiltin("super().__new__", func(in *interp, args []value, _ *namespace) value {
			if len(args) > 0 {
				if nc, ok := args[0].(*class); ok {
					return in.newObject(nc, plainObject)
				}
			}
			return unknownf("super().__new__")
		})
	}
	return constant(nil)
}

// isInstance is the builtin: true, false, or unknown.
func (in *interp) isInstance(o, types value) value {
	expr := func() string { return "isinstance(" + show(o) + ", " + show(types) + ")" }
	if isUnknown(o) {
		return derived(expr(), o)
	}
	options := []value{types}
	switch t := types.(type) {
	case *tuple:
		options = t.items
	case *list:
		options = t.items
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
		return &unknown{why: "isinstance", expr: clip(expr(), maxExpression)}
	}
	return false
}

func (in *interp) isInstanceOf(o, t value) (is, known bool) {
	if t == nil {
		return o == nil, true
	}
	switch o := o.(type) {
	case typed:
		return o.IsA(in, t)
	case bool:
		return isPythonType(t, "bool", "int")
	case int:
		return isPythonType(t, "int")
	case float64:
		return isPythonType(t, "float")
	case string:
		return isPythonType(t, "str")
	case nil:
		return isPythonType(t)
	}
	if _, ok := t.(*builtin); ok {
		return isPythonType(t)
	}
	return false, false
}

// isPythonType tells whether a type is one of Python's own that are named, as
// is known of an object that is a scalar or a container.
func isPythonType(t value, names ...string) (is, known bool) {
	switch t := t.(type) {
	case *builtin:
		switch t.name {
		case "int", "float", "str", "bool", "list", "dict", "tuple", "set", "frozenset":
			return slices.Contains(names, t.name), true
		}
	case *class:
		return false, true
	case *external:
		return false, !strings.HasPrefix(t.path, "typing") && !strings.HasPrefix(t.path, "collections")
	}
	return false, false
}

// bindLeaf records the arguments of a constructor instead of running it. c is
// the class whose constructor it is.
func (in *interp) bindLeaf(o *object, c *class, args []value, kw *namespace) {
	bound := newNamespace()
	owner, s := in.findMember(c, "__init__", nil)
	if def, ok := s.(*pysrc.FuncDef); ok {
		bound = in.bindArguments(def.Params, append([]value{o}, args...), kw, in.moduleFrame(owner.mod))
		bound.delete("self")
	} else {
		bound.setArguments(args, kw)
	}
	o.leaf, o.args = c.name, bound
	if in.host.Kind(c) == moduleObject {
		o.kind = moduleObject
	}
}
