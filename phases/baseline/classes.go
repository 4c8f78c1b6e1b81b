package baseline

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// class is a class of the interpreted program.
type class struct {
	mod           *module
	def           *pysrc.ClassDef
	name          string
	full          string // the dotted name
	opaque        bool   // its constructors are recorded, not entered
	closure       *frame
	*classMembers                  // shared: never written
	cache         map[string]value // evaluated class variables
	mro           []value          // *class and *external, itself first
	// before is what the class's name stood for where its statement begins
	// (class Layer(Layer), with an imported base); missing{} for nothing.
	before value
}

func (in *interp) newClass(mod *module, def *pysrc.ClassDef, closure *frame) *class {
	return &class{mod: mod, def: def, name: def.Name, full: mod.name + "." + def.Name, opaque: in.host.Opaque(mod.name, def.Name),
		closure: closure, classMembers: in.facts.members(def), cache: map[string]value{}, before: missing{}}
}

// site is where the class is defined.
func (c *class) site() site { return site{c.mod.path, c.def.First} }

// Show writes the class's name.
func (c *class) Show(int) string { return c.name }

// Same reports whether b is the class of the same dotted name.
func (c *class) Same(b value) bool {
	o, ok := b.(*class)
	return ok && o.full == c.full
}

// Hash is by dotted name.
func (c *class) Hash(*int) (any, bool) { return [2]string{"class", c.full}, true }

// Call makes an instance.
func (c *class) Call(in *interp, args []value, kw *namespace) value {
	return in.instantiate(c, args, kw)
}

// Item is a member of an enumeration, or a generic class with its parameter.
func (c *class) Item(in *interp, key value) value {
	if name, ok := key.(string); ok && in.isEnum(c) {
		return in.attribute(c, name)
	}
	return c
}

// Contains looks among the members of an enumeration.
func (c *class) Contains(in *interp, x value) (result, known bool) { return in.enumContains(c, x) }

// Attr gives what the class or a base of it binds.
func (c *class) Attr(in *interp, name string) value {
	switch name {
	case "__name__", "__qualname__":
		return c.name
	case "__mro__":
		return newTuple(slices.Clone(in.resolutionOrder(c))...)
	}
	if owner, s := in.findMember(c, name, nil); s != nil {
		v := in.memberValue(owner, s, name, nil, c)
		if _, ok := s.(*pysrc.AssignStmt); ok && in.isEnum(c) {
			return in.enumMemberOf(owner, name, v)
		}
		return v
	}
	switch name {
	case "__match_args__":
		if in.isRecord(c) {
			return in.fieldNames(c)
		}
	case "__init__":
		return constant(nil)
	case "__members__":
		d := newDict()
		for _, m := range in.members(c) {
			d.put(m.name, m)
		}
		return d
	}
	return in.host.ClassAttr(c, name)
}

