package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/extract/classdefaults"
)

// defaultExpr is a default whose value is an expression over other fields.
type defaultExpr struct{ text string }

// defaultsOf returns the facts of the configuration class that transformers
// uses for a model_type; empty ones when the table has no such type. Its
// values may be *defaultExpr.
func defaultsOf(modelType string) *classDefaults {
	d := &classDefaults{values: map[string]pyeval.Value{}, null: map[string]pyeval.Value{}, rename: map[string]string{}, nested: map[string]string{}}
	c, ok := classdefaults.Of(modelType)
	if !ok {
		return d
	}
	if c.Base != "" {
		d = defaultsOf(c.Base)
	}
	d.class, d.model = cmp.Or(c.Name, d.class), cmp.Or(c.Model, d.model)
	for _, a := range c.Attributes {
		switch a.Kind {
		case classdefaults.Default:
			d.values[a.Name] = &defaultExpr{a.Text}
		case classdefaults.DefaultOrNull:
			d.values[a.Name] = &defaultExpr{a.Text}
			d.null[a.Name] = &defaultExpr{a.Text}
		case classdefaults.OfNull:
			d.null[a.Name] = &defaultExpr{a.Text}
		case classdefaults.Computed:
			d.always = append(d.always, a.Name)
			d.values[a.Name] = &defaultExpr{a.Text}
		case classdefaults.Renamed:
			d.rename[a.Name] = a.Text
		case classdefaults.Nested:
			d.nested[a.Name] = a.Text
		}
	}
	return d
}

// resolveDefaults evaluates the defaults of a configuration: expressions see
// its fields and its other defaults.
func (e *Engine) resolveDefaults(c *modelConfig) {
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
func (e *Engine) resolveDefault(c *modelConfig, name string) pyeval.Value {
	if d, ok := c.defaults.values[name].(*defaultExpr); ok {
		c.defaults.values[name] = pyeval.Unknownf("default of %s refers to itself", name)
		c.defaults.values[name] = e.evalDefault(c, d.text)
	}
	return c.defaults.values[name]
}

func (e *Engine) evalDefault(c *modelConfig, text string) pyeval.Value {
	x, err := defaultExpression(text)
	if err != nil {
		return pyeval.Unknownf("default %s: %v", text, err)
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

// defaultExpression parses an expression of the table of defaults.
func defaultExpression(text string) (pysrc.Expr, error) {
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
