package tsast

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// manyElements is from how many elements on an array is read by all
// processors: opening a file of megabytes is what takes long.
const manyElements = 128

// readAhead reads the entries of a large array that are neither known nor
// damaged, in parallel; the result is by element and nil where the element is
// left to the caller. Reading a tree from several threads is safe: copies of
// a tree, which is what tree-sitter asks for, share all of its nodes.
func (r *reading) readAhead(elements []child) []*Model {
	if len(elements) < manyElements {
		return make([]*Model, len(elements))
	}
	models := make([]*Model, len(elements))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			p := &parser{} // for its buffer
			defer p.free()
			own := &reading{p: p, src: r.src, file: &File{}}
			for i := next.Add(1) - 1; i < int64(len(elements)); i = next.Add(1) - 1 {
				e := elements[i]
				if e.kind != kObject || e.is(flagMissing) || e.is(flagHasError) || r.known != nil && r.known(e.span()) != nil {
					continue
				}
				models[i] = own.readModel(e)
			}
		})
	}
	workers.Wait()
	return models
}

// free gives back the buffer of a parser, which makes a new one when it must.
func (p *parser) free() {
	cFree(unsafe.Pointer(p.flat.data)) // #nosec G103 -- the C side allocated it, nobody else holds it
	p.flat.data, p.flat.len, p.flat.cap = nil, 0, 0
}
