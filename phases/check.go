package phases

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// CheckOptions say how files are checked.
type CheckOptions struct {
	Severity map[string]validate.Severity
	Dataset  string
	// Ask lets the Hub be asked for configs, until it ends; nil: cached and
	// built-in ones only.
	Ask context.Context
}

// CheckedFile is a file with its findings.
type CheckedFile struct {
	Path     string
	File     *tsast.File
	Problems []validate.Problem

	models *ModelsFile
	rules  *validate.Options // with what was looked up for them
}

// Check reads a models.ts and applies the rules.
func Check(env *Env, path string, opts CheckOptions) (CheckedFile, error) {
	models, err := ReadModels(env.path(path))
	if err != nil {
		return CheckedFile{}, err
	}
	if models.Text == nil {
		return CheckedFile{}, &MissingInputError{Err: fmt.Errorf("checking %s: there is no such file", path)}
	}
	c := CheckedFile{Path: path, models: models}
	return c, c.judge(env, models.Text, opts)
}

// judge applies the rules to a text.
func (c *CheckedFile) judge(env *Env, text []byte, opts CheckOptions) error {
	if c.rules == nil {
		rules, err := env.ruleOptions(opts, filepath.Dir(c.models.Path))
		if err != nil {
			return err
		}
		c.rules = &rules
	}
	c.File = tsast.Parse(text)
	c.Problems = validate.Check(c.File, *c.rules)
	return nil
}

// ruleOptions connects the rules to what they may ask about: the dataset and
// the models' own configs.
func (e *Env) ruleOptions(opts CheckOptions, dir string) (validate.Options, error) {
	expectations := NewExpectations(e)
	if opts.Ask != nil {
		expectations = expectations.Online(opts.Ask)
	}
	rules := validate.Options{Severity: opts.Severity, Expected: expectations.For}
	d, err := e.OpenDataset(opts.Dataset, dir)
	if err != nil {
		return rules, err
	}
	if d != nil {
		rules.Dataset = d.Lookup
	}
	return rules, nil
}

// FixedFile is a checked file after its fixes.
type FixedFile struct {
	After CheckedFile
	Diff  string
	// Unsettled says that sure fixes are left: they undo one another, or there
	// were too many rounds of them.
	Unsettled bool
	text      []byte
	same      bool
}

// fixRounds bounds the rounds of fixes. Of the insertions at one place a round
// makes one.
const fixRounds = 64

// Fixed applies the preferred fixes until there are none: a fix may make
// another finding fixable.
func (c CheckedFile) Fixed(env *Env, opts CheckOptions) (*FixedFile, error) {
	after := c
	text := c.models.Text
	edits := validate.FixAll(after.Problems)
	for round := 0; len(edits) > 0 && round < fixRounds; round++ {
		next, err := tsast.Apply(text, edits...)
		if err != nil {
			return nil, fmt.Errorf("fixing %s: %w", c.Path, err)
		}
		text = next
		if err := after.judge(env, text, opts); err != nil {
			return nil, err
		}
		edits = validate.FixAll(after.Problems)
	}
	return &FixedFile{
		After: after, Unsettled: len(edits) > 0, text: text, same: string(text) == string(c.models.Text),
		Diff: unifiedDiff(c.Path, string(c.models.Text), string(text)),
	}, nil
}

// Write replaces the file by the fixed text.
func (f *FixedFile) Write() error {
	if f.same {
		f.After.models.Tidy()
		return nil
	}
	return f.After.models.Write(f.text)
}
