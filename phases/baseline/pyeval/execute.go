package pyeval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// flowKind says how a statement ends.
type flowKind uint8

const (
	flowNext flowKind = iota
	flowReturn
	flowRaise
	flowBreak
	flowContinue
	flowStop // a bound was reached
)

type flow struct {
	kind flowKind
	v    Value  // of a return
	text string // of a raise
}

// endsLoop reports whether no round follows the one of a loop that ends so.
func (f flow) endsLoop() bool { return f.kind != flowNext && f.kind != flowContinue }

// afterLoop is how a loop ends whose last round ends so.
func (f flow) afterLoop() flow {
	switch f.kind {
	case flowReturn, flowRaise, flowStop:
		return f
	}
	return flow{}
}

// execBlock runs statements until one of them does not go on to the next.
func (in *Interp) execBlock(body []pysrc.Stmt, fr *frame) flow {
	for _, s := range body {
		f := in.exec(s, fr)
		if in.Stopped != nil {
			return flow{kind: flowStop}
		}
		if in.raised != nil { // out of an expression of the statement
			f = flow{kind: flowRaise, text: located(in.raised.text, fr.mod.Path, s.Lines().First)}
			in.raised = nil
		}
		if f.kind != flowNext {
			return f
		}
	}
	return flow{}
}

// exception is the class of what a statement raises, and its message where
// that is known.
func (in *Interp) exception(s *pysrc.RaiseStmt, fr *frame) string {
	call, ok := s.Exc.(*pysrc.Call)
	if !ok {
		return Clip(pysrc.Unparse(s.Exc), maxExpression)
	}
	text := Clip(pysrc.Unparse(call.Fn), maxExpression)
	if len(call.Args) > 0 && in.Watcher == nil {
		if message, ok := in.Attempt(func() Value { return in.eval(call.Args[0], fr) }).(string); ok {
			text += ": " + Clip(strings.Join(strings.Fields(message), " "), maxExpression)
		}
	}
	return text
}

// located adds to an exception where it was raised, unless it says so.
func located(text, path string, line int) string {
	if _, ok := RaisedAt(text); ok {
		return text
	}
	return fmt.Sprintf("%s at %s:%d", text, path, line)
}

// RaisedAt is the "path:line" at the end of an exception's text.
func RaisedAt(text string) (string, bool) {
	i := strings.LastIndex(text, " at ")
	if i < 0 || !strings.Contains(text[i:], ".py:") {
		return "", false
	}
	return text[i+len(" at "):], true
}

func (in *Interp) exec(s pysrc.Stmt, fr *frame) flow {
	if !in.Step() {
		return flow{kind: flowStop}
	}
	in.line = s.Lines().First
	if in.Watcher != nil {
		in.Watcher.Statement(s)
	}
	switch s := s.(type) {
	case *pysrc.ExprStmt:
		if y, ok := s.X.(*pysrc.Yield); ok {
			in.yield(y, fr)
			break
		}
		in.eval(s.X, fr)
	case *pysrc.AssignStmt:
		if s.Value == nil {
			break
		}
		v := in.eval(s.Value, fr)
		for _, t := range s.Targets {
			in.assign(t, v, fr)
		}
	case *pysrc.AugAssignStmt:
		v := in.Binary(s.Op, in.eval(s.Target, fr), in.eval(s.Value, fr))
		in.assign(s.Target, v, fr)
	case *pysrc.IfStmt:
		return in.branch(s, fr)
	case *pysrc.ReturnStmt:
		if s.Value == nil {
			return flow{kind: flowReturn}
		}
		return flow{kind: flowReturn, v: in.eval(s.Value, fr)}
	case *pysrc.RaiseStmt:
		return flow{kind: flowRaise, text: fmt.Sprintf("%s at %s:%d", in.exception(s, fr), fr.mod.Path, s.First)}
	case *pysrc.AssertStmt:
		in.eval(s.Test, fr)
	case *pysrc.FuncDef:
		in.SetVar(fr.vars, s.Name, &Function{Module: fr.mod, Def: s, closure: fr})
	case *pysrc.ClassDef:
		in.SetVar(fr.vars, s.Name, in.newClass(fr.mod, s, fr))
	case *pysrc.DelStmt:
		in.delete(s.Target, fr)
	case *pysrc.SimpleStmt:
		return in.execSimple(s.Keyword, fr)
	case *pysrc.UnsupportedStmt:
		in.Notef("%s:%d: statement not understood: %s", fr.mod.Path, s.First, s.Kind)
	default:
		return in.execCompound(s, fr)
	}
	return flow{}
}

