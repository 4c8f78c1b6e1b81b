package main

import (
	"io"
	"os"
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
