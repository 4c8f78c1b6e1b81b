package tsast

import (
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

// Document is a models.ts that is being edited. An edit costs what it changes:
// it reads the entry again that it touches, and a File shares every other Model
// with the File before it. A Document belongs to one goroutine at a time, the
// Files it returns to everybody; Close frees its C memory.
type Document struct {
	p *parser
	// layout and frame are nil for a text that is read as a whole.
	layout   *layout
	frame    *frame
	file     *File
	votes    styleVotes // of the whole file
	lastGood *File
	// tree is that of the slot that was edited last, told of its edits.
	tree   *tree
	edited *slot
}

// Open reads a text, which must not be changed afterwards.
func Open(src []byte) *Document {
	d := &Document{p: newParser()}
	d.read(string(src), nil, change{})
	d.file.text.joined = func() []byte { return src }
	return d
}

// Close frees what Go does not. Files that were returned stay valid.
func (d *Document) Close() {
	d.dropTree()
	d.p.close()
}

func (d *Document) dropTree() {
	d.tree.close()
	d.tree, d.edited = nil, nil
}

// File is the present reading.
func (d *Document) File() *File { return d.file }

// LastGood is the last reading that had its array and no syntax error; nil
// when there was none.
func (d *Document) LastGood() *File { return d.lastGood }

// Replace takes a whole new text.
func (d *Document) Replace(src []byte) *File {
	e, differs := SmallestEdit(string(d.file.Src()), string(src))
	if !differs {
		return d.file
	}
	return d.Edit(e)
}

// Edit makes one edit. A span beyond the text is cut to it.
func (d *Document) Edit(e TextEdit) *File { return d.Edits([]TextEdit{e}) }

// Edits makes several edits and reads the result once. Each span points into
// the text that the edits before it gave, as in LSP's didChange.
func (d *Document) Edits(edits []TextEdit) *File {
	l := d.layout
	for l != nil && len(edits) > 0 {
		next := d.editSlot(l, edits[0])
		if next == nil {
			break
		}
		l, edits = next, edits[1:]
	}
	switch {
	case len(edits) > 0:
		texts := d.file.text.texts
		if l != nil {
			texts = l.texts()
		}
		src, all := strings.Join(texts, ""), change{}
		for i, e := range edits {
			c := e.in(len(src))
			src = src[:c.start] + e.NewText + src[c.oldEnd:]
			if i == 0 {
				all = c
			} else {
				all = all.then(c)
			}
		}
		d.read(src, l, all)
	case l != d.layout:
		d.readEdited(l)
	}
	return d.file
}

// change says that the bytes from start to oldEnd became those from start to
// newEnd.
type change struct{ start, oldEnd, newEnd int }

// in is the change that an edit makes in a text of some size.
func (e TextEdit) in(size int) change {
	c := change{start: min(max(e.Span.Start, 0), size)}
	c.oldEnd = min(max(e.Span.End, c.start), size)
	c.newEnd = c.start + len(e.NewText)
	return c
}

func (c change) delta() int { return c.newEnd - c.oldEnd }

// then is one change that covers two, the second of which points into the
// text after the first.
func (c change) then(d change) change {
	end := max(c.newEnd, d.oldEnd)
	return change{min(c.start, d.start), end - c.delta(), end + d.delta()}
}

// editSlot is the layout after an edit inside a slot, which is to be read; nil
// when the edit touches more than that.
func (d *Document) editSlot(l *layout, e TextEdit) *layout {
	c := e.in(l.size())
	k := l.slotAt(c)
	if k < 0 || l.size()+c.delta() > MaxText {
		return nil
	}
	next, ok := l.afterEdit(k, c, e.NewText)
	if ok && d.edited == l.slots[k] {
		at := l.starts[k]
		d.tree.edit(change{c.start - at, c.oldEnd - at, c.newEnd - at})
		d.edited = next.slots[k]
	}
	if !ok {
		return nil
	}
	return next
}

// read reads a text. A layout of the text before it, of which a change made
// this one, has slots that need not be read again.
func (d *Document) read(src string, old *layout, c change) {
	d.dropTree()
	if len(src) > MaxText {
		d.takeWhole(src, &whole{elements: elements{problems: []SyntaxProblem{tooLarge(len(src))}}})
		return
	}
	found, ok := candidates(src)
	if !ok || len(found) == 0 || !d.readSplit(src, found, old, c) {
		d.takeWhole(src, readWhole(d.p, src))
	}
}

// readSplit reads a text that is split at one of some arrays; false when none
// of them is the models array. Most texts have one; of several the largest is
// tried first.
func (d *Document) readSplit(src string, found []candidate, old *layout, c change) bool {
	best := 0
	for i := range found {
		if found[i].end-found[i].start > found[best].end-found[best].start {
			best = i
		}
	}
	for range 2 {
		l := found[best].layout(src)
		if old != nil {
			l.keep(old, c)
		}
		known := l.known(old)
		d.readSlots(l, known)
		f := d.frame
		if !f.fits(l) {
			f = readFrame(d.p, l)
		}
		if f.isModelsArray() {
			d.take(l, f)
			return true
		}
		best = slices.IndexFunc(found, func(c candidate) bool { return c.start == f.at(f.found, l)+1 })
		if f.found < 0 || best < 0 {
			break
		}
	}
	return false
}

// readEdited reads a layout in which slots were edited.
func (d *Document) readEdited(l *layout) {
	var unread []int
	for k, s := range l.slots {
		if s.reading == nil {
			unread = append(unread, k)
		}
	}
	known := l.known(d.layout)
	if len(unread) > 1 {
		d.readSlots(l, known)
	} else {
		d.readOne(l.slots[unread[0]])
		known.share(l.slots[unread[0]])
	}
	switch {
	case !d.frame.fits(l): // another array may be the models array now
		d.read(strings.Join(l.texts(), ""), l, change{})
	case len(unread) > 1 || len(d.file.Problems) > 0:
		d.take(l, d.frame)
	default:
		d.takeSlot(l, unread[0])
	}
}

// readOne reads the one slot that was edited, out of the tree that it had where
// that can be trusted: where a tree has an error, it may differ from that of a
// fresh parse.
func (d *Document) readOne(s *slot) {
	var t *tree
	if d.edited == s {
		t = d.p.parseElements(d.tree, s.text, "")
	}
	d.dropTree()
	if t != nil && t.hasError() {
		t.close()
		t = nil
	}
	if t == nil {
		t = d.p.parseElements(nil, s.text, "")
	}
	if t == nil {
		readSlot(d.p, s)
		return
	}
	s.read(t)
	d.tree, d.edited = t, s
}

// readSlots reads the slots that are not read yet, by all processors.
func (d *Document) readSlots(l *layout, known knownModels) {
	var unread []*slot
	for _, s := range l.slots {
		if s.reading == nil {
			unread = append(unread, s)
		}
	}
	var last atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(unread)) {
		workers.Go(func() {
			p := newParser()
			defer p.close()
			for i := int(last.Add(1)); i <= len(unread); i = int(last.Add(1)) {
				readSlot(p, unread[i-1])
			}
		})
	}
	workers.Wait()
	for _, s := range unread {
		known.share(s)
	}
}

