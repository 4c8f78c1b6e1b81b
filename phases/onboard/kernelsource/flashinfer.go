package kernelsource

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Axis is one axis of a trace template.
type Axis struct {
	Name string
	// Const axes have their value in the Definition, and, unless Abbrev is
	// "", in its name.
	Const       bool
	Abbrev      string
	Fixed       bool  // the template itself gives the value
	Value       int64 // when Fixed
	Description string
}

// Template is one of FlashInfer's trace templates: what a trace dump calls a
// kernel, with the axes that its Definition has.
type Template struct {
	OpType      string
	Prefix      string
	Description string
	Axes        []Axis
	Tags        []string
	Constraints []string
	Reference   bool
	APIs        []string // that dump under this template, "flashinfer.norm.rmsnorm"
}

// Pattern is how the template's names look: "rmsnorm_h{hidden_size}".
func (t Template) Pattern() string {
	var b strings.Builder
	b.WriteString(t.Prefix)
	for _, a := range t.Axes {
		switch {
		case !a.Const || a.Abbrev == "":
		case a.Fixed:
			fmt.Fprintf(&b, "_%s%d", a.Abbrev, a.Value)
		default:
			fmt.Fprintf(&b, "_%s{%s}", a.Abbrev, a.Name)
		}
	}
	return b.String()
}

// API is one function or method that FlashInfer marks as part of its
// interface.
type API struct {
	Name      string // "flashinfer.norm.rmsnorm"
	File      string // "flashinfer/norm/__init__.py"
	Line      int
	Templates []string // patterns; none for an API that dumps nothing
}

// FlashInfer is what a tree of FlashInfer has.
type FlashInfer struct {
	Version   string
	Templates []Template
	APIs      []API
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
}

const templatesDir = "flashinfer/trace/templates"

