package baseline

import (
	"fmt"
	"strings"

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
		return in.unknownf("stopped")
	}
	before := in.at
	in.at = site{fr.mod.path, e.First}
	defer func() { in.at = before }()
	if in.walk != nil {
		outer := in.walk.call
		in.walk.call = e
		defer func() { in.walk.call = outer }()
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
			for _, name := range keywordsOf(v).keys {
				x, _ := v.get(name)
				kw.set(name, x)
			}
		case *choice:
			in.spreadChoice(kw, v)
		}
	}
	return kw
}

// keywordsOf gives the entries of a dict as keyword arguments.
func keywordsOf(d *dict) *namespace {
	kw := newNamespace()
	for i, key := range d.keys {
		if name, ok := key.(string); ok {
			kw.set(name, d.vals[i])
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
			return in.unknownf("super of %s", pysrc.Unparse(e.Args[0]))
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
	return in.unknownf("super outside a method")
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
	if f.owner.mod.leaf {
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
		return in.unknownf("stopped")
	}
	if in.walk != nil {
		if v, done := in.walkCall(fn, args, kw); done {
			return v
		}
	}
	switch f := fn.(type) {
	case *choice:
		return in.distribute(f, func(g value) value { return in.call(g, args, kw) })
	case *builtin:
		return f.fn(in, args, kw)
	case *partial:
		all := append(append([]value(nil), f.args...), args...)
		merged := f.kw.clone()
		if kw != nil {
			for i, k := range kw.keys {
				merged.set(k, kw.vals[i])
			}
		}
		return in.call(f.fn, all, merged)
	case *class:
		return in.instantiate(f, args, kw)
	case *function:
		return in.callFunction(f, args, kw)
	case *external:
		return in.callExternal(f, args, kw)
	case *object:
		return in.callObject(f, args, kw)
	case *environment:
		return f.get(in, "__call__")
	}
	expr := show(fn) + "()"
	return derived(expr, fn)
}

func (in *interp) callObject(o *object, args []value, kw *namespace) value {
	c, ok := o.cls.(*class)
	if !ok || o.leaf != "" || o.kind == configObject {
		return in.unknownf("call of %s", show(o))
	}
	owner, s := in.findMember(c, "__call__", nil)
	if s == nil {
		return in.unknownf("call of %s", show(o))
	}
	return in.call(in.memberValue(owner, s, "__call__", o, c), args, kw)
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
			varargs = &tuple{append([]value(nil), args[min(next, len(args)):]...)}
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
			for i, k := range rest.keys {
				d.put(k, rest.vals[i])
			}
			out.set(q.Name, d)
			continue
		}
		if _, ok := out.get(q.Name); ok {
			continue
		}
		if q.Default != nil {
			out.set(q.Name, in.eval(q.Default, defs))
		} else {
			out.set(q.Name, in.unknownf("argument %s is not given", q.Name))
		}
	}
	return out
}

// callFunction runs a function of the program.
func (in *interp) callFunction(f *function, args []value, kw *namespace) value {
	if f.owner == nil && f.def != nil && f.closure == nil {
		if v := in.override(f.mod.name, f.name()); v != nil {
			return in.call(v, args, kw)
		}
	}
	if f.owner != nil && f.name() == "_get_sgl_model_cls" {
		return in.autoModelClass(argument(args, 0, nil))
	}
	if f.def != nil && f.def.Async {
		return in.unknownf("asynchronous function %s", f.name())
	}
	if !in.descend() {
		return in.unknownf("calls nested too deeply")
	}
	defer in.ascend()
	if f.bound {
		args = append([]value{f.self}, args...)
	}
	fr := in.newFrame(f.mod, f.closure, f)
	fr.vars = in.bindArguments(f.params(), args, kw, in.newFrame(f.mod, f.closure, nil))
	fr.vars.closed = f.def != nil && in.facts.isClosed(f.def)
	fr.owner = f.owner
	if w := in.walk; w != nil {
		call, stmt, file := w.call, w.stmt, w.file
		w.stack, w.file = append(w.stack, f), f.mod.path
		defer func() { w.stack, w.call, w.stmt, w.file = w.stack[:len(w.stack)-1], call, stmt, file }()
	}
	if f.lambda != nil {
		return in.eval(f.lambda.Body, fr)
	}
	result := in.execBlock(f.def.Body, fr)
	switch result.kind {
	case flowStop:
		return in.unknownf("stopped")
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

// escaped is an exception that leaves a function. Out of the engine's own code
// into a model's it says that the engine's state is not what it would be, not
// that the model cannot be built: the result is unknown, and where the
// function is a module's constructor that is reported.
func (in *interp) escaped(f *function, text string) value {
	model := inModels(f.mod.name) || strings.HasPrefix(f.mod.name, "sglang.srt.configs.")
	if model || in.trying > 0 || in.walk != nil || !strings.HasPrefix(in.at.file, modelsDir+"/") {
		return in.raise(text)
	}
	o, isObject := f.self.(*object)
	if f.name() == "__init__" && isObject && o.kind == moduleObject {
		in.undecideAt(fmt.Sprintf("%s:%d", in.at.file, in.at.line), o.className()+"()", nil, "its constructor raises "+text)
	}
	return &unknown{why: "raises " + text, expr: f.name() + "()"}
}
