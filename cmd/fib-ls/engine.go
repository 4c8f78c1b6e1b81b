package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/fib-ls/fib-ls/lsp"
	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/expect"
	"github.com/fib-ls/fib-ls/phases/onboard"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// engine connects the language server to the phases.
type engine struct {
	base    *phases.Env
	version string

	mu     sync.Mutex
	worlds map[worldKey]*world
}

// worldKey is what makes two workspaces' worlds different.
type worldKey struct {
	dir, endpoint string
	offline       bool
}

// world is the environment of one workspace, with what is kept for it.
type world struct {
	env          *phases.Env
	expectations *expect.Expectations
}

func newEngine(base *phases.Env, version string) *engine {
	return &engine{base: base, version: version, worlds: map[worldKey]*world{}}
}

// world returns a workspace's environment.
func (e *engine) world(w lsp.Workspace) *world {
	key := worldKey{w.Dir, w.HubEndpoint, w.Offline}
	e.mu.Lock()
	defer e.mu.Unlock()
	if known := e.worlds[key]; known != nil {
		return known
	}
	env := *e.base
	env.WorkDir = w.Dir
	if env.WorkDir == "" {
		// Never the server's own working directory, which is chance.
		env.WorkDir = filepath.Join(os.TempDir(), "fib-ls")
	}
	if w.HubEndpoint != "" {
		getenv := e.base.Getenv
		env.Getenv = func(name string) string {
			if name == "HF_ENDPOINT" {
				return w.HubEndpoint
			}
			return getenv(name)
		}
	}
	env.ConnectHub(e.version, w.Offline, w.HubTimeout)
	made := &world{env: &env, expectations: expect.New(&env)}
	e.worlds[key] = made
	return made
}

// job returns the environment of one job.
func (e *engine) job(w lsp.Workspace) *phases.Env {
	env := *e.world(w).env
	env.Progress, env.Ask = w.Progress, w.Ask
	env.NoSGLangFetch = !w.CloneSGLang
	// The download's progress belongs to this job.
	env.ConnectHub(e.version, w.Offline, w.HubTimeout)
	return &env
}

// Prepare implements lsp.Engine.
func (e *engine) Prepare(ctx context.Context, w lsp.Workspace, req phases.Request) (*phases.Result, error) {
	if req.SGLangPath == "" {
		req.SGLangPath = w.SGLangPath
	}
	if req.Dataset == "" {
		req.Dataset = w.DatasetDir
	}
	req.Offline = req.Offline || w.Offline
	return phases.Prepare(ctx, e.job(w), req)
}

// Place implements lsp.Engine.
func (e *engine) Place(r *phases.Result, text []byte) error { return phases.Place(r, text) }

// Write implements lsp.Engine.
func (e *engine) Write(w lsp.Workspace, r *phases.Result) error {
	env := e.job(w)
	phases.MarkDataset(env, r)
	return r.WriteFiles(env)
}

// Repos implements lsp.Engine.
func (e *engine) Repos(w lsp.Workspace) []lsp.Repo {
	var out []lsp.Repo
	for _, r := range phases.KnownRepos(e.world(w).env) {
		out = append(out, lsp.Repo{ID: r.ID, From: r.From, Class: r.Class, Used: r.Used})
	}
	return out
}

// Search implements lsp.Engine.
func (e *engine) Search(ctx context.Context, w lsp.Workspace, query string, limit int) ([]lsp.Repo, error) {
	client := e.world(w).env.HubClient()
	if client == nil {
		return nil, errors.New("there is no Hub to search")
	}
	hits, err := client.Search(ctx, query, limit)
	if err != nil {
		return nil, err
	}
	out := make([]lsp.Repo, len(hits))
	for i, h := range hits {
		out[i] = lsp.Repo{ID: h.ID, From: "hub", Downloads: h.Downloads}
	}
	return out, nil
}

// Plan implements lsp.Engine.
func (e *engine) Plan(ctx context.Context, w lsp.Workspace, repo string) (any, error) {
	env := e.job(w)
	env.Ask = nil // the answer is the command's: nobody is asked on the way
	plan, err := onboard.Make(ctx, env, onboard.Options{Request: phases.Request{
		HFRepoID: repo, SGLangPath: w.SGLangPath, Dataset: w.DatasetDir, Offline: w.Offline,
	}})
	if err != nil {
		return nil, err
	}
	return map[string]any{"text": cleanLines(plan.Text()), "plan": plan}, nil
}

// Discover implements lsp.Engine.
func (e *engine) Discover(ctx context.Context, w lsp.Workspace, models []byte) (any, error) {
	found, err := onboard.Discover(ctx, e.job(w), onboard.DiscoverOptions{
		ModelsText: models, SGLang: w.SGLangPath, Dataset: w.DatasetDir, Since: discoverSince, Trending: discoverTrending,
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"text": cleanLines(found.Text()), "candidates": found.Candidates, "notes": found.Notes}, nil
}

// Verify implements lsp.Engine.
func (e *engine) Verify(ctx context.Context, w lsp.Workspace, f *tsast.File, i int, req phases.Request) (*phases.Verification, error) {
	if req.SGLangPath == "" {
		req.SGLangPath = w.SGLangPath
	}
	req.Offline = req.Offline || w.Offline
	return expect.Verify(ctx, e.job(w), f, i, req)
}

// Expected implements lsp.Engine.
func (e *engine) Expected(w lsp.Workspace, m *tsast.Model) *validate.ExpectedEntry {
	return e.world(w).expectations.For(m)
}

// Forget implements lsp.Engine.
func (e *engine) Forget(repo string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range e.worlds {
		w.expectations.Forget(repo)
	}
}

// Watched implements lsp.Engine.
func (e *engine) Watched(w lsp.Workspace) []string {
	var dirs []string
	for _, dir := range []string{e.world(w).env.HubCache(), absolute(w.DatasetDir, w.Dir), absolute(w.SGLangPath, w.Dir)} {
		if dir != "" {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// absolute makes a path of the settings absolute; "" where that cannot be.
func absolute(path, dir string) string {
	switch {
	case path == "" || filepath.IsAbs(path):
		return path
	case dir == "":
		return ""
	}
	return filepath.Join(dir, path)
}

// Dataset implements lsp.Engine.
func (e *engine) Dataset(w lsp.Workspace) lsp.Dataset {
	if w.Dir == "" && w.DatasetDir == "" {
		return nil
	}
	d, err := e.world(w).env.KnownDataset(w.DatasetDir, w.Dir)
	if err != nil {
		e.base.Log.Warn("the dataset could not be used", "error", err)
	}
	if err != nil || d == nil {
		return nil
	}
	return openDataset{d}
}

// openDataset is a dataset as the editor asks it.
type openDataset struct{ d *dataset.Dataset }

func (o openDataset) Has(name string) (present bool, workloads int) { return o.d.Lookup(name) }

func (o openDataset) Listed() string { return o.d.Listed }

func (o openDataset) Written(name string) bool { return o.d.Written(name) }

func (o openDataset) Names() []string { return o.d.Names() }

func (o openDataset) Path(name string) string {
	entry, ok := o.d.Get(name)
	if !ok || entry.Path == "" || o.d.Dir == "" {
		return ""
	}
	return filepath.Join(o.d.Dir, filepath.FromSlash(entry.Path))
}
