package prose

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Count is a number with what is counted: "1 finding", "2 findings".
func Count(n int, one string) string { return fmt.Sprintf("%d %s", n, Plural(n, one, one+"s")) }

// Plural returns the form of a word that goes with a number.
func Plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Or returns the first text, or the second one where the first is empty.
func Or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// FirstLine returns the first line of an error's text.
func FirstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// Clip shortens a text to that many characters, the last of which is then "…".
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}

// Nearest returns the name most like a mistyped one, or "": one that begins
// with what was typed, or that differs from it in at most a letter of three.
func Nearest(typed string, names []string) string {
	best, distance := "", max(1, len(typed)/3)+1
	for _, name := range names {
		d := levenshtein.ComputeDistance(typed, name)
		if len(typed) > 2 && strings.HasPrefix(name, typed) {
			d = min(d, 1)
		}
		if d < distance {
			best, distance = name, d
		}
	}
	return best
}
