package tsast

import (
	"sort"
	"strings"
)

// This file splits a text at the elements of its models array. What stands
// around the elements, the frame, is parsed with an empty array in their place;
// the elements are parsed a slot at a time. A text has one split, however it
// came about, so that an edit need not read again what it did not touch.
//
// Where brackets do not close, the split goes on at the next line that begins
// an entry. What a scanner cannot tell (see scanner.unsure), and a text without
// an array, is read as a whole.

// slot is a run of elements of the array with their commas, of minSlot bytes at
// least where more follow: mostly one entry. It is immutable.
type slot struct {
	text string
	// unclosed are the brackets that are open at the end, strays those that
	// close nothing; both relative to the slot. A sound slot has none.
	unclosed []bracket
	strays   []int
	suspect  int       // which of its brackets is probably the unclosed one; -1 when nothing tells
	deep     int       // where brackets nest too deep to be read; 0: nowhere
	reading  *elements // of its entries; nil until somebody asks
}

// minSlot bounds how many slots a text of tiny elements has: entries shorter
// than this many bytes share a slot and are read again together.
const minSlot = 256

// soundText is the text without its strays.
func (s *slot) soundText() string {
	if len(s.strays) == 0 {
		return s.text
	}
	b := []byte(s.text)
	for _, at := range s.strays {
		b[at] = ' '
	}
	return string(b)
}

// closing are the brackets that close what is open at the end.
func (s *slot) closing() string {
	var b strings.Builder
	for i := len(s.unclosed) - 1; i >= 0; i-- {
		switch s.unclosed[i].open {
		case '(':
			b.WriteByte(')')
		case '[':
			b.WriteByte(']')
		case '{', '$':
			b.WriteByte('}')
		case '`':
			b.WriteByte('`')
		}
	}
	return b.String()
}

// bracketProblems says which brackets do not match: of the unclosed ones the
// innermost, or the one that the indentation shows to be it.
func (s *slot) bracketProblems() []SyntaxProblem {
	var problems []SyntaxProblem
	for _, at := range s.strays {
		problems = append(problems, SyntaxProblem{Span{at, at + 1}, "unexpected " + quoted(s.text[at:at+1])})
	}
	if n := len(s.unclosed); s.deep > 0 {
		problems = append(problems, tooDeep(s.deep))
	} else if n > 0 {
		at := Span{s.unclosed[n-1].at, s.unclosed[n-1].at + 1}
		if s.suspect >= 0 {
			at = Span{s.suspect, s.suspect + 1}
		}
		problems = append(problems, SyntaxProblem{at, quoted(s.text[at.Start:at.End]) + " is never closed"})
	}
	return problems
}

// layout is a split text.
type layout struct {
	// head ends with the bracket that opens the array; tail begins with the one
	// that closes it, unless there is none.
	head, tail string
	unclosed   bool
	slots      []*slot
	starts     []int // of the slots, and of the tail
	// strict: all brackets close, so that a slot ends where it ends whatever
	// the others hold.
	strict bool
}

// size is the length of the text.
func (l *layout) size() int { return l.starts[len(l.slots)] + len(l.tail) }

// array is where the array stands.
func (l *layout) array() Span {
	end := l.starts[len(l.slots)]
	if !l.unclosed {
		end++
	}
	return Span{len(l.head) - 1, end}
}

// slotAt finds the slot that a change lies in: -1 when it touches the frame or
// several slots.
func (l *layout) slotAt(c change) int {
	k := sort.Search(len(l.slots), func(i int) bool { return l.starts[i] > c.start }) - 1
	if k < 0 || c.oldEnd > l.starts[k+1] {
		return -1
	}
	return k
}

// afterEdit returns the layout after a change inside slot k; false when the change moves
// the end of the slot, or something else than the slot must be looked at.
func (l *layout) afterEdit(k int, c change, text string) (*layout, bool) {
	if !l.strict {
		return nil, false
	}
	was, at := l.slots[k].text, l.starts[k]
	s := &slot{text: was[:c.start-at] + text + was[c.oldEnd-at:], suspect: -1}
	if !s.endsWithItsText(k == len(l.slots)-1) {
		return nil, false
	}
	next := *l
	next.slots = append([]*slot(nil), l.slots...)
	next.slots[k] = s
	next.starts = append([]int(nil), l.starts...)
	for i := k + 1; i < len(next.starts); i++ {
		next.starts[i] += c.delta()
	}
	return &next, true
}

