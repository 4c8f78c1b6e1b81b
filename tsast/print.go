package tsast

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NewModel is an entry to be printed.
type NewModel struct {
	ID, Name, Description string
	Modules               []NewModule
	// Source is the model's Hub id, ORG/NAME, or a whole URL; it is printed
	// as a comment on the entry's first line. Empty: no comment.
	Source string
}

// NewModule is one module of an entry to be printed. An empty Parent or Type
// prints no such property.
type NewModule struct {
	Name         string
	Count        int
	Parent, Type string
	Definitions  []string
	// Comment, when not empty, is printed as a line comment above the module.
	Comment string
}

// printWidth is the column that upstream's formatter keeps lines within.
const printWidth = 80

// Print writes an entry the way upstream's formatter does, in the given
// style, for the element of an array that is depth levels deep. The text
// begins with its brace (no indentation before it) and ends with its brace
// (no comma).
func Print(m NewModel, style Style, depth int) string {
	style = style.filled()
	return printAt(m, style, strings.Repeat(style.Indent, max(depth, 0)))
}

// printAt is Print for a line that is indented by base.
func printAt(m NewModel, style Style, base string) string {
	w := &printer{style: style, base: base}
	w.open("")
	if m.Source != "" {
		source := m.Source
		if !strings.Contains(source, "://") {
			source = "https://huggingface.co/" + source
		}
		w.comment("source: " + source)
	}
	w.property("id", style.String(m.ID))
	w.property("name", style.String(m.Name))
	w.property("description", style.String(m.Description))
	w.open("modules")
	for _, module := range m.Modules {
		w.module(module)
	}
	w.close()
	w.close()
	return strings.TrimSuffix(w.String(), style.EOL)
}

// PrintModule writes one module, as property of a modules object whose lines
// are indented by base: no indentation before it, no comma behind it.
func PrintModule(m NewModule, style Style, base string) string {
	w := &printer{style: style.filled(), base: base}
	w.module(m)
	return w.String()
}

// printer writes lines. Every line but an opening brace ends an item of the
// enclosing object: its comma is held back until the next item shows that it
// is needed whatever the style is.
type printer struct {
	strings.Builder
	style Style
	base  string
	level int
	comma bool // the comma of the last item is still to be written
	eol   bool // the last line's end is still to be written
}

func (w *printer) indent() string { return w.base + strings.Repeat(w.style.Indent, w.level) }

// line begins a line of its own.
func (w *printer) line(last bool) {
	if w.comma && (!last || w.style.TrailingComma) {
		w.WriteByte(',')
	}
	w.comma = false
	if w.eol {
		w.WriteString(w.style.EOL)
		w.WriteString(w.indent())
	}
	w.eol = true
}

func (w *printer) open(key string) {
	w.line(false)
	if key != "" {
		w.WriteString(key + ": ")
	}
	w.WriteByte('{')
	w.level++
}

func (w *printer) close() {
	empty := strings.HasSuffix(w.String(), "{")
	w.level--
	if empty {
		w.eol = false
	}
	w.line(true)
	w.WriteByte('}')
	w.comma = w.level > 0
}

func (w *printer) comment(text string) {
	if text = commentText(text); text != "" {
		w.line(false)
		w.WriteString("// " + text)
	}
}

// property writes `key: value`; a long value stands on a line of its own
// when its key is long enough for that to help.
func (w *printer) property(key, value string) {
	w.line(false)
	w.WriteString(key + ":")
	tab := w.style.tabWidth()
	column := w.column() + len(key) + 1
	if len(key) >= tab+3 && column+1+width(value)+1 > printWidth {
		w.WriteString(w.style.EOL + w.indent() + w.style.Indent + value)
	} else {
		w.WriteString(" " + value)
	}
	w.comma = true
}

// column is the width of the current indentation.
func (w *printer) column() int {
	n := 0
	for _, c := range w.indent() {
		if c == '\t' {
			n += w.style.tabWidth()
		} else {
			n++
		}
	}
	return n
}

func (w *printer) module(m NewModule) {
	w.comment(m.Comment)
	w.open(w.style.Key(m.Name))
	w.property("count", strconv.Itoa(m.Count))
	if m.Parent != "" {
		w.property("parent", w.style.String(m.Parent))
	}
	if m.Type != "" {
		w.property("type", w.style.typeOf(m))
	}
	w.line(false)
	const key = "definitions: "
	w.WriteString(key + w.style.array(m.Definitions, w.indent(), w.column()+len(key)))
	w.comma = true
	w.close()
}

// typeOf writes the value of a module's type.
func (s Style) typeOf(m NewModule) string {
	if inherited(m.Name) {
		return s.String(m.Type) + " as const"
	}
	return s.String(m.Type)
}

