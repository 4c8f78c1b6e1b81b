package phases

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/disk"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/tsast"
)

// newResult is an empty result of a completed request.
func newResult(req Request) *Result {
	r := &Result{Request: req}
	r.Problems, r.Warnings, r.Definitions = []report.Problem{}, []string{}, []report.Definition{}
	r.Files, r.TimingsMS, r.Baseline.Source = map[string]string{}, map[string]float64{}, baseline.KindNone
	return r
}

// RunExtract is phase 1 alone, with its files.
func RunExtract(ctx context.Context, env *Env, req Request) (*Result, error) {
	if req.ModelName == "" && req.HFRepoID == "" {
		req.ModelName = nameOfConfig(req)
	}
	if err := req.Complete(env); err != nil {
		return nil, err
	}
	r := newResult(req)
	if err := r.extract(ctx, env); err != nil {
		return nil, err
	}
	r.Witness = WeightsStep(ctx, env, &r.Request, r.Architecture)
	r.Warnings = append(append(r.Warnings, r.Architecture.Warnings...), r.Witness.Warnings...)
	if req.DryRun {
		return r, nil
	}
	return r, r.write(env, report.ExtractFiles)
}

// nameOfConfig names the model of a config file that came without a name, for
// the directory of phase 1's files: the file's own name, that of its directory
// if the file is called config.json, or that of the output directory.
func nameOfConfig(req Request) string {
	path := req.Config
	if path == "-" || path == "" {
		path = req.OutputDir
	}
	if path == "" {
		return ""
	}
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	if filepath.Base(path) == "config.json" {
		path = filepath.Dir(path)
	}
	return SuggestModelName(strings.TrimPrefix(strings.TrimSuffix(filepath.Base(path), ".json"), report.DirPrefix))
}

// RunBaseline is phase 2 alone, with its files. It reads the architecture
// (and the config beside it) that phase 1 wrote.
func RunBaseline(ctx context.Context, env *Env, req Request) (*Result, error) {
	r, err := resume(env, &req, "")
	if err != nil {
		return nil, err
	}
	err = r.timed(env, "baseline", func() error { return r.readBaseline(ctx, env) })
	if err != nil || req.DryRun {
		return r, err
	}
	return r, r.write(env, report.BaselineFiles)
}

// RunGenerate is phase 3 alone: from the files of phases 1 and 2 to the entry
// in models.ts.
func RunGenerate(env *Env, req Request, architecture, implementation string) (*Result, error) {
	r, err := resume(env, &req, architecture)
	if err != nil {
		return nil, err
	}
	if err := r.loadImplementation(env, implementation); err != nil {
		return nil, err
	}
	if err := r.timed(env, "generate", func() error { return generateStep(env, r) }); err != nil {
		return nil, err
	}
	file, err := modelsfile.Read(env.Path(req.ModelsTS))
	if err != nil {
		return nil, err
	}
	doc := tsast.Open(file.Text)
	defer doc.Close()
	if err := r.place(env, doc); err != nil {
		return nil, r.SaveEntry(env, err)
	}
	r.NewFile = file.NewNote()
	if req.DryRun {
		return r, nil
	}
	if err := file.Write(r.Edited); err != nil {
		return r, err
	}
	r.Files["models.ts"] = req.ModelsTS
	return r, r.write(env, report.GenerateFiles)
}

// RunValidate is phase 4 alone: the entry as it stands in models.ts.
func RunValidate(ctx context.Context, env *Env, req Request, architecture, implementation string) (*Result, error) {
	r, err := resume(env, &req, architecture)
	if err != nil {
		return nil, err
	}
	if err := r.loadImplementation(env, implementation); err != nil {
		return nil, err
	}
	g, err := Generate(r.Architecture, r.Implementation, r.Witness.Sorted(r.Architecture), r.Request, false)
	if err != nil {
		return nil, err
	}
	r.adopt(g)
	env.progress(4, 0, "reading the entry")
	file, err := modelsfile.Read(env.Path(req.ModelsTS))
	if err != nil {
		return nil, err
	}
	f := tsast.Parse(file.Text)
	if modelsfile.Find(f, req.ModelName) < 0 {
		return nil, &fault.Missing{Err: fmt.Errorf("%s has no entry %q: run fib-ls generate first", req.ModelsTS, req.ModelName)}
	}
	r.Original, r.Edited = file.Text, file.Text
	if err := r.timed(env, "validate", func() error { return r.check(f, f) }); err != nil {
		return nil, err
	}
	MarkDataset(env, r)
	if err := r.typeCheck(ctx, env); err != nil {
		return nil, err
	}
	env.progress(4, 1, prose.Count(len(r.Problems), "finding"))
	if req.DryRun {
		return r, nil
	}
	r.planOtherFiles(env)
	return r, r.write(env, report.ValidateFiles)
}

