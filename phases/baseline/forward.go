package baseline

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// forwardCall is one use of a module in forward().
type forwardCall struct {
	path   string // of the module used
	target value  // *object or *tensor
	at     pysrc.Span
	file   string
	method *function // the method that holds it
	args   []string  // the arguments' source text, keywords as "name=text"
	// residual says that a norm was also given the residual.
	residual bool
	// direct says that the module itself is called; otherwise it, or its
	// weight, is handed to something else that is not followed.
	direct bool
	// processor is the logits processor that the module, a head, is handed to.
	processor *object
}

// useKey tells uses of modules apart.
type useKey struct {
	path, file string
	at         pysrc.Span
	residual   bool
}

// forwardWalk is the state of a walk through forward(): the interpreter runs
// it with everything unknown that only run time knows, so that every branch
// that the model's configuration leaves open is seen, and calls of layers are
// recorded in order.
type forwardWalk struct {
	paths map[any]string // *object and *tensor by identity
	done  map[string]bool
	kinds map[*object]string // signatures
	seen  map[useKey]int     // indices of calls by what they are
	calls []forwardCall
	stack []*function
	// residual says that the residual stream has begun, where stage
	// boundaries keep it.
	residual bool
	call     *pysrc.Call // being evaluated
	stmt     pysrc.Span  // being executed
	file     string
}

// walkForward records the calls of the root's forward().
func (in *interp) walkForward(root value, nodes []treeNode) []forwardCall {
	o, ok := root.(*object)
	if !ok {
		return nil
	}
	w := &forwardWalk{paths: map[any]string{}, done: map[string]bool{}, kinds: map[*object]string{}, seen: map[useKey]int{}}
	for _, n := range nodes {
		switch v := n.v.(type) {
		case *object, *tensor:
			if _, ok := w.paths[v]; !ok {
				w.paths[v] = n.path
			}
		}
	}
	undecided, seen, steps := in.undecided, in.seen, in.steps
	in.steps, in.seen = 0, map[string]bool{}
	in.walk = w
	in.enterForward(o, nil, nil)
	in.walk = nil
	if in.stopped != nil {
		in.notef("forward() was walked in part: %v", in.stopped)
	}
	in.undecided, in.seen, in.steps = undecided, seen, in.steps+steps
	return w.calls
}

// enterForward runs the forward of a module of the tree, once for each path,
// class and pattern of arguments.
func (in *interp) enterForward(o *object, args []value, kw *namespace) value {
	w := in.walk
	result := in.unknownf("the result of %s", o.className())
	c, ok := o.cls.(*class)
	if !ok {
		return result
	}
	key := w.paths[o] + "|" + c.qualified() + "|" + w.signature(o) + "|" + nonePattern(args, kw)
	if w.done[key] {
		return result
	}
	w.done[key] = true
	owner, def := in.forwardMethod(c)
	if def == nil || owner.mod.leaf {
		return result
	}
	f := &function{mod: owner.mod, def: def, closure: owner.closure, owner: owner, self: o, bound: true}
	before := in.raised
	in.raised = nil
	in.callFunction(f, args, kw)
	in.raised = before // a branch that raises ends the walk of this module only
	return result
}

// forwardMethod is what a call of a module runs on CUDA: its forward_cuda
// where the class has one for each platform, else its forward; where that
// only dispatches (a base of all operators), forward_native.
func (in *interp) forwardMethod(c *class) (*class, *pysrc.FuncDef) {
	var base *class
	var dispatch *pysrc.FuncDef
	for _, name := range []string{"forward_cuda", "forward", "forward_native"} {
		owner, s := in.findMember(c, name, nil)
		def, ok := s.(*pysrc.FuncDef)
		switch {
		case !ok:
		case owner.mod.leaf && !c.mod.leaf:
			if dispatch == nil {
				base, dispatch = owner, def
			}
		default:
			return owner, def
		}
	}
	return base, dispatch
}

// signature tells modules of one path apart whose forward may run
// differently: by flags and by their parts, at every depth.
func (w *forwardWalk) signature(o *object) string {
	if s, ok := w.kinds[o]; ok {
		return s
	}
	w.kinds[o] = "" // a module that holds itself
	var b strings.Builder
	for i, k := range o.attrs.keys {
		switch v := o.attrs.vals[i].(type) {
		case bool:
			b.WriteString(k)
			if v {
				b.WriteString("=true;")
			} else {
				b.WriteString("=false;")
			}
		case nil:
			b.WriteString(k + "=<nil>;")
		case *object:
			b.WriteString(k + ":" + v.className())
			if v.leaf == "" && v.kind == moduleObject {
				b.WriteString("{" + w.signature(v) + "}")
			}
			b.WriteByte(';')
		}
	}
	s := b.String()
	const long = 200
	if len(s) > long {
		sum := sha256.Sum256([]byte(s))
		s = hex.EncodeToString(sum[:])
	}
	w.kinds[o] = s
	return s
}

func nonePattern(args []value, kw *namespace) string {
	var b strings.Builder
	for _, v := range args {
		if v == nil {
			b.WriteByte('N')
		} else {
			b.WriteByte('x')
		}
	}
	if kw != nil {
		for i, k := range kw.keys {
			if kw.vals[i] == nil {
				b.WriteString(k + ";")
			}
		}
	}
	return b.String()
}