// endsWithItsText reports whether a slot ends where its text does, and nowhere before.
func (s *slot) endsWithItsText(last bool) bool {
	text := s.text
	if last {
		text += "]" // which must close the array
	}
	scan := &scanner{src: "[" + text, base: 1, suspect: -1}
	scan.next()
	from := scan.at
	end := scan.slot(from)
	return !scan.unsure && scan.at == len(scan.src) && (end == endArray) == last && (end == endComma) != last
}

// layout returns the layout of a text whose models array this is.
func (c *candidate) layout(src string) *layout {
	return &layout{head: src[:c.start], tail: src[c.end:], unclosed: c.unclosed, slots: c.slots, starts: c.starts, strict: c.strict}
}

// keep takes the slots over that an old layout has of the same bytes, which
// lie before or behind a change.
func (l *layout) keep(old *layout, c change) {
	for i, s := range l.slots {
		at, end := l.starts[i], l.starts[i]+len(s.text)
		switch {
		case end <= c.start:
		case at >= c.newEnd:
			at -= c.delta()
		default:
			continue
		}
		k := sort.SearchInts(old.starts, at)
		if k >= len(old.slots) || old.starts[k] != at {
			continue
		}
		if was := old.slots[k]; len(was.text) == len(s.text) && was.sound() && s.sound() {
			l.slots[i] = was
		}
	}
}

// knownModels are the Models of entries by their texts.
type knownModels map[string]*Model

// known returns the Models of an old layout's slots between those at
// both ends that are the same.
func (l *layout) known(old *layout) knownModels {
	if old == nil {
		return nil
	}
	from, to := 0, len(old.slots)
	for from < min(to, len(l.slots)) && old.slots[from] == l.slots[from] {
		from++
	}
	for n := len(l.slots); to > from && n > from && old.slots[to-1] == l.slots[n-1]; n-- {
		to--
	}
	known := knownModels{}
	for _, s := range old.slots[from:to] {
		if s.reading == nil {
			continue
		}
		for _, e := range s.reading.entries {
			if !e.Broken {
				known[s.text[e.Offset:e.Offset+e.Model.Span.End]] = e.Model
			}
		}
	}
	return known
}

// share puts known Models into a slot that was read.
func (k knownModels) share(s *slot) {
	if len(k) == 0 {
		return
	}
	for i := range s.reading.entries {
		e := &s.reading.entries[i]
		if m := k[s.text[e.Offset:e.Offset+e.Model.Span.End]]; m != nil && !e.Broken {
			e.Model = m
		}
	}
}

// sound reports whether the brackets of a slot match.
func (s *slot) sound() bool { return len(s.unclosed) == 0 && len(s.strays) == 0 && s.deep == 0 }

// texts are the pieces of the text.
func (l *layout) texts() []string {
	all := make([]string, 0, len(l.slots)+2)
	all = append(all, l.head)
	for _, s := range l.slots {
		all = append(all, s.text)
	}
	return append(all, l.tail)
}

// firstObject says what the first object among the first elements is.
func (l *layout) firstObject() objectKind {
	n := 0
	for _, s := range l.slots {
		opaque := s.reading.opaque
		for _, e := range s.reading.entries {
			for len(opaque) > 0 && opaque[0].Span.Start < e.Offset {
				opaque = opaque[1:]
				n++
			}
			switch {
			case n >= shapeLooksAt:
				return noObject
			case e.Model.isEntry:
				return entryObject
			}
			return otherObject
		}
		if n += len(opaque); n >= shapeLooksAt {
			break
		}
	}
	return noObject
}

// candidate is an array that is a value at the top level of a text: it may be
// the models array.
type candidate struct {
	start, end int // of what stands between its brackets
	unclosed   bool
	slots      []*slot
	starts     []int
	strict     bool
}

