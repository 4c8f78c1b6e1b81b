package lsp

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.lsp.dev/uri"
)

// documents are the open documents.
type documents struct {
	mu   sync.Mutex
	open map[uri.URI]*document
	seq  atomic.Uint64
}

func (d *documents) next() uint64 { return d.seq.Add(1) }

// get finds an open document.
func (d *documents) get(key uri.URI) *document {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[key]
}

// newest returns the newest snapshot of a models file, nil for all others.
func (d *documents) newest(key uri.URI) *Snapshot {
	doc := d.get(key)
	if doc == nil {
		return nil
	}
	doc.mu.Lock()
	defer doc.mu.Unlock()
	return doc.parsed()
}

// list returns all documents in a steady order.
func (d *documents) list() []*document {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]*document, 0, len(d.open))
	for _, doc := range d.open {
		out = append(out, doc)
	}
	slices.SortFunc(out, func(a, b *document) int { return strings.Compare(string(a.key), string(b.key)) })
	return out
}

// all returns the newest snapshots of all models files in a steady order.
func (d *documents) all() []*Snapshot {
	var out []*Snapshot
	for _, doc := range d.list() {
		doc.mu.Lock()
		if snap := doc.parsed(); snap != nil {
			out = append(out, snap)
		}
		doc.mu.Unlock()
	}
	return out
}

// watch returns the newest snapshot and a channel that is closed when the
// document changes or is closed. open is false when there is no document.
func (d *documents) watch(key uri.URI) (snap *Snapshot, changed <-chan struct{}, open bool) {
	doc := d.get(key)
	if doc == nil {
		return nil, nil, false
	}
	doc.mu.Lock()
	defer doc.mu.Unlock()
	return doc.parsed(), doc.changed, true
}

// put opens a document, replacing one of the same URI.
func (d *documents) put(doc *document) {
	d.remove(doc.key)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		d.open = make(map[uri.URI]*document)
	}
	d.open[doc.key] = doc
}

// remove closes a document; nil when it was not open.
func (d *documents) remove(key uri.URI) *document {
	d.mu.Lock()
	doc := d.open[key]
	delete(d.open, key)
	d.mu.Unlock()
	if doc != nil {
		doc.close()
	}
	return doc
}

func (d *documents) closeAll() {
	for _, doc := range d.list() {
		d.remove(doc.key)
	}
}

// moved reports whether an open document has another text by now.
func (d *documents) moved(key uri.URI, text []byte) bool {
	snap, _, _ := d.watch(key)
	return snap != nil && !snap.text.Equal(text)
}