// walkCall handles a call in forward(); done is false when the interpreter is
// to go on as usual.
func (in *interp) walkCall(fn value, args []value, kw *namespace) (value, bool) {
	switch f := fn.(type) {
	case *object:
		if f.leaf != "" {
			in.recordArguments(args, kw, false)
			in.recordCall(f, args, kw)
			return in.unknownf("the result of %s", f.leaf), true
		}
		if in.isModule(f) {
			in.recordArguments(args, kw, false)
			in.recordCall(f, args, kw)
			return in.enterForward(f, args, kw), true
		}
	case *moduleList:
		if !f.keyed {
			return nil, false
		}
		var result value
		for _, x := range f.items {
			result = in.call(x, args, kw)
			args, kw = []value{result}, nil
		}
		return result, true
	case *function:
		if isOtherPlatform(f) {
			return in.unknownf("the result of %s", f.name()), true
		}
		if f.owner != nil && !f.owner.mod.leaf || f.lambda != nil || f.closure != nil || inModels(f.mod.name) {
			in.recordArguments(args, kw, false)
			return nil, false
		}
		in.recordArguments(args, kw, true)
		return in.unknownf("the result of %s", f.name()), true
	case *class:
		if in.isEnum(f) {
			return nil, false
		}
		in.recordArguments(args, kw, true)
		return in.unknownf("an instance of %s", f.name), true
	case *unknown, *external, *environment:
		if e, ok := f.(*external); ok {
			if isPureLibrary(e.path) {
				return nil, false
			}
			if in.finalNorm(e.path, args) {
				return in.unknownf("the result of %s", e.path), true
			}
		}
		in.recordArguments(args, kw, true)
		if _, ok := f.(*environment); ok {
			return nil, false
		}
		return derived(show(fn)+"()", fn), true
	}
	return nil, false
}

// isPureLibrary says whether a function of the standard library only computes
// on its arguments.
func isPureLibrary(path string) bool {
	return strings.HasPrefix(path, "itertools.") || strings.HasPrefix(path, "math.") || strings.HasPrefix(path, "functools.")
}

func inModels(modname string) bool { return strings.HasPrefix(modname, "sglang.srt.models.") }

// recordArguments notes modules and parameters that are handed on. What is not
// followed (opaque) may use a layer and run a block.
func (in *interp) recordArguments(args []value, kw *namespace, opaque bool) {
	for _, v := range args {
		in.recordArgument(v, opaque)
	}
	if kw != nil {
		for _, v := range kw.vals {
			in.recordArgument(v, opaque)
		}
	}
}

func (in *interp) recordArgument(v value, opaque bool) {
	switch v := v.(type) {
	case *tensor:
		in.record(v, false, opaque)
	case *object:
		if !in.isModule(v) {
			return
		}
		in.record(v, false, false)
		if v.leaf == "" && opaque {
			in.enterForward(v, nil, nil)
		}
	}
}

// recordCall notes a call of a layer.
func (in *interp) recordCall(o *object, args []value, kw *namespace) {
	residual := len(args) > 1 && args[1] != nil
	if v, ok := kw.get("residual"); ok {
		residual = v != nil
	}
	in.record(o, residual, true)
	if !skippedLayer(o.leaf) {
		return
	}
	for _, v := range args { // a head handed to the logits processor
		if inner, ok := v.(*object); ok && inner.leaf != "" {
			if i, ok := in.record(inner, false, true); ok {
				in.walk.calls[i].processor = o
			}
		}
	}
}

// record notes a use of a module or parameter at the current call, or at the
// current statement when it is only handed on, and gives its place in calls.
func (in *interp) record(v value, residual, direct bool) (int, bool) {
	w := in.walk
	path, ok := w.paths[v]
	if !ok || len(w.stack) == 0 {
		return 0, false
	}
	c := forwardCall{path: path, target: v, at: w.stmt, file: w.file, method: w.stack[len(w.stack)-1], residual: residual, direct: direct}
	if direct && w.call != nil {
		c.at = w.call.Span
	}
	key := useKey{c.path, c.file, c.at, residual}
	i, seen := w.seen[key]
	if seen && (!direct || w.calls[i].direct) {
		return i, true
	}
	if direct && w.call != nil {
		c.args = argumentTexts(w.call)
	}
	if seen { // its lines were noted when it was read
		w.calls[i] = c
		return i, true
	}
	w.seen[key] = len(w.calls)
	w.calls = append(w.calls, c)
	return len(w.calls) - 1, true
}

func argumentTexts(c *pysrc.Call) []string {
	const most = 100
	out := make([]string, 0, len(c.Args)+len(c.Keywords))
	for _, a := range c.Args {
		out = append(out, clip(pysrc.Unparse(a), most))
	}
	for _, k := range c.Keywords {
		out = append(out, clip(k.Name+"="+pysrc.Unparse(k.Value), most))
	}
	return out
}

// walkAttr gives an attribute of a layer in forward(): its methods count as
// calls of it, its weight as a use.
func (in *interp) walkAttr(o *object, name string) (value, bool) {
	if o.leaf == "" {
		return nil, false
	}
	switch o.leaf {
	case "LayerCommunicator":
		return in.communicatorMethod(o, name)
	case boundaryLeaf:
		return in.boundaryMethod(o, name)
	}
	if _, ok := o.args.get(name); ok {
		return nil, false
	}
	switch {
	case strings.HasPrefix(name, "forward"), name == "apply", name == "__call__":
		return &builtin{o.leaf + "." + name, func(in *interp, args []value, kw *namespace) value {
			in.recordCall(o, args, kw)
			return in.unknownf("the result of %s", o.leaf)
		}}, true
	case name == "weight":
		in.record(o, false, false)
	}
	return nil, false
}
