package baseline

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// maxNested bounds how many undecided conditions may be tried inside each
// other: each doubles the work.
const maxNested = 12

// branch runs an if statement: the arm that is taken, or both when the
// condition is not known, joining what they wrote.
func (in *interp) branch(s *pysrc.IfStmt, fr *frame) flow {
	v := in.eval(s.Test, fr)
	if in.halted() {
		return flow{}
	}
	if t, known := truth(v); known {
		if t {
			return in.execBlock(s.Body, fr)
		}
		return in.execBlock(s.Else, fr)
	}
	cond := clip(pysrc.Unparse(s.Test), maxExpression)
	if in.watcher != nil && in.tentative >= maxNested { // see both, whatever they leave behind
		in.execBlock(s.Body, fr)
		return in.execBlock(s.Else, fr)
	}
	if in.tentative >= maxNested {
		in.undecide(fr, s.First, cond, v, "too many undecided conditions inside each other")
		return flow{}
	}
	if in.watcher == nil {
		in.noteCondition(fr, s.First, cond, v)
	}
	mark := len(in.journal)
	in.tentative++
	armBorn := in.armBorn
	in.armBorn = in.births
	yes := in.execBlock(s.Body, fr)
	yesWrites := in.writes(mark)
	in.rollback(mark)
	in.armBorn = in.births
	no := in.execBlock(s.Else, fr)
	noWrites := in.writes(mark)
	in.rollback(mark)
	in.tentative--
	in.armBorn = armBorn
	if in.stopped != nil {
		return flow{kind: flowStop}
	}
	switch {
	case yes.kind == flowRaise && no.kind == flowRaise:
		return yes
	case yes.kind == flowRaise: // the condition must not hold
		in.apply(noWrites)
		return no
	case no.kind == flowRaise:
		in.apply(yesWrites)
		return yes
	}
	in.apply(in.joinWrites(cond, yesWrites, noWrites))
	return in.joinFlows(cond, yes, no, fr)
}

// joinFlows says how the statement ends when its arms end differently: an
// early return is kept aside until the function's end.
func (in *interp) joinFlows(cond string, yes, no flow, fr *frame) flow {
	switch {
	case yes.kind == flowReturn && no.kind == flowReturn:
		return flow{kind: flowReturn, v: in.join(cond, yes.v, no.v)}
	case yes.kind == flowReturn:
		fr.pending = append(fr.pending, pendingReturn{cond, yes.v})
		return no
	case no.kind == flowReturn:
		fr.pending = append(fr.pending, pendingReturn{"not " + cond, no.v})
		return yes
	case yes.kind == no.kind:
		return yes
	}
	return flow{} // a break or continue on one side: the loop goes on
}

func (in *interp) joinWrites(cond string, yes, no writeSet) writeSet {
	joined := writeSet{}
	join := func(w write) {
		p := w.place()
		a, b := yes.find(p), no.find(p)
		switch {
		case w.space != nil:
			w.v = in.joinVar(cond, current(a, w), current(b, w))
		case w.list != nil:
			w.items = in.joinItems(cond, currentItems(a, w), currentItems(b, w))
		default:
			w.now = in.joinDicts(cond, currentDict(a, w), currentDict(b, w))
		}
		joined.add(w)
	}
	for _, w := range yes.writes {
		join(w)
	}
	for _, w := range no.writes {
		if yes.find(w.place()) == nil {
			join(w)
		}
	}
	return joined
}

// current is what a namespace's name holds after an arm that may not have
// written it (x is nil then).
func current(x *write, w write) value {
	if x != nil {
		return x.v
	}
	if v, ok := w.space.get(w.key); ok {
		return v
	}
	return missing{}
}

func currentItems(x *write, w write) []value {
	if x != nil {
		return x.items
	}
	return w.list.items
}

func currentDict(x *write, w write) *dict {
	if x != nil {
		return x.now
	}
	return w.dict
}

// joinVar joins a name's values; one arm alone binding it counts as bound,
// and a module that only one arm makes is conditional.
func (in *interp) joinVar(cond string, a, b value) value {
	switch {
	case isMissing(a) && isMissing(b):
		return missing{}
	case isMissing(a) && holdsModule(b):
		return &choice{"not " + cond, b, nil}
	case isMissing(a):
		return b
	case isMissing(b) && holdsModule(a):
		return &choice{cond, a, nil}
	case isMissing(b):
		return a
	}
	return in.join(cond, a, b)
}

