package phases

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/fib-ls/fib-ls/phases/diff"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
)

// Result is what a run works out.
type Result struct {
	// Request is the request as it was completed.
	Request Request
	// Run are the values that the --json contract, the summary and the editor's
	// report are made from. Report fills in what follows from the others.
	report.Run

	// Phase 3. Witness is the checkpoint as it was seen (nil: not looked for).
	Generated *generate.Result
	Witness   *Witness

	// Phase 4. Edited is models.ts after the edit, Original before it (nil: no
	// file).
	Original, Edited []byte

	// Outputs is the output directory as it was claimed before the work began.
	Outputs *report.Claimed
	// respelled reports that Generated follows a file that writes names the
	// older way.
	respelled bool
	// has reports whether the dataset has a Definition; nil: all are listed.
	has func(name string) bool
}

// Step is the result as a step prints it.
func (r *Result) Step() *report.Step {
	s := report.Step(r.Contract)
	if r.Implementation == nil && r.Generated == nil {
		s.Baseline = report.Baseline{}
	}
	return &s
}

// Report is the result as the texts and files of a run are made from it.
func (r *Result) Report() *report.Run {
	q := &r.Request
	r.ModelsTS, r.Ignored, r.DryRun, r.Quantization = q.ModelsTS, q.OwnOutputDir, q.DryRun, q.Quantization
	r.DefinitionsOf = r.definitionsOf()
	r.Tensors, r.NoCheckpoint = r.Witness.file(), r.Witness.note()
	if r.Implementation != nil {
		r.Implementation.ModelName = q.ModelName
	}
	if r.Generated != nil {
		r.Unmapped = r.Generated.Unmapped
	}
	return &r.Run
}

// Diff is the change of models.ts as a unified diff, "" when there is none.
func (r *Result) Diff() string {
	return diff.Unified(r.Request.ModelsTS, string(r.Original), string(r.Edited))
}

// WriteFiles writes the files of all phases into the output directory. It
// does not touch models.ts.
func (r *Result) WriteFiles(env *Env) error {
	r.planOtherFiles(env)
	return r.write(env, report.ExtractFiles, report.BaselineFiles, report.GenerateFiles, report.ValidateFiles)
}

// planOtherFiles works out what the addition asks for in the clone's other files. The
// entry does not depend on it: where that fails, a warning says so.
func (r *Result) planOtherFiles(env *Env) {
	r.Following = nil
	if env.Following == nil {
		return
	}
	following, err := env.Following(env, r)
	if err != nil {
		r.Warnings = append(r.Warnings, "what follows for the clone's other files could not be worked out: "+prose.FirstLine(err))
	}
	r.Following = following
}

func (r *Result) write(env *Env, parts ...report.Part) error {
	names, err := report.Write(env.Path(r.Request.OutputDir), r.Outputs, r.Report(), parts...)
	for _, name := range names {
		r.Files[name] = filepath.Join(r.Request.OutputDir, name)
	}
	return err
}

// writeAll writes models.ts and then the files of the phases. When models.ts
// cannot be written, what was worked out is kept, but not the summary, which
// would tell of an entry that is not there.
func (r *Result) writeAll(env *Env, file *modelsfile.File) error {
	if err := file.Write(r.Edited); err != nil {
		return r.keepUnplaced(env, err)
	}
	r.Files["models.ts"] = r.Request.ModelsTS
	if err := r.WriteFiles(env); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// keepUnplaced writes the files of phases 1 to 3 of an entry that is not in
// models.ts, and adds to the error where the entry is.
func (r *Result) keepUnplaced(env *Env, err error) error {
	if filesErr := r.write(env, report.ExtractFiles, report.BaselineFiles, report.GenerateFiles, report.NoValidation); filesErr != nil {
		return errors.Join(err, filesErr)
	}
	return fmt.Errorf("%w\nThe entry is in %s", err, r.Files[report.FileEntry])
}
