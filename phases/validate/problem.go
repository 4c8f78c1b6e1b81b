// Package validate is phase 4: one table of rules, used by the editor, by
// check, by add and by the documentation.
package validate

import (
	"slices"

	"github.com/fib-ls/fib-ls/tsast"
)

// Severity of a problem.
type Severity string

// The severities, the most severe first, and Off, which silences a rule.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
	Hint    Severity = "hint"
	Off     Severity = "off"
)

// Severities are those that a finding can have, the most severe first.
var Severities = []Severity{Error, Warning, Info, Hint}

// Rank is the severity's place in that order; what is none of them comes last.
func (s Severity) Rank() int {
	if i := slices.Index(Severities, s); i >= 0 {
		return i
	}
	return len(Severities) - 1
}

// Problem is one finding. Its message is complete in itself: what is wrong,
// where the other place is, what to do.
type Problem struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	Model    string   `json:"model"`  // the entry's id, "" for the file
	Module   string   `json:"module"` // the module's key, "" for the entry
	// Span is file-relative.
	Span tsast.Span `json:"-"`
	// Expected is the value that would be right, Evidence the config fields
	// it rests on.
	Expected string            `json:"expected,omitempty"`
	Evidence map[string]string `json:"evidence,omitempty"`
	Related  []Related         `json:"-"`
	Fixes    []Fix             `json:"-"`
	// Unnecessary and Deprecated become diagnostic tags.
	Unnecessary, Deprecated bool `json:"-"`
}

// Related is another place that belongs to a problem.
type Related struct {
	Span    tsast.Span
	Message string
}

// Fix is one way to mend a problem.
type Fix struct {
	Title string
	Edits []tsast.TextEdit
	// Preferred: the one fix that is surely meant.
	Preferred bool
	// Safe: it is certain from the text alone (a spelling, a nearest parent).
	// What rests on knowledge about the model is not: it is never applied
	// without being asked for.
	Safe bool
}
