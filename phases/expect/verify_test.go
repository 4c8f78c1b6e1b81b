package expect_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/expect"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/tsast"
)

func offlineEnv(t *testing.T) *phases.Env {
	t.Helper()
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
	return env
}

// TestVerify holds an entry that add made to its model, whole and with a wrong
// number, under another parallelism than the recommended one.
func TestVerify(t *testing.T) {
	env := offlineEnv(t)
	req := phases.Request{HFRepoID: "Qwen/Qwen3-32B", ModelName: "mine", TP: 4, Offline: true}
	r, err := phases.Prepare(context.Background(), env, req)
	if err != nil {
		t.Fatal(err)
	}
	if err := phases.Place(r, nil); err != nil {
		t.Fatal(err)
	}
	verify := func(text string) (*phases.Verification, error) {
		f := tsast.Parse([]byte(text))
		return expect.Verify(context.Background(), env, f, 0, phases.Request{Offline: true})
	}
	made := string(r.Edited)
	v, err := verify(made)
	if err != nil {
		t.Fatal(err)
	}
	if v.Level != generate.Agreed || len(v.Problems) != 0 || v.RepoID != "Qwen/Qwen3-32B" || !strings.Contains(v.Line, "agree between the config and SGLang's source") {
		t.Errorf("an entry as add made it: %+v", v)
	}
	wrong, err := verify(strings.ReplaceAll(made, "count: 64", "count: 63"))
	if err != nil {
		t.Fatal(err)
	}
	if wrong.Level != generate.Disputed || len(wrong.Problems) == 0 || !strings.Contains(wrong.Line, "the entry differs from its model in") || !strings.Contains(wrong.Markdown(), "num_hidden_layers = 64") {
		t.Errorf("an entry with a wrong number of layers: %+v\n%s", wrong, wrong.Markdown())
	}
	silenced, err := verify(strings.NewReplacer("layers: {", "layers: {\n        // fib: ignore config-layer-count", "count: 64", "count: 63").Replace(made))
	if err != nil {
		t.Fatal(err)
	}
	if silenced.Level != generate.Disputed || len(silenced.Problems) != 0 {
		t.Errorf("a difference that a comment silences: %+v", silenced)
	}
	if _, err := verify(strings.NewReplacer("// source: https://huggingface.co/Qwen/Qwen3-32B", "", `id: "mine"`, `id: "nobody-knows"`, `name: "Mine"`, `name: "Nobody"`).Replace(made)); err == nil || !strings.Contains(err.Error(), "which repository") {
		t.Errorf("an entry of an unknown repository: %v", err)
	}
}