// inherited reports whether every object has a property of this name. For such a
// key TypeScript takes the expected type from there instead of from the
// index signature, and reads the value of type as any string.
func inherited(name string) bool {
	switch name {
	case "constructor", "toString", "toLocaleString", "valueOf", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable":
		return true
	}
	return false
}

// array writes an array of strings: on one line when it fits behind what
// stands before it (column), else one element per line.
func (s Style) array(items []string, indent string, column int) string {
	literals := make([]string, len(items))
	for i, item := range items {
		literals[i] = s.String(item)
	}
	line := "[" + strings.Join(literals, ", ") + "]"
	if len(items) == 0 || column+width(line)+1 <= printWidth {
		return line
	}
	var b strings.Builder
	b.WriteByte('[')
	for i, literal := range literals {
		b.WriteString(s.EOL + indent + s.Indent + literal)
		if i < len(literals)-1 || s.TrailingComma {
			b.WriteByte(',')
		}
	}
	b.WriteString(s.EOL + indent + "]")
	return b.String()
}

// width is how many columns a text takes; wide characters are not told apart.
func width(s string) int { return utf8.RuneCountInString(s) }

func (s Style) tabWidth() int {
	if s.Indent == "" || s.Indent[0] == '\t' {
		return 2
	}
	return len(s.Indent)
}

// filled replaces what is not set by upstream's style. A zero Style is
// upstream's.
func (s Style) filled() Style {
	if s == (Style{}) {
		return defaultStyle()
	}
	d := defaultStyle()
	if s.Indent == "" {
		s.Indent = d.Indent
	}
	if s.Quote != '\'' {
		s.Quote = d.Quote
	}
	if s.EOL == "" {
		s.EOL = d.EOL
	}
	return s
}

// Key writes a property name: quoted only when it is not a plain identifier.
// __proto__ is written as a computed key, because the other two spellings
// set the object's prototype instead of a property.
func (s Style) Key(name string) string {
	switch {
	case name == "__proto__":
		return "[" + s.String(name) + "]"
	case identifier(name):
		return name
	}
	return s.String(name)
}

// identifier reports whether a name needs no quotes as a key. Identifiers beyond
// ASCII are legal too, but look alike too easily.
func identifier(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || c == '$' || (c|0x20 >= 'a' && c|0x20 <= 'z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// String writes a string literal. Everything that could end it early, hide
// text or change its direction is escaped; like upstream's formatter it
// takes the other quote when that saves escapes.
func (s Style) String(value string) string {
	quote, other := byte('"'), byte('\'')
	if s.Quote == '\'' {
		quote, other = other, quote
	}
	if strings.Count(value, string(quote)) > strings.Count(value, string(other)) {
		quote = other
	}
	return quoteWith(value, quote)
}

// quoteWith writes a string literal in the given quotes.
func quoteWith(value string, quote byte) string {
	b := make([]byte, 0, len(value)+2)
	b = append(b, quote)
	for i := 0; i < len(value); {
		if unit, ok := surrogate(value, i); ok {
			b = fmt.Appendf(b, `\u%04x`, unit)
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(value[i:])
		i += n
		switch {
		case r == rune(quote) || r == '\\':
			b = append(b, '\\', byte(r)) // #nosec G115 -- ASCII
		case r == utf8.RuneError:
			b = append(b, `\ufffd`...)
		case hidden(r):
			b = appendEscape(b, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return string(append(b, quote))
}

// appendEscape writes a character that must not stand as itself.
func appendEscape(b []byte, r rune) []byte {
	if i := strings.IndexRune("\b\t\n\v\f\r", r); i >= 0 {
		return append(b, '\\', "btnvfr"[i])
	}
	if r > 0xFFFF {
		return fmt.Appendf(b, `\u{%x}`, r)
	}
	return fmt.Appendf(b, `\u%04x`, r)
}

// hidden reports whether a character ends a line, cannot be seen, or changes the
// direction of the text around it. The joiners inside emoji and scripts that
// need them stay.
func hidden(r rune) bool {
	switch {
	case r == '\u200c' || r == '\u200d':
		return false
	case r == '\u2028' || r == '\u2029', r >= 0xE0000 && r <= 0xE0FFF:
		return true
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r >= 0xFFFE && r&0xFFFE == 0xFFFE
}

// commentText makes a text safe as the rest of a line comment.
func commentText(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case hidden(r):
			b.Write(appendEscape(nil, r))
		default:
			b.WriteRune(r)
		}
	}
	text := strings.TrimSpace(b.String())
	// A comment from outside must not become an instruction to TypeScript
	// (@ts-ignore, /// <reference>) or to us (fib: ignore).
	if strings.HasPrefix(text, "@") || strings.HasPrefix(text, "/") || strings.HasPrefix(strings.ToLower(text), "fib:") {
		text = "- " + text
	}
	return text
}
