package tsast

import "fmt"

// frame is what stands around the elements of the models array, read with an
// empty array in their place. Positions are those of that text.
type frame struct {
	elements
	votes styleVotes // of the statements
	// What was read: the text, the array's bracket in it, and what the first
	// object of the array was when the array was chosen.
	head, tail string
	unclosed   bool
	first      objectKind
	// found is where the models array begins; -1 for none.
	found int
	// broken: a syntax error may hide the array.
	broken bool
}

// readFrame reads the frame of a layout whose slots are read.
func readFrame(p *parser, l *layout) *frame {
	f := &frame{head: l.head, tail: l.tail, unclosed: l.unclosed, first: l.firstObject(), found: -1}
	skeleton := l.head + l.tail
	if l.unclosed {
		skeleton = l.head + "]\n" + l.tail
	}
	text, deep := bounded(skeleton)
	t := p.parse(nil, []byte(text))
	if t == nil {
		f.problems = append(deep, unparsed(text))
		return f
	}
	defer t.close()
	r := &reading{t: t, text: text}
	root := t.root()
	top := t.list(root)
	empty := Span{len(l.head) - 1, len(l.head) + 1}
	array, found := locate(t, text, top, func(array child, named bool) int {
		if (Span{array.start, array.end}) == empty {
			return f.first.points(named)
		}
		return shape(t, text, array, named)
	})
	if found {
		f.found = array.start
	}
	f.broken = root.is(flagHasError)
	r.collect(t.flatten(root, 0), nil)
	f.votes.statements(text, top)
	f.elements = r.sorted()
	f.problems = append(f.problems, deep...)
	return f
}

// fits reports whether a frame is that of a layout.
func (f *frame) fits(l *layout) bool {
	return f != nil && f.head == l.head && f.tail == l.tail && f.unclosed == l.unclosed && f.first == l.firstObject()
}

// isModelsArray reports whether the array of the layout is the models array. Where a
// syntax error hides that, an array of what looks like entries is taken for it.
func (f *frame) isModelsArray() bool {
	return f.found == len(f.head)-1 || f.found < 0 && f.broken && f.first == entryObject
}

// at turns a position of the frame into one of the text.
func (f *frame) at(i int, l *layout) int {
	if i <= len(f.head) {
		return i
	}
	i -= len(f.head)
	if f.unclosed {
		i = max(i-len("]\n"), 0)
	}
	return i + l.starts[len(l.slots)]
}

func (f *frame) span(s Span, l *layout) Span { return Span{f.at(s.Start, l), f.at(s.End, l)} }

// MaxText is the largest text that is read, in bytes: five hundred times
// upstream's.
const MaxText = 16 << 20

// tooLarge is the problem of a text that is not read.
func tooLarge(size int) SyntaxProblem {
	return SyntaxProblem{Message: fmt.Sprintf("the file has %d MiB, and at most %d are read", (size+1<<20-1)>>20, MaxText>>20)}
}
