package tsast

import (
	"fmt"
	"sort"
	"strings"
)

// Parse reads a models.ts. It never fails: what a syntax error leaves
// unreadable is missing from Entries, and the error is in Problems.
func Parse(src []byte) *File {
	d := Open(src)
	defer d.Close()
	return d.File()
}

// elements is what a piece of a text says. All spans are relative to the piece.
type elements struct {
	entries  []Entry
	opaque   []Opaque
	comments []Comment // outside entries; those inside are the models'
	problems []SyntaxProblem
}

// reading reads the tree of a piece of a text.
type reading struct {
	elements
	t    *tree
	text string
	// damage are the spans of syntax errors outside entries.
	damage []Span
}

// maxNesting is how deep brackets may nest in what is given to tree-sitter,
// which keeps hundreds of bytes for each that is open, and how many may close
// nothing, of which each costs more than the one before. Entries nest four deep.
const maxNesting = 1000

// bounded cuts a text off where too many brackets do not match.
func bounded(text string) (string, []SyntaxProblem) {
	depth, strays := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			if depth--; depth < 0 {
				depth = 0
				strays++
			}
		default:
			continue
		}
		if depth > maxNesting || strays > maxNesting {
			return text[:i], []SyntaxProblem{tooDeep(i)}
		}
	}
	return text, nil
}

func tooDeep(at int) SyntaxProblem {
	return SyntaxProblem{Span{at, at + 1}, fmt.Sprintf("more than %d brackets do not match: what follows is not read", maxNesting)}
}

// unparsed is the problem of a text that tree-sitter gave up on.
func unparsed(text string) SyntaxProblem {
	return SyntaxProblem{Span{0, firstLine(text, 0, len(text))}, "this text is too broken to be read"}
}

// whole is a text that was read out of one tree.
type whole struct {
	elements
	array Span
	votes styleVotes // of the statements
}

// readWhole reads a text out of one tree.
func readWhole(p *parser, src string) *whole {
	text, deep := bounded(src)
	t := p.parse(nil, []byte(text))
	if t == nil {
		return &whole{elements: elements{problems: append(deep, unparsed(src))}}
	}
	defer t.close()
	r := &reading{t: t, text: text}
	root := t.root()
	top := t.list(root)
	array, found := locate(t, text, top, func(array child, named bool) int { return shape(t, text, array, named) })
	w := &whole{}
	switch {
	case found:
		w.array = t.span(&array.record)
		r.readArray(array)
		r.markBroken()
		r.collect(t.flatten(root, array.id()), nil)
	case root.is(flagHasError):
		r.salvage(root)
	default:
		r.collect(t.flatten(root, 0), nil)
	}
	w.votes.statements(text, top)
	w.elements = r.sorted()
	w.problems = append(w.problems, deep...)
	return w
}

// sorted brings what was collected into source order.
func (r *reading) sorted() elements {
	sort.SliceStable(r.problems, func(i, j int) bool { return r.problems[i].Span.Start < r.problems[j].Span.Start })
	sort.SliceStable(r.comments, func(i, j int) bool { return r.comments[i].Span.Start < r.comments[j].Span.Start })
	return r.elements
}

// readArray reads the elements of the models array.
func (r *reading) readArray(array child) {
	for _, e := range r.t.list(array) {
		switch e.kind {
		case kObject:
			if !e.is(flagMissing) {
				model := r.readModel(r.t.flatten(e, 0))
				r.entries = append(r.entries, Entry{Offset: r.t.span(&e.record).Start, Model: model, Broken: e.is(flagHasError)})
			}
		case kComment:
			r.comment(&e.record)
		case kError:
			r.collect(r.t.flatten(e, 0), nil)
		default:
			r.readElement(e)
		}
	}
}

// readElement reads an element of the array that is not an object, or a bracket
// or comma between elements.
func (r *reading) readElement(e child) {
	if e.is(flagMissing) {
		r.missing(&e.record)
		return
	}
	if isPunctuation(e.name()) {
		return
	}
	r.opaque = append(r.opaque, Opaque{r.t.span(&e.record), words(e.name())})
	r.collect(r.t.flatten(e, 0), nil)
}

// isPunctuation tells an array's brackets and commas from its elements.
func isPunctuation(name string) bool { return name == "[" || name == "]" || name == "," }

// collect takes comments and syntax errors out of flattened records. An error
// inside another error says nothing new and is left out.
func (r *reading) collect(records []record, into *modelReader) {
	inside := 0 // records before this index lie inside an error
	for i := range records {
		rec := &records[i]
		switch {
		case rec.kind == kComment:
			if into != nil {
				into.comment(rec)
			} else {
				r.comment(rec)
			}
		case i < inside:
		case rec.is(flagError):
			inside = rec.next
			r.unexpected(records, i)
		case rec.is(flagMissing):
			r.missing(rec)
		}
	}
}

