package lsp

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/lsp/text"
	"github.com/fib-ls/fib-ls/tsast"
)

// document is an open document of any kind. Its text follows the client at
// once; it is parsed when somebody wants to know what is in it. What arrives
// in a burst is so parsed once, which counts where parsing is slow: in a
// large text that is broken just now.
type document struct {
	server   *Server
	uri      uri.URI // as the client writes it
	key      uri.URI // normalised
	path     string
	language string

	// mu guards what follows. The reader's goroutine changes the document,
	// whoever asks first parses it.
	mu      sync.Mutex
	version int32
	// text is the present text. pending are the edits since the last parse;
	// replaced says that the whole text is another one since.
	text     text.Text
	pending  []tsast.TextEdit
	replaced bool
	// tree is nil for a document that is not a models file.
	tree *tsast.Document
	// dropped: a large file that is none of ours; its text is not kept.
	dropped bool
	// lost: the text is out of step with the client's. Nothing is answered
	// about it until the client sends all of it again.
	lost   bool
	closed bool
	snap   *Snapshot // of the last parse
	// changed is closed, and replaced, at every change.
	changed chan struct{}
}

// newDocument makes a document of didOpen's item, without its text.
func newDocument(s *Server, item *protocol.TextDocumentItem) *document {
	return &document{
		server:   s,
		uri:      uri.URI(strings.Clone(string(item.URI))),
		key:      normalise(item.URI),
		path:     filePath(item.URI),
		language: strings.Clone(string(item.LanguageID)),
		version:  item.Version,
		changed:  make(chan struct{}),
	}
}

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

// maxForeign is the largest document that is kept although it is not a models
// file: it may become one while it is typed.
const maxForeign = 1 << 20

// set takes a whole new text over. mu is held, as for all that follow.
func (doc *document) set(whole string) {
	doc.lost, doc.dropped = false, false
	doc.text, doc.pending, doc.replaced = text.New(whole), nil, true
	if doc.tree == nil && !doc.isModels() {
		if doc.replaced = false; len(whole) > maxForeign {
			doc.text, doc.dropped = text.Text{}, true
		}
		return
	}
	if doc.tree == nil {
		doc.open()
	}
}

// open reads the text as that of a models file.
func (doc *document) open() {
	doc.tree = tsast.Open(doc.text.Bytes())
	doc.pending, doc.replaced = nil, false
	doc.see()
}

// edit applies one change of a range.
func (doc *document) edit(at protocol.Range, by string) {
	s := newConverter(doc.text, doc.server.caps.utf8).SpanFromRange(at)
	by = strings.Clone(by) // which does not keep the message alive
	doc.text = doc.text.Edit(s.Start, s.End, by)
	switch {
	case doc.tree == nil:
		doc.recognise(s.Start)
	case !doc.replaced:
		doc.pending = append(doc.pending, tsast.TextEdit{Span: s, NewText: by})
	}
}

// parsed brings the tree up to date and gives its snapshot; nil for what is no
// models file, or not known, or closed.
func (doc *document) parsed() *Snapshot {
	if doc.tree == nil || doc.lost || doc.closed {
		return nil
	}
	switch {
	case doc.replaced:
		doc.tree.Replace(doc.text.Bytes())
	case len(doc.pending) > 0:
		doc.tree.Edits(doc.pending)
	default:
		return doc.snap
	}
	doc.pending, doc.replaced = nil, false
	doc.see()
	return doc.snap
}

// see makes the snapshot of what was just parsed.
func (doc *document) see() {
	doc.snap = &Snapshot{
		URI: doc.uri, Path: doc.path, Version: doc.version, key: doc.key, seq: doc.server.docs.next(),
		File: doc.tree.File(), LastGood: doc.tree.LastGood(), converter: newConverter(doc.text, doc.server.caps.utf8),
	}
}

// touched wakes whoever waits for a change.
func (doc *document) touched() {
	close(doc.changed)
	doc.changed = make(chan struct{})
}

// close frees the tree; snapshots stay valid.
func (doc *document) close() {
	doc.mu.Lock()
	defer doc.mu.Unlock()
	doc.closed = true
	close(doc.changed)
	if doc.tree != nil {
		doc.tree.Close()
		doc.tree = nil
	}
}

// isModels reports whether a document is a models.ts: the file is named as the
// setting says, or its text declares an array of Model with entries like ours.
func (doc *document) isModels() bool {
	scheme := doc.key.Scheme()
	if scheme != "file" && scheme != "untitled" {
		return false // the other side of a diff, a preview
	}
	if doc.server.config.forPath(doc.path).isModelsFile(doc.path, doc.key) {
		return true
	}
	return strings.HasPrefix(doc.language, "typescript") && declaresModels(doc.text.Bytes())
}

// modelArray is a declaration of an array of Model.
var modelArray = regexp.MustCompile(`(?::|satisfies|as)\s*(?:readonly\s+)?(?:Model\[\]|(?:Readonly)?Array<Model>)`)

func declaresModels(src []byte) bool {
	if !bytes.Contains(src, []byte("Model")) || !modelArray.Match(src) {
		return false
	}
	f := tsast.Parse(src)
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

// recognise looks whether an edit at a byte made a models file of a document:
// the line that was edited must declare one before all of it is looked at.
// What was recognised once stays, however it is typed on.
func (doc *document) recognise(at int) {
	start, end := doc.text.Line(doc.text.LineOf(min(at, doc.text.Len())))
	if modelArray.MatchString(doc.text.Slice(start, end)) {
		doc.reclassify()
	}
}

// reclassify decides again whether the document is a models file: its text or
// the settings have changed.
func (doc *document) reclassify() {
	if doc.dropped || doc.lost {
		return
	}
	named := doc.isModels()
	switch {
	case named && doc.tree == nil:
		doc.open()
	case !named && doc.tree != nil && !declaresModels(doc.text.Bytes()):
		doc.tree.Close()
		doc.tree, doc.snap, doc.pending, doc.replaced = nil, nil, nil, false
	}
}
