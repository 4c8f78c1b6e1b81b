package pyeval

import "github.com/fib-ls/fib-ls/phases/baseline/pysrc"

// Attribute returns o.name; unknown when there is none.
func (in *Interp) Attribute(o Value, name string) Value {
	v := in.LookupAttr(o, name)
	if IsMissing(v) {
		return in.noAttribute(o, name)
	}
	return v
}

func (in *Interp) noAttribute(o Value, name string) Value {
	settings, isStated := o.(stated)
	if in.trying > 0 && !isStated {
		return in.raise("AttributeError: " + name)
	}
	expr := Show(o) + "." + name
	u := &Unknown{Why: "no attribute " + expr, Expr: Clip(expr, maxExpression)}
	key := ""
	if isStated {
		key = settings.Key(name)
	} else if o, ok := o.(*Instance); ok && o.Kind == Settings {
		key = name
	}
	if key != "" {
		u.Keys, u.Why = []string{key}, "the configuration has no "+key
	}
	return u
}

// LookupAttr returns o.name or Missing.
func (in *Interp) LookupAttr(o Value, name string) Value {
	if in.Halted() {
		return Unknownf("stopped")
	}
	if o, ok := o.(attributed); ok {
		return o.Attr(in, name)
	}
	return scalarAttr(o, name)
}

// SetAttr sets o.name, where o takes attributes.
func (in *Interp) SetAttr(o Value, name string, v Value) {
	if in.Halted() {
		return
	}
	if o, ok := o.(writable); ok {
		o.SetAttr(in, name, v)
	}
}

// getattr is the builtin with its optional default.
func (in *Interp) getattr(o Value, name string, absent []Value) Value {
	if u, ok := o.(*Unknown); ok {
		return Derived("getattr("+Show(u)+", "+pysrc.Repr(name)+")", u)
	}
	v := in.LookupAttr(o, name)
	_, extO := o.(*External)
	_, extV := v.(*External)
	switch {
	case IsMissing(v) && len(absent) > 0:
		return absent[0]
	case IsMissing(v):
		return in.noAttribute(o, name)
	case extO && extV && len(absent) > 0: // whether torch has it is not known
		return Unknownf("getattr(%s, %q)", Show(o), name)
	}
	return v
}

func (in *Interp) hasattr(o Value, name string) Value {
	expr := "hasattr(" + Show(o) + ", " + pysrc.Repr(name) + ")"
	switch o := o.(type) {
	case *Unknown:
		return Derived(expr, o)
	case *External:
		return &Unknown{Why: expr, Expr: expr}
	case *Instance:
		if o.Recorded != "" {
			return in.recordedHas(o, name, expr)
		}
	}
	before, trying := in.raised, in.trying
	in.raised, in.trying = nil, 0
	v := in.LookupAttr(o, name)
	raised := in.raised != nil
	in.raised, in.trying = before, trying
	return !raised && !IsMissing(v)
}

// recordedHas returns whether a part has an attribute whose constructor was not
// entered: it is not known what that sets.
func (in *Interp) recordedHas(o *Instance, name, expr string) Value {
	if _, ok := o.Attrs.Get(name); ok {
		return true
	}
	if _, ok := o.Args.Get(name); ok {
		return true
	}
	if c, ok := o.Class.(*Class); ok {
		if _, s := in.FindMember(c, name, nil); s != nil {
			return true
		}
	}
	if has, known := in.host.PartHas(in, o, name); known {
		return has
	}
	return &Unknown{Why: expr, Expr: expr}
}
