package extract

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of what ParseConfig reads. The largest real config.json lists the
// modules that are not quantised and has 3.1 MB; transformers reads with Python's json, whose recursion ends near
// 1000 levels and whose integers end at 4300 digits.
const (
	MaxConfigSize  = 16 << 20 // bytes
	maxConfigDepth = 512      // nested arrays and objects
	maxValues      = 1 << 20  // each costs some 60 bytes of memory, however short its text
	maxIntDigits   = 4300     // digits of one integer
)

// ParseConfig reads a config.json as transformers reads it with Python's json:
// bare NaN, Infinity and -Infinity are numbers, a key that is written twice
// has its last value, keys are case-sensitive, integers may be of any size.
// A byte order mark is skipped with a warning. Everything else that Python
// refuses is refused, as a *SyntaxError with its line and column.
func ParseConfig(data []byte) (obj *Object, warnings []string, err error) {
	if len(data) > MaxConfigSize {
		return nil, nil, &SyntaxError{Line: 1, Column: 1,
			Message: fmt.Sprintf("the file has %d bytes, more than the %d MiB that a config.json may have", len(data), MaxConfigSize>>20)}
	}
	if rest, ok := bytes.CutPrefix(data, []byte("\ufeff")); ok {
		data = rest
		warnings = append(warnings, "the file starts with a UTF-8 byte order mark, which transformers refuses; skipped")
	}
	if err := checkEncoding(data); err != nil {
		return nil, warnings, err
	}
	p := &parser{data: data}
	p.space()
	if p.pos < len(p.data) && p.data[p.pos] != '{' {
		return nil, warnings, p.notAnObject()
	}
	v, err := p.value(0)
	if err != nil {
		return nil, warnings, err
	}
	p.space()
	if p.pos < len(p.data) {
		return nil, warnings, p.fail(p.pos, "text after the end of the JSON object")
	}
	for _, key := range p.twice {
		warnings = append(warnings, fmt.Sprintf("the key %q is written twice; the last value counts, as in Python", key))
	}
	return v.(*Object), warnings, nil
}

// checkEncoding refuses what is not UTF-8 text, saying what it looks like.
func checkEncoding(data []byte) error {
	p := &parser{data: data}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return p.fail(0, "the file is UTF-16; a config.json is UTF-8")
	}
	if utf8.Valid(data) {
		return nil
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return p.fail(i, "the file is not UTF-8 text (byte 0x%02x)", data[i])
		}
		i += size
	}
	return nil
}

// parser is a recursive-descent JSON reader over the whole file.
type parser struct {
	values int // read so far
	data   []byte
	pos    int
	twice  []string // keys that are written twice in one object
}

// fail makes the error at a byte offset. Lines and columns count from 1,
// columns in characters, as Python's JSONDecodeError counts them.
func (p *parser) fail(pos int, format string, args ...any) error {
	pos = min(pos, len(p.data))
	before := p.data[:pos]
	line := bytes.Count(before, []byte{'\n'}) + 1
	start := bytes.LastIndexByte(before, '\n') + 1
	return &SyntaxError{
		Line:    line,
		Column:  utf8.RuneCount(before[start:]) + 1,
		Message: fmt.Sprintf(format, args...),
	}
}

// notAnObject explains a file that does not start with an object.
func (p *parser) notAnObject() error {
	rest := p.data[p.pos:]
	switch {
	case rest[0] == '<':
		return p.fail(p.pos, "the file is a web page (it starts with <), not JSON")
	case bytes.HasPrefix(rest, []byte("version https://git-lfs")):
		return p.fail(p.pos, "the file is a Git LFS pointer, not the config.json itself")
	default:
		return p.fail(p.pos, "a config.json is one JSON object, which starts with {")
	}
}

func (p *parser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (Value, error) {
	if depth > maxConfigDepth {
		return nil, p.fail(p.pos, "more than %d levels of nesting", maxConfigDepth)
	}
	if p.values++; p.values > maxValues {
		return nil, p.fail(p.pos, "more than %d values", maxValues)
	}
	if p.pos >= len(p.data) {
		if len(bytes.TrimSpace(p.data)) == 0 {
			return nil, p.fail(p.pos, "the file is empty")
		}
		return nil, p.fail(p.pos, "the file ends where a value should stand")
	}
	switch c := p.data[p.pos]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		return p.str()
	case c == '-' || (c >= '0' && c <= '9'):
		return p.number()
	}
	for _, w := range []struct {
		text  string
		value Value
	}{{"null", nil}, {"true", true}, {"false", false}, {"NaN", math.NaN()}, {"Infinity", math.Inf(1)}} {
		if bytes.HasPrefix(p.data[p.pos:], []byte(w.text)) {
			p.pos += len(w.text)
			return w.value, nil
		}
	}
	return nil, p.unexpected()
}

// unexpected names what stands where a value should stand.
func (p *parser) unexpected() error {
	rest := p.data[p.pos:]
	r, _ := utf8.DecodeRune(rest)
	switch {
	case r == '\'':
		return p.fail(p.pos, "strings stand in double quotes in JSON, not in single quotes")
	case r == '/' || r == '#':
		return p.fail(p.pos, "JSON has no comments")
	case bytes.HasPrefix(rest, []byte("None")), bytes.HasPrefix(rest, []byte("True")), bytes.HasPrefix(rest, []byte("False")):
		return p.fail(p.pos, "null, true and false are written in lower case in JSON")
	}
	return p.fail(p.pos, "a value should stand here, not %q", r)
}

