package tsast

import (
	"slices"
	"sort"
)

// Parse reads a models.ts. It never fails: what a syntax error leaves
// unreadable is missing from Entries, and the error is in Problems.
func Parse(src []byte) *File {
	p := newParser()
	defer p.close()
	if len(src) >= largeText {
		if r := readParts(p, src, nil); r != nil {
			return r.file
		}
	}
	return parseWhole(p, src)
}

// parseWhole reads a text out of one tree.
func parseWhole(p *parser, src []byte) *File {
	t := p.parse(nil, src)
	if t == nil {
		return unparsed(src)
	}
	defer t.close()
	return newReading(p, t, src, nil).file
}

// unparsed is the File of a text that tree-sitter gave up on.
func unparsed(src []byte) *File {
	return &File{
		Src:      src,
		Style:    defaultStyle().seenIn(src),
		Problems: []SyntaxProblem{{Span{0, firstLine(src, 0, len(src))}, "this text is too large or too broken to be read"}},
	}
}

// reading is one reading of a tree into a File, and what the next,
// incremental reading needs to know of it.
type reading struct {
	p    *parser
	src  []byte
	file *File
	// known gives the Model of an entry that a former reading has read from
	// the same words; nil when there is none.
	known func(Span) *Model
	array child      // the array's node, of a tree that may be closed
	parts *layout    // where the text was read in parts
	votes styleVotes // of the statements alone
	// outer are the comments outside entries; those inside are the models'.
	outer []Comment
	// damage are the spans of syntax errors outside entries.
	damage []Span
}

// newReading reads a whole tree, but for the entries that are known.
func newReading(p *parser, t *tree, src []byte, known func(Span) *Model) *reading {
	r := &reading{p: p, src: src, file: &File{Src: src}, known: known}
	root := t.root()
	top := p.list(root, 0, 0)
	array, found := locate(p, src, top)
	switch {
	case found:
		r.array = array
		r.file.Array = array.span()
		r.readArray()
		r.readAround(root, array.id())
	case root.is(flagHasError):
		r.salvage(root)
	default:
		r.readAround(root, 0)
	}
	r.votes.statements(src, top)
	r.finish()
	return r
}

// readArray reads the elements of the models array.
func (r *reading) readArray() {
	elements := r.p.list(r.array, 0, 0)
	r.file.Entries = make([]Entry, 0, len(elements)/2)
	ahead := r.readAhead(elements)
	for i, e := range elements {
		switch e.kind {
		case kObject:
			if e.is(flagMissing) {
				continue
			}
			model := ahead[i]
			if model == nil {
				model = r.entry(e)
			}
			r.file.Entries = append(r.file.Entries, Entry{Offset: int(e.start), Model: model, Broken: e.is(flagHasError)})
		case kComment:
			r.comment(&e.record)
		case kError:
			r.readLoose(e)
		default:
			r.readElement(e)
		}
	}
	r.markBroken()
}

// entry gives the Model of an entry: the one known, or a new one.
func (r *reading) entry(e child) *Model {
	if r.known != nil && !e.is(flagHasError) {
		if model := r.known(e.span()); model != nil {
			return model
		}
	}
	return r.readModel(e)
}

// readElement reads an element of the array that is no object, or a bracket
// or comma between elements.
func (r *reading) readElement(e child) {
	if e.is(flagMissing) {
		r.missing(&e.record)
		return
	}
	if isPunctuation(e.name()) {
		return
	}
	r.file.Opaque = append(r.file.Opaque, Opaque{e.span(), words(e.name())})
	r.readLoose(e)
}

// isPunctuation tells an array's brackets and commas from its elements.
func isPunctuation(name string) bool { return name == "[" || name == "]" || name == "," }

// readLoose collects the comments and problems below a node that is no entry.
func (r *reading) readLoose(of child) {
	r.collect(r.p.flatten(of, 0), nil)
}

// readAround collects what lies outside the array.
func (r *reading) readAround(root child, array uintptr) {
	r.collect(r.p.flatten(root, array), nil)
}

// collect takes comments and syntax errors out of flattened records. The
// error inside another error says nothing new and is left out.
func (r *reading) collect(records []record, into *modelReader) {
	inside := uint32(0) // records before this index lie inside an error
	for i := range records {
		rec := &records[i]
		switch {
		case rec.kind == kComment:
			if into != nil {
				into.comment(rec)
			} else {
				r.comment(rec)
			}
		case uint32(i) < inside: // #nosec G115 -- records are counted in 32 bits
		case rec.is(flagError):
			inside = rec.next
			r.unexpected(records, i)
		case rec.is(flagMissing):
			r.missing(rec)
		}
	}
}

func (r *reading) comment(rec *record) {
	r.outer = append(r.outer, Comment{rec.span(), string(r.src[rec.start:rec.end])})
}

// markBroken marks the entries that syntax errors between entries touch: the
// one before and the one after each.
func (r *reading) markBroken() {
	entries := r.file.Entries
	for _, d := range r.damage {
		after := sort.Search(len(entries), func(i int) bool { return entries[i].Offset >= d.Start })
		if after < len(entries) {
			entries[after].Broken = true
		}
		if after > 0 {
			entries[after-1].Broken = true
		}
	}
}

// salvage reads what looks like entries out of a text whose array is lost.
// All of them are broken: nothing says that they were whole entries.
func (r *reading) salvage(root child) {
	records := slices.Clone(r.p.flatten(root, 0))
	inside := uint32(0) // records before this index lie inside an error
	for i := 0; i < len(records); i++ {
		rec := &records[i]
		switch {
		case rec.kind == kObject && looksLikeEntry(records, i, r.src):
			model := r.readRecords(records[i:rec.next], uint32(i)) // #nosec G115 -- records are counted in 32 bits
			r.file.Entries = append(r.file.Entries, Entry{Offset: int(rec.start), Model: model, Broken: true})
			i = int(rec.next) - 1
		case rec.kind == kComment:
			r.comment(rec)
		case uint32(i) < inside: // #nosec G115 -- records are counted in 32 bits
		case rec.is(flagError):
			inside = rec.next
			r.unexpected(records, i)
		case rec.is(flagMissing):
			r.missing(rec)
		}
	}
}

// finish brings what was collected into source order.
func (r *reading) finish() {
	f := r.file
	sort.SliceStable(f.Problems, func(i, j int) bool { return f.Problems[i].Span.Start < f.Problems[j].Span.Start })
	sort.SliceStable(r.outer, func(i, j int) bool { return r.outer[i].Span.Start < r.outer[j].Span.Start })
	f.Comments = allComments(r.outer, f.Entries)
	votes := r.votes
	for i := range f.Entries {
		votes.add(&f.Entries[i].Model.votes)
	}
	f.Style = votes.style(f)
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
			all = append(all, Comment{c.Span.Shift(e.Offset), c.Text})
		}
	}
	return append(all, outer...)
}
