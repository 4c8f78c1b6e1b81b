package baseline

import "slices"

// tensor is a tensor or a parameter; shape is a *list or *unknown. elements
// are the numbers of a small vector, nil where they are not known: some
// constructors sum sizes up in one.
type tensor struct {
	shape    value
	elements *list
	param    bool
	site     site
}

// Show does not look into it.
func (t *tensor) Show(int) string { return "?" }

// Truth is not known.
func (t *tensor) Truth() (is, known bool) { return false, false }

// Equal is not known.
func (t *tensor) Equal(value, *int) (result, known bool) { return false, false }

// IsA knows that it is of no class of the program.
func (t *tensor) IsA(_ *interp, of value) (is, known bool) {
	if _, ok := of.(*external); ok {
		return false, false
	}
	return isPythonType(of)
}

// Item gives one element.
func (t *tensor) Item(in *interp, key value) value {
	if _, ok := key.(int); ok && t.elements != nil {
		return in.elementAt(t, t.elements.items, key)
	}
	return derived("Tensor["+show(key)+"]", key)
}

// SetItem writes one element; a write to several leaves none known.
func (t *tensor) SetItem(in *interp, key, v value) {
	if t.elements == nil {
		return
	}
	if _, ok := position(key, len(t.elements.items)); ok {
		t.elements.SetItem(in, key, v)
		return
	}
	t.forget(in)
}

// Attr gives the shape or a method.
func (t *tensor) Attr(in *interp, name string) value {
	switch name {
	case "shape":
		if l, ok := t.shape.(*list); ok {
			return newTuple(l.items...)
		}
		return t.shape
	case "data":
		return t
	case "to", "float", "contiguous", "cuda", "half", "requires_grad_", "clone", "detach", "bfloat16", "type":
		return constant(t)
	case "size":
		return newBuiltin("Tensor.size", func(in *interp, args []value, _ *namespace) value {
			if len(args) == 1 {
				return in.item(t.shape, args[0])
			}
			return t.Attr(in, "shape")
		})
	}
	t.forget(in) // a method such as fill_ writes to it
	return unknownf("Tensor.%s", name)
}

// forget is for what may write to a tensor in a way that is not followed.
func (t *tensor) forget(in *interp) {
	if t.elements == nil {
		return
	}
	in.touchList(t.elements)
	for i := range t.elements.items {
		t.elements.items[i] = unknownf("an element of a tensor")
	}
}

// forgetElements: a function outside of SGLang may write to the tensors that
// it is given (out=, in-place initialisation).
func forgetElements(in *interp, args []value, kw *namespace) {
	for _, v := range slices.Concat(args, kw.values()) {
		if t, ok := v.(*tensor); ok {
			t.forget(in)
		}
	}
}

// maxVector bounds the vectors whose elements are kept.
const maxVector = 1024

// zeroVector gives the elements of torch.zeros(shape), nil unless the shape
// is that of a small vector.
func zeroVector(in *interp, shape value) *list {
	dims, ok := shape.(*list)
	if !ok || len(dims.items) != 1 {
		return nil
	}
	n, ok := dims.items[0].(int)
	if !ok || n < 0 || n > maxVector || !in.grow(n) {
		return nil
	}
	elements := &list{items: make([]value, n)}
	for i := range elements.items {
		elements.items[i] = 0
	}
	return elements
}

func (e *engine) parameter(v value) value {
	p := &tensor{shape: unknownf("shape of a parameter"), param: true, site: e.at}
	if t, ok := v.(*tensor); ok {
		p.shape = t.shape
	}
	return p
}

// tensorShape gives the shape that torch.empty(…) and the like make.
func tensorShape(fn string, args []value, kw *namespace) value {
	if size, ok := kw.get("size"); ok {
		args = []value{size}
	}
	if len(args) > 0 {
		if items, ok := iterate(args[0]); ok {
			return newList(items...)
		}
	}
	if fn == "full" || slices.ContainsFunc(args, isUnknown) {
		return derived("torch."+fn+"()", args...)
	}
	return newList(slices.Clone(args)...)
}

// arraySplit is numpy.array_split of a sequence into n nearly equal parts.
func arraySplit(in *interp, args []value) value {
	items, ok := iterate(argument(args, 0, nil))
	n, okN := asInt(argument(args, 1, nil))
	if !ok || !okN || n < 1 || n > in.limits.Cells || !in.grow(len(items)+n) {
		return derived("numpy.array_split()", args...)
	}
	out := &list{}
	size, extra := len(items)/n, len(items)%n
	for i := range n {
		k := size
		if i < extra {
			k++
		}
		out.items = append(out.items, newList(items[:k:k]...))
		items = items[k:]
	}
	return out
}
