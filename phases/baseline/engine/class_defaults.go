package engine

import (
	_ "embed" // the table of class defaults
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// hubDefaultsFile is the table of facts about HuggingFace's configuration
// classes, by model_type: what each fills in where config.json is silent, with
// HuggingFace's own attribute names. See the head of the file.
//
//go:embed class_defaults.txt
var hubDefaultsFile string

// hubDefaultsMade is the part of the table that is made from transformers
// itself; a section of hubDefaultsFile goes before one of the same name.
//
//go:embed class_defaults_generated.txt
var hubDefaultsMade string

// ClassTable are the sections of the table by model_type, unparsed.
var ClassTable = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, section := range append(strings.Split(hubDefaultsMade, "\n[")[1:], strings.Split(hubDefaultsFile, "\n[")[1:]...) {
		head, body, _ := strings.Cut(section, "\n")
		modelType, _, _ := strings.Cut(strings.TrimSuffix(head, "]"), " ")
		out[modelType] = head[len(modelType):] + "\n" + body
	}
	return out
})

// defaultExpr is a default whose value is an expression over other fields.
type defaultExpr struct{ text string }

// defaultsOf gives the facts of the configuration class that transformers
// uses for a model_type; empty ones when the type is not in the table. Its
// values may be *defaultExpr.
func defaultsOf(modelType string) *classDefaults {
	d := &classDefaults{values: map[string]pyeval.Value{}, null: map[string]pyeval.Value{}, rename: map[string]string{}, nested: map[string]string{}}
	section, ok := ClassTable()[modelType]
	if !ok {
		return d
	}
	head, body, _ := strings.Cut(section, "\n")
	head, base, extends := strings.Cut(strings.TrimSuffix(head, "]"), " < ")
	if extends {
		d = defaultsOf(base)
	}
	names := strings.Fields(head)
	if len(names) > 0 {
		d.class = names[0]
	}
	if len(names) > 1 {
		d.model = names[1]
	}
	for _, line := range strings.Split(body, "\n") {
		key, op, rest := CutOperator(line)
		switch op {
		case "=":
			d.values[key] = &defaultExpr{rest}
		case "?=":
			d.values[key] = &defaultExpr{rest}
			d.null[key] = &defaultExpr{rest}
		case "null=":
			d.null[key] = &defaultExpr{rest}
		case ":=":
			d.always = append(d.always, key)
			d.values[key] = &defaultExpr{rest}
		case "->":
			d.rename[key] = rest
		case ":":
			d.nested[key] = rest
		}
	}
	return d
}

// ClassDefaults gives what transformers' own configuration class of a
// model_type fills in, as Python expressions by attribute, and the attributes
// that stand for others. ok is false when the table has no such class of
// transformers itself, or has another type's in its place.
func ClassDefaults(modelType string) (values, rename map[string]string, ok bool) {
	section, there := ClassTable()[modelType]
	if !there || strings.HasPrefix(modelType, "@") || !strings.Contains(hubDefaultsMade, "\n["+modelType+" ") {
		return nil, nil, false
	}
	head, body, _ := strings.Cut(section, "\n")
	if strings.Contains(head, " < ") {
		return nil, nil, false
	}
	values, rename = map[string]string{}, map[string]string{}
	for _, line := range strings.Split(body, "\n") {
		switch key, op, rest := CutOperator(line); op {
		case "=", "?=", ":=":
			values[key] = rest
		case "->":
			rename[key] = rest
		}
	}
	return values, rename, true
}

// TypeOfConfig is the model_type of a configuration class; "" when the
// table has none of that name.
func TypeOfConfig(class string) string { return hubTypes()[0][class] }

// TypeOfModel is the model_type whose configuration makes a model class; ""
// when the table has none.
func TypeOfModel(model string) string { return hubTypes()[1][model] }

// hubTypes are the model_types by configuration class and by model class.
var hubTypes = sync.OnceValue(func() [2]map[string]string {
	out := [2]map[string]string{{}, {}}
	sections := ClassTable()
	for _, t := range slices.Sorted(maps.Keys(sections)) {
		if strings.HasPrefix(t, "@") { // an example
			continue
		}
		head, _, _ := strings.Cut(sections[t], "\n")
		head, _, derivedFrom := strings.Cut(strings.TrimSuffix(head, "]"), " < ")
		for i, name := range strings.Fields(head) {
			if _, have := out[min(i, 1)][name]; !have && (i == 1 || !derivedFrom) {
				out[min(i, 1)][name] = t
			}
		}
	}
	return out
})

// CutOperator cuts a line of the table at its operator; all are empty where it has
// none.
func CutOperator(line string) (key, op, rest string) {
	if strings.HasPrefix(line, "#") {
		return "", "", ""
	}
	parts := strings.SplitN(strings.TrimSpace(line), " ", 3)
	if len(parts) < 3 {
		return "", "", ""
	}
	return parts[0], parts[1], parts[2]
}

// resolveDefaults evaluates the defaults of a configuration: expressions see
// its fields and its other defaults.
func (e *Engine) resolveDefaults(c *ModelConfig) {
	for _, name := range sortedNames(c.defaults.values) {
		e.resolveDefault(c, name)
	}
	for _, name := range c.defaults.always {
		c.fields.Set(name, c.defaults.values[name])
	}
	for name, v := range c.defaults.null {
		if d, ok := v.(*defaultExpr); ok {
			c.defaults.null[name] = e.evalDefault(c, d.text)
		}
	}
}

func sortedNames(m map[string]pyeval.Value) []string { return slices.Sorted(maps.Keys(m)) }

// resolveDefault evaluates one default, and those it needs before it.
func (e *Engine) resolveDefault(c *ModelConfig, name string) pyeval.Value {
	if d, ok := c.defaults.values[name].(*defaultExpr); ok {
		c.defaults.values[name] = pyeval.Unknownf("default of %s refers to itself", name)
		c.defaults.values[name] = e.evalDefault(c, d.text)
	}
	return c.defaults.values[name]
}

func (e *Engine) evalDefault(c *ModelConfig, text string) pyeval.Value {
	x, err := defaultExpression(text)
	if err != nil {
		return pyeval.Unknownf("default %s: %v", text, err)
	}
	if v, ok := literal(x); ok {
		return v
	}
	names := pyeval.NewNamespace()
	for _, name := range identifiers(text) {
		v, ok := c.fields.Get(name)
		if ok && v != nil {
			names.Set(name, v)
		} else if _, ok := c.defaults.values[name]; ok {
			names.Set(name, e.resolveDefault(c, name))
		} else if ok {
			names.Set(name, nil)
		}
	}
	return e.EvalNamed(x, names)
}

// identifiers are the words of an expression that may be field names.
func identifiers(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

// parsedDefaults are the expressions of the table by their text, parsed once.
var parsedDefaults sync.Map

// defaultExpression parses an expression of the table of defaults, most of
// which are plain numbers.
func defaultExpression(text string) (pysrc.Expr, error) {
	switch text {
	case "None":
		return &pysrc.Const{}, nil
	case "True", "False":
		return &pysrc.Const{Value: text == "True"}, nil
	}
	if n, err := strconv.Atoi(text); err == nil && strconv.Itoa(n) == text && n >= 0 {
		return &pysrc.Const{Value: n}, nil
	}
	if known, ok := parsedDefaults.Load(text); ok {
		return known.(pysrc.Expr), nil
	}
	x, err := pysrc.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	parsedDefaults.Store(text, x)
	return x, nil
}
