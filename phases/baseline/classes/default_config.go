package classes

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/classdefaults"
)

// DefaultConfig returns a config.json to read a class with when there is none:
// one that states nothing but the class and its model_type, so that the
// configuration class's defaults fill in the rest, or an example of the table.
// It is nil when neither is known.
func (r *Reader) DefaultConfig(class string) *extract.Object {
	o := &extract.Object{}
	o.Set("architectures", []extract.Value{class})
	modelType, stated, example := classdefaults.Example(class)
	if !example {
		modelType = classdefaults.TypeOfModel(class)
	}
	if modelType == "" {
		modelType = r.ownConfigType(class)
	}
	if modelType == "" {
		modelType = r.statedType(class)
	}
	if modelType == "" {
		return r.baseDefaults(class, o)
	}
	o.Set("model_type", modelType)
	for _, a := range stated {
		if v, ok := r.jsonOf(a.Text); ok && a.Kind == classdefaults.Default {
			o.Set(a.Name, v)
		}
	}
	return o
}

// jsonOf evaluates the text of a Python expression of literals.
func (r *Reader) jsonOf(text string) (extract.Value, bool) {
	x, err := pysrc.ParseExpr(text)
	if err != nil {
		return nil, false
	}
	e := r.plainEngine()
	return toJSON(e.EvalNamed(x, pyeval.NewNamespace()))
}

func toJSON(v pyeval.Value) (extract.Value, bool) {
	switch v := v.(type) {
	case nil, bool, float64, string:
		return v, true
	case int:
		return int64(v), true
	case *pyeval.List:
		out := make([]extract.Value, 0, len(v.Items))
		for _, x := range v.Items {
			y, ok := toJSON(x)
			if !ok {
				return nil, false
			}
			out = append(out, y)
		}
		return out, true
	case *pyeval.Dict:
		o := &extract.Object{}
		for i, k := range v.Keys {
			key, isText := k.(string)
			y, ok := toJSON(v.Values[i])
			if !ok || !isText {
				return nil, false
			}
			o.Set(key, y)
		}
		return o, true
	}
	return nil, false
}

// ownConfigType is the model_type of SGLang's own configuration class that is
// named as the model class is; "" when there is none.
func (r *Reader) ownConfigType(class string) string {
	want := stem(class)
	found := ""
	for t, full := range r.configTypes() {
		name := strings.ToLower(strings.TrimSuffix(pyeval.LastPart(full), "Config"))
		if (name == want || strings.ReplaceAll(t, "_", "") == strings.ReplaceAll(want, "_", "")) && (found == "" || t < found) {
			found = t
		}
	}
	return found
}
