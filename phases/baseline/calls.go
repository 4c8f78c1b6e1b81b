package baseline

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

func (in *interp) evalCall(e *pysrc.Call, fr *frame) value {
	if n, ok := e.Fn.(*pysrc.Name); ok && n.ID == "super" {
		return in.super(e, fr)
	}
	fn := in.eval(e.Fn, fr)
	args, _ := in.elements(e.Args, fr)
	var kw *namespace
	if len(e.Keywords) > 0 {
		kw = in.keywords(e.Keywords, fr)
	}
	if in.halted() {
		return unknownf("stopped")
	}
	before := in.at
	in.at = site{fr.mod.path, e.First}
	defer func() { in.at = before }()
	if in.watcher != nil {
		defer in.watcher.Calling(e)()
	}
	if v, done := in.baseInit(e, fn, args, kw); done {
		return v
	}
	return in.call(fn, args, kw)
}

func (in *interp) keywords(ks []pysrc.Keyword, fr *frame) *namespace {
	kw := newNamespace()
	for _, k := range ks {
		v := in.eval(k.Value, fr)
		if k.Name != "" {
			kw.set(k.Name, v)
			continue
		}
		switch v := v.(type) {
		case *dict:
			kw.addAll(v.keywords())
		case *choice:
			in.spreadChoice(kw, v)
		}
	}
	return kw
}

// spreadChoice spreads ** of a choice of two dicts.
func (in *interp) spreadChoice(kw *namespace, c *choice) {
	a, okA := c.a.(*dict)
	b, okB := c.b.(*dict)
	if !okA || !okB {
		return
	}
	for _, key := range in.joinDicts(c.cond, a, b).keys {
		if name, ok := key.(string); ok {
			x, _ := a.get(key)
			y, _ := b.get(key)
			kw.set(name, in.join(c.cond, x, y))
		}
	}
}

func (in *interp) super(e *pysrc.Call, fr *frame) value {
	if len(e.Args) >= 1 {
		c, ok := in.eval(e.Args[0], fr).(*class)
		if !ok || len(e.Args) < 2 {
			return unknownf("super of %s", pysrc.Unparse(e.Args[0]))
		}
		return &superRef{in.eval(e.Args[1], fr), c}
	}
	for f := fr; f != nil; f = f.parent {
		if f.owner == nil || f.fn == nil {
			continue
		}
		params := f.fn.params().List
		if len(params) == 0 {
			break
		}
		self, _ := f.vars.get(params[0].Name)
		return &superRef{self, f.owner}
	}
	return unknownf("super outside a method")
}

// baseInit handles `Base.__init__(self, …)`.
func (in *interp) baseInit(e *pysrc.Call, fn value, args []value, kw *namespace) (value, bool) {
	f, ok := fn.(*function)
	if _, isAttr := e.Fn.(*pysrc.Attribute); !ok || !isAttr || f.owner == nil || f.bound || f.name() != "__init__" || len(args) == 0 {
		return nil, false
	}
	self, ok := args[0].(*object)
	if !ok {
		return nil, false
	}
	if f.owner.opaque {
		if !takesArguments(f.def) {
			return nil, true
		}
		in.bindLeaf(self, f.owner, args[1:], kw)
		return nil, true
	}
	return in.call(f.bind(self), args[1:], kw), true
}

// call calls any value.
func (in *interp) call(fn value, args []value, kw *namespace) value {
	if in.raised != nil || !in.step() {
		return unknownf("stopped")
	}
	if in.watcher != nil {
		if v, done := in.watcher.Call(fn, args, kw); done {
			return v
		}
	}
	if f, ok := fn.(callable); ok {
		return f.Call(in, args, kw)
	}
	return derived(show(fn)+"()", fn)
}

