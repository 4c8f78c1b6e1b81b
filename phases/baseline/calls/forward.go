// Package calls walks through a model's forward() and turns what it runs into
// calls of kernels.
package calls

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/baseline/tree"
)

// forwardCall is one use of a module in forward().
type forwardCall struct {
	path   string       // of the module used
	target pyeval.Value // *pyeval.Instance or *engine.Tensor
	at     pysrc.Span
	file   string
	method *pyeval.Function // the method that holds it
	args   []string         // the arguments' source text, keywords as "name=text"
	// residual says that a norm was also given the residual.
	residual bool
	// direct says that the module itself is called; otherwise it, or its
	// weight, is handed to something else that is not followed.
	direct bool
	// processor is the logits processor that the module, a head, is handed to.
	processor *pyeval.Instance
}

// useKey tells uses of modules apart.
type useKey struct {
	path, file string
	at         pysrc.Span
	residual   bool
}

// Walk is the state of a walk through forward(): the interpreter runs
// it with everything unknown that only run time knows, so that every branch
// that the model's configuration leaves open is seen, and calls of layers are
// recorded in order.
type Walk struct {
	*engine.Engine
	nodes []tree.Node
	paths map[any]string // *pyeval.Instance and *engine.Tensor by identity
	done  map[string]bool
	kinds map[*pyeval.Instance]string // signatures
	seen  map[useKey]int              // indices of calls by what they are
	calls []forwardCall
	stack []*pyeval.Function
	// residual says that the residual stream has begun, where stage
	// boundaries keep it.
	residual bool
	expr     *pysrc.Call // being evaluated
	stmt     pysrc.Span  // being executed
	file     string
	// forwardNames are what namedByForward found, by class.
	forwardNames map[string]map[string]bool
}

// Follow records the calls of the root's forward().
func Follow(e *engine.Engine, root pyeval.Value, nodes []tree.Node) *Walk {
	w := &Walk{Engine: e, nodes: nodes, paths: map[any]string{}, done: map[string]bool{}, kinds: map[*pyeval.Instance]string{}, seen: map[useKey]int{},
		forwardNames: map[string]map[string]bool{}}
	o, ok := root.(*pyeval.Instance)
	if !ok {
		return w
	}
	for _, n := range nodes {
		switch v := n.Value.(type) {
		case *pyeval.Instance, *engine.Tensor:
			if _, ok := w.paths[v]; !ok {
				w.paths[v] = n.Path
			}
		}
	}
	e.Watch(w, func() { w.enterForward(o, nil, nil) })
	if e.Stopped != nil {
		e.Notef("forward() was walked in part: %v", e.Stopped)
	}
	return w
}

// Statement implements the watcher.
func (w *Walk) Statement(s pysrc.Stmt) { w.stmt = ownLines(s) }

// Calling implements the watcher.
func (w *Walk) Calling(e *pysrc.Call) func() {
	outer := w.expr
	w.expr = e
	return func() { w.expr = outer }
}

// Entering implements the watcher.
func (w *Walk) Entering(f *pyeval.Function) func() {
	expr, stmt, file := w.expr, w.stmt, w.file
	w.stack, w.file = append(w.stack, f), f.Module.Path
	return func() { w.stack, w.expr, w.stmt, w.file = w.stack[:len(w.stack)-1], expr, stmt, file }
}

// Read implements the watcher: a parameter that is read off a module counts as
// a use of it.
func (w *Walk) Read(v pyeval.Value) {
	if t, ok := v.(*engine.Tensor); ok {
		w.record(t, false, false)
	}
}

// Follows implements the watcher: only the models are looked into.
func (w *Walk) Follows(module string) bool { return engine.InModels(module + ".") }

