package lsp

import (
	"unicode/utf8"

	"github.com/fib-ls/fib-ls/tsast"
)

// smallestEdit is the one edit between two texts, at character boundaries.
func smallestEdit(old []byte, now string) (tsast.TextEdit, bool) {
	limit := min(len(old), len(now))
	head := 0
	for head < limit && old[head] == now[head] {
		head++
	}
	if head == len(old) && head == len(now) {
		return tsast.TextEdit{}, false
	}
	for head > 0 && (head < len(old) && !utf8.RuneStart(old[head]) || head < len(now) && !utf8.RuneStart(now[head])) {
		head--
	}
	tail := 0
	for tail < limit-head && old[len(old)-1-tail] == now[len(now)-1-tail] {
		tail++
	}
	for tail > 0 && !utf8.RuneStart(old[len(old)-tail]) {
		tail--
	}
	return tsast.TextEdit{Span: tsast.Span{Start: head, End: len(old) - tail}, NewText: now[head : len(now)-tail]}, true
}
