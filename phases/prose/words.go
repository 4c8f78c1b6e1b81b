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
		d := distance // no name is so far away
		switch longer := len(typed) - len(name); {
		case len(typed) > 2 && strings.HasPrefix(name, typed):
			d = min(len(name)-len(typed), 1)
		case longer < distance && -longer < distance: // else that many letters are too many
			d = edits(typed, name)
		}
		if d < distance {
			best, distance = name, d
		}
	}
	return best
}

// edits counts what makes one word of another; two neighbours that changed
// places, the commonest slip, are one edit.
func edits(typed, name string) int {
	least := levenshtein.ComputeDistance(typed, name)
	for i := range len(typed) - 1 {
		swapped := typed[:i] + typed[i+1:i+2] + typed[i:i+1] + typed[i+2:]
		least = min(least, 1+levenshtein.ComputeDistance(swapped, name))
	}
	return least
}
