package kernelsource

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/definition"
)

const (
	traceModule     = "flashinfer.trace"
	templatesModule = traceModule + ".templates"
)

// templateReader evaluates the modules in which FlashInfer makes its trace
// templates: they are its program, all else that they import is outside of it.
type templateReader struct {
	pyeval.Host // but for Name and Function
	*pyeval.Interp
	files fs.FS
	// made are all templates in the order in which they were built.
	made []*pyeval.Instance
}

func newTemplateReader(files fs.FS) *templateReader {
	r := &templateReader{Host: pyeval.NoHost(), files: files}
	r.Interp = pyeval.New(context.Background(), r, &pyeval.Facts{}, pyeval.Limits{}, r)
	return r
}

// isTrace reports whether a module is of the program.
func isTrace(module string) bool {
	return module == traceModule || strings.HasPrefix(module, traceModule+".")
}

// Paths implements pyeval.Program.
func (r *templateReader) Paths(module string) []string {
	if !isTrace(module) {
		return nil
	}
	base := strings.ReplaceAll(module, ".", "/")
	return []string{base + ".py", base + "/__init__.py"}
}

// Syntax implements pyeval.Program.
func (r *templateReader) Syntax(name string) (*pysrc.Module, error) {
	src, err := readFile(r.files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := pysrc.Parse(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// Files implements pyeval.Program.
func (r *templateReader) Files(string) []string { return nil }

// Name implements pyeval.Host: a module of templates is run before a name of it
// is looked up.
func (r *templateReader) Name(_ *pyeval.Interp, module, _ string) pyeval.Value {
	r.run(module)
	return nil
}

func (r *templateReader) run(module string) {
	if strings.HasPrefix(module, templatesModule) {
		if m := r.Module(module); m != nil {
			r.Run(m)
		}
	}
}

// Function implements pyeval.Host: it notes what the constructor of templates
// makes.
func (r *templateReader) Function(_ *pyeval.Interp, f *pyeval.Function, _ []pyeval.Value, _ *pyeval.Namespace) (v pyeval.Value, done bool) {
	if o, ok := f.Self.(*pyeval.Instance); ok && f.Name() == "__init__" && f.Owner.Name == "TraceTemplate" {
		r.made = append(r.made, o)
	}
	return nil, false
}

// templatesOf are the templates that a trace= argument stands for: one, or
// all that a dispatch function lists.
func (r *templateReader) templatesOf(v pyeval.Value) []definition.TemplateRow {
	var made []*pyeval.Instance
	switch v := v.(type) {
	case *pyeval.Instance:
		made = append(made, v)
	case *pyeval.Function:
		listed, ok := pyeval.Iterate(r.Attribute(v, "templates"))
		if !ok { // a dispatch that lists none gives one and the same
			listed = []pyeval.Value{r.Attempt(func() pyeval.Value { return r.Call(v, nil, nil) })}
		}
		for _, t := range listed {
			if t, ok := t.(*pyeval.Instance); ok {
				made = append(made, t)
			}
		}
	}
	return r.rows(made)
}

// rows are the table's rows of templates, each pattern once; what has no name is
// none.
func (r *templateReader) rows(made []*pyeval.Instance) []definition.TemplateRow {
	var out []definition.TemplateRow
	seen := map[string]bool{}
	for _, m := range made {
		t, ok := r.row(m)
		if pattern := t.Pattern(); ok && !seen[pattern] {
			seen[pattern] = true
			out = append(out, t)
		}
	}
	return out
}

func (r *templateReader) row(m *pyeval.Instance) (t definition.TemplateRow, ok bool) {
	field := m.Attrs.Value
	t = definition.TemplateRow{
		Doc: oneLine(field("description")), Reference: field("reference") != nil,
		Tags: words(field("tags")), Constraints: words(field("constraints")),
	}
	if t.OpType, ok = field("op_type").(string); !ok {
		return t, false
	}
	t.Prefix = t.OpType
	if prefix := field("name_prefix"); prefix != nil {
		t.Prefix, ok = prefix.(string)
		if !ok || strings.Contains(t.Prefix, "{") { // a formatted text has a part in braces that is not known
			return t, false
		}
	}
	axes, ok := field("axes").(*pyeval.Dict)
	if !ok {
		return t, false
	}
	for i, key := range axes.Keys {
		a, ok := r.axis(key, axes.Values[i])
		if !ok {
			return t, false
		}
		t.Axes = append(t.Axes, a)
	}
	return t, true
}

func (r *templateReader) axis(key, marker pyeval.Value) (definition.AxisRow, bool) {
	name, ok := key.(string)
	m, is := marker.(*pyeval.Instance)
	if !ok || !is {
		return definition.AxisRow{}, false
	}
	a := definition.AxisRow{Name: name}
	a.Const, _ = m.IsA(r.Interp, r.ModuleAttribute(traceModule+".template", "Const"))
	if !a.Const {
		return a, true
	}
	a.Abbrev, a.Meaning = name, oneLine(m.Attrs.Value("description"))
	if abbrev, ok := m.Attrs.Value("abbrev").(string); ok {
		a.Abbrev = abbrev
	}
	if value, ok := m.Attrs.Value("value").(int); ok {
		fixed := int64(value)
		a.Fixed = &fixed
	}
	return a, true
}

func words(v pyeval.Value) []string {
	items, _ := pyeval.Iterate(v)
	var out []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// oneLine is a text without its breaks; "" for what is none.
func oneLine(v pyeval.Value) string {
	s, _ := v.(string)
	return strings.Join(strings.Fields(s), " ")
}
