package baseline

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
	// attributed gives an attribute; missing{} when there is none.
	attributed interface {
		Attr(in *interp, name string) value
	}
	// writable takes an attribute.
	writable interface {
		SetAttr(in *interp, name string, v value)
	}
	// callable can be called; kw may be nil.
	callable interface {
		Call(in *interp, args []value, kw *namespace) value
	}
	// indexed gives v[key].
	indexed interface {
		Item(in *interp, key value) value
	}
	// itemWritable takes v[key] = x.
	itemWritable interface {
		SetItem(in *interp, key, v value)
	}
	// iterable gives its elements, in a list that is the caller's own.
	iterable interface{ Elements() []value }
	// container tells whether it holds a value.
	container interface {
		Contains(in *interp, x value) (result, known bool)
	}
	// compared tells whether it equals a value; fuel bounds how deep it looks.
	compared interface {
		Equal(b value, fuel *int) (result, known bool)
	}
	// identified is what several Go values may stand for: Same tells which do.
	identified interface{ Same(b value) bool }
	// hashable gives its key in a Go map.
	hashable interface {
		Hash(fuel *int) (any, bool)
	}
	// composed gives the values that it is made of.
	composed interface{ Parts() []value }
	// typed tells whether it is an instance of a class, or of a class outside
	// the program.
	typed interface {
		IsA(in *interp, class value) (is, known bool)
	}
	// copied gives a copy of itself.
	copied interface{ Copy(in *interp) value }
	// sliced makes a container of its own kind of some of its elements.
	sliced interface{ Slice(items []value) value }
	// mapping gives its entries.
	mapping interface{ Entries() *dict }
	// stated has attributes that a user states: Key is the name that one has
	// for him.
	stated interface{ Key(name string) string }
)

// show writes a value as it may stand in an expression.
func show(v value) string { return clip(showDeep(v, 0), maxExpression) }

func showDeep(v value, depth int) string {
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
func showItems(open string, items []value, end string, depth int) string {
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

// truth gives a value's truth; known is false when it cannot be told.
func truth(v value) (t, known bool) {
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

// iterate gives the elements of a container.
func iterate(v value) ([]value, bool) {
	switch v := v.(type) {
	case iterable:
		return v.Elements(), true
	case string:
		out := make([]value, 0, len(v))
		for _, r := range v {
			out = append(out, string(r))
		}
		return out, true
	}
	return nil, false
}

// hashKey gives the Go map key of a Python value; ok is false when the value
// is not hashable or not known.
func hashKey(v value) (any, bool) {
	fuel := maxVisited
	return hashDeep(v, &fuel)
}

func hashDeep(v value, fuel *int) (any, bool) {
	if *fuel--; *fuel < 0 {
		return nil, false
	}
	switch v := v.(type) {
	case nil:
		return missing{}, true
	case bool:
		i, _ := asInt(v)
		return i, true
	case int, string:
		return v, true
	case float64:
		if v == float64(int(v)) {
			return int(v), true
		}
		return v, true
	case hashable:
		return v.Hash(fuel)
	}
	return nil, false
}
