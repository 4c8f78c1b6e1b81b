package baseline

import "github.com/fib-ls/fib-ls/phases/baseline/pysrc"

// attribute gives o.name; unknown when there is none.
func (in *interp) attribute(o value, name string) value {
	v := in.lookupAttr(o, name)
	if isMissing(v) {
		return in.noAttribute(o, name)
	}
	return v
}

func (in *interp) noAttribute(o value, name string) value {
	settings, isStated := o.(stated)
	if in.trying > 0 && !isStated {
		return in.raise("AttributeError: " + name)
	}
	expr := show(o) + "." + name
	u := &unknown{why: "no attribute " + expr, expr: clip(expr, maxExpression)}
	key := ""
	if isStated {
		key = settings.Key(name)
	} else if o, ok := o.(*object); ok && o.kind == configObject {
		key = name
	}
	if key != "" {
		u.keys, u.why = []string{key}, "the configuration has no "+key
	}
	return u
}

// lookupAttr gives o.name or missing{}.
func (in *interp) lookupAttr(o value, name string) value {
	if in.halted() {
		return unknownf("stopped")
	}
	if o, ok := o.(attributed); ok {
		return o.Attr(in, name)
	}
	return scalarAttr(o, name)
}

func (in *interp) setAttr(o value, name string, v value) {
	if in.halted() {
		return
	}
	if o, ok := o.(writable); ok {
		o.SetAttr(in, name, v)
	}
}

// getattr is the builtin with its optional default.
func (in *interp) getattr(o value, name string, absent []value) value {
	if u, ok := o.(*unknown); ok {
		return derived("getattr("+show(u)+", "+pysrc.Repr(name)+")", u)
	}
	v := in.lookupAttr(o, name)
	_, extO := o.(*external)
	_, extV := v.(*external)
	switch {
	case isMissing(v) && len(absent) > 0:
		return absent[0]
	case isMissing(v):
		return in.noAttribute(o, name)
	case extO && extV && len(absent) > 0: // whether torch has it is not known
		return unknownf("getattr(%s, %q)", show(o), name)
	}
	return v
}

func (in *interp) hasattr(o value, name string) value {
	expr := "hasattr(" + show(o) + ", " + pysrc.Repr(name) + ")"
	switch o := o.(type) {
	case *unknown:
		return derived(expr, o)
	case *external:
		return &unknown{why: expr, expr: expr}
	case *object:
		if o.leaf != "" {
			return in.leafHasattr(o, name, expr)
		}
	}
	before, trying := in.raised, in.trying
	in.raised, in.trying = nil, 0
	v := in.lookupAttr(o, name)
	raised := in.raised != nil
	in.raised, in.trying = before, trying
	return !raised && !isMissing(v)
}

// leafHasattr tells whether a part has an attribute whose constructor was not
// entered: it is not known what that sets.
func (in *interp) leafHasattr(o *object, name, expr string) value {
	if _, ok := o.attrs.get(name); ok {
		return true
	}
	if _, ok := o.args.get(name); ok {
		return true
	}
	if c, ok := o.cls.(*class); ok {
		if _, s := in.findMember(c, name, nil); s != nil {
			return true
		}
	}
	if has, known := in.host.PartHas(in, o, name); known {
		return has
	}
	return &unknown{why: expr, expr: expr}
}
