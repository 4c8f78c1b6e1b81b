package kernelsource

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/definition"
)

// FlashInfer is what a tree of FlashInfer has.
type FlashInfer struct {
	Version   string
	Templates []definition.TemplateRow
	APIs      []definition.API
	// Problems are files that could not be read, in words.
	Problems []string
	// Defined are the names of all functions and classes at the top of its
	// files with their modules: kernels that carry no mark.
	Defined map[string]string
	// exports are names that a package's __init__.py takes from elsewhere:
	// "flashinfer.rmsnorm" -> "flashinfer.norm.rmsnorm".
	exports map[string]string
	// stars are the modules of which another takes all names.
	stars map[string][]string
	// dumps are the APIs that dump under a template, by its pattern.
	dumps map[string][]string
}

// ReadFlashInfer reads an unpacked flashinfer-python or a clone of FlashInfer.
func ReadFlashInfer(files fs.FS) (*FlashInfer, error) {
	files, err := within(files, "flashinfer", "__init__.py")
	if err != nil {
		return nil, fmt.Errorf("reading FlashInfer: %w", err)
	}
	f := &FlashInfer{
		Version: version(files, "flashinfer_python", "flashinfer/_build_meta.py", "version.txt"),
		Defined: map[string]string{}, exports: map[string]string{}, stars: map[string][]string{}, dumps: map[string][]string{},
	}
	r := newTemplateReader(files)
	if names, err := pythonFiles(files, strings.ReplaceAll(templatesModule, ".", "/")); err == nil {
		for _, name := range names {
			r.run(moduleOf(name))
		}
	}
	f.Templates = r.rows(r.made)
	all, err := pythonFiles(files, "flashinfer")
	if err != nil {
		return nil, fmt.Errorf("reading FlashInfer: %w", err)
	}
	for _, name := range all {
		if err := f.file(r, name); err != nil {
			f.Problems = append(f.Problems, err.Error())
		}
	}
	f.Problems = append(f.Problems, r.Unreadable...)
	if r.Stopped != nil {
		return nil, fmt.Errorf("reading FlashInfer's trace templates: %w", r.Stopped)
	}
	slices.SortFunc(f.APIs, func(a, b definition.API) int { return strings.Compare(a.Name, b.Name) })
	for i := range f.Templates {
		t := &f.Templates[i]
		apis := f.dumps[t.Pattern()]
		slices.Sort(apis)
		t.APIs = slices.Compact(apis)
	}
	return f, nil
}

// moduleOf is the dotted name of a file's module.
func moduleOf(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimSuffix(name, ".py"), "/__init__"), "/", ".")
}

// marks are the decorators of FlashInfer's interface.
var marks = map[string]bool{"flashinfer_api": true, "flashinfer_experimental_api": true}

// defined finds the functions and classes at the top of a file.
var defined = regexp.MustCompile(`(?m)^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)`)

// interfaceFile is a file that marks APIs or passes names on.
var interfaceFile = regexp.MustCompile(`flashinfer_api|flashinfer_experimental_api|(?m:^__all__)`)

// source is a file whose declarations are read.
type source struct {
	file, module string
	isPackage    bool
	names        *pyeval.Namespace // that it takes from the modules of templates
}

// file takes the APIs of one source file.
func (f *FlashInfer) file(r *templateReader, name string) error {
	src, err := readFile(r.files, name)
	if err != nil {
		return err
	}
	s := &source{file: name, module: moduleOf(name), isPackage: path.Base(name) == "__init__.py", names: pyeval.NewNamespace()}
	for _, m := range defined.FindAllSubmatch(src, -1) {
		f.Defined[s.module+"."+string(m[1])] = name
	}
	if isTrace(s.module) || !s.isPackage && !interfaceFile.Match(src) {
		return nil // nothing but definitions, which are found already
	}
	outline, err := pysrc.ParseOutline(src)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	f.body(r, outline.Body, s, "")
	return nil
}

