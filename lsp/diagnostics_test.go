package lsp

import (
	"bytes"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases/validate"
)

// What is published after an edit is what a fresh reading gives, and the
// findings of entries that begin where they began are copied.
func TestUnchangedFindingsAreCopied(t *testing.T) {
	text := manyModels(t, 1)
	s := New(Options{})
	s.config.setInitial(nil)
	doc := newDocument(s, &protocol.TextDocumentItem{URI: modelsURI, LanguageID: "typescript"})
	doc.set(text)
	defer doc.close()
	checker := validate.NewChecker(s.checkOptions(doc.parsed()))
	_, known, err := s.appendDiagnostics(nil, doc.parsed(), s.shown(doc.parsed(), checker), nil)
	if err != nil || len(known) < 5 {
		t.Fatalf("findings of %d entries: %v", len(known), err)
	}
	entries := doc.parsed().File.Entries
	middle := entries[len(entries)/2].Offset
	for _, edit := range []struct {
		what   string
		at     int
		by     string
		copied bool // the findings of the last entry
	}{
		{"a letter in an entry", middle + len("{\n    id: \""), "x", true},
		{"a line before an entry", middle, "\n", false},
		{"a line behind all entries", len(doc.parsed().bytes()), "\n", true},
		{"a column before an entry", entries[0].Offset, " ", true},
	} {
		at := doc.parsed().PositionFromOffset(edit.at)
		doc.edit(protocol.Range{Start: at, End: at}, edit.by)
		snap := doc.parsed()
		groups := s.shown(snap, checker)
		got, now, err := s.appendDiagnostics(nil, snap, groups, known)
		if err != nil {
			t.Fatal(err)
		}
		fresh, _, _ := s.appendDiagnostics(nil, snap, s.shown(snap, validate.NewChecker(s.checkOptions(snap))), nil)
		if !bytes.Equal(got, fresh) {
			t.Errorf("%s: published\n%s\nwant\n%s", edit.what, got, fresh)
		}
		for of := range known { // copied text would show
			marked := known[of]
			marked.text = []byte(`"copied"`)
			known[of] = marked
		}
		got, _, _ = s.appendDiagnostics(nil, snap, groups, known)
		if copied := bytes.HasSuffix(got, []byte(`"copied"]}`)); copied != edit.copied {
			t.Errorf("%s: the findings of the last entry are copied: %v", edit.what, copied)
		}
		known = now
	}
}
