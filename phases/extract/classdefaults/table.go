// Package classdefaults is the one table of what HuggingFace's configuration
// classes fill in where config.json is silent, in their own attribute names
// and as Python expressions. Phase 1 reads its fields' defaults from it, phase
// 2 evaluates SGLang's source with it.
package classdefaults

import (
	_ "embed" // the table
	"maps"
	"slices"
	"strings"
	"sync"
)

// written is the part of the table that is written by hand, with the form of
// both parts at its head.
//
//go:embed written.txt
var written string

// generated is the part that `make generate` makes from transformers itself; a
// section of written goes before one of the same model_type.
//
//go:embed generated.txt
var generated string

// Class is one configuration class.
type Class struct {
	// Name is the class's name, Model the model class that the auto classes make
	// of it; either may be "".
	Name, Model string
	// Base is the model_type whose class this one derives from; "" for none.
	Base string
	// Attributes are the class's own, without those of Base, in the order of the
	// table.
	Attributes []Attribute
	// OfTransformers reports whether the class was read out of transformers.
	OfTransformers bool
}

// Attribute is one line of a class.
type Attribute struct {
	Name string
	Kind Kind
	// Text is a Python expression over the other attributes, or the name that a
	// Renamed attribute stands for, or a Nested configuration's model_type.
	Text string
}

// Kind says what a line of the table states about its attribute.
type Kind string

// The kinds, as the table writes them.
const (
	Default       Kind = "="     // where the file is silent
	DefaultOrNull Kind = "?="    // where the file is silent or says null
	OfNull        Kind = "null=" // where the file says null
	Computed      Kind = ":="    // whatever the file says
	Renamed       Kind = "->"    // stands for another attribute (attribute_map)
	Nested        Kind = ":"     // a configuration of its own
)

// sections are the sections of the table by model_type, unparsed: reading one
// takes microseconds, reading them all would delay every start.
var sections = sync.OnceValue(func() map[string]section {
	out := map[string]section{}
	for _, part := range []string{generated, written} {
		for _, text := range strings.Split(part, "\n[")[1:] {
			head, body, _ := strings.Cut(text, "\n")
			head, base, _ := strings.Cut(strings.TrimSuffix(head, "]"), " < ")
			names := append(strings.Fields(head), "", "")
			out[names[0]] = section{class: Class{Name: names[1], Model: names[2], Base: base, OfTransformers: part == generated}, body: body}
		}
	}
	return out
})

type section struct {
	class Class // without its attributes
	body  string
}

// Of returns the configuration class of a model_type. ok is false when the
// table has none.
func Of(modelType string) (c Class, ok bool) {
	if strings.HasPrefix(modelType, examplePrefix) {
		return Class{}, false
	}
	c, ok = parse(modelType)
	return c, ok
}

// examplePrefix marks the sections that are whole configurations of published
// checkpoints, by model class.
const examplePrefix = "@"

// Example returns the configuration of a published checkpoint of a model class
// whose own defaults make no model, and its model_type.
func Example(class string) (modelType string, attributes []Attribute, ok bool) {
	c, ok := parse(examplePrefix + class)
	return c.Name, c.Attributes, ok
}

func parse(key string) (c Class, ok bool) {
	found, ok := sections()[key]
	c = found.class
	for _, line := range strings.Split(found.body, "\n") {
		parts := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(parts) == 3 && !strings.HasPrefix(line, "#") {
			c.Attributes = append(c.Attributes, Attribute{parts[0], Kind(parts[1]), parts[2]})
		}
	}
	return c, ok
}

// ModelTypes returns the model_types of the table, sorted.
func ModelTypes() []string {
	var out []string
	for _, t := range slices.Sorted(maps.Keys(sections())) {
		if !strings.HasPrefix(t, examplePrefix) {
			out = append(out, t)
		}
	}
	return out
}

// Mentions reports whether a class of the table has an attribute of that name.
func Mentions(attribute string) bool {
	line := "\n" + attribute + " "
	return strings.Contains(generated, line) || strings.Contains(written, line)
}

// TypeOfConfig returns the model_type of a configuration class; "" when the
// table has none of that name.
func TypeOfConfig(class string) string { return types()[0][class] }

// TypeOfModel returns the model_type whose configuration makes a model class;
// "" when the table has none.
func TypeOfModel(class string) string { return types()[1][class] }

// types are the model_types by configuration class and by model class. A class
// with a base is that base's under another model_type, and not found by its
// own name.
var types = sync.OnceValue(func() [2]map[string]string {
	out := [2]map[string]string{{}, {}}
	note := func(i int, name, modelType string) {
		if _, have := out[i][name]; !have && name != "" {
			out[i][name] = modelType
		}
	}
	for _, t := range ModelTypes() {
		c := sections()[t].class
		if c.Base == "" {
			note(0, c.Name, t)
		}
		note(1, c.Model, t)
	}
	return out
})