func (p *parser) object(depth int) (Value, error) {
	obj := &Object{Values: map[string]Value{}}
	p.pos++ // {
	p.space()
	if p.pos < len(p.data) && p.data[p.pos] == '}' {
		p.pos++
		return obj, nil
	}
	for {
		if p.pos >= len(p.data) || p.data[p.pos] != '"' {
			return nil, p.missingKey()
		}
		key, err := p.str()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.pos >= len(p.data) || p.data[p.pos] != ':' {
			return nil, p.fail(p.pos, "a : should follow the key %q", key)
		}
		p.pos++
		p.space()
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if _, there := obj.Values[key]; there {
			p.noteRepeatedKey(key)
		} else {
			obj.Keys = append(obj.Keys, key)
		}
		obj.Values[key] = v
		if done, err := p.next('}'); done || err != nil {
			return obj, err
		}
	}
}

func (p *parser) missingKey() error {
	if p.pos >= len(p.data) {
		return p.fail(p.pos, "the file ends inside an object")
	}
	if r, _ := utf8.DecodeRune(p.data[p.pos:]); r == '/' || r == '#' {
		return p.fail(p.pos, "JSON has no comments")
	}
	return p.fail(p.pos, "a key in double quotes should stand here")
}

func (p *parser) noteRepeatedKey(key string) {
	if len(p.twice) < 10 { // a hostile file may have a million
		p.twice = append(p.twice, key)
	}
}

func (p *parser) array(depth int) (Value, error) {
	list := []Value{}
	p.pos++ // [
	p.space()
	if p.pos < len(p.data) && p.data[p.pos] == ']' {
		p.pos++
		return list, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if done, err := p.next(']'); done || err != nil {
			return list, err
		}
	}
}

// next reads the comma before the next element, or the closing bracket.
func (p *parser) next(closing byte) (done bool, err error) {
	p.space()
	if p.pos >= len(p.data) {
		return false, p.fail(p.pos, "the file ends inside an %s", map[byte]string{'}': "object", ']': "array"}[closing])
	}
	if p.data[p.pos] == closing {
		p.pos++
		return true, nil
	}
	if p.data[p.pos] != ',' {
		return false, p.fail(p.pos, "a , or a %c should stand here", closing)
	}
	comma := p.pos
	p.pos++
	p.space()
	if p.pos < len(p.data) && p.data[p.pos] == closing {
		return false, p.fail(comma, "trailing comma before %c: JSON (and Python) allow none", closing)
	}
	return false, nil
}

// number reads an integer as int64 or *big.Int, anything else as float64; a
// float beyond the range is an infinity, as in Python.
func (p *parser) number() (Value, error) {
	start := p.pos
	if p.data[p.pos] == '-' {
		p.pos++
		if bytes.HasPrefix(p.data[p.pos:], []byte("Infinity")) {
			p.pos += len("Infinity")
			return math.Inf(-1), nil
		}
	}
	first := p.pos
	n := p.digits()
	switch {
	case n == 0:
		return nil, p.fail(start, "a - without a number")
	case n > 1 && p.data[first] == '0':
		return nil, p.fail(start, "a number may not start with 0")
	}
	whole := p.pos
	if p.takes(".") && p.digits() == 0 {
		return nil, p.fail(start, "a number with no digits after its point")
	}
	if p.takes("eE") {
		p.takes("+-")
		if p.digits() == 0 {
			return nil, p.fail(start, "a number with no digits in its exponent")
		}
	}
	text := string(p.data[start:p.pos])
	if p.pos > whole {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(f, 0) {
			return nil, p.fail(start, "the number %.40s cannot be read", text)
		}
		return f, nil
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i, nil
	}
	if n > maxIntDigits {
		return nil, p.fail(start, "an integer of %d digits (Python ends at %d)", n, maxIntDigits)
	}
	i, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, p.fail(start, "the number %.40s cannot be read", text)
	}
	return i, nil
}

// digits reads digits, and takes one of some characters: byte by byte, since a
// config may have a million numbers, or one of as many megabytes as it has.
func (p *parser) digits() (n int) {
	for p.takes("0123456789") {
		n++
	}
	return n
}

func (p *parser) takes(among string) bool {
	is := p.pos < len(p.data) && strings.IndexByte(among, p.data[p.pos]) >= 0
	if is {
		p.pos++
	}
	return is
}

// str reads a string; half of a surrogate pair becomes U+FFFD.
func (p *parser) str() (s string, err error) {
	start, escaped := p.pos, false
	for p.pos++; p.pos < len(p.data); {
		switch c := p.data[p.pos]; {
		case c == '"':
			p.pos++
			text := p.data[start:p.pos]
			if !escaped {
				return string(text[1 : len(text)-1]), nil
			}
			err = json.Unmarshal(text, &s)
			return s, err
		case c == '\\':
			escaped = true
			n := escapeLength(p.data[p.pos:])
			if n == 0 {
				return "", p.badEscape()
			}
			p.pos += n
		case c < 0x20:
			return "", p.fail(p.pos, "a control character (0x%02x) inside a string", c)
		default:
			p.pos++
		}
	}
	return "", p.fail(start, "a string that does not end")
}

// escapeLength is the length of the escape sequence of JSON that a text begins
// with, 0 when it begins with none.
func escapeLength(text []byte) int {
	switch {
	case len(text) > 1 && strings.IndexByte(`"\/bfnrt`, text[1]) >= 0:
		return 2
	case len(text) > 5 && text[1] == 'u':
		var code [2]byte
		if _, err := hex.Decode(code[:], text[2:6]); err == nil {
			return 6
		}
	}
	return 0
}

func (p *parser) badEscape() error {
	switch after := p.data[p.pos+1:]; {
	case len(after) == 0:
		return p.fail(p.pos, "a string that does not end")
	case after[0] == 'u':
		return p.fail(p.pos, `\u without four hexadecimal digits`)
	default:
		return p.fail(p.pos, `the escape \%c is none of JSON's`, rune(after[0]))
	}
}
