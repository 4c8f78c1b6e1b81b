package baseline

// maxVector bounds the vectors whose elements are kept.
const maxVector = 1024

// zeroVector gives the elements of torch.zeros(shape), nil unless the shape
// is that of a small vector.
func (in *interp) zeroVector(shape value) *list {
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

// vectorItem gives one element of a tensor.
func (in *interp) vectorItem(t *tensor, key value) value {
	if _, ok := key.(int); ok && t.elements != nil {
		return in.elementAt(t, t.elements.items, key)
	}
	return derived("Tensor["+show(key)+"]", key)
}

// setVectorItem writes one element; a write to several leaves none known.
func (in *interp) setVectorItem(t *tensor, key, v value) {
	if t.elements == nil {
		return
	}
	if i, ok := position(key, len(t.elements.items)); ok {
		in.touchList(t.elements)
		t.elements.items[i] = v
		return
	}
	in.forget(t)
}

// forget is for what may write to a tensor in a way that is not followed.
func (in *interp) forget(t *tensor) {
	if t.elements == nil {
		return
	}
	in.touchList(t.elements)
	for i := range t.elements.items {
		t.elements.items[i] = in.unknownf("an element of a tensor")
	}
}

// forgetElements: a function outside of SGLang may write to the tensors that
// it is given (out=, in-place initialisation).
func (in *interp) forgetElements(args []value, kw *namespace) {
	for _, v := range args {
		if t, ok := v.(*tensor); ok {
			in.forget(t)
		}
	}
	if kw == nil {
		return
	}
	for _, v := range kw.vals {
		if t, ok := v.(*tensor); ok {
			in.forget(t)
		}
	}
}
