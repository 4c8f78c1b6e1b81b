package extract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// Value is one JSON value of a config.json: nil, bool, int64, *big.Int,
// float64, string, []Value or *Object. Integers written as integers stay
// integers; 4096.0 is a float64 (Int reads it leniently).
type Value any

// Object is a JSON object that keeps the order of its keys. A key that is
// written twice has its last value, as in Python; keys are case-sensitive.
type Object struct {
	Keys   []string
	Values map[string]Value
}

// Get returns the value of a key; ok is false when the key is absent. A key
// that is there with null gives nil, true. Get of a nil Object is absent.
func (o *Object) Get(key string) (v Value, ok bool) {
	if o == nil {
		return nil, false
	}
	v, ok = o.Values[key]
	return v, ok
}

// Set sets a key to a value, at the end when it is new.
func (o *Object) Set(key string, v Value) {
	if o.Values == nil {
		o.Values = map[string]Value{}
	}
	if _, there := o.Values[key]; !there {
		o.Keys = append(o.Keys, key)
	}
	o.Values[key] = v
}

// Has reports whether the key is there with a value other than null.
func (o *Object) Has(key string) bool {
	v, ok := o.Get(key)
	return ok && v != nil
}

// IsNull reports whether the key is there with null.
func (o *Object) IsNull(key string) bool {
	v, ok := o.Get(key)
	return ok && v == nil
}

// Object returns the object under a key, nil when there is none.
func (o *Object) Object(key string) *Object {
	v, _ := o.Get(key)
	sub, _ := v.(*Object)
	return sub
}

// Path follows dotted keys: "rope_parameters.full_attention.rope_theta". A key
// that itself contains the dots comes first.
func (o *Object) Path(path string) (v Value, ok bool) {
	if v, ok := o.Get(path); ok {
		return v, true
	}
	head, rest, dotted := strings.Cut(path, ".")
	if !dotted {
		return nil, false
	}
	return o.Object(head).Path(rest)
}

// Int reads an integer leniently: 4096, 4096.0, 1e3, "32". ok is false when
// the key is absent or null; err is a *FieldError when the value is not a whole
// number or does not fit.
func (o *Object) Int(key string) (n int, ok bool, err error) { return numberOf(o, key, toInt) }

// Float reads a number leniently, also from a string.
func (o *Object) Float(key string) (f float64, ok bool, err error) { return numberOf(o, key, toFloat) }

func numberOf[N any](o *Object, key string, read func(string, Value) (N, error)) (n N, ok bool, err error) {
	v, _ := o.Get(key)
	if v == nil {
		return n, false, nil
	}
	n, err = read(key, v)
	return n, err == nil, err
}

// String returns a string; ok is false when the key is absent or anything else.
func (o *Object) String(key string) (s string, ok bool) {
	v, _ := o.Get(key)
	s, ok = v.(string)
	return s, ok
}

// Bool reads a truth value leniently: true, 1, 1.0, "true".
func (o *Object) Bool(key string) (b, ok bool) {
	v, _ := o.Get(key)
	return families.Truth(v)
}

// List returns the array under a key.
func (o *Object) List(key string) (list []Value, ok bool) {
	v, _ := o.Get(key)
	list, ok = v.([]Value)
	return list, ok
}

// Ints reads a per-layer list of integers, or one integer that holds for all
// layers (scalar). null elements read as 0.
func (o *Object) Ints(key string) (list []int, scalar, ok bool, err error) {
	v, there := o.Get(key)
	if !there || v == nil {
		return nil, false, false, nil
	}
	return intsOf(key, v)
}

func intsOf(key string, v Value) (list []int, scalar, ok bool, err error) {
	values, isList := v.([]Value)
	if !isList {
		n, err := toInt(key, v)
		return []int{n}, true, err == nil, err
	}
	list = make([]int, len(values))
	for i, v := range values {
		if v == nil {
			continue
		}
		if list[i], err = toInt(key, v); err != nil {
			_, err = toInt(fmt.Sprintf("%s[%d]", key, i), v)
			return nil, false, false, err
		}
	}
	return list, false, true, nil
}

// Strings reads a list of strings; ok is false when it is anything else.
func (o *Object) Strings(key string) (list []string, ok bool) {
	values, ok := o.List(key)
	if !ok {
		return nil, false
	}
	for _, v := range values {
		s, isString := v.(string)
		if !isString {
			return nil, false
		}
		list = append(list, s)
	}
	return list, true
}

// MaxLayers bounds the decoder layers of a model, whoever counts them.
const MaxLayers = 10_000

// maxInt bounds every integer read as a size, so that products of two of them
// stay inside an int64.
const maxInt = 1 << 31

func toInt(field string, v Value) (int, error) {
	wrong := func(message string) (int, error) {
		return 0, &FieldError{Field: field, Value: shown(v), Message: message}
	}
	switch v := v.(type) {
	case int64:
		if v > maxInt || v < -maxInt {
			return wrong("too large for any model")
		}
		return int(v), nil
	case *big.Int:
		return wrong("too large for any model")
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) || v != math.Trunc(v) {
			return wrong("not a whole number")
		}
		if math.Abs(v) > maxInt {
			return wrong("too large for any model")
		}
		return int(v), nil
	case string:
		text := strings.TrimSpace(v)
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return toInt(field, n)
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return toInt(field, f)
		}
	}
	return wrong("not a number")
}

func toFloat(field string, v Value) (float64, error) {
	switch v := v.(type) {
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, nil
	case string:
		if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			return f, nil
		}
	}
	return 0, &FieldError{Field: field, Value: shown(v), Message: "not a number"}
}

// shown prints a value for a message, shortened to one short line.
func shown(v Value) string {
	data, err := json.Marshal(exportable(v))
	if err != nil {
		return "unreadable"
	}
	if len(data) > 60 {
		return strings.ToValidUTF8(string(data[:57]), "") + "..."
	}
	return string(data)
}

// MarshalJSON writes the object with its keys in order. NaN and the
// infinities, which standard JSON lacks, become strings.
func (o *Object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range o.Keys {
		if i > 0 {
			b.WriteByte(',')
		}
		k, err := json.Marshal(key)
		if err != nil {
			return nil, fmt.Errorf("writing the key %q: %w", key, err)
		}
		v, err := json.Marshal(exportable(o.Values[key]))
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", key, err)
		}
		b.Write(k)
		b.WriteByte(':')
		b.Write(v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// exportable replaces the numbers that standard JSON lacks by their names.
func exportable(v Value) any {
	switch v := v.(type) {
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN"
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		}
	case []Value:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = exportable(e)
		}
		return out
	}
	return v
}

// clone copies an object one level deep along a path that will be written.
func (o *Object) clone() *Object {
	return &Object{Keys: slices.Clone(o.Keys), Values: maps.Clone(o.Values)}
}

// parseScalar reads the value of a --set: JSON where it is JSON, else the bare
// string itself.
func parseScalar(text string) Value {
	p := &parser{data: []byte(text)}
	p.space()
	v, err := p.value(0)
	if err != nil {
		return text
	}
	p.space()
	if p.pos < len(p.data) {
		return text
	}
	return v
}
