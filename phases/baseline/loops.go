package baseline

import "github.com/fib-ls/fib-ls/phases/baseline/pysrc"

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
