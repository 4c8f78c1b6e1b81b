package lsp

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/expect"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

func uriText(s string) uri.URI { return uri.URI(s) }

// lineDiff shows how two texts differ, without the lines that are the same.
func lineDiff(want, got string) string {
	unified := udiff.Unified("a", "b", want, got)
	if e, ok := tsast.SmallestEdit(want, got); ok && e.Span.Start == e.Span.End && e.Span.Start > 0 && want[e.Span.Start-1] == '\n' {
		// Lines were put in: where they were put in.
		unified, _ = udiff.ToUnified("a", "b", want, []udiff.Edit{{Start: e.Span.Start, End: e.Span.End, New: e.NewText}}, 3)
	}
	var out []string
	for i, line := range strings.Split(unified, "\n") {
		if i >= 2 {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// realEngine is the phases themselves, without network.
type realEngine struct {
	env          *phases.Env
	expectations *expect.Expectations
}

func newRealEngine(t testing.TB) *realEngine {
	dir := t.TempDir()
	env := &phases.Env{
		Getenv: func(name string) string {
			switch name {
			case "HF_HUB_OFFLINE":
				return "1"
			case "HF_HOME", "HOME":
				return dir
			}
			return ""
		},
		WorkDir: dir, CacheDir: dir, NoSGLangFetch: true, Log: slog.New(slog.DiscardHandler),
	}
	env.ConnectHub("test", true, 0)
	return &realEngine{env, expect.New(env)}
}

func (r *realEngine) job(w Workspace) *phases.Env {
	env := *r.env
	env.Progress, env.Ask = w.Progress, w.Ask
	if w.Dir != "" && !strings.HasPrefix(w.Dir, "/w") {
		env.WorkDir = w.Dir
	}
	return &env
}

func (r *realEngine) Prepare(ctx context.Context, w Workspace, req phases.Request) (*phases.Result, error) {
	req.Offline = true
	return phases.Prepare(ctx, r.job(w), req)
}
func (r *realEngine) Place(result *phases.Result, text []byte) error {
	return phases.Place(result, text)
}
func (r *realEngine) Write(w Workspace, result *phases.Result) error {
	return result.WriteFiles(r.job(w))
}
func (r *realEngine) Dataset(Workspace) Dataset  { return nil }
func (r *realEngine) Forget(repo string)         { r.expectations.Forget(repo) }
func (r *realEngine) Watched(Workspace) []string { return nil }
func (r *realEngine) Repos(Workspace) []Repo {
	var out []Repo
	for _, known := range phases.KnownRepos(r.env) {
		out = append(out, Repo{ID: known.ID, From: known.From})
	}
	return out
}

func (r *realEngine) Expected(_ Workspace, m *tsast.Model) *validate.ExpectedEntry {
	return r.expectations.For(m)
}

func comment(text string) tsast.Comment {
	return tsast.Comment{Span: tsast.Span{Start: 0, End: len(text)}, Text: text}
}

func (*realEngine) Plan(context.Context, Workspace, string) (any, error) { return nil, errNoEngine }

func (*realEngine) Discover(context.Context, Workspace, []byte) (any, error) {
	return nil, errNoEngine
}

func (r *realEngine) Verify(ctx context.Context, w Workspace, f *tsast.File, i int, req phases.Request) (*phases.Verification, error) {
	req.Offline = true
	return expect.Verify(ctx, r.job(w), f, i, req)
}

func (*realEngine) Search(context.Context, Workspace, string, int) ([]Repo, error) {
	return nil, errNoEngine
}
