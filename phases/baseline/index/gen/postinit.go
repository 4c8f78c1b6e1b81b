package main

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// postInit reads what a configuration class's __post_init__ computes from its
// fields. What it does not understand it leaves out.
type postInit struct {
	class  *hubClass
	locals map[string]pysrc.Expr
	// late is set after super().__post_init__(**kwargs), which sets what the
	// file says of fields that the class does not declare.
	late bool
}

// block reads statements; null names the field that is None in them.
func (p *postInit) block(body []pysrc.Stmt, null string) {
	for _, s := range body {
		switch s := s.(type) {
		case *pysrc.AssignStmt:
			p.assign(s, null)
		case *pysrc.ExprStmt:
			p.setDefault(s.X)
		case *pysrc.IfStmt:
			if f := nullTest(s.Test); f != "" && null == "" {
				p.block(s.Body, f)
			}
		}
	}
}

func (p *postInit) assign(s *pysrc.AssignStmt, null string) {
	if s.Value == nil || len(s.Targets) != 1 {
		return
	}
	if n, ok := s.Targets[0].(*pysrc.Name); ok {
		if v, ok := p.fromKwargs(s.Value); ok {
			p.locals[n.ID] = v
		} else {
			p.locals[n.ID] = s.Value
		}
		return
	}
	if private := privateField(s.Targets[0]); private != "" {
		if v, ok := p.fromKwargs(s.Value); ok {
			p.locals["self."+private] = v
		}
		return
	}
	field := selfField(s.Targets[0])
	if field == "" || !relevant(field) {
		return
	}
	value := s.Value
	if c, ok := value.(*pysrc.CondExpr); ok {
		// self.x = y if self.x is None else self.x, either way round
		switch {
		case nullTest(c.Test) == field && selfField(c.Else) == field:
			value, null = c.Body, field
		case notNullTest(c.Test) == field && selfField(c.Body) == field:
			value, null = c.Else, field
		}
	}
	if b, ok := value.(*pysrc.BoolExpr); ok && !b.And && len(b.Values) == 2 && selfField(b.Values[0]) == field {
		value, null = b.Values[1], field
	}
	text, ok := p.expression(value, field)
	switch {
	case !ok:
	case null == field:
		p.class.nullable[field] = text
	case null == "" && (p.late || p.class.values[field] != ""):
		p.class.always[field] = text
	case null == "":
		p.class.set(field, text)
	}
}

// setDefault reads kwargs.setdefault("field", literal).
func (p *postInit) setDefault(e pysrc.Expr) {
	call, ok := e.(*pysrc.Call)
	if !ok {
		return
	}
	if pysrc.Unparse(call.Fn) == "super().__post_init__" {
		p.late = true
	}
	if len(call.Args) != 2 || pysrc.Unparse(call.Fn) != "kwargs.setdefault" {
		return
	}
	name, _ := call.Args[0].(*pysrc.Const)
	v, ok := literalText(call.Args[1])
	if field, isText := name.Value.(string); isText && ok {
		p.class.set(field, v)
	}
}

// fromKwargs reads kwargs.pop("field", literal): the field with a default.
func (p *postInit) fromKwargs(e pysrc.Expr) (pysrc.Expr, bool) {
	call, ok := e.(*pysrc.Call)
	if !ok || len(call.Args) == 0 {
		return nil, false
	}
	fn := pysrc.Unparse(call.Fn)
	name, isConst := call.Args[0].(*pysrc.Const)
	if fn != "kwargs.pop" && fn != "kwargs.get" || !isConst {
		return nil, false
	}
	field, _ := name.Value.(string)
	if len(call.Args) == 2 {
		if v, ok := literalText(call.Args[1]); ok && p.class.values[field] == "" {
			p.class.set(field, v)
		}
	}
	return &pysrc.Name{ID: field}, true
}

// expression writes a value over fields alone; false when it has anything
// else in it.
func (p *postInit) expression(e pysrc.Expr, field string) (string, bool) {
	ok := true
	text := pysrc.Unparse(p.substitute(e, 0))
	parsed, err := pysrc.ParseExpr(text)
	if err != nil {
		return "", false
	}
	pysrc.Inspect(parsed, func(n any) bool {
		switch n := n.(type) {
		case *pysrc.Name:
			ok = ok && n.ID != "self" && n.ID != "kwargs" && n.ID != field
		case *pysrc.Call:
			ok = ok && pureCall(n)
		case *pysrc.Attribute, *pysrc.Lambda, *pysrc.Walrus, *pysrc.Unsupported, *pysrc.Yield, *pysrc.FString:
			ok = false
		}
		return ok
	})
	return text, ok
}

