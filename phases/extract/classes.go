package extract

import (
	"bytes"
	_ "embed" // the table of class defaults
	"encoding/json"
	"slices"
	"sync"

	"github.com/fib-ls/fib-ls/phases/extract/classdefaults"
)

// classesFile is the table of HuggingFace's model types: one line per
// model_type with the class that serves causal language modelling, the pattern
// of its layer_types, and where a multimodal wrapper keeps its language model.
// What transformers' configuration classes fill in where config.json is silent
// stands in package classdefaults; a line has values of its own (and what the
// class makes of a null) only for types that live outside of transformers and
// for what transformers computes otherwise than that table can say. A value
// that starts with = is a formula over other fields.
//
//go:embed classes.jsonl
var classesFile []byte

// classRow is one line of the table, with our field names.
type classRow struct {
	Type   string                     `json:"type"`
	Class  string                     `json:"class"`
	Values map[string]json.RawMessage `json:"values"`
	Null   map[string]json.RawMessage `json:"null"`
	// Cycle is the layer_types pattern that repeats when none is given.
	Cycle []string `json:"cycle"`
	// Without names attributes of transformers' class that phase 1 does not take
	// a default from: it knows the field as something else.
	Without []string `json:"without"`
	// Text names the model_type of nested language models by their key.
	Text map[string]string `json:"text"`

	// Fills has, by the key of a nested language model, what the wrapper's class
	// puts into it where the file is silent, before the nested class does.
	Fills map[string]map[string]json.RawMessage `json:"fills"`

	// Also are other classes of the type, which transformers does not have.
	Also []string `json:"also"`

	// attributes are those of transformers' own class, by name.
	attributes map[string][]classdefaults.Attribute
}

// classTable is the table by what is asked for.
type classTable struct {
	rows  map[string]*classRow // by model_type
	types map[string]string    // class -> model_type
}

// classes reads the table once; the package's tests find a broken line.
var classes = sync.OnceValue(func() *classTable {
	t := &classTable{rows: map[string]*classRow{}, types: map[string]string{}}
	for line := range bytes.Lines(classesFile) {
		row := &classRow{}
		if json.Unmarshal(line, row) != nil {
			continue
		}
		t.rows[row.Type] = row
		for _, class := range append(row.Also, row.Class) {
			// Wrappers and their towers share a class; the shortest type is the
			// plain one.
			if have, there := t.types[class]; class != "" && (!there || len(row.Type) < len(have)) {
				t.types[class] = row.Type
			}
		}
	}
	return t
})

// classRowOf returns the line of a model_type, with the attributes of its
// class; nil when there is none.
func classRowOf(modelType string) *classRow {
	line, ok := classes().rows[modelType]
	if !ok {
		return nil
	}
	row := *line
	row.attributes = map[string][]classdefaults.Attribute{}
	if c, ok := classdefaults.Of(modelType); ok && c.OfTransformers && c.Base == "" {
		for _, a := range c.Attributes {
			if !slices.Contains(row.Without, a.Name) {
				row.attributes[a.Name] = append(row.attributes[a.Name], a)
			}
		}
	}
	return &row
}

// value is what the class fills in for a field that the file does not have, or
// has with null: of the line itself, else of transformers' class.
func (c *classRow) value(field string, null bool) (raw json.RawMessage, ok bool) {
	if !null {
		if raw, ok = c.Values[field]; !ok {
			raw, ok = c.attribute(field, classdefaults.Default, classdefaults.DefaultOrNull, classdefaults.Computed)
		}
		return raw, ok
	}
	if raw, ok = c.Null[field]; !ok {
		raw, ok = c.attribute(field, classdefaults.OfNull)
	}
	if !ok { // a formula that is the default stands for a null too; another checkpoint's number does not
		raw, ok = c.value(field, false)
		ok = ok && bytes.HasPrefix(raw, []byte(`"=`))
	}
	return raw, ok
}

// attribute is what transformers' class states of a field, under any of the
// field's names, in one of these ways.
func (c *classRow) attribute(field string, kinds ...classdefaults.Kind) (json.RawMessage, bool) {
	for _, name := range Spellings(field) {
		for _, a := range c.attributes[name] {
			if a.Kind == classdefaults.Renamed {
				name = a.Text
			}
		}
		for _, a := range c.attributes[name] {
			if slices.Contains(kinds, a.Kind) {
				return classdefaults.JSON(a.Text)
			}
		}
	}
	return nil, false
}

// operand is a field's value in a formula.
func (f *fields) operand(name string) (float64, bool) {
	got, ok := f.value(name)
	if !ok {
		return 0, false
	}
	if list, isList := got.Value.([]Value); isList && len(list) > 0 {
		got.Value = list[0]
	}
	n, err := toFloat(name, got.Value)
	return n, err == nil
}

// classOf returns the class that serves a model_type for causal language
// modelling, "" when it is unknown.
func classOf(modelType string) string {
	if row := classes().rows[modelType]; row != nil {
		return row.Class
	}
	return ""
}

// typeOfClass returns the model_type that a class name belongs to.
func typeOfClass(class string) string { return classes().types[class] }
