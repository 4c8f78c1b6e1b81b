package engine

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// noteRead keeps which of the configuration's own fields the model's class
// reads: those that config.json states, under the names that it has for them.
func (e *Engine) noteRead(c *modelConfig, name string) {
	if e.reads == nil || ofTower(c.path) {
		return
	}
	if name == "to_dict" && strings.HasPrefix(c.path, "config") { // not of one that the code makes itself
		e.readAll = true
	}
	if to, ok := c.defaults.rename[name]; ok {
		name = to
	}
	if !c.has(name) {
		return
	}
	e.reads[name] = true
	for from, to := range c.defaults.rename {
		if to == name { // the file may have it under its other name
			e.reads[from] = true
		}
	}
}

// ofTower reports whether a configuration is that of a tower: what is read of it
// says nothing about the language model's own fields of the same names.
func ofTower(path string) bool {
	return slices.ContainsFunc([]string{"vision", "visual", "audio", "image", "speech"}, func(word string) bool { return strings.Contains(path, word) })
}

// Reads implements host: it keeps what is read of a configuration of SGLang's
// own.
func (e *Engine) Reads(o *pyeval.Instance, name string) {
	if e.reads != nil && o.Kind == pyeval.Settings {
		e.reads[name] = true
	}
}

// IgnoredFields are the fields of the language model's config that decide its
// layers, that config.json states, and that the class never reads.
func (e *Engine) IgnoredFields(text *extract.Object) []string {
	var list []string
	if e.readAll || text == nil {
		return nil
	}
	for _, key := range text.Keys {
		if text.Has(key) && extract.Decides(key) && !e.reads[key] {
			list = append(list, key)
		}
	}
	slices.Sort(list)
	return list
}
