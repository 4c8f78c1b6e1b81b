package tsast

import "bytes"

// slot is what stands between two commas of an array, or a comma and a
// bracket: an element and the comments around it. Only the last slot may have
// no element.
type slot struct {
	// Span reaches up to the comma or bracket that ends the slot.
	Span
	// object is the element's span where it is an object literal and nothing
	// else, as all entries are.
	object Span
	empty  bool // no element
	bare   bool // nothing but blanks beside the object, or beside nothing
}

// scanned is what a scan finds: the array that most of a text is.
type scanned struct {
	array Span // with its brackets
	slots []slot
}

// mark is what a scan notes of an array that is open: its commas and what
// stands between them.
type mark struct {
	at   int
	what byte // ',', '{', '}' (at its end), 'c'omment, or 'x' for anything else
}

// frame is an open bracket.
type frame struct {
	at    int
	open  byte
	marks int // how many there were before
}

// scanner finds brackets, strings and comments without parsing. It is for
// texts whose reading is checked afterwards: what it is not sure of (regular
// expressions, templates, brackets that do not match) makes it give up.
type scanner struct {
	src   []byte
	open  []frame
	marks []mark
	array bool // the innermost bracket is an array's
	found scanned
}

// minSlots is how many elements make an array worth dividing. maxDepth and
// maxMarks are what a scan keeps at most: a hostile text may nest as deep as it
// is long. The largest text that is parsed has a tenth of the marks.
const (
	minSlots = 8
	maxDepth = 256
	maxMarks = 1 << 20
)

// scan finds the innermost array that is more than half of a text; false when
// there is none, or when only a parser can say.
func scan(src []byte) (scanned, bool) {
	s := &scanner{src: src}
	if end, ok := s.run(0, false); !ok || end != len(src) || len(s.open) > 0 {
		return scanned{}, false
	}
	return s.found, len(s.found.slots) >= minSlots
}

// scanObject gives the end of the object literal that starts at a byte.
func scanObject(src []byte, at int) (int, bool) {
	s := &scanner{src: src}
	return s.run(at, true)
}

// The classes of bytes.
const (
	classPlain byte = iota
	classBlank
	classComma
	classOpening
	classClosing
	classQuote
	classSlash
	classMarkup  // may begin or end an HTML comment
	classObscure // only a parser understands it
)

var classOf = func() (c [256]byte) {
	for class, members := range map[byte]string{
		classBlank: " \t\r\n", classComma: ",", classOpening: "([{", classClosing: ")]}", classQuote: "\"'", classSlash: "/", classMarkup: "<-", classObscure: "`\\#",
	} {
		for _, b := range []byte(members) {
			c[b] = class
		}
	}
	return c
}()

// run reads from a byte to the end of the text, or of the first bracket.
func (s *scanner) run(at int, one bool) (end int, ok bool) {
	for i := at; i < len(s.src); {
		next, ok := i+1, true
		switch classOf[s.src[i]] {
		case classBlank:
		case classPlain:
			s.other(i)
		case classComma:
			s.note(i, ',')
		case classOpening:
			s.push(i)
		case classClosing:
			if ok = s.pop(i); ok && one && len(s.open) == 0 {
				return next, true
			}
		case classQuote:
			s.strange()
			next, ok = s.afterString(i)
		case classSlash:
			s.note(i, 'c')
			next, ok = s.afterComment(i)
		case classMarkup:
			s.strange()
			ok = !bytes.HasPrefix(s.src[i:], []byte("<!--")) && !bytes.HasPrefix(s.src[i:], []byte("-->"))
		default:
			ok = false
		}
		if !ok || len(s.open) > maxDepth || len(s.marks) > maxMarks {
			return 0, false
		}
		i = next
	}
	return len(s.src), !one
}

func (s *scanner) note(at int, what byte) {
	if s.array {
		s.marks = append(s.marks, mark{at, what})
	}
}

