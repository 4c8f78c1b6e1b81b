package baseline

import "slices"

// namespace is a table of names that keeps their order. Most are small, so it
// is searched from end to end until it has grown.
type namespace struct {
	keys  []string
	vals  []value        // beside keys
	index map[string]int // of keys; nil while there are few
	born  int            // see interp.isJournaled; 0 is older than everything
	// closed says that it holds the variables of a call that nothing sees
	// any more when it has returned.
	closed bool
}

// fewNames is how many names are found sooner by looking at each.
const fewNames = 12

func newNamespace() *namespace { return &namespace{} }

// sized makes a namespace with room for n names.
func sized(n int) *namespace {
	return &namespace{keys: make([]string, 0, n), vals: make([]value, 0, n)}
}

func (n *namespace) find(key string) int {
	if n.index != nil {
		if i, ok := n.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range n.keys {
		if k == key {
			return i
		}
	}
	return -1
}

func (n *namespace) get(key string) (value, bool) {
	if n == nil {
		return nil, false
	}
	if i := n.find(key); i >= 0 {
		return n.vals[i], true
	}
	return nil, false
}

// value gives what a name stands for; nil when there is no such name.
func (n *namespace) value(key string) value {
	v, _ := n.get(key)
	return v
}

func (n *namespace) set(key string, v value) {
	if i := n.find(key); i >= 0 {
		n.vals[i] = v
		return
	}
	n.add(key, v)
}

// addAll sets all names of another namespace, which may be nil.
func (n *namespace) addAll(o *namespace) {
	if o == nil {
		return
	}
	for i, k := range o.keys {
		n.set(k, o.vals[i])
	}
}

// setArguments sets the arguments of a call: those given by position as arg0,
// arg1 and so on, or as names say.
func (n *namespace) setArguments(args []value, kw *namespace, names ...string) {
	for i, v := range args {
		name := "arg" + string(rune('0'+min(i, 9)))
		if i < len(names) {
			name = names[i]
		}
		n.set(name, v)
	}
	n.addAll(kw)
}

// values are what the names stand for.
func (n *namespace) values() []value {
	if n == nil {
		return nil
	}
	return n.vals
}

// add sets a name that is not there yet.
func (n *namespace) add(key string, v value) {
	n.keys, n.vals = append(n.keys, key), append(n.vals, v)
	switch {
	case n.index != nil:
		n.index[key] = len(n.keys) - 1
	case len(n.keys) > fewNames:
		n.reindex()
	}
}

func (n *namespace) reindex() {
	n.index = make(map[string]int, 2*len(n.keys))
	for i, k := range n.keys {
		n.index[k] = i
	}
}

func (n *namespace) delete(key string) {
	i := n.find(key)
	if i < 0 {
		return
	}
	n.keys, n.vals = slices.Delete(n.keys, i, i+1), slices.Delete(n.vals, i, i+1)
	switch {
	case n.index == nil:
	case i == len(n.keys): // it was the last
		delete(n.index, key)
	default:
		n.reindex()
	}
}

func (n *namespace) clone() *namespace {
	if n == nil {
		return newNamespace()
	}
	out := &namespace{keys: slices.Clone(n.keys), vals: slices.Clone(n.vals)}
	if n.index != nil {
		out.reindex()
	}
	return out
}
