package pyeval

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

func (in *Interp) evalCall(e *pysrc.Call, fr *frame) Value {
	if n, ok := e.Fn.(*pysrc.Name); ok && n.ID == "super" {
		return in.super(e, fr)
	}
	fn := in.eval(e.Fn, fr)
	args, _ := in.elements(e.Args, fr)
	var kw *Namespace
	if len(e.Keywords) > 0 {
		kw = in.keywords(e.Keywords, fr)
	}
	if in.Halted() {
		return Unknownf("stopped")
	}
	before := in.At
	in.At = Site{fr.mod.Path, e.First}
	defer func() { in.At = before }()
	if in.Watcher != nil {
		defer in.Watcher.Calling(e)()
	}
	if v, done := in.baseInit(e, fn, args, kw); done {
		return v
	}
	return in.Call(fn, args, kw)
}

func (in *Interp) keywords(ks []pysrc.Keyword, fr *frame) *Namespace {
	kw := NewNamespace()
	for _, k := range ks {
		v := in.eval(k.Value, fr)
		if k.Name != "" {
			kw.Set(k.Name, v)
			continue
		}
		switch v := v.(type) {
		case *Dict:
			kw.AddAll(v.Keywords())
		case *Choice:
			in.spreadChoice(kw, v)
		}
	}
	return kw
}

// spreadChoice spreads ** of a choice of two dicts.
func (in *Interp) spreadChoice(kw *Namespace, c *Choice) {
	a, okA := c.A.(*Dict)
	b, okB := c.B.(*Dict)
	if !okA || !okB {
		return
	}
	for _, key := range in.joinDicts(c.Cond, a, b).Keys {
		if name, ok := key.(string); ok {
			x, _ := a.Get(key)
			y, _ := b.Get(key)
			kw.Set(name, in.join(c.Cond, x, y))
		}
	}
}

