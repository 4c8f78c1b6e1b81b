package phases

import (
	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// Result is what Run gives: the stable --json contract, and the values from
// which the summary and the editor's report are made.
type Result struct {
	Model        generate.Entry        `json:"model"`
	Architecture *extract.Architecture `json:"architecture"`
	Pattern      generate.Pattern      `json:"pattern"`
	Baseline     Baseline              `json:"baseline"`
	Parallelism  generate.Parallelism  `json:"parallelism"`
	Definitions  []Definition          `json:"definitions"`
	Problems     []Problem             `json:"problems"`
	Warnings     []string              `json:"warnings"`
	Files        map[string]string     `json:"files"`
	TimingsMS    map[string]float64    `json:"timings_ms"`

	// Request is the request as it was completed.
	Request Request `json:"-"`
	// ConfigBytes are the bytes of config.json as fetched.
	ConfigBytes    []byte                   `json:"-"`
	Implementation *baseline.Implementation `json:"-"`
	// Snippets are the spans of SGLang's source that phase 2 cites.
	Snippets  []baseline.Snippet `json:"-"`
	Generated *generate.Result   `json:"-"`
	// Checks are phase 4's problems with their spans, for the edited text.
	Checks []validate.Problem `json:"-"`
	// EntryText is the TypeScript of the entry, as generated_entry.ts has it.
	EntryText string `json:"-"`
	// Edited is models.ts after the edit, Original before it (nil: no file).
	Edited, Original []byte `json:"-"`
	// respelled says that Generated follows a file that writes names the
	// older way.
	respelled bool
	// claimed is the output directory as it was made before the work began.
	claimed *claimedDir
	// Updated says that an entry was refreshed in place.
	Updated bool `json:"-"`
	// TypeScript is what became of the type check.
	TypeScript TypeScriptOutcome `json:"-"`
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

// Definition is one Definition that the model needs. InDataset is nil when
// no dataset was at hand.
type Definition struct {
	Name      string   `json:"name"`
	OpType    string   `json:"op_type"`
	Modules   []string `json:"modules"`
	InDataset *bool    `json:"in_dataset"`
}

// Problem is one finding of phase 4 in the contract's form.
type Problem struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
	Module   string `json:"module"`
	Line     int    `json:"line"`
}

// HasErrors says whether the entry has a problem of severity error.
func (r *Result) HasErrors() bool {
	for _, p := range r.Problems {
		if p.Severity == string(validate.Error) {
			return true
		}
	}
	return false
}

// StepResult is what one step of the command line prints with --json: the keys
// of the contract that this step had a part in, and no empty ones for phases
// that did not run.
type StepResult struct {
	Model        *generate.Entry       `json:"model,omitempty"`
	Architecture *extract.Architecture `json:"architecture,omitempty"`
	Pattern      generate.Pattern      `json:"pattern,omitempty"`
	Baseline     *Baseline             `json:"baseline,omitempty"`
	Parallelism  *generate.Parallelism `json:"parallelism,omitempty"`
	Definitions  []Definition          `json:"definitions,omitempty"`
	Problems     []Problem             `json:"problems,omitempty"`
	Warnings     []string              `json:"warnings"`
	Files        map[string]string     `json:"files"`
	TimingsMS    map[string]float64    `json:"timings_ms"`
}

// Step is the result as a step prints it.
func (r *Result) Step() *StepResult {
	s := &StepResult{Architecture: r.Architecture, Warnings: r.Warnings, Files: r.Files, TimingsMS: r.TimingsMS}
	if r.Implementation != nil {
		s.Baseline = &r.Baseline
	}
	if r.Generated != nil {
		s.Model, s.Pattern, s.Parallelism = &r.Model, r.Pattern, &r.Parallelism
		s.Baseline, s.Definitions, s.Problems = &r.Baseline, r.Definitions, r.Problems
	}
	return s
}
