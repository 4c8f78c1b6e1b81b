package definition

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxName bounds what is looked at as a name: the longest real one has 70
// bytes, and a hostile one must not cost time.
const maxName = 256

// ParseError says why a text is not a Definition name.
type ParseError struct {
	Text   string
	Reason string
	// Family is the family whose prefix the text has, else the nearest one;
	// nil when none is near.
	Family *Family
	// Suggestion is the name that was surely meant, "" when there is none.
	Suggestion string
}

// Error tells the reason and, when known, what the name should look like.
func (e *ParseError) Error() string {
	text := e.Text
	if len(text) > 80 {
		text = strings.ToValidUTF8(text[:80], "") + "…"
	}
	return fmt.Sprintf("%q is not a Definition name: %s", text, e.why())
}

// Why is the message of an error of Parse without the text, for words that name
// it already.
func Why(err error) string {
	if e := (*ParseError)(nil); errors.As(err, &e) {
		return e.why()
	}
	return err.Error()
}

func (e *ParseError) why() string {
	msg := e.Reason
	switch {
	case e.Suggestion != "":
		msg += fmt.Sprintf("; did you mean %q?", e.Suggestion)
	case e.Family != nil:
		msg += "; the nearest family is " + e.Family.Pattern()
	}
	return msg
}

// Parse reads a Definition name of either vocabulary, the dataset's first. The
// error is always a *ParseError.
func Parse(s string) (Name, error) {
	if len(s) > maxName {
		return Name{}, &ParseError{Text: s, Reason: fmt.Sprintf("longer than %d bytes", maxName)}
	}
	n, reason, ok := parseDataset(s)
	if ok {
		return n, nil
	}
	n, near, ok := FlashInfer().parse(s)
	switch {
	case ok:
		return n, nil
	case near != nil && (reason == nil || len(near.Family.Prefix) > len(reason.Family.Prefix)):
		reason = near
	case reason == nil:
		reason = unknownFamily(s)
	}
	if reason.Family != nil {
		reason.Suggestion = reason.Family.suggest(s)
	}
	return Name{}, reason
}

// parseDataset reads a name of the dataset's vocabulary.
func parseDataset(s string) (n Name, reason *ParseError, ok bool) {
	for _, f := range families {
		rest, ok := strings.CutPrefix(s, f.Prefix)
		if !ok || (rest != "" && rest[0] != '_') {
			continue
		}
		values, why := f.read(rest)
		if why == "" {
			return Name{Family: f, Values: values}, nil, true
		}
		if reason == nil || len(f.Prefix) > len(reason.Family.Prefix) {
			reason = &ParseError{Text: s, Reason: why, Family: f}
		}
	}
	return Name{}, reason, false
}

// read takes the fields and the suffix from what follows the prefix; why is
// "" when all of it was understood.
func (f *Family) read(rest string) (values []int64, why string) {
	values = make([]int64, 0, len(f.Fields))
	for _, field := range f.Fields {
		after, ok := strings.CutPrefix(rest, field.Before+"_"+field.Abbrev)
		if !ok {
			return nil, fmt.Sprintf("%s (%s) is missing where %s stands", field.Abbrev, field.Meaning, quoteRest(rest))
		}
		digits := countDigits(after)
		value, bad := number(after[:digits])
		if bad != "" {
			return nil, fmt.Sprintf("%s (%s) %s", field.Abbrev, field.Meaning, bad)
		}
		values = append(values, value)
		rest = after[digits:]
	}
	if rest == f.Suffix {
		return values, ""
	}
	if rest == "" {
		return nil, fmt.Sprintf("the ending %s is missing", f.Suffix)
	}
	return nil, fmt.Sprintf("%s is left over after the last field", quoteRest(rest))
}

// number reads a positive decimal without padding.
func number(digits string) (value int64, bad string) {
	switch {
	case digits == "":
		return 0, "has no number"
	case digits[0] == '0':
		return 0, "must be a positive number without leading zeros"
	}
	value, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || value == math.MaxInt64 {
		return 0, "is too large a number"
	}
	return value, ""
}

func countDigits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

func quoteRest(rest string) string {
	if rest == "" {
		return "the end"
	}
	return strconv.Quote(rest)
}

// unknownFamily says which family is nearest to a text that has the prefix of
// none. The distance is taken over the words, without the numbers.
func unknownFamily(s string) *ParseError {
	e := &ParseError{Text: s, Reason: "no family begins like this"}
	if s == "" {
		e.Reason = "it is empty"
		return e
	}
	words, prefix := wordsOf(s), prefixWords(s)
	best := math.MaxInt
	for _, f := range slices.Concat(families, FlashInfer().Families) {
		most := min(best-1, max(2, len(f.Prefix)/3))
		d := min(distance(words, wordsOf(f.Pattern()), most), distance(prefix, f.Prefix, most))
		if d <= most {
			best, e.Family = d, f
		}
	}
	return e
}

// distance is the edit distance of two texts, or more than most: texts whose
// lengths differ by more are not compared.
func distance(a, b string, most int) int {
	if d := len(a) - len(b); d > most || -d > most {
		return most + 1
	}
	return levenshtein.ComputeDistance(a, b)
}

// wordsOf is a name in lower case without its numbers and placeholders.
func wordsOf(s string) string {
	s = strings.ToLower(s)
	return strings.Map(func(r rune) rune {
		if (r >= '0' && r <= '9') || r == '{' || r == '}' || r == '#' {
			return -1
		}
		return r
	}, s)
}

// prefixWords is the part before the first word that ends in a number
// (fp8 and fp4 belong to prefixes).
func prefixWords(s string) string {
	words := strings.Split(strings.ToLower(s), "_")
	for i, w := range words {
		if w == "" || w == "fp8" || w == "fp4" {
			continue
		}
		if last := w[len(w)-1]; last >= '0' && last <= '9' {
			return strings.Join(words[:i], "_")
		}
	}
	return strings.Join(words, "_")
}

// suggest builds the name of this family from the fields that a misspelled
// text has, in whatever order; "" when one is missing, double or unknown.
func (f *Family) suggest(s string) string {
	s = strings.ToLower(s)
	got := make(map[string]int64, len(f.Fields))
	// Words of the prefix are not fields, even when they end in a digit.
	skip := map[string]bool{"fp8": true, "fp4": true}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == '_' || r == '-' || r == ' ' }) {
		n := len(strings.TrimRight(w, "0123456789"))
		if n == len(w) || n == 0 || skip[w] {
			continue
		}
		value, bad := number(strings.TrimLeft(w[n:], "0"))
		if _, twice := got[w[:n]]; bad != "" || twice {
			return ""
		}
		got[w[:n]] = value
	}
	if len(got) != len(f.Fields) {
		return ""
	}
	return filled(f, got).String()
}
