package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/batch"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// runBatch adds the models of --batch and of NAME=ORG/REPO arguments.
func (f *addFlags) runBatch(cmd *cobra.Command, g *globals, env *phases.Env, args []string) error {
	if f.req.ModelName != "" || f.req.HFRepoID != "" || f.req.Config != "" {
		return &fault.Usage{Message: "--model-name, --hf-repo-id and --config name one model; a batch names its own"}
	}
	requests, err := f.batchRequests(cmd.Context(), cmd.InOrStdin(), args)
	if err != nil {
		return err
	}
	if len(requests) > 1 && (f.req.DisplayName != "" || f.req.Description != "") {
		return &fault.Usage{
			Message: fmt.Sprintf("--display-name and --description are of one model, and these are %d", len(requests)),
			Hint:    "a YAML batch gives each its own: display_name, description",
		}
	}
	display := newBatchDisplay(cmd.ErrOrStderr(), g, f.json, len(requests))
	done := batch.Run(cmd.Context(), env, requests, display.watch())
	display.close()
	if done.Refused {
		return done.Err
	}
	if err := f.printBatch(cmd.OutOrStdout(), g, done); err != nil {
		return err
	}
	if !f.req.DryRun {
		if err := f.writeBatchSummary(cmd, g, env, done); err != nil {
			return fmt.Errorf("writing the batch's summary: %w", err)
		}
	}
	err = worst(cmd.Context(), done)
	if typed := typeCheckBatch(cmd, env, done); err == nil {
		err = typed
	}
	return err
}

// typeCheckBatch prints what TypeScript says of the files that the batch
// edited.
func typeCheckBatch(cmd *cobra.Command, env *phases.Env, b *batch.Batch) error {
	checked, result := b.TypeCheck(cmd.Context(), env)
	for _, c := range checked {
		if c.Err != nil {
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "note: not type-checked: "+prose.Terminal(c.Err.Error()))
		}
		for _, p := range c.Findings {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s:%d: %s: %s [%s]\n", prose.Terminal(c.Path), p.Line, p.Severity, clean(p.Text), typecheck.Rule)
			if p.Severity == validate.Error && result == nil {
				result = findingsError{}
			}
		}
	}
	return result
}

// batchRequests reads the batch; the other flags hold for every model.
func (f *addFlags) batchRequests(ctx context.Context, stdin io.Reader, args []string) ([]phases.Request, error) {
	common := f.req
	root := common.OutputDir
	common.OutputDir = ""
	var requests []phases.Request
	if f.batch != "" {
		data, err := phases.Interruptible(ctx, func() ([]byte, error) { return readBatch(stdin, f.batch) })
		if err != nil {
			return nil, err
		}
		if requests, err = batch.Parse(data, common); err != nil {
			return nil, fmt.Errorf("%s: %w", f.batch, err)
		}
	}
	if len(args) > 0 {
		more, err := batch.Parse([]byte(strings.Join(args, "\n")), common)
		if err != nil {
			return nil, err
		}
		requests = append(requests, more...)
	}
	for i := range requests {
		r := &requests[i]
		if r.OutputDir == "" && root != "" {
			name := orDefault(r.ModelName, phases.SuggestModelName(r.HFRepoID))
			r.OutputDir = filepath.Join(root, report.DirPrefix+phases.SuggestModelName(name))
		}
	}
	return requests, nil
}

func readBatch(stdin io.Reader, name string) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, &fault.Missing{Err: fmt.Errorf("reading the batch: %w", err)}
		}
		defer func() { _ = f.Close() }()
		stdin = f
	}
	data, err := io.ReadAll(io.LimitReader(stdin, batch.MaxFile+1)) // ParseBatch refuses the one byte more
	if err != nil {
		return nil, &fault.Missing{Err: fmt.Errorf("reading the batch: %w", err)}
	}
	return data, nil
}

// writeBatchSummary replaces the summary; a link in its place is not followed.
func (f *addFlags) writeBatchSummary(cmd *cobra.Command, g *globals, env *phases.Env, b *batch.Batch) error {
	path := f.req.OutputDir
	if path == "" {
		path = modelsfile.DefaultDir(env.WorkDir, report.DirPrefix+"batch")
	}
	dir, err := report.OpenDir(path)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	if f.req.OutputDir == "" {
		if err := dir.Ignore(); err != nil {
			return err
		}
	}
	if err := dir.Write(batch.FileSummary, []byte(b.Markdown())); err != nil {
		return err
	}
	tell := !g.quiet && !f.json
	if tell {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "\nsummary: %s\n", prose.Terminal(filepath.Join(path, batch.FileSummary)))
	}
	for _, name := range []string{report.FileServing, report.FileCoverage} { // of an earlier batch
		err = errors.Join(err, dir.Remove(name))
	}
	for _, change := range b.Following() {
		err = errors.Join(err, dir.Write(change.Name, change.Data))
		if tell && err == nil {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "to review: %s, %s\n", prose.Terminal(filepath.Join(path, change.Name)), change.What)
		}
	}
	return err
}

func (f *addFlags) printBatch(out io.Writer, g *globals, b *batch.Batch) error {
	if f.json {
		return printBatchJSON(out, b)
	}
	if g.quiet {
		return nil
	}
	_, err := io.WriteString(out, b.Text())
	return err
}

func printBatchJSON(out io.Writer, b *batch.Batch) error {
	type row struct {
		ModelName string           `json:"model_name"`
		RepoID    string           `json:"hf_repo_id"`
		Outcome   string           `json:"outcome"`
		Error     string           `json:"error,omitempty"`
		Result    *report.Contract `json:"result,omitempty"`
	}
	rows := []row{}
	for _, item := range b.Items {
		r := row{ModelName: item.Name(), RepoID: item.Request.HFRepoID, Outcome: item.Outcome()}
		if item.Result != nil {
			r.Result = &item.Result.Contract
		}
		if item.Err != nil {
			r.Outcome, r.Error = "failed", item.Err.Error()
		}
		rows = append(rows, r)
	}
	return writeJSON(out, map[string]any{"models": rows})
}

// worst returns the error whose exit code is the batch's.
func worst(ctx context.Context, b *batch.Batch) error {
	err := b.Err
	code := 0
	if err != nil {
		code = exitCode(ctx, err)
	}
	for _, item := range b.Items {
		itemErr := item.Err
		if itemErr == nil && item.Result != nil && item.Result.HasErrors() {
			itemErr = findingsError{}
		}
		if c := exitCode(ctx, itemErr); c > code {
			code, err = c, itemErr
		}
	}
	if b.Err == nil && err != nil && !errors.As(err, &findingsError{}) {
		return &batchError{cause: err}
	}
	return err
}

// batchError stands for the worst failure: its text was printed already.
type batchError struct{ cause error }

func (e *batchError) Error() string { return "some models of the batch failed" }

// Unwrap returns the worst failure.
func (e *batchError) Unwrap() error { return e.cause }
