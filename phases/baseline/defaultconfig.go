package baseline

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// DefaultConfig gives a config.json that states nothing but the class and its
// model_type, so that the configuration class's defaults fill in the rest;
// nil when the class has no configuration class that is known here.
func (r *Reader) DefaultConfig(class string) *extract.Object {
	modelType := hubTypeOf(class)
	if modelType == "" {
		modelType = r.ownConfigType(class)
	}
	if modelType == "" {
		return nil
	}
	return &extract.Object{
		Keys:   []string{"architectures", "model_type"},
		Values: map[string]extract.Value{"architectures": []extract.Value{class}, "model_type": modelType},
	}
}

// hubTypeOf is the model_type whose section in the table names the class; ""
// when there is none.
func hubTypeOf(class string) string {
	found := ""
	for t, section := range hubSections() {
		head, _, _ := strings.Cut(section, "\n")
		names := strings.Fields(strings.TrimSuffix(head, "]"))
		if len(names) > 1 && names[1] == class && (found == "" || t < found) {
			found = t
		}
	}
	return found
}

// ownConfigType is the model_type of SGLang's own configuration class that is
// named as the model class is; "" when there is none.
func (r *Reader) ownConfigType(class string) string {
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
