package pyeval

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// enumMember is a member of an enumeration.
type enumMember struct {
	class string // qualified name
	name  string
	value Value
	plain bool // of a class that is also str or int: equal to its value
}

// Show writes the class and the name.
func (e *enumMember) Show(int) string { return LastPart(e.class) + "." + e.name }

func (e *enumMember) same(b Value) bool {
	o, ok := b.(*enumMember)
	return ok && e.class == o.class && e.name == o.name
}

// Equal compares members, and with a scalar a member that is its value.
func (e *enumMember) Equal(b Value, fuel *int) (result, known bool) {
	switch b.(type) {
	case *enumMember:
		return e.same(b), true
	case string, int, bool, float64:
		if e.plain {
			return equalDeep(e.value, b, fuel)
		}
	}
	return false, true
}

// hash is that of the value where the member equals it.
func (e *enumMember) hash(fuel *int) (any, bool) {
	if e.plain {
		return hashDeep(e.value, fuel)
	}
	return [2]string{e.class, e.name}, true
}

// IsA compares the class, or asks the value where the member is one.
func (e *enumMember) IsA(in *Interp, of Value) (is, known bool) {
	switch t := of.(type) {
	case *Class:
		return e.class == t.Full, true
	case *Builtin:
		if e.plain {
			return in.isInstanceOf(e.value, of)
		}
		return IsPythonType(of)
	}
	return false, false
}

// Attr returns the value, the name, or what the class binds.
func (e *enumMember) Attr(in *Interp, name string) Value {
	switch name {
	case "value", "_value_":
		return e.value
	case "name":
		return e.name
	}
	i := len(e.class) - len(LastPart(e.class)) - 1
	c, ok := in.ModuleAttribute(e.class[:max(i, 0)], LastPart(e.class)).(*Class)
	if !ok {
		return Missing{}
	}
	if owner, s := in.FindMember(c, name, nil); s != nil {
		return in.MemberValue(owner, s, name, e, c)
	}
	if e.plain {
		return in.LookupAttr(e.value, name)
	}
	return Missing{}
}

// IsEnum reports whether a class is an enumeration.
func (in *Interp) IsEnum(c *Class) bool {
	return in.ExternalBase(c, func(p string) bool {
		switch LastPart(p) {
		case "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag":
			return true
		}
		return false
	})
}

// autoValue is the reason of the unknown that enum.auto() gives.
const autoValue = "enum.auto"

// enumMemberOf makes the member that a class variable of an enumeration is.
func (in *Interp) enumMemberOf(owner *Class, name string, v Value) *enumMember {
	if u, ok := v.(*Unknown); ok && u.Why == autoValue {
		v = slices.Index(owner.Order, name) + 1
	}
	plain := in.ExternalBase(owner, func(p string) bool {
		switch LastPart(p) {
		case "str", "int", "IntEnum", "StrEnum":
			return true
		}
		return false
	})
	return &enumMember{class: owner.Full, name: name, value: v, plain: plain}
}

// members are the members of an enumeration, in order.
func (in *Interp) members(c *Class) []*enumMember {
	var out []*enumMember
	for _, name := range c.Order {
		if _, ok := c.ByName[name].(*pysrc.AssignStmt); !ok {
			continue
		}
		if m, ok := c.Attr(in, name).(*enumMember); ok {
			out = append(out, m)
		}
	}
	return out
}

// memberOf is the member of an enumeration that a value is, or is the value of.
func (in *Interp) memberOf(c *Class, v Value) (*enumMember, bool) {
	for _, m := range in.members(c) {
		for _, x := range []Value{m, m.value} {
			if r, k := equal(x, v); r && k {
				return m, true
			}
		}
	}
	return nil, false
}

// enumOf is a call of an enumeration: the member with a value.
func (in *Interp) enumOf(c *Class, v Value) Value {
	if IsUnknown(v) {
		return Derived(c.Name+"("+Show(v)+")", v)
	}
	if m, ok := in.memberOf(c, v); ok {
		return m
	}
	return in.fail("ValueError", c.Name+"("+Show(v)+")")
}

// enumContains is `value in EnumClass`.
func (in *Interp) enumContains(c *Class, v Value) (result, known bool) {
	if !in.IsEnum(c) {
		return false, false
	}
	_, is := in.memberOf(c, v)
	return is, true
}
