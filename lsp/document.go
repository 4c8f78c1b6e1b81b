package lsp

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

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
	lines   *lineIndex
	// text is the present text. It is nil while single is pending, so that
	// the usual keystroke copies the text once and not twice.
	text []byte
	// owned: nobody else has text; it may be changed in place.
	owned bool
	// single is the one edit since the last parse, when it was only one;
	// stale says that there were others.
	single *tsast.TextEdit
	stale  bool
	// tree is nil for a document that is no models file.
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

// maxForeign is the largest document that is kept although it is no models
// file: it may become one while it is typed.
const maxForeign = 1 << 20

// set takes a whole new text over. mu is held, as for all that follow.
func (doc *document) set(text []byte) {
	doc.lost, doc.dropped = false, false
	doc.text, doc.owned, doc.lines = text, false, newLineIndex(text)
	doc.single, doc.stale = nil, true
	if doc.tree == nil && !doc.isModels() {
		doc.stale = false
		if len(text) > maxForeign {
			doc.text, doc.lines, doc.dropped = nil, nil, true
		}
		return
	}
	if doc.tree == nil {
		doc.tree = tsast.Open(text)
		doc.stale = false
		doc.see()
	}
}

// now is the present text.
func (doc *document) now() []byte {
	if doc.single != nil {
		base := doc.tree.File().Src()
		doc.text = slices.Concat(base[:doc.single.Span.Start], []byte(doc.single.NewText), base[doc.single.Span.End:])
		doc.owned, doc.single, doc.stale = true, nil, true
	}
	return doc.text
}

// edit applies one change of a range.
func (doc *document) edit(at protocol.Range, text string) {
	utf8 := doc.server.caps.utf8
	if doc.tree != nil && !doc.stale && doc.single == nil {
		s := converter{doc.text, doc.lines, utf8}.SpanFromRange(at)
		doc.lines = doc.lines.edit(doc.text, s.Start, s.End, text)
		doc.single, doc.text = &tsast.TextEdit{Span: s, NewText: strings.Clone(text)}, nil
		return
	}
	now := doc.now()
	s := converter{now, doc.lines, utf8}.SpanFromRange(at)
	doc.lines = doc.lines.edit(now, s.Start, s.End, text)
	if !doc.owned {
		now = slices.Clone(now)
	}
	doc.text, doc.owned, doc.stale = slices.Replace(now, s.Start, s.End, []byte(text)...), true, doc.tree != nil
	if doc.tree == nil {
		doc.recognise(s.Start)
	}
}

// parsed brings the tree up to date and gives its snapshot; nil for what is no
// models file, or not known, or closed.
func (doc *document) parsed() *Snapshot {
	if doc.tree == nil || doc.lost || doc.closed {
		return nil
	}
	switch {
	case doc.single != nil:
		doc.tree.Edit(*doc.single)
	case doc.stale:
		doc.tree.Replace(doc.text)
	default:
		return doc.snap
	}
	doc.single, doc.stale = nil, false
	doc.see()
	return doc.snap
}

// see makes the snapshot of what was just parsed.
func (doc *document) see() {
	file := doc.tree.File()
	doc.text, doc.owned = file.Src(), false
	doc.snap = &Snapshot{
		URI: doc.uri, Path: doc.path, Version: doc.version, key: doc.key, seq: doc.server.docs.next(),
		File: file, LastGood: doc.tree.LastGood(),
		converter: converter{text: file.Src(), lines: doc.lines, utf8: doc.server.caps.utf8},
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

// isModels: the file is named as the setting says, or its text declares an
// array of Model with entries like ours.
func (doc *document) isModels() bool {
	scheme := doc.key.Scheme()
	if scheme != "file" && scheme != "untitled" {
		return false // the other side of a diff, a preview
	}
	if doc.server.config.forPath(doc.path).isModelsFile(doc.path, doc.key) {
		return true
	}
	return strings.HasPrefix(doc.language, "typescript") && declaresModels(doc.now())
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

// recognise looks whether an edit at a byte made a models file of a document:
// the line that was edited must declare one before all of it is looked at.
// What was recognised once stays, however it is typed on.
func (doc *document) recognise(at int) {
	start, end := converter{doc.text, doc.lines, false}.line(doc.lines.LineFromOffset(min(at, len(doc.text))))
	if modelArray.Match(doc.text[start:end]) {
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
		doc.tree = tsast.Open(doc.text)
		doc.see()
	case !named && doc.tree != nil && !declaresModels(doc.now()):
		doc.text = doc.now()
		doc.tree.Close()
		doc.tree, doc.snap, doc.stale = nil, nil, false
	}
}