// execSimple runs a statement of a keyword and names: break, continue, global.
func (in *Interp) execSimple(text string, fr *frame) flow {
	keyword, names, _ := strings.Cut(text, " ")
	switch keyword {
	case "break":
		return flow{kind: flowBreak}
	case "continue":
		return flow{kind: flowContinue}
	case "global":
		fr.declareGlobal(strings.Fields(names))
	}
	return flow{}
}

func (in *Interp) execCompound(s pysrc.Stmt, fr *frame) flow {
	switch s := s.(type) {
	case *pysrc.ForStmt:
		return in.forLoop(s, fr)
	case *pysrc.WhileStmt:
		return in.whileLoop(s, fr)
	case *pysrc.WithStmt:
		for _, i := range s.Items {
			v := in.eval(i.X, fr)
			if i.As != nil {
				in.assign(i.As, v, fr)
			}
		}
		if in.Halted() {
			return flow{}
		}
		return in.execBlock(s.Body, fr)
	case *pysrc.TryStmt:
		return in.try(s, fr)
	case *pysrc.MatchStmt:
		return in.match(s, fr)
	case *pysrc.Import:
		for _, a := range s.Names {
			in.SetVar(fr.vars, a.Bound(), in.importValue(a))
		}
	case *pysrc.ImportFrom:
		for _, a := range s.Names {
			if name := a.Bound(); name != "*" {
				in.SetVar(fr.vars, name, in.ModuleAttribute(s.Base(fr.mod.Name, fr.mod.IsPackage), a.Name))
			}
		}
	}
	return flow{}
}

// delete runs a del statement: of a name, an attribute (del self.norm), an item of
// a dict or a list.
func (in *Interp) delete(target pysrc.Expr, fr *frame) {
	switch t := target.(type) {
	case *pysrc.TupleExpr:
		for _, x := range t.Elts {
			in.delete(x, fr)
		}
	case *pysrc.Name:
		in.deleteVar(fr.vars, t.ID)
	case *pysrc.Attribute:
		if o, ok := in.eval(t.X, fr).(*Instance); ok && !in.Halted() {
			in.deleteVar(o.Attrs, t.Name)
		}
	case *pysrc.Subscript:
		in.deleteItem(t, fr)
	}
}

// deleteItem runs del o[key] of a list or a dict. Where it is not known which
// elements that takes out, they stay, and it is reported.
func (in *Interp) deleteItem(t *pysrc.Subscript, fr *frame) {
	o := in.eval(t.X, fr)
	slice, isSlice := t.Index.(*pysrc.Slice)
	if !isSlice {
		slice = &pysrc.Slice{Low: t.Index}
	}
	low, high, step := in.eval(slice.Low, fr), in.eval(slice.High, fr), in.eval(slice.Step, fr)
	if in.Halted() {
		return
	}
	known := true
	switch o := o.(type) {
	case *Dict:
		if _, known = hashKey(low); known && !isSlice {
			in.Call(in.Attribute(o, "pop"), []Value{low}, nil)
		}
	case *List:
		i, isPlace := AsInt(low)
		switch known = isSlice || isPlace; {
		case containsRepeated(o.Items):
			known = false
		case isSlice:
			known = in.deleteSlice(o, low, high, step)
		case isPlace:
			in.mutate(o, "pop", []Value{i}, nil)
		}
	}
	if !known {
		in.undecide(fr, in.line, pysrc.Unparse(t), Derived("", low, high, step), "what del takes out is not known")
	}
}