// takeWhole makes the File of a text that was read as a whole.
func (d *Document) takeWhole(src string, w *whole) {
	d.layout, d.frame = nil, nil
	f := &File{Entries: w.entries, Opaque: w.opaque, Array: w.array, Problems: w.problems, text: newPieces([]string{src})}
	f.Comments = allComments(w.comments, f.Entries)
	d.takeFile(f, w.votes)
}

// take makes the File of a layout.
func (d *Document) take(l *layout, frame *frame) {
	d.layout, d.frame = l, frame
	f := &File{Array: l.array(), text: newPieces(l.texts())}
	var outer []Comment
	for _, c := range frame.comments {
		if c.Span.Start < len(l.head) {
			outer = append(outer, c)
		}
	}
	for i, s := range l.slots {
		at := l.starts[i]
		for _, e := range s.reading.entries {
			e.Offset += at
			f.Entries = append(f.Entries, e)
		}
		for _, o := range s.reading.opaque {
			f.Opaque = append(f.Opaque, Opaque{o.Span.Shift(at), o.What})
		}
		for _, c := range s.reading.comments {
			c.Span = c.Span.Shift(at)
			outer = append(outer, c)
		}
		for _, p := range s.reading.problems {
			f.Problems = append(f.Problems, SyntaxProblem{p.Span.Shift(at), p.Message})
		}
	}
	for _, c := range frame.comments {
		if c.Span.Start >= len(l.head) {
			c.Span = frame.span(c.Span, l)
			outer = append(outer, c)
		}
	}
	for _, p := range frame.problems {
		f.Problems = append(f.Problems, SyntaxProblem{frame.span(p.Span, l), p.Message})
	}
	// An entry that is not closed hides the bracket of its array.
	if last := l.slots[len(l.slots)-1]; l.unclosed && (len(last.unclosed) == 0 || last.unclosed[0].open != '{') {
		f.Problems = append(f.Problems, SyntaxProblem{Span{len(l.head) - 1, len(l.head)}, "`[` is never closed"})
	}
	sort.SliceStable(f.Problems, func(i, j int) bool { return f.Problems[i].Span.Start < f.Problems[j].Span.Start })
	f.Comments = allComments(outer, f.Entries)
	d.takeFile(f, frame.votes)
}

