package pyeval

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// eval returns the value of an expression; after an exception or at a bound it
// gives unknown, and the statement around it unwinds.
func (in *Interp) eval(e pysrc.Expr, fr *frame) Value {
	if !in.Step() {
		return &Unknown{Why: "stopped"}
	}
	switch e := e.(type) {
	case nil:
		return nil
	case *pysrc.Const:
		return e.Value
	case *pysrc.Name:
		return in.lookup(fr, e.ID)
	case *pysrc.Attribute:
		return in.Attribute(in.eval(e.X, fr), e.Name)
	case *pysrc.Call:
		return in.evalCall(e, fr)
	case *pysrc.BinaryExpr:
		return in.Binary(e.Op, in.eval(e.Left, fr), in.eval(e.Right, fr))
	case *pysrc.UnaryExpr:
		return in.unary(e.Op, in.eval(e.X, fr))
	case *pysrc.BoolExpr:
		return in.boolean(e, fr)
	case *pysrc.CompareExpr:
		return in.comparison(e, fr)
	case *pysrc.CondExpr:
		return in.conditional(e, fr)
	case *pysrc.Subscript:
		return in.subscript(e, fr)
	case *pysrc.Lambda:
		return &Function{Module: fr.mod, lambda: e, closure: fr}
	case *pysrc.FString:
		return in.fstring(e, fr)
	case *pysrc.Walrus:
		v := in.eval(e.Value, fr)
		in.assign(&pysrc.Name{ID: e.Target}, v, fr)
		return v
	case *pysrc.Starred:
		return in.eval(e.X, fr)
	case *pysrc.Comprehension:
		return in.comprehension(e, fr)
	case *pysrc.Unsupported:
		return &Unknown{Why: "expression not understood: " + e.Kind, Expr: Clip(e.Text, maxExpression)}
	}
	return in.display(e, fr)
}

// display evaluates list, tuple, set and dict displays.
func (in *Interp) display(e pysrc.Expr, fr *frame) Value {
	var elts []pysrc.Expr
	switch e := e.(type) {
	case *pysrc.ListExpr:
		elts = e.Elts
	case *pysrc.TupleExpr:
		elts = e.Elts
	case *pysrc.SetExpr:
		elts = e.Elts
	case *pysrc.DictExpr:
		return in.dictDisplay(e, fr)
	default:
		return Unknownf("expression %T", e)
	}
	items, ok := in.elements(elts, fr)
	_, isSet := e.(*pysrc.SetExpr)
	_, isTuple := e.(*pysrc.TupleExpr)
	switch {
	case !ok, isSet && hasUnknown(NewList(items...)):
		return Derived(pysrc.Unparse(e), items...)
	case isSet:
		return newSet(items)
	case isTuple:
		return NewTuple(items...)
	}
	return NewList(items...)
}

// elements evaluates the elements of a display or the arguments of a call,
// spreading starred ones; false when one cannot be spread.
func (in *Interp) elements(elts []pysrc.Expr, fr *frame) ([]Value, bool) {
	if !in.Grow(len(elts)) {
		return nil, false
	}
	if len(elts) == 0 {
		return nil, true
	}
	out := make([]Value, 0, len(elts))
	known := true
	for _, x := range elts {
		star, ok := x.(*pysrc.Starred)
		if !ok {
			out = append(out, in.eval(x, fr))
			continue
		}
		v := in.eval(star.X, fr)
		if items, ok := Iterate(v); ok && in.Grow(len(items)) {
			out = append(out, items...)
		} else if r, ok := v.(*Repeated); ok {
			out = append(out, r)
		} else {
			out = append(out, Derived("*"+Show(v), v))
			known = false
		}
	}
	return out, known
}

func (in *Interp) dictDisplay(e *pysrc.DictExpr, fr *frame) Value {
	d := NewDict()
	if !in.Grow(len(e.Keys)) {
		return Unknownf("dict display")
	}
	for i, k := range e.Keys {
		if k == nil {
			if from, ok := in.eval(e.Values[i], fr).(*Dict); ok {
				for j, key := range from.Keys {
					d.Put(key, from.Values[j])
				}
			}
			continue
		}
		key := in.eval(k, fr)
		d.Put(key, in.eval(e.Values[i], fr))
	}
	return d
}

// boolean evaluates and/or with Python's results; an operand of unknown truth
// makes the result unknown unless a later one decides it.
func (in *Interp) boolean(e *pysrc.BoolExpr, fr *frame) Value {
	var open []Value // operands whose truth is not known, and the last
	for i, x := range e.Values {
		v := in.eval(x, fr)
		if in.Halted() {
			return v
		}
		t, known := truth(v)
		switch {
		case !known:
			open = append(open, v)
			continue
		case t != e.And: // decides: false ends `and`, true ends `or`
			if len(open) == 0 {
				return v
			}
			if e.And {
				return false
			}
			return in.orValue(e, append(open, v))
		case i == len(e.Values)-1:
			if len(open) == 0 {
				return v
			}
			open = append(open, v)
		}
	}
	if len(open) == 1 {
		return open[0]
	}
	if e.And {
		return Derived(pysrc.Unparse(e), open...)
	}
	return in.orValue(e, open)
}

