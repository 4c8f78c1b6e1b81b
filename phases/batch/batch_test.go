package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/tsast"
)

// TestBatchIsWhatRunsAre: the files of a batch are those that one run after
// the other writes, but for times.
func TestBatchIsWhatRunsAre(t *testing.T) {
	requests := ownConfigs(t)
	one, many := envWithModels(t), envWithModels(t)
	for _, item := range Run(t.Context(), many, requests, Watch{}).Items {
		if item.Err != nil {
			t.Fatalf("%s: %v", item.Request.ModelName, item.Err)
		}
	}
	for _, req := range requests {
		if _, err := phases.Run(t.Context(), one, req); err != nil {
			t.Fatalf("%s: %v", req.ModelName, err)
		}
	}
	compared := 0
	err := filepath.WalkDir(one.WorkDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == report.FileValidation || d.Name() == report.FileArchitecture { // they tell times
			return err
		}
		name, err := filepath.Rel(one.WorkDir, path)
		if err != nil {
			return err
		}
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(many.WorkDir, name))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s differs (%v)", name, err)
		}
		compared++
		return nil
	})
	if err != nil || compared < 5*len(requests) {
		t.Errorf("%d files compared: %v", compared, err)
	}
}

// ownConfigs are requests for the project's own configs.
func ownConfigs(tb testing.TB) []phases.Request {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "configs", "*.json"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no configs: %v", err)
	}
	var requests []phases.Request
	for _, f := range files {
		abs, err := filepath.Abs(f)
		if err != nil {
			tb.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		requests = append(requests, phases.Request{ModelName: name, Config: abs, ModelsTS: "models.ts", Offline: true})
	}
	return requests
}

// TestBatchTells: every model is begun and prepared once, and done in order.
func TestBatchTells(t *testing.T) {
	requests := append(ownConfigs(t), phases.Request{ModelName: "none", Config: "no-such-file.json", ModelsTS: "models.ts"})
	var mu sync.Mutex
	began, prepared := map[string]int{}, map[string]int{}
	var done []string
	count := func(m map[string]int) func(*Item) {
		return func(item *Item) {
			mu.Lock()
			defer mu.Unlock()
			m[item.Request.ModelName]++
		}
	}
	Run(t.Context(), envWithModels(t), requests, Watch{Began: count(began), Prepared: count(prepared), Done: func(item *Item) {
		done = append(done, item.Request.ModelName)
	}})
	for i, req := range requests {
		if began[req.ModelName] != 1 || prepared[req.ModelName] != 1 || i >= len(done) || done[i] != req.ModelName {
			t.Errorf("%s: begun %d times, prepared %d times; done are %v", req.ModelName, began[req.ModelName], prepared[req.ModelName], done)
		}
	}
}

// TestBatchInterrupted: what was settled before an interruption stands in
// models.ts and is skipped by the next run; nothing is half there.
func TestBatchInterrupted(t *testing.T) {
	var requests []phases.Request
	for i := range 3 {
		for _, req := range ownConfigs(t) {
			req.ModelName = fmt.Sprintf("%s-%d", req.ModelName, i)
			req.SkipSGLang = true
			requests = append(requests, req)
		}
	}
	env := envWithModels(t)
	ctx, cancel := context.WithCancel(t.Context())
	settled := 0
	first := Run(ctx, env, requests, Watch{Done: func(*Item) {
		if settled++; settled == chunkSize {
			cancel()
		}
	}})
	if !errors.Is(first.Err, context.Canceled) {
		t.Fatalf("the batch ended with %v", first.Err)
	}
	text, err := os.ReadFile(filepath.Join(env.WorkDir, "models.ts"))
	if err != nil {
		t.Fatal(err)
	}
	there, finished := map[string]bool{}, 0
	for _, e := range tsast.Parse(text).Entries {
		there[e.Model.ID.Value] = true
	}
	for _, item := range first.Items {
		if added := item.Err == nil; added != there[item.Request.ModelName] {
			t.Errorf("%s: %v, in the file: %v", item.Request.ModelName, item.Err, there[item.Request.ModelName])
		}
		if item.Err == nil {
			finished++
		}
	}
	added, skipped := 0, 0
	for _, item := range Run(t.Context(), env, requests, Watch{}).Items {
		switch {
		case item.Err != nil:
			t.Errorf("%s: %v", item.Request.ModelName, item.Err)
		case item.Skipped == "already there":
			skipped++
		default:
			added++
		}
	}
	if finished < chunkSize || skipped != finished || added != len(requests)-finished {
		t.Errorf("%d finished, then %d added and %d skipped of %d", finished, added, skipped, len(requests))
	}
}

// TestBatchKeepsLittle: a long batch keeps of each model what its report
// needs, not a copy of models.ts, of the config or of the module tree.
func TestBatchKeepsLittle(t *testing.T) {
	for _, dry := range []bool{false, true} {
		requests := ownConfigs(t)
		for i := range requests {
			requests[i].DryRun = dry
		}
		for _, item := range Run(t.Context(), envWithModels(t), requests, Watch{}).Items {
			if item.Err != nil {
				t.Fatal(item.Err)
			}
			r := item.Result
			if r.Edited != nil || r.Original != nil || r.ConfigBytes != nil || r.Implementation != nil || r.Generated != nil || r.Architecture.Config != nil ||
				r.Tensors != nil || r.DefinitionsOf != nil || r.Unmapped != nil || r.Witness != nil && r.Witness.Tensors != nil {
				t.Errorf("dry run %v: %s keeps what was written", dry, item.Request.ModelName)
			}
		}
	}
}

