package pysrc

import "strings"

func (c *converter) field(n *raw, name string) Expr {
	k := n.child(name)
	if k == nil {
		return &Unsupported{"absent", name}
	}
	return c.expr(k)
}

func (c *converter) exprs(ns []*raw) []Expr {
	out := make([]Expr, 0, len(ns))
	for _, n := range ns {
		out = append(out, c.expr(n))
	}
	return out
}

func (c *converter) expr(n *raw) Expr {
	if n.deep {
		return &Unsupported{"nested too deeply", c.excerpt(n)}
	}
	switch n.kind {
	case "identifier":
		return &Name{c.text(n)}
	case "dotted_name":
		return dotted(c.text(n))
	case "attribute":
		return &Attribute{c.field(n, "object"), c.text(n.child("attribute"))}
	case "call":
		return c.call(n)
	case "subscript":
		return c.subscript(n)
	case "slice":
		return c.slice(n)
	case "parenthesized_expression":
		if len(n.kids) == 1 {
			return c.expr(n.kids[0])
		}
	case "tuple_pattern":
		if len(n.kids) == 1 && !strings.Contains(c.text(n), ",") {
			return c.expr(n.kids[0])
		}
		return &TupleExpr{c.exprs(n.kids)}
	case "expression_list", "tuple", "pattern_list":
		return &TupleExpr{c.exprs(n.kids)}
	case "list", "list_pattern":
		return &ListExpr{c.exprs(n.kids)}
	case "set":
		return &SetExpr{c.exprs(n.kids)}
	case "dictionary":
		return c.dict(n)
	case "list_splat", "list_splat_pattern":
		return &Starred{c.only(n)}
	case "lambda":
		l := &Lambda{Span: c.span(n), Body: c.field(n, "body")}
		if p := n.child("parameters"); p != nil {
			l.Params = c.params(p)
		}
		return l
	case "named_expression":
		return &Walrus{c.text(n.child("name")), c.field(n, "value")}
	case "await":
		return c.only(n)
	case "yield":
		return c.yield(n)
	}
	if e := c.operator(n); e != nil {
		return e
	}
	if e := c.comprehension(n); e != nil {
		return e
	}
	if e := c.literal(n); e != nil {
		return e
	}
	return &Unsupported{n.kind, c.excerpt(n)}
}

func (c *converter) operator(n *raw) Expr {
	switch n.kind {
	case "binary_operator":
		return &BinaryExpr{c.text(n.child("operator")), c.field(n, "left"), c.field(n, "right")}
	case "unary_operator":
		return &UnaryExpr{c.text(n.child("operator")), c.field(n, "argument")}
	case "not_operator":
		return &UnaryExpr{"not", c.field(n, "argument")}
	case "boolean_operator":
		return c.boolean(n)
	case "comparison_operator":
		return c.comparison(n)
	case "conditional_expression":
		if len(n.kids) == 3 {
			return &CondExpr{Test: c.expr(n.kids[1]), Body: c.expr(n.kids[0]), Else: c.expr(n.kids[2])}
		}
	}
	return nil
}

// boolean flattens a chain of equal operators: a and b and c.
func (c *converter) boolean(n *raw) Expr {
	and := c.text(n.child("operator")) == "and"
	b := &BoolExpr{And: and}
	for _, side := range []string{"left", "right"} {
		e := c.field(n, side)
		if inner, ok := e.(*BoolExpr); ok && inner.And == and && side == "left" {
			b.Values = append(b.Values, inner.Values...)
			continue
		}
		b.Values = append(b.Values, e)
	}
	return b
}

func (c *converter) comparison(n *raw) Expr {
	cmp := &CompareExpr{}
	for _, k := range n.kids {
		switch k.field {
		case "operators":
			// "not in" and "is not" come as one token or as two.
			op := strings.Join(strings.Fields(c.text(k)), " ")
			if len(cmp.Ops) > len(cmp.Rights) {
				cmp.Ops[len(cmp.Ops)-1] += " " + op
			} else {
				cmp.Ops = append(cmp.Ops, op)
			}
		default:
			e := c.expr(k)
			if cmp.Left == nil {
				cmp.Left = e
			} else {
				cmp.Rights = append(cmp.Rights, e)
			}
		}
	}
	if cmp.Left == nil || len(cmp.Ops) != len(cmp.Rights) {
		return &Unsupported{n.kind, c.excerpt(n)}
	}
	return cmp
}