// candidates splits the arrays of a text. False where a scanner cannot tell.
func candidates(src string) (all []candidate, ok bool) {
	s := &scanner{src: src, suspect: -1}
	for {
		switch s.next() {
		case tokEnd:
			return all, true
		case tokBad:
			s.lenient = true
		case tokOpen:
			if src[s.at-1] == '[' && s.isValue() {
				c := s.elements()
				if s.unsure {
					return nil, false
				}
				all = append(all, c)
			}
		default:
		}
		if s.unsure && len(all) == 0 {
			return nil, false
		}
	}
}

// isValue reports whether the bracket that was just opened begins a value at
// the top level: what is assigned or exported, in parentheses or not.
func (s *scanner) isValue() bool {
	n := len(s.open) - 1
	if n < 0 || s.open[n].at != s.at-1 {
		return false // nests too deep
	}
	before := s.open[n].before
	for n--; n >= 0; n-- {
		if s.open[n].open != '(' || before != s.open[n].at+1 {
			return false
		}
		before = s.open[n].before
	}
	return strings.HasSuffix(s.src[:before], "=") || strings.HasSuffix(s.src[:before], "default")
}

// elements splits the array whose bracket was just opened.
func (s *scanner) elements() candidate {
	c := candidate{start: s.at}
	s.base = len(s.open)
	defer func() { s.base = 0 }()
	s.array = s.indentAt(s.open[s.base-1].at)
	s.entry = s.firstEntry()
	for !s.unsure {
		from := s.at
		end := s.slot(from)
		if end == endBad {
			s.lenient = true
			s.at, s.prev, s.open, s.strays, s.deep = from, from, s.open[:s.base], nil, 0
			s.suspect = -1
			end = s.slot(from)
		}
		to := s.at
		if end == endArray {
			to--
		}
		one := &slot{text: s.src[from:to], strays: s.strays, suspect: -1}
		if s.suspect >= 0 {
			one.suspect = s.suspect - from
		}
		if s.deep > 0 {
			one.deep = s.deep - from
		}
		s.strays, s.deep, s.suspect = nil, 0, -1
		if n := len(s.open); n > s.base {
			for _, b := range s.open[s.base:] {
				b.at, b.before = b.at-from, 0
				one.unclosed = append(one.unclosed, b)
			}
			s.open = s.open[:s.base]
		}
		c.slots, c.starts = append(c.slots, one), append(c.starts, from)
		if end == endArray || end == endUnclosed {
			c.end, c.unclosed = to, end == endUnclosed
			break
		}
	}
	c.starts = append(c.starts, c.end)
	c.strict = !s.lenient
	if len(s.open) >= s.base {
		s.open = s.open[:s.base-1]
	}
	return c
}

// firstEntry returns how the first line of the array that begins an entry is
// indented; "?" when none does, which is not indentation.
func (s *scanner) firstEntry() string {
	ahead := &scanner{src: s.src, at: s.at, prev: s.prev, suspect: -1}
	if ahead.next() == tokOpen {
		if indent, first := firstOnLine(s.src, ahead.at-1); first && s.src[ahead.at-1] == '{' {
			return indent
		}
	}
	return "?"
}

// slotEnd says how a slot ends.
type slotEnd byte

const (
	endComma    slotEnd = iota // with a comma, which is its last byte
	endArray                   // before the array's bracket, which is passed
	endEntry                   // before a line that begins an entry
	endUnclosed                // where the array ends without a bracket
	endBad                     // nowhere: brackets do not match
)

// slot passes one slot, which begins at a byte.
func (s *scanner) slot(from int) slotEnd {
	for {
		switch s.next() {
		case tokComma:
			if len(s.open) == s.base && s.at-from >= minSlot {
				return endComma
			}
		case tokClose:
			if len(s.open) < s.base {
				s.open = s.open[:s.base-1]
				return endArray
			}
		case tokEntry:
			if s.at > from && s.prev > from {
				return endEntry
			}
			s.push('{') // its own first line
			s.pass(1)
		case tokArrayEnd:
			s.pass(1)
			return endArray
		case tokStray:
			s.strays = append(s.strays, s.at-1-from)
		case tokBad:
			return endBad
		case tokEnd:
			if !s.lenient {
				return endBad
			}
			return endUnclosed
		case tokStatement:
			return endUnclosed
		case tokOther, tokOpen:
		}
	}
}
