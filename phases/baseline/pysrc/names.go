package pysrc

import (
	"fmt"
	"strings"
)

// Bound is the name that an import binds: a for `import a.b`, c for
// `import a.b as c` and for `from a import b as c`.
func (a Alias) Bound() string {
	if a.As != "" {
		return a.As
	}
	name, _, _ := strings.Cut(a.Name, ".")
	return name
}

// Base is the module that an import-from statement names in a module, whose
// dotted name is given; pkg says that it is an __init__.py.
func (s *ImportFrom) Base(module string, pkg bool) string {
	if s.Level == 0 {
		return s.Module
	}
	parts := strings.Split(module, ".")
	up := s.Level
	if pkg {
		up--
	}
	parts = parts[:max(0, len(parts)-up)]
	if s.Module != "" {
		parts = append(parts, s.Module)
	}
	return strings.Join(parts, ".")
}

// TargetNames are the names that an assignment's target binds.
func TargetNames(t Expr) []string {
	switch t := t.(type) {
	case *Name:
		return []string{t.ID}
	case *Starred:
		return TargetNames(t.X)
	case *TupleExpr:
		var out []string
		for _, e := range t.Elts {
			out = append(out, TargetNames(e)...)
		}
		return out
	case *ListExpr:
		return TargetNames(&TupleExpr{Elts: t.Elts})
	}
	return nil
}

// keptName is the name under which a match statement keeps its subject: one that
// no program can write, and of its own for each statement. The body of a case that
// is not decided runs, and may hold another match, before the next case is tried.
func keptName(line int, subject Expr) *Name {
	w := &writer{}
	w.write(operand{subject})
	return &Name{fmt.Sprintf("<%d>%s", line, w)}
}

// text is the name as its source has it, which for a kept subject is an expression.
func (n *Name) text() string {
	if !strings.HasPrefix(n.ID, "<") {
		return n.ID
	}
	_, kept, _ := strings.Cut(n.ID, ">")
	return kept
}
