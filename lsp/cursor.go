package lsp

import (
	"bytes"

	"github.com/fib-ls/fib-ls/tsast"
)

// cursorPlace is what a cursor is in, read off the text itself: while one
// types, the tree is mostly broken just there.
type cursorPlace int

const (
	inCode cursorPlace = iota
	inString
	inComment
)

// cursorAt looks at the cursor's line, and for the key that a string belongs
// to at what stands before it.
func cursorAt(text []byte, at int) (where cursorPlace, key string) {
	start := bytes.LastIndexAny(text[:at], "\r\n") + 1
	quote, opened := byte(0), 0
	for i := start; i < at; i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '"' || c == '\'' || c == '`':
			quote, opened = c, i
		case c == '/' && i+1 < len(text) && (text[i+1] == '/' || text[i+1] == '*'):
			return inComment, ""
		}
	}
	if quote == 0 {
		return inCode, ""
	}
	return inString, keyBefore(text, opened)
}

// maxLookBack bounds how far a key is looked for: a list of Definitions is no
// longer than that.
const maxLookBack = 16 << 10

// keyBefore finds the key whose value, or an element of whose value, starts
// at a byte; "" when what stands before is something else.
func keyBefore(text []byte, at int) string {
	limit := max(0, at-maxLookBack)
	i, inArray := at-1, false
	for i >= limit {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i--
		case c == ',' && !inArray:
			i--
		case (c == '"' || c == '\'') && !inArray:
			// An element before this one: over it.
			open := bytes.LastIndexByte(text[limit:i], c)
			if open < 0 {
				return ""
			}
			i = limit + open - 1
		case c == '[' && !inArray:
			inArray = true
			i--
		case c == ':':
			return keyAt(text, limit, i-1)
		default:
			return ""
		}
	}
	return ""
}

// keyAt reads the key that ends at a byte.
func keyAt(text []byte, limit, i int) string {
	for i >= limit && (text[i] == ' ' || text[i] == '\t') {
		i--
	}
	if i >= limit && (text[i] == '"' || text[i] == '\'') {
		i--
	}
	end := i + 1
	for i >= limit && isIdentifierByte(text[i]) {
		i--
	}
	return string(text[i+1 : end])
}

func isIdentifierByte(b byte) bool {
	return b == '_' || b == '$' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// isNameByte reports whether a byte may stand in a string that names something.
func isNameByte(b byte) bool {
	return b != '"' && b != '\'' && b != '`' && b != '\\' && b != '\n' && b != '\r' && b != ','
}

// wordAround is the run of bytes around the cursor that belong to a word.
func wordAround(text []byte, at int, belongs func(byte) bool) tsast.Span {
	s := tsast.Span{Start: at, End: at}
	for s.Start > 0 && belongs(text[s.Start-1]) {
		s.Start--
	}
	for s.End < len(text) && belongs(text[s.End]) {
		s.End++
	}
	return s
}
