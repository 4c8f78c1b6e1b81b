package extract

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// Spellings are the names under which files write a field, ours first.
func Spellings(field string) []string {
	if row, known := fieldNames().fields[field]; known {
		return row.names
	}
	return []string{field}
}

// fields reads the language model's fields: from the file under any of their
// names, else from HuggingFace's class defaults. It remembers what it took
// from elsewhere than the file, what was missing, and the first wrong value.
type fields struct {
	root, text *Object
	prefix     string // where text stands in root, with its dot; "" at the root
	class      *classRow
	own        map[string]json.RawMessage // defaults of the family's own code
	classSizes bool                       // Options.ClassSizes

	defaults, inferred []FieldNote
	noted              map[string]bool
	missing            []string
	longer             []longList
	err                error
	// computing are the fields whose formulas are being worked out, lists the
	// lists of integers that were read last, by their key.
	computing []string
	lists     map[string]intList
}

// intList is a list of integers as it was read from a list of values, which the
// configs of single layers share.
type intList struct {
	of   []Value
	list []int
}

// longList is a list with more values than there are layers.
type longList struct {
	field          string
	values, layers int
}

// tooLong notes a list whose last values no layer takes.
func (f *fields) tooLong(field string, values, layers int) {
	if l := (longList{field, values, layers}); values > layers && !slices.Contains(f.longer, l) {
		f.longer = append(f.longer, l)
	}
}

// found is one looked-up value: Key is the name in the file, ours for a default.
type found struct {
	Value Value
	Key   string
	// Null: the file has the field with null.
	Null bool
}

// lookup finds a field in the file; ok is false when no name of it is there
// with a value.
func (f *fields) lookup(field string) (found, bool) {
	null := false
	for _, key := range Spellings(field) {
		v, there := f.text.Path(key)
		if !there {
			continue
		}
		if v == nil {
			null = true
			continue
		}
		return found{Value: v, Key: key}, true
	}
	return found{Null: null}, false
}

// value is lookup, then the class default. A null in the file takes what the
// class makes of a null, which is often a formula, not the default.
func (f *fields) value(field string) (found, bool) {
	got, ok := f.lookup(field)
	if ok {
		return got, true
	}
	v, why, ok := f.fallback(field, got.Null)
	if !ok {
		return got, false
	}
	if f.prefix == "" && !f.classSizes && checkpointSize(field) && !computed(why) {
		return got, false
	}
	f.note(&f.defaults, field, v, why)
	return found{Value: v, Key: field, Null: got.Null}, true
}

// fallback is what is taken for a field that the file does not state: by the
// family's own code, else by its configuration class. null says that the file
// has it with null: then only what the class has for that counts.
func (f *fields) fallback(field string, null bool) (v Value, why string, ok bool) {
	raw, there := f.own[field]
	why = "what the family's code takes"
	if (!there || null) && f.class != nil {
		why = "default of HuggingFace's " + f.class.Type + " configuration"
		raw, there = f.class.value(field, null)
	} else if null {
		there = false
	}
	if !there {
		return nil, "", false
	}
	v = parseScalar(string(raw))
	if text, isText := v.(string); isText && strings.HasPrefix(text, "=") {
		if slices.Contains(f.computing, field) {
			return nil, "", false // the formulas lead back to the field, which nothing states
		}
		f.computing = append(f.computing, field)
		n, missing := evaluate(text[1:], f.operand)
		f.computing = f.computing[:len(f.computing)-1]
		return int64(n), why + ": " + text[1:], missing == ""
	}
	return v, why, v != nil
}

// checkpointSize says of a field that it is the checkpoint's own size. At the
// root of a file transformers writes these always; only the objects nested in
// a wrapper leave out what equals the class's default. A root without one is
// no whole config.json, and its class's number, that of another model, would
// be a guess.
func checkpointSize(field string) bool {
	switch field {
	case "num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size":
		return true
	}
	return false
}

// computed says of the reason for a class default that it is a formula over
// what the file says.
func computed(why string) bool { return strings.Contains(why, ": ") }

// note reports a value that the file did not state, once per field.
func (f *fields) note(list *[]FieldNote, field string, v any, why string) {
	if f.noted == nil {
		f.noted = map[string]bool{}
	}
	if f.noted[field] {
		return
	}
	f.noted[field] = true
	*list = append(*list, FieldNote{Field: f.prefix + field, Value: v, Why: why})
}

// infer reports a value that we worked out.
func (f *fields) infer(field string, v any, why string) { f.note(&f.inferred, field, v, why) }

// fail keeps the first error; nil is none.
func (f *fields) fail(err error) {
	if f.err == nil && err != nil {
		var wrong *FieldError
		if errors.As(err, &wrong) {
			wrong.Field = f.prefix + wrong.Field
		}
		f.err = err
	}
}

// wrong reports a value that cannot be.
func (f *fields) wrong(field string, v Value, format string, args ...any) {
	f.fail(&FieldError{Field: field, Value: shown(v), Message: fmt.Sprintf(format, args...)})
}

// noteConflict reports a value that cannot be beside another field's. Where the
// file lacks that one, it is asked for, and nothing is known to be wrong.
func (f *fields) noteConflict(other, field string, v Value, format string, args ...any) {
	if !slices.Contains(f.missing, other) {
		f.wrong(field, v, format, args...)
	}
}