func (in *interp) joinItems(cond string, a, b []value) []value {
	n := min(len(a), len(b))
	out := make([]value, 0, max(len(a), len(b)))
	for i := range n {
		out = append(out, in.join(cond, a[i], b[i]))
	}
	rest, when := a[n:], cond
	if len(b) > n {
		rest, when = b[n:], "not "+cond
	}
	for _, v := range rest {
		if holdsModule(v) {
			out = append(out, &choice{when, v, nil})
		} else {
			out = append(out, unknownf("in the list when %s", when))
		}
	}
	return out
}

func (in *interp) joinDicts(cond string, a, b *dict) *dict {
	out := newDict()
	for i, k := range a.keys {
		other, _ := b.get(k)
		out.put(k, in.join(cond, a.vals[i], other))
	}
	for i, k := range b.keys {
		if _, ok := a.find(k); !ok {
			out.put(k, in.join(cond, nil, b.vals[i]))
		}
	}
	return out
}

// holder may hold parts of what is built (a list of them).
type holder interface{ HoldsParts() }

// holdsModule says whether a value is an object, or holds some, or may.
func holdsModule(v value) bool {
	switch v := v.(type) {
	case *object, holder:
		return true
	case *choice:
		return holdsModule(v.a) || holdsModule(v.b)
	}
	return false
}

// match runs a match statement as a chain of comparisons.
func (in *interp) match(s *pysrc.MatchStmt, fr *frame) flow {
	var chain []pysrc.Stmt
	for i := len(s.Cases) - 1; i >= 0; i-- {
		c := s.Cases[i]
		test := c.Test
		switch {
		case test == nil && c.Guard == nil:
			chain = c.Body
			continue
		case test == nil:
			test = c.Guard
		case c.Guard != nil:
			test = &pysrc.BoolExpr{And: true, Values: []pysrc.Expr{test, c.Guard}}
		}
		chain = []pysrc.Stmt{&pysrc.IfStmt{Span: s.Span, Test: test, Body: c.Body, Else: chain}}
	}
	return in.execBlock(chain, fr)
}

// maxWhile bounds the rounds of one while loop.
const maxWhile = 2000

func (in *interp) whileLoop(s *pysrc.WhileStmt, fr *frame) flow {
	for range maxWhile {
		v := in.eval(s.Test, fr)
		t, known := truth(v)
		if in.halted() || !known || !t {
			if !known && in.watcher != nil && in.stopped == nil {
				in.rounds(s.Body, fr)
			} else if !known && in.stopped == nil {
				in.undecide(fr, s.First, pysrc.Unparse(s.Test), v, "the loop's condition is not known")
			}
			return flow{}
		}
		f := in.execBlock(s.Body, fr)
		switch f.kind {
		case flowBreak:
			return flow{}
		case flowReturn, flowRaise, flowStop:
			return f
		}
	}
	in.undecide(fr, s.First, pysrc.Unparse(s.Test), nil, "the loop did not end within the bound")
	return flow{}
}

func (in *interp) forLoop(s *pysrc.ForStmt, fr *frame) flow {
	iter := in.eval(s.Iter, fr)
	if in.halted() {
		return flow{}
	}
	items, ok := iterate(iter)
	if !ok {
		if u, isRep := iter.(*repeated); isRep {
			in.assign(s.Target, u.item, fr)
			f := in.rounds(s.Body, fr)
			if f.kind == flowReturn || f.kind == flowRaise || f.kind == flowStop {
				return f
			}
			return flow{}
		}
		in.assign(s.Target, derived("element of "+show(iter), iter), fr)
		if in.watcher != nil {
			if f := in.rounds(s.Body, fr); f.kind == flowStop {
				return f
			}
		}
		return flow{} // the body is not run for what is not known
	}
	for _, x := range items {
		if r, ok := x.(*repeated); ok {
			x = r.item
		}
		in.assign(s.Target, x, fr)
		f := in.execBlock(s.Body, fr)
		switch f.kind {
		case flowBreak:
			return flow{}
		case flowReturn, flowRaise, flowStop:
			return f
		}
	}
	return in.execBlock(s.Else, fr)
}

// rounds runs the body of a loop whose rounds are not known one by one: once,
// and in forward() a second time, which sees what the first has left (the
// residual that only the first layer lacks).
func (in *interp) rounds(body []pysrc.Stmt, fr *frame) flow {
	f := in.execBlock(body, fr)
	if in.watcher != nil && (f.kind == flowNext || f.kind == flowContinue) {
		f = in.execBlock(body, fr)
	}
	return f
}
