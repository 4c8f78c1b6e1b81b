package tsast

import (
	"sync"
	"unicode/utf8"
)

// plainReader reads object literals that are plain data, as nearly all entries
// are: names and strings for keys, and strings, whole numbers, true, false,
// null, objects and arrays of these for values, with comments in between. It
// gives the records that tree-sitter's tree of them is flattened to, twenty
// times faster, and gives up on everything else: on what it reads there is
// nothing for a parser to decide. FuzzPlain holds it to the trees.
type plainReader struct {
	src     []byte
	symbols *plainSymbols
	at      int
	records []record
	depth   int
}

func newPlainReader(src []byte) *plainReader {
	return &plainReader{src: src, symbols: plainSymbolTable()}
}

// maxPlainDepth is how deep plain data nests at most; an entry's nests three.
const maxPlainDepth = 16

// plainSymbols are the grammar's numbers for what plain data consists of.
type plainSymbols struct {
	object, array, pair, key, text, number, comment, yes, no, null uint16
	of                                                             [256]uint16 // punctuation
	keywords                                                       map[string]bool
}

var plainSymbolTable = sync.OnceValue(func() *plainSymbols {
	t := &plainSymbols{keywords: map[string]bool{}}
	named := map[string]*uint16{
		"object": &t.object, "array": &t.array, "pair": &t.pair, "property_identifier": &t.key, "string": &t.text,
		"number": &t.number, "comment": &t.comment, "true": &t.yes, "false": &t.no, "null": &t.null,
	}
	all := symbols()
	for i, name := range all.names {
		symbol := uint16(i) // #nosec G115 -- symbols are 16 bits wide
		switch {
		case named[name] != nil:
			if k := kindOf(name, true); all.kind(symbol) == k && *named[name] == 0 {
				*named[name] = symbol
			}
		case len(name) == 1 && t.of[name[0]] == 0:
			t.of[name[0]] = symbol
		}
		// A word of the grammar may be no name where it stands; this one is.
		if name != "type" && len(name) > 0 && name[0] >= 'a' && name[0] <= 'z' {
			t.keywords[name] = true
		}
	}
	return t
})

// read gives the records of the object literal at a byte, and where it ends.
// The records are valid until the next call.
func (r *plainReader) read(at int) (records []record, end int, ok bool) {
	r.at, r.records, r.depth = at, r.records[:0], 0
	if !r.object() || !utf8.Valid(r.src[at:r.at]) {
		return nil, 0, false
	}
	return r.records, r.at, true
}

// open begins a record; close ends it.
func (r *plainReader) open(symbol uint16, k kind) int {
	r.records = append(r.records, record{start: uint32(r.at), symbol: symbol, kind: k}) // #nosec G115 -- bounded by maxText
	return len(r.records) - 1
}

func (r *plainReader) close(record int) {
	r.records[record].end = uint32(r.at)            // #nosec G115 -- bounded by maxText
	r.records[record].next = uint32(len(r.records)) // #nosec G115 -- fewer than bytes
}

// token reads a punctuation mark, if it is the next byte.
func (r *plainReader) token(b byte, k kind) bool {
	if r.at >= len(r.src) || r.src[r.at] != b {
		return false
	}
	i := r.open(r.symbols.of[b], k)
	r.at++
	r.close(i)
	return true
}

// space passes blanks and reads comments; false for what is neither and begins
// like a comment.
func (r *plainReader) space() bool {
	for r.at < len(r.src) {
		switch r.src[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		case '/':
			end, ok := (&scanner{src: r.src}).afterComment(r.at)
			if !ok {
				return false
			}
			i := r.open(r.symbols.comment, kComment)
			r.at = end
			r.close(i)
		default:
			return true
		}
	}
	return false
}

// list reads what stands between brackets, with commas in between.
func (r *plainReader) list(opening, closing byte, symbol uint16, k kind, element func() bool) bool {
	if r.depth == maxPlainDepth {
		return false
	}
	r.depth++
	defer func() { r.depth-- }()
	all := r.open(symbol, k)
	if !r.token(opening, kOther) {
		return false
	}
	for {
		if !r.space() {
			return false
		}
		if r.token(closing, kOther) {
			break
		}
		if !element() || !r.space() {
			return false
		}
		if r.token(',', kComma) {
			continue
		}
		if !r.token(closing, kOther) {
			return false
		}
		break
	}
	r.close(all)
	return true
}

func (r *plainReader) object() bool {
	return r.list('{', '}', r.symbols.object, kObject, r.pair)
}

func (r *plainReader) pair() bool {
	pair := r.open(r.symbols.pair, kPair)
	if !r.key() || !r.space() || !r.token(':', kColon) || !r.space() || !r.value() {
		return false
	}
	r.close(pair)
	return true
}

func (r *plainReader) key() bool {
	if b := r.src[r.at]; b == '"' || b == '\'' {
		return r.text()
	}
	key := r.open(r.symbols.key, kPropertyIdentifier)
	word := r.word()
	r.close(key)
	return len(word) > 0 && (word[0] < '0' || word[0] > '9') && !r.symbols.keywords[string(word)]
}

// word passes letters and digits.
func (r *plainReader) word() []byte {
	start := r.at
	for r.at < len(r.src) {
		b := r.src[r.at]
		if (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && (b < '0' || b > '9') && b != '_' && b != '$' {
			break
		}
		r.at++
	}
	return r.src[start:r.at]
}

func (r *plainReader) value() bool {
	if r.at >= len(r.src) {
		return false
	}
	switch r.src[r.at] {
	case '"', '\'':
		return r.text()
	case '{':
		return r.object()
	case '[':
		return r.list('[', ']', r.symbols.array, kArray, r.value)
	}
	i := r.open(0, kOther)
	word := r.word()
	r.close(i)
	rec, t := &r.records[i], r.symbols
	switch string(word) {
	case "true":
		rec.symbol, rec.kind = t.yes, kTrue
	case "false":
		rec.symbol, rec.kind = t.no, kFalse
	case "null":
		rec.symbol, rec.kind = t.null, kNull
	default:
		rec.symbol, rec.kind = t.number, kNumber
		return wholeNumber(word) && r.at < len(r.src) && r.src[r.at] != '.' && r.src[r.at] < utf8.RuneSelf
	}
	return true
}

// wholeNumber says that a word is a decimal number.
func wholeNumber(word []byte) bool {
	if len(word) == 0 || word[0] == '0' && len(word) > 1 {
		return false
	}
	for _, b := range word {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}

// text reads a string whose escapes are of the simple kinds.
func (r *plainReader) text() bool {
	i, mark := r.open(r.symbols.text, kString), r.src[r.at]
	for r.at++; r.at < len(r.src); r.at++ {
		switch b := r.src[r.at]; {
		case b == mark:
			r.at++
			r.close(i)
			return true
		case b == '\\':
			r.at++
			if r.at == len(r.src) || !simpleEscape(r.src[r.at]) {
				return false
			}
		case b < ' ' && b != '\t':
			return false
		}
	}
	return false
}

// simpleEscape says that an escape ends with the byte behind its backslash.
func simpleEscape(b byte) bool {
	switch b {
	case 'n', 'r', 't', 'b', 'f', 'v', '\'', '"', '\\', '/':
		return true
	}
	return false
}
