package validate

import (
	"fmt"
	"slices"
)

// Area is what a rule looks at; validation.json and the summary's ticks are
// grouped by it.
type Area string

// The areas, as validation.json names them.
const (
	AreaSyntax  Area = "syntax"
	AreaFields  Area = "fields"
	AreaParents Area = "parents"
	AreaCycles  Area = "cycles"
	AreaCounts  Area = "counts"
	AreaNaming  Area = "naming"
	AreaDataset Area = "dataset"
	AreaConfig  Area = "config"
)

// Rule is one row of the rule table: what the editor, check, phase 4, explain
// and docs/rules.md know of a rule all comes from here.
type Rule struct {
	ID string
	// Severity is the default; Options.Severity overrides it.
	Severity Severity
	Area     Area
	// Doc is one line, Long the rest of the explanation: why, and what to do.
	Doc, Long string

	// entry checks one entry, file what only the whole file shows. Several
	// rules may be found by one function: it stands in the row of the
	// first of them, and the others have none.
	entry func(*entryPass)
	file  func(*filePass)
}

// rules joins the tables of all areas, in documentation order; their rows are
// in rules_*.go, config.go, checkpoint.go and ignore.go. It is filled once, in init: the
// checks look their own rule up in it, which an initialiser may not.
var rules []Rule

// The checks of the table, by what they look at.
var (
	entryChecks []func(*entryPass)
	fileChecks  []func(*filePass)
)

func init() {
	rules = slices.Concat(fileRules(), fieldRules(), treeRules(), countRules(), definitionRules(), configRules(), checkpointRules(), commentRules())
	for _, r := range rules {
		if r.entry != nil {
			entryChecks = append(entryChecks, r.entry)
		}
		if r.file != nil {
			fileChecks = append(fileChecks, r.file)
		}
	}
}

// Rules returns the table in documentation order; the slice is the caller's.
func Rules() []Rule { return slices.Clone(rules) }

// Markdown is a rule's documentation as an editor shows it.
func (r Rule) Markdown() string {
	text := fmt.Sprintf("# %s\n\n%s\n\nSeverity: %s. Area: %s.\n\n%s\n", r.ID, r.Doc, r.Severity, r.Area, r.Long)
	if Ignorable(r.ID) {
		text += fmt.Sprintf("\nTo silence it on a line, write `// fib: ignore %s` at its end, or above it on a line of its own; "+
			"above an entry, or before its first property, that silences it in the whole entry. "+
			"`// fib: ignore-file %s` above the array silences it in the whole file.\n", r.ID, r.ID)
	}
	return text
}

// RuleByID finds a rule.
func RuleByID(id string) (r Rule, ok bool) {
	if i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id }); i >= 0 {
		return rules[i], true
	}
	return Rule{}, false
}

// AreaOf returns the area of a rule; "" when there is no such rule.
func AreaOf(id string) Area {
	r, _ := RuleByID(id)
	return r.Area
}

func ruleIDs() []string {
	ids := make([]string, len(rules))
	for i, r := range rules {
		ids[i] = r.ID
	}
	return ids
}
