package phases

import (
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/validate"
)

// Diff gives the change of models.ts as a unified diff ("" when there is
// none).
func Diff(r *Result) string {
	return unifiedDiff(r.Request.ModelsTS, string(r.Original), string(r.Edited))
}

// Report is what add prints for people when it is done.
func Report(r *Result) string {
	var b strings.Builder
	verb := "Added"
	switch {
	case r.Request.DryRun && r.Updated:
		verb = "Would refresh"
	case r.Request.DryRun:
		verb = "Would add"
	case r.Updated:
		verb = "Refreshed"
	}
	fmt.Fprintf(&b, "%s %s (%s) in %s\n", verb, r.Model.ID, plain(r.Model.Name), r.Request.ModelsTS)
	a := r.Architecture
	fmt.Fprintf(&b, "  %s, %d layers, hidden size %d, pattern %s, TP=%d EP=%d (%s)\n",
		plain(a.ArchitectureType), a.NumLayers, a.HiddenSize, r.Pattern, r.Parallelism.TP, r.Parallelism.EP, parallelismFrom(r.Parallelism.From))
	fmt.Fprintf(&b, "  config from %s\n", configOrigin(a.Source, plain, plain))
	fmt.Fprintf(&b, "  layers from %s\n", layersOrigin(r.Baseline))
	present, missing := 0, 0
	for _, d := range r.Definitions {
		if d.InDataset != nil {
			present += btoi(*d.InDataset)
			missing += btoi(!*d.InDataset)
		}
	}
	fmt.Fprintf(&b, "  %d modules, %d Definitions", len(r.Model.Modules), len(r.Definitions))
	if present+missing > 0 {
		fmt.Fprintf(&b, " (%d in the dataset, %d missing)", present, missing)
	}
	b.WriteString("\n")
	b.WriteString(Findings(r))
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "  note: %s\n", plain(w))
	}
	if r.TypeScript.Note != "" {
		fmt.Fprintf(&b, "  note: %s\n", plain(r.TypeScript.Note))
	}
	if path := r.Files[FileSummary]; path != "" {
		fmt.Fprintf(&b, "  summary: %s\n", path)
	}
	// What is not from us by construction was made one line above; paths and
	// names of modules pass here.
	return Terminal(b.String())
}

// Findings are phase 4's, a line each.
func Findings(r *Result) string {
	var b strings.Builder
	for _, p := range r.Problems {
		where := ""
		if p.Module != "" {
			where = " " + p.Module + ":"
		}
		fmt.Fprintf(&b, "  %s:%s %s [%s]\n", p.Severity, where, plain(p.Message), p.Rule)
	}
	return Terminal(b.String())
}

func layersOrigin(b Baseline) string {
	switch b.Source {
	case "clone":
		return fmt.Sprintf("SGLang's source, %s in %s%s", b.Class, b.File, atCommit(b.Commit))
	case "embedded":
		why := ""
		if b.Note != "" {
			why = " (" + plain(b.Note) + ")"
		}
		return fmt.Sprintf("the built-in SGLang index, %s in %s%s%s", b.Class, b.File, atCommit(b.Commit), why)
	}
	if b.Note != "" {
		return "the config alone (" + plain(b.Note) + ")"
	}
	return "the config alone"
}

func atCommit(hash string) string {
	if len(hash) > 8 {
		hash = hash[:8]
	}
	if hash == "" {
		return ""
	}
	return " at " + hash
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ValidationReport is validation.json.
type ValidationReport struct {
	Valid    bool                `json:"valid"`
	Problems []ValidationProblem `json:"problems"`
	Checked  map[string]bool     `json:"checked"`
	ModelID  string              `json:"model_id"`
}

// ValidationProblem is one finding in validation.json.
type ValidationProblem struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
	Module   string `json:"module"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
}

// validation makes validation.json's value.
func (r *Result) validation() ValidationReport {
	v := ValidationReport{Valid: !r.HasErrors(), Problems: []ValidationProblem{}, Checked: map[string]bool{}, ModelID: r.Model.ID}
	for _, check := range checkNames {
		v.Checked[check] = true
	}
	v.Checked["dataset"] = len(r.Definitions) > 0 && r.Definitions[0].InDataset != nil
	v.Checked["config"] = r.Architecture != nil
	for i, p := range r.Problems {
		column := 0
		if i < len(r.Checks) {
			column = columnOf(r.Edited, r.Checks[i].Span.Start)
		}
		v.Problems = append(v.Problems, ValidationProblem{p.Rule, p.Severity, p.Message, p.Module, p.Line, column})
	}
	return v
}

// checkNames are the keys of validation.json's "checked".
var checkNames = []string{"syntax", "parents", "cycles", "counts", "naming", "dataset", "config"}

// checkOf says which of those a rule belongs to.
func checkOf(rule string) string {
	switch rule {
	case RuleDisagreement:
		return "config"
	case RuleTypeScript:
		return "syntax"
	}
	return string(validate.AreaOf(rule))
}

// columnOf counts UTF-8 bytes of the line before an offset, from 1.
func columnOf(src []byte, offset int) int {
	if offset > len(src) {
		offset = len(src)
	}
	for start := offset; start > 0; start-- {
		if src[start-1] == '\n' {
			return offset - start + 1
		}
	}
	return offset + 1
}
