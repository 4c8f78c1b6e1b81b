package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// wantsColor decides on colour: --color, then NO_COLOR, then whether the
// output is a terminal.
func wantsColor(w io.Writer, g *globals) bool {
	switch g.color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