// body walks the declarations of a file or class. qualifier is "Class." within
// a class.
func (f *FlashInfer) body(r *templateReader, body []pysrc.Stmt, s *source, qualifier string) {
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *pysrc.ImportFrom:
			f.takeImport(r, stmt, s)
		case *pysrc.FuncDef:
			api := definition.API{Name: s.module + "." + qualifier + stmt.Name, File: s.file, Line: stmt.First}
			for _, d := range stmt.Decorators {
				if f.mark(r, d, s, api.Name) {
					f.APIs = append(f.APIs, api)
				}
			}
		case *pysrc.ClassDef:
			f.body(r, stmt.Body, s, qualifier+stmt.Name+".")
		case *pysrc.AssignStmt: // public = _implementation
			f.alias(stmt, s)
		case *pysrc.IfStmt:
			f.body(r, stmt.Body, s, qualifier)
			f.body(r, stmt.Else, s, qualifier)
		case *pysrc.TryStmt:
			f.body(r, stmt.Body, s, qualifier)
			f.body(r, stmt.Else, s, qualifier)
		case *pysrc.WithStmt:
			f.body(r, stmt.Body, s, qualifier)
		}
	}
}

func (f *FlashInfer) takeImport(r *templateReader, stmt *pysrc.ImportFrom, s *source) {
	module := stmt.Base(s.module, s.isPackage)
	if !strings.HasPrefix(module, "flashinfer") {
		return
	}
	for _, n := range stmt.Names {
		switch {
		case isTrace(module):
			s.names.Set(n.Bound(), r.ModuleAttribute(module, n.Name))
		case n.Name == "*":
			f.stars[s.module] = append(f.stars[s.module], module)
		default:
			f.exports[s.module+"."+n.Bound()] = module + "." + n.Name
		}
	}
}

func (f *FlashInfer) alias(stmt *pysrc.AssignStmt, s *source) {
	value, ok := stmt.Value.(*pysrc.Name)
	if !ok || len(stmt.Targets) != 1 {
		return
	}
	if target, ok := stmt.Targets[0].(*pysrc.Name); ok {
		f.exports[s.module+"."+target.ID] = s.module + "." + value.ID
	}
}

// mark reports whether a decorator is one of FlashInfer's marks, and keeps the
// templates that it names for the API.
func (f *FlashInfer) mark(r *templateReader, decorator pysrc.Expr, s *source, api string) bool {
	call, isCall := decorator.(*pysrc.Call)
	fn := decorator
	if isCall {
		fn = call.Fn
	}
	name, ok := fn.(*pysrc.Name)
	if !ok || !marks[name.ID] {
		return false
	}
	if !isCall {
		return true
	}
	for _, k := range call.Keywords {
		if k.Name != "trace" {
			continue
		}
		value := r.Attempt(func() pyeval.Value { return r.EvalNamed(k.Value, s.names) })
		for _, t := range r.templatesOf(value) {
			f.dumps[t.Pattern()] = append(f.dumps[t.Pattern()], api)
		}
	}
	return true
}

// Resolve follows a name through the packages that pass it on to where it is
// defined: "flashinfer.rmsnorm" is "flashinfer.norm.rmsnorm".
func (f *FlashInfer) Resolve(name string) string {
	const most = 8 // a name is passed on a few times; a circle ends here
	resolved, _ := f.resolve(name, most)
	return resolved
}

func (f *FlashInfer) resolve(name string, left int) (string, bool) {
	if _, here := f.Defined[name]; here || left == 0 {
		return name, here
	}
	if next, ok := f.exports[name]; ok && next != name {
		return f.resolve(next, left-1)
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return name, false
	}
	for _, star := range f.stars[name[:dot]] {
		if found, ok := f.resolve(star+name[dot:], left-1); ok {
			return found, true
		}
	}
	return name, false
}