// takeFile takes a File whose statements count so much for its style.
func (d *Document) takeFile(f *File, statements styleVotes) {
	d.votes = statements
	for i := range f.Entries {
		d.votes.add(&f.Entries[i].Model.votes)
	}
	d.finish(f)
}

func (d *Document) finish(f *File) {
	f.Style = d.votes.style(f.text.lineEnds())
	d.file = f
	if len(f.Problems) == 0 && f.Array != (Span{}) {
		d.lastGood = f
	}
}

// takeSlot makes the File of a layout that differs from the present one in one
// slot, out of the present File, which has no syntax error.
func (d *Document) takeSlot(l *layout, k int) {
	old, was, now := d.file, d.layout.slots[k].reading, l.slots[k].reading
	at, end := l.starts[k], d.layout.starts[k+1]
	c := change{at, end, l.starts[k+1]}
	f := &File{Array: l.array(), text: newPieces(l.texts())}
	entry := func(e *Entry) *int { return &e.Offset }
	f.Entries = spliced(old.Entries, c, now.entries, entry, func(e *Entry, by int) { e.Offset += by })
	f.Opaque = spliced(old.Opaque, c, now.opaque, func(o *Opaque) *int { return &o.Span.Start }, func(o *Opaque, by int) { o.Span = o.Span.Shift(by) })
	f.Comments = spliced(old.Comments, c, allComments(now.comments, now.entries), func(o *Comment) *int { return &o.Span.Start },
		func(o *Comment, by int) { o.Span = o.Span.Shift(by) })
	for _, p := range now.problems {
		f.Problems = append(f.Problems, SyntaxProblem{p.Span.Shift(at), p.Message})
	}
	for i := range was.entries {
		d.votes.habits.add(was.entries[i].Model.votes.habits, -1)
	}
	for i := range now.entries {
		d.votes.habits.add(now.entries[i].Model.votes.habits, 1)
	}
	d.votes.indent = ""
	for i := range f.Entries {
		if d.votes.indent = f.Entries[i].Model.votes.indent; d.votes.indent != "" {
			break
		}
	}
	d.layout = l
	d.finish(f)
}

// spliced is a list in source order after a change: what stood in the bytes
// that changed is replaced by items that are relative to them, what stood
// behind is moved.
func spliced[T any](list []T, c change, items []T, start func(*T) *int, move func(*T, int)) []T {
	from := sort.Search(len(list), func(i int) bool { return *start(&list[i]) >= c.start })
	to := sort.Search(len(list), func(i int) bool { return *start(&list[i]) >= c.oldEnd })
	if len(list)-to+from+len(items) == 0 {
		return nil
	}
	out := make([]T, 0, len(list)-to+from+len(items))
	out = append(append(append(out, list[:from]...), items...), list[to:]...)
	for i := from; i < from+len(items); i++ {
		move(&out[i], c.start)
	}
	for i := from + len(items); i < len(out); i++ {
		move(&out[i], c.delta())
	}
	return out
}

// allComments merges the comments outside entries with those inside.
func allComments(outer []Comment, entries []Entry) []Comment {
	n := len(outer)
	for i := range entries {
		n += len(entries[i].Model.Comments)
	}
	if n == 0 {
		return nil
	}
	all := make([]Comment, 0, n)
	for i := range entries {
		e := &entries[i]
		for len(outer) > 0 && outer[0].Span.Start < e.Offset {
			all, outer = append(all, outer[0]), outer[1:]
		}
		for _, c := range e.Model.Comments {
			c.Span = c.Span.Shift(e.Offset)
			all = append(all, c)
		}
	}
	return append(all, outer...)
}