// ReadFlashInfer reads an unpacked flashinfer-python or a clone of FlashInfer.
func ReadFlashInfer(files fs.FS) (*FlashInfer, error) {
	files, err := within(files, "flashinfer", "__init__.py")
	if err != nil {
		return nil, fmt.Errorf("reading FlashInfer: %w", err)
	}
	f := &FlashInfer{
		Version: version(files, "flashinfer_python", "flashinfer/_build_meta.py", "version.txt"),
		Defined: map[string]string{}, exports: map[string]string{}, stars: map[string][]string{},
	}
	r := newReader(files)
	if names, err := pythonFiles(files, templatesDir); err == nil {
		for _, name := range names {
			r.load(moduleOf(name))
		}
	}
	f.Templates = templates(r.made)
	all, err := pythonFiles(files, "flashinfer")
	if err != nil {
		return nil, fmt.Errorf("reading FlashInfer: %w", err)
	}
	for _, name := range all {
		if err := f.file(r, name); err != nil {
			f.Problems = append(f.Problems, err.Error())
		}
	}
	if r.steps > maxSteps {
		return nil, fmt.Errorf("reading FlashInfer: %w", errSteps)
	}
	f.link()
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

// file takes the APIs of one source file.
func (f *FlashInfer) file(r *reader, name string) error {
	src, err := readFile(r.files, name)
	if err != nil {
		return err
	}
	module := moduleOf(name)
	for _, m := range defined.FindAllSubmatch(src, -1) {
		f.Defined[module+"."+string(m[1])] = name
	}
	isPkg := path.Base(name) == "__init__.py"
	if strings.HasPrefix(name, "flashinfer/trace/") || !isPkg && !interfaceFile.Match(src) {
		return nil // nothing but definitions, which are found already
	}
	outline, err := pysrc.ParseOutline(src)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	f.body(r, outline.Body, &scope{module: module, isPkg: isPkg, names: map[string]any{}}, name, "")
	return nil
}

// body walks the declarations of a file or class. qualifier is "Class." within
// a class.
func (f *FlashInfer) body(r *reader, body []pysrc.Stmt, s *scope, file, qualifier string) {
	for _, stmt := range body {
		switch stmt := stmt.(type) {
		case *pysrc.ImportFrom:
			f.takeImport(r, stmt, s)
		case *pysrc.FuncDef:
			for _, d := range stmt.Decorators {
				if api, is := f.api(r, d, s); is {
					api.Name, api.File, api.Line = s.module+"."+qualifier+stmt.Name, file, stmt.First
					f.APIs = append(f.APIs, api)
				}
			}
		case *pysrc.ClassDef:
			f.body(r, stmt.Body, s, file, qualifier+stmt.Name+".")
		case *pysrc.AssignStmt: // public = _implementation
			f.alias(stmt, s)
		case *pysrc.IfStmt:
			f.body(r, stmt.Body, s, file, qualifier)
			f.body(r, stmt.Else, s, file, qualifier)
		case *pysrc.TryStmt:
			f.body(r, stmt.Body, s, file, qualifier)
			f.body(r, stmt.Else, s, file, qualifier)
		case *pysrc.WithStmt:
			f.body(r, stmt.Body, s, file, qualifier)
		}
	}
}

func (f *FlashInfer) takeImport(r *reader, stmt *pysrc.ImportFrom, s *scope) {
	module := s.imported(stmt)
	if strings.Contains(module, ".trace.templates") || strings.HasSuffix(module, ".trace") {
		r.importFrom(stmt, s)
		return
	}
	if !strings.HasPrefix(module, "flashinfer") {
		return
	}
	for _, n := range stmt.Names {
		if n.Name == "*" {
			f.stars[s.module] = append(f.stars[s.module], module)
			continue
		}
		f.exports[s.module+"."+firstOf(n.As, n.Name)] = module + "." + n.Name
	}
}

func (f *FlashInfer) alias(stmt *pysrc.AssignStmt, s *scope) {
	value, ok := stmt.Value.(*pysrc.Name)
	if !ok || len(stmt.Targets) != 1 {
		return
	}
	if target, ok := stmt.Targets[0].(*pysrc.Name); ok {
		f.exports[s.module+"."+target.ID] = s.module + "." + value.ID
	}
}

// api reads a decorator; is is false when it is none of FlashInfer's marks.
func (f *FlashInfer) api(r *reader, decorator pysrc.Expr, s *scope) (api API, is bool) {
	call, isCall := decorator.(*pysrc.Call)
	fn := decorator
	if isCall {
		fn = call.Fn
	}
	name, ok := fn.(*pysrc.Name)
	if !ok || !marks[name.ID] {
		return API{}, false
	}
	if !isCall {
		return API{}, true
	}
	for _, k := range call.Keywords {
		if k.Name == "trace" {
			for _, t := range templatesOf(r.eval(k.Value, s), r) {
				api.Templates = append(api.Templates, t.Pattern())
			}
		}
	}
	return api, true
}

// templatesOf are the templates that a trace= argument stands for: one, or
// all that a dispatch function lists.
func templatesOf(v any, r *reader) []Template {
	switch v := v.(type) {
	case *record:
		return templates([]*record{v})
	case *function:
		listed, ok := items(v.attributes["templates"])
		if !ok {
			// A dispatch that lists none gives one and the same.
			if one, ok := r.call(v, nil, newDict()).(*record); ok {
				return templates([]*record{one})
			}
			return nil
		}
		var all []*record
		for _, t := range listed {
			if t, ok := t.(*record); ok {
				all = append(all, t)
			}
		}
		return templates(all)
	}
	return nil
}

// templates are the built records as templates, each pattern once; a record
// without a name is none.
func templates(made []*record) []Template {
	var out []Template
	seen := map[string]bool{}
	for _, m := range made {
		t, ok := template(m)
		if pattern := t.Pattern(); ok && !seen[pattern] {
			seen[pattern] = true
			out = append(out, t)
		}
	}
	return out
}

func template(m *record) (Template, bool) {
	op, ok := m.fields["op_type"].(string)
	if !ok || m.class != "TraceTemplate" {
		return Template{}, false
	}
	t := Template{OpType: op, Prefix: op, Tags: words(m.fields["tags"]), Constraints: words(m.fields["constraints"])}
	if prefix, given := m.fields["name_prefix"]; given && prefix != nil {
		name, ok := prefix.(string)
		if !ok {
			return Template{}, false
		}
		t.Prefix = name
	}
	t.Description, _ = m.fields["description"].(string)
	t.Reference = m.fields["reference"] != nil
	axes, ok := m.fields["axes"].(*dict)
	if !ok {
		return Template{}, false
	}
	for _, k := range axes.keys {
		v, _ := axes.get(k)
		a, ok := axis(k, v)
		if !ok {
			return Template{}, false
		}
		t.Axes = append(t.Axes, a)
	}
	return t, true
}

func axis(key, value any) (Axis, bool) {
	name, ok := key.(string)
	marker, is := value.(*record)
	if !ok || !is {
		return Axis{}, false
	}
	a := Axis{Name: name, Const: marker.class == "Const"}
	a.Description, _ = marker.fields["description"].(string)
	if !a.Const {
		return a, true
	}
	a.Abbrev = name
	if abbrev, ok := marker.fields["abbrev"].(string); ok {
		a.Abbrev = abbrev
	}
	a.Value, a.Fixed = marker.fields["value"].(int64)
	return a, true
}

func words(v any) []string {
	list, _ := items(v)
	var out []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// link says of each template which APIs dump under it.
func (f *FlashInfer) link() {
	slices.SortFunc(f.APIs, func(a, b API) int { return strings.Compare(a.Name, b.Name) })
	for i := range f.Templates {
		pattern := f.Templates[i].Pattern()
		for _, api := range f.APIs {
			if slices.Contains(api.Templates, pattern) && !slices.Contains(f.Templates[i].APIs, api.Name) {
				f.Templates[i].APIs = append(f.Templates[i].APIs, api.Name)
			}
		}
	}
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
