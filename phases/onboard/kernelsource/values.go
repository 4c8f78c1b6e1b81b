package kernelsource

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// What an expression of a template file can be: nil (None), bool, int64,
// string, *list, *dict, *record, *function, or unknown{}.
type (
	// unknown is a value that the reader does not follow: a torch function,
	// what an unread module defines.
	unknown struct{}

	// list is a list, tuple or set.
	list struct{ items []any }

	// dict keeps its keys in the order in which they were put in.
	dict struct {
		keys   []any
		values map[string]any
	}

	// record is an instance of one of FlashInfer's descriptor classes:
	// TraceTemplate (or a class derived from it), Var, Const, Tensor, Scalar.
	record struct {
		class  string
		fields map[string]any
	}

	// function is a function of a template file with the scope around it.
	// attributes are what is set on it afterwards (dispatch.templates).
	function struct {
		def        *pysrc.FuncDef
		around     *scope
		attributes map[string]any
	}

	// class is a class that instances are made of: a descriptor class under
	// the name of its base, or, with a def, one of the files' own.
	class struct {
		name   string
		def    *pysrc.ClassDef
		around *scope
	}
)

func newDict() *dict { return &dict{values: map[string]any{}} }

func (d *dict) set(key, value any) {
	k := keyText(key)
	if _, there := d.values[k]; !there {
		d.keys = append(d.keys, key)
	}
	d.values[k] = value
}

func (d *dict) get(key any) (any, bool) {
	v, ok := d.values[keyText(key)]
	return v, ok
}

func (d *dict) remove(key any) {
	k := keyText(key)
	if _, there := d.values[k]; !there {
		return
	}
	delete(d.values, k)
	for i := range d.keys {
		if keyText(d.keys[i]) == k {
			d.keys = append(d.keys[:i:i], d.keys[i+1:]...)
			return
		}
	}
}

func (d *dict) update(other *dict) {
	for _, k := range other.keys {
		v, _ := other.get(k)
		d.set(k, v)
	}
}

func (d *dict) list() []any {
	values := make([]any, len(d.keys))
	for i, k := range d.keys {
		values[i], _ = d.get(k)
	}
	return values
}

// keyText tells keys of different types and values apart.
func keyText(v any) string {
	if l, ok := v.(*list); ok {
		var b strings.Builder
		b.WriteByte('(')
		for _, item := range l.items {
			b.WriteString(strconv.Quote(keyText(item)))
		}
		return b.String() + ")"
	}
	switch v.(type) {
	case nil, bool, int64, string:
		return fmt.Sprintf("%T %v", v, v)
	}
	return fmt.Sprintf("%p", v)
}

// truth is a value's truth; known is false for what the reader does not follow.
func truth(v any) (is, known bool) {
	switch v := v.(type) {
	case nil:
		return false, true
	case bool:
		return v, true
	case int64:
		return v != 0, true
	case string:
		return v != "", true
	case *list:
		return len(v.items) > 0, true
	case *dict:
		return len(v.keys) > 0, true
	case unknown:
		return false, false
	}
	return true, true
}

// text is how a value prints in a formatted string.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case bool:
		if v {
			return "True", true
		}
		return "False", true
	case nil:
		return "None", true
	}
	return "", false
}

func equal(a, b any) (same, known bool) {
	if a == (unknown{}) || b == (unknown{}) {
		return false, false
	}
	return keyText(a) == keyText(b), true
}

// items are what iterating over a value gives.
func items(v any) ([]any, bool) {
	switch v := v.(type) {
	case *list:
		return v.items, true
	case *dict:
		return v.keys, true
	}
	return nil, false
}
