package tsast

import (
	"sort"
	"strings"
	"unsafe"
)

// Document is a models.ts that is being edited. It keeps the last tree, so
// that an edit costs what it changes: a File shares every Model that the edit
// did not touch with the File before it. A Document belongs to one goroutine
// at a time, the Files it gives to everybody; Close frees the tree.
type Document struct {
	p *parser
	// tree is the last tree; a text that was read in parts has none.
	tree     *tree
	pending  []change // of the text, of which the tree was not told yet
	plain    *plainReader
	large    int // the size from which on a text is read in parts
	reading  *reading
	lastGood *File
	spare    []byte // memory for the next text
}

// Open reads a text, which must not be changed afterwards.
func Open(src []byte) *Document { return open(src, largeText) }

func open(src []byte, large int) *Document {
	d := &Document{p: newParser(), large: large}
	d.fresh(src, nil)
	return d
}

// Close frees the tree. Files that were given out stay valid.
func (d *Document) Close() {
	d.tree.close()
	d.tree = nil
	d.p.close()
}

// File is the present reading.
func (d *Document) File() *File { return d.reading.file }

// LastGood is the last reading that had its array and no syntax error; nil
// when there was none.
func (d *Document) LastGood() *File { return d.lastGood }

// Replace takes a whole new text.
func (d *Document) Replace(src []byte) *File {
	old := d.reading.file.Src
	start := 0
	for start < len(old) && start < len(src) && old[start] == src[start] {
		start++
	}
	oldEnd, newEnd := len(old), len(src)
	for oldEnd > start && newEnd > start && old[oldEnd-1] == src[newEnd-1] {
		oldEnd, newEnd = oldEnd-1, newEnd-1
	}
	if start == oldEnd && start == newEnd {
		return d.reading.file
	}
	d.inform(change{start, oldEnd, newEnd})
	return d.reparse(src, change{start, oldEnd, newEnd})
}

// Edit makes one edit. A span beyond the text is cut to it.
func (d *Document) Edit(e TextEdit) *File { return d.Edits([]TextEdit{e}) }

// Edits makes several edits and reads the result once. Each span points into
// the text that the edits before it gave, as in LSP's didChange.
func (d *Document) Edits(edits []TextEdit) *File {
	src := d.reading.file.Src
	var all change
	for i, e := range edits {
		c := change{start: min(max(e.Span.Start, 0), len(src))}
		c.oldEnd = min(max(e.Span.End, c.start), len(src))
		c.newEnd = c.start + len(e.NewText)
		src = d.splice(src, c, e.NewText)
		d.inform(c)
		if i == 0 {
			all = c
		} else {
			all = all.then(c)
		}
	}
	if len(edits) == 0 {
		return d.reading.file
	}
	return d.reparse(src, all)
}

// change says that the bytes from start to oldEnd became those from start to
// newEnd.
type change struct{ start, oldEnd, newEnd int }

func (c change) delta() int { return c.newEnd - c.oldEnd }

// then is one change that covers two, the second of which points into the
// text after the first.
func (c change) then(d change) change {
	end := max(c.newEnd, d.oldEnd)
	return change{min(c.start, d.start), end - c.delta(), end + d.delta()}
}

// Recycle gives the Document the memory of a text that it made, and that
// nobody reads any more, for a text to come: typing in a file of megabytes
// then leaves no garbage of megabytes behind.
func (d *Document) Recycle(src []byte) {
	now := d.reading.file.Src
	if len(src) == 0 || len(now) > 0 && &src[0] == &now[0] || d.lastGood != nil && len(d.lastGood.Src) > 0 && &src[0] == &d.lastGood.Src[0] {
		return // somebody does: this Document
	}
	d.spare = src[:0]
}

// splice gives a new text, in the spare memory where that is large enough.
func (d *Document) splice(src []byte, c change, text string) []byte {
	spare := d.spare
	d.spare = nil
	if cap(spare) < len(src)+c.delta() {
		return splice(src, c, text)
	}
	spare = append(spare[:0], src[:c.start]...)
	spare = append(spare, text...)
	return append(spare, src[c.oldEnd:]...)
}

