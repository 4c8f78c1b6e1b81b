package prose

import (
	"fmt"
	"slices"
	"strconv"
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

// Ranges writes numbers in their order, each once: "0-2,5".
func Ranges(numbers []int) string {
	numbers = slices.Clone(numbers)
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	var parts []string
	for len(numbers) > 0 {
		n := 1
		for n < len(numbers) && numbers[n] == numbers[n-1]+1 {
			n++
		}
		part := strconv.Itoa(numbers[0])
		if n > 1 {
			part += "-" + strconv.Itoa(numbers[n-1])
		}
		parts, numbers = append(parts, part), numbers[n:]
	}
	return strings.Join(parts, ",")
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
	begins := func(name string) bool { return len(typed) > 2 && strings.HasPrefix(name, typed) }
	if i := slices.IndexFunc(names, begins); i >= 0 {
		return names[i]
	}
	return Similar(typed, names, max(1, len(typed)/3))
}

// longestName bounds the work of comparing names from outside.
const longestName = 128

// Similar returns the name that takes the fewest edits to make of a mistyped
// one, or "" where that takes more than most. Upper and lower case are the same,
// and two neighbours that changed places, the commonest slip, are one edit.
func Similar(typed string, names []string, most int) string {
	best, fewest := "", most+1
	if len(typed) > longestName {
		return best
	}
	for _, name := range names {
		longer := len(typed) - len(name)
		if name == typed || longer > most || -longer > most {
			continue
		}
		if n := edits(strings.ToLower(typed), strings.ToLower(name)); n < fewest {
			best, fewest = name, n
		}
	}
	return best
}

func edits(typed, name string) int {
	n := levenshtein.ComputeDistance(typed, name)
	for i := range min(len(typed), len(name)) - 1 {
		if typed[i] != name[i] {
			swapped := typed[:i] + typed[i+1:i+2] + typed[i:i+1] + typed[i+2:]
			return min(n, 1+levenshtein.ComputeDistance(swapped, name))
		}
	}
	return n
}
