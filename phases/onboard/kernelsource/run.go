package kernelsource

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Bounds of reading one package: FlashInfer's templates take some ten
// thousand steps.
const (
	maxSteps = 5_000_000
	maxCalls = 60
)

// errSteps says that a package's template files do more than a table needs.
var errSteps = errors.New("its trace templates take too many steps to read")

// descriptors are the classes that a template file builds its tables of.
var descriptors = map[string]bool{"TraceTemplate": true, "Var": true, "Const": true, "Tensor": true, "Scalar": true}

// reader evaluates the declarations of a package's template files: constants,
// dicts, calls of the descriptor classes and of the files' own functions. It
// knows no other class, and what it does not follow is unknown.
type reader struct {
	files   fs.FS // its top holds the package's folder
	modules map[string]*scope
	parsed  map[string]*pysrc.Module
	steps   int
	calls   int
	// made are all templates in the order in which they were built.
	made []*record
}

func newReader(files fs.FS) *reader {
	return &reader{files: files, modules: map[string]*scope{}, parsed: map[string]*pysrc.Module{}}
}

// scope holds the names of a module or of one call.
type scope struct {
	module string // dotted: "flashinfer.trace.templates.moe"
	isPkg  bool   // its file is an __init__.py
	names  map[string]any
	outer  *scope
}

func (s *scope) lookup(name string) (any, bool) {
	for ; s != nil; s = s.outer {
		if v, ok := s.names[name]; ok {
			return v, true
		}
	}
	return nil, false
}

// parse reads a module's file; "" is given for a module that is not there.
func (r *reader) parse(module string) (m *pysrc.Module, isPkg bool, err error) {
	base := strings.ReplaceAll(module, ".", "/")
	for _, name := range []string{base + ".py", base + "/__init__.py"} {
		if m, ok := r.parsed[name]; ok {
			return m, path.Base(name) == "__init__.py", nil
		}
		src, err := readFile(r.files, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		m, err := pysrc.Parse(src)
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", name, err)
		}
		r.parsed[name] = m
		return m, path.Base(name) == "__init__.py", nil
	}
	return nil, false, fs.ErrNotExist
}

// load evaluates a module once; nil when there is none of that name.
func (r *reader) load(module string) *scope {
	if s, ok := r.modules[module]; ok {
		return s // complete, or in the middle of an import that goes round
	}
	m, isPkg, err := r.parse(module)
	if err != nil {
		r.modules[module] = nil
		return nil
	}
	s := &scope{module: module, isPkg: isPkg, names: map[string]any{}}
	r.modules[module] = s
	r.block(m.Body, s)
	return s
}

// imported resolves the module of a from-import.
func (s *scope) imported(from *pysrc.ImportFrom) string {
	if from.Level == 0 {
		return from.Module
	}
	parts := strings.Split(s.module, ".")
	up := from.Level
	if s.isPkg {
		up--
	}
	if up > len(parts) {
		return ""
	}
	parts = parts[:len(parts)-up]
	if from.Module != "" {
		parts = append(parts, from.Module)
	}
	return strings.Join(parts, ".")
}

// flow says how a block ended.
type flow int

const (
	onward   flow = iota
	returned      // with the value in the scope's returnName
	jumped        // break or continue
	lost          // a condition that decides the way is unknown, or an exception
)

// returnName holds a call's result; it is not a Python name.
const returnName = "return"

func (r *reader) block(body []pysrc.Stmt, s *scope) flow {
	for _, stmt := range body {
		if r.steps++; r.steps > maxSteps {
			return lost
		}
		if f := r.statement(stmt, s); f != onward {
			return f
		}
	}
	return onward
}

func (r *reader) statement(stmt pysrc.Stmt, s *scope) flow {
	switch stmt := stmt.(type) {
	case *pysrc.AssignStmt:
		if stmt.Value != nil {
			value := r.eval(stmt.Value, s)
			for _, target := range stmt.Targets {
				r.assign(target, value, s)
			}
		}
	case *pysrc.AugAssignStmt:
		r.assign(stmt.Target, binary(stmt.Op, r.eval(stmt.Target, s), r.eval(stmt.Value, s)), s)
	case *pysrc.ExprStmt:
		r.eval(stmt.X, s)
	case *pysrc.FuncDef:
		s.names[stmt.Name] = &function{def: stmt, around: s, attributes: map[string]any{}}
	case *pysrc.ClassDef:
		s.names[stmt.Name] = r.classOf(stmt, s)
	case *pysrc.Import:
		for _, name := range stmt.Names {
			s.names[firstOf(name.As, strings.SplitN(name.Name, ".", 2)[0])] = unknown{}
		}
	case *pysrc.ImportFrom:
		r.importFrom(stmt, s)
	case *pysrc.IfStmt:
		return r.branch(stmt, s)
	case *pysrc.ForStmt:
		return r.loop(stmt, s)
	case *pysrc.WithStmt:
		return r.block(stmt.Body, s)
	case *pysrc.TryStmt:
		return r.block(stmt.Body, s)
	case *pysrc.ReturnStmt:
		s.names[returnName] = nil
		if stmt.Value != nil {
			s.names[returnName] = r.eval(stmt.Value, s)
		}
		return returned
	case *pysrc.RaiseStmt:
		return lost
	case *pysrc.SimpleStmt:
		if stmt.Keyword == "break" || stmt.Keyword == "continue" {
			return jumped
		}
	}
	return onward
}

