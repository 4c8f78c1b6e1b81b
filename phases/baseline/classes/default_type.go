package classes

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/classdefaults"
)

// statedType is the model_type of the configuration class that SGLang's source
// itself ties to a model class: by the annotation of its constructor's config,
// or by a configuration that gives the class as its architecture; "" when it
// states none.
func (r *Reader) statedType(class string) string {
	info, err := r.Find(class)
	if err != nil {
		return ""
	}
	types := r.configTypes()
	if t := r.annotatedType(info, types); t != "" {
		return t
	}
	return r.namingType(class, types)
}

// configAnnotation is the parameter of a constructor that takes the
// configuration, with its class. Syntax trees keep no annotations.
var configAnnotation = regexp.MustCompile(`\bconfig\s*:\s*(?:Optional\[)?["']?([A-Za-z_][\w.]*)`)

// annotatedType is the model_type of the class that annotates the config of a
// model's constructor.
func (r *Reader) annotatedType(info ClassInfo, types map[string]string) string {
	text, err := r.src.ReadFile(info.File)
	if err != nil {
		return ""
	}
	_, body, ok := strings.Cut(string(text), "\nclass "+info.Name)
	if !ok {
		return ""
	}
	body, _, _ = strings.Cut(body, "\nclass ")
	m := configAnnotation.FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	name := pyeval.LastPart(m[1])
	found := classdefaults.TypeOfConfig(name)
	for t, full := range types {
		if pyeval.LastPart(full) == name && (found == "" || t < found) {
			found = t
		}
	}
	return found
}

// namingType is the model_type of a configuration, or of the text part of one,
// whose class makes it with this architecture.
func (r *Reader) namingType(architecture string, types map[string]string) string {
	e := r.plainEngine()
	found := ""
	for _, full := range types {
		mod := strings.TrimSuffix(full, "."+pyeval.LastPart(full))
		m := e.Module(mod)
		if m == nil || !r.mentions(m.Path, `"`+architecture+`"`, "'"+architecture+"'") {
			continue
		}
		c, ok := e.Global(m, pyeval.LastPart(full)).(*pyeval.Class)
		if !ok {
			continue
		}
		conf := e.Attempt(func() pyeval.Value { return e.Instantiate(c, nil, pyeval.NewNamespace()) })
		for _, part := range []pyeval.Value{conf, e.Attempt(func() pyeval.Value { return e.Attribute(conf, "text_config") })} {
			t := typeServing(e, part, architecture)
			if t != "" && (found == "" || t < found) {
				found = t
			}
		}
	}
	return found
}

// typeServing is the model_type of a configuration whose architectures name a
// class.
func typeServing(e *engine.Engine, conf pyeval.Value, class string) string {
	if !engine.IsConfigValue(conf) || !slices.Contains(e.Architectures(conf), class) {
		return ""
	}
	t, _ := e.Attribute(conf, "model_type").(string)
	return t
}

// baseDefaults is the default config of the registered class that a class
// extends, under the class's own name; nil when there is none. named holds the
// name.
func (r *Reader) baseDefaults(class string, named *extract.Object) *extract.Object {
	info, err := r.Find(class)
	if err != nil {
		return nil
	}
	tree, err := r.load(info.File) // of an index too, which has no text
	if err != nil || tree == nil {
		return nil
	}
	for _, s := range tree.Body {
		c, ok := s.(*pysrc.ClassDef)
		if !ok || c.Name != class {
			continue
		}
		for _, b := range c.Bases {
			name := pyeval.LastPart(pysrc.Unparse(b))
			if base, err := r.Find(name); err != nil || base.Name == class {
				continue
			}
			o := r.DefaultConfig(name)
			if o == nil {
				continue
			}
			o.Values["architectures"] = named.Values["architectures"]
			return o
		}
	}
	return nil
}
