package pysrc

import (
	"slices"
	"strings"
)

// patterns turns the patterns of a match statement into conditions over its
// subject; what a pattern captures becomes an assignment expression in them.

// matches is the condition under which a pattern matches the subject; nil
// when it always does and captures nothing.
func (c *converter) matches(n *raw, subject Expr) Expr {
	switch n.kind {
	case "case_pattern":
		return c.casePattern(n, subject)
	case "union_pattern":
		or := &BoolExpr{}
		for _, k := range n.kids {
			t := c.matches(k, subject)
			if t == nil {
				return nil
			}
			or.Values = append(or.Values, t)
		}
		return or
	case "dotted_name":
		text := c.text(n)
		switch {
		case strings.Contains(text, "."):
			return equals(subject, dotted(text))
		case text == "_":
			return nil
		}
		return capture(text, subject)
	case "as_pattern":
		return c.asPattern(n, subject)
	case "list_pattern", "tuple_pattern":
		// A pattern in parentheses looks like a tuple of one.
		if n.kind == "tuple_pattern" && len(n.kids) == 1 && !strings.HasSuffix(strings.TrimRight(c.text(n), ") \t\n"), ",") && !isSplat(n.kids[0]) {
			return c.matches(n.kids[0], subject)
		}
		return c.sequencePattern(n.kids, subject)
	case "dict_pattern":
		return c.dictPattern(n, subject)
	case "class_pattern":
		return c.classPattern(n, subject)
	case "complex_pattern", "splat_pattern", "keyword_pattern":
		return &Unsupported{n.kind, c.excerpt(n)}
	}
	return equals(subject, c.expr(n))
}

// caseTest is the condition of a case clause: of its pattern, or of several
// with commas between them.
func (c *converter) caseTest(clause *raw, subject Expr) Expr {
	var patterns []*raw
	end := 0
	for _, k := range clause.kids {
		if k.kind == "case_pattern" {
			patterns = append(patterns, k)
			end = k.end
		}
	}
	switch {
	case len(patterns) == 0:
		return nil
	case len(patterns) == 1 && !isSplat(patterns[0]) && !strings.HasPrefix(strings.TrimLeft(string(c.src[end:clause.end]), " \t"), ","):
		return c.matches(patterns[0], subject)
	}
	return c.sequencePattern(patterns, subject)
}

func (c *converter) casePattern(n *raw, subject Expr) Expr {
	for i, k := range n.kids {
		switch {
		case k.kind == "_":
		case k.kind == "-" && i+1 < len(n.kids):
			return equals(subject, &UnaryExpr{"-", c.expr(n.kids[i+1])})
		default:
			return c.matches(k, subject)
		}
	}
	return nil
}

// equals compares with a literal or a name that has a dot; None and the
// booleans are compared by identity.
func equals(subject, pattern Expr) Expr {
	op := "=="
	if k, ok := pattern.(*Const); ok {
		switch k.Value.(type) {
		case nil, bool:
			op = "is"
		}
	}
	return &CompareExpr{Left: subject, Ops: []string{op}, Rights: []Expr{pattern}}
}

// capture binds a name, as a condition that always holds: a tuple of one.
func capture(name string, value Expr) Expr { return &TupleExpr{Elts: []Expr{&Walrus{name, value}}} }

// all is the conjunction of conditions, of which nil ones always hold.
func all(conditions ...Expr) Expr {
	conditions = slices.DeleteFunc(conditions, func(e Expr) bool { return e == nil })
	switch len(conditions) {
	case 0:
		return nil
	case 1:
		return conditions[0]
	}
	return &BoolExpr{And: true, Values: conditions}
}

func call(fn string, args ...Expr) Expr { return &Call{Fn: &Name{fn}, Args: args} }

func (c *converter) asPattern(n *raw, subject Expr) Expr {
	if len(n.kids) != 2 {
		return &Unsupported{n.kind, c.excerpt(n)}
	}
	return all(c.matches(n.kids[0], subject), capture(c.text(n.kids[1]), subject))
}