// classOf is a class of the files: a descriptor when one of its bases is, a
// class of its own when it has none.
func (r *reader) classOf(def *pysrc.ClassDef, s *scope) any {
	for _, base := range def.Bases {
		if c, ok := r.eval(base, s).(*class); ok {
			return c
		}
	}
	if len(def.Bases) == 0 {
		return &class{name: def.Name, def: def, around: s}
	}
	return unknown{}
}

func (r *reader) importFrom(stmt *pysrc.ImportFrom, s *scope) {
	module := s.imported(stmt)
	for _, name := range stmt.Names {
		as := firstOf(name.As, name.Name)
		switch {
		case strings.HasSuffix(module, ".trace.template") && descriptors[name.Name]:
			s.names[as] = &class{name: name.Name}
		case strings.Contains(module, ".trace.templates") || strings.HasSuffix(module, ".trace"):
			s.names[as] = r.member(module, name.Name)
		default:
			s.names[as] = unknown{}
		}
	}
}

// member is a name of another template file.
func (r *reader) member(module, name string) any {
	other := r.load(module)
	if other == nil {
		return unknown{}
	}
	if v, ok := other.names[name]; ok {
		return v
	}
	return unknown{}
}

func (r *reader) branch(stmt *pysrc.IfStmt, s *scope) flow {
	is, known := truth(r.eval(stmt.Test, s))
	switch {
	case !known:
		return lost
	case is:
		return r.block(stmt.Body, s)
	}
	return r.block(stmt.Else, s)
}

func (r *reader) loop(stmt *pysrc.ForStmt, s *scope) flow {
	over, ok := items(r.eval(stmt.Iter, s))
	if !ok {
		return onward
	}
	for _, item := range append([]any(nil), over...) {
		r.assign(stmt.Target, item, s)
		if f := r.block(stmt.Body, s); f == returned || f == lost {
			return f
		}
	}
	return onward
}

func (r *reader) assign(target pysrc.Expr, value any, s *scope) {
	switch target := target.(type) {
	case *pysrc.Name:
		s.names[target.ID] = value
	case *pysrc.TupleExpr:
		values, ok := items(value)
		for i, t := range target.Elts {
			if ok && i < len(values) {
				r.assign(t, values[i], s)
			} else {
				r.assign(t, unknown{}, s)
			}
		}
	case *pysrc.Subscript:
		if d, ok := r.eval(target.X, s).(*dict); ok {
			d.set(r.eval(target.Index, s), value)
		}
	case *pysrc.Attribute:
		switch x := r.eval(target.X, s).(type) {
		case *function:
			x.attributes[target.Name] = value
		case *record:
			x.fields[target.Name] = value
		}
	}
}

// call runs a function of the files.
func (r *reader) call(f *function, args []any, keywords *dict) any {
	if r.calls++; r.calls > maxCalls {
		r.calls--
		return unknown{}
	}
	defer func() { r.calls-- }()
	s := &scope{module: f.around.module, isPkg: f.around.isPkg, names: map[string]any{}, outer: f.around}
	given := newDict()
	given.update(keywords)
	for _, p := range f.def.Params.List {
		switch {
		case p.Kind == pysrc.VarArgs:
			s.names[p.Name], args = &list{args}, nil
		case p.Kind == pysrc.VarKwargs:
			s.names[p.Name] = given
		case p.Kind == pysrc.Positional && len(args) > 0:
			s.names[p.Name], args = args[0], args[1:]
		default:
			v, ok := given.get(p.Name)
			if !ok && p.Default != nil {
				v, ok = r.eval(p.Default, f.around), true
			}
			if !ok {
				v = unknown{}
			}
			s.names[p.Name] = v
			given.remove(p.Name)
		}
	}
	if r.block(f.def.Body, s) == lost {
		return unknown{}
	}
	return s.names[returnName]
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
