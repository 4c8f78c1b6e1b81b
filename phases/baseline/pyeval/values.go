package pyeval

import (
	"fmt"
	"slices"
)

// Value is what an expression of the interpreted program evaluates to. None,
// truth values, numbers and texts are Go's nil, bool, int, float64 and string;
// every other kind of value is a type of its own, which carries its operations
// (see operations.go).
type Value any

// Missing is no attribute of that name; it is never stored.
type Missing struct{}

// IsMissing reports whether there was no attribute.
func IsMissing(v Value) bool { _, ok := v.(Missing); return ok }

// Truth is not known.
func (Missing) Truth() (t, known bool) { return false, false }

// Site is a place in the source tree.
type Site struct {
	File string
	Line int
}

// String writes it as "file:line".
func (s Site) String() string { return fmt.Sprintf("%s:%d", s.File, s.Line) }

// External is something outside the program, known by its dotted path.
type External struct{ Path string }

// NewExternal makes the external of a path.
func NewExternal(path string) *External { return &External{path} }

// Show writes its path.
func (e *External) Show(int) string { return e.Path }

// Attr is what the path below it leads to.
func (e *External) Attr(_ *Interp, name string) Value { return &External{e.Path + "." + name} }

// call asks the host, then the standard library.
func (e *External) call(in *Interp, args []Value, kw *Namespace) Value {
	if v, done := in.host.CallExternal(in, e, args, kw); done {
		return v
	}
	return in.callLibrary(e, args, kw)
}

// Item is an element of a table that the host knows, or a generic type with its
// parameter (Optional[int]).
func (e *External) Item(in *Interp, key Value) Value {
	if v, known := in.host.Lookup(in, e, key); known && v != nil {
		return v
	}
	return e
}

// Contains is known of the tables that the host knows.
func (e *External) Contains(in *Interp, x Value) (result, known bool) {
	v, known := in.host.Lookup(in, e, x)
	return v != nil, known
}

func (e *External) same(b Value) bool {
	o, ok := b.(*External)
	return ok && o.Path == e.Path
}

// Equal is not known of an external and something computed.
func (e *External) Equal(b Value, _ *int) (result, known bool) {
	_, ok := b.(*External)
	return e.same(b), ok
}

// IsA is not known.
func (e *External) IsA(*Interp, Value) (is, known bool) { return false, false }

func (e *External) hash(*int) (any, bool) { return [2]string{"external", e.Path}, true }

// moduleRef is a module of the program that is handed on as a value.
type moduleRef struct{ name string }

// Show writes the module's name.
func (m *moduleRef) Show(int) string { return m.name }

// Attr is a name of the module.
func (m *moduleRef) Attr(in *Interp, name string) Value { return in.ModuleAttribute(m.name, name) }

func (m *moduleRef) hash(*int) (any, bool) { return m, true }

// Native is a function of the interpreter; kw may be nil.
type Native func(in *Interp, args []Value, kw *Namespace) Value

// Builtin is a function that is not of the program.
type Builtin struct {
	name string
	fn   Native
}

// NewBuiltin makes a function of the interpreter.
func NewBuiltin(name string, fn Native) *Builtin { return &Builtin{name, fn} }

// Constant is a function that gives v whatever it is called with.
func Constant(v Value) *Builtin {
	return NewBuiltin("constant", func(*Interp, []Value, *Namespace) Value { return v })
}

// Show writes the function's name.
func (b *Builtin) Show(int) string { return b.name }

func (b *Builtin) call(in *Interp, args []Value, kw *Namespace) Value { return b.fn(in, args, kw) }

// Item is a generic type with its parameter (list[str]).
func (b *Builtin) Item(*Interp, Value) Value { return b }

func (b *Builtin) hash(*int) (any, bool) { return b, true }

// Partial is functools.partial.
type Partial struct {
	fn       Value
	Args     []Value
	Keywords *Namespace
}

// Show does not look into it.
func (p *Partial) Show(int) string { return "?" }

func (p *Partial) call(in *Interp, args []Value, kw *Namespace) Value {
	merged := p.Keywords.Clone()
	merged.AddAll(kw)
	return in.Call(p.fn, append(slices.Clone(p.Args), args...), merged)
}

// Stub is an object of the run-time environment (server arguments, process
// groups, platform): get gives its attributes, what a call of it returns for
// the name "__call__", and an item for "[]".
type Stub struct {
	name string
	get  func(in *Interp, name string) Value
}

// NewStub makes a stub.
func NewStub(name string, get func(in *Interp, name string) Value) *Stub { return &Stub{name, get} }

// SilentStub is a stub whose methods do nothing.
func SilentStub(name string) *Stub {
	return NewStub(name, func(_ *Interp, attr string) Value {
		if attr == "__call__" {
			return nil
		}
		return Constant(nil)
	})
}

// Show writes its name.
func (s *Stub) Show(int) string { return s.name }

// Attr asks the stub.
func (s *Stub) Attr(in *Interp, name string) Value { return s.get(in, name) }

func (s *Stub) call(in *Interp, _ []Value, _ *Namespace) Value { return s.get(in, "__call__") }

// Item asks the stub.
func (s *Stub) Item(in *Interp, _ Value) Value { return s.get(in, "[]") }

func (s *Stub) same(b Value) bool {
	o, ok := b.(*Stub)
	return ok && o.name == s.name
}

func (s *Stub) hash(*int) (any, bool) { return s, true }

// scalarAttr returns an attribute of one of Python's own scalars.
func scalarAttr(v Value, name string) Value {
	switch v := v.(type) {
	case string:
		return stringMethod(v, name)
	case int, float64, bool:
		switch name {
		case "item", "real", "conjugate":
			return Constant(v)
		case "is_integer":
			f, _ := asFloat(v)
			return Constant(f == float64(int(f)))
		}
	}
	return Missing{}
}
