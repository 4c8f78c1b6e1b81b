package tsast

// This file reads a large text in parts, by all processors and without a tree
// of the whole, which takes thirty times the text. The entries of an array do
// not depend on each other. Those that are plain data are read by hand
// (plain.go). What tree-sitter makes of one of the others is what it makes of
// it alone, inside the same statement: so the array's statement is parsed with
// some of the elements, all others left out (parseRanges), as often as it
// takes, and each tree is read and freed before the next. What stands around
// the array is read from a skeleton, the text with the first elements only.
//
// A scan says where the elements are (scan.go). It does not understand
// everything: where it gives up, where a tree has an error, or other elements
// than the scan saw, the text is read as a whole. The File is that of the
// whole tree to the last field; TestPartsAtRandom and FuzzParts hold it to it.

// largeText is the size from which on a text is read in parts, half of
// upstream's.
const largeText = 16 << 10

// inSkeleton is how many elements locate may look at: those among the first
// eight children of an array.
const inSkeleton = 4

// plainEntry says that plain data stands at a span which has an entry's keys.
// Where it is the first element of an array, locate looks at no other.
func plainEntry(src []byte, at Span) bool {
	records, end, ok := newPlainReader(src).read(at.Start)
	return ok && end == at.End && looksLikeEntry(records, 0, src)
}

// layout says where the pieces of a text are that is read in parts.
type layout struct {
	array     Span // with its brackets
	statement Span // around the array
	cut       Span // what the skeleton leaves out
	alone     bool // the skeleton shows the first element only, a plain entry
}

// after is the layout after a change inside an entry.
func (l layout) after(c change) layout {
	l.array.End += c.delta()
	l.statement.End += c.delta()
	l.cut.End += c.delta()
	if c.start < l.cut.Start {
		l.cut.Start += c.delta()
	}
	return l
}

// with gives the ranges of the array's statement with these pieces of the
// array and nothing else of it.
func (l layout) with(pieces []Span) []Span {
	ranges := make([]Span, 0, len(pieces)+2)
	add := func(s Span) {
		if n := len(ranges) - 1; n >= 0 && ranges[n].End == s.Start {
			ranges[n].End = s.End
		} else if s.Start < s.End {
			ranges = append(ranges, s)
		}
	}
	add(Span{l.statement.Start, l.array.Start + 1})
	for _, s := range pieces {
		add(s)
	}
	add(Span{l.array.End - 1, l.statement.End})
	return ranges
}

// readParts reads a text in parts, but for the entries that are known; nil
// when it must be read as a whole.
func readParts(p *parser, src []byte, known func(Span) *Model) *reading {
	if len(src) > maxText {
		return nil
	}
	found, ok := scan(src)
	if !ok {
		return nil
	}
	l := layout{array: found.array}
	l.alone = found.slots[0].object.End > 0 && plainEntry(src, found.slots[0].object)
	shown := inSkeleton
	if l.alone {
		shown = 1
	}
	l.cut = Span{found.slots[shown-1].End + 1, found.array.End - 1}
	r := readSkeleton(p, src, &l)
	if r == nil || !r.readSlots(l, found.slots, known) {
		return nil
	}
	r.parts = &l
	r.finish()
	return r
}

// readSkeleton reads what stands around the entries, and finds the array's
// statement; nil when the array is not the one that the layout says.
func readSkeleton(p *parser, src []byte, l *layout) *reading {
	t := p.parseRanges(src, []Span{{0, l.cut.Start}, {l.cut.End, len(src)}})
	if t == nil {
		return nil
	}
	defer t.close()
	root := t.root()
	top := p.list(root, 0, 0)
	array, found := locate(p, src, top)
	if !found || array.span() != l.array || root.is(flagHasError) {
		return nil
	}
	for _, s := range top {
		if s.start <= array.start && s.end >= array.end {
			l.statement = s.span()
		}
	}
	r := &reading{p: p, src: src, file: &File{Src: src, Array: l.array}}
	r.readAround(root, array.id())
	r.votes.statements(src, top)
	return r
}

// findArray finds the array that stands at a span.
func findArray(p *parser, in child, at Span) (child, bool) {
	for range 64 { // nobody wraps deeper
		if in.kind == kArray && in.span() == at {
			return in, true
		}
		inner := p.list(in, at.Start+1, 1)
		if len(inner) == 0 {
			break
		}
		in = inner[0]
	}
	return child{}, false
}

// inPart reads a text that was read in parts before and has changed within
// one entry's braces only, nil when this cannot be said. Only that entry is
// read.
func (d *Document) inPart(src []byte, c change) *reading {
	k, ok := d.entryAround(c)
	if !ok {
		return nil
	}
	was := d.reading.file.Entries[k].Span()
	now, l := Span{was.Start, was.End + c.delta()}, d.reading.parts.after(c)
	if now.Start < l.cut.Start {
		// Another array may be the models array now.
		if l.alone && !plainEntry(src, now) || !l.alone && readSkeleton(d.p, src, &l) == nil {
			return nil
		}
	}
	plain := &reading{src: src, file: &File{}}
	if model := plain.plainModel(newPlainReader(src), now); model != nil {
		r := d.withModel(src, c, k, model)
		r.parts = &l
		return r
	}
	if end, ok := scanObject(src, now.Start); !ok || end != now.End {
		return nil
	}
	d.tree = d.p.parseRanges(src, l.with([]Span{now}))
	defer d.dropTree()
	if d.tree == nil || d.tree.hasError() {
		return nil
	}
	r := d.inEntry(src, c)
	if r != nil {
		r.parts = &l
	}
	return r
}
