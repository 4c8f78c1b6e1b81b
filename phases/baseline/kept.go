package baseline

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// The operations that take an *indexed operand as it is. Each gives what the
// plain operation gives, and asks the index no more than it must.

// binaryKept is binary for operands that may be indexed; so may the result be.
func (in *interp) binaryKept(op string, a, b value) value {
	trace, l, r := indexedPair(a, b)
	if trace == nil {
		return in.binary(op, in.force(a), in.force(b))
	}
	compute := func(x, y value) value {
		v, ok := arithmetic(op, x, y)
		if s, isText := x.(string); !ok && isText && op == "+" {
			if t, alsoText := y.(string); alsoText && len(s)+len(t) <= maxText {
				return s + t
			}
		}
		if !ok {
			return missing{}
		}
		return v
	}
	now := compute(presently(a), presently(b))
	if isMissing(now) {
		return in.binary(op, in.force(a), in.force(b))
	}
	return &indexed{trace, now, func(i int) value { return compute(l(i), r(i)) }}
}

// compareKept is compare for operands that may be indexed: only the truth of
// the comparison is asked for.
func (in *interp) compareKept(op string, a, b value) value {
	trace, l, r := indexedPair(a, b)
	if trace == nil {
		return in.compare(op, in.force(a), in.force(b))
	}
	v, known := in.compare(op, presently(a), presently(b)).(bool)
	if !known {
		return in.compare(op, in.force(a), in.force(b))
	}
	if a == nil || b == nil { // no index is None
		return v
	}
	return trace.observe(func(i int) value { return in.compare(op, l(i), r(i)) }, v)
}

// itemKept is item for a key that may be indexed: only what stands there is
// asked for.
func (in *interp) itemKept(o, key value) value {
	trace, _, at := indexedPair(o, key)
	if isUnknown(o) && in.walk != nil { // only its text is of the index
		return in.item(o, presently(key))
	}
	if trace == nil {
		return in.distribute2(in.force(o), in.force(key), in.item)
	}
	find := func(key value) value {
		switch o := o.(type) {
		case *list:
			if i, ok := position(key, len(o.items)); ok {
				return o.items[i]
			}
		case *tuple:
			if i, ok := position(key, len(o.items)); ok {
				return o.items[i]
			}
		case string:
			if i, ok := position(key, len(o)); ok && isASCII(o) {
				return o[i : i+1]
			}
		case *dict:
			if v, ok := o.get(key); ok {
				return v
			}
		}
		return missing{}
	}
	v := find(presently(key))
	if _, isRepeated := v.(*repeated); isMissing(v) || isRepeated {
		return in.distribute2(in.force(o), in.force(key), in.item)
	}
	return trace.observe(func(i int) value { return find(at(i)) }, v)
}

// sliceKept is slice for bounds that may be indexed: the part of a text may
// depend on them.
func (in *interp) sliceKept(o, low, high, step value) value {
	text, isText := o.(string)
	trace, l, h := indexedPair(low, high)
	if !isText || trace == nil || step != nil || !isASCII(text) {
		return in.slice(o, in.force(low), in.force(high), step)
	}
	compute := func(low, high value) value {
		bound := func(v value, absent int) (int, bool) {
			i, ok := v.(int)
			if v == nil {
				return absent, true
			}
			if i < 0 {
				i += len(text)
			}
			return min(max(i, 0), len(text)), ok
		}
		from, okFrom := bound(low, 0)
		to, okTo := bound(high, len(text))
		if !okFrom || !okTo {
			return missing{}
		}
		return text[from:max(from, to)]
	}
	now, ok := compute(presently(low), presently(high)).(string)
	if !ok || !in.grow(len(now)) {
		return in.slice(o, in.force(low), in.force(high), step)
	}
	return &indexed{trace, now, func(i int) value { return compute(l(i), h(i)) }}
}

// truthKept is truth for a value that may be indexed.
func (in *interp) truthKept(v value) (t, known bool) {
	x, ok := v.(*indexed)
	if !ok || !x.trace.open {
		return truth(in.force(v))
	}
	if x.trace.exact {
		return truth(x.now)
	}
	t, known = truth(x.now)
	x.trace.observe(func(i int) value { b, _ := truth(x.at(i)); return b }, t)
	return t, known
}

// unaryKept is unary for an operand that may be indexed.
func (in *interp) unaryKept(op string, v value) value {
	if _, ok := v.(*indexed); ok && op == "not" {
		t, _ := in.truthKept(v)
		return !t
	}
	return in.unary(op, in.force(v))
}

// textKept is the text of an index behind another text.
func textKept(before string, idx value) value {
	x, ok := idx.(*indexed)
	if !ok {
		return before + pysrc.Repr(idx)
	}
	return &indexed{x.trace, before + pysrc.Repr(x.now), func(i int) value { return before + pysrc.Repr(x.at(i)) }}
}

// isKeptArgument says whether a layer's argument may depend on the index of
// the layer: those that only name the layer. All others are sizes and the
// like, which describe reads.
func isKeptArgument(name string) bool {
	switch name {
	case "prefix", "layer_id", "layer_idx", "layer_index", "layer_number", "layer_num", "idx":
		return true
	}
	return false
}

