package families

import (
	_ "embed" // the table
	"path"
	"slices"
	"strings"
)

//go:embed refusals.txt
var refusalsFile string

// Refused says what a model is instead of a decoder language model, by its
// model_type ("type") or its class ("class"); "" when it may be one. Lines that
// say but are passed over.
func Refused(by, name, but string) string {
	for line := range strings.Lines(refusalsFile) {
		head, what, _ := strings.Cut(strings.TrimSpace(line), ":")
		words := strings.Fields(head)
		if what = strings.TrimSpace(what); words[0] != by || but != "" && what == but {
			continue
		}
		if slices.ContainsFunc(words[1:], func(pattern string) bool { matched, err := path.Match(pattern, name); return matched && err == nil }) {
			return what
		}
	}
	return ""
}
