package baseline

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// noteRead keeps which of the configuration's own fields the model's class
// reads: those that config.json states, under the names that it has for them.
func (in *interp) noteRead(o value, name string) {
	if in.reads == nil {
		return
	}
	switch c := o.(type) {
	case *config:
		if to, ok := c.defaults.rename[name]; ok {
			name = to
		}
		if !c.has(name) {
			return
		}
		in.reads[name] = true
		for from, to := range c.defaults.rename {
			if to == name { // the file may have it under its other name
				in.reads[from] = true
			}
		}
		if name == "to_dict" {
			in.readAll = true
		}
	case *object:
		if c.kind != configObject {
			return
		}
		in.reads[name] = true
	}
}

// ignoredFields are the fields of the language model's config that decide its
// layers, that config.json states, and that the class never reads.
func (in *interp) ignoredFields(text *extract.Object) []string {
	var list []string
	if in.readAll || text == nil {
		return nil
	}
	for _, key := range text.Keys {
		if text.Has(key) && extract.Decides(key) && !in.reads[key] {
			list = append(list, key)
		}
	}
	slices.Sort(list)
	return list
}
