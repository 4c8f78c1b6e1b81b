package baseline

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// enumMember is a member of an enumeration.
type enumMember struct {
	class string // qualified name
	name  string
	value value
	plain bool // of a class that is also str or int: equal to its value
}

// Show writes the class and the name.
func (e *enumMember) Show(int) string { return lastPart(e.class) + "." + e.name }

// Same reports whether b is the same member.
func (e *enumMember) Same(b value) bool {
	o, ok := b.(*enumMember)
	return ok && e.class == o.class && e.name == o.name
}

// Equal compares members, and a member with a scalar by its value.
func (e *enumMember) Equal(b value, fuel *int) (result, known bool) {
	switch b.(type) {
	case *enumMember:
		return e.Same(b), true
	case string, int, bool, float64:
		return equalDeep(e.value, b, fuel)
	}
	return false, true
}

// Hash is that of the value where the member equals it.
func (e *enumMember) Hash(fuel *int) (any, bool) {
	if e.plain {
		return hashDeep(e.value, fuel)
	}
	return [2]string{e.class, e.name}, true
}

// IsA compares the class, or asks the value where the member is one.
func (e *enumMember) IsA(in *interp, of value) (is, known bool) {
	switch t := of.(type) {
	case *class:
		return e.class == t.full, true
	case *builtin:
		if e.plain {
			return in.isInstanceOf(e.value, of)
		}
		return isPythonType(of)
	}
	return false, false
}

// Attr gives the value, the name, or what the class binds.
func (e *enumMember) Attr(in *interp, name string) value {
	switch name {
	case "value", "_value_":
		return e.value
	case "name":
		return e.name
	}
	i := len(e.class) - len(lastPart(e.class)) - 1
	c, ok := in.moduleAttribute(e.class[:max(i, 0)], lastPart(e.class)).(*class)
	if !ok {
		return missing{}
	}
	if owner, s := in.findMember(c, name, nil); s != nil {
		return in.memberValue(owner, s, name, e, c)
	}
	if e.plain {
		return in.lookupAttr(e.value, name)
	}
	return missing{}
}

func (in *interp) isEnum(c *class) bool {
	return in.externalBase(c, func(p string) bool {
		switch lastPart(p) {
		case "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag":
			return true
		}
		return false
	})
}

// autoValue is the reason of the unknown that enum.auto() gives.
const autoValue = "enum.auto"

// enumMemberOf makes the member that a class variable of an enumeration is.
func (in *interp) enumMemberOf(owner *class, name string, v value) *enumMember {
	if u, ok := v.(*unknown); ok && u.why == autoValue {
		v = slices.Index(owner.order, name) + 1
	}
	plain := in.externalBase(owner, func(p string) bool {
		switch lastPart(p) {
		case "str", "int", "IntEnum", "StrEnum":
			return true
		}
		return false
	})
	return &enumMember{class: owner.full, name: name, value: v, plain: plain}
}

// members are the members of an enumeration, in order.
func (in *interp) members(c *class) []*enumMember {
	var out []*enumMember
	for _, name := range c.order {
		if _, ok := c.byName[name].(*pysrc.AssignStmt); !ok {
			continue
		}
		if m, ok := c.Attr(in, name).(*enumMember); ok {
			out = append(out, m)
		}
	}
	return out
}

// enumOf is a call of an enumeration: the member with a value.
func (in *interp) enumOf(c *class, v value) value {
	if isUnknown(v) {
		return derived(c.name+"("+show(v)+")", v)
	}
	for _, m := range in.members(c) {
		if r, k := equal(m, v); r && k {
			return m
		}
		if r, k := equal(m.value, v); r && k {
			return m
		}
	}
	return in.fail("ValueError", c.name+"("+show(v)+")")
}

// enumContains is `value in EnumClass`.
func (in *interp) enumContains(c *class, v value) (result, known bool) {
	if !in.isEnum(c) {
		return false, false
	}
	for _, m := range in.members(c) {
		if r, k := equal(m, v); k && r {
			return true, true
		}
	}
	return false, true
}
