package pysrc

import "strings"

// block converts the statements of a module or block node.
func (c *converter) block(n *raw) []Stmt {
	out := make([]Stmt, 0, len(n.kids))
	for _, k := range n.kids {
		if s := c.stmt(k); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// body converts the block that a field holds; empty when it is absent.
func (c *converter) body(n *raw, field string) []Stmt {
	if n == nil {
		return nil
	}
	b := n.first("block")
	if field != "" {
		if f := n.child(field); f != nil {
			b = f
		}
	}
	if b == nil {
		return nil
	}
	return c.block(b)
}

func (c *converter) stmt(n *raw) Stmt {
	if n.deep {
		return &UnsupportedStmt{c.span(n), "nested too deeply", c.excerpt(n)}
	}
	switch n.kind {
	case "expression_statement":
		return c.exprStmt(n)
	case "if_statement":
		return c.ifStmt(n)
	case "for_statement":
		return &ForStmt{c.span(n), c.field(n, "right"), c.field(n, "left"), c.body(n, "body"), c.body(n.first("else_clause"), "body")}
	case "while_statement":
		return &WhileStmt{c.span(n), c.field(n, "condition"), c.body(n, "body"), c.body(n.first("else_clause"), "body")}
	case "with_statement":
		return c.withStmt(n)
	case "try_statement":
		return c.tryStmt(n)
	case "function_definition":
		return c.funcDef(n, nil)
	case "class_definition":
		return c.classDef(n, nil)
	case "decorated_definition":
		return c.decorated(n)
	case "match_statement":
		return c.matchStmt(n)
	case "import_statement":
		return &Import{c.span(n), c.aliases(n)}
	case "import_from_statement":
		return c.importFrom(n)
	}
	return c.simpleStmt(n)
}

func (c *converter) simpleStmt(n *raw) Stmt {
	switch n.kind {
	case "return_statement":
		return &ReturnStmt{c.span(n), c.only(n)}
	case "raise_statement":
		return &RaiseStmt{c.span(n), c.only(n)}
	case "assert_statement":
		return &AssertStmt{c.span(n), c.only(n)}
	case "pass_statement", "break_statement", "continue_statement":
		return &SimpleStmt{c.span(n), strings.TrimSuffix(n.kind, "_statement")}
	case "global_statement":
		return &SimpleStmt{c.span(n), "global " + strings.Join(identifiers(c, n), " ")}
	case "delete_statement":
		return &DelStmt{c.span(n), c.only(n)}
	case "nonlocal_statement", "type_alias_statement", "future_import_statement":
		return &SimpleStmt{c.span(n), "pass"}
	}
	return &UnsupportedStmt{c.span(n), n.kind, c.excerpt(n)}
}

func identifiers(c *converter, n *raw) []string {
	var out []string
	for _, k := range n.kids {
		out = append(out, c.text(k))
	}
	return out
}

// only converts the first child, nil when there is none.
func (c *converter) only(n *raw) Expr {
	if len(n.kids) == 0 {
		return nil
	}
	return c.expr(n.kids[0])
}

func (c *converter) exprStmt(n *raw) Stmt {
	if len(n.kids) == 0 {
		return nil
	}
	k := n.kids[0]
	if len(n.kids) > 1 { // a bare tuple: `a, b`
		return &ExprStmt{c.span(n), &TupleExpr{c.exprs(n.kids)}}
	}
	switch k.kind {
	case "assignment":
		return c.assignment(k)
	case "augmented_assignment":
		op := strings.TrimSuffix(c.text(k.child("operator")), "=")
		return &AugAssignStmt{c.span(n), c.field(k, "left"), op, c.field(k, "right")}
	case "string", "concatenated_string":
		return nil // a docstring
	}
	return &ExprStmt{c.span(n), c.expr(k)}
}

func (c *converter) assignment(n *raw) Stmt {
	s := &AssignStmt{Span: c.span(n)}
	for at := n; ; {
		s.Targets = append(s.Targets, c.field(at, "left"))
		s.Annotated = s.Annotated || at.child("type") != nil
		right := at.child("right")
		if right == nil {
			return s
		}
		if right.kind != "assignment" {
			s.Value = c.expr(right)
			return s
		}
		at = right
	}
}

func (c *converter) ifStmt(n *raw) Stmt {
	top := &IfStmt{Span: c.span(n), Test: c.field(n, "condition"), Body: c.body(n, "consequence")}
	last := top
	for _, k := range n.kids {
		switch k.kind {
		case "elif_clause":
			next := &IfStmt{Span: c.span(k), Test: c.field(k, "condition"), Body: c.body(k, "consequence")}
			last.Else = []Stmt{next}
			last = next
		case "else_clause":
			last.Else = c.body(k, "body")
		}
	}
	return top
}

func (c *converter) withStmt(n *raw) Stmt {
	s := &WithStmt{Span: c.span(n), Body: c.body(n, "body")}
	clause := n.first("with_clause")
	if clause == nil {
		return s
	}
	for _, k := range clause.kids {
		v := k.child("value")
		if v == nil {
			continue
		}
		item := WithItem{X: c.expr(v)}
		if v.kind == "as_pattern" && len(v.kids) > 0 {
			item.X = c.expr(v.kids[0])
			if target := v.child("alias"); target != nil {
				item.As = c.only(target)
			}
		}
		s.Items = append(s.Items, item)
	}
	return s
}

func (c *converter) tryStmt(n *raw) Stmt {
	s := &TryStmt{Span: c.span(n), Body: c.body(n, "body")}
	for _, k := range n.kids {
		switch k.kind {
		case "except_clause", "except_group_clause":
			s.Handlers = append(s.Handlers, c.body(k, ""))
		case "else_clause":
			s.Else = c.body(k, "body")
		case "finally_clause":
			s.Finally = c.body(k, "")
		}
	}
	return s
}

func (c *converter) decorated(n *raw) Stmt {
	var decorators []Expr
	for _, k := range n.kids {
		if k.kind == "decorator" {
			decorators = append(decorators, c.only(k))
		}
	}
	def := n.child("definition")
	if def == nil {
		return &UnsupportedStmt{c.span(n), n.kind, c.excerpt(n)}
	}
	if def.kind == "class_definition" {
		return c.classDef(def, decorators)
	}
	return c.funcDef(def, decorators)
}

func (c *converter) funcDef(n *raw, decorators []Expr) Stmt {
	f := &FuncDef{Span: c.span(n), Name: c.text(n.child("name")), Body: c.body(n, "body"), Decorators: decorators}
	if p := n.child("parameters"); p != nil {
		f.Params = c.params(p)
	}
	f.Async = n.first("async") != nil
	return f
}

func (c *converter) classDef(n *raw, decorators []Expr) Stmt {
	d := &ClassDef{Span: c.span(n), Name: c.text(n.child("name")), Body: c.body(n, "body"), Decorators: decorators}
	if bases := n.child("superclasses"); bases != nil {
		d.Bases, d.Keywords = c.arguments(bases)
	}
	return d
}

func (c *converter) aliases(n *raw) []Alias {
	var out []Alias
	for _, k := range n.kids {
		switch {
		case k.kind == "wildcard_import":
			out = append(out, Alias{Name: "*"})
		case k.field != "name":
		case k.kind == "aliased_import":
			out = append(out, Alias{c.text(k.child("name")), c.text(k.child("alias"))})
		default:
			out = append(out, Alias{Name: c.text(k)})
		}
	}
	return out
}

func (c *converter) importFrom(n *raw) Stmt {
	s := &ImportFrom{Span: c.span(n), Names: c.aliases(n)}
	if m := n.child("module_name"); m != nil {
		name := c.text(m)
		s.Module = strings.TrimLeft(name, ".")
		s.Level = len(name) - len(s.Module)
		s.Module = strings.TrimSpace(s.Module)
	}
	return s
}

func (c *converter) matchStmt(n *raw) Stmt {
	s := &MatchStmt{Span: c.span(n), Subject: c.subject(n)}
	subject := s.Subject
	if _, named := subject.(*Name); !named {
		name := keptName(s.First, subject)
		subject, s.Subject = name, &Walrus{name.ID, subject}
	}
	body := n.child("body")
	if body == nil {
		return s
	}
	for _, k := range body.kids {
		if k.kind != "case_clause" {
			continue
		}
		mc := MatchCase{Body: c.body(k, "consequence")}
		mc.Test = c.caseTest(k, subject)
		if g := k.child("guard"); g != nil {
			mc.Guard = c.only(g)
		}
		s.Cases = append(s.Cases, mc)
	}
	return s
}

// subject is what a match statement matches: one expression, or a tuple of those
// with commas between or behind them.
func (c *converter) subject(n *raw) Expr {
	var parts []*raw
	for _, k := range n.kids {
		if k.field == "subject" {
			parts = append(parts, k)
		}
	}
	if len(parts) > 1 || len(parts) == 1 && strings.HasPrefix(strings.TrimLeft(string(c.src[parts[0].end:n.end]), " \t"), ",") {
		return &TupleExpr{Elts: c.exprs(parts)}
	}
	return c.field(n, "subject")
}

// dotted makes the attribute chain of a dotted name.
func dotted(text string) Expr {
	parts := strings.Split(text, ".")
	var e Expr = &Name{strings.TrimSpace(parts[0])}
	for _, p := range parts[1:] {
		e = &Attribute{e, strings.TrimSpace(p)}
	}
	return e
}
