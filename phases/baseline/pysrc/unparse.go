package pysrc

import (
	"fmt"
	"strconv"
	"strings"
)

// Unparse writes an expression back as Python text, with the spacing of
// Python's own ast.unparse and as few parentheses as are surely right.
func Unparse(e Expr) string {
	var b strings.Builder
	unparse(&b, e)
	return b.String()
}

func unparse(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case nil:
	case *Name:
		b.WriteString(e.ID)
	case *Const:
		b.WriteString(Repr(e.Value))
	case *Attribute:
		operand(b, e.X)
		b.WriteString("." + e.Name)
	case *Call:
		operand(b, e.Fn)
		b.WriteByte('(')
		unparseArgs(b, e.Args, e.Keywords)
		b.WriteByte(')')
	case *BinaryExpr:
		operand(b, e.Left)
		b.WriteString(" " + e.Op + " ")
		operand(b, e.Right)
	case *UnaryExpr:
		b.WriteString(e.Op)
		if e.Op == "not" {
			b.WriteByte(' ')
		}
		operand(b, e.X)
	case *BoolExpr:
		op := " or "
		if e.And {
			op = " and "
		}
		join(b, op, e.Values, operand)
	case *CompareExpr:
		operand(b, e.Left)
		for i, op := range e.Ops {
			b.WriteString(" " + op + " ")
			operand(b, e.Rights[i])
		}
	case *CondExpr:
		operand(b, e.Body)
		b.WriteString(" if ")
		operand(b, e.Test)
		b.WriteString(" else ")
		operand(b, e.Else)
	case *Subscript:
		operand(b, e.X)
		b.WriteByte('[')
		if t, ok := e.Index.(*TupleExpr); ok && len(t.Elts) > 1 {
			join(b, ", ", t.Elts, unparse)
		} else {
			unparse(b, e.Index)
		}
		b.WriteByte(']')
	default:
		unparseDisplay(b, e)
	}
}

func unparseDisplay(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case *Slice:
		unparse(b, e.Low)
		b.WriteByte(':')
		unparse(b, e.High)
		if e.Step != nil {
			b.WriteByte(':')
			unparse(b, e.Step)
		}
	case *ListExpr:
		enclosed(b, "[", e.Elts, "]")
	case *SetExpr:
		enclosed(b, "{", e.Elts, "}")
	case *TupleExpr:
		if len(e.Elts) == 1 {
			enclosed(b, "(", e.Elts, ",)")
		} else {
			enclosed(b, "(", e.Elts, ")")
		}
	case *DictExpr:
		b.WriteByte('{')
		for i, k := range e.Keys {
			if i > 0 {
				b.WriteString(", ")
			}
			if k == nil {
				b.WriteString("**")
			} else {
				unparse(b, k)
				b.WriteString(": ")
			}
			operand(b, e.Values[i])
		}
		b.WriteByte('}')
	case *Comprehension:
		unparseComprehension(b, e)
	case *Lambda:
		b.WriteString("lambda")
		if p := e.Params.String(); p != "" {
			b.WriteString(" " + p)
		}
		b.WriteString(": ")
		operand(b, e.Body)
	case *FString:
		unparseFString(b, e)
	case *Walrus:
		b.WriteString("(" + e.Target + " := ")
		unparse(b, e.Value)
		b.WriteByte(')')
	case *Starred:
		b.WriteByte('*')
		operand(b, e.X)
	case *Yield:
		b.WriteString("(yield ")
		unparse(b, e.X)
		b.WriteByte(')')
	case *Unsupported:
		b.WriteString(e.Text)
	}
}

// operand writes e in parentheses when it is an operator expression.
func operand(b *strings.Builder, e Expr) {
	switch e.(type) {
	case *BinaryExpr, *UnaryExpr, *BoolExpr, *CompareExpr, *CondExpr, *Lambda:
		b.WriteByte('(')
		unparse(b, e)
		b.WriteByte(')')
	default:
		unparse(b, e)
	}
}

func join(b *strings.Builder, sep string, es []Expr, write func(*strings.Builder, Expr)) {
	for i, e := range es {
		if i > 0 {
			b.WriteString(sep)
		}
		write(b, e)
	}
}

func enclosed(b *strings.Builder, open string, es []Expr, end string) {
	b.WriteString(open)
	join(b, ", ", es, unparse)
	b.WriteString(end)
}

func unparseArgs(b *strings.Builder, args []Expr, keywords []Keyword) {
	join(b, ", ", args, unparse)
	for i, k := range keywords {
		if i > 0 || len(args) > 0 {
			b.WriteString(", ")
		}
		if k.Name == "" {
			b.WriteString("**")
			operand(b, k.Value)
			continue
		}
		b.WriteString(k.Name + "=")
		unparse(b, k.Value)
	}
}

func unparseComprehension(b *strings.Builder, e *Comprehension) {
	brackets := map[string]string{"list": "[]", "gen": "()"}[e.Kind]
	if brackets == "" {
		brackets = "{}"
	}
	b.WriteByte(brackets[0])
	operand(b, e.Elt)
	if e.Value != nil {
		b.WriteString(": ")
		operand(b, e.Value)
	}
	for _, c := range e.Clauses {
		b.WriteString(" for ")
		unparse(b, c.Target)
		b.WriteString(" in ")
		operand(b, c.Iter)
		for _, t := range c.Ifs {
			b.WriteString(" if ")
			operand(b, t)
		}
	}
	b.WriteByte(brackets[1])
}

func unparseFString(b *strings.Builder, e *FString) {
	var text strings.Builder
	for _, p := range e.Parts {
		if c, ok := p.(*Const); ok {
			if s, ok := c.Value.(string); ok {
				text.WriteString(strings.NewReplacer("{", "{{", "}", "}}").Replace(s))
				continue
			}
		}
		text.WriteByte('{')
		unparse(&text, p)
		text.WriteByte('}')
	}
	b.WriteString("f" + Repr(text.String()))
}

// String writes parameters as they stand in a definition.
func (p Params) String() string {
	var b strings.Builder
	star := false
	for i, q := range p.List {
		if i > 0 {
			b.WriteString(", ")
		}
		switch {
		case q.Kind == VarArgs:
			star = true
			b.WriteByte('*')
		case q.Kind == VarKwargs:
			b.WriteString("**")
		case q.Kind == KeywordOnly && !star:
			star = true
			b.WriteString("*, ")
		}
		b.WriteString(q.Name)
		if q.Default != nil {
			b.WriteByte('=')
			operand(&b, q.Default)
		}
	}
	return b.String()
}

// Repr writes a constant as Python's repr does.
func Repr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int:
		return strconv.Itoa(v)
	case float64:
		return reprFloat(v)
	case string:
		return reprString(v)
	}
	return fmt.Sprint(v)
}

func reprFloat(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if v < 1e16 && v > -1e16 {
		if a := max(v, -v); a >= 1e-4 || a == 0 {
			s = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	if !strings.ContainsAny(s, ".einN") {
		s += ".0"
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "+Inf", "inf"), "NaN", "nan")
}

func reprString(s string) string {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteByte(quote)
	for _, r := range s {
		switch {
		case r == rune(quote) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte(quote)
	return b.String()
}
