package baseline

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// ClassInfo is one model class that SGLang registers.
type ClassInfo struct {
	Name     string `json:"name"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Category string `json:"category"`
	// Remapped is the architecture that was asked for, when SGLang serves
	// it with the class Name.
	Remapped string `json:"remapped,omitempty"`
}

// UnregisteredError says that SGLang does not register an architecture.
type UnregisteredError struct {
	Name   string
	Near   []string // registered names that look like it, nearest first
	Reason string
}

func (e *UnregisteredError) Error() string {
	s := fmt.Sprintf("SGLang registers no model class %q: %s", e.Name, e.Reason)
	if len(e.Near) > 0 {
		s += "; near it: " + strings.Join(e.Near, ", ")
	}
	return s
}

// classIndex is what the models directory registers.
type classIndex struct {
	classes map[string]ClassInfo
}

// Find gives the registered class of a name.
func (r *Reader) Find(name string) (ClassInfo, error) {
	files, err := r.modelFiles()
	if err != nil {
		return ClassInfo{}, err
	}
	for _, f := range files {
		text, err := r.src.ReadFile(f.Path)
		if err != nil || !bytes.Contains(text, []byte(name)) || !bytes.Contains(text, []byte("EntryClass")) {
			continue
		}
		tree, err := r.syntax(f.Path)
		if err != nil || tree == nil {
			continue
		}
		if line, ok := entryClasses(tree)[name]; ok {
			return ClassInfo{Name: name, File: f.Path, Line: line}, nil
		}
	}
	return ClassInfo{}, &UnregisteredError{Name: name, Reason: "no file of srt/models lists it as EntryClass"}
}

func (r *Reader) buildIndex() (*classIndex, error) { return &classIndex{}, nil }

// modelFiles are the files that the registry scans: those directly in the
// models directory.
func (r *Reader) modelFiles() ([]Entry, error) {
	all, err := r.src.List(modelsDir)
	if err != nil {
		return nil, fmt.Errorf("listing SGLang's models: %w", err)
	}
	var out []Entry
	for _, e := range all {
		if path.Dir(e.Path) == modelsDir && strings.HasSuffix(e.Path, ".py") {
			out = append(out, e)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out, nil
}

// entryClasses gives the classes that a file registers, with the line of
// their definition.
func entryClasses(tree *pysrc.Module) map[string]int {
	lines := map[string]int{}
	var names []string
	for _, s := range tree.Body {
		switch s := s.(type) {
		case *pysrc.ClassDef:
			lines[s.Name] = s.First
		case *pysrc.AssignStmt:
			if slices.Contains(targetNames(s.Targets[0]), "EntryClass") {
				names = append(names, classNames(s.Value)...)
			}
		}
	}
	out := map[string]int{}
	for _, n := range names {
		out[n] = lines[n]
	}
	return out
}

func classNames(e pysrc.Expr) []string {
	switch e := e.(type) {
	case *pysrc.Name:
		return []string{e.ID}
	case *pysrc.ListExpr:
		var out []string
		for _, x := range e.Elts {
			out = append(out, classNames(x)...)
		}
		return out
	case *pysrc.TupleExpr:
		return classNames(&pysrc.ListExpr{Elts: e.Elts})
	}
	return nil
}