// check reports a size that is out of bounds.
func (f *fields) check(field, key string, v Value, n, low int) int {
	limit := fieldNames().fields[field].max
	if limit == 0 {
		limit = 1 << 24
	}
	switch {
	case n < low && n < 0:
		f.wrong(key, v, "a size cannot be negative")
	case n < low:
		f.wrong(key, v, "must be at least %d", low)
	case n > limit:
		f.wrong(key, v, "more than %d, which no model has", limit)
	}
	return n
}

// size is a required positive integer. Missing fields are collected, so that
// all of them are named at once; the result is then 1.
func (f *fields) size(field string) int {
	got, ok := f.value(field)
	if !ok {
		f.noteMissing(field)
		return 1
	}
	n, err := scalarInt(got.Key, got.Value)
	if err != nil {
		f.fail(err)
		return 1
	}
	if n = f.check(field, got.Key, got.Value, n, 1); f.err != nil {
		return 1
	}
	return n
}

// noteMissing notes a required field that is not there.
func (f *fields) noteMissing(field string) {
	if slices.Contains(f.missing, field) {
		return
	}
	f.missing = append(f.missing, field)
}

// opt is an optional integer, 0 when it is absent or null; some checkpoints
// write false for "none" and -1 for "not used".
func (f *fields) opt(field string) int {
	got, ok := f.value(field)
	if !ok || got.Value == false {
		return 0
	}
	n, err := scalarInt(got.Key, got.Value)
	if err != nil {
		f.fail(err)
		return 0
	}
	if n == -1 {
		return 0
	}
	return f.check(field, got.Key, got.Value, n, 0)
}

// or is an optional positive integer with a fallback that needs no report.
func (f *fields) or(field string, fallback int) int {
	return cmp.Or(f.opt(field), fallback)
}

// scalarInt reads an integer; of a list whose elements are all equal it takes
// that element (a field that some checkpoints write per layer), else the
// first: callers that can use a list ask perLayer.
func scalarInt(field string, v Value) (int, error) {
	if list, ok := v.([]Value); ok && len(list) > 0 {
		return scalarInt(field, list[0])
	}
	if b, ok := v.(bool); ok && !b {
		return 0, nil
	}
	return toInt(field, v)
}

// perLayer reads a field that has one value for all layers or a list with one
// for each; ok is false when the field is absent.
func (f *fields) perLayer(field string, layers int) (list []int, ok bool) {
	got, ok := f.value(field)
	if !ok {
		return nil, false
	}
	key := got.Key
	if got.Value == false {
		got.Value = int64(0) // some write it for none
	}
	list, scalar, ok, err := intsOf(key, got.Value)
	switch {
	case err != nil:
		f.fail(err)
		return nil, false
	case scalar:
		return slices.Repeat([]int{f.check(field, key, got.Value, list[0], 0)}, layers), true
	case len(list) < layers:
		f.wrong(key, got.Value, "has %d values for %d layers", len(list), layers)
		return nil, false
	}
	f.tooLong(key, len(list), layers)
	for _, n := range list[:layers] {
		f.check(field, key, int64(n), n, 0)
	}
	return list[:layers], ok
}

// flag is an optional truth value.
func (f *fields) flag(field string, fallback bool) bool {
	if b, stated := f.truth(field); stated {
		return b
	}
	return fallback
}

// truth is a truth value; stated is false where there is none, or no such.
func (f *fields) truth(field string) (b, stated bool) {
	got, _ := f.value(field)
	return families.Truth(got.Value)
}

// ints reads an object's list of integers. What is wrong with it is kept. It is
// read once, not for each layer that asks for its own number.
func (f *fields) ints(o *Object, key string) (list []int, scalar, ok bool) {
	values, _ := o.List(key)
	read := f.lists[key]
	if n := len(values); n > 0 && n == len(read.of) && &values[0] == &read.of[0] {
		return read.list, false, true
	}
	list, scalar, ok, err := o.Ints(key)
	f.fail(err)
	if ok && !scalar {
		if f.lists == nil {
			f.lists = map[string]intList{}
		}
		f.lists[key] = intList{values, list}
	}
	return list, scalar, ok
}

// str is an optional string.
func (f *fields) str(field string) string {
	got, ok := f.value(field)
	if !ok {
		return ""
	}
	s, _ := got.Value.(string)
	return s
}

// number is an optional number; 0 when it is absent.
func (f *fields) number(field string) float64 {
	got, ok := f.value(field)
	if !ok {
		return 0
	}
	n, err := toFloat(got.Key, got.Value)
	f.fail(err)
	return n
}

// name is the field as the file spells it, for formulas.
func (f *fields) name(field string) string {
	if got, ok := f.lookup(field); ok {
		return got.Key
	}
	return field
}

// has reports whether the file has the field with a value.
func (f *fields) has(field string) bool {
	_, ok := f.lookup(field)
	return ok
}

// setPath returns a dotted path a value, in a copy of the object.
func setPath(o *Object, path string, v Value) *Object {
	o = o.clone()
	if _, whole := o.Get(path); whole {
		o.Set(path, v)
		return o
	}
	head, rest, dotted := strings.Cut(path, ".")
	if !dotted {
		o.Set(path, v)
		return o
	}
	sub := o.Object(head)
	if sub == nil {
		sub = &Object{}
	}
	o.Set(head, setPath(sub, rest, v))
	return o
}

// sortedKeys returns a map's keys in order, for results that must not depend on
// map order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
