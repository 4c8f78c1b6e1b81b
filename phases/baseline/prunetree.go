package baseline

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// trees gives the kept part of every module, by path.
func (p *pruner) trees() map[string]*pysrc.Module {
	out := map[string]*pysrc.Module{}
	for name, kept := range p.kept {
		m := p.in.module(name)
		if m == nil {
			continue
		}
		body := p.keptBody(m, kept, m.tree.Body)
		out[m.path] = &pysrc.Module{Body: simplify(body)}
	}
	p.addDefaults(out)
	return out
}

// keptBody filters the statements at a module's top.
func (p *pruner) keptBody(m *module, kept map[string]reach, body []pysrc.Stmt) []pysrc.Stmt {
	var out []pysrc.Stmt
	for _, s := range body {
		switch s := s.(type) {
		case *pysrc.FuncDef:
			if kept[s.Name] != unreached {
				out = append(out, s)
			}
		case *pysrc.ClassDef:
			if kept[s.Name] != unreached {
				out = append(out, p.keptClass(s))
			}
		case *pysrc.AssignStmt:
			for _, t := range s.Targets {
				if anyKept(targetNames(t), kept) || anyKept(changedName(t), kept) {
					out = append(out, s)
					break
				}
			}
		case *pysrc.AugAssignStmt:
			if anyKept(targetNames(s.Target), kept) || anyKept(changedName(s.Target), kept) {
				out = append(out, s)
			}
		case *pysrc.ExprStmt:
			if c, ok := s.X.(*pysrc.Call); ok && anyKept(changedName(c.Fn), kept) {
				out = append(out, s)
			}
		case *pysrc.Import:
			if names := keptAliases(s.Names, kept, false); len(names) > 0 {
				out = append(out, &pysrc.Import{Span: s.Span, Names: names})
			}
		case *pysrc.ImportFrom:
			if names := keptAliases(s.Names, kept, true); len(names) > 0 {
				out = append(out, &pysrc.ImportFrom{Span: s.Span, Module: s.Module, Level: s.Level, Names: names})
			}
		case *pysrc.IfStmt:
			yes, no := p.keptBody(m, kept, s.Body), p.keptBody(m, kept, s.Else)
			if len(yes)+len(no) > 0 {
				out = append(out, &pysrc.IfStmt{Span: s.Span, Test: s.Test, Body: yes, Else: no})
			}
		case *pysrc.TryStmt:
			out = append(out, p.keptTry(m, kept, s)...)
		case *pysrc.WithStmt:
			if inner := p.keptBody(m, kept, s.Body); len(inner) > 0 {
				out = append(out, &pysrc.WithStmt{Span: s.Span, Body: inner})
			}
		}
	}
	return out
}

func (p *pruner) keptTry(m *module, kept map[string]reach, s *pysrc.TryStmt) []pysrc.Stmt {
	t := &pysrc.TryStmt{Span: s.Span, Body: p.keptBody(m, kept, s.Body), Else: p.keptBody(m, kept, s.Else), Finally: p.keptBody(m, kept, s.Finally)}
	n := len(t.Body) + len(t.Else) + len(t.Finally)
	for _, h := range s.Handlers {
		body := p.keptBody(m, kept, h)
		n += len(body)
		t.Handlers = append(t.Handlers, body)
	}
	if n == 0 {
		return nil
	}
	return []pysrc.Stmt{t}
}

// changedName is the name whose item is assigned or whose method is called.
func changedName(e pysrc.Expr) []string {
	switch e := e.(type) {
	case *pysrc.Subscript:
		return targetNames(e.X)
	case *pysrc.Attribute:
		return targetNames(e.X)
	}
	return nil
}

func anyKept(names []string, kept map[string]reach) bool {
	for _, n := range names {
		if kept[n] != unreached {
			return true
		}
	}
	return false
}

func keptAliases(names []pysrc.Alias, kept map[string]reach, from bool) []pysrc.Alias {
	var out []pysrc.Alias
	for _, a := range names {
		bound := importedName(a)
		if from && a.As == "" {
			bound = a.Name
		}
		if kept[bound] != unreached || a.Name == "*" {
			out = append(out, a)
		}
	}
	return out
}

