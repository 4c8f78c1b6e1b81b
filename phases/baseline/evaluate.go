package baseline

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// eval gives the value of an expression; after an exception or at a bound it
// gives unknown, and the statement around it unwinds.
func (in *interp) eval(e pysrc.Expr, fr *frame) value {
	if !in.step() {
		return &unknown{why: "stopped"}
	}
	switch e := e.(type) {
	case nil:
		return nil
	case *pysrc.Const:
		return e.Value
	case *pysrc.Name:
		return in.lookup(fr, e.ID)
	case *pysrc.Attribute:
		return in.attribute(in.eval(e.X, fr), e.Name)
	case *pysrc.Call:
		return in.evalCall(e, fr)
	case *pysrc.BinaryExpr:
		return in.binary(e.Op, in.eval(e.Left, fr), in.eval(e.Right, fr))
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
		return &function{mod: fr.mod, lambda: e, closure: fr}
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
		return &unknown{why: "expression not understood: " + e.Kind, expr: clip(e.Text, maxExpression)}
	}
	return in.display(e, fr)
}

// display evaluates list, tuple, set and dict displays.
func (in *interp) display(e pysrc.Expr, fr *frame) value {
	switch e := e.(type) {
	case *pysrc.ListExpr:
		items, ok := in.elements(e.Elts, fr)
		if !ok {
			return derived(pysrc.Unparse(e), items...)
		}
		return &list{items: items}
	case *pysrc.TupleExpr:
		items, ok := in.elements(e.Elts, fr)
		if !ok {
			return derived(pysrc.Unparse(e), items...)
		}
		return newTuple(items...)
	case *pysrc.SetExpr:
		items, ok := in.elements(e.Elts, fr)
		if !ok || hasUnknown(newTuple(items...)) {
			return derived(pysrc.Unparse(e), items...)
		}
		return newSet(items)
	case *pysrc.DictExpr:
		return in.dictDisplay(e, fr)
	}
	return unknownf("expression %T", e)
}

// elements evaluates the elements of a display or the arguments of a call,
// spreading starred ones; false when one cannot be spread.
func (in *interp) elements(elts []pysrc.Expr, fr *frame) ([]value, bool) {
	if !in.grow(len(elts)) {
		return nil, false
	}
	if len(elts) == 0 {
		return nil, true
	}
	out := make([]value, 0, len(elts))
	known := true
	for _, x := range elts {
		star, ok := x.(*pysrc.Starred)
		if !ok {
			out = append(out, in.eval(x, fr))
			continue
		}
		v := in.eval(star.X, fr)
		if items, ok := iterate(v); ok && in.grow(len(items)) {
			out = append(out, items...)
		} else if r, ok := v.(*repeated); ok {
			out = append(out, r)
		} else {
			out = append(out, derived("*"+show(v), v))
			known = false
		}
	}
	return out, known
}

func (in *interp) dictDisplay(e *pysrc.DictExpr, fr *frame) value {
	d := newDict()
	if !in.grow(len(e.Keys)) {
		return unknownf("dict display")
	}
	for i, k := range e.Keys {
		if k == nil {
			if from, ok := in.eval(e.Values[i], fr).(*dict); ok {
				for j, key := range from.keys {
					d.put(key, from.vals[j])
				}
			}
			continue
		}
		key := in.eval(k, fr)
		d.put(key, in.eval(e.Values[i], fr))
	}
	return d
}