// bindArguments binds arguments to parameters; defaults are evaluated in the
// frame defs. What is not given and has no default is unknown.
func (in *interp) bindArguments(p pysrc.Params, args []value, kw *namespace, defs *frame) *namespace {
	out := sized(len(p.List))
	out.born = in.born()
	rest := newNamespace()
	position := map[string]bool{}
	next := 0
	var varargs *tuple
	for _, q := range p.List {
		switch q.Kind {
		case pysrc.Positional:
			position[q.Name] = true
			if next < len(args) {
				out.set(q.Name, args[next])
				next++
			}
		case pysrc.KeywordOnly:
			position[q.Name] = true
		case pysrc.VarArgs:
			varargs = newTuple(slices.Clone(args[min(next, len(args)):])...)
			out.set(q.Name, varargs)
		}
	}
	if kw != nil {
		for i, k := range kw.keys {
			if position[k] {
				out.set(k, kw.vals[i])
			} else {
				rest.set(k, kw.vals[i])
			}
		}
	}
	for _, q := range p.List {
		if q.Kind == pysrc.VarKwargs {
			d := newDict()
			d.putNames(rest)
			out.set(q.Name, d)
			continue
		}
		if _, ok := out.get(q.Name); ok {
			continue
		}
		if q.Default != nil {
			out.set(q.Name, in.eval(q.Default, defs))
		} else {
			out.set(q.Name, unknownf("argument %s is not given", q.Name))
		}
	}
	return out
}

// callFunction runs a function of the program.
func (in *interp) callFunction(f *function, args []value, kw *namespace) value {
	if v, done := in.host.Function(in, f, args, kw); done {
		return v
	}
	if f.def != nil && f.def.Async {
		return unknownf("asynchronous function %s", f.name())
	}
	if !in.descend() {
		return unknownf("calls nested too deeply")
	}
	defer in.ascend()
	if f.bound {
		args = append([]value{f.self}, args...)
	}
	fr := in.newFrame(f.mod, f.closure, f)
	fr.vars = in.bindArguments(f.params(), args, kw, in.newFrame(f.mod, f.closure, nil))
	fr.vars.closed = f.def != nil && in.facts.isClosed(f.def)
	fr.owner = f.owner
	if in.watcher != nil {
		defer in.watcher.Entering(f)()
	}
	if f.lambda != nil {
		return in.eval(f.lambda.Body, fr)
	}
	result := in.execBlock(f.def.Body, fr)
	switch result.kind {
	case flowStop:
		return unknownf("stopped")
	case flowRaise:
		if len(fr.pending) == 0 {
			return in.escaped(f, result.text)
		}
		// The raising tail is dead: the last early return is the result.
		last := len(fr.pending) - 1
		result.v = fr.pending[last].v
		fr.pending = fr.pending[:last]
	}
	v := result.v
	for i := len(fr.pending) - 1; i >= 0; i-- {
		v = in.join(fr.pending[i].cond, fr.pending[i].v, v)
	}
	if fr.yields != nil {
		return fr.yields
	}
	return v
}

// escaped is an exception that leaves a function: of the call's statement, where
// a try statement may catch it or forward() is walked, or as the host has it.
func (in *interp) escaped(f *function, text string) value {
	if in.trying == 0 && in.watcher == nil {
		if v, done := in.host.Escaped(in, f, text); done {
			return v
		}
	}
	return in.raise(text)
}

// function is a function, method or lambda with the variables it closes over.
type function struct {
	mod     *module
	def     *pysrc.FuncDef // nil for a lambda
	lambda  *pysrc.Lambda
	closure *frame
	owner   *class
	self    value
	bound   bool // self is the first argument
}

func (f *function) name() string {
	if f.def != nil {
		return f.def.Name
	}
	return "<lambda>"
}

func (f *function) params() pysrc.Params {
	if f.def != nil {
		return f.def.Params
	}
	return f.lambda.Params
}

// bind gives the method with its first argument.
func (f *function) bind(self value) *function {
	g := *f
	g.self, g.bound = self, true
	return &g
}

// Show writes its name.
func (f *function) Show(int) string { return f.name() }

// Hash is by identity.
func (f *function) Hash(*int) (any, bool) { return f, true }

// Call runs it.
func (f *function) Call(in *interp, args []value, kw *namespace) value {
	return in.callFunction(f, args, kw)
}

// Attr gives the name, or the function itself.
func (f *function) Attr(in *interp, name string) value {
	switch name {
	case "__name__":
		return f.name()
	case "__func__":
		return f
	}
	return unknownf("attribute %s of a function", name)
}

// argument is an argument by its place; absent when it was not given.
func argument(args []value, i int, absent value) value {
	if i < len(args) {
		return args[i]
	}
	return absent
}