func (in *Interp) super(e *pysrc.Call, fr *frame) Value {
	if len(e.Args) >= 1 {
		c, ok := in.eval(e.Args[0], fr).(*Class)
		if !ok || len(e.Args) < 2 {
			return Unknownf("super of %s", pysrc.Unparse(e.Args[0]))
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
		self, _ := f.vars.Get(params[0].Name)
		return &superRef{self, f.owner}
	}
	return Unknownf("super outside a method")
}

// baseInit handles `Base.__init__(self, …)`.
func (in *Interp) baseInit(e *pysrc.Call, fn Value, args []Value, kw *Namespace) (Value, bool) {
	f, ok := fn.(*Function)
	if _, isAttr := e.Fn.(*pysrc.Attribute); !ok || !isAttr || f.Owner == nil || f.bound || f.Name() != "__init__" || len(args) == 0 {
		return nil, false
	}
	self, ok := args[0].(*Instance)
	if !ok {
		return nil, false
	}
	if f.Owner.Opaque {
		if !takesArguments(f.Def) {
			return nil, true
		}
		in.record(self, f.Owner, args[1:], kw)
		return nil, true
	}
	return in.Call(f.Bind(self), args[1:], kw), true
}

// Call calls any value.
func (in *Interp) Call(fn Value, args []Value, kw *Namespace) Value {
	if in.raised != nil || !in.Step() {
		return Unknownf("stopped")
	}
	if in.Watcher != nil {
		if v, done := in.Watcher.Intercept(fn, args, kw); done {
			return v
		}
	}
	if f, ok := fn.(callable); ok {
		return f.call(in, args, kw)
	}
	return Derived(Show(fn)+"()", fn)
}

// bindArguments binds arguments to parameters; defaults are evaluated in the
// frame defs. What is not given and has no default is unknown.
func (in *Interp) bindArguments(p pysrc.Params, args []Value, kw *Namespace, defs *frame) *Namespace {
	out := sized(len(p.List))
	out.serial = in.nextSerial()
	rest := NewNamespace()
	position := map[string]bool{}
	next := 0
	var varargs *Tuple
	for _, q := range p.List {
		switch q.Kind {
		case pysrc.Positional:
			position[q.Name] = true
			if next < len(args) {
				out.Set(q.Name, args[next])
				next++
			}
		case pysrc.KeywordOnly:
			position[q.Name] = true
		case pysrc.VarArgs:
			varargs = NewTuple(slices.Clone(args[min(next, len(args)):])...)
			out.Set(q.Name, varargs)
		}
	}
	for k, v := range kw.All() {
		if position[k] {
			out.Set(k, v)
		} else {
			rest.Set(k, v)
		}
	}
	for _, q := range p.List {
		if q.Kind == pysrc.VarKwargs {
			d := NewDict()
			d.PutNames(rest)
			out.Set(q.Name, d)
			continue
		}
		if _, ok := out.Get(q.Name); ok {
			continue
		}
		if q.Default != nil {
			out.Set(q.Name, in.eval(q.Default, defs))
		} else {
			out.Set(q.Name, Unknownf("argument %s is not given", q.Name))
		}
	}
	return out
}

// CallFunction runs a function of the program.
func (in *Interp) CallFunction(f *Function, args []Value, kw *Namespace) Value {
	if v, done := in.host.Function(in, f, args, kw); done {
		return v
	}
	if f.Def != nil && f.Def.Async {
		return Unknownf("asynchronous function %s", f.Name())
	}
	if !in.Descend() {
		return Unknownf("calls nested too deeply")
	}
	defer in.Ascend()
	if f.bound {
		args = append([]Value{f.Self}, args...)
	}
	fr := in.newFrame(f.Module, f.closure, f)
	fr.vars = in.bindArguments(f.params(), args, kw, in.newFrame(f.Module, f.closure, nil))
	fr.vars.closed = f.Def != nil && in.facts.isClosed(f.Def)
	fr.owner = f.Owner
	if in.Watcher != nil {
		defer in.Watcher.Entering(f)()
	}
	if f.lambda != nil {
		return in.eval(f.lambda.Body, fr)
	}
	result := in.execBlock(f.Def.Body, fr)
	switch result.kind {
	case flowStop:
		return Unknownf("stopped")
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
func (in *Interp) escaped(f *Function, text string) Value {
	if in.trying == 0 && in.Watcher == nil {
		if v, done := in.host.Escaped(in, f, text); done {
			return v
		}
	}
	return in.raise(text)
}

// Function is a function, method or lambda with the variables it closes over.
type Function struct {
	Module  *Module
	Def     *pysrc.FuncDef // nil for a lambda
	lambda  *pysrc.Lambda
	closure *frame
	Owner   *Class
	Self    Value
	bound   bool       // self is the first argument
	attrs   *Namespace // that were set on it; nil for none
}

// Name is the function's name.
func (f *Function) Name() string {
	if f.Def != nil {
		return f.Def.Name
	}
	return "<lambda>"
}

func (f *Function) params() pysrc.Params {
	if f.Def != nil {
		return f.Def.Params
	}
	return f.lambda.Params
}

// Method makes the function of a method that the class defines.
func (c *Class) Method(def *pysrc.FuncDef) *Function {
	return &Function{Module: c.Module, Def: def, closure: c.closure, Owner: c}
}

// Bind returns the method with its first argument.
func (f *Function) Bind(self Value) *Function {
	g := *f
	g.Self, g.bound = self, true
	return &g
}

// IsNested reports whether it is a lambda or made inside of another function.
func (f *Function) IsNested() bool { return f.lambda != nil || f.closure != nil && f.closure.fn != nil }

// Show writes its name.
func (f *Function) Show(int) string { return f.Name() }

func (f *Function) hash(*int) (any, bool) { return f, true }

func (f *Function) call(in *Interp, args []Value, kw *Namespace) Value {
	return in.CallFunction(f, args, kw)
}

// Attr returns what was set on it, the name, or the function itself.
func (f *Function) Attr(_ *Interp, name string) Value {
	if v, ok := f.attrs.Get(name); ok {
		return v
	}
	switch name {
	case "__name__":
		return f.Name()
	case "__func__":
		return f
	}
	return Unknownf("attribute %s of a function", name)
}

// SetAttr sets an attribute.
func (f *Function) SetAttr(in *Interp, name string, v Value) {
	if f.attrs == nil {
		f.attrs = &Namespace{serial: in.nextSerial()}
	}
	in.SetVar(f.attrs, name, v)
}

// Argument is an argument by its place; absent when it was not given.
func Argument(args []Value, i int, absent Value) Value {
	if i < len(args) {
		return args[i]
	}
	return absent
}
