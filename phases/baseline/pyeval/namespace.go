package pyeval

import (
	"iter"
	"slices"
)

// Namespace is a table of names that keeps their order. Most are small, so it
// is searched from end to end until it has grown.
type Namespace struct {
	Keys   []string
	Vals   []Value        // beside keys
	index  map[string]int // of keys; nil while there are few
	serial int            // in the order in which they are made (see variable.touch); 0 is before all
	// closed says that it holds the variables of a call that nothing sees
	// any more when it has returned.
	closed bool
}

// fewNames is how many names are found sooner by looking at each.
const fewNames = 12

// NewNamespace makes an empty table.
func NewNamespace() *Namespace { return &Namespace{} }

// sized makes a namespace with room for n names.
func sized(n int) *Namespace {
	return &Namespace{Keys: make([]string, 0, n), Vals: make([]Value, 0, n)}
}

func (n *Namespace) find(key string) int {
	if n.index != nil {
		if i, ok := n.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range n.Keys {
		if k == key {
			return i
		}
	}
	return -1
}

// Get returns what a name stands for.
func (n *Namespace) Get(key string) (Value, bool) {
	if n == nil {
		return nil, false
	}
	if i := n.find(key); i >= 0 {
		return n.Vals[i], true
	}
	return nil, false
}

// Value returns what a name stands for; nil when there is no such name.
func (n *Namespace) Value(key string) Value {
	return n.Or(key, nil)
}

// Or returns what a name stands for, or the value given where there is no such
// name.
func (n *Namespace) Or(key string, absent Value) Value {
	if v, ok := n.Get(key); ok {
		return v
	}
	return absent
}

// Set makes a name stand for a value.
func (n *Namespace) Set(key string, v Value) {
	if i := n.find(key); i >= 0 {
		n.Vals[i] = v
		return
	}
	n.add(key, v)
}

// AddAll sets all names of another namespace, which may be nil.
func (n *Namespace) AddAll(o *Namespace) {
	for k, v := range o.All() {
		n.Set(k, v)
	}
}

// SetArguments sets the arguments of a call: those given by position as arg0,
// arg1 and so on, or as names say.
func (n *Namespace) SetArguments(args []Value, kw *Namespace, names ...string) {
	for i, v := range args {
		name := "arg" + string(rune('0'+min(i, 9)))
		if i < len(names) {
			name = names[i]
		}
		n.Set(name, v)
	}
	n.AddAll(kw)
}

// All goes through the names and what they stand for; a nil namespace has none.
func (n *Namespace) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if n == nil {
			return
		}
		for i, k := range n.Keys {
			if !yield(k, n.Vals[i]) {
				return
			}
		}
	}
}

// Values are what the names stand for.
func (n *Namespace) Values() []Value {
	if n == nil {
		return nil
	}
	return n.Vals
}

// add sets a name that is not there yet.
func (n *Namespace) add(key string, v Value) {
	n.Keys, n.Vals = append(n.Keys, key), append(n.Vals, v)
	switch {
	case n.index != nil:
		n.index[key] = len(n.Keys) - 1
	case len(n.Keys) > fewNames:
		n.reindex()
	}
}

func (n *Namespace) reindex() {
	n.index = make(map[string]int, 2*len(n.Keys))
	for i, k := range n.Keys {
		n.index[k] = i
	}
}

// Delete removes a name.
func (n *Namespace) Delete(key string) {
	i := n.find(key)
	if i < 0 {
		return
	}
	n.Keys, n.Vals = slices.Delete(n.Keys, i, i+1), slices.Delete(n.Vals, i, i+1)
	switch {
	case n.index == nil:
	case i == len(n.Keys): // it was the last
		delete(n.index, key)
	default:
		n.reindex()
	}
}

// Clone returns a table of the same names, an empty one of nil.
func (n *Namespace) Clone() *Namespace {
	if n == nil {
		return NewNamespace()
	}
	out := &Namespace{Keys: slices.Clone(n.Keys), Vals: slices.Clone(n.Vals)}
	if n.index != nil {
		out.reindex()
	}
	return out
}