// resume reads what phase 1 wrote: the architecture, and the config beside
// it when it is there.
func resume(env *Env, req *Request, architecture string) (*Result, error) {
	a, err := resumed(env, req, architecture)
	if err != nil {
		return nil, err
	}
	if err := env.checkNamed(req); err != nil {
		return nil, err
	}
	r := newResult(*req)
	r.Architecture = a
	dir := env.Path(req.OutputDir)
	if r.Witness, err = loadWitness(filepath.Join(dir, report.FileTensors)); err != nil {
		return nil, err
	}
	if config, err := disk.ReadRegular(filepath.Join(dir, report.FileConfig), extract.MaxConfigSize); err == nil {
		r.ConfigBytes = config
		if err := r.Architecture.AttachConfig(config, req.Set); err != nil {
			return nil, fmt.Errorf("reading %s: %w", report.FileConfig, err)
		}
	}
	return r, nil
}

// resumed reads model_architecture.json and completes the request. Where no
// model is named the file names it: extract took the name from the repository,
// too.
func resumed(env *Env, req *Request, architecture string) (*extract.Architecture, error) {
	load := func() (*extract.Architecture, error) {
		if architecture == "" {
			architecture = filepath.Join(env.Path(req.OutputDir), report.FileArchitecture)
		}
		data, err := disk.Read(env.Path(architecture), maxStepFile)
		if err != nil {
			return nil, fmt.Errorf("%w (fib-ls extract writes it)", err)
		}
		return LoadArchitecture(data)
	}
	var a *extract.Architecture
	unnamed := req.ModelName == "" && req.HFRepoID == ""
	if unnamed && (architecture != "" || req.OutputDir != "") {
		var err error
		if a, err = load(); err != nil {
			return nil, err
		}
		if req.ModelName = nameOfDir(req.OutputDir); a.ModelID != "" {
			req.ModelName = SuggestModelName(a.ModelID)
		}
	}
	if req.HFRepoID == "" && req.Config == "" {
		req.Config = report.FileConfig // any source will do: nothing is fetched
	}
	if err := req.Complete(env); err != nil || a != nil {
		return a, err
	}
	return load()
}

// nameOfDir is the model name in the name of an output directory.
func nameOfDir(dir string) string {
	return SuggestModelName(strings.TrimPrefix(filepath.Base(filepath.Clean(dir)), report.DirPrefix))
}

// LoadArchitecture reads model_architecture.json.
func LoadArchitecture(data []byte) (*extract.Architecture, error) {
	a := &extract.Architecture{}
	if err := json.Unmarshal(data, a); err != nil {
		return nil, fmt.Errorf("reading %s: %w", report.FileArchitecture, err)
	}
	if a.ArchitectureType == "" || a.NumLayers < 1 || len(a.LayerSchedule) == 0 {
		return nil, &fault.Usage{Message: report.FileArchitecture + " lacks architecture_type, num_layers or layer_schedule", Hint: "fib-ls extract writes it"}
	}
	return a, nil
}

// loadImplementation reads phase 2's file; "" means the one in the output
// directory, which need not be there.
func (r *Result) loadImplementation(env *Env, path string) error {
	explicit := path != ""
	if !explicit {
		path = filepath.Join(env.Path(r.Request.OutputDir), report.FileImplementation)
	}
	data, err := disk.Read(env.Path(path), maxStepFile)
	if err != nil {
		if explicit {
			return err
		}
		if r.Request.SkipSGLang {
			r.Baseline.Note = skippedNote
		}
		return nil
	}
	impl, err := baseline.LoadImplementation(data)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	r.Implementation, r.Baseline = impl, baselineOf(impl, nil)
	return nil
}
