package baseline

import (
	"errors"
	"strconv"
)

var errTree = errors.New("gave up: too many modules")

// treeNode is one occurrence of a module or parameter in the object tree.
type treeNode struct {
	path   string
	v      value    // *object or *tensor
	conds  []string // undecided conditions on which it depends
	counts []value  // undecided repetitions around it
	layers []int    // indices in the module lists around it, outermost first
}

// maxVisits bounds the walk of the object tree: lists may hold each other, so
// that it has more nodes than there are objects. The largest real model has
// some 10,000.
const maxVisits = 300_000

// flattener walks an object tree in construction order.
type flattener struct {
	e      *engine
	out    []treeNode
	stack  map[*object]bool
	visits int
}

func flatten(e *engine, root value) []treeNode {
	f := &flattener{e: e, stack: map[*object]bool{}}
	f.walk(treeNode{v: root})
	return f.out
}

func (f *flattener) walk(n treeNode) {
	if f.visits++; f.visits > maxVisits || len(n.layers) > f.e.limits.Depth {
		f.e.stop(errTree)
		return
	}
	switch v := n.v.(type) {
	case *choice:
		f.walk(n.under(v.a, v.cond))
		f.walk(n.under(v.b, "not "+v.cond))
	case *repeated:
		m := n
		m.v = v.item
		m.counts = append(n.counts[:len(n.counts):len(n.counts)], v.count)
		f.walk(m)
	case *moduleList:
		for i, x := range v.list.items {
			m := n
			m.v = x
			if i < len(v.names) {
				m.path += "." + v.names[i]
			} else if v.keyed {
				m.path += "." + strconv.Itoa(i)
			} else {
				m.layers = append(n.layers[:len(n.layers):len(n.layers)], i)
			}
			if u, ok := x.(*unknown); ok {
				f.e.undecideAt(n.path, v.site, n.path+"[i]", u, "an element of the list is not known: "+u.why)
			}
			f.walk(m)
		}
	case *tensor:
		if v.param {
			f.out = append(f.out, n)
		}
	case *object:
		f.object(n, v)
	}
}

func (n treeNode) under(v value, cond string) treeNode {
	n.v = v
	n.conds = append(n.conds[:len(n.conds):len(n.conds)], cond)
	return n
}

func (f *flattener) object(n treeNode, o *object) {
	if !f.e.isModule(o) || f.stack[o] {
		return
	}
	f.out = append(f.out, n)
	f.stack[o] = true
	defer delete(f.stack, o)
	for i, name := range o.attrs.keys {
		if name == "pp_group" {
			continue
		}
		m := n
		m.v = o.attrs.vals[i]
		if n.path != "" {
			m.path += "."
		}
		m.path += name
		f.walk(m)
	}
}

// heldModel is the model of an entry class that is no module itself and hands
// everything on to the one module that it holds (MiniCPMV, by version).
func heldModel(e *engine, root value) value {
	o, ok := root.(*object)
	if !ok || e.isModule(o) {
		return root
	}
	var held []*object
	for _, v := range o.attrs.vals {
		if m, ok := v.(*object); ok && e.isModule(m) {
			held = append(held, m)
		}
	}
	if len(held) != 1 {
		return root
	}
	return held[0]
}