// forceOthers forces a layer's arguments but for those that only name it.
func (in *interp) forceOthers(args *namespace) {
	for i, v := range args.vals {
		if isKept(v) && !isKeptArgument(args.keys[i]) {
			args.vals[i] = in.force(v)
		}
	}
}

// comprehensionMemo is the memo of a comprehension that makes something of
// every index below a number; nil when it is another one.
func (in *interp) comprehensionMemo(elt pysrc.Expr, cs []pysrc.Clause, iter value) *layerMemo {
	l, ok := iter.(*list)
	_, name := cs[0].Target.(*pysrc.Name)
	_, call := elt.(*pysrc.Call)
	if !ok || !name || !call || len(cs) > 1 || len(cs[0].Ifs) > 0 || len(l.items) < 2 || in.plain || in.tentative > 0 || in.walk != nil {
		return nil
	}
	for i, x := range l.items {
		if x != i {
			return nil
		}
	}
	return &layerMemo{}
}

// comprehensionLayer evaluates the element of a comprehension for one index.
func (in *interp) comprehensionLayer(m *layerMemo, c pysrc.Clause, x value, fr *frame, element func() value) value {
	in.assign(c.Target, x, fr)
	index, ok := x.(int)
	name, isName := c.Target.(*pysrc.Name)
	if in.halted() || !ok || !isName || !in.grow(1) {
		return in.unknownf("comprehension")
	}
	v := in.layer(m, index, func(idx value) value {
		fr.vars.set(name.ID, idx) // the loop's own doing, not the element's
		return element()
	})
	fr.vars.set(name.ID, x)
	if in.halted() {
		return in.unknownf("comprehension")
	}
	return v
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isScalar says whether a value is one that an *indexed may have.
func isScalar(v value) bool {
	switch v.(type) {
	case bool, int, float64, string:
		return true
	}
	return false
}

// method is a method of a text that depends on an index; nil when there is no
// such method.
func (x *indexed) method(name string) value {
	f := stringFunction(name)
	if _, isText := x.now.(string); f == nil || !isText || !x.trace.open {
		return nil
	}
	compute := func(s value, args []value) value {
		text, _ := s.(string)
		v, ok := f(text, args)
		if !ok || !isScalar(v) {
			return missing{}
		}
		return v
	}
	return method("str."+name, func(in *interp, args []value, kw *namespace) value {
		now := compute(x.now, args)
		plain := !slices.ContainsFunc(args, func(v value) bool { return !isScalar(v) })
		if !x.trace.open || x.trace.exact || !plain || isMissing(now) {
			return in.call(stringMethod(in.force(x).(string), name), args, kw)
		}
		const cellBytes = 16
		if text, isText := now.(string); isText && !in.grow(len(text)/cellBytes) {
			return in.unknownf("str.%s", name)
		}
		return &indexed{x.trace, now, func(i int) value { return compute(x.at(i), args) }}
	})
}

// computeKept calls a function that computes a scalar of scalars, some of
// which depend on the index of a layer; ok is false for any other call.
func (in *interp) computeKept(f *builtin, args []value, kw *namespace) (v value, ok bool) {
	switch f.name {
	case "max", "min", "int", "str", "abs":
	default:
		return nil, false
	}
	var trace *layerTrace
	for _, a := range args {
		switch x := a.(type) {
		case *indexed:
			if !x.trace.open || x.trace.exact || trace != nil && trace != x.trace {
				return nil, false
			}
			trace = x.trace
		default:
			if !isScalar(a) {
				return nil, false
			}
		}
	}
	if trace == nil || kw != nil {
		return nil, false
	}
	compute := func(part func(*indexed) value) value {
		plain := make([]value, len(args))
		for i, a := range args {
			plain[i] = a
			if x, isIndexed := a.(*indexed); isIndexed {
				plain[i] = part(x)
			}
		}
		return f.fn(in, plain, nil)
	}
	now := compute(func(x *indexed) value { return x.now })
	if !isScalar(now) || in.halted() {
		return nil, false
	}
	return &indexed{trace, now, func(i int) value { return compute(func(x *indexed) value { return x.at(i) }) }}, true
}

func (in *interp) fstring(e *pysrc.FString, fr *frame) value {
	parts := make([]value, len(e.Parts))
	var trace *layerTrace
	for i, p := range e.Parts {
		parts[i] = in.evalKept(p, fr)
		x, ok := parts[i].(*indexed)
		switch {
		case !ok:
		case trace == nil && x.trace.open && !x.trace.exact:
			trace = x.trace
		case x.trace != trace:
			parts[i] = in.force(x)
		}
	}
	text := formatted(parts, presently)
	const cellBytes = 16
	if !in.grow(len(text) / cellBytes) {
		return in.unknownf("formatted string")
	}
	if trace == nil {
		return text
	}
	return &indexed{trace, text, func(i int) value {
		return formatted(parts, func(v value) value {
			if x, ok := v.(*indexed); ok {
				return x.at(i)
			}
			return v
		})
	}}
}

// formatted joins the parts of a formatted string.
func formatted(parts []value, part func(value) value) string {
	var b strings.Builder
	for _, p := range parts {
		switch v := part(p).(type) {
		case string:
			b.WriteString(v)
		case int, bool, float64, nil:
			b.WriteString(pysrc.Repr(v))
		default:
			b.WriteString("{" + show(v) + "}")
		}
	}
	return b.String()
}
