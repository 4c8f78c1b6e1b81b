package engine

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// Tensor is a tensor or a parameter; Shape is a list or unknown. elements
// are the numbers of a small vector, nil where they are not known: some
// constructors sum sizes up in one.
type Tensor struct {
	Shape    pyeval.Value
	elements *pyeval.List
	Param    bool
	Site     pyeval.Site
}

// Show does not look into it.
func (t *Tensor) Show(int) string { return "?" }

// Truth is not known.
func (t *Tensor) Truth() (is, known bool) { return false, false }

// Equal is not known.
func (t *Tensor) Equal(pyeval.Value, *int) (result, known bool) { return false, false }

// IsA knows that it is of no class of the program.
func (t *Tensor) IsA(_ *pyeval.Interp, of pyeval.Value) (is, known bool) {
	if _, ok := of.(*pyeval.External); ok {
		return false, false
	}
	return pyeval.IsPythonType(of)
}

// Item returns one element.
func (t *Tensor) Item(in *pyeval.Interp, key pyeval.Value) pyeval.Value {
	if _, ok := key.(int); ok && t.elements != nil {
		return in.ElementAt(t, t.elements.Items, key)
	}
	return pyeval.Derived("Tensor["+pyeval.Show(key)+"]", key)
}

// SetItem writes one element; a write to several leaves none known.
func (t *Tensor) SetItem(in *pyeval.Interp, key, v pyeval.Value) {
	if t.elements == nil {
		return
	}
	if _, ok := pyeval.Position(key, len(t.elements.Items)); ok {
		t.elements.SetItem(in, key, v)
		return
	}
	t.forget(in)
}

// Attr returns the shape or a method.
func (t *Tensor) Attr(in *pyeval.Interp, name string) pyeval.Value {
	switch name {
	case "shape":
		if l, ok := t.Shape.(*pyeval.List); ok {
			return pyeval.NewTuple(l.Items...)
		}
		return t.Shape
	case "data":
		return t
	case "to", "float", "contiguous", "cuda", "half", "requires_grad_", "clone", "detach", "bfloat16", "type":
		return pyeval.Constant(t)
	case "size":
		return pyeval.NewBuiltin("Tensor.size", func(in *pyeval.Interp, args []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
			if len(args) == 1 {
				return in.Item(t.Shape, args[0])
			}
			return t.Attr(in, "shape")
		})
	}
	t.forget(in) // a method such as fill_ writes to it
	return pyeval.Unknownf("Tensor.%s", name)
}

// forget is for what may write to a tensor in a way that is not followed.
func (t *Tensor) forget(in *pyeval.Interp) {
	if t.elements == nil {
		return
	}
	in.TouchList(t.elements)
	for i := range t.elements.Items {
		t.elements.Items[i] = pyeval.Unknownf("an element of a tensor")
	}
}

// forgetElements makes the elements of a call's tensor arguments unknown: a
// function outside of SGLang may write to the tensors that it is given (out=,
// in-place initialisation).
func forgetElements(in *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) {
	for _, v := range slices.Concat(args, kw.Values()) {
		if t, ok := v.(*Tensor); ok {
			t.forget(in)
		}
	}
}

// maxVector bounds the vectors whose elements are kept.
const maxVector = 1024

// zeroVector returns the elements of torch.zeros(shape), nil unless the shape
// is that of a small vector.
func zeroVector(in *pyeval.Interp, shape pyeval.Value) *pyeval.List {
	dims, ok := shape.(*pyeval.List)
	if !ok || len(dims.Items) != 1 {
		return nil
	}
	n, ok := dims.Items[0].(int)
	if !ok || n < 0 || n > maxVector || !in.Grow(n) {
		return nil
	}
	elements := pyeval.NewList(make([]pyeval.Value, n)...)
	for i := range elements.Items {
		elements.Items[i] = 0
	}
	return elements
}

func (e *Engine) parameter(v pyeval.Value) pyeval.Value {
	p := &Tensor{Shape: pyeval.Unknownf("shape of a parameter"), Param: true, Site: e.At}
	if t, ok := v.(*Tensor); ok {
		p.Shape = t.Shape
	}
	return p
}

// tensorShape returns the shape that torch.empty(…) and the like make.
func tensorShape(fn string, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
	if size, ok := kw.Get("size"); ok {
		args = []pyeval.Value{size}
	}
	if len(args) > 0 {
		if items, ok := pyeval.Iterate(args[0]); ok {
			return pyeval.NewList(items...)
		}
	}
	if fn == "full" || slices.ContainsFunc(args, pyeval.IsUnknown) {
		return pyeval.Derived("torch."+fn+"()", args...)
	}
	return pyeval.NewList(slices.Clone(args)...)
}

// arraySplit is numpy.array_split of a sequence into n nearly equal parts.
func arraySplit(in *pyeval.Interp, args []pyeval.Value) pyeval.Value {
	items, ok := pyeval.Iterate(pyeval.Argument(args, 0, nil))
	n, okN := pyeval.AsInt(pyeval.Argument(args, 1, nil))
	if !ok || !okN || n < 1 || n > in.Limits.Cells || !in.Grow(len(items)+n) {
		return pyeval.Derived("numpy.array_split()", args...)
	}
	out := &pyeval.List{}
	size, extra := len(items)/n, len(items)%n
	for i := range n {
		k := size
		if i < extra {
			k++
		}
		out.Items = append(out.Items, pyeval.NewList(items[:k:k]...))
		items = items[k:]
	}
	return out
}
