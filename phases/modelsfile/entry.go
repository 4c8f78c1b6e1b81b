package modelsfile

import (
	"bytes"

	"github.com/fib-ls/fib-ls/tsast"
)

// Find returns the position of the entry with that id, or -1.
func Find(f *tsast.File, id string) int {
	for i, e := range f.Entries {
		if e.Model.ID.Value == id && e.Model.ID.Kind == tsast.StringLiteral {
			return i
		}
	}
	return -1
}

// LineOf returns the line of an offset, counted from 1. An offset behind the
// text is the text's end.
func LineOf(src []byte, offset int) int {
	return bytes.Count(src[:min(offset, len(src))], []byte("\n")) + 1
}

// ColumnOf returns the column of an offset in UTF-8 bytes, counted from 1.
func ColumnOf(src []byte, offset int) int {
	offset = min(offset, len(src))
	return offset - bytes.LastIndexByte(src[:offset], '\n')
}
