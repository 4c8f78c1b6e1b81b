package extract

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// misspeltFields warns of fields given with --set that neither the file nor
// the table of fields has while it has one that is spelt nearly so. The field
// is set all the same: SGLang's source may read it.
func misspeltFields(loc *located, overrides map[string]string) []string {
	known := map[string]bool{}
	for _, o := range []*Object{loc.root, loc.text} {
		for _, key := range o.Keys {
			known[key] = true
		}
	}
	for _, row := range aliasTable() {
		known[row.field] = true
		for _, name := range row.aliases {
			known[name] = true
		}
	}
	if row := classRowOf(loc.modelType); row != nil {
		for name := range row.Values {
			known[name] = true
		}
	}
	var warnings []string
	for _, key := range sortedKeys(overrides) {
		if known[key] || strings.Contains(key, ".") {
			continue
		}
		const near = 2 // letters
		best, distance := "", near+1
		for _, name := range sortedKeys(known) {
			if d := levenshtein.ComputeDistance(key, name); d < distance {
				best, distance = name, d
			}
		}
		if best != "" && len(key) > near*2 {
			warnings = append(warnings, fmt.Sprintf("--set %s: no such field is known; was %s meant?", key, best))
		}
	}
	return warnings
}
