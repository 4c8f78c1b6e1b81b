package lsp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

func uriOf(path string) uri.URI { return uri.URI("file://" + path) }

// fakeEngine makes small entries without network, disk or time.
type fakeEngine struct {
	// block holds Prepare until it is closed or the job is cancelled.
	block chan struct{}
	// missing are config fields that Prepare asks for and does without.
	missing []string
	fail    error
	repos   []Repo
	problem *report.Problem
	data    *fakeDataset
	expect  func(m *tsast.Model) *validate.ExpectedEntry
	watched []string
	search  func(ctx context.Context, query string) ([]Repo, error)
	// verdict changes what Verify gives.
	verdict func(v *phases.Verification)

	mu       sync.Mutex
	requests []phases.Request
	dirs     []string
	searches []string
	// forgotten are the repositories whose configs were to be forgotten.
	forgotten []string
}

func (f *fakeEngine) Prepare(ctx context.Context, w Workspace, req phases.Request) (*phases.Result, error) {
	f.mu.Lock()
	f.requests = append(f.requests, req)
	f.dirs = append(f.dirs, w.Dir)
	f.mu.Unlock()
	if req.ModelName == "" {
		req.ModelName = phases.SuggestModelName(req.HFRepoID)
	}
	for phase, name := range phases.PhaseNames[:3] {
		w.Progress(phases.Event{Phase: phase + 1, Name: name, Message: "working", Fraction: 0.5})
		if f.block != nil && phase == 1 {
			select {
			case <-f.block:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	if f.fail != nil {
		return nil, f.fail
	}
	for _, field := range f.missing {
		if req.Set[field] != "" {
			continue
		}
		answer := ""
		if w.Ask != nil {
			var err error
			if answer, err = w.Ask(ctx, field, "config.json does not say "+field+".", ""); err != nil {
				return nil, err
			}
		}
		if answer == "" {
			return nil, &extract.MissingFieldsError{ModelType: "fake", Fields: f.missing}
		}
	}
	r := &phases.Result{Request: req}
	r.Files, r.Problems, r.Warnings = map[string]string{}, []report.Problem{}, []string{}
	r.Model = generate.Entry{ID: req.ModelName, Name: orText(req.DisplayName, req.ModelName), Description: orText(req.Description, "A model."), Modules: []generate.Module{
		{Name: "FakeForCausalLM", Count: 1, Type: "block", Definitions: []string{}},
		{Name: "norm", Count: 1, Parent: "FakeForCausalLM", Type: "layer", Definitions: []string{"rmsnorm_h4096"}},
	}}
	if f.problem != nil {
		r.Problems = append(r.Problems, *f.problem)
	}
	return r, nil
}

func (f *fakeEngine) entry(r *phases.Result) tsast.NewModel {
	m := tsast.NewModel{ID: r.Model.ID, Name: r.Model.Name, Description: r.Model.Description, Source: r.Request.HFRepoID}
	for _, x := range r.Model.Modules {
		m.Modules = append(m.Modules, tsast.NewModule{Name: x.Name, Count: x.Count, Parent: x.Parent, Type: x.Type, Definitions: x.Definitions})
	}
	return m
}

func (f *fakeEngine) Place(r *phases.Result, text []byte) error {
	file := tsast.Parse(text)
	r.EntryText = tsast.Print(f.entry(r), file.Style, 0)
	for i, e := range file.Entries {
		if e.Model.ID.Value != r.Model.ID {
			continue
		}
		if !r.Request.Update {
			return &phases.DuplicateError{ID: r.Model.ID, Line: strings.Count(string(text[:e.Offset]), "\n") + 1}
		}
		edits, err := tsast.ReplaceEntry(file, i, f.entry(r))
		if err != nil {
			return err
		}
		r.Updated = true
		r.Original = text
		r.Edited, err = tsast.Apply(text, edits...)
		return err
	}
	r.Original = text
	if len(strings.TrimSpace(string(text))) == 0 {
		r.Edited = tsast.NewFile(f.entry(r))
		return nil
	}
	edits, err := tsast.Insert(file, f.entry(r))
	if err != nil {
		return &phases.PlacementError{Path: "models.ts", Err: err}
	}
	r.Edited, err = tsast.Apply(text, edits...)
	return err
}

func (f *fakeEngine) Write(w Workspace, r *phases.Result) error {
	dir := orText(r.Request.OutputDir, "model_analysis_"+r.Model.ID)
	r.Files[report.FileSummary] = filepath.Join(dir, report.FileSummary)
	if w.Dir == "" || strings.HasPrefix(w.Dir, "/w") {
		return nil // no such directory in tests that have no disk
	}
	path := filepath.Join(w.Dir, dir)
	if filepath.IsAbs(dir) {
		path = dir
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(path, report.FileSummary), []byte("# Model Addition Summary: "+r.Model.ID+"\n"), 0o600)
}

func (f *fakeEngine) Forget(repo string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forgotten = append(f.forgotten, repo)
}

func (f *fakeEngine) Watched(Workspace) []string { return f.watched }

func (f *fakeEngine) Plan(_ context.Context, _ Workspace, repo string) (any, error) {
	return map[string]any{"text": "plan of " + repo}, nil
}

// Discover finds nothing, and says which entries it was told of.
func (f *fakeEngine) Discover(_ context.Context, _ Workspace, models []byte) (any, error) {
	var tracked []string
	for _, e := range tsast.Parse(models).Entries {
		tracked = append(tracked, e.Model.ID.Value)
	}
	return map[string]any{"candidates": []string{}, "tracked": tracked}, nil
}

func (f *fakeEngine) Verify(ctx context.Context, _ Workspace, file *tsast.File, i int, req phases.Request) (*phases.Verification, error) {
	if f.block != nil {
		select {
		case <-f.block:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if f.fail != nil {
		return nil, f.fail
	}
	m := file.Entries[i].Model
	v := &phases.Verification{ModelID: m.ID.Value, RepoID: orText(req.HFRepoID, "made/Up"), Level: "verified", Line: "verified: 2 of 2 sizes confirmed by the checkpoint", Problems: []validate.Problem{}}
	if f.verdict != nil {
		f.verdict(v)
	}
	return v, nil
}

func (f *fakeEngine) Search(ctx context.Context, _ Workspace, query string, _ int) ([]Repo, error) {
	f.mu.Lock()
	f.searches = append(f.searches, query)
	f.mu.Unlock()
	if f.search == nil {
		return nil, errors.New("no Hub in this test")
	}
	return f.search(ctx, query)
}

func (f *fakeEngine) Repos(Workspace) []Repo { return f.repos }

func (f *fakeEngine) Expected(_ Workspace, m *tsast.Model) *validate.ExpectedEntry {
	if f.expect == nil {
		return nil
	}
	return f.expect(m)
}

func (f *fakeEngine) Dataset(Workspace) Dataset {
	if f.data == nil {
		return nil
	}
	return f.data
}

// fakeDataset has the Definitions that it lists.
type fakeDataset struct{ names []string }

func (d *fakeDataset) Listed() string { return "" }

func (d *fakeDataset) Written(name string) bool {
	ok, _ := d.Has(name)
	return ok
}

func (d *fakeDataset) Has(name string) (bool, int) {
	for i, n := range d.names {
		if n == name {
			return true, i + 1
		}
	}
	return false, 0
}

func (d *fakeDataset) Path(name string) string {
	if ok, _ := d.Has(name); ok {
		return fmt.Sprintf("/data/definitions/%s.json", name)
	}
	return ""
}

func (d *fakeDataset) Names() []string { return d.names }
