package pyeval

import "slices"

// place is what a statement writes to: a name of a namespace, a list or a dict.
// Places are compared: one that is written to again is the same.
type place interface {
	// touch must be called before the place is written to: in an arm of an
	// undecided condition it keeps the state.
	touch(in *Interp)
	// state is what the place holds, in a copy; restore makes it hold that
	// again.
	state() any
	restore(state any)
	// join is the state that is a when cond holds and b when not.
	join(in *Interp, cond string, a, b any) any
}

// write is a place and what it held before it was written to, or after an arm.
type write struct {
	place place
	state any
}

// writeSet holds what an arm leaves in the places that it wrote to, in the order
// of the first write to each.
type writeSet struct {
	order []place
	after map[place]any
}

func (s *writeSet) add(p place, state any) {
	if s.after == nil {
		s.after = map[place]any{}
	}
	s.order = append(s.order, p)
	s.after[p] = state
}

// at is what a place holds after the arm, which may not have written to it.
func (s *writeSet) at(p place) any {
	if state, ok := s.after[p]; ok {
		return state
	}
	return p.state()
}

func (in *Interp) keep(p place) { in.journal = append(in.journal, write{p, p.state()}) }

// variable is a name of a namespace; its state is Missing where it is not bound.
type variable struct {
	space *Namespace
	key   string
}

// touch keeps the state, but not of a variable of a call that the arm which is
// being tried makes itself.
func (v variable) touch(in *Interp) {
	if in.openArms > 0 && (!v.space.closed || v.space.serial <= in.armSerial) {
		in.keep(v)
	}
}

func (v variable) state() any {
	if x, ok := v.space.Get(v.key); ok {
		return x
	}
	return Missing{}
}

func (v variable) restore(state any) {
	if IsMissing(state) {
		v.space.Delete(v.key)
	} else {
		v.space.Set(v.key, state)
	}
}

// join counts a name that one arm alone binds as bound; a module that only one
// arm makes is conditional.
func (v variable) join(in *Interp, cond string, a, b any) any {
	switch {
	case IsMissing(a) && IsMissing(b):
		return Missing{}
	case IsMissing(a) && holdsModule(b):
		return &Choice{"not " + cond, b, nil}
	case IsMissing(a):
		return b
	case IsMissing(b) && holdsModule(a):
		return &Choice{cond, a, nil}
	case IsMissing(b):
		return a
	}
	return in.join(cond, a, b)
}

// SetVar sets a name; the write is undone when the arm of an undecided condition
// that makes it ends.
func (in *Interp) SetVar(n *Namespace, key string, v Value) {
	variable{n, key}.touch(in)
	if i := n.find(key); i >= 0 {
		n.Vals[i] = v
		return
	}
	if in.Grow(nameCells) {
		n.add(key, v)
	}
}

func (in *Interp) deleteVar(n *Namespace, key string) {
	variable{n, key}.touch(in)
	n.Delete(key)
}

// TouchList must be called before a list is changed.
func (in *Interp) TouchList(l *List) { l.touch(in) }

func (l *List) touch(in *Interp) {
	if in.openArms > 0 && in.Grow(len(l.Items)) {
		in.keep(l)
	}
}

func (l *List) state() any { return slices.Clone(l.Items) }

func (l *List) restore(state any) { l.Items = state.([]Value) }

func (l *List) join(in *Interp, cond string, a, b any) any {
	return in.joinItems(cond, a.([]Value), b.([]Value))
}

func (d *Dict) touch(in *Interp) {
	if in.openArms > 0 && in.Grow(len(d.Keys)) {
		in.keep(d)
	}
}

func (d *Dict) state() any { return d.Clone() }

func (d *Dict) restore(state any) { d.replace(state.(*Dict)) }

func (d *Dict) join(in *Interp, cond string, a, b any) any {
	return in.joinDicts(cond, a.(*Dict), b.(*Dict))
}

// rollback undoes every write since the mark.
func (in *Interp) rollback(mark int) {
	for len(in.journal) > mark {
		w := in.journal[len(in.journal)-1]
		in.journal = in.journal[:len(in.journal)-1]
		w.place.restore(w.state)
	}
}

// writes returns the places written to since the mark with what they now hold.
func (in *Interp) writes(mark int) (s writeSet) {
	for _, w := range in.journal[mark:] {
		if _, seen := s.after[w.place]; !seen {
			s.add(w.place, w.place.state())
		}
	}
	return s
}

// apply makes the writes of an arm again.
func (in *Interp) apply(s writeSet) {
	for _, p := range s.order {
		p.touch(in)
		p.restore(s.after[p])
	}
}

// joinWrites returns what either arm of an undecided condition leaves.
func (in *Interp) joinWrites(cond string, yes, no writeSet) (joined writeSet) {
	for _, p := range slices.Concat(yes.order, no.order) {
		if _, seen := joined.after[p]; !seen {
			joined.add(p, p.join(in, cond, yes.at(p), no.at(p)))
		}
	}
	return joined
}
