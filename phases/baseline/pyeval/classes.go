package pyeval

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Class is a class of the interpreted program.
type Class struct {
	Module        *Module
	def           *pysrc.ClassDef
	Name          string
	Full          string // the dotted name
	Opaque        bool   // its constructors are recorded, not entered
	closure       *frame
	*classMembers                  // shared: never written
	cache         map[string]Value // evaluated class variables
	mro           []Value          // *Class and *External, itself first
	// before is what the class's name stood for where its statement begins
	// (class Layer(Layer), with an imported base); Missing for nothing.
	before Value
}

func (in *Interp) newClass(mod *Module, def *pysrc.ClassDef, closure *frame) *Class {
	return &Class{Module: mod, def: def, Name: def.Name, Full: mod.Name + "." + def.Name, Opaque: in.host.Opaque(mod.Name, def.Name),
		closure: closure, classMembers: in.facts.members(def), cache: map[string]Value{}, before: Missing{}}
}

// Site is where the class is defined.
func (c *Class) Site() Site { return Site{c.Module.Path, c.def.First} }

// Show writes the class's name.
func (c *Class) Show(int) string { return c.Name }

// same reports whether two classes are one: a definition that is evaluated again
// makes the same class.
func (c *Class) same(b Value) bool {
	o, ok := b.(*Class)
	return ok && o.def == c.def
}

func (c *Class) hash(*int) (any, bool) { return c.def, true }

func (c *Class) call(in *Interp, args []Value, kw *Namespace) Value {
	return in.Instantiate(c, args, kw)
}

// Item is a member of an enumeration, or a generic class with its parameter.
func (c *Class) Item(in *Interp, key Value) Value {
	if name, ok := key.(string); ok && in.IsEnum(c) {
		return in.Attribute(c, name)
	}
	return c
}

// Contains looks among the members of an enumeration.
func (c *Class) Contains(in *Interp, x Value) (result, known bool) { return in.enumContains(c, x) }

// Attr returns what the class or a base of it binds.
func (c *Class) Attr(in *Interp, name string) Value {
	switch name {
	case "__name__", "__qualname__":
		return c.Name
	case "__mro__":
		return NewTuple(slices.Clone(in.ResolutionOrder(c))...)
	}
	if owner, s := in.FindMember(c, name, nil); s != nil {
		v := in.MemberValue(owner, s, name, nil, c)
		if _, ok := s.(*pysrc.AssignStmt); ok && in.IsEnum(c) {
			return in.enumMemberOf(owner, name, v)
		}
		return v
	}
	switch name {
	case "__match_args__":
		if in.isRecord(c) {
			names := NewTuple()
			for _, f := range in.fields(c) {
				names.Items = append(names.Items, f.name)
			}
			return names
		}
	case "__init__":
		return Constant(nil)
	case "__members__":
		d := NewDict()
		for _, m := range in.members(c) {
			d.Put(m.name, m)
		}
		return d
	}
	return in.host.ClassAttr(c, name)
}

func (c *classMembers) collect(body []pysrc.Stmt) {
	for _, s := range body {
		switch s := s.(type) {
		case *pysrc.FuncDef:
			// A property's setter or deleter must not hide the getter.
			if !decorated(s.Decorators, "setter", "deleter") {
				c.add(s.Name, s)
			}
		case *pysrc.ClassDef:
			c.add(s.Name, s)
		case *pysrc.AssignStmt:
			if s.Value == nil {
				continue
			}
			for _, t := range s.Targets {
				if n, ok := t.(*pysrc.Name); ok {
					c.add(n.ID, s)
				}
			}
		case *pysrc.IfStmt:
			c.collect(s.Body)
		}
	}
}

func (c *classMembers) add(name string, s pysrc.Stmt) {
	if _, ok := c.ByName[name]; !ok {
		c.Order = append(c.Order, name)
	}
	c.ByName[name] = s
}

// decorated reports whether a function or class has one of the decorators, given
// by the last part of their names.
func decorated(decorators []pysrc.Expr, names ...string) bool {
	for _, d := range decorators {
		if call, ok := d.(*pysrc.Call); ok {
			d = call.Fn
		}
		if slices.Contains(names, LastPart(pysrc.Unparse(d))) {
			return true
		}
	}
	return false
}

// maxBases bounds the method resolution order of one class.
const maxBases = 200