func (fr *frame) declareGlobal(names []string) {
	if fr.globals == nil {
		fr.globals = map[string]bool{}
	}
	for _, n := range names {
		fr.globals[n] = true
	}
}

func (in *Interp) yield(y *pysrc.Yield, fr *frame) {
	v := in.eval(y.X, fr)
	if fr.yields == nil {
		fr.yields = &List{}
	}
	if in.Grow(1) {
		in.TouchList(fr.yields)
		fr.yields.Items = append(fr.yields.Items, v)
	}
}

// try runs the first handler when the body raises.
func (in *Interp) try(s *pysrc.TryStmt, fr *frame) flow {
	in.trying++
	f := in.execBlock(s.Body, fr)
	in.trying--
	switch {
	case f.kind == flowRaise && len(s.Handlers) > 0:
		f = in.execBlock(s.Handlers[0], fr)
	case f.kind == flowNext:
		f = in.execBlock(s.Else, fr)
	}
	if last := in.execBlock(s.Finally, fr); last.kind != flowNext {
		return last
	}
	return f
}

// assign binds a target; an exception or a bound leaves it as it was.
func (in *Interp) assign(t pysrc.Expr, v Value, fr *frame) {
	if in.Halted() {
		return
	}
	switch t := t.(type) {
	case *pysrc.Name:
		if fr.globals[t.ID] {
			fr.mod.values.Set(t.ID, v)
			return
		}
		in.SetVar(fr.vars, t.ID, v)
	case *pysrc.Attribute:
		in.SetAttr(in.eval(t.X, fr), t.Name, v)
	case *pysrc.TupleExpr:
		in.unpack(t.Elts, v, fr)
	case *pysrc.ListExpr:
		in.unpack(t.Elts, v, fr)
	case *pysrc.Subscript:
		in.setItem(in.eval(t.X, fr), in.eval(t.Index, fr), v)
	case *pysrc.Starred:
		in.assign(t.X, v, fr)
	}
}

func (in *Interp) unpack(targets []pysrc.Expr, v Value, fr *frame) {
	v = in.splitChoice(v)
	items, ok := Iterate(v)
	star := -1
	for i, t := range targets {
		if _, is := t.(*pysrc.Starred); is {
			star = i
		}
	}
	switch {
	case ok && star < 0 && len(items) == len(targets):
		for i, t := range targets {
			in.assign(t, items[i], fr)
		}
	case ok && star >= 0 && len(items) >= len(targets)-1:
		rest := len(items) - len(targets) + 1
		for i, t := range targets {
			switch {
			case i < star:
				in.assign(t, items[i], fr)
			case i == star:
				in.assign(t, NewList(items[star:star+rest:star+rest]...), fr)
			default:
				in.assign(t, items[i+rest-1], fr)
			}
		}
	case ok && !containsRepeated(items):
		what := "too many"
		if len(items) < len(targets) {
			what = "not enough"
		}
		in.raise(fmt.Sprintf("ValueError: %s values to unpack (expected %d, got %d)", what, len(targets), len(items)))
	default:
		for _, t := range targets {
			in.assign(t, Derived("element of "+Show(v), v), fr)
		}
	}
}

func containsRepeated(items []Value) bool {
	return slices.ContainsFunc(items, func(v Value) bool { _, ok := v.(*Repeated); return ok })
}

// splitChoice turns a choice of two tuples into a tuple of choices.
func (in *Interp) splitChoice(v Value) Value {
	c, ok := v.(*Choice)
	if !ok {
		return v
	}
	a, okA := Iterate(in.splitChoice(c.A))
	b, okB := Iterate(in.splitChoice(c.B))
	if !okA || !okB || len(a) != len(b) {
		return v
	}
	out := make([]Value, len(a))
	for i := range a {
		out[i] = in.join(c.Cond, a[i], b[i])
	}
	return NewTuple(out...)
}
