// Package check applies the rules to a models.ts on disk and makes the
// fixes that are surely meant.
package check

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/diff"
	"github.com/fib-ls/fib-ls/phases/expect"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// Options say how files are checked.
type Options struct {
	Severity map[string]validate.Severity
	Dataset  string
	// Ask lets the Hub be asked for configs and checkpoints, until it ends; nil:
	// cached and built-in configs only.
	Ask context.Context
}

// File is a file with its findings.
type File struct {
	Path     string
	File     *tsast.File
	Problems []validate.Problem

	// Listed says by which list of names the dataset is known, "" for a clone;
	// Unlisted are the Definitions that entries name and the list lacks.
	Listed   string
	Unlisted []string

	models *modelsfile.File
	rules  *validate.Options // with what was looked up for them
}

// Run reads a models.ts and applies the rules.
func Run(env *phases.Env, path string, opts Options) (File, error) {
	models, err := modelsfile.Read(env.Path(path))
	if err != nil {
		return File{}, err
	}
	if models.Text == nil {
		return File{}, &fault.Missing{Err: fmt.Errorf("checking %s: there is no such file", path)}
	}
	c := File{Path: path, models: models}
	return c, c.judge(env, models.Text, opts)
}

// judge applies the rules to a text.
func (c *File) judge(env *phases.Env, text []byte, opts Options) error {
	if c.rules == nil {
		rules, err := ruleOptions(env, opts, filepath.Dir(c.models.Path))
		if err != nil {
			return err
		}
		c.rules = &rules
	}
	c.File = tsast.Parse(text)
	c.Problems = validate.Check(c.File, *c.rules)
	c.Listed, c.Unlisted = c.rules.Listed, nil
	if c.Listed != "" {
		c.Unlisted = lacking(c.File, *c.rules)
	}
	return nil
}

// lacking are the Definitions that entries name and the dataset does not have,
// each once.
func lacking(f *tsast.File, rules validate.Options) []string {
	var names []string
	seen := map[string]bool{}
	for _, e := range f.Entries {
		for _, m := range e.Model.Modules {
			for _, d := range m.Definitions.Items {
				if d.Kind != tsast.StringLiteral || seen[d.Value] {
					continue
				}
				seen[d.Value] = true
				if present, _ := rules.Dataset(d.Value); !present {
					names = append(names, d.Value)
				}
			}
		}
	}
	return names
}

// ruleOptions connects the rules to what they may ask about: the dataset and
// the models' own configs.
func ruleOptions(e *phases.Env, opts Options, dir string) (validate.Options, error) {
	expectations := expect.New(e)
	if opts.Ask != nil {
		expectations = expectations.Online(opts.Ask)
	}
	rules := validate.Options{Severity: opts.Severity, Expected: expectations.For}
	if opts.Ask != nil {
		e.RefreshDataset(opts.Ask, opts.Dataset, dir)
	}
	d, err := e.KnownDataset(opts.Dataset, dir)
	if err != nil {
		return rules, err
	}
	rules.Dataset, rules.Written, rules.Listed = d.Lookup, d.Written, d.Listed
	return rules, nil
}

// Fixed is a checked file after its fixes.
type Fixed struct {
	After File
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

// Fix applies fixes until there are none: a fix may make another finding
// fixable.
func (c File) Fix(env *phases.Env, opts Options, which validate.Fixes) (*Fixed, error) {
	after := c
	text := c.models.Text
	edits := validate.FixAll(after.Problems, which)
	for round := 0; len(edits) > 0 && round < fixRounds; round++ {
		next, err := tsast.Apply(text, edits...)
		if err != nil {
			return nil, fmt.Errorf("fixing %s: %w", c.Path, err)
		}
		text = next
		if err := after.judge(env, text, opts); err != nil {
			return nil, err
		}
		edits = validate.FixAll(after.Problems, which)
	}
	return &Fixed{
		After: after, Unsettled: len(edits) > 0, text: text, same: string(text) == string(c.models.Text),
		Diff: diff.Unified(c.Path, string(c.models.Text), string(text)),
	}, nil
}

// Write replaces the file by the fixed text.
func (f *Fixed) Write() error {
	if f.same {
		f.After.models.Tidy()
		return nil
	}
	return f.After.models.Write(f.text)
}
