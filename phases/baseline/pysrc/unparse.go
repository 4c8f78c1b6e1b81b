package pysrc

import (
	"fmt"
	"strconv"
	"strings"
)

// Unparse writes an expression back as Python text, with the spacing of
// Python's own ast.unparse and as few parentheses as are surely right.
func Unparse(e Expr) string {
	w := &writer{}
	w.write(e)
	return w.String()
}

// writer writes expressions as text.
type writer struct{ strings.Builder }

type (
	// operand is an expression that is written in parentheses when it is an
	// operator expression.
	operand struct{ Expr }
	// list is expressions with commas between them.
	list []Expr
)

// write writes texts, expressions, operands and lists one after the other.
func (w *writer) write(parts ...any) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			w.WriteString(p)
		case operand:
			switch p.Expr.(type) {
			case *BinaryExpr, *UnaryExpr, *BoolExpr, *CompareExpr, *CondExpr, *Lambda:
				w.write("(", p.Expr, ")")
			default:
				w.write(p.Expr)
			}
		case list:
			for i, e := range p {
				w.separate(i, ", ")
				w.write(e)
			}
		case Expr:
			w.expression(p)
		}
	}
}

// separate writes what stands before the part of a sequence at i.
func (w *writer) separate(i int, separator string) {
	if i > 0 {
		w.WriteString(separator)
	}
}

func (w *writer) expression(e Expr) {
	switch e := e.(type) {
	case *Name:
		w.write(e.text())
	case *Const:
		w.write(Repr(e.Value))
	case *Attribute:
		w.write(operand{e.X}, ".", e.Name)
	case *Call:
		w.write(operand{e.Fn}, "(")
		w.arguments(e.Args, e.Keywords)
		w.write(")")
	case *BinaryExpr:
		w.write(operand{e.Left}, " ", e.Op, " ", operand{e.Right})
	case *UnaryExpr:
		w.write(e.Op)
		if e.Op == "not" {
			w.write(" ")
		}
		w.write(operand{e.X})
	case *BoolExpr:
		op := " or "
		if e.And {
			op = " and "
		}
		for i, v := range e.Values {
			w.separate(i, op)
			w.write(operand{v})
		}
	case *CompareExpr:
		w.write(operand{e.Left})
		for i, op := range e.Ops {
			w.write(" ", op, " ", operand{e.Rights[i]})
		}
	case *CondExpr:
		w.write(operand{e.Body}, " if ", operand{e.Test}, " else ", operand{e.Else})
	case *Subscript:
		if t, ok := e.Index.(*TupleExpr); ok && len(t.Elts) > 1 {
			w.write(operand{e.X}, "[", list(t.Elts), "]")
		} else {
			w.write(operand{e.X}, "[", e.Index, "]")
		}
	default:
		w.display(e)
	}
}

func (w *writer) display(e Expr) {
	switch e := e.(type) {
	case *Slice:
		w.write(e.Low, ":", e.High)
		if e.Step != nil {
			w.write(":", e.Step)
		}
	case *ListExpr:
		w.write("[", list(e.Elts), "]")
	case *SetExpr:
		w.write("{", list(e.Elts), "}")
	case *TupleExpr:
		w.write("(", list(e.Elts))
		if len(e.Elts) == 1 {
			w.write(",")
		}
		w.write(")")
	case *DictExpr:
		w.write("{")
		for i, k := range e.Keys {
			w.separate(i, ", ")
			if k == nil {
				w.write("**", operand{e.Values[i]})
			} else {
				w.write(k, ": ", operand{e.Values[i]})
			}
		}
		w.write("}")
	case *Comprehension:
		w.comprehension(e)
	case *Lambda:
		w.write("lambda")
		if p := e.Params.String(); p != "" {
			w.write(" ", p)
		}
		w.write(": ", operand{e.Body})
	case *FString:
		w.formatted(e)
	case *Walrus:
		w.write("(", e.Target, " := ", e.Value, ")")
	case *Starred:
		w.write("*", operand{e.X})
	case *Yield:
		w.write("(yield ", e.X, ")")
	case *Unsupported:
		w.write(e.Text)
	}
}

func (w *writer) arguments(args []Expr, keywords []Keyword) {
	w.write(list(args))
	for i, k := range keywords {
		w.separate(i+len(args), ", ")
		if k.Name == "" {
			w.write("**", operand{k.Value})
		} else {
			w.write(k.Name, "=", k.Value)
		}
	}
}

func (w *writer) comprehension(e *Comprehension) {
	brackets := map[string]string{"list": "[]", "gen": "()"}[e.Kind]
	if brackets == "" {
		brackets = "{}"
	}
	w.write(brackets[:1], operand{e.Elt})
	if e.Value != nil {
		w.write(": ", operand{e.Value})
	}
	for _, c := range e.Clauses {
		w.write(" for ", c.Target, " in ", operand{c.Iter})
		for _, t := range c.Ifs {
			w.write(" if ", operand{t})
		}
	}
	w.write(brackets[1:])
}

func (w *writer) formatted(e *FString) {
	text := &writer{}
	for _, p := range e.Parts {
		if c, ok := p.(*Const); ok {
			if s, ok := c.Value.(string); ok {
				text.write(strings.NewReplacer("{", "{{", "}", "}}").Replace(s))
				continue
			}
		}
		text.write("{", p, "}")
	}
	w.write("f", Repr(text.String()))
}

// String writes parameters as they stand in a definition.
func (p Params) String() string {
	w := &writer{}
	star := false
	for i, q := range p.List {
		w.separate(i, ", ")
		switch {
		case q.Kind == VarArgs:
			star = true
			w.write("*")
		case q.Kind == VarKwargs:
			w.write("**")
		case q.Kind == KeywordOnly && !star:
			star = true
			w.write("*, ")
		}
		w.write(q.Name)
		if q.Default != nil {
			w.write("=", operand{q.Default})
		}
	}
	return w.String()
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