func pureCall(c *pysrc.Call) bool {
	n, ok := c.Fn.(*pysrc.Name)
	if !ok {
		return false
	}
	switch n.ID {
	case "range", "len", "int", "bool", "list", "max", "min", "sum", "float", "enumerate", "round":
		return true
	}
	return false
}

// substitute puts locals and fields in the place of their names.
func (p *postInit) substitute(e pysrc.Expr, depth int) pysrc.Expr {
	const deep = 12
	if depth > deep {
		return e
	}
	sub := func(x pysrc.Expr) pysrc.Expr {
		if x == nil {
			return nil
		}
		return p.substitute(x, depth+1)
	}
	list := func(xs []pysrc.Expr) []pysrc.Expr {
		out := make([]pysrc.Expr, 0, len(xs))
		for _, x := range xs {
			out = append(out, sub(x))
		}
		return out
	}
	switch e := e.(type) {
	case *pysrc.Name:
		if v, ok := p.locals[e.ID]; ok {
			return sub(v)
		}
	case *pysrc.Attribute:
		if f := selfField(e); f != "" {
			return &pysrc.Name{ID: f}
		}
		if v, ok := p.locals["self."+privateField(e)]; ok {
			return sub(v)
		}
	case *pysrc.BinaryExpr:
		return &pysrc.BinaryExpr{Op: e.Op, Left: sub(e.Left), Right: sub(e.Right)}
	case *pysrc.UnaryExpr:
		return &pysrc.UnaryExpr{Op: e.Op, X: sub(e.X)}
	case *pysrc.BoolExpr:
		return &pysrc.BoolExpr{And: e.And, Values: list(e.Values)}
	case *pysrc.CompareExpr:
		return &pysrc.CompareExpr{Left: sub(e.Left), Ops: e.Ops, Rights: list(e.Rights)}
	case *pysrc.CondExpr:
		return &pysrc.CondExpr{Test: sub(e.Test), Body: sub(e.Body), Else: sub(e.Else)}
	case *pysrc.Call:
		return &pysrc.Call{Fn: e.Fn, Args: list(e.Args)}
	case *pysrc.Subscript:
		return &pysrc.Subscript{X: sub(e.X), Index: sub(e.Index)}
	case *pysrc.ListExpr:
		return &pysrc.ListExpr{Elts: list(e.Elts)}
	case *pysrc.Comprehension:
		c := &pysrc.Comprehension{Kind: e.Kind, Elt: sub(e.Elt), Value: e.Value}
		for _, k := range e.Clauses {
			c.Clauses = append(c.Clauses, pysrc.Clause{Target: k.Target, Iter: sub(k.Iter), Ifs: list(k.Ifs)})
		}
		return c
	}
	return e
}

// selfField is the name in self.name; "" for anything else.
func selfField(e pysrc.Expr) string {
	if name := selfAttribute(e); !strings.HasPrefix(name, "_") {
		return name
	}
	return ""
}

// privateField is the name in self._name; "" for anything else.
func privateField(e pysrc.Expr) string {
	if name := selfAttribute(e); strings.HasPrefix(name, "_") {
		return name
	}
	return ""
}

func selfAttribute(e pysrc.Expr) string {
	if a, ok := e.(*pysrc.Attribute); ok && pysrc.Unparse(a.X) == "self" {
		return a.Name
	}
	return ""
}

// nullTest is the field in `self.field is None`; notNullTest in `is not None`.
func nullTest(e pysrc.Expr) string    { return isTest(e, "is") }
func notNullTest(e pysrc.Expr) string { return isTest(e, "is not") }

func isTest(e pysrc.Expr, op string) string {
	c, ok := e.(*pysrc.CompareExpr)
	if !ok || len(c.Ops) != 1 || c.Ops[0] != op {
		return ""
	}
	if k, ok := c.Rights[0].(*pysrc.Const); !ok || k.Value != nil {
		return ""
	}
	return selfField(c.Left)
}