// ResolutionOrder returns the C3 linearisation, the class itself first. Bases
// that are unknown are left out; a cycle ends where it closes.
func (in *Interp) ResolutionOrder(c *Class) []Value {
	if c.mro != nil {
		return c.mro
	}
	c.mro = []Value{c} // what a cycle sees
	if !in.Descend() {
		return c.mro
	}
	defer in.Ascend()
	var bases []Value
	fr := c.closure
	if fr == nil {
		fr = in.moduleFrame(c.Module)
	}
	if !IsMissing(c.before) {
		fr = in.newFrame(c.Module, fr, nil)
		in.SetVar(fr.vars, c.Name, c.before)
	}
	for _, b := range c.def.Bases {
		v := in.eval(b, fr)
		if ch, ok := v.(*Choice); ok {
			v = ch.A
		}
		switch v.(type) {
		case *Class, *External:
			bases = append(bases, v)
		}
	}
	sequences := make([][]Value, 0, len(bases)+1)
	for _, b := range bases {
		if bc, ok := b.(*Class); ok {
			sequences = append(sequences, in.ResolutionOrder(bc))
		} else {
			sequences = append(sequences, []Value{b})
		}
	}
	c.mro = mergeC3(c, append(sequences, bases))
	return c.mro
}

// baseKey identifies a class: one of the program by its definition, as a name may
// be bound to several, an external one by its path.
func baseKey(v Value) any {
	switch c := v.(type) {
	case *Class:
		return c.def
	case *External:
		return c.Path
	}
	return nil
}

// mergeC3 merges the bases' orders; where no consistent order exists it takes
// the next class as written.
func mergeC3(c *Class, sequences [][]Value) []Value {
	out := []Value{c}
	tails := map[any]int{} // how often a class stands behind the head of a sequence
	for _, s := range sequences {
		for _, v := range s[min(1, len(s)):] {
			tails[baseKey(v)]++
		}
	}
	for len(out) < maxBases {
		var head Value
		for _, s := range sequences {
			if len(s) == 0 {
				continue
			}
			if head == nil {
				head = s[0]
			}
			if tails[baseKey(s[0])] == 0 {
				head = s[0]
				break
			}
		}
		if head == nil {
			break
		}
		out = append(out, head)
		key := baseKey(head)
		for i, s := range sequences {
			if len(s) > 0 && baseKey(s[0]) == key {
				sequences[i] = s[1:]
				if len(s) > 1 {
					tails[baseKey(s[1])]--
				}
			}
		}
	}
	return out
}

// FindMember looks a name up along the method resolution order; after, when
// not nil, starts the search behind that class (super).
func (in *Interp) FindMember(c *Class, name string, after *Class) (*Class, pysrc.Stmt) {
	order := in.ResolutionOrder(c)
	if after != nil {
		for i, x := range order {
			if baseKey(x) == baseKey(after) {
				order = order[i+1:]
				break
			}
		}
	}
	for _, x := range order {
		if xc, ok := x.(*Class); ok {
			if s, ok := xc.ByName[name]; ok {
				return xc, s
			}
		}
	}
	return nil, nil
}

// ExternalBase reports whether one of the external bases satisfies the test.
func (in *Interp) ExternalBase(c *Class, test func(path string) bool) bool {
	return slices.ContainsFunc(in.ResolutionOrder(c), func(x Value) bool {
		e, ok := x.(*External)
		return ok && test(e.Path)
	})
}

// LastPart is the last part of a dotted path.
func LastPart(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func (in *Interp) isException(c *Class) bool {
	return in.ExternalBase(c, func(p string) bool {
		return strings.HasPrefix(p, "builtins.") && (strings.HasSuffix(p, "Error") || strings.HasSuffix(p, "Exception"))
	})
}

// isSubclass reports whether a class is another one or extends it.
func (in *Interp) isSubclass(c, other *Class) bool {
	return slices.ContainsFunc(in.ResolutionOrder(c), func(x Value) bool { return baseKey(x) == baseKey(other) })
}

// MemberValue returns what a member found on owner is when asked for through
// self (nil when through the class cls).
func (in *Interp) MemberValue(owner *Class, s pysrc.Stmt, name string, self Value, cls *Class) Value {
	switch s := s.(type) {
	case *pysrc.FuncDef:
		f := owner.Method(s)
		switch {
		case decorated(s.Decorators, "property", "cached_property"):
			if self == nil {
				return f
			}
			return in.Call(f.Bind(self), nil, nil)
		case decorated(s.Decorators, "staticmethod"):
			return f
		case decorated(s.Decorators, "classmethod"):
			return f.Bind(cls)
		case self != nil:
			return f.Bind(self)
		}
		return f
	case *pysrc.ClassDef:
		return in.newClass(owner.Module, s, owner.closure)
	case *pysrc.AssignStmt:
		if v, ok := owner.cache[name]; ok {
			return v
		}
		owner.cache[name] = Unknownf("class variable %s refers to itself", name)
		fr := in.newFrame(owner.Module, owner.closure, nil)
		owner.cache[name] = in.eval(s.Value, fr)
		return owner.cache[name]
	}
	return Unknownf("member %s", name)
}