// isSplat reports whether a pattern is *name.
func isSplat(n *raw) bool {
	return n.kind == "splat_pattern" || n.kind == "case_pattern" && len(n.kids) == 1 && n.kids[0].kind == "splat_pattern"
}

// splatName is the name of *name or **name; "" for *_.
func (c *converter) splatName(n *raw) string {
	if name := strings.TrimLeft(c.text(n), "* \t"); name != "_" {
		return name
	}
	return ""
}

func (c *converter) sequencePattern(elements []*raw, subject Expr) Expr {
	star := slices.IndexFunc(elements, isSplat)
	op, least := "==", len(elements)
	if star >= 0 {
		op, least = ">=", len(elements)-1
	}
	out := []Expr{
		call("isinstance", subject, &TupleExpr{Elts: []Expr{&Name{"list"}, &Name{"tuple"}}}),
		&CompareExpr{Left: call("len", subject), Ops: []string{op}, Rights: []Expr{&Const{least}}},
	}
	for i, element := range elements {
		at := i
		switch {
		case i == star:
			slice := &Slice{Low: &Const{i}}
			if after := len(elements) - 1 - i; after > 0 {
				slice.High = &Const{-after}
			}
			if name := c.splatName(element); name != "" {
				out = append(out, capture(name, call("list", &Subscript{subject, slice})))
			}
			continue
		case star >= 0 && i > star:
			at = i - len(elements)
		}
		out = append(out, c.matches(element, &Subscript{subject, &Const{at}}))
	}
	return all(out...)
}

func (c *converter) dictPattern(n *raw, subject Expr) Expr {
	out := []Expr{call("isinstance", subject, &Name{"dict"})}
	keys := &TupleExpr{}
	var key Expr
	for _, k := range n.kids {
		switch {
		case k.field == "key" && k.kind == "dotted_name":
			key = dotted(c.text(k))
		case k.field == "key":
			key = c.expr(k)
		case k.field == "value":
			keys.Elts = append(keys.Elts, key)
			out = append(out, &CompareExpr{Left: key, Ops: []string{"in"}, Rights: []Expr{subject}},
				c.matches(k, &Subscript{subject, key}))
		case k.kind == "splat_pattern":
			rest := &Comprehension{Kind: "dict", Elt: &Name{"k"}, Value: &Subscript{subject, &Name{"k"}}, Clauses: []Clause{{
				Target: &Name{"k"}, Iter: subject,
				Ifs: []Expr{&CompareExpr{Left: &Name{"k"}, Ops: []string{"not in"}, Rights: []Expr{keys}}},
			}}}
			if name := c.splatName(k); name != "" {
				out = append(out, capture(name, rest))
			}
		default:
			return &Unsupported{n.kind, c.excerpt(n)}
		}
	}
	return all(out...)
}

// classPattern is Cls(a, name=b): an instance whose attributes match; the
// positional ones are those of __match_args__, or for the built-in types the
// subject itself.
func (c *converter) classPattern(n *raw, subject Expr) Expr {
	if len(n.kids) == 0 || n.kids[0].kind != "dotted_name" {
		return &Unsupported{n.kind, c.excerpt(n)}
	}
	class := dotted(c.text(n.kids[0]))
	out := []Expr{call("isinstance", subject, class)}
	for i := 1; i < len(n.kids); i++ {
		k := n.kids[i]
		if word := k.first("keyword_pattern"); word != nil {
			if len(word.kids) != 2 {
				return &Unsupported{n.kind, c.excerpt(n)}
			}
			name := c.text(word.kids[0])
			out = append(out, call("hasattr", subject, &Const{name}), c.matches(word.kids[1], &Attribute{subject, name}))
			continue
		}
		part := subject
		if !matchesWhole(c.text(n.kids[0])) {
			part = call("getattr", subject, &Subscript{&Attribute{class, "__match_args__"}, &Const{i - 1}})
		}
		out = append(out, c.matches(k, part))
	}
	return all(out...)
}

// matchesWhole names the built-in types whose only positional pattern is for
// the instance itself.
func matchesWhole(class string) bool {
	switch class {
	case "bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple":
		return true
	}
	return false
}
