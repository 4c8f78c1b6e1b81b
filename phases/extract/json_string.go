package extract

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string.
func (p *parser) str() (string, error) {
	start := p.pos
	p.pos++ // "
	from := p.pos
	var buf []byte
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; {
		case c == '"':
			s := string(append(buf, p.data[from:p.pos]...))
			p.pos++
			return s, nil
		case c == '\\':
			buf = append(buf, p.data[from:p.pos]...)
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			buf = utf8.AppendRune(buf, r)
			from = p.pos
		case c < 0x20:
			return "", p.fail(p.pos, "a control character (0x%02x) inside a string", c)
		default:
			p.pos++
		}
	}
	return "", p.fail(start, "a string that does not end")
}

// escape reads one escape sequence; half of a surrogate pair becomes U+FFFD.
func (p *parser) escape() (rune, error) {
	at := p.pos
	p.pos++ // backslash
	if p.pos >= len(p.data) {
		return 0, p.fail(at, "a string that does not end")
	}
	c := p.data[p.pos]
	p.pos++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		r, ok := p.hex4(p.pos)
		if !ok {
			return 0, p.fail(at, `\u without four hexadecimal digits`)
		}
		p.pos += 4
		if utf16.IsSurrogate(r) {
			if low, ok := p.lowSurrogate(); ok {
				if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
					p.pos += 6
					return both, nil
				}
			}
			return utf8.RuneError, nil
		}
		return r, nil
	}
	return 0, p.fail(at, `the escape \%c is none of JSON's`, rune(c))
}

func (p *parser) lowSurrogate() (rune, bool) {
	if !bytes.HasPrefix(p.data[p.pos:], []byte(`\u`)) {
		return 0, false
	}
	return p.hex4(p.pos + 2)
}

func (p *parser) hex4(at int) (r rune, ok bool) {
	if at+4 > len(p.data) {
		return 0, false
	}
	for _, c := range p.data[at : at+4] {
		r <<= 4
		switch {
		case c >= '0' && c <= '9':
			r |= rune(c - '0')
		case c >= 'a' && c <= 'f':
			r |= rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			r |= rune(c-'A') + 10
		default:
			return 0, false
		}
	}
	return r, true
}