// ownLines are the lines of a statement without its body.
func ownLines(s pysrc.Stmt) pysrc.Span {
	var body []pysrc.Stmt
	switch s := s.(type) {
	case *pysrc.IfStmt:
		body = s.Body
	case *pysrc.ForStmt:
		body = s.Body
	case *pysrc.WhileStmt:
		body = s.Body
	case *pysrc.WithStmt:
		body = s.Body
	}
	lines := s.Lines()
	if len(body) > 0 {
		lines.Last = max(lines.First, min(lines.Last, body[0].Lines().First-1))
	}
	return lines
}

// enterForward runs the forward of a module of the tree, once for each path,
// class and pattern of arguments.
func (w *Walk) enterForward(o *pyeval.Instance, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
	result := pyeval.Unknownf("the result of %s", o.ClassName())
	c, ok := o.Class.(*pyeval.Class)
	if !ok {
		return result
	}
	key := w.paths[o] + "|" + c.Full + "|" + w.signature(o) + "|" + nonePattern(args, kw)
	if w.done[key] {
		return result
	}
	w.done[key] = true
	owner, def := w.ForwardMethod(c)
	if def == nil || owner.Opaque {
		return result
	}
	f := owner.Method(def).Bind(o)
	// A branch that raises ends the walk of this module only.
	w.Attempt(func() pyeval.Value { return w.CallFunction(f, args, kw) })
	return result
}

