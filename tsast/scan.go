package tsast

import "strings"

// token is what a scanner tells apart.
type token byte

const (
	tokEnd   token = iota // of the text
	tokOther              // part of a word or operator, a string, a template
	tokComma
	tokOpen  // a bracket
	tokClose // a bracket that closes the innermost one
	// Where brackets do not close:
	tokBad       // what a sound text does not have; not consumed
	tokStray     // a bracket that closes nothing
	tokEntry     // the line that begins here begins an entry; not consumed
	tokArrayEnd  // … ends the array; not consumed
	tokStatement // … begins a statement; not consumed
)

// bracket is an open bracket: '(', '[', '{', '`' for a template literal, or '$'
// for a substitution in one.
type bracket struct {
	at, before int // before is where the token before it ended
	indent     int // how far its line is indented; counted where brackets do not match
	open       byte
}

// scanner passes strings, templates, comments and regular expressions and
// matches brackets, without parsing. It is strict until something does not
// match; lenient, it makes the best of it.
type scanner struct {
	src  string
	at   int
	prev int // where the last token ended; comments are none
	open []bracket

	lenient bool
	strays  []int // brackets that close nothing
	// suspect is where the first bracket stands that is closed by one further
	// out on its line, behind which the one that is not closed is sought; -1
	// for none.
	suspect int
	// unsure is set where only a parser can say how the text goes on.
	unsure bool
	// base is how many brackets are open around the elements of the array that
	// is scanned, 0 outside of one; entry and array are how the lines of its
	// entries and its own line are indented (entry is "?" when no entry begins
	// a line).
	base         int
	deep         int // where brackets nest too deep; 0: nowhere
	entry, array string
	// line is where the line begins on which the byte lineAt stands.
	line, lineAt int
	// uncommented: the rest of the text has no `*/`, untemplated no "`".
	uncommented, untemplated bool
}

// next passes one token.
func (s *scanner) next() token {
	for {
		s.blanks()
		if s.at >= len(s.src) {
			return tokEnd
		}
		if s.lenient && s.base > 0 {
			if t := s.lineToken(); t != tokOther {
				return t
			}
		}
		start := s.at
		switch c := s.src[start]; c {
		case '"', '\'':
			return s.text(c)
		case '`':
			if !s.push('`') {
				return s.tooDeep()
			}
			return s.template(start)
		case '{', '[', '(':
			if !s.push(c) {
				return s.tooDeep()
			}
			s.pass(1)
			return tokOpen
		case '}', ']', ')':
			return s.close(c)
		case ',':
			s.pass(1)
			return tokComma
		case '/':
			if t, comment := s.slash(); !comment {
				return t
			}
		case '<', '-', '\\', '#', 0:
			if s.obscure(c) {
				s.unsure = true
			}
			s.pass(1)
			return tokOther
		default:
			return s.other()
		}
	}
}

func (s *scanner) blanks() {
	for s.at < len(s.src) && (s.src[s.at] == ' ' || s.src[s.at] == '\n' || s.src[s.at] == '\t' || s.src[s.at] == '\r') {
		s.at++
	}
}

// pass consumes n bytes of a token.
func (s *scanner) pass(n int) {
	s.at += n
	s.prev = s.at
}

// plainByte are bytes that neither begin nor end anything but words and
// operators.
var plainByte = func() (plain [256]bool) {
	for i := range plain {
		plain[i] = i > ' ' && strings.IndexByte("\"'`{}[](),/<-\\#", byte(i)) < 0 // #nosec G115 -- below 256
	}
	return plain
}()

func (s *scanner) other() token {
	i := s.at + 1
	for i < len(s.src) && plainByte[s.src[i]] {
		i++
	}
	s.pass(i - s.at)
	return tokOther
}

// obscure reports whether a byte may begin what hides commas or brackets:
// type arguments between elements, HTML comments, escapes and what follows a
// zero byte, which some parsers take for the end.
func (s *scanner) obscure(c byte) bool {
	rest := s.src[s.at:]
	switch c {
	case '<':
		return s.base > 0 && len(s.open) == s.base || strings.HasPrefix(rest, "<!--")
	case '-':
		return strings.HasPrefix(rest, "-->")
	}
	return true
}

// text passes a string.
func (s *scanner) text(quote byte) token {
	for i := s.at + 1; i < len(s.src); i++ {
		switch c := s.src[i]; c {
		case quote:
			s.pass(i + 1 - s.at)
			return tokOther
		case '\\':
			if i++; i+1 < len(s.src) && s.src[i] == '\r' && s.src[i+1] == '\n' {
				i++
			}
		case '\n', '\r':
			if !s.lenient {
				return tokBad
			}
			s.pass(i - s.at)
			return tokOther
		}
	}
	if !s.lenient {
		return tokBad
	}
	s.pass(len(s.src) - s.at)
	return tokOther
}

// template passes a template literal from where it begins or goes on (behind a
// substitution), to its end or its next substitution. It is open already.
func (s *scanner) template(start int) token {
	for i := start + 1; i < len(s.src) && !s.untemplated; i++ {
		switch s.src[i] {
		case '\\':
			i++
		case '`':
			s.open = s.open[:len(s.open)-1]
			s.pass(i + 1 - s.at)
			return tokOther
		case '$':
			if i+1 < len(s.src) && s.src[i+1] == '{' {
				if !s.push('$') {
					s.pass(i - s.at)
					return s.tooDeep()
				}
				s.pass(i + 2 - s.at)
				return tokOther
			}
		}
	}
	s.open = s.open[:len(s.open)-1]
	if !s.lenient {
		return tokBad
	}
	s.untemplated = true
	s.pass(1)
	return tokOther
}

