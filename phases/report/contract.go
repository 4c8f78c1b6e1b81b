// Package report has what a run leaves behind for people and programs: the
// --json contract, the text on the terminal, the summary and the files of each
// phase.
package report

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// Contract is the stable form of --json.
type Contract struct {
	Model        generate.Entry        `json:"model"`
	Architecture *extract.Architecture `json:"architecture"`
	Pattern      generate.Pattern      `json:"pattern"`
	Baseline     Baseline              `json:"baseline"`
	Parallelism  generate.Parallelism  `json:"parallelism"`
	Definitions  []Definition          `json:"definitions"`
	// DatasetList says, where InDataset rests on a list of names and not on a
	// clone, which list.
	DatasetList string              `json:"-"`
	Problems    []Problem           `json:"problems"`
	Warnings    []string            `json:"warnings"`
	Confidence  generate.Confidence `json:"confidence"`
	Files       map[string]string   `json:"files"`
	TimingsMS   map[string]float64  `json:"timings_ms"`
}

// HasErrors reports whether the entry has a problem of severity error.
func (c *Contract) HasErrors() bool {
	return slices.ContainsFunc(c.Problems, func(p Problem) bool { return p.Severity == string(validate.Error) })
}

// Baseline says where the layers' truth came from.
type Baseline struct {
	Source string `json:"source"` // clone|embedded|none
	Class  string `json:"class"`
	File   string `json:"file"`
	Commit string `json:"commit"`
	Date   string `json:"date,omitempty"`
	Note   string `json:"note,omitempty"`
}

// Definition is one Definition that the model needs. InDataset is nil in a step
// that did not ask the dataset.
type Definition struct {
	generate.Required
	InDataset *bool `json:"in_dataset"`
}

// Problem is one finding of phase 4 in the contract's form.
type Problem struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
	Module   string `json:"module"`
	Line     int    `json:"line"`
	Column   int    `json:"-"` // in bytes, for validation.json
}

// Step is what one step of the command line prints with --json: the contract
// without the empty keys of phases that did not run.
type Step struct {
	Model        generate.Entry        `json:"model,omitzero"`
	Architecture *extract.Architecture `json:"architecture,omitempty"`
	Pattern      generate.Pattern      `json:"pattern,omitempty"`
	Baseline     Baseline              `json:"baseline,omitzero"`
	Parallelism  generate.Parallelism  `json:"parallelism,omitzero"`
	Definitions  []Definition          `json:"definitions,omitempty"`
	DatasetList  string                `json:"-"`
	Problems     []Problem             `json:"problems,omitempty"`
	Warnings     []string              `json:"warnings"`
	Confidence   generate.Confidence   `json:"confidence,omitzero"`
	Files        map[string]string     `json:"files"`
	TimingsMS    map[string]float64    `json:"timings_ms"`
}

// RuleDisagreement marks a difference between the two readers of a model.
const RuleDisagreement = "source-disagreement"

// RuleContradiction marks a difference between the entry and the model's own
// checkpoint.
const RuleContradiction = "checkpoint-disagreement"
