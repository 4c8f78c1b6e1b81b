package baseline

import "github.com/fib-ls/fib-ls/phases/baseline/pysrc"

// program gives the modules of a program as syntax trees.
type program interface {
	// Paths are the files that may hold a module, in the order in which they
	// are looked for; none when the name is not of the program.
	Paths(module string) []string
	// Syntax gives a file's tree; nil, nil when there is no such file.
	Syntax(path string) (*pysrc.Module, error)
	// Files lists the Python files directly in a directory, sorted.
	Files(dir string) []string
}

// host stands for what is around a program: the libraries that it uses, the
// machine and the settings that it runs with, and what its classes are to what
// it builds.
type host interface {
	// Name gives the value that a name of a module has whatever the module
	// binds it to; nil when there is none.
	Name(in *interp, module, name string) value
	// Function gives what a call of a function of the program returns that is
	// not run.
	Function(in *interp, f *function, args []value, kw *namespace) (v value, done bool)
	// Opaque reports whether a class's constructors are recorded, not entered.
	Opaque(module, class string) bool
	// Kind says what the instances of a class are.
	Kind(c *class) instanceKind
	// IsBaseOfParts reports whether an external class is the base of all parts.
	IsBaseOfParts(path string) bool
	// InitSettings runs the constructor that settings have from outside.
	InitSettings(in *interp, o *object, kw *namespace)
	// Reads is told of the attributes that are asked for.
	Reads(o *object, name string)
	// InstanceAttr gives an attribute that the host decides.
	InstanceAttr(in *interp, o *object, name string) (v value, done bool)
	// PartHas tells whether a recorded part has an attribute.
	PartHas(in *interp, o *object, name string) (has, known bool)
	// ClassAttr gives an attribute that no class of the program binds;
	// missing{} when there is none.
	ClassAttr(c *class, name string) value
	// Super gives super().name where only external bases are left, nil when
	// the host does not know; self is nil where the class itself is asked.
	Super(in *interp, self *object, c *class, name string) value
	// CallExternal gives what a call of something outside the program returns.
	CallExternal(in *interp, f *external, args []value, kw *namespace) (v value, done bool)
	// Lookup gives an element of a table outside the program, nil when it has
	// none; known is false when it is not a table that the host knows.
	Lookup(in *interp, table *external, key value) (v value, known bool)
	// Escaped gives the result of a function that an exception leaves; done is
	// false when the exception goes on to the caller.
	Escaped(in *interp, f *function, text string) (v value, done bool)
}

// watcher follows an evaluation. While there is one, both arms of a condition
// that is not known are run without a report, and loops of unknown length twice,
// so that everything is seen that may happen.
type watcher interface {
	// Statement is told of each statement before it runs.
	Statement(s pysrc.Stmt)
	// Calling is told of each call, Entering of each function that is entered;
	// what they give is run when that ends.
	Calling(e *pysrc.Call) func()
	Entering(f *function) func()
	// Call may stand in for a call.
	Call(fn value, args []value, kw *namespace) (v value, done bool)
	// Attr may stand in for an attribute that an object does not hold itself;
	// Read is told of those that it holds.
	Attr(o *object, name string) (v value, done bool)
	Read(v value)
	// Any gives the element of a list of parts whose index is not known; nil
	// when there is none.
	Any(items []value) value
	// Follows reports whether a module of the program is looked into.
	Follows(module string) bool
}

// noHost knows nothing: a program without libraries.
type noHost struct{}

// Name implements host.
func (noHost) Name(*interp, string, string) value { return nil }

// Function implements host.
func (noHost) Function(*interp, *function, []value, *namespace) (value, bool) { return nil, false }

// Opaque implements host.
func (noHost) Opaque(string, string) bool { return false }

// Kind implements host.
func (noHost) Kind(*class) instanceKind { return plainObject }

// IsBaseOfParts implements host.
func (noHost) IsBaseOfParts(string) bool { return false }

// InitSettings implements host.
func (noHost) InitSettings(*interp, *object, *namespace) {}

// Reads implements host.
func (noHost) Reads(*object, string) {}

// InstanceAttr implements host.
func (noHost) InstanceAttr(*interp, *object, string) (value, bool) { return nil, false }

// PartHas implements host.
func (noHost) PartHas(*interp, *object, string) (has, known bool) { return false, false }

// ClassAttr implements host.
func (noHost) ClassAttr(*class, string) value { return missing{} }

// Super implements host.
func (noHost) Super(*interp, *object, *class, string) value { return nil }

// CallExternal implements host.
func (noHost) CallExternal(*interp, *external, []value, *namespace) (value, bool) { return nil, false }

// Lookup implements host.
func (noHost) Lookup(*interp, *external, value) (value, bool) { return nil, false }

// Escaped implements host.
func (noHost) Escaped(*interp, *function, string) (value, bool) { return nil, false }