func (c *converter) call(n *raw) Expr {
	call := &Call{Span: c.span(n), Fn: c.field(n, "function")}
	args := n.child("arguments")
	switch {
	case args == nil:
	case args.kind == "generator_expression":
		call.Args = []Expr{c.expr(args)}
	default:
		call.Args, call.Keywords = c.arguments(args)
	}
	return call
}

func (c *converter) arguments(n *raw) (args []Expr, keywords []Keyword) {
	for _, k := range n.kids {
		switch k.kind {
		case "keyword_argument":
			keywords = append(keywords, Keyword{c.text(k.child("name")), c.field(k, "value")})
		case "dictionary_splat":
			keywords = append(keywords, Keyword{"", c.only(k)})
		default:
			args = append(args, c.expr(k))
		}
	}
	return args, keywords
}

func (c *converter) params(n *raw) Params {
	var p Params
	kind := Positional
	for _, k := range n.kids {
		param := Param{Kind: kind}
		name := k
		switch k.kind {
		case "default_parameter", "typed_default_parameter":
			name = k.child("name")
			param.Default = c.field(k, "value")
		case "typed_parameter":
			if len(k.kids) > 0 {
				name = k.kids[0]
			}
		case "keyword_separator":
			kind = KeywordOnly
			continue
		case "positional_separator":
			continue
		}
		if name != nil && name.kind == "list_splat_pattern" {
			param.Kind, kind = VarArgs, KeywordOnly
		} else if name != nil && name.kind == "dictionary_splat_pattern" {
			param.Kind = VarKwargs
		}
		param.Name = strings.TrimSpace(strings.TrimLeft(c.text(name), "*"))
		p.List = append(p.List, param)
	}
	return p
}

func (c *converter) subscript(n *raw) Expr {
	s := &Subscript{X: c.field(n, "value")}
	var index []Expr
	for _, k := range n.kids {
		if k.field == "subscript" {
			index = append(index, c.expr(k))
		}
	}
	if len(index) == 1 {
		s.Index = index[0]
	} else {
		s.Index = &TupleExpr{index}
	}
	return s
}

func (c *converter) slice(n *raw) Expr {
	s := &Slice{}
	at := &s.Low
	for _, k := range n.kids {
		if k.kind == ":" {
			if at == &s.Low {
				at = &s.High
			} else {
				at = &s.Step
			}
			continue
		}
		*at = c.expr(k)
	}
	return s
}

func (c *converter) dict(n *raw) Expr {
	d := &DictExpr{}
	for _, k := range n.kids {
		switch k.kind {
		case "pair":
			d.Keys = append(d.Keys, c.field(k, "key"))
			d.Values = append(d.Values, c.field(k, "value"))
		case "dictionary_splat":
			d.Keys = append(d.Keys, nil)
			d.Values = append(d.Values, c.only(k))
		}
	}
	return d
}

func (c *converter) yield(n *raw) Expr {
	for _, k := range n.kids {
		if k.kind != "yield" && k.kind != "from" {
			return &Yield{c.expr(k)}
		}
	}
	return &Yield{}
}

func (c *converter) comprehension(n *raw) Expr {
	kinds := map[string]string{"list_comprehension": "list", "set_comprehension": "set", "dictionary_comprehension": "dict", "generator_expression": "gen"}
	kind, ok := kinds[n.kind]
	body := n.child("body")
	if !ok || body == nil {
		return nil
	}
	out := &Comprehension{Kind: kind}
	if kind == "dict" {
		out.Elt, out.Value = c.field(body, "key"), c.field(body, "value")
	} else {
		out.Elt = c.expr(body)
	}
	for _, k := range n.kids {
		switch k.kind {
		case "for_in_clause":
			out.Clauses = append(out.Clauses, Clause{Target: c.field(k, "left"), Iter: c.field(k, "right")})
		case "if_clause":
			if last := len(out.Clauses) - 1; last >= 0 {
				out.Clauses[last].Ifs = append(out.Clauses[last].Ifs, c.only(k))
			}
		}
	}
	return out
}
