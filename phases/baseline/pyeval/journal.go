package pyeval

import "slices"

// change is one write made while an arm of an undecided condition is tried;
// exactly one of space, list and dict is set.
type change struct {
	space *Namespace
	key   string
	old   Value // Missing when there was none
	list  *List
	items []Value // the list's items before
	dict  *Dict
	was   *Dict // the dict before
}

// place identifies what a change wrote to: the key of a namespace, a list or a
// dict.
type place struct {
	space *Namespace
	key   string
	list  *List
	dict  *Dict
}

func (c *change) place() place { return place{c.space, c.key, c.list, c.dict} }

// write is the state of a place after an arm.
type write struct {
	change
	v     Value   // of a namespace; Missing when deleted
	items []Value // of a list
	now   *Dict   // of a dict
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

// isJournaled reports whether a write must be undone when the arm that is being
// tried ends: not one to the variables of a call that the arm itself makes.
func (in *Interp) isJournaled(n *Namespace) bool {
	return in.openArms > 0 && (!n.closed || n.serial <= in.armSerial)
}

// SetVar sets a name; the write is undone when the arm of an undecided condition
// that makes it ends.
func (in *Interp) SetVar(n *Namespace, key string, v Value) {
	if in.isJournaled(n) {
		old, ok := n.Get(key)
		if !ok {
			old = Missing{}
		}
		in.journal = append(in.journal, change{space: n, key: key, old: old})
	}
	if i := n.find(key); i >= 0 {
		n.Vals[i] = v
		return
	}
	if in.Grow(nameCells) {
		n.add(key, v)
	}
}

func (in *Interp) deleteVar(n *Namespace, key string) {
	if old, ok := n.Get(key); ok {
		if in.isJournaled(n) {
			in.journal = append(in.journal, change{space: n, key: key, old: old})
		}
		n.Delete(key)
	}
}

// TouchList must be called before a list is changed.
func (in *Interp) TouchList(l *List) {
	if in.openArms > 0 && in.Grow(len(l.Items)) {
		in.journal = append(in.journal, change{list: l, items: slices.Clone(l.Items)})
	}
}

// touchDict must be called before a dict is changed.
func (in *Interp) touchDict(d *Dict) {
	if in.openArms > 0 && in.Grow(len(d.Keys)) {
		in.journal = append(in.journal, change{dict: d, was: d.Clone()})
	}
}

// rollback undoes every change since the mark.
func (in *Interp) rollback(mark int) {
	for len(in.journal) > mark {
		c := in.journal[len(in.journal)-1]
		in.journal = in.journal[:len(in.journal)-1]
		switch {
		case c.space != nil && IsMissing(c.old):
			c.space.Delete(c.key)
		case c.space != nil:
			c.space.Set(c.key, c.old)
		case c.list != nil:
			c.list.Items = c.items
		default:
			c.dict.replace(c.was)
		}
	}
}

// writes returns the places changed since the mark with what they now hold, in
// the order of their first change.
func (in *Interp) writes(mark int) writeSet {
	var s writeSet
	for _, c := range in.journal[mark:] {
		if s.find(c.place()) != nil {
			continue
		}
		w := write{change: c}
		switch {
		case c.space != nil:
			v, ok := c.space.Get(c.key)
			if !ok {
				v = Missing{}
			}
			w.v = v
		case c.list != nil:
			w.items = slices.Clone(c.list.Items)
		default:
			w.now = c.dict.Clone()
		}
		s.add(w)
	}
	return s
}

// apply makes the writes of an arm again.
func (in *Interp) apply(s writeSet) {
	for i := range s.writes {
		w := &s.writes[i]
		switch {
		case w.space != nil && IsMissing(w.v):
			in.deleteVar(w.space, w.key)
		case w.space != nil:
			in.SetVar(w.space, w.key, w.v)
		case w.list != nil:
			in.TouchList(w.list)
			w.list.Items = w.items
		default:
			in.touchDict(w.dict)
			w.dict.replace(w.now)
		}
	}
}
