// Package phases runs the four phases of Add model in order, reports progress
// and writes their files.
package phases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/fib-ls/fib-ls/tsast"
)

// Prepare runs phases 1 to 3: everything that does not depend on the text of
// models.ts. The editor runs it in the background and places the entry into
// the text as it is by then.
func Prepare(ctx context.Context, env *Env, req Request) (*Result, error) {
	if err := req.Complete(env); err != nil {
		return nil, err
	}
	if err := env.checkNamed(&req); err != nil {
		return nil, err
	}
	r := newResult(req)
	if err := r.extract(ctx, env); err != nil {
		return nil, err
	}
	witness := r.askWitness(ctx, env)
	listed := r.refreshDataset(ctx, env)
	err := r.timed(env, "baseline", func() error { return r.readBaseline(ctx, env) })
	r.Witness = <-witness
	<-listed
	if err != nil {
		return nil, err
	}
	err = r.timed(env, "generate", func() error { return generateStep(env, r) })
	if err != nil {
		return nil, err
	}
	return r, ctx.Err()
}

// extract runs phase 1.
func (r *Result) extract(ctx context.Context, env *Env) error {
	return r.timed(env, "extract", func() (err error) {
		r.Architecture, r.ConfigBytes, err = ExtractStep(ctx, env, &r.Request)
		return err
	})
}

// timed runs a phase and notes how long it took.
func (r *Result) timed(env *Env, name string, phase func() error) error {
	began := env.now()
	err := phase()
	r.TimingsMS[name] = float64(env.now().Sub(began)) / float64(time.Millisecond)
	return err
}

// generateStep is phase 3.
func generateStep(env *Env, r *Result) error {
	if err := r.chooseDefinitions(env); err != nil {
		return err
	}
	env.progress(3, 0, "building the module tree")
	g, err := Generate(r.Architecture, r.Implementation, r.Witness.Sorted(r.Architecture), r.Request, false)
	if err != nil {
		return err
	}
	r.adopt(g)
	env.progress(3, 1, fmt.Sprintf("%d modules, %d Definitions", len(g.Entry.Modules), len(g.Definitions)))
	return nil
}

// adopt copies phase 3's result into the contract's form.
func (r *Result) adopt(g *generate.Result) {
	r.Generated, r.Model, r.Pattern, r.Parallelism = g, g.Entry, g.Pattern, g.Parallelism
	r.Confidence, r.Architecture = g.Confidence, g.Architecture
	if r.Confidence.Checkpoint != nil && r.Witness != nil {
		r.Confidence.Checkpoint.From, r.Confidence.Checkpoint.Files = r.Witness.From, r.Witness.Files
	}
	r.Definitions = r.Definitions[:0]
	for _, d := range g.Definitions {
		r.Definitions = append(r.Definitions, report.Definition{Required: d})
	}
	r.keepDefinitions()
	r.Warnings = append([]string{}, r.Architecture.Warnings...)
	if r.Witness != nil {
		r.Warnings = append(r.Warnings, r.Witness.Warnings...)
	}
	r.Warnings = append(r.Warnings, g.Warnings...)
	r.Warnings = append(r.Warnings, g.Unmapped...)
}

// Run adds a model: the four phases, models.ts on disk, the files of each
// phase. An entry that is already there is a *DuplicateError unless the
// request asks for an update.
func Run(ctx context.Context, env *Env, req Request) (*Result, error) {
	if err := req.Complete(env); err != nil {
		return nil, err
	}
	began := env.now()
	file, err := modelsfile.Read(env.Path(req.ModelsTS))
	if err != nil {
		return nil, err
	}
	// The file is read once: a duplicate is known before anything is fetched.
	doc := tsast.Open(file.Text)
	defer doc.Close()
	if err := refuseDuplicate(doc.File(), req); err != nil {
		file.Tidy()
		report.Tidy(env.Path(req.OutputDir))
		return nil, err
	}
	outputs, err := report.Claim(env.Path(req.OutputDir), req.DryRun)
	if err != nil {
		return nil, err
	}
	defer outputs.Release()
	r, err := Prepare(ctx, env, req)
	if err != nil {
		return nil, err
	}
	r.Outputs = outputs
	if err := r.place(env, doc); err != nil {
		return nil, r.SaveEntry(env, err)
	}
	r.NewFile = file.NewNote()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.TimingsMS["total"] = float64(env.now().Sub(began)) / float64(time.Millisecond)
	if !req.DryRun {
		if err := r.writeAll(env, file); err != nil {
			return r, err
		}
		if err := r.typeCheckWritten(ctx, env); err != nil {
			return r, err
		}
	}
	env.progress(4, 1, prose.Count(len(r.Problems), "finding"))
	return r, nil
}

// typeCheck is the compiler's part of phase 4: it adds what TypeScript says to
// the result. That it could not be run is a note, not a failure: the
// entry does not depend on it.
func (r *Result) typeCheck(ctx context.Context, env *Env) error {
	if !r.Request.TypeCheck.Wanted() {
		return nil
	}
	env.progress(4, 0.7, "type-checking with the web app's TypeScript")
	found, err := typecheck.Entries(ctx, env.TypeCheckOptions(r.Request.TypeCheck, r.Request.ModelsTS), r.Model.ID)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.TypeScript.Note = "not type-checked: " + prose.FirstLine(err)
		return nil
	}
	r.TypeScript.Ran = true
	for _, f := range found {
		r.Problems = append(r.Problems, report.Problem{Rule: typecheck.Rule, Severity: string(f.Severity), Message: f.Text, Line: f.Line})
	}
	return nil
}

// typeCheckWritten type-checks models.ts as it was written, and writes the
// report anew with what came of it.
func (r *Result) typeCheckWritten(ctx context.Context, env *Env) error {
	if !r.Request.TypeCheck.Wanted() {
		return nil
	}
	if err := r.typeCheck(ctx, env); err != nil {
		return fmt.Errorf("interrupted while TypeScript checked %s: the entry %s is in it, its files are in %s: %w", r.Request.ModelsTS, r.Model.ID, r.Request.OutputDir, err)
	}
	return r.WriteFiles(env)
}

// place runs phase 4 on the text after the edit.
func (r *Result) place(env *Env, doc *tsast.Document) error {
	return r.timed(env, "validate", func() error {
		env.progress(4, 0, "placing the entry")
		if err := PlaceIn(r, doc); err != nil {
			return err
		}
		MarkDataset(env, r)
		env.progress(4, 0.5, prose.Count(len(r.Problems), "finding"))
		return nil
	})
}

// SaveEntry keeps the entry in the output directory when it could not be put
// into models.ts, so that nothing that was worked out is lost.
func (r *Result) SaveEntry(env *Env, err error) error {
	var placement *PlacementError
	if !errors.As(err, &placement) || r.Request.DryRun {
		return err
	}
	return r.keepUnplaced(env, err)
}

// sourceRepo is the repository named in the entry's source comment: only a
// well-formed id of a config that was read under that id.
func sourceRepo(a *extract.Architecture) string {
	if a == nil {
		return ""
	}
	return a.Source.RepoID
}