func (r *reading) comment(rec *record) {
	s := r.t.span(rec)
	r.comments = append(r.comments, newComment(s, r.text[s.Start:s.End]))
}

// markBroken marks the entries that syntax errors between entries touch: the
// one before and the one after each.
func (r *reading) markBroken() {
	for _, d := range r.damage {
		after := sort.Search(len(r.entries), func(i int) bool { return r.entries[i].Offset >= d.Start })
		if after < len(r.entries) {
			r.entries[after].Broken = true
		}
		if after > 0 {
			r.entries[after-1].Broken = true
		}
	}
}

// salvage reads what looks like entries out of a text whose array is lost.
// All of them are broken: nothing says that they were whole entries.
func (r *reading) salvage(root child) {
	records := r.t.flatten(root, 0)
	inside := 0 // records before this index lie inside an error
	for i := 0; i < len(records); i++ {
		rec := &records[i]
		switch {
		case rec.kind == kObject && looksLikeEntry(records, i, r.text):
			model := r.readModel(renumbered(records[i:rec.next], i))
			r.entries = append(r.entries, Entry{Offset: r.t.span(rec).Start, Model: model, Broken: true})
			i = rec.next - 1
		case rec.kind == kComment:
			r.comment(rec)
		case i < inside:
		case rec.is(flagError):
			inside = rec.next
			r.unexpected(records, i)
		case rec.is(flagMissing):
			r.missing(rec)
		}
	}
}

// renumbered returns the records of a subtree counted from zero instead of
// from first.
func renumbered(records []record, first int) []record {
	out := make([]record, len(records))
	for i, r := range records {
		r.next -= first
		out[i] = r
	}
	return out
}

// The statement that makes an array of some elements alone. Nothing before the
// elements changes what they mean: they stand in an array's brackets here as
// there.
const elementsPrefix, elementsSuffix = "m=[", "]"

// parseElements parses the text of some elements of an array, with their
// commas. closing are brackets that the text lacks at its end.
func (p *parser) parseElements(old *tree, text, closing string) *tree {
	buffer := make([]byte, 0, len(elementsPrefix)+len(text)+len(closing)+2)
	buffer = append(append(buffer, elementsPrefix...), text...)
	if closing != "" {
		buffer = append(append(buffer, '\n'), closing...) // a comment may stand before it
	}
	t := p.parse(old, append(buffer, elementsSuffix...))
	if t != nil {
		t.shift, t.length = len(elementsPrefix), len(text)
	}
	return t
}

// readElements reads the tree that parseElements made.
func readElements(t *tree, text string) elements {
	r := &reading{t: t, text: text}
	root := t.root()
	array, ok := firstArray(t, root)
	if ok {
		r.readArray(array)
		r.collect(t.flatten(root, array.id()), nil)
	} else {
		r.salvage(root)
	}
	return r.sorted()
}

// firstArray descends to the array that elementsPrefix begins.
func firstArray(t *tree, in child) (child, bool) {
	for range 4 {
		next := t.list(in)
		if len(next) == 0 {
			break
		}
		in = next[len(next)-1] // `m=` comes before the array
		for _, c := range next {
			if c.kind == kArray && c.start == -1 {
				return c, true
			}
			if c.kind != kComment && c.start < 0 && c.end >= 0 {
				in = c
			}
		}
	}
	return child{}, false
}

// readSlot reads a slot of the array.
func readSlot(p *parser, s *slot) {
	if strings.Trim(s.text, ", \t\r\n") == "" {
		s.reading = &elements{}
		return
	}
	text, closing := s.soundText(), s.closing()
	if s.deep > 0 {
		text, closing = text[:s.deep], ""
	}
	t := p.parseElements(nil, text, closing)
	if t == nil {
		s.reading = &elements{problems: []SyntaxProblem{unparsed(s.text)}}
		return
	}
	defer t.close()
	s.read(t)
}

// read reads the tree of a slot. Where the slot has a problem, none of its
// entries is to be judged.
func (s *slot) read(t *tree) {
	e := readElements(t, s.text[:t.length])
	e.problems = append(e.problems, s.bracketProblems()...)
	sort.SliceStable(e.problems, func(i, j int) bool { return e.problems[i].Span.Start < e.problems[j].Span.Start })
	if len(e.problems) > 0 {
		for i := range e.entries {
			e.entries[i].Broken = true
		}
	}
	s.reading = &e
}