// slack is what a text that is edited has room to grow.
const slack = 4096

// splice gives a new text. It is built in a strings.Builder, whose memory is
// not cleared first: for a text of megabytes that is half of the cost.
func splice(src []byte, c change, text string) []byte {
	var b strings.Builder
	size := len(src) + c.delta() + slack
	b.Grow(size)
	b.Write(src[:c.start])
	b.WriteString(text)
	b.Write(src[c.oldEnd:])
	s := b.String()
	// #nosec G103 -- Grow made room for size bytes, and nobody else writes to them
	return unsafe.Slice(unsafe.StringData(s), size)[:len(s)]
}

// inform notes a change that the tree has to be told of before it is used.
func (d *Document) inform(c change) {
	if d.tree != nil {
		d.pending = append(d.pending, c)
	}
}

// mostPending is how many changes may wait for the tree to be told of them.
const mostPending = 256

// reparse reads the new text, incrementally where the result can be trusted:
// a tree with an error in it may differ from that of a fresh parse. While the
// changes stay within plain modules, the tree is left behind.
func (d *Document) reparse(src []byte, c change) *File {
	if len(d.pending) <= mostPending {
		if r := d.inModule(src, c); r != nil {
			return d.take(r)
		}
	}
	for _, p := range d.pending {
		d.tree.edit(p)
	}
	d.pending = d.pending[:0]
	if d.reading.parts != nil {
		if r := d.inPart(src, c); r != nil {
			return d.take(r)
		}
	}
	if d.tree == nil {
		return d.fresh(src, d.knownAfter(c))
	}
	if r := d.inParts(src, d.knownAfter(c)); r != nil { // it is sound again
		return d.take(r)
	}
	next := d.p.parse(d.tree, src)
	d.tree.close()
	d.tree = next
	if next == nil || next.hasError() {
		return d.whole(src, d.knownAfter(c))
	}
	if r := d.inEntry(src, c); r != nil {
		return d.take(r)
	}
	return d.take(newReading(d.p, next, src, d.knownAfter(c)))
}

// fresh reads a text from scratch.
func (d *Document) fresh(src []byte, known func(Span) *Model) *File {
	if r := d.inParts(src, known); r != nil {
		return d.take(r)
	}
	return d.whole(src, known)
}

// inParts reads a large text in parts, without a tree; nil when it is small,
// or must be read as a whole.
func (d *Document) inParts(src []byte, known func(Span) *Model) *reading {
	if len(src) < d.large {
		return nil
	}
	r := readParts(d.p, src, known)
	if r != nil {
		d.dropTree()
	}
	return r
}

func (d *Document) dropTree() {
	d.tree.close()
	d.tree = nil
}

// whole reads a text out of one new tree.
func (d *Document) whole(src []byte, known func(Span) *Model) *File {
	d.tree.close()
	d.tree = d.p.parse(nil, src)
	if len(src) >= d.large {
		defer d.p.free() // the buffer is as large as the tree
	}
	if d.tree == nil {
		return d.take(&reading{src: src, file: unparsed(src)})
	}
	return d.take(newReading(d.p, d.tree, src, known))
}

func (d *Document) take(r *reading) *File {
	r.known, r.damage = nil, nil
	d.reading = r
	if len(r.file.Problems) == 0 && r.file.Array != (Span{}) {
		d.lastGood = r.file
	}
	return r.file
}

// knownAfter finds the Model of an entry that lies wholly before or wholly
// after a change by where it stood in the text before.
func (d *Document) knownAfter(c change) func(Span) *Model {
	entries := d.reading.file.Entries
	return func(s Span) *Model {
		was := s.Start
		switch {
		case s.End <= c.start:
		case s.Start >= c.newEnd:
			was -= c.delta()
		default:
			return nil
		}
		i := sort.Search(len(entries), func(i int) bool { return entries[i].Offset >= was })
		if i == len(entries) || entries[i].Offset != was {
			return nil
		}
		if m := entries[i].Model; !m.damaged && m.Span.End == s.End-s.Start {
			return m
		}
		return nil
	}
}