// strange notes what makes an array one that is not divided.
func (s *scanner) strange() { s.note(0, '?') }

// other notes a byte that is part of a name, or an operator. Beside an
// element of an array only what cannot hide a comma is understood: names, and
// the dots of `...rest`.
func (s *scanner) other(at int) {
	if !s.array {
		return
	}
	switch b := s.src[at]; {
	case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '_', b == '$', b == '.':
		if n := len(s.marks); s.marks[n-1].what != 'x' {
			s.marks = append(s.marks, mark{at, 'x'})
		}
	default:
		s.strange()
	}
}

func (s *scanner) push(at int) {
	b := s.src[at]
	if b == '{' {
		s.note(at, '{')
	} else {
		s.note(at, 'x')
	}
	s.open = append(s.open, frame{at, b, len(s.marks)})
	s.array = b == '['
	s.note(at, '[') // of an array itself
}

// pop closes a bracket, if it is the right one.
func (s *scanner) pop(at int) bool {
	n := len(s.open) - 1
	if n < 0 {
		return false
	}
	f := s.open[n]
	if b := s.src[at]; f.open == '(' && b != ')' || f.open == '[' && b != ']' || f.open == '{' && b != '}' {
		return false
	}
	if f.open == '[' && 2*(at-f.at) > len(s.src) && s.found.slots == nil {
		s.found = scanned{Span{f.at, at + 1}, slots(s.marks[f.marks+1:], f.at, at)}
	}
	s.marks = s.marks[:f.marks]
	s.open = s.open[:n]
	s.array = n > 0 && s.open[n-1].open == '['
	if f.open == '{' {
		s.note(at+1, '}')
	}
	return true
}

// afterString gives the end of a string that begins at a byte.
func (s *scanner) afterString(at int) (int, bool) {
	for i := at + 1; i < len(s.src); i++ {
		switch b := s.src[i]; b {
		case s.src[at]:
			return i + 1, true
		case '\\':
			i++
		case '\n', '\r':
			return 0, false
		}
	}
	return 0, false
}

// afterComment gives the end of a comment that begins at a byte. A zero byte
// is the end of the text to tree-sitter, and so of the comment.
func (s *scanner) afterComment(at int) (int, bool) {
	rest := s.src[at:]
	switch {
	case bytes.HasPrefix(rest, []byte("//")):
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			n = len(rest)
		}
		// What else ends a line is left to those who know.
		line := bytes.TrimSuffix(rest[:n], []byte{'\r'})
		return at + len(line), !bytes.ContainsAny(line, "\r\u2028\u2029\x00")
	case bytes.HasPrefix(rest, []byte("/*")):
		n := bytes.Index(rest[2:], []byte("*/"))
		return at + n + 4, n >= 0 && bytes.IndexByte(rest[2:2+n], 0) < 0
	}
	return 0, false // a regular expression, or a division
}

// slots gives the slots of an array, whose brackets stand at two bytes, from
// its marks; nil where an array has holes or what only a parser understands.
func slots(marks []mark, open, end int) []slot {
	var all []slot
	now := slot{Span: Span{Start: open + 1}, empty: true, bare: true}
	for _, m := range append(marks, mark{end, ']'}) {
		switch m.what {
		case 'c':
			now.bare = false
		case '{':
			if now.empty {
				now.object.Start = m.at
			} else {
				now.object, now.bare = Span{}, false
			}
			now.empty = false
		case '}':
			if now.object.Start > 0 && now.object.End == 0 {
				now.object.End = m.at
			}
		case 'x':
			now.object, now.empty, now.bare = Span{}, false, false
		case ',', ']':
			if now.empty && m.what == ',' {
				return nil
			}
			now.End = m.at
			all = append(all, now)
			now = slot{Span: Span{Start: m.at + 1}, empty: true, bare: true}
		default:
			return nil
		}
	}
	return all
}
