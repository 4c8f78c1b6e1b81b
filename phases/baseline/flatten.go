package baseline

import (
	"fmt"
)

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
	in     *interp
	out    []treeNode
	stack  map[*object]bool
	visits int
}

func (in *interp) flatten(root value) []treeNode {
	f := &flattener{in: in, stack: map[*object]bool{}}
	f.walk(treeNode{v: root})
	return f.out
}

func (f *flattener) walk(n treeNode) {
	if f.visits++; f.visits > maxVisits || len(n.layers) > f.in.limits.Depth {
		f.in.stop(errTree)
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
		for i, x := range v.items {
			m := n
			m.v = x
			if i < len(v.names) {
				m.path += "." + v.names[i]
			} else if v.keyed {
				m.path += "." + decimal(i)
			} else {
				m.layers = append(n.layers[:len(n.layers):len(n.layers)], i)
			}
			if u, ok := x.(*unknown); ok {
				f.lost(n.path, v.site, u)
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

// lost reports an element of a module list that is not known.
func (f *flattener) lost(path string, at site, u *unknown) {
	location := fmt.Sprintf("%s:%d", at.file, at.line)
	before := len(f.in.undecided)
	f.in.undecideAt(location, path+"[i]", u, "an element of the list is not known: "+u.why)
	if len(f.in.undecided) > before {
		f.in.undecided[before].Path = path
	}
}

func (n treeNode) under(v value, cond string) treeNode {
	n.v = v
	n.conds = append(n.conds[:len(n.conds):len(n.conds)], cond)
	return n
}

func (f *flattener) object(n treeNode, o *object) {
	if !f.in.isModule(o) || f.stack[o] {
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

// isModule says whether an object is a torch module.
func (in *interp) isModule(o *object) bool {
	if o.kind == configObject {
		return false
	}
	if c, ok := o.cls.(*class); ok && o.kind != moduleObject {
		return in.isTorchModule(c)
	}
	return o.kind == moduleObject
}
