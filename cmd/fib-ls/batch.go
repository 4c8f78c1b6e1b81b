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
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// fileBatchSummary is the report of a whole batch.
const fileBatchSummary = "model_addition_batch_summary.md"

// runBatch adds the models of --batch and of NAME=ORG/REPO arguments.
func (f *addFlags) runBatch(cmd *cobra.Command, g *globals, env *phases.Env, args []string) error {
	if f.req.ModelName != "" || f.req.HFRepoID != "" || f.req.Config != "" {
		return &fault.Usage{Message: "--model-name, --hf-repo-id and --config name one model; a batch names its own"}
	}
	requests, err := f.batchRequests(cmd.Context(), cmd.InOrStdin(), args)
	if err != nil {
		return err
	}
	display := newBatchDisplay(cmd.ErrOrStderr(), g, f.json, len(requests))
	batch := batch.Run(cmd.Context(), env, requests, display.watch())
	display.close()
	if err := f.printBatch(cmd.OutOrStdout(), g, batch); err != nil {
		return err
	}
	if !f.req.DryRun {
		if err := writeBatchSummary(orDefault(f.req.OutputDir, "."), batch); err != nil {
			return fmt.Errorf("writing the batch's summary: %w", err)
		}
	}
	err = worst(cmd.Context(), batch)
	if typed := typeCheckBatch(cmd, env, batch); err == nil {
		err = typed
	}
	return err
}

// typeCheckBatch runs TypeScript once over each models.ts that the batch
// edited.
func typeCheckBatch(cmd *cobra.Command, env *phases.Env, b *batch.Batch) error {
	modes, added := map[string]typecheck.Mode{}, map[string][]string{}
	var files []string
	for _, item := range b.Items {
		if item.Result == nil || item.Request.TypeCheck == typecheck.Off || item.Request.DryRun {
			continue
		}
		file := item.Result.Request.ModelsTS
		if added[file] == nil {
			files = append(files, file)
		}
		added[file] = append(added[file], item.Result.Model.ID)
		if modes[file] != typecheck.On {
			modes[file] = item.Request.TypeCheck
		}
	}
	var result error
	for _, file := range files {
		found, err := typecheck.Entries(cmd.Context(), env.TypeCheckOptions(modes[file], file), added[file]...)
		if err != nil {
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "note: not type-checked: "+prose.Terminal(err.Error()))
			continue
		}
		for _, p := range found {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s:%d: %s: %s [%s]\n", file, p.Line, p.Severity, clean(p.Text), typecheck.Rule)
			if p.Severity == validate.Error {
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
			r.OutputDir = filepath.Join(root, "model_analysis_"+phases.SuggestModelName(name))
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
func writeBatchSummary(path string, batch *batch.Batch) error {
	dir, err := report.OpenDir(path)
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	return dir.Write(fileBatchSummary, []byte(batchTable(batch)))
}

func (f *addFlags) printBatch(out io.Writer, g *globals, b *batch.Batch) error {
	if f.json {
		return printBatchJSON(out, b)
	}
	if g.quiet {
		return nil
	}
	_, err := io.WriteString(out, batchTable(b))
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
		r := row{ModelName: batchName(item), RepoID: item.Request.HFRepoID, Outcome: batchOutcome(item)}
		if item.Result != nil {
			contract := item.Result.Contract()
			r.Result = &contract
		}
		if item.Err != nil {
			r.Outcome, r.Error = "failed", item.Err.Error()
		}
		rows = append(rows, r)
	}
	return writeJSON(out, map[string]any{"models": rows})
}

// batchTable is the summary of a batch as a Markdown table.
func batchTable(b *batch.Batch) string {
	var t strings.Builder
	added, skipped, failed := 0, 0, 0
	t.WriteString("| model | repository | outcome | layers | pattern | Definitions |\n|---|---|---|---|---|---|\n")
	for _, item := range b.Items {
		layers, pattern, definitions := "", "", ""
		switch {
		case item.Err != nil:
			failed++
		case item.Skipped != "":
			skipped++
		default:
			added++
			layers = fmt.Sprint(item.Result.Architecture.NumLayers)
			pattern = string(item.Result.Pattern)
			definitions = fmt.Sprint(len(item.Result.Definitions))
		}
		fmt.Fprintf(&t, "| %s | %s | %s | %s | %s | %s |\n", tableCell(batchName(item)), tableCell(item.Request.HFRepoID), tableCell(batchOutcome(item)), layers, pattern, definitions)
	}
	fmt.Fprintf(&t, "\n%d added, %d skipped, %d failed\n", added, skipped, failed)
	return t.String()
}

func tableCell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(clean(s)), " "), "|", "\\|")
}

func batchName(item *batch.Item) string {
	if item.Result != nil {
		return item.Result.Model.ID
	}
	return orDefault(item.Request.ModelName, item.Request.HFRepoID)
}

func batchOutcome(item *batch.Item) string {
	switch {
	case item.Err != nil:
		first, _, _ := strings.Cut(item.Err.Error(), "\n")
		return "failed: " + first
	case item.Skipped != "":
		return "skipped: " + item.Skipped
	case item.Result != nil && item.Result.HasErrors():
		return "added, with errors"
	case item.Result != nil && item.Result.Updated:
		return "refreshed"
	case item.Result != nil:
		return "added"
	}
	return "not begun"
}

// worst gives the error whose exit code is the batch's.
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

// Unwrap gives the worst failure.
func (e *batchError) Unwrap() error { return e.cause }
