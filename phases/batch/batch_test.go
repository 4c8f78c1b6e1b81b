package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
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
			if r.Edited != nil || r.Original != nil || r.ConfigBytes != nil || r.Implementation != nil || r.Generated != nil || r.Architecture.Config != nil {
				t.Errorf("dry run %v: %s keeps what was written", dry, item.Request.ModelName)
			}
		}
	}
}
