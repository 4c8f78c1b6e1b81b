package pyeval

import "github.com/fib-ls/fib-ls/phases/baseline/pysrc"

// Program returns the modules of a program as syntax trees.
type Program interface {
	// Paths are the files that may hold a module, in the order in which they
	// are looked for; none when the name is not of the program.
	Paths(module string) []string
	// Syntax returns a file's tree; nil, nil when there is no such file.
	Syntax(path string) (*pysrc.Module, error)
	// Files lists the Python files directly in a directory, sorted.
	Files(dir string) []string
}

// Host stands for what is around a program: the libraries that it uses, the
// machine and the settings that it runs with, and what its classes are to what
// it builds.
type Host interface {
	// Name returns the value that a name of a module has whatever the module
	// binds it to; nil when there is none.
	Name(in *Interp, module, name string) Value
	// Function returns what a call of a function of the program returns that is
	// not run.
	Function(in *Interp, f *Function, args []Value, kw *Namespace) (v Value, done bool)
	// Opaque reports whether a class's constructors are recorded, not entered.
	Opaque(module, class string) bool
	// Kind says what the instances of a class are.
	Kind(c *Class) Kind
	// IsBaseOfParts reports whether an external class is the base of all parts.
	IsBaseOfParts(path string) bool
	// InitSettings runs the constructor that settings have from outside.
	InitSettings(in *Interp, o *Instance, kw *Namespace)
	// Reads is called before an attribute of an instance is looked up.
	Reads(o *Instance, name string)
	// InstanceAttr returns an attribute that the host decides.
	InstanceAttr(in *Interp, o *Instance, name string) (v Value, done bool)
	// PartHas reports whether a recorded part has an attribute.
	PartHas(in *Interp, o *Instance, name string) (has, known bool)
	// ClassAttr returns an attribute that no class of the program binds;
	// Missing when there is none.
	ClassAttr(c *Class, name string) Value
	// Super returns super().name where only external bases are left, nil when
	// the host does not know; self is nil where the class itself is asked.
	Super(in *Interp, self *Instance, c *Class, name string) Value
	// CallExternal returns what a call of something outside the program returns.
	CallExternal(in *Interp, f *External, args []Value, kw *Namespace) (v Value, done bool)
	// Lookup returns an element of a table outside the program, nil when it has
	// none; known is false when it is not a table that the host knows.
	Lookup(in *Interp, table *External, key Value) (v Value, known bool)
	// Escaped returns the result of a function that an exception leaves; done is
	// false when the exception goes on to the caller.
	Escaped(in *Interp, f *Function, text string) (v Value, done bool)
}

// NoHost stands for nothing: a program without libraries has it, and a host that
// embeds it answers only what it knows.
func NoHost() Host { return noHost{} }

type noHost struct{}

func (noHost) Name(*Interp, string, string) Value                                 { return nil }
func (noHost) Function(*Interp, *Function, []Value, *Namespace) (Value, bool)     { return nil, false }
func (noHost) Opaque(string, string) bool                                         { return false }
func (noHost) Kind(*Class) Kind                                                   { return Plain }
func (noHost) IsBaseOfParts(string) bool                                          { return false }
func (noHost) InitSettings(*Interp, *Instance, *Namespace)                        {}
func (noHost) Reads(*Instance, string)                                            {}
func (noHost) InstanceAttr(*Interp, *Instance, string) (Value, bool)              { return nil, false }
func (noHost) PartHas(*Interp, *Instance, string) (has, known bool)               { return false, false }
func (noHost) ClassAttr(*Class, string) Value                                     { return Missing{} }
func (noHost) Super(*Interp, *Instance, *Class, string) Value                     { return nil }
func (noHost) CallExternal(*Interp, *External, []Value, *Namespace) (Value, bool) { return nil, false }
func (noHost) Lookup(*Interp, *External, Value) (Value, bool)                     { return nil, false }
func (noHost) Escaped(*Interp, *Function, string) (Value, bool)                   { return nil, false }

// Watcher follows an evaluation. While there is one, both arms of a condition
// that is not known are run without a report, and loops of unknown length twice,
// so that everything is seen that may happen.
type Watcher interface {
	// Statement is called before each statement.
	Statement(s pysrc.Stmt)
	// Calling is called before each call, Entering before the body of each
	// function; what they return is called when that ends.
	Calling(e *pysrc.Call) func()
	Entering(f *Function) func()
	// Intercept may stand in for a call.
	Intercept(fn Value, args []Value, kw *Namespace) (v Value, done bool)
	// Attr may stand in for an attribute that an object does not hold itself;
	// Read is called with those that it holds.
	Attr(o *Instance, name string) (v Value, done bool)
	Read(v Value)
	// Any returns the element of a list of parts whose index is not known; nil
	// when there is none.
	Any(items []Value) Value
	// Follows reports whether a module of the program is looked into.
	Follows(module string) bool
}
