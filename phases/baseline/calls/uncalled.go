package calls

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/baseline/tree"
)

// Uncalled finds the modules that a model constructs and whose parent
// never runs them while it generates text: no method that forward() comes to
// names them (Falcon-H1's q_norm), or only one that reads an image does. What
// another object holds, or what forward() was seen to use, is never among them.
func (w *Walk) Uncalled() map[string]bool {
	used := map[string]bool{} // paths that forward() uses, and those around them
	for _, c := range w.calls {
		for p := c.path; p != "" && !used[p]; p = tree.ParentPath(p) {
			used[p] = true
		}
	}
	if len(w.nodes) == 0 {
		return nil
	}
	held, loaded := w.heldObjects(), w.takenByLoader()
	uncalled := map[string]bool{}
	for _, n := range w.nodes {
		o, ok := n.Value.(*pyeval.Instance)
		if !ok || o.Recorded != "" {
			continue
		}
		c, ok := o.Class.(*pyeval.Class)
		if !ok {
			continue
		}
		named := w.namedByForward(c)
		for name, v := range o.Attrs.All() {
			path := tree.JoinPath(n.Path, name)
			if used[path] {
				continue
			}
			parts := w.partsOf(v)
			if len(parts) == 0 {
				continue
			}
			if named == nil || named[name] || loaded[name] || slices.ContainsFunc(parts, func(p *pyeval.Instance) bool { return held[p] }) {
				used[path] = true // in one of the modules of this path
				continue
			}
			uncalled[path] = true
		}
	}
	for p := range uncalled {
		if used[p] {
			delete(uncalled, p)
		}
	}
	return uncalled
}

// partsOf are the modules of an attribute: one, or those of a list.
func (w *Walk) partsOf(v pyeval.Value) []*pyeval.Instance {
	switch v := v.(type) {
	case *pyeval.Instance:
		if w.IsPart(v) && !tree.SkippedLayer(v.Recorded) {
			return []*pyeval.Instance{v}
		}
	case *engine.ModuleList:
		var out []*pyeval.Instance
		for _, x := range v.List.Items {
			out = append(out, w.partsOf(x)...)
		}
		return out
	case *pyeval.Choice:
		return append(w.partsOf(v.A), w.partsOf(v.B)...)
	case *pyeval.Repeated:
		return w.partsOf(v.Each)
	}
	return nil
}

// heldObjects are the modules that others than their parent hold: layers that
// are given them, and objects that are not modules.
func (w *Walk) heldObjects() map[*pyeval.Instance]bool {
	held, seen := map[*pyeval.Instance]bool{}, map[*pyeval.Instance]bool{}
	var look func(v pyeval.Value, depth int)
	look = func(v pyeval.Value, depth int) {
		const deep = 4
		if depth > deep {
			return
		}
		switch v := v.(type) {
		case *pyeval.Instance:
			if w.IsPart(v) {
				held[v] = true
				return
			}
			if seen[v] {
				return
			}
			seen[v] = true
			for _, x := range append(slices.Clone(v.Attrs.Vals), v.Args.Values()...) {
				look(x, depth+1)
			}
		case *pyeval.Function:
			look(v.Self, depth+1)
		case *pyeval.Partial:
			for _, x := range append(slices.Clone(v.Args), v.Keywords.Values()...) {
				look(x, depth+1)
			}
		case *pyeval.Choice:
			look(v.A, depth+1)
			look(v.B, depth+1)
		default:
			items, _ := pyeval.Iterate(v)
			for _, x := range items {
				look(x, depth+1)
			}
		}
	}
	for _, n := range w.nodes {
		o, ok := n.Value.(*pyeval.Instance)
		if !ok {
			continue
		}
		if o.Recorded != "" {
			for _, v := range o.Args.Values() {
				look(v, 0)
			}
			continue
		}
		for _, v := range o.Attrs.Vals {
			if len(w.partsOf(v)) == 0 {
				look(v, 0)
			}
		}
	}
	return held
}

// takenByLoader are the names of modules whose weights the model's loader takes
// out for forward() to multiply with (kv_b_proj of an absorbed MLA).
func (w *Walk) takenByLoader() map[string]bool {
	m := &mentions{named: map[string]bool{}}
	root, ok := w.nodes[0].Value.(*pyeval.Instance)
	if !ok {
		return m.named
	}
	c, ok := root.Class.(*pyeval.Class)
	if !ok {
		return m.named
	}
	for name, all := range w.methodsOf(c) {
		if !strings.Contains(name, "load") {
			continue
		}
		for _, def := range all {
			m.addDeferred(def)
		}
	}
	return m.named
}

// namedByForward are the names that the methods of a class mention which
// forward() comes to; nil when that cannot be told: the class has no forward()
// of its own, or attributes are asked for by names that are computed.
func (w *Walk) namedByForward(c *pyeval.Class) map[string]bool {
	named, ok := w.forwardNames[c.Full]
	if !ok {
		named = w.findNames(c)
		w.forwardNames[c.Full] = named
	}
	return named
}

