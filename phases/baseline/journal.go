package baseline

import "slices"

// change is one write made while an arm of an undecided condition is tried;
// exactly one of space, list and dict is set.
type change struct {
	space *namespace
	key   string
	old   value // missing{} when there was none
	list  *list
	items []value // the list's items before
	dict  *dict
	was   *dict // the dict before
}

// place identifies what a change wrote to.
type place struct {
	target any
	key    string
}

func (c *change) place() place {
	switch {
	case c.space != nil:
		return place{c.space, c.key}
	case c.list != nil:
		return place{c.list, ""}
	}
	return place{c.dict, ""}
}

// write is the state of a place after an arm.
type write struct {
	change
	v     value   // of a namespace; missing{} when deleted
	items []value // of a list
	now   *dict   // of a dict
}

func (in *interp) setVar(n *namespace, key string, v value) {
	if in.tentative > 0 {
		old, ok := n.get(key)
		if !ok {
			old = missing{}
		}
		in.journal = append(in.journal, change{space: n, key: key, old: old})
	}
	if _, ok := n.vals[key]; !ok && !in.grow(nameCells) {
		return
	}
	n.set(key, v)
}

func (in *interp) deleteVar(n *namespace, key string) {
	if old, ok := n.get(key); ok {
		if in.tentative > 0 {
			in.journal = append(in.journal, change{space: n, key: key, old: old})
		}
		n.delete(key)
	}
}

// touchList must be called before a list is changed.
func (in *interp) touchList(l *list) {
	if in.tentative > 0 && in.grow(len(l.items)) {
		in.journal = append(in.journal, change{list: l, items: slices.Clone(l.items)})
	}
}

// touchDict must be called before a dict is changed.
func (in *interp) touchDict(d *dict) {
	if in.tentative > 0 && in.grow(len(d.keys)) {
		in.journal = append(in.journal, change{dict: d, was: d.clone()})
	}
}

// rollback undoes every change since the mark.
func (in *interp) rollback(mark int) {
	for len(in.journal) > mark {
		c := in.journal[len(in.journal)-1]
		in.journal = in.journal[:len(in.journal)-1]
		switch {
		case c.space != nil && isMissing(c.old):
			c.space.delete(c.key)
		case c.space != nil:
			c.space.set(c.key, c.old)
		case c.list != nil:
			c.list.items = c.items
		default:
			c.dict.replace(c.was)
		}
	}
}

// writes gives the places changed since the mark with what they now hold, in
// the order of their first change.
func (in *interp) writes(mark int) (order []place, state map[place]write) {
	state = map[place]write{}
	for _, c := range in.journal[mark:] {
		p := c.place()
		if _, ok := state[p]; ok {
			continue
		}
		order = append(order, p)
		w := write{change: c}
		switch {
		case c.space != nil:
			v, ok := c.space.get(c.key)
			if !ok {
				v = missing{}
			}
			w.v = v
		case c.list != nil:
			w.items = slices.Clone(c.list.items)
		default:
			w.now = c.dict.clone()
		}
		state[p] = w
	}
	return order, state
}

// apply makes the writes of an arm again.
func (in *interp) apply(order []place, state map[place]write) {
	for _, p := range order {
		w := state[p]
		switch {
		case w.space != nil && isMissing(w.v):
			in.deleteVar(w.space, w.key)
		case w.space != nil:
			in.setVar(w.space, w.key, w.v)
		case w.list != nil:
			in.touchList(w.list)
			w.list.items = w.items
		default:
			in.touchDict(w.dict)
			w.dict.replace(w.now)
		}
	}
}
