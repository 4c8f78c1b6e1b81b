package baseline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// value is what an expression of the interpreted program evaluates to:
//
//	nil (None), bool, int, float64, string   Python's own
//	*list, *tuple, *dict, *set               containers
//	*class, *function, *partial, *builtin    callables
//	*object                                  an instance
//	*config                                  a model configuration
//	*moduleList, *tensor                     torch's containers and parameters
//	*choice                                  one of two, by an unknown condition
//	*repeated                                one value, an unknown number of times
//	*unknown                                 not known, with the reason
//	*external, *moduleRef, *environment      things outside SGLang, modules, and
//	                                         objects of the run-time environment
//	*enumMember, *superRef                   what the names say
//	missing{}                                no such attribute (never stored)
type value any

type missing struct{}

func isMissing(v value) bool { _, ok := v.(missing); return ok }

// unknown is a value that could not be worked out.
type unknown struct {
	why string
	// expr is the source expression as far as it is known; keys are the
	// configuration keys that were looked for and not found.
	expr string
	keys []string
}

// choice is a value that depends on a condition that could not be decided.
type choice struct {
	cond string
	a, b value // when the condition holds, when it does not
}

// repeated stands for an unknown number of equal values.
type repeated struct {
	item  value
	count value
}

type external struct{ path string }

type moduleRef struct{ name string }

type list struct{ items []value }

type tuple struct{ items []value }

type partial struct {
	fn   value
	args []value
	kw   *namespace
}

// native is a function of the interpreter; kw may be nil.
type native func(in *interp, args []value, kw *namespace) value

type builtin struct {
	name string
	fn   native
}

// environment is an object of the run-time environment (server arguments,
// process groups, platform); get gives its attributes, or what a call of it
// returns for the name "__call__".
type environment struct {
	name string
	get  func(in *interp, name string) value
}

// site is a place in the source tree.
type site struct {
	file string
	line int
}

// objectKind says what an instance is to the reader.
type objectKind uint8

const (
	plainObject objectKind = iota
	moduleObject
	configObject
)

// object is an instance of a class (or of an external one).
type object struct {
	id    int
	cls   value // *class or *external
	kind  objectKind
	attrs *namespace
	// leaf is set when the constructor was not entered: the name of the
	// layer class whose arguments args holds.
	leaf string
	args *namespace
	site site
}

func (o *object) className() string {
	switch c := o.cls.(type) {
	case *class:
		return c.name
	case *external:
		return c.path[strings.LastIndexByte(c.path, '.')+1:]
	}
	return "object"
}

// moduleList is torch's ModuleList or, with keyed set, Sequential.
type moduleList struct {
	list
	keyed bool
	names []string // of a Sequential made from a dict
	site  site
}

// tensor is a tensor or a parameter; shape is a *list or *unknown. elements
// are the numbers of a small vector, nil where they are not known: some
// constructors sum sizes up in one.
type tensor struct {
	shape    value
	elements *list
	param    bool
	site     site
}

type superRef struct {
	self  value // *object or *class
	after *class
}

type enumMember struct {
	class string // qualified name
	name  string
	value value
	plain bool // of a class that is also str or int: equal to its value
}

// dict is a Python dict; set is the same without values.
type dict struct {
	keys  []value
	vals  []value
	index map[any]int
	// fallback makes the value of an absent key (defaultdict); nil: KeyError.
	fallback value
	// plain says that it is an object of config.json, which configuration
	// classes may turn into an object with attributes.
	plain bool
}

type set struct{ dict }

func newDict() *dict { return &dict{index: map[any]int{}} }

func newSet(items []value) *set {
	s := &set{dict{index: map[any]int{}}}
	for _, v := range items {
		s.put(v, nil)
	}
	return s
}

// hashKey gives the Go map key of a Python value; ok is false when the value
// is not hashable or not known.
func hashKey(v value) (any, bool) {
	fuel := maxVisited
	return hashDeep(v, &fuel)
}

func hashDeep(v value, fuel *int) (any, bool) {
	if *fuel--; *fuel < 0 {
		return nil, false
	}
	switch v := v.(type) {
	case nil:
		return missing{}, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int, string:
		return v, true
	case float64:
		if v == float64(int(v)) {
			return int(v), true
		}
		return v, true
	case *tuple:
		var b strings.Builder
		for _, x := range v.items {
			k, ok := hashDeep(x, fuel)
			if !ok {
				return nil, false
			}
			fmt.Fprintf(&b, "%T:%v;", k, k)
		}
		return [2]string{"tuple", b.String()}, true
	case *enumMember:
		if v.plain {
			return hashDeep(v.value, fuel)
		}
		return [2]string{v.class, v.name}, true
	case *class:
		return [2]string{"class", v.qualified()}, true
	case *external:
		return [2]string{"external", v.path}, true
	case *object, *function, *builtin, *environment, *moduleRef:
		return v, true
	}
	return nil, false
}

func (d *dict) find(key value) (int, bool) {
	k, ok := hashKey(key)
	if !ok {
		return 0, false
	}
	i, ok := d.index[k]
	return i, ok
}

func (d *dict) get(key value) (value, bool) {
	if i, ok := d.find(key); ok {
		return d.vals[i], true
	}
	return nil, false
}

// put stores a value; false when the key is not hashable.
func (d *dict) put(key, v value) bool {
	k, ok := hashKey(key)
	if !ok {
		return false
	}
	if i, ok := d.index[k]; ok {
		d.vals[i] = v
		return true
	}
	d.index[k] = len(d.keys)
	d.keys = append(d.keys, key)
	d.vals = append(d.vals, v)
	return true
}

func (d *dict) remove(key value) (value, bool) {
	i, ok := d.find(key)
	if !ok {
		return nil, false
	}
	v := d.vals[i]
	d.keys = slices.Delete(d.keys, i, i+1)
	d.vals = slices.Delete(d.vals, i, i+1)
	d.reindex()
	return v, true
}

func (d *dict) reindex() {
	d.index = make(map[any]int, len(d.keys))
	for i, key := range d.keys {
		if k, ok := hashKey(key); ok {
			d.index[k] = i
		}
	}
}

func (d *dict) clone() *dict {
	out := &dict{keys: slices.Clone(d.keys), vals: slices.Clone(d.vals), fallback: d.fallback}
	out.reindex()
	return out
}

// replace makes d hold what o holds.
func (d *dict) replace(o *dict) {
	d.keys, d.vals = slices.Clone(o.keys), slices.Clone(o.vals)
	d.reindex()
}

// function is a function, method or lambda with the variables it closes over.
type function struct {
	mod     *module
	def     *pysrc.FuncDef // nil for a lambda
	lambda  *pysrc.Lambda
	closure *frame
	owner   *class
	self    value
	bound   bool // self is the first argument
}

func (f *function) name() string {
	if f.def != nil {
		return f.def.Name
	}
	return "<lambda>"
}

func (f *function) params() pysrc.Params {
	if f.def != nil {
		return f.def.Params
	}
	return f.lambda.Params
}

// bind gives the method with its first argument.
func (f *function) bind(self value) *function {
	g := *f
	g.self, g.bound = self, true
	return &g
}
