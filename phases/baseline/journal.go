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

// place identifies what a change wrote to: the key of a namespace, a list or a
// dict.
type place struct {
	space *namespace
	key   string
	list  *list
	dict  *dict
}

func (c *change) place() place { return place{c.space, c.key, c.list, c.dict} }

// write is the state of a place after an arm.
type write struct {
	change
	v     value   // of a namespace; missing{} when deleted
	items []value // of a list
	now   *dict   // of a dict
}

// writeSet holds what an arm wrote, in the order of the first change of each
// place. Most arms write to a few places only.
type writeSet struct {
	writes []write
	index  map[place]int // of writes; nil while there are few
}

// fewWrites is how many places are found sooner by looking at each.
const fewWrites = 8

func (s *writeSet) find(p place) *write {
	if s.index != nil {
		if i, ok := s.index[p]; ok {
			return &s.writes[i]
		}
		return nil
	}
	for i := range s.writes {
		if s.writes[i].place() == p {
			return &s.writes[i]
		}
	}
	return nil
}

// add adds a write to a place that is not there yet.
func (s *writeSet) add(w write) {
	s.writes = append(s.writes, w)
	switch n := len(s.writes); {
	case s.index != nil:
		s.index[w.place()] = n - 1
	case n > fewWrites:
		s.index = make(map[place]int, 2*n)
		for i := range s.writes {
			s.index[s.writes[i].place()] = i
		}
	}
}

// isJournaled says whether a write must be undone when the arm that is being
// tried ends: not one to the variables of a call that the arm itself makes.
func (in *interp) isJournaled(n *namespace) bool {
	return in.tentative > 0 && (!n.closed || n.born <= in.armBorn)
}

func (in *interp) setVar(n *namespace, key string, v value) {
	if in.isJournaled(n) {
		old, ok := n.get(key)
		if !ok {
			old = missing{}
		}
		in.journal = append(in.journal, change{space: n, key: key, old: old})
	}
	if i := n.find(key); i >= 0 {
		n.vals[i] = v
		return
	}
	if in.grow(nameCells) {
		n.add(key, v)
	}
}

func (in *interp) deleteVar(n *namespace, key string) {
	if old, ok := n.get(key); ok {
		if in.isJournaled(n) {
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
func (in *interp) writes(mark int) writeSet {
	var s writeSet
	for _, c := range in.journal[mark:] {
		if s.find(c.place()) != nil {
			continue
		}
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
		s.add(w)
	}
	return s
}

// apply makes the writes of an arm again.
func (in *interp) apply(s writeSet) {
	for i := range s.writes {
		w := &s.writes[i]
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