// orValue is `a or b` when the truth of a is not known: when b is surely
// true, so is the whole.
func (in *Interp) orValue(e *pysrc.BoolExpr, open []Value) Value {
	if t, ok := open[len(open)-1].(bool); ok && t {
		return true
	}
	return Derived(pysrc.Unparse(e), open...)
}

func (in *Interp) comparison(e *pysrc.CompareExpr, fr *frame) Value {
	left := in.eval(e.Left, fr)
	var result Value = true
	for i, op := range e.Ops {
		right := in.eval(e.Rights[i], fr)
		v := in.compare(op, left, right)
		if t, known := truth(v); known && !t {
			return v
		} else if !known || result == true {
			result = v
		}
		left = right
	}
	return result
}

func (in *Interp) conditional(e *pysrc.CondExpr, fr *frame) Value {
	test := in.eval(e.Test, fr)
	if in.Halted() {
		return test
	}
	if t, known := truth(test); known {
		if t {
			return in.eval(e.Body, fr)
		}
		return in.eval(e.Else, fr)
	}
	cond := Clip(pysrc.Unparse(e.Test), maxExpression)
	in.noteCondition(fr, in.line, cond, test)
	a := in.eval(e.Body, fr)
	raisedA := in.raised
	in.raised = nil
	b := in.eval(e.Else, fr)
	switch {
	case raisedA != nil && in.raised != nil:
		return a
	case raisedA != nil:
		return b
	case in.raised != nil:
		in.raised = nil
		return a
	}
	return in.join(cond, a, b)
}

func (in *Interp) comprehension(e *pysrc.Comprehension, fr *frame) Value {
	inner := in.newFrame(fr.mod, fr, nil)
	element := func() Value {
		if e.Kind == "dict" {
			return NewTuple(in.eval(e.Elt, inner), in.eval(e.Value, inner))
		}
		return in.eval(e.Elt, inner)
	}
	v := in.clauses(e.Clauses, inner, element)
	items, ok := v.(*List)
	if !ok {
		return v
	}
	switch e.Kind {
	case "set":
		if hasUnknown(items) {
			return Derived(pysrc.Unparse(e), items.Items...)
		}
		return newSet(items.Items)
	case "dict":
		d := NewDict()
		for _, x := range items.Items {
			pair, ok := x.(*Tuple)
			if !ok || len(pair.Items) != 2 || !d.Put(pair.Items[0], pair.Items[1]) {
				return Derived(pysrc.Unparse(e), items.Items...)
			}
		}
		return d
	}
	return items
}

// clauses runs the for clauses of a comprehension, the last innermost. The
// result is a *List, a *Repeated or unknown.
func (in *Interp) clauses(cs []pysrc.Clause, fr *frame, element func() Value) Value {
	if len(cs) == 0 {
		if !in.Grow(1) {
			return Unknownf("comprehension")
		}
		return NewList(element())
	}
	c := cs[0]
	iter := in.eval(c.Iter, fr)
	items, ok := Iterate(iter)
	if !ok {
		if r, isRep := iter.(*Repeated); isRep {
			in.assign(c.Target, r.Each, fr)
			return repeat(in.clauses(cs[1:], fr, element), r.Count)
		}
		return Derived("elements of "+Show(iter), iter)
	}
	out := &List{}
	for _, x := range items {
		count := Value(nil)
		if r, isRep := x.(*Repeated); isRep {
			x, count = r.Each, r.Count
		}
		in.assign(c.Target, x, fr)
		if in.Halted() {
			return Unknownf("comprehension")
		}
		filter := in.filters(c.Ifs, fr)
		if t, known := truth(filter); !known {
			return Derived("a filter of a comprehension", filter)
		} else if !t {
			continue
		}
		v := in.clauses(cs[1:], fr, element)
		if count != nil {
			out.Items = append(out.Items, repeat(v, count))
			continue
		}
		inner, ok := v.(*List)
		if !ok {
			return v
		}
		out.Items = append(out.Items, inner.Items...)
	}
	return out
}

// filters returns the first condition of a clause that does not surely hold; true
// when all do.
func (in *Interp) filters(ifs []pysrc.Expr, fr *frame) Value {
	for _, c := range ifs {
		v := in.eval(c, fr)
		if t, known := truth(v); !known || !t {
			return v
		}
	}
	return true
}

// repeat makes one element stand for an unknown number of them.
func repeat(v, count Value) Value {
	switch v := v.(type) {
	case *List:
		if len(v.Items) == 1 {
			return &Repeated{v.Items[0], count}
		}
	case *Repeated:
		return &Repeated{v.Each, count}
	}
	return Derived("repetition", v, count)
}
