package pyeval

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// The operations of a value. Every value but Python's own scalars can be shown;
// each of the others is there where the kind of value has it.
type (
	// shower writes the value as it may stand in an expression; depth is how
	// many values are around it.
	shower interface{ Show(depth int) string }
	// truther tells the value's truth; a value that does not is true.
	truther interface{ Truth() (t, known bool) }
	// attributed returns an attribute; Missing when there is none.
	attributed interface {
		Attr(in *Interp, name string) Value
	}
	// writable takes an attribute.
	writable interface {
		SetAttr(in *Interp, name string, v Value)
	}
	// callable can be called; kw may be nil.
	callable interface {
		call(in *Interp, args []Value, kw *Namespace) Value
	}
	// indexed returns v[key].
	indexed interface {
		Item(in *Interp, key Value) Value
	}
	// itemWritable takes v[key] = x.
	itemWritable interface {
		SetItem(in *Interp, key, v Value)
	}
	// iterable returns its elements, in a list that is the caller's own.
	iterable interface{ Elements() []Value }
	// container reports whether it holds a value.
	container interface {
		Contains(in *Interp, x Value) (result, known bool)
	}
	// operand applies an arithmetic operator, of which it is the left side.
	operand interface {
		binary(in *Interp, op string, b Value) (Value, bool)
	}
	// compared reports whether it equals a value; fuel bounds how deep it looks.
	compared interface {
		Equal(b Value, fuel *int) (result, known bool)
	}
	// identified is what several Go values may stand for: same tells which do.
	identified interface{ same(b Value) bool }
	// hashable returns its key in a Go map.
	hashable interface {
		hash(fuel *int) (any, bool)
	}
	// composed returns the values that it is made of.
	composed interface{ parts() []Value }
	// typed reports whether it is an instance of a class, or of a class outside
	// the program.
	typed interface {
		IsA(in *Interp, class Value) (is, known bool)
	}
	// copied returns a copy of itself.
	copied interface{ Copy(in *Interp) Value }
	// sliced makes a container of its own kind of some of its elements.
	sliced interface{ Slice(items []Value) Value }
	// sequence is a list or a tuple.
	sequence interface {
		composed
		sliced
	}
	// mapping returns its entries.
	mapping interface{ Entries() *Dict }
	// stated has attributes that a user states: Key is the name that one has
	// for him.
	stated interface{ Key(name string) string }
)

// Show writes a value as it may stand in an expression.
func Show(v Value) string { return Clip(showDeep(v, 0), maxExpression) }

func showDeep(v Value, depth int) string {
	const deep = 3
	if depth > deep {
		return "…"
	}
	switch v := v.(type) {
	case nil, bool, int, float64, string:
		return pysrc.Repr(v)
	case shower:
		return v.Show(depth)
	}
	return "?"
}

// showItems writes the elements of a container.
func showItems(open string, items []Value, end string, depth int) string {
	const most = 12
	parts := make([]string, 0, min(len(items), most))
	for i, x := range items {
		if i == most {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, showDeep(x, depth+1))
	}
	return open + strings.Join(parts, ", ") + end
}

// truth returns a value's truth; known is false when it cannot be told.
func truth(v Value) (t, known bool) {
	switch v := v.(type) {
	case nil:
		return false, true
	case bool:
		return v, true
	case int:
		return v != 0, true
	case float64:
		return v != 0, true
	case string:
		return v != "", true
	case truther:
		return v.Truth()
	}
	return true, true
}

// Iterate returns the elements of a container.
func Iterate(v Value) ([]Value, bool) {
	switch v := v.(type) {
	case iterable:
		return v.Elements(), true
	case string:
		out := make([]Value, 0, len(v))
		for _, r := range v {
			out = append(out, string(r))
		}
		return out, true
	}
	return nil, false
}

// hashKey returns the Go map key of a Python value; ok is false when the value
// is not hashable or not known.
func hashKey(v Value) (any, bool) {
	fuel := maxVisited
	return hashDeep(v, &fuel)
}

func hashDeep(v Value, fuel *int) (any, bool) {
	if *fuel--; *fuel < 0 {
		return nil, false
	}
	switch v := v.(type) {
	case nil:
		return Missing{}, true
	case bool:
		i, _ := AsInt(v)
		return i, true
	case int, string:
		return v, true
	case float64:
		if v == float64(int(v)) {
			return int(v), true
		}
		return v, true
	case hashable:
		return v.hash(fuel)
	}
	return nil, false
}