// TestTakenIDs: no model gets an id that is another one's, and nothing is
// begun where one would.
func TestTakenIDs(t *testing.T) {
	const file = "const models: Model[] = [\n  {\n    // source: https://huggingface.co/Qwen/Qwen3-8B\n    id: \"qwen3-8b\", name: \"Q\", description: \"d\", modules: { M: { count: 1, type: \"block\" } } },\n  { id: \"own\", name: \"O\", description: \"d\", modules: { M: { count: 1, type: \"block\" } } },\n]\n"
	for _, c := range []struct {
		lines   string
		refused string // in the error
		want    string // ids and outcomes
	}{
		{"new-a:Qwen/Qwen3-8B\nnew-a:Qwen/Qwen3-4B", "new-a, for Qwen/Qwen3-4B, is the id of Qwen/Qwen3-8B", ""},
		{"qwen3-8b:Qwen/Qwen3-4B", "qwen3-8b, for Qwen/Qwen3-4B, is the id of Qwen/Qwen3-8B", ""},
		{"qwen3-8b=Qwen/Qwen3-8B", "", "qwen3-8b: skipped: already there"},
		{"own=Qwen/Qwen3-4B", "", "own: skipped: already there; the entry does not say of which repository"},
		{"x:Qwen/Qwen3-4B\nx:Qwen/Qwen3-4B", "", "x: would add|x: skipped: already there"},
		{"unsloth/Qwen3-8B", "", "unsloth-qwen3-8b: failed: "}, // is not a model of the catalogue
		{"unsloth/Qwen3-8B\nunsloth-qwen3-8b:Qwen/Qwen3-4B", "unsloth-qwen3-8b, for Qwen/Qwen3-4B, is the id of unsloth/Qwen3-8B", ""},
		{"unsloth-qwen3-8b:Qwen/Qwen3-4B\nunsloth/Qwen3-8B", "unsloth-qwen3-8b, for unsloth/Qwen3-8B", ""},
	} {
		env := envWithModels(t)
		if err := os.WriteFile(filepath.Join(env.WorkDir, "models.ts"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		requests, err := Parse([]byte(c.lines), phases.Request{ModelsTS: "models.ts", Offline: true, DryRun: true, SkipSGLang: true})
		if err != nil {
			t.Fatal(err)
		}
		done := Run(t.Context(), env, requests, Watch{Began: func(*Item) {
			if c.refused != "" {
				t.Errorf("%q was begun", c.lines)
			}
		}})
		if done.Refused != (c.refused != "") || done.Refused && !strings.Contains(done.Err.Error(), c.refused) {
			t.Errorf("%q: %v", c.lines, done.Err)
		}
		var got []string
		for _, item := range done.Items {
			got = append(got, item.Name()+": "+item.Outcome())
		}
		if !done.Refused && !strings.HasPrefix(strings.Join(got, "|"), c.want) {
			t.Errorf("%q: %q, want %q", c.lines, got, c.want)
		}
	}
}

// TestSummarySaysWhatAnAddSays: each model has the notes of a single add, with
// the source of its config and of its layers; nothing in the Markdown links.
func TestSummarySaysWhatAnAddSays(t *testing.T) {
	env := envWithModels(t)
	config := filepath.Join(env.WorkDir, "config.json")
	text := `{"architectures": ["NobodysForCausalLM"], "model_type": "no_such_family", "hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 2, "num_attention_heads": 8, "vocab_size": 32000, "quantization_config": {"quant_method": "http://evil.test @org/team"}}`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	requests := []phases.Request{{ModelName: "odd", Config: config, ModelsTS: "models.ts", Offline: true, DryRun: true, DisplayName: "x @org/team Fixes #1"}}
	done := Run(t.Context(), env, requests, Watch{})
	single, err := phases.Run(t.Context(), env, requests[0])
	if err != nil || len(single.Warnings) == 0 {
		t.Fatalf("the test needs a model with warnings: %v", err)
	}
	for name, summary := range map[string]string{"text": done.Text(), "markdown": done.Markdown()} {
		for _, want := range []string{"would add", "1 would be added", "config from a file", "layers from the config alone"} {
			if !strings.Contains(summary, want) {
				t.Errorf("the %s lacks %q:\n%s", name, want, summary)
			}
		}
	}
	for _, w := range single.Warnings {
		if !strings.Contains(done.Text(), prose.Line(w)) {
			t.Errorf("the summary lacks the warning %q:\n%s", w, done.Text())
		}
	}
	outside := regexp.MustCompile("`[^`\n]*`").ReplaceAllString(done.Markdown(), "")
	if regexp.MustCompile(`://|@|#\d`).MatchString(outside) {
		t.Errorf("something links:\n%s", done.Markdown())
	}
}
