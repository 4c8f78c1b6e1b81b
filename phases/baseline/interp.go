package baseline

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

// interp evaluates a program abstractly: nothing of it is executed, and what
// it cannot know becomes unknown.
type interp struct {
	ctx      context.Context
	program  program
	host     host
	facts    *programFacts
	limits   Limits
	modules  map[string]*module
	builtins map[string]value

	steps, cells, depth int
	objects             int
	// stopped is set when a bound was reached: everything then unwinds.
	stopped error
	// raised is the exception that an expression raised and no statement
	// has handled yet.
	raised  *exception
	watcher watcher // while there is one

	trying int // how many try statements are open

	journal    []change
	tentative  int                  // how many arms of undecided conditions are being tried
	births     int                  // tables of names made so far
	armBorn    int                  // births before the innermost of those arms
	conditions map[string]condition // undecided, by their text
	at         site                 // the call being evaluated
	line       int                  // of the statement being executed

	lastFilter value // the unknown condition of a comprehension
	undecided  []Undecided
	seen       map[string]bool // locations in undecided
	notes      []string
	unreadable []string // files of the program that are there and cannot be read
}

var (
	errDepth = errors.New("gave up: calls or configurations nest too deeply")
	errCells = errors.New("gave up: too many values")
)

type exception struct{ text string }

// newInterp makes an interpreter of a program. Interpreters of one program may
// share its facts.
func newInterp(ctx context.Context, p program, facts *programFacts, limits Limits, h host) *interp {
	return &interp{ctx: ctx, program: p, host: h, facts: facts, limits: limits.withDefaults(),
		modules: map[string]*module{}, seen: map[string]bool{}, builtins: newBuiltins()}
}

func (in *interp) notef(format string, args ...any) {
	const most = 50
	if len(in.notes) < most {
		in.notes = append(in.notes, fmt.Sprintf(format, args...))
	}
}

// stop ends the analysis: every evaluation from here on gives unknown.
func (in *interp) stop(err error) {
	if in.stopped == nil {
		in.stopped = err
	}
}

// step counts one unit of work; false when the analysis must end.
func (in *interp) step() bool {
	if in.stopped != nil {
		return false
	}
	in.steps++
	if in.steps > in.limits.Steps {
		in.stop(fmt.Errorf("gave up after %d steps", in.limits.Steps))
		return false
	}
	const often = 1 << 10
	if in.steps%often == 0 {
		if err := in.ctx.Err(); err != nil {
			in.stop(err)
			return false
		}
	}
	return true
}

// grow counts n values that are about to be made; false when there would be
// too many.
func (in *interp) grow(n int) bool {
	if n < 0 || n > in.limits.Cells || in.cells+n > in.limits.Cells {
		in.stop(fmt.Errorf("gave up after %d values", in.limits.Cells))
		return false
	}
	in.cells += n
	return true
}

// descend counts one level of whatever recurses: calls, star imports, nested
// configurations. When it returns true, ascend must follow; when false, there
// are too many levels, and the analysis ends.
func (in *interp) descend() bool {
	if in.depth >= in.limits.Depth {
		in.stop(errDepth)
		return false
	}
	in.depth++
	return true
}

func (in *interp) ascend() { in.depth-- }

// takeRaised gives the exception that nothing has handled, and drops it.
func (in *interp) takeRaised() (text string, raised bool) {
	x := in.raised
	in.raised = nil
	if x == nil {
		return "", false
	}
	return x.text, true
}

// watch evaluates f with a watcher, in a count of steps of its own. What cannot
// be decided meanwhile is not reported.
func (in *interp) watch(w watcher, f func()) {
	undecided, seen, steps := in.undecided, in.seen, in.steps
	in.steps, in.seen = 0, map[string]bool{}
	in.watcher = w
	f()
	in.watcher = nil
	in.undecided, in.seen, in.steps = undecided, seen, in.steps+steps
}

// halted says whether evaluation must unwind: a bound or an exception.
func (in *interp) halted() bool { return in.stopped != nil || in.raised != nil }

func (in *interp) raise(text string) value {
	if in.raised == nil {
		in.raised = &exception{text}
	}
	return &unknown{why: "raised " + text}
}

// fail is an exception where a try statement may catch it, and an unknown
// elsewhere: our knowledge of the container may be what falls short.
func (in *interp) fail(exception, expr string) value {
	if in.trying > 0 {
		return in.raise(exception)
	}
	return &unknown{why: exception, expr: clip(expr, maxExpression)}
}

// attempt evaluates f and swallows an exception that it raises.
func (in *interp) attempt(f func() value) value {
	before := in.raised
	in.raised = nil
	v := f()
	if in.raised != nil {
		v = &unknown{why: "raises " + in.raised.text}
	}
	in.raised = before
	return v
}

// born returns the time of birth of a table of names that is being made.
func (in *interp) born() int {
	in.births++
	return in.births
}

// frame holds the variables of one call.
type frame struct {
	mod     *module
	parent  *frame // the enclosing function's
	fn      *function
	owner   *class // of the method being called
	vars    *namespace
	pending []pendingReturn
	yields  *list
	globals map[string]bool // names declared global
}

// pendingReturn is an early return under an undecided condition.
type pendingReturn struct {
	cond string
	v    value
}

func (in *interp) newFrame(m *module, parent *frame, fn *function) *frame {
	return &frame{mod: m, parent: parent, fn: fn, vars: &namespace{born: in.born()}}
}

func (in *interp) moduleFrame(m *module) *frame { return in.newFrame(m, nil, nil) }

// evalNamed evaluates an expression in which names stand for values.
func (in *interp) evalNamed(x pysrc.Expr, names *namespace) value {
	fr := in.moduleFrame(newModule("", "", nil, nil))
	fr.vars = names
	return in.eval(x, fr)
}

// lookup gives the value of a name seen from a frame.
func (in *interp) lookup(fr *frame, name string) value {
	for f := fr; f != nil && !fr.globals[name]; f = f.parent {
		if i := f.vars.find(name); i >= 0 {
			return f.vars.vals[i]
		}
	}
	if name == "logger" {
		return silentStub(name)
	}
	m := fr.mod
	if bs, ok := m.bindings[name]; ok {
		last := bs[len(bs)-1]
		if from, ok := last.stmt.(*pysrc.ImportFrom); ok {
			if v := in.host.Name(in, from.Base(m.name, m.pkg), last.alias.Name); v != nil {
				return v
			}
		}
		return in.global(m, name)
	}
	if v, ok := in.starImport(m, name); ok {
		return v
	}
	if v, ok := in.builtins[name]; ok {
		return v
	}
	return unknownf("name %s", name)
}

// Costs of what is made, in cells: an object with its attributes' table, a
// name in a table.
const (
	objectCells = 16
	nameCells   = 4
)

func (in *interp) newObject(cls value, kind instanceKind) *object {
	in.objects++
	in.grow(objectCells)
	return &object{id: in.objects, cls: cls, kind: kind, attrs: &namespace{born: in.born()}, site: in.at}
}
