package baseline

import (
	"fmt"
	"slices"
)

// treeNode is one occurrence of a module or parameter in the object tree.
type treeNode struct {
	path   string
	v      value    // *object or *tensor
	conds  []string // undecided conditions on which it depends
	counts []value  // undecided repetitions around it
	layers []int    // indices in the module lists around it, outermost first
	// times is how often it occurs, as a part of a layer that stands for
	// several; also are their other indices in the outermost list.
	times int
	also  []int
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
	within []*layerTemplate // whose layers are being walked
}

func (in *interp) flatten(root value) []treeNode {
	f := &flattener{in: in, stack: map[*object]bool{}}
	f.walk(treeNode{v: root, times: 1})
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
			if t := templateOf(x); t != nil && t.shared {
				f.template(n, v, i, t)
				continue
			}
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
		if v.template != nil && v.template.shared {
			f.in.abandon() // it is not one of a list
			return
		}
		f.object(n, v)
	}
}

// template walks a layer that stands for several elements of a list, at the
// first of them.
func (f *flattener) template(n treeNode, l *moduleList, at int, t *layerTemplate) {
	if l.keyed || f.in.stopped != nil { // keys are parts of paths
		f.in.abandon()
		return
	}
	var indices []int
	for i, x := range l.items {
		if x == value(t.object) {
			indices = append(indices, i)
		}
	}
	if indices[0] != at {
		return
	}
	m := n
	m.v = t.object
	m.layers = append(n.layers[:len(n.layers):len(n.layers)], at)
	m.times *= len(indices)
	if len(n.layers) == 0 {
		m.also = indices[1:]
	}
	before := f.visits
	f.visits++
	f.within = append(f.within, t)
	f.object(m, t.object)
	f.within = f.within[:len(f.within)-1]
	f.visits += (f.visits - before) * (len(indices) - 1)
	if f.visits > maxVisits {
		f.in.abandon()
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
	for _, t := range f.in.shared {
		if t.holds(o.attrs.born) && !slices.Contains(f.within, t) {
			f.in.abandon() // a part of one of the layers stands elsewhere
			return
		}
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
