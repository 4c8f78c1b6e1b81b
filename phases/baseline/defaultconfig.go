package baseline

import (
	"context"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// DefaultConfig gives a config.json to read a class with when there is none:
// one that states nothing but the class and its model_type, so that the
// configuration class's defaults fill in the rest, or an example of the table.
// It is nil when neither is known.
func (r *classReader) DefaultConfig(class string) *extract.Object {
	o := &extract.Object{Values: map[string]extract.Value{}}
	set := func(key string, v extract.Value) {
		if _, ok := o.Values[key]; !ok {
			o.Keys = append(o.Keys, key)
		}
		o.Values[key] = v
	}
	set("architectures", []extract.Value{class})
	section, example := hubSections()["@"+class]
	modelType := hubTypeOf(class)
	if example {
		head, _, _ := strings.Cut(section, "\n")
		modelType = strings.TrimSpace(strings.TrimSuffix(head, "]"))
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
	set("model_type", modelType)
	for _, line := range strings.Split(section, "\n") {
		if key, op, text := cutOperator(line); op == "=" && example {
			if v, ok := jsonOf(text); ok {
				set(key, v)
			}
		}
	}
	return o
}

// jsonOf evaluates the text of a Python expression of literals.
func jsonOf(text string) (extract.Value, bool) {
	x, err := pysrc.ParseExpr(text)
	if err != nil {
		return nil, false
	}
	in := newInterp(context.Background(), nil, &programFacts{}, Limits{}, noHost{})
	return toJSON(in.evalNamed(x, newNamespace()))
}

func toJSON(v value) (extract.Value, bool) {
	switch v := v.(type) {
	case nil, bool, float64, string:
		return v, true
	case int:
		return int64(v), true
	case *list:
		out := make([]extract.Value, 0, len(v.items))
		for _, x := range v.items {
			y, ok := toJSON(x)
			if !ok {
				return nil, false
			}
			out = append(out, y)
		}
		return out, true
	case *dict:
		o := &extract.Object{Values: map[string]extract.Value{}}
		for i, k := range v.keys {
			key, isText := k.(string)
			y, ok := toJSON(v.vals[i])
			if !ok || !isText {
				return nil, false
			}
			o.Keys = append(o.Keys, key)
			o.Values[key] = y
		}
		return o, true
	}
	return nil, false
}

// ownConfigType is the model_type of SGLang's own configuration class that is
// named as the model class is; "" when there is none.
func (r *classReader) ownConfigType(class string) string {
	want := stem(class)
	found := ""
	for t, full := range r.configTypes() {
		name := strings.ToLower(strings.TrimSuffix(lastPart(full), "Config"))
		if (name == want || strings.ReplaceAll(t, "_", "") == strings.ReplaceAll(want, "_", "")) && (found == "" || t < found) {
			found = t
		}
	}
	return found
}