// push opens a bracket, unless it nests deeper than is read.
func (s *scanner) push(c byte) bool {
	if len(s.open) >= s.base+maxNesting {
		return false
	}
	b := bracket{at: s.at, before: s.prev, open: c}
	if s.lenient {
		b.indent = len(s.indentAt(s.at))
	}
	s.open = append(s.open, b)
	return true
}

// tooDeep passes a bracket of which no account is kept.
func (s *scanner) tooDeep() token {
	if !s.lenient {
		return tokBad
	}
	if s.deep == 0 {
		s.deep = s.at
	}
	s.pass(1)
	return tokOther
}

func opens(open, c byte) bool {
	switch open {
	case '(':
		return c == ')'
	case '[':
		return c == ']'
	case '{', '$':
		return c == '}'
	}
	return false
}

// close passes a closing bracket. Lenient, it closes the innermost bracket that
// fits and leaves those inside it open, but nothing around the array's
// elements.
func (s *scanner) close(c byte) token {
	n := len(s.open) - 1
	if n >= 0 && opens(s.open[n].open, c) {
		closed := s.open[n]
		s.open = s.open[:n]
		if s.lenient && s.suspect < 0 {
			if indent, first := firstOnLine(s.src, s.at); first && len(indent) < closed.indent {
				s.suspect = closed.at
			}
		}
		if closed.open == '$' {
			return s.template(s.at)
		}
		s.pass(1)
		return tokClose
	}
	if !s.lenient {
		return tokBad
	}
	for k := n - 1; k >= s.base; k-- {
		if s.open[k].open != '`' && s.open[k].open != '$' && opens(s.open[k].open, c) {
			s.open = s.open[:k]
			s.pass(1)
			return tokClose
		}
	}
	s.pass(1)
	return tokStray
}

// slash passes a comment (then comment is true), a regular expression or a
// division.
func (s *scanner) slash() (t token, comment bool) {
	rest := s.src[s.at:]
	switch {
	case strings.HasPrefix(rest, "//"):
		n := strings.IndexByte(rest, '\n')
		if n < 0 {
			n = len(rest)
		}
		line := strings.TrimSuffix(rest[:n], "\r")
		// What else ends a line, a scanner does not say.
		s.unsure = s.unsure || strings.ContainsAny(line, "\r\u2028\u2029\x00")
		s.at += len(line)
		return tokOther, true
	case strings.HasPrefix(rest, "/*"):
		if !s.uncommented {
			if n := strings.Index(rest[2:], "*/"); n >= 0 {
				s.unsure = s.unsure || strings.IndexByte(rest[2:2+n], 0) >= 0
				s.at += n + 4
				return tokOther, true
			}
			s.uncommented = true
		}
		s.unsure = s.unsure || strings.HasPrefix(rest, "/*/") // tree-sitter takes it for a regular expression
		if !s.lenient {
			return tokBad, false
		}
		s.pass(2)
		return tokOther, false
	}
	s.regexp()
	return tokOther, false
}

// regexp passes a regular expression or the slash of a division, as the token
// before it says.
func (s *scanner) regexp() {
	before := byte(0)
	if s.prev > 0 {
		before = s.src[s.prev-1]
	}
	switch {
	case strings.IndexByte("([,:=", before) >= 0: // a value begins here
		class := false
		for i := s.at + 1; i < len(s.src) && s.src[i] != '\n' && s.src[i] != '\r'; i++ {
			switch s.src[i] {
			case '\\':
				i++
			case '[':
				class = true
			case ']':
				class = false
			case '/':
				if !class {
					s.pass(i + 1 - s.at)
					return
				}
			}
		}
		s.unsure = true
	case before >= '0' && before <= '9', before == '"', before == '\'', before == ']':
		// a division
	default:
		s.unsure = true // a word may be a keyword, a brace end a block
	}
	s.pass(1)
}

// lineToken tells the lines apart at which the reading of an array goes on
// where brackets do not close. tokOther: it is none of them.
func (s *scanner) lineToken() token {
	c := s.src[s.at]
	if c != '{' && c != ']' && (c < 'a' || c > 'z') {
		return tokOther
	}
	indent, alone := firstOnLine(s.src, s.at)
	if !alone {
		return tokOther
	}
	switch {
	case c == '{' && indent == s.entry && (len(s.open) > s.base || s.src[s.prev-1] == ','):
		return tokEntry
	case c == ']' && indent == s.array:
		return tokArrayEnd
	case indent == s.array && indent != s.entry:
		for _, word := range []string{"export ", "const ", "let ", "var ", "type ", "interface ", "function ", "import "} {
			if strings.HasPrefix(s.src[s.at:], word) {
				return tokStatement
			}
		}
	}
	return tokOther
}

// firstOnLine reports whether nothing stands before a byte on its line, and if
// so how the line is indented.
func firstOnLine(src string, at int) (indent string, first bool) {
	start := at
	for start > 0 && (src[start-1] == ' ' || src[start-1] == '\t') {
		start--
	}
	return src[start:at], start == 0 || src[start-1] == '\n' || src[start-1] == '\r'
}

// indentAt returns how the line of a byte is indented. The bytes that it is
// asked of come in order: on a line of megabytes nothing is looked at twice.
func (s *scanner) indentAt(at int) string {
	if i := strings.LastIndexByte(s.src[s.lineAt:at], '\n'); i >= 0 {
		s.line = s.lineAt + i + 1
	}
	s.lineAt = at
	end := s.line
	for end < at && (s.src[end] == ' ' || s.src[end] == '\t') {
		end++
	}
	return s.src[s.line:end]
}