func (w *Walk) findNames(c *pyeval.Class) map[string]bool {
	owner, start := w.ForwardMethod(c)
	if start == nil || owner.Opaque {
		return nil
	}
	m := &mentions{named: map[string]bool{}, methods: w.methodsOf(c)}
	m.add(start)
	for _, s := range m.methods["__init__"] {
		m.addDeferred(s)
	}
	media := mediaMethods(m.methods)
	m.addCalled(m.methods, func(name string) bool {
		called := m.named[name] || isEngineEntry(name) || m.handsOnSelf && !media[name]
		return called && name != "__init__" && name != "load_weights" && !readsMedia(name) && !isForOtherHardware(name)
	})
	if m.open || m.handsOnSelf && len(media) == 0 {
		return nil
	}
	return m.named
}

// mediaMethods are the methods that make the embeddings of images, sound or
// video, and those that they call.
func mediaMethods(methods map[string][]*pysrc.FuncDef) map[string]bool {
	m := &mentions{named: map[string]bool{}}
	return m.addCalled(methods, func(name string) bool { return readsMedia(name) || m.named[name] })
}

// methodsOf are the methods of a class and its bases within the tree, by name.
func (w *Walk) methodsOf(c *pyeval.Class) map[string][]*pysrc.FuncDef {
	out := map[string][]*pysrc.FuncDef{}
	for _, x := range w.ResolutionOrder(c) {
		xc, ok := x.(*pyeval.Class)
		if !ok || xc.Opaque {
			continue
		}
		for name, s := range xc.ByName {
			if def, ok := s.(*pysrc.FuncDef); ok {
				out[name] = append(out[name], def)
			}
		}
	}
	return out
}

// isEngineEntry reports whether the engine itself calls a method of a model.
func isEngineEntry(name string) bool {
	return strings.HasPrefix(name, "forward") || strings.HasPrefix(name, "op_") || name == "__call__" || name == "compute_logits"
}

// isForOtherHardware reports whether a method is the form of forward() that runs
// where there is no CUDA device: what it alone names does not run on one
// (Gemma 3's own rotary embedding of each layer).
func isForOtherHardware(name string) bool {
	return slices.Contains([]string{"forward_cpu", "forward_npu", "forward_xpu", "forward_hpu", "forward_hip", "forward_musa", "forward_mps", "forward_tpu"}, name)
}

// readsMedia reports whether a method makes the embeddings of images, sound or
// video, which is not part of generating text.
func readsMedia(name string) bool {
	return engine.IsMultimodalMethod(name) || strings.HasPrefix(name, "get_") && (strings.HasSuffix(name, "_feature") || strings.HasSuffix(name, "_features"))
}

// mentions collects the attributes that methods of a class mention.
type mentions struct {
	named   map[string]bool
	methods map[string][]*pysrc.FuncDef
	// handsOnSelf: a method gives the object itself to something, which may
	// use any part of it. Of a model that reads images that is the engine's
	// routine which asks it for their embeddings: it uses methods alone.
	handsOnSelf bool
	// open: an attribute is asked for whose name is computed.
	open bool
}

// addCalled adds the methods that are called, until there are no more: what one
// mentions may call another. It returns their names.
func (m *mentions) addCalled(methods map[string][]*pysrc.FuncDef, called func(name string) bool) map[string]bool {
	done := map[string]bool{}
	for again := true; again; {
		again = false
		for name, all := range methods {
			if done[name] || !called(name) {
				continue
			}
			done[name], again = true, true
			for _, s := range all {
				m.add(s)
			}
		}
	}
	return done
}

func (m *mentions) add(def *pysrc.FuncDef) {
	self := ""
	if len(def.Params.List) > 0 {
		self = def.Params.List[0].Name
	}
	m.addIn(def, self)
}

func (m *mentions) addIn(node any, self string) {
	handed := func(e pysrc.Expr) {
		if n, ok := e.(*pysrc.Name); ok && n.ID == self {
			m.handsOnSelf = true
		}
	}
	pysrc.Inspect(node, func(n any) bool {
		switch n := n.(type) {
		case *pysrc.Attribute:
			m.named[n.Name] = true
		case *pysrc.Const:
			if s, isText := n.Value.(string); isText {
				m.named[s] = true
			}
		case *pysrc.Call:
			fn, _ := n.Fn.(*pysrc.Name)
			switch {
			case fn != nil && fn.ID == "getattr" && len(n.Args) > 1:
				_, constant := n.Args[1].(*pysrc.Const)
				m.open = m.open || !constant
			case fn != nil && fn.ID == "super":
			default:
				for _, a := range n.Args {
					handed(a)
				}
				for _, k := range n.Keywords {
					handed(k.Value)
				}
			}
		}
		return true
	})
}

// addDeferred adds what a constructor leaves for forward() to use: methods that
// it hands on, the inside of functions that it makes, and weights that it takes
// out of a module (self.conv1d.weight).
func (m *mentions) addDeferred(init *pysrc.FuncDef) {
	called := map[pysrc.Expr]bool{}
	for _, s := range init.Body {
		pysrc.Inspect(s, func(n any) bool {
			switch n := n.(type) {
			case *pysrc.FuncDef, *pysrc.Lambda:
				m.addIn(n, "")
				return false
			case *pysrc.Call:
				called[n.Fn] = true
			case *pysrc.Attribute:
				if inner, isAttr := n.X.(*pysrc.Attribute); isAttr && (n.Name == "weight" || n.Name == "bias") {
					m.named[inner.Name] = true
				}
				if m.methods[n.Name] != nil && !called[n] {
					m.named[n.Name] = true
				}
			}
			return true
		})
	}
}
