package baseline

import (
	"fmt"
	"slices"
)

// value is what an expression of the interpreted program evaluates to. None,
// truth values, numbers and texts are Go's nil, bool, int, float64 and string;
// every other kind of value is a type of its own, which carries its operations
// (see operations.go).
type value any

// missing is no attribute of that name; it is never stored.
type missing struct{}

func isMissing(v value) bool { _, ok := v.(missing); return ok }

// Truth is not known.
func (missing) Truth() (t, known bool) { return false, false }

// site is a place in the source tree.
type site struct {
	file string
	line int
}

func (s site) String() string { return fmt.Sprintf("%s:%d", s.file, s.line) }

// external is something outside the program, known by its dotted path.
type external struct{ path string }

func newExternal(path string) *external { return &external{path} }

// Show writes its path.
func (e *external) Show(int) string { return e.path }

// Attr is what the path below it leads to.
func (e *external) Attr(_ *interp, name string) value { return &external{e.path + "." + name} }

// Call asks the host, then the standard library.
func (e *external) Call(in *interp, args []value, kw *namespace) value {
	if v, done := in.host.CallExternal(in, e, args, kw); done {
		return v
	}
	return in.callLibrary(e, args, kw)
}

// Item is an element of a table that the host knows, or a generic type with its
// parameter (Optional[int]).
func (e *external) Item(in *interp, key value) value {
	if v, known := in.host.Lookup(in, e, key); known && v != nil {
		return v
	}
	return e
}

// Contains is known of the tables that the host knows.
func (e *external) Contains(in *interp, x value) (result, known bool) {
	v, known := in.host.Lookup(in, e, x)
	return v != nil, known
}

// Same reports whether b is the same path.
func (e *external) Same(b value) bool {
	o, ok := b.(*external)
	return ok && o.path == e.path
}

// Equal is not known of an external and something computed.
func (e *external) Equal(b value, _ *int) (result, known bool) {
	_, ok := b.(*external)
	return e.Same(b), ok
}

// IsA is not known.
func (e *external) IsA(*interp, value) (is, known bool) { return false, false }

// Hash is by path.
func (e *external) Hash(*int) (any, bool) { return [2]string{"external", e.path}, true }

// moduleRef is a module of the program that is handed on as a value.
type moduleRef struct{ name string }

// Show writes the module's name.
func (m *moduleRef) Show(int) string { return m.name }

// Attr is a name of the module.
func (m *moduleRef) Attr(in *interp, name string) value { return in.moduleAttribute(m.name, name) }

// Hash is by identity.
func (m *moduleRef) Hash(*int) (any, bool) { return m, true }

// native is a function of the interpreter; kw may be nil.
type native func(in *interp, args []value, kw *namespace) value

// builtin is a function that is not of the program.
type builtin struct {
	name string
	fn   native
}

func newBuiltin(name string, fn native) *builtin { return &builtin{name, fn} }

// constant is a function that gives v whatever it is called with.
func constant(v value) *builtin {
	return newBuiltin("constant", func(*interp, []value, *namespace) value { return v })
}

// Show writes the function's name.
func (b *builtin) Show(int) string { return b.name }

// Call runs it.
func (b *builtin) Call(in *interp, args []value, kw *namespace) value { return b.fn(in, args, kw) }

// Item is a generic type with its parameter (list[str]).
func (b *builtin) Item(*interp, value) value { return b }

// Hash is by identity.
func (b *builtin) Hash(*int) (any, bool) { return b, true }

// partial is functools.partial.
type partial struct {
	fn   value
	args []value
	kw   *namespace
}

// Show does not look into it.
func (p *partial) Show(int) string { return "?" }

// Call calls its function with its arguments before those given.
func (p *partial) Call(in *interp, args []value, kw *namespace) value {
	merged := p.kw.clone()
	merged.addAll(kw)
	return in.call(p.fn, append(slices.Clone(p.args), args...), merged)
}

// stub is an object of the run-time environment (server arguments, process
// groups, platform): get gives its attributes, what a call of it returns for
// the name "__call__", and an item for "[]".
type stub struct {
	name string
	get  func(in *interp, name string) value
}

func newStub(name string, get func(in *interp, name string) value) *stub { return &stub{name, get} }

// silentStub is a stub whose methods do nothing.
func silentStub(name string) *stub {
	return newStub(name, func(_ *interp, attr string) value {
		if attr == "__call__" {
			return nil
		}
		return constant(nil)
	})
}

// Show writes its name.
func (s *stub) Show(int) string { return s.name }

// Attr asks the stub.
func (s *stub) Attr(in *interp, name string) value { return s.get(in, name) }

// Call asks the stub.
func (s *stub) Call(in *interp, _ []value, _ *namespace) value { return s.get(in, "__call__") }

// Item asks the stub.
func (s *stub) Item(in *interp, _ value) value { return s.get(in, "[]") }

// Same reports whether b is a stub of the same name.
func (s *stub) Same(b value) bool {
	o, ok := b.(*stub)
	return ok && o.name == s.name
}

// Hash is by identity.
func (s *stub) Hash(*int) (any, bool) { return s, true }

// scalarAttr gives an attribute of one of Python's own scalars.
func scalarAttr(v value, name string) value {
	switch v := v.(type) {
	case string:
		return stringMethod(v, name)
	case int, float64, bool:
		switch name {
		case "item", "real", "conjugate":
			return constant(v)
		case "is_integer":
			f, _ := asFloat(v)
			return constant(f == float64(int(f)))
		}
	}
	return missing{}
}
