package baseline

import "github.com/fib-ls/fib-ls/phases/baseline/pysrc"

// simplify leaves out of kept code what has no meaning for the reader: log
// messages, the texts of exceptions.
func simplify(body []pysrc.Stmt) []pysrc.Stmt {
	out := make([]pysrc.Stmt, 0, len(body))
	for _, s := range body {
		if s := simplifyStmt(s); s != nil {
			out = append(out, s)
		}
	}
	return out
}

func simplifyStmt(s pysrc.Stmt) pysrc.Stmt {
	switch s := s.(type) {
	case *pysrc.ExprStmt:
		if isLog(s.X) {
			return nil
		}
	case *pysrc.RaiseStmt:
		exc := s.Exc
		if call, ok := exc.(*pysrc.Call); ok {
			exc = call.Fn
		}
		return &pysrc.RaiseStmt{Span: s.Span, Exc: exc}
	case *pysrc.IfStmt:
		return &pysrc.IfStmt{Span: s.Span, Test: s.Test, Body: simplify(s.Body), Else: simplify(s.Else)}
	case *pysrc.ForStmt:
		return &pysrc.ForStmt{Span: s.Span, Target: s.Target, Iter: s.Iter, Body: simplify(s.Body), Else: simplify(s.Else)}
	case *pysrc.WhileStmt:
		return &pysrc.WhileStmt{Span: s.Span, Test: s.Test, Body: simplify(s.Body), Else: simplify(s.Else)}
	case *pysrc.WithStmt:
		return &pysrc.WithStmt{Span: s.Span, Items: s.Items, Body: simplify(s.Body)}
	case *pysrc.TryStmt:
		t := &pysrc.TryStmt{Span: s.Span, Body: simplify(s.Body), Else: simplify(s.Else), Finally: simplify(s.Finally)}
		for _, h := range s.Handlers {
			t.Handlers = append(t.Handlers, simplify(h))
		}
		return t
	case *pysrc.MatchStmt:
		m := &pysrc.MatchStmt{Span: s.Span, Subject: s.Subject}
		for _, c := range s.Cases {
			m.Cases = append(m.Cases, pysrc.MatchCase{Test: c.Test, Guard: c.Guard, Body: simplify(c.Body)})
		}
		return m
	case *pysrc.FuncDef:
		f := *s
		f.Body = simplify(s.Body)
		return &f
	case *pysrc.ClassDef:
		c := *s
		c.Body = simplify(s.Body)
		return &c
	}
	return s
}

// isLog says whether an expression only writes a message.
func isLog(e pysrc.Expr) bool {
	call, ok := e.(*pysrc.Call)
	if !ok {
		return false
	}
	switch fn := call.Fn.(type) {
	case *pysrc.Name:
		switch fn.ID {
		case "print", "log_info_on_rank0", "rank0_log", "print_info_once", "print_warning_once":
			return true
		}
	case *pysrc.Attribute:
		if on, ok := fn.X.(*pysrc.Name); ok {
			return on.ID == "logger" || on.ID == "logging" || on.ID == "warnings"
		}
	}
	return false
}
