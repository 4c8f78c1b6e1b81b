package lsp

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/tsast"
)

// Snapshot is one version of an open models file. It is immutable: a handler
// keeps it as long as it likes.
type Snapshot struct {
	// URI is as the client writes it, so that answers match its own.
	URI uri.URI
	// Path is the file's path, "" for documents that are no files.
	Path    string
	Version int32
	File    *tsast.File
	// LastGood is the last reading without syntax errors, for what must not
	// flicker while the text is broken; it equals File when there are none.
	LastGood *tsast.File
	converter

	key uri.URI
	seq uint64 // grows with every snapshot of the session
}

// Entry and module lookups of many handlers start from an entry's span.

// span gives a model-relative span its place in the file.
func span(e tsast.Entry, s tsast.Span) tsast.Span { return s.Shift(e.Offset) }

// documents are the open documents. Only the reader's goroutine changes them;
// the lock is for the jobs and the publisher, which look.
type documents struct {
	server *Server

	mu   sync.Mutex
	open map[uri.URI]*document
	seq  uint64
}

// document is an open document of any kind.
type document struct {
	uri      uri.URI // as the client writes it
	key      uri.URI // normalised
	path     string
	language string
	version  int32
	text     []byte
	lines    *lineIndex
	// tree is nil for a document that is no models file.
	tree *tsast.Document
	// dropped: a large file that is none of ours; its text is not kept.
	dropped bool
	// lost: the text is out of step with the client's. Nothing is answered
	// about it until the client sends all of it again.
	lost bool
	snap *Snapshot
	// changed is closed, and replaced, at every change.
	changed chan struct{}
}

// maxForeign is the largest document that is kept although it is no models
// file: it may become one while it is typed.
const maxForeign = 1 << 20

// normalise is how a document is looked up: editors encode the same path
// differently. The copy does not keep the message that u came in alive.
func normalise(u uri.URI) uri.URI {
	if n, err := uri.Parse(string(u)); err == nil {
		return uri.URI(strings.Clone(string(n)))
	}
	return uri.URI(strings.Clone(string(u)))
}

// filePath is the path of a file URI, "" for others.
func filePath(u uri.URI) string {
	n, err := uri.Parse(string(u))
	if err != nil || !n.IsFile() {
		return ""
	}
	return filepath.Clean(n.FsPath())
}

// snapshot gives the newest snapshot of a models file, nil for all others.
func (d *documents) snapshot(u uri.URI) *Snapshot {
	return d.byKey(normalise(u))
}

func (d *documents) byKey(key uri.URI) *Snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	if doc := d.open[key]; doc != nil {
		return doc.snap
	}
	return nil
}

// all gives the newest snapshots of all models files.
func (d *documents) all() []*Snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []*Snapshot
	for _, doc := range d.open {
		if doc.snap != nil {
			out = append(out, doc.snap)
		}
	}
	return out
}

// watch gives the newest snapshot and a channel that is closed when there is
// a newer one or the document is closed. ok is false when it is not open.
func (d *documents) watch(key uri.URI) (snap *Snapshot, changed <-chan struct{}, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	doc := d.open[key]
	if doc == nil {
		return nil, nil, false
	}
	return doc.snap, doc.changed, true
}

// put opens a document, replacing one of the same URI.
func (d *documents) put(doc *document) {
	d.remove(doc.key)
	doc.changed = make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		d.open = make(map[uri.URI]*document)
	}
	d.open[doc.key] = doc
}

// remove closes a document.
func (d *documents) remove(key uri.URI) *document {
	d.mu.Lock()
	defer d.mu.Unlock()
	doc := d.open[key]
	if doc == nil {
		return nil
	}
	delete(d.open, key)
	close(doc.changed)
	doc.closeTree()
	return doc
}

func (d *documents) closeAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, doc := range d.open {
		delete(d.open, key)
		close(doc.changed)
		doc.closeTree()
	}
}

func (doc *document) closeTree() {
	if doc.tree != nil {
		doc.tree.Close()
		doc.tree = nil
	}
}

// get gives a document for the reader's goroutine, which may change it and
// must publish with advance.
func (d *documents) get(u uri.URI) *document {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[normalise(u)]
}

// advance makes the document's state visible as a new snapshot and wakes
// whoever waits for one.
func (d *documents) advance(doc *document) *Snapshot {
	d.server.classify(doc)
	d.mu.Lock()
	defer d.mu.Unlock()
	doc.snap = nil
	if doc.tree != nil && !doc.lost {
		d.seq++
		doc.snap = &Snapshot{
			URI: doc.uri, Path: doc.path, Version: doc.version, key: doc.key, seq: d.seq,
			File: doc.tree.File(), LastGood: doc.tree.LastGood(),
			converter: converter{text: doc.text, lines: doc.lines, utf8: d.server.caps.utf8},
		}
	}
	close(doc.changed)
	doc.changed = make(chan struct{})
	return doc.snap
}

// classify decides whether a document is a models file, and gives it a tree
// when it has become one.
func (s *Server) classify(doc *document) {
	if doc.dropped || doc.lost {
		return
	}
	isModels := s.isModels(doc)
	switch {
	case isModels && doc.tree == nil:
		doc.tree = tsast.Open(doc.text)
	case !isModels && doc.tree != nil:
		doc.closeTree()
	}
}

// isModels: the file is named as the setting says, or its text declares an
// array of Model with entries like ours.
func (s *Server) isModels(doc *document) bool {
	scheme := doc.key.Scheme()
	if scheme != "file" && scheme != "untitled" {
		return false // the other side of a diff, a preview
	}
	if s.config.forPath(doc.path).isModelsFile(doc.path, doc.key) {
		return true
	}
	if !strings.HasPrefix(doc.language, "typescript") {
		return false
	}
	if doc.tree != nil {
		return true // once recognised, a half-typed text does not undo it
	}
	return declaresModels(doc.text)
}

// modelArray is a declaration of an array of Model.
var modelArray = regexp.MustCompile(`(?::|satisfies|as)\s*(?:readonly\s+)?(?:Model\[\]|(?:Readonly)?Array<Model>)`)

func declaresModels(text []byte) bool {
	if !bytes.Contains(text, []byte("Model")) || !modelArray.Match(text) {
		return false
	}
	f := tsast.Parse(text)
	if f.Array == (tsast.Span{}) {
		return false
	}
	for _, e := range f.Entries {
		if e.Model.ModulesSpan != (tsast.Span{}) {
			return true
		}
	}
	return len(f.Entries) == 0 && len(f.Opaque) == 0
}

// newDocument takes over the text of didOpen.
func newDocument(item *protocol.TextDocumentItem) *document {
	return &document{
		uri:      uri.URI(strings.Clone(string(item.URI))),
		key:      normalise(item.URI),
		path:     filePath(item.URI),
		language: strings.Clone(string(item.LanguageID)),
		version:  item.Version,
	}
}

// setText replaces the whole text.
func (doc *document) setText(text []byte) {
	doc.lost = false
	doc.closeTree()
	doc.text, doc.lines = text, newLineIndex(text)
}
