package tree

import (
	"errors"
	"strconv"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

var errTree = errors.New("gave up: too many modules")

// Node is one occurrence of a module or parameter in the object tree.
type Node struct {
	Path   string
	Value  pyeval.Value   // *pyeval.Instance or *engine.Tensor
	conds  []string       // undecided conditions on which it depends
	counts []pyeval.Value // undecided repetitions around it
	layers []int          // indices in the module lists around it, outermost first
}

// maxVisits bounds the walk of the object tree: lists may hold each other, so
// that it has more nodes than there are objects. The largest real model has
// some 10,000.
const maxVisits = 300_000

// flattener walks an object tree in construction order.
type flattener struct {
	e      *engine.Engine
	out    []Node
	stack  map[*pyeval.Instance]bool
	visits int
}

// Flatten lists the modules and parameters below a root, in the order in which
// they were made.
func Flatten(e *engine.Engine, root pyeval.Value) []Node {
	f := &flattener{e: e, stack: map[*pyeval.Instance]bool{}}
	f.walk(Node{Value: root})
	return f.out
}

func (f *flattener) walk(n Node) {
	if f.visits++; f.visits > maxVisits || len(n.layers) > f.e.Limits.Depth {
		f.e.Stop(errTree)
		return
	}
	switch v := n.Value.(type) {
	case *pyeval.Choice:
		f.walk(n.under(v.A, v.Cond))
		f.walk(n.under(v.B, "not "+v.Cond))
	case *pyeval.Repeated:
		m := n
		m.Value = v.Each
		m.counts = append(n.counts[:len(n.counts):len(n.counts)], v.Count)
		f.walk(m)
	case *engine.ModuleList:
		for i, x := range v.List.Items {
			m := n
			m.Value = x
			if i < len(v.Names) {
				m.Path += "." + v.Names[i]
			} else if v.Keyed {
				m.Path += "." + strconv.Itoa(i)
			} else {
				m.layers = append(n.layers[:len(n.layers):len(n.layers)], i)
			}
			if u, ok := x.(*pyeval.Unknown); ok {
				f.e.UndecideAt(n.Path, v.Site, n.Path+"[i]", u, "an element of the list is not known: "+u.Why)
			}
			f.walk(m)
		}
	case *engine.Tensor:
		if v.Param {
			f.out = append(f.out, n)
		}
	case *pyeval.Instance:
		f.object(n, v)
	}
}

func (n Node) under(v pyeval.Value, cond string) Node {
	n.Value = v
	n.conds = append(n.conds[:len(n.conds):len(n.conds)], cond)
	return n
}

func (f *flattener) object(n Node, o *pyeval.Instance) {
	if !f.e.IsPart(o) || f.stack[o] {
		return
	}
	f.out = append(f.out, n)
	f.stack[o] = true
	defer delete(f.stack, o)
	for name, v := range o.Attrs.All() {
		if name == "pp_group" {
			continue
		}
		m := n
		m.Value, m.Path = v, JoinPath(n.Path, name)
		f.walk(m)
	}
}

// HeldModel is the model of an entry class that is not a module itself and hands
// everything on to the one module that it holds (MiniCPMV, by version).
func HeldModel(e *engine.Engine, root pyeval.Value) pyeval.Value {
	o, ok := root.(*pyeval.Instance)
	if !ok || e.IsPart(o) {
		return root
	}
	var held []*pyeval.Instance
	for _, v := range o.Attrs.Vals {
		if m, ok := v.(*pyeval.Instance); ok && e.IsPart(m) {
			held = append(held, m)
		}
	}
	if len(held) != 1 {
		return root
	}
	return held[0]
}