// signature tells modules of one path apart whose forward may run
// differently: by flags and by their parts, at every depth.
func (w *Walk) signature(o *pyeval.Instance) string {
	if s, ok := w.kinds[o]; ok {
		return s
	}
	w.kinds[o] = "" // a module that holds itself
	var b strings.Builder
	for k, v := range o.Attrs.All() {
		switch v := v.(type) {
		case nil, bool:
			fmt.Fprintf(&b, "%s=%v;", k, v)
		case *pyeval.Instance:
			b.WriteString(k + ":" + v.ClassName())
			if v.Recorded == "" && v.Kind == pyeval.Part {
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

func nonePattern(args []pyeval.Value, kw *pyeval.Namespace) string {
	var b strings.Builder
	for _, v := range args {
		if v == nil {
			b.WriteByte('N')
		} else {
			b.WriteByte('x')
		}
	}
	for k, v := range kw.All() {
		if v == nil {
			b.WriteString(k + ";")
		}
	}
	return b.String()
}

// Intercept implements the watcher: it notes the layers that a call uses.
func (w *Walk) Intercept(fn pyeval.Value, args []pyeval.Value, kw *pyeval.Namespace) (pyeval.Value, bool) {
	switch f := fn.(type) {
	case *pyeval.Instance:
		if f.Recorded != "" {
			w.recordArguments(args, kw, false)
			w.recordCall(f, args, kw)
			return pyeval.Unknownf("the result of %s", f.Recorded), true
		}
		if w.IsPart(f) {
			w.recordArguments(args, kw, false)
			w.recordCall(f, args, kw)
			return w.enterForward(f, args, kw), true
		}
	case *engine.ModuleList:
		if !f.Keyed {
			return nil, false
		}
		var result pyeval.Value
		for _, x := range f.List.Items {
			result = w.Call(x, args, kw)
			args, kw = []pyeval.Value{result}, nil
		}
		return result, true
	case *pyeval.Function:
		if isOtherPlatform(f) {
			return pyeval.Unknownf("the result of %s", f.Name()), true
		}
		if f.Owner != nil && !f.Owner.Opaque || f.IsNested() || engine.InModels(f.Module.Name) {
			w.recordArguments(args, kw, false)
			return nil, false
		}
		w.recordArguments(args, kw, true)
		return pyeval.Unknownf("the result of %s", f.Name()), true
	case *pyeval.Class:
		if w.IsEnum(f) {
			return nil, false
		}
		w.recordArguments(args, kw, true)
		return pyeval.Unknownf("an instance of %s", f.Name), true
	case *pyeval.Unknown, *pyeval.External, *pyeval.Stub:
		if e, ok := f.(*pyeval.External); ok {
			if isPureLibrary(e.Path) {
				return nil, false
			}
			if w.finalNorm(e.Path, args) {
				return pyeval.Unknownf("the result of %s", e.Path), true
			}
		}
		w.recordArguments(args, kw, true)
		if _, ok := f.(*pyeval.Stub); ok {
			return nil, false
		}
		return pyeval.Derived(pyeval.Show(fn)+"()", fn), true
	}
	return nil, false
}

// isPureLibrary reports whether a function of the standard library only computes
// on its arguments.
func isPureLibrary(path string) bool {
	return strings.HasPrefix(path, "itertools.") || strings.HasPrefix(path, "math.") || strings.HasPrefix(path, "functools.")
}

// recordArguments notes modules and parameters that are handed on. What is not
// followed (opaque) may use a layer and run a block.
func (w *Walk) recordArguments(args []pyeval.Value, kw *pyeval.Namespace, opaque bool) {
	for _, v := range slices.Concat(args, kw.Values()) {
		w.recordArgument(v, opaque)
	}
}

func (w *Walk) recordArgument(v pyeval.Value, opaque bool) {
	switch v := v.(type) {
	case *engine.Tensor:
		w.record(v, false, opaque)
	case *pyeval.Instance:
		if !w.IsPart(v) {
			return
		}
		w.record(v, false, false)
		if v.Recorded == "" && opaque {
			w.enterForward(v, nil, nil)
		}
	}
}

// recordCall notes a call of a layer.
func (w *Walk) recordCall(o *pyeval.Instance, args []pyeval.Value, kw *pyeval.Namespace) {
	residual := kw.Or("residual", pyeval.Argument(args, 1, nil)) != nil
	w.record(o, residual, true)
	if !tree.SkippedLayer(o.Recorded) {
		return
	}
	for _, v := range args { // a head handed to the logits processor
		if inner, ok := v.(*pyeval.Instance); ok && inner.Recorded != "" {
			if i, ok := w.record(inner, false, true); ok {
				w.calls[i].processor = o
			}
		}
	}
}

// record notes a use of a module or parameter at the current call, or at the
// current statement when it is only handed on, and gives its place in calls.
func (w *Walk) record(v pyeval.Value, residual, direct bool) (int, bool) {
	path, ok := w.paths[v]
	if !ok || len(w.stack) == 0 {
		return 0, false
	}
	c := forwardCall{path: path, target: v, at: w.stmt, file: w.file, method: w.stack[len(w.stack)-1], residual: residual, direct: direct}
	if direct && w.expr != nil {
		c.at = w.expr.Span
	}
	key := useKey{c.path, c.file, c.at, residual}
	i, seen := w.seen[key]
	if seen && (!direct || w.calls[i].direct) {
		return i, true
	}
	if direct && w.expr != nil {
		c.args = argumentTexts(w.expr)
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
		out = append(out, pyeval.Clip(pysrc.Unparse(a), most))
	}
	for _, k := range c.Keywords {
		out = append(out, pyeval.Clip(k.Name+"="+pysrc.Unparse(k.Value), most))
	}
	return out
}

// Attr implements the watcher: the methods of a layer count as calls of it, its
// weight as a use.
func (w *Walk) Attr(o *pyeval.Instance, name string) (pyeval.Value, bool) {
	if o.Recorded == "" {
		return nil, false
	}
	switch o.Recorded {
	case "LayerCommunicator":
		return w.communicatorMethod(o, name)
	case engine.BoundaryLayer:
		return w.boundaryMethod(o, name)
	}
	if _, ok := o.Args.Get(name); ok {
		return nil, false
	}
	switch {
	case strings.HasPrefix(name, "forward"), name == "apply", name == "__call__":
		return pyeval.NewBuiltin(o.Recorded+"."+name, func(_ *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
			w.recordCall(o, args, kw)
			return pyeval.Unknownf("the result of %s", o.Recorded)
		}), true
	case name == "weight":
		w.record(o, false, false)
	}
	return nil, false
}
