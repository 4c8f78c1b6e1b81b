package lsp

import (
	"slices"
	"unicode/utf8"

	"github.com/fib-ls/fib-ls/tsast"
)

// manyChanges is from how many changes in one message on the tree is told of
// the whole instead of each: every edit of it copies the text.
const manyChanges = 64

// edit applies changes in order, each in coordinates of what the one before
// left.
func (doc *document) edit(changes []change, utf8 bool) {
	if len(changes) == 1 && doc.tree != nil {
		at := converter{doc.text, doc.lines, utf8}.SpanFromRange(*changes[0].at)
		doc.text = doc.tree.Edit(tsast.TextEdit{Span: at, NewText: changes[0].text}).Src
		doc.lines = doc.lines.edit(doc.text, at.Start, at.End, at.Start+len(changes[0].text))
		return
	}
	text, lines := slices.Clone(doc.text), doc.lines
	edits := make([]tsast.TextEdit, len(changes))
	for i, c := range changes {
		at := converter{text, lines, utf8}.SpanFromRange(*c.at)
		text = slices.Replace(text, at.Start, at.End, []byte(c.text)...)
		lines = lines.edit(text, at.Start, at.End, at.Start+len(c.text))
		edits[i] = tsast.TextEdit{Span: at, NewText: c.text}
	}
	doc.text, doc.lines = text, lines
	switch {
	case doc.tree == nil:
	case len(edits) < manyChanges:
		doc.text = doc.tree.Edits(edits).Src
	default:
		doc.text = doc.tree.Replace(text).Src
	}
}

// replace sets the whole text. Clients that know full synchronisation only
// send everything on every key: the tree finds out what changed.
func (doc *document) replace(text string) {
	if doc.lost || doc.tree == nil {
		doc.setText([]byte(text))
		return
	}
	doc.text = doc.tree.Replace([]byte(text)).Src
	doc.lines = newLineIndex(doc.text)
}

// smallestEdit is the one edit between two texts, at character boundaries.
func smallestEdit(old []byte, now string) (tsast.TextEdit, bool) {
	limit := min(len(old), len(now))
	head := 0
	for head < limit && old[head] == now[head] {
		head++
	}
	if head == len(old) && head == len(now) {
		return tsast.TextEdit{}, false
	}
	for head > 0 && (head < len(old) && !utf8.RuneStart(old[head]) || head < len(now) && !utf8.RuneStart(now[head])) {
		head--
	}
	tail := 0
	for tail < limit-head && old[len(old)-1-tail] == now[len(now)-1-tail] {
		tail++
	}
	for tail > 0 && !utf8.RuneStart(old[len(old)-tail]) {
		tail--
	}
	return tsast.TextEdit{Span: tsast.Span{Start: head, End: len(old) - tail}, NewText: now[head : len(now)-tail]}, true
}