func (c *classMembers) collect(body []pysrc.Stmt) {
	for _, s := range body {
		switch s := s.(type) {
		case *pysrc.FuncDef:
			if !isAccessor(s) {
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
	if _, ok := c.byName[name]; !ok {
		c.order = append(c.order, name)
	}
	c.byName[name] = s
}

// isAccessor says whether a function is a property's setter or deleter, which
// must not hide the getter of the same name.
func isAccessor(f *pysrc.FuncDef) bool {
	for _, d := range f.Decorators {
		if a, ok := d.(*pysrc.Attribute); ok && (a.Name == "setter" || a.Name == "deleter") {
			return true
		}
	}
	return false
}

// decorated says whether a function or class has one of the decorators, given
// by the last part of their names.
func decorated(decorators []pysrc.Expr, names ...string) bool {
	for _, d := range decorators {
		if call, ok := d.(*pysrc.Call); ok {
			d = call.Fn
		}
		last := ""
		switch d := d.(type) {
		case *pysrc.Name:
			last = d.ID
		case *pysrc.Attribute:
			last = d.Name
		}
		if slices.Contains(names, last) {
			return true
		}
	}
	return false
}

// maxBases bounds the method resolution order of one class.
const maxBases = 200

// resolutionOrder gives the C3 linearisation, the class itself first. Bases
// that are unknown are left out; a cycle ends where it closes.
func (in *interp) resolutionOrder(c *class) []value {
	if c.mro != nil {
		return c.mro
	}
	c.mro = []value{c} // what a cycle sees
	if !in.descend() {
		return c.mro
	}
	defer in.ascend()
	var bases []value
	fr := c.closure
	if fr == nil {
		fr = in.moduleFrame(c.mod)
	}
	if !isMissing(c.before) {
		fr = in.newFrame(c.mod, fr, nil)
		in.setVar(fr.vars, c.name, c.before)
	}
	for _, b := range c.def.Bases {
		v := in.eval(b, fr)
		if ch, ok := v.(*choice); ok {
			v = ch.a
		}
		switch v.(type) {
		case *class, *external:
			bases = append(bases, v)
		}
	}
	sequences := make([][]value, 0, len(bases)+1)
	for _, b := range bases {
		if bc, ok := b.(*class); ok {
			sequences = append(sequences, in.resolutionOrder(bc))
		} else {
			sequences = append(sequences, []value{b})
		}
	}
	c.mro = mergeC3(c, append(sequences, bases))
	return c.mro
}

func baseKey(v value) string {
	if c, ok := v.(*class); ok {
		return c.full
	}
	if e, ok := v.(*external); ok {
		return e.path
	}
	return ""
}

// mergeC3 merges the bases' orders; where no consistent order exists it takes
// the next class as written.
func mergeC3(c *class, sequences [][]value) []value {
	out := []value{c}
	tails := map[string]int{} // how often a class stands behind the head of a sequence
	for _, s := range sequences {
		for _, v := range s[min(1, len(s)):] {
			tails[baseKey(v)]++
		}
	}
	for len(out) < maxBases {
		var head value
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

// findMember looks a name up along the method resolution order; after, when
// not nil, starts the search behind that class (super).
func (in *interp) findMember(c *class, name string, after *class) (*class, pysrc.Stmt) {
	order := in.resolutionOrder(c)
	if after != nil {
		for i, x := range order {
			if baseKey(x) == after.full {
				order = order[i+1:]
				break
			}
		}
	}
	for _, x := range order {
		if xc, ok := x.(*class); ok {
			if s, ok := xc.byName[name]; ok {
				return xc, s
			}
		}
	}
	return nil, nil
}

// externalBase says whether one of the external bases satisfies the test.
func (in *interp) externalBase(c *class, test func(path string) bool) bool {
	for _, x := range in.resolutionOrder(c) {
		if e, ok := x.(*external); ok && test(e.path) {
			return true
		}
	}
	return false
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func (in *interp) isException(c *class) bool {
	return in.externalBase(c, func(p string) bool {
		return strings.HasPrefix(p, "builtins.") && (strings.HasSuffix(p, "Error") || strings.HasSuffix(p, "Exception"))
	})
}

// isSubclass says whether a class or one of its bases has the qualified name.
func (in *interp) isSubclass(c *class, qualified string) bool {
	for _, x := range in.resolutionOrder(c) {
		if baseKey(x) == qualified {
			return true
		}
	}
	return false
}

// memberValue gives what a member found on owner is when asked for through
// self (nil when through the class cls).
func (in *interp) memberValue(owner *class, s pysrc.Stmt, name string, self value, cls *class) value {
	switch s := s.(type) {
	case *pysrc.FuncDef:
		f := &function{mod: owner.mod, def: s, closure: owner.closure, owner: owner}
		switch {
		case decorated(s.Decorators, "property", "cached_property"):
			if self == nil {
				return f
			}
			return in.call(f.bind(self), nil, nil)
		case decorated(s.Decorators, "staticmethod"):
			return f
		case decorated(s.Decorators, "classmethod"):
			return f.bind(cls)
		case self != nil:
			return f.bind(self)
		}
		return f
	case *pysrc.ClassDef:
		return in.newClass(owner.mod, s, owner.closure)
	case *pysrc.AssignStmt:
		if v, ok := owner.cache[name]; ok {
			return v
		}
		owner.cache[name] = unknownf("class variable %s refers to itself", name)
		fr := in.newFrame(owner.mod, owner.closure, nil)
		owner.cache[name] = in.eval(s.Value, fr)
		return owner.cache[name]
	}
	return unknownf("member %s", name)
}