// keptClass is a class with its kept methods; those that the reader does not
// enter are without bodies.
func (p *pruner) keptClass(def *pysrc.ClassDef) *pysrc.ClassDef {
	c := p.byDef[def]
	if c == nil {
		return def
	}
	out := *def
	out.Keywords = nil
	out.Body = p.keptMembers(c, def.Body)
	return &out
}

func (p *pruner) keptMembers(c *prunedClass, body []pysrc.Stmt) []pysrc.Stmt {
	var out []pysrc.Stmt
	for _, s := range body {
		switch s := s.(type) {
		case *pysrc.FuncDef:
			if c.methods[s] == unreached {
				if !c.leaf && !isAccessor(s) && !decorated(s.Decorators, "property", "cached_property") {
					continue
				}
				// A name that hasattr may ask for.
				out = append(out, &pysrc.FuncDef{Span: s.Span, Name: s.Name})
				continue
			}
			if c.leaf && !hasBody(s) {
				f := &pysrc.FuncDef{Span: s.Span, Name: s.Name}
				if s.Name == "__init__" {
					f.Params = s.Params
				}
				out = append(out, f)
				continue
			}
			out = append(out, s)
		case *pysrc.ClassDef:
			out = append(out, p.keptClass(s))
		case *pysrc.AssignStmt:
			out = append(out, s)
		case *pysrc.IfStmt:
			if inner := p.keptMembers(c, s.Body); len(inner) > 0 {
				out = append(out, &pysrc.IfStmt{Span: s.Span, Test: s.Test, Body: inner})
			}
		}
	}
	return out
}

// addDefaults adds the literal defaults of server arguments and environment
// variables that kept code mentions.
func (p *pruner) addDefaults(out map[string]*pysrc.Module) {
	if m := p.in.module(serverModule); m != nil {
		class := &pysrc.ClassDef{Name: "ServerArgs"}
		for _, a := range p.in.serverFields() {
			if p.mentioned(a) {
				class.Body = append(class.Body, &pysrc.AssignStmt{Targets: a.Targets, Value: p.literalOf(a.Value), Annotated: true})
			}
		}
		out[m.path] = &pysrc.Module{Body: append(bodyOf(out[m.path]), class)}
	}
	if m := p.in.module("sglang.srt.environ"); m != nil {
		class := &pysrc.ClassDef{Name: "Envs"}
		for _, s := range m.tree.Body {
			if c, ok := s.(*pysrc.ClassDef); ok {
				for _, field := range c.Body {
					if a, ok := field.(*pysrc.AssignStmt); ok && p.mentioned(a) && isEnvField(a) {
						call := &pysrc.Call{Fn: &pysrc.Name{ID: "Env"}, Args: []pysrc.Expr{p.literalOf(a.Value)}}
						class.Body = append(class.Body, &pysrc.AssignStmt{Targets: a.Targets, Value: call})
					}
				}
			}
		}
		out[m.path] = &pysrc.Module{Body: append(bodyOf(out[m.path]), class)}
	}
}

func bodyOf(m *pysrc.Module) []pysrc.Stmt {
	if m == nil {
		return nil
	}
	return m.Body
}

func (p *pruner) mentioned(a *pysrc.AssignStmt) bool {
	n, ok := a.Targets[0].(*pysrc.Name)
	return ok && p.names[n.ID] != unreached
}

func isEnvField(a *pysrc.AssignStmt) bool {
	call, ok := a.Value.(*pysrc.Call)
	if !ok {
		return false
	}
	kind, ok := call.Fn.(*pysrc.Name)
	return ok && (strings.HasPrefix(kind.ID, "Env") || kind.ID == "_EnvField")
}

// literalOf is the literal default in a field's value, as an expression.
func (p *pruner) literalOf(e pysrc.Expr) pysrc.Expr {
	if x := literalExpr(e); x != nil {
		return x
	}
	return &pysrc.Unsupported{Kind: "no literal default"}
}

// literalExpr finds the literal that literalDefault evaluates.
func literalExpr(e pysrc.Expr) pysrc.Expr {
	if _, ok := literal(e); ok {
		return e
	}
	c, ok := e.(*pysrc.Call)
	if !ok {
		return nil
	}
	for _, k := range c.Keywords {
		if k.Name == "default" {
			if _, ok := literal(k.Value); ok {
				return k.Value
			}
		}
	}
	if len(c.Args) > 0 {
		if _, ok := literal(c.Args[0]); ok {
			return c.Args[0]
		}
	}
	return nil
}
