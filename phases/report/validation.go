package report

import (
	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// Validation is validation.json.
type Validation struct {
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
func (r *Run) validation() Validation {
	v := Validation{Valid: !r.HasErrors(), Problems: []ValidationProblem{}, Checked: map[string]bool{}, ModelID: r.Model.ID}
	for _, check := range checkNames {
		v.Checked[check] = true
	}
	v.Checked["dataset"] = len(r.Definitions) > 0 && r.Definitions[0].InDataset != nil
	v.Checked["config"] = r.Architecture != nil
	for _, p := range r.Problems {
		v.Problems = append(v.Problems, ValidationProblem(p))
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
	case typecheck.Rule:
		return "syntax"
	}
	return string(validate.AreaOf(rule))
}