// boolean evaluates and/or with Python's results; an operand of unknown truth
// makes the result unknown unless a later one decides it.
func (in *interp) boolean(e *pysrc.BoolExpr, fr *frame) value {
	var open []value // operands whose truth is not known, and the last
	for i, x := range e.Values {
		v := in.eval(x, fr)
		if in.halted() {
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
		return derived(pysrc.Unparse(e), open...)
	}
	return in.orValue(e, open)
}

// orValue is `a or b` when the truth of a is not known: when b is surely
// true, so is the whole.
func (in *interp) orValue(e *pysrc.BoolExpr, open []value) value {
	if t, ok := open[len(open)-1].(bool); ok && t {
		return true
	}
	return derived(pysrc.Unparse(e), open...)
}

func (in *interp) comparison(e *pysrc.CompareExpr, fr *frame) value {
	left := in.eval(e.Left, fr)
	var result value = true
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

func (in *interp) conditional(e *pysrc.CondExpr, fr *frame) value {
	test := in.eval(e.Test, fr)
	if in.halted() {
		return test
	}
	if t, known := truth(test); known {
		if t {
			return in.eval(e.Body, fr)
		}
		return in.eval(e.Else, fr)
	}
	cond := clip(pysrc.Unparse(e.Test), maxExpression)
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

func (in *interp) comprehension(e *pysrc.Comprehension, fr *frame) value {
	inner := in.newFrame(fr.mod, fr, nil)
	element := func() value {
		if e.Kind == "dict" {
			return newTuple(in.eval(e.Elt, inner), in.eval(e.Value, inner))
		}
		return in.eval(e.Elt, inner)
	}
	v := in.clauses(e.Clauses, inner, element)
	items, ok := v.(*list)
	if !ok {
		return v
	}
	switch e.Kind {
	case "set":
		if hasUnknown(items) {
			return derived(pysrc.Unparse(e), items.items...)
		}
		return newSet(items.items)
	case "dict":
		d := newDict()
		for _, x := range items.items {
			pair, ok := x.(*tuple)
			if !ok || len(pair.items) != 2 || !d.put(pair.items[0], pair.items[1]) {
				return derived(pysrc.Unparse(e), items.items...)
			}
		}
		return d
	}
	return items
}

// clauses runs the for clauses of a comprehension, the last innermost. The
// result is a *list, a *repeated or unknown.
func (in *interp) clauses(cs []pysrc.Clause, fr *frame, element func() value) value {
	if len(cs) == 0 {
		if !in.grow(1) {
			return unknownf("comprehension")
		}
		return newList(element())
	}
	c := cs[0]
	iter := in.eval(c.Iter, fr)
	items, ok := iterate(iter)
	if !ok {
		if r, isRep := iter.(*repeated); isRep {
			in.assign(c.Target, r.item, fr)
			return repeat(in.clauses(cs[1:], fr, element), r.count)
		}
		return derived("elements of "+show(iter), iter)
	}
	out := &list{}
	for _, x := range items {
		count := value(nil)
		if r, isRep := x.(*repeated); isRep {
			x, count = r.item, r.count
		}
		in.assign(c.Target, x, fr)
		if in.halted() {
			return unknownf("comprehension")
		}
		keep, sure := in.filters(c.Ifs, fr)
		if !sure {
			return derived("a filter of a comprehension", in.lastFilter)
		}
		if !keep {
			continue
		}
		v := in.clauses(cs[1:], fr, element)
		if count != nil {
			out.items = append(out.items, repeat(v, count))
			continue
		}
		inner, ok := v.(*list)
		if !ok {
			return v
		}
		out.items = append(out.items, inner.items...)
	}
	return out
}

// filters says whether the ifs of a clause keep an element; sure is false
// when one of them is not known.
func (in *interp) filters(ifs []pysrc.Expr, fr *frame) (keep, sure bool) {
	for _, c := range ifs {
		v := in.eval(c, fr)
		t, known := truth(v)
		if !known {
			in.lastFilter = v
			return false, false
		}
		if !t {
			return false, true
		}
	}
	return true, true
}

// repeat makes one element stand for an unknown number of them.
func repeat(v, count value) value {
	switch v := v.(type) {
	case *list:
		if len(v.items) == 1 {
			return &repeated{v.items[0], count}
		}
	case *repeated:
		return &repeated{v.item, count}
	}
	return derived("repetition", v, count)
}
