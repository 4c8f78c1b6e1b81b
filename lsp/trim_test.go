package lsp

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fib-ls/fib-ls/lsp/text"
	"github.com/fib-ls/fib-ls/tsast"
)

// Memory is given back once after a large text was opened, was broken, and was
// mended, but not while it is read again and again.
func TestTrim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trims := 0
		s := &trimmer{trim: func() { trims++ }}
		read := func(size int, problems int, fresh bool) {
			s.after(&Snapshot{
				converter: converter{text: text.New(strings.Repeat(" ", size))},
				File:      &tsast.File{Problems: make([]tsast.SyntaxProblem, problems)},
			}, fresh)
		}
		rest := func(want int, what string) {
			t.Helper()
			advance(2 * trimDelay)
			if trims != want {
				t.Errorf("%s: memory was given back %d times, want %d", what, trims, want)
			}
		}
		read(largeText-1, 1, true)
		rest(0, "a small text")
		read(largeText, 0, true)
		rest(1, "opened")
		read(largeText, 0, false)
		rest(1, "edited")
		for range 10 {
			read(largeText, 1, false)
			advance(trimDelay / 2)
		}
		rest(2, "broken")
		read(largeText, 0, false)
		rest(3, "mended")
		read(largeText, 0, false)
		rest(3, "edited again")
		(&trimmer{}).after(nil, true) // nobody wants any
	})
}
