package pyeval

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// maxNested bounds how many undecided conditions may be tried inside each
// other: each doubles the work.
const maxNested = 12

// branch runs an if statement: the arm that is taken, or both when the
// condition is not known, joining what they wrote.
func (in *Interp) branch(s *pysrc.IfStmt, fr *frame) flow {
	v := in.eval(s.Test, fr)
	if in.Halted() {
		return flow{}
	}
	if t, known := truth(v); known {
		if t {
			return in.execBlock(s.Body, fr)
		}
		return in.execBlock(s.Else, fr)
	}
	cond := Clip(pysrc.Unparse(s.Test), maxExpression)
	if in.Watcher != nil && in.openArms >= maxNested { // see both, whatever they leave behind
		in.execBlock(s.Body, fr)
		return in.execBlock(s.Else, fr)
	}
	if in.openArms >= maxNested {
		in.undecide(fr, s.First, cond, v, "too many undecided conditions inside each other")
		return flow{}
	}
	if in.Watcher == nil {
		in.noteCondition(fr, s.First, cond, v)
	}
	mark := len(in.journal)
	in.openArms++
	armSerial := in.armSerial
	in.armSerial = in.lastSerial
	yes := in.execBlock(s.Body, fr)
	yesWrites := in.writes(mark)
	in.rollback(mark)
	in.armSerial = in.lastSerial
	no := in.execBlock(s.Else, fr)
	noWrites := in.writes(mark)
	in.rollback(mark)
	in.openArms--
	in.armSerial = armSerial
	if in.Stopped != nil {
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
func (in *Interp) joinFlows(cond string, yes, no flow, fr *frame) flow {
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

func (in *Interp) joinItems(cond string, a, b []Value) []Value {
	n := min(len(a), len(b))
	out := make([]Value, 0, max(len(a), len(b)))
	for i := range n {
		out = append(out, in.join(cond, a[i], b[i]))
	}
	rest, when := a[n:], cond
	if len(b) > n {
		rest, when = b[n:], "not "+cond
	}
	for _, v := range rest {
		if holdsModule(v) {
			out = append(out, &Choice{when, v, nil})
		} else {
			out = append(out, Unknownf("in the list when %s", when))
		}
	}
	return out
}

func (in *Interp) joinDicts(cond string, a, b *Dict) *Dict {
	out := NewDict()
	for i, k := range a.Keys {
		other, _ := b.Get(k)
		out.Put(k, in.join(cond, a.Values[i], other))
	}
	for i, k := range b.Keys {
		if _, ok := a.find(k); !ok {
			out.Put(k, in.join(cond, nil, b.Values[i]))
		}
	}
	return out
}

// holder may hold parts of what is built (a list of them).
type holder interface{ HoldsParts() }

// holdsModule reports whether a value is an object, or holds some, or may.
func holdsModule(v Value) bool {
	switch v := v.(type) {
	case *Instance, holder:
		return true
	case *Choice:
		return holdsModule(v.A) || holdsModule(v.B)
	}
	return false
}

// match runs a match statement: its subject once, then its cases as an if with
// its elifs.
func (in *Interp) match(s *pysrc.MatchStmt, fr *frame) flow {
	in.eval(s.Subject, fr)
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

func (in *Interp) whileLoop(s *pysrc.WhileStmt, fr *frame) flow {
	for range maxWhile {
		v := in.eval(s.Test, fr)
		t, known := truth(v)
		if in.Halted() || !known || !t {
			if !known && in.Watcher != nil && in.Stopped == nil {
				in.rounds(s.Body, fr)
			} else if !known && in.Stopped == nil {
				in.undecide(fr, s.First, pysrc.Unparse(s.Test), v, "the loop's condition is not known")
			}
			return flow{}
		}
		if f := in.execBlock(s.Body, fr); f.endsLoop() {
			return f.afterLoop()
		}
	}
	in.undecide(fr, s.First, pysrc.Unparse(s.Test), nil, "the loop did not end within the bound")
	return flow{}
}

func (in *Interp) forLoop(s *pysrc.ForStmt, fr *frame) flow {
	iter := in.eval(s.Iter, fr)
	if in.Halted() {
		return flow{}
	}
	items, ok := Iterate(iter)
	if !ok {
		if u, isRep := iter.(*Repeated); isRep {
			in.assign(s.Target, u.Each, fr)
			return in.rounds(s.Body, fr).afterLoop()
		}
		in.assign(s.Target, Derived("element of "+Show(iter), iter), fr)
		if in.Watcher != nil {
			if f := in.rounds(s.Body, fr); f.kind == flowStop {
				return f
			}
		}
		return flow{} // the body is not run for what is not known
	}
	for _, x := range items {
		if r, ok := x.(*Repeated); ok {
			x = r.Each
		}
		in.assign(s.Target, x, fr)
		if f := in.execBlock(s.Body, fr); f.endsLoop() {
			return f.afterLoop()
		}
	}
	return in.execBlock(s.Else, fr)
}

// rounds runs the body of a loop whose rounds are not known one by one: once,
// and in forward() a second time, which sees what the first has left (the
// residual that only the first layer lacks).
func (in *Interp) rounds(body []pysrc.Stmt, fr *frame) flow {
	f := in.execBlock(body, fr)
	if in.Watcher != nil && !f.endsLoop() {
		f = in.execBlock(body, fr)
	}
	return f
}
