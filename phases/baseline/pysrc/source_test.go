package pysrc

import (
	"fmt"
	"strings"
)

// sourceOf writes a module back as Python text, for tests that compare trees.
func sourceOf(m *Module) string {
	var b strings.Builder
	writeBlock(&b, m.Body, 0)
	return b.String()
}

func writeBlock(b *strings.Builder, body []Stmt, depth int) {
	if len(body) == 0 {
		fmt.Fprintf(b, "%spass\n", strings.Repeat(" ", depth))
	}
	for _, s := range body {
		writeStmt(b, s, depth)
	}
}

func writeStmt(b *strings.Builder, s Stmt, depth int) {
	in := strings.Repeat(" ", depth)
	line := func(format string, args ...any) { fmt.Fprintf(b, in+format+"\n", args...) }
	u := Unparse
	block := func(body []Stmt) { writeBlock(b, body, depth+1) }
	switch s := s.(type) {
	case *ExprStmt:
		line("%s", u(s.X))
	case *AssignStmt:
		t := make([]string, 0, len(s.Targets))
		for _, x := range s.Targets {
			t = append(t, u(x))
		}
		switch {
		case s.Value == nil:
			line("%s: 0", t[0])
		case s.Annotated:
			line("%s: 0 = %s", t[0], u(s.Value))
		default:
			line("%s = %s", strings.Join(t, " = "), u(s.Value))
		}
	case *AugAssignStmt:
		line("%s %s= %s", u(s.Target), s.Op, u(s.Value))
	case *IfStmt:
		line("if %s:", u(s.Test))
		block(s.Body)
		if len(s.Else) > 0 {
			line("else:")
			block(s.Else)
		}
	case *ForStmt:
		line("for %s in %s:", u(s.Target), u(s.Iter))
		block(s.Body)
		if len(s.Else) > 0 {
			line("else:")
			block(s.Else)
		}
	case *WhileStmt:
		line("while %s:", u(s.Test))
		block(s.Body)
	case *WithStmt:
		var items []string
		for _, i := range s.Items {
			t := u(i.X)
			if i.As != nil {
				t += " as " + u(i.As)
			}
			items = append(items, t)
		}
		line("with %s:", strings.Join(items, ", "))
		block(s.Body)
	case *TryStmt:
		line("try:")
		block(s.Body)
		for i, h := range s.Handlers {
			line("except E%d:", i)
			block(h)
		}
		if len(s.Else) > 0 {
			line("else:")
			block(s.Else)
		}
		if len(s.Finally) > 0 {
			line("finally:")
			block(s.Finally)
		}
	default:
		writeSimple(b, s, depth)
	}
}

func writeSimple(b *strings.Builder, s Stmt, depth int) {
	in := strings.Repeat(" ", depth)
	line := func(format string, args ...any) { fmt.Fprintf(b, in+format+"\n", args...) }
	u := Unparse
	switch s := s.(type) {
	case *ReturnStmt:
		line("return %s", u(s.Value))
	case *RaiseStmt:
		line("raise %s", u(s.Exc))
	case *AssertStmt:
		line("assert %s", u(s.Test))
	case *SimpleStmt:
		line("%s", s.Keyword)
	case *DelStmt:
		line("del %s", u(s.Target))
	case *FuncDef:
		for _, d := range s.Decorators {
			line("@%s", u(d))
		}
		async := ""
		if s.Async {
			async = "async "
		}
		line("%sdef %s(%s):", async, s.Name, s.Params)
		writeBlock(b, s.Body, depth+1)
	case *ClassDef:
		for _, d := range s.Decorators {
			line("@%s", u(d))
		}
		args := &writer{}
		args.arguments(s.Bases, s.Keywords)
		line("class %s(%s):", s.Name, args.String())
		writeBlock(b, s.Body, depth+1)
	case *Import:
		line("import %s", aliasList(s.Names))
	case *ImportFrom:
		line("from %s%s import %s", strings.Repeat(".", s.Level), s.Module, aliasList(s.Names))
	case *MatchStmt:
		line("match %s:", u(s.Subject))
		for _, c := range s.Cases {
			p := "_"
			if c.Test != nil {
				p = u(c.Test)
			}
			line(" case %s:", p)
			writeBlock(b, c.Body, depth+2)
		}
	case *UnsupportedStmt:
		line("UNSUPPORTED(%q)", s.Text)
	}
}

func aliasList(names []Alias) string {
	var out []string
	for _, a := range names {
		if a.As != "" {
			out = append(out, a.Name+" as "+a.As)
		} else {
			out = append(out, a.Name)
		}
	}
	return strings.Join(out, ", ")
}
