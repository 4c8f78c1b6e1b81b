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
	*engine
	nodes []treeNode
	paths map[any]string // *object and *tensor by identity
	done  map[string]bool
	kinds map[*object]string // signatures
	seen  map[useKey]int     // indices of calls by what they are
	calls []forwardCall
	stack []*function
	// residual says that the residual stream has begun, where stage
	// boundaries keep it.
	residual bool
	expr     *pysrc.Call // being evaluated
	stmt     pysrc.Span  // being executed
	file     string
	// forwardNames are what namedByForward found, by class.
	forwardNames map[string]map[string]bool
}

// walkForward records the calls of the root's forward().
func walkForward(e *engine, root value, nodes []treeNode) *forwardWalk {
	w := &forwardWalk{engine: e, nodes: nodes, paths: map[any]string{}, done: map[string]bool{}, kinds: map[*object]string{}, seen: map[useKey]int{},
		forwardNames: map[string]map[string]bool{}}
	o, ok := root.(*object)
	if !ok {
		return w
	}
	for _, n := range nodes {
		switch v := n.v.(type) {
		case *object, *tensor:
			if _, ok := w.paths[v]; !ok {
				w.paths[v] = n.path
			}
		}
	}
	e.watch(w, func() { w.enterForward(o, nil, nil) })
	if e.stopped != nil {
		e.notef("forward() was walked in part: %v", e.stopped)
	}
	return w
}

// Statement implements the watcher.
func (w *forwardWalk) Statement(s pysrc.Stmt) { w.stmt = ownLines(s) }

// Calling implements the watcher.
func (w *forwardWalk) Calling(e *pysrc.Call) func() {
	outer := w.expr
	w.expr = e
	return func() { w.expr = outer }
}

// Entering implements the watcher.
func (w *forwardWalk) Entering(f *function) func() {
	expr, stmt, file := w.expr, w.stmt, w.file
	w.stack, w.file = append(w.stack, f), f.mod.path
	return func() { w.stack, w.expr, w.stmt, w.file = w.stack[:len(w.stack)-1], expr, stmt, file }
}

// Read implements the watcher: a parameter that is read off a module counts as
// a use of it.
func (w *forwardWalk) Read(v value) {
	if t, ok := v.(*tensor); ok {
		w.record(t, false, false)
	}
}

// Follows implements the watcher: only the models are looked into.
func (w *forwardWalk) Follows(module string) bool { return inModels(module + ".") }

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
func (w *forwardWalk) enterForward(o *object, args []value, kw *namespace) value {
	result := unknownf("the result of %s", o.className())
	c, ok := o.cls.(*class)
	if !ok {
		return result
	}
	key := w.paths[o] + "|" + c.full + "|" + w.signature(o) + "|" + nonePattern(args, kw)
	if w.done[key] {
		return result
	}
	w.done[key] = true
	owner, def := w.forwardMethod(c)
	if def == nil || owner.opaque {
		return result
	}
	f := &function{mod: owner.mod, def: def, closure: owner.closure, owner: owner, self: o, bound: true}
	// A branch that raises ends the walk of this module only.
	w.attempt(func() value { return w.callFunction(f, args, kw) })
	return result
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

// Call implements the watcher: it notes the layers that a call uses.
func (w *forwardWalk) Call(fn value, args []value, kw *namespace) (value, bool) {
	switch f := fn.(type) {
	case *object:
		if f.leaf != "" {
			w.recordArguments(args, kw, false)
			w.recordCall(f, args, kw)
			return unknownf("the result of %s", f.leaf), true
		}
		if w.isModule(f) {
			w.recordArguments(args, kw, false)
			w.recordCall(f, args, kw)
			return w.enterForward(f, args, kw), true
		}
	case *moduleList:
		if !f.keyed {
			return nil, false
		}
		var result value
		for _, x := range f.list.items {
			result = w.call(x, args, kw)
			args, kw = []value{result}, nil
		}
		return result, true
	case *function:
		if isOtherPlatform(f) {
			return unknownf("the result of %s", f.name()), true
		}
		if f.owner != nil && !f.owner.opaque || f.lambda != nil || f.closure != nil || inModels(f.mod.name) {
			w.recordArguments(args, kw, false)
			return nil, false
		}
		w.recordArguments(args, kw, true)
		return unknownf("the result of %s", f.name()), true
	case *class:
		if w.isEnum(f) {
			return nil, false
		}
		w.recordArguments(args, kw, true)
		return unknownf("an instance of %s", f.name), true
	case *unknown, *external, *stub:
		if e, ok := f.(*external); ok {
			if isPureLibrary(e.path) {
				return nil, false
			}
			if w.finalNorm(e.path, args) {
				return unknownf("the result of %s", e.path), true
			}
		}
		w.recordArguments(args, kw, true)
		if _, ok := f.(*stub); ok {
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

// recordArguments notes modules and parameters that are handed on. What is not
// followed (opaque) may use a layer and run a block.
func (w *forwardWalk) recordArguments(args []value, kw *namespace, opaque bool) {
	for _, v := range args {
		w.recordArgument(v, opaque)
	}
	if kw != nil {
		for _, v := range kw.vals {
			w.recordArgument(v, opaque)
		}
	}
}

func (w *forwardWalk) recordArgument(v value, opaque bool) {
	switch v := v.(type) {
	case *tensor:
		w.record(v, false, opaque)
	case *object:
		if !w.isModule(v) {
			return
		}
		w.record(v, false, false)
		if v.leaf == "" && opaque {
			w.enterForward(v, nil, nil)
		}
	}
}

// recordCall notes a call of a layer.
func (w *forwardWalk) recordCall(o *object, args []value, kw *namespace) {
	residual := len(args) > 1 && args[1] != nil
	if v, ok := kw.get("residual"); ok {
		residual = v != nil
	}
	w.record(o, residual, true)
	if !skippedLayer(o.leaf) {
		return
	}
	for _, v := range args { // a head handed to the logits processor
		if inner, ok := v.(*object); ok && inner.leaf != "" {
			if i, ok := w.record(inner, false, true); ok {
				w.calls[i].processor = o
			}
		}
	}
}

// record notes a use of a module or parameter at the current call, or at the
// current statement when it is only handed on, and gives its place in calls.
func (w *forwardWalk) record(v value, residual, direct bool) (int, bool) {
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
		out = append(out, clip(pysrc.Unparse(a), most))
	}
	for _, k := range c.Keywords {
		out = append(out, clip(k.Name+"="+pysrc.Unparse(k.Value), most))
	}
	return out
}

// Attr implements the watcher: the methods of a layer count as calls of it, its
// weight as a use.
func (w *forwardWalk) Attr(o *object, name string) (value, bool) {
	if o.leaf == "" {
		return nil, false
	}
	switch o.leaf {
	case "LayerCommunicator":
		return w.communicatorMethod(o, name)
	case boundaryLeaf:
		return w.boundaryMethod(o, name)
	}
	if _, ok := o.args.get(name); ok {
		return nil, false
	}
	switch {
	case strings.HasPrefix(name, "forward"), name == "apply", name == "__call__":
		return newBuiltin(o.leaf+"."+name, func(_ *interp, args []value, kw *namespace) value {
			w.recordCall(o, args, kw)
			return unknownf("the result of %s", o.leaf)
		}), true
	case name == "weight":
		w.record(o, false, false)
	}
	return nil, false
}
