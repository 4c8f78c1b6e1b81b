package kernelsource

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

func (r *reader) eval(e pysrc.Expr, s *scope) any {
	if r.steps++; r.steps > maxSteps {
		return unknown{}
	}
	switch e := e.(type) {
	case *pysrc.Name:
		if v, ok := s.lookup(e.ID); ok {
			return v
		}
		return unknown{}
	case *pysrc.Const:
		return constant(e.Value)
	case *pysrc.FString:
		return r.formatted(e, s)
	case *pysrc.ListExpr:
		return r.display(e.Elts, s)
	case *pysrc.TupleExpr:
		return r.display(e.Elts, s)
	case *pysrc.SetExpr:
		return r.display(e.Elts, s)
	case *pysrc.DictExpr:
		return r.dictDisplay(e, s)
	case *pysrc.Comprehension:
		return r.comprehension(e, s)
	case *pysrc.Call:
		return r.callExpr(e, s)
	case *pysrc.Attribute:
		return attribute(r.eval(e.X, s), e.Name)
	case *pysrc.Subscript:
		return r.subscript(e, s)
	case *pysrc.BinaryExpr:
		return binary(e.Op, r.eval(e.Left, s), r.eval(e.Right, s))
	case *pysrc.CondExpr:
		is, known := truth(r.eval(e.Test, s))
		switch {
		case !known:
			return unknown{}
		case is:
			return r.eval(e.Body, s)
		}
		return r.eval(e.Else, s)
	}
	return r.logical(e, s)
}

// logical are the operators that give a truth.
func (r *reader) logical(e pysrc.Expr, s *scope) any {
	switch e := e.(type) {
	case *pysrc.UnaryExpr:
		x := r.eval(e.X, s)
		if n, ok := x.(int64); ok && e.Op == "-" {
			return -n
		}
		if is, known := truth(x); known && e.Op == "not" {
			return !is
		}
	case *pysrc.BoolExpr:
		var v any = unknown{}
		for _, x := range e.Values {
			v = r.eval(x, s)
			if is, known := truth(v); !known || is != e.And {
				return v
			}
		}
		return v
	case *pysrc.CompareExpr:
		if len(e.Ops) == 1 {
			return compare(e.Ops[0], r.eval(e.Left, s), r.eval(e.Rights[0], s))
		}
	}
	return unknown{}
}

func constant(v any) any {
	switch v := v.(type) {
	case nil, bool, string, int64:
		return v
	case int:
		return int64(v)
	}
	return unknown{}
}

// formatted is an f-string; one with an unknown part is unknown.
func (r *reader) formatted(e *pysrc.FString, s *scope) any {
	var b strings.Builder
	for _, part := range e.Parts {
		t, ok := text(r.eval(part, s))
		if !ok {
			return unknown{}
		}
		b.WriteString(t)
	}
	return b.String()
}

func (r *reader) display(elts []pysrc.Expr, s *scope) any {
	out := &list{}
	for _, e := range elts {
		if star, ok := e.(*pysrc.Starred); ok {
			more, _ := items(r.eval(star.X, s))
			out.items = append(out.items, more...)
			continue
		}
		out.items = append(out.items, r.eval(e, s))
	}
	return out
}

func (r *reader) dictDisplay(e *pysrc.DictExpr, s *scope) any {
	d := newDict()
	for i, k := range e.Keys {
		v := r.eval(e.Values[i], s)
		if k != nil {
			d.set(r.eval(k, s), v)
		} else if more, ok := v.(*dict); ok {
			d.update(more)
		}
	}
	return d
}

func (r *reader) comprehension(e *pysrc.Comprehension, s *scope) any {
	inner := &scope{module: s.module, isPkg: s.isPkg, names: map[string]any{}, outer: s}
	d, l := newDict(), &list{}
	var each func(clauses []pysrc.Clause)
	each = func(clauses []pysrc.Clause) {
		if len(clauses) == 0 {
			if e.Kind == "dict" {
				d.set(r.eval(e.Elt, inner), r.eval(e.Value, inner))
			} else {
				l.items = append(l.items, r.eval(e.Elt, inner))
			}
			return
		}
		over, _ := items(r.eval(clauses[0].Iter, inner))
		for _, item := range over {
			r.assign(clauses[0].Target, item, inner)
			if !slices.ContainsFunc(clauses[0].Ifs, func(test pysrc.Expr) bool { is, _ := truth(r.eval(test, inner)); return !is }) {
				each(clauses[1:])
			}
		}
	}
	each(e.Clauses)
	if e.Kind == "dict" {
		return d
	}
	return l
}

func attribute(x any, name string) any {
	switch x := x.(type) {
	case *record:
		if v, ok := x.fields[name]; ok {
			return v
		}
		return nil
	case *function:
		if v, ok := x.attributes[name]; ok {
			return v
		}
	}
	return unknown{}
}

func (r *reader) subscript(e *pysrc.Subscript, s *scope) any {
	x, index := r.eval(e.X, s), r.eval(e.Index, s)
	switch x := x.(type) {
	case *dict:
		if v, ok := x.get(index); ok {
			return v
		}
	case *list:
		i, ok := index.(int64)
		if ok && i < 0 {
			i += int64(len(x.items))
		}
		if ok && i >= 0 && i < int64(len(x.items)) {
			return x.items[i]
		}
	}
	return unknown{}
}

func binary(op string, a, b any) any {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok && op == "+" {
			return a + b
		}
	case *list:
		if b, ok := b.(*list); ok && op == "+" {
			return &list{slices.Concat(a.items, b.items)}
		}
	case *dict:
		if b, ok := b.(*dict); ok && op == "|" {
			d := newDict()
			d.update(a)
			d.update(b)
			return d
		}
	case int64:
		b, ok := b.(int64)
		switch {
		case ok && op == "+":
			return a + b
		case ok && op == "-":
			return a - b
		case ok && op == "*":
			return a * b
		}
	}
	return unknown{}
}

func compare(op string, a, b any) any {
	switch op {
	case "==", "is":
		if same, known := equal(a, b); known {
			return same
		}
	case "!=", "is not":
		if same, known := equal(a, b); known {
			return !same
		}
	case "in", "not in":
		if in, known := contained(a, b); known {
			return in == (op == "in")
		}
	}
	return unknown{}
}

func contained(a, b any) (in, known bool) {
	if a == (unknown{}) {
		return false, false
	}
	if d, ok := b.(*dict); ok {
		_, in = d.get(a)
		return in, true
	}
	if t, ok := b.(string); ok {
		part, ok := a.(string)
		return strings.Contains(t, part), ok
	}
	l, ok := b.(*list)
	if !ok {
		return false, false
	}
	return slices.ContainsFunc(l.items, func(item any) bool { return keyText(item) == keyText(a) }), true
}
