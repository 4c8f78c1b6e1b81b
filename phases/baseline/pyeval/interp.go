// Package pyeval evaluates a Python program abstractly: nothing of it is
// executed, and what cannot be known becomes an Unknown that carries why. Values
// carry their operations (operations.go); both arms of a condition that is not
// known are run and joined (control_flow.go); all work is bounded. What is around
// the program is its Host's, who follows an evaluation is a Watcher (host.go). It
// knows no model.
package pyeval

import (
	"context"
	"errors"
	"fmt"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Limits bound one analysis; a zero field has its default.
type Limits struct {
	Steps int // statements, expressions and calls evaluated
	Depth int // nested calls
	Cells int // values held in lists, dicts and strings (16 bytes of text are one)
}

func (l Limits) withDefaults() Limits {
	if l.Steps == 0 {
		l.Steps = 20_000_000
	}
	if l.Depth == 0 {
		l.Depth = 90
	}
	if l.Cells == 0 {
		l.Cells = 8_000_000
	}
	return l
}

// Interp evaluates a program abstractly: nothing of it is executed, and what
// it cannot know becomes unknown.
type Interp struct {
	ctx      context.Context
	Program  Program
	host     Host
	facts    *Facts
	Limits   Limits
	modules  map[string]*Module
	builtins map[string]Value

	steps, cells, Depth int
	objects             int
	// Stopped is set when a bound was reached: everything then unwinds.
	Stopped error
	// raised is the exception that an expression raised and no statement
	// has handled yet.
	raised  *exception
	Watcher Watcher // while there is one

	trying int // how many try statements are open

	journal    []write              // in arms of undecided conditions
	openArms   int                  // how many arms of undecided conditions are being evaluated, one inside the other
	lastSerial int                  // of the namespaces made so far
	armSerial  int                  // lastSerial when the innermost of those arms began
	Conditions map[string]condition // undecided, by their text
	At         Site                 // the call being evaluated
	line       int                  // of the statement being executed

	Undecided  []Undecided
	seen       map[string]bool // locations in undecided
	Notes      []string
	Unreadable []string // files of the program that are there and cannot be read
}

var (
	// ErrDepth ends an evaluation that nests too deeply.
	ErrDepth = errors.New("gave up: calls or configurations nest too deeply")
	errCells = errors.New("gave up: too many values")
)

type exception struct{ text string }

// New makes an interpreter of a program. Interpreters of one program may
// share its facts.
func New(ctx context.Context, p Program, facts *Facts, limits Limits, h Host) *Interp {
	return &Interp{ctx: ctx, Program: p, host: h, facts: facts, Limits: limits.withDefaults(),
		modules: map[string]*Module{}, seen: map[string]bool{}, builtins: newBuiltins()}
}

// Notef adds a remark about the evaluation; after the first 50 none is kept.
func (in *Interp) Notef(format string, args ...any) {
	const most = 50
	if len(in.Notes) < most {
		in.Notes = append(in.Notes, fmt.Sprintf(format, args...))
	}
}

// Stop ends the analysis: every evaluation from here on gives unknown.
func (in *Interp) Stop(err error) {
	if in.Stopped == nil {
		in.Stopped = err
	}
}

// Step counts one unit of work; false when the analysis must end.
func (in *Interp) Step() bool {
	if in.Stopped != nil {
		return false
	}
	in.steps++
	if in.steps > in.Limits.Steps {
		in.Stop(fmt.Errorf("gave up after %d steps", in.Limits.Steps))
		return false
	}
	const often = 1 << 10
	if in.steps%often == 0 {
		if err := in.ctx.Err(); err != nil {
			in.Stop(err)
			return false
		}
	}
	return true
}

// Grow counts n values that are about to be made; false when there would be
// too many.
func (in *Interp) Grow(n int) bool {
	if n < 0 || n > in.Limits.Cells || in.cells+n > in.Limits.Cells {
		in.Stop(fmt.Errorf("gave up after %d values", in.Limits.Cells))
		return false
	}
	in.cells += n
	return true
}

// Descend counts one level of whatever recurses: calls, star imports, nested
// configurations. When it returns true, ascend must follow; when false, there
// are too many levels, and the analysis ends.
func (in *Interp) Descend() bool {
	if in.Depth >= in.Limits.Depth {
		in.Stop(ErrDepth)
		return false
	}
	in.Depth++
	return true
}

// Ascend ends a level that Descend began.
func (in *Interp) Ascend() { in.Depth-- }

// TakeRaised returns the exception that nothing has handled, and drops it.
func (in *Interp) TakeRaised() (text string, raised bool) {
	x := in.raised
	in.raised = nil
	if x == nil {
		return "", false
	}
	return x.text, true
}

// Watch evaluates f with a watcher, in a count of steps of its own. What cannot
// be decided meanwhile is not reported.
func (in *Interp) Watch(w Watcher, f func()) {
	undecided, seen, steps := in.Undecided, in.seen, in.steps
	in.steps, in.seen = 0, map[string]bool{}
	in.Watcher = w
	f()
	in.Watcher = nil
	in.Undecided, in.seen, in.steps = undecided, seen, in.steps+steps
}

// Halted reports whether evaluation must unwind: a bound or an exception.
func (in *Interp) Halted() bool { return in.Stopped != nil || in.raised != nil }

func (in *Interp) raise(text string) Value {
	if in.raised == nil {
		in.raised = &exception{text}
	}
	return &Unknown{Why: "raised " + text}
}

// fail is an exception where a try statement may catch it, and an unknown
// elsewhere: our knowledge of the container may be what falls short.
func (in *Interp) fail(exception, expr string) Value {
	if in.trying > 0 {
		return in.raise(exception)
	}
	return &Unknown{Why: exception, Expr: Clip(expr, maxExpression)}
}

// Attempt evaluates f and swallows an exception that it raises.
func (in *Interp) Attempt(f func() Value) Value {
	before := in.raised
	in.raised = nil
	v := f()
	if in.raised != nil {
		v = &Unknown{Why: "raises " + in.raised.text}
	}
	in.raised = before
	return v
}

// nextSerial numbers a namespace that is being made.
func (in *Interp) nextSerial() int {
	in.lastSerial++
	return in.lastSerial
}

// frame holds the variables of one call.
type frame struct {
	mod     *Module
	parent  *frame // the enclosing function's
	fn      *Function
	owner   *Class // of the method being called
	vars    *Namespace
	pending []pendingReturn
	yields  *List
	globals map[string]bool // names declared global
}

// pendingReturn is an early return under an undecided condition.
type pendingReturn struct {
	cond string
	v    Value
}

func (in *Interp) newFrame(m *Module, parent *frame, fn *Function) *frame {
	return &frame{mod: m, parent: parent, fn: fn, vars: &Namespace{serial: in.nextSerial()}}
}

func (in *Interp) moduleFrame(m *Module) *frame { return in.newFrame(m, nil, nil) }

// EvalNamed evaluates an expression in which names stand for values.
func (in *Interp) EvalNamed(x pysrc.Expr, names *Namespace) Value {
	fr := in.moduleFrame(newModule("", "", nil, nil))
	fr.vars = names
	return in.eval(x, fr)
}

// lookup returns the value of a name seen from a frame.
func (in *Interp) lookup(fr *frame, name string) Value {
	for f := fr; f != nil && !fr.globals[name]; f = f.parent {
		if i := f.vars.find(name); i >= 0 {
			return f.vars.Vals[i]
		}
	}
	if name == "logger" {
		return SilentStub(name)
	}
	m := fr.mod
	if bs, ok := m.bindings[name]; ok {
		last := bs[len(bs)-1]
		if from, ok := last.stmt.(*pysrc.ImportFrom); ok {
			if v := in.host.Name(in, from.Base(m.Name, m.IsPackage), last.alias.Name); v != nil {
				return v
			}
		}
		return in.Global(m, name)
	}
	if v, ok := in.starImport(m, name); ok {
		return v
	}
	if v, ok := in.builtins[name]; ok {
		return v
	}
	return Unknownf("name %s", name)
}

// Costs of what is made, in cells: an object with its attributes' table, a
// name in a table.
const (
	objectCells = 16
	nameCells   = 4
)

// NewObject makes an instance without attributes.
func (in *Interp) NewObject(cls Value, kind Kind) *Instance {
	in.objects++
	in.Grow(objectCells)
	return &Instance{ID: in.objects, Class: cls, Kind: kind, Attrs: &Namespace{serial: in.nextSerial()}, Site: in.At}
}
