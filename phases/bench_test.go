package phases

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

// benchEnv is an offline world in a directory of its own, with a models.ts.
func benchEnv(tb testing.TB) *Env {
	tb.Helper()
	dir := tb.TempDir()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "models.ts"))
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "models.ts"), text, 0o644); err != nil {
		tb.Fatal(err)
	}
	env := &Env{Getenv: func(string) string { return "" }, WorkDir: dir, SGLang: NewSGLangTrees()}
	tb.Cleanup(env.SGLang.Close)
	return env
}

// batchOf are requests for real configs: the gold ones where they are at
// hand, else the built-in catalogue.
func batchOf(tb testing.TB) []Request {
	tb.Helper()
	var requests []Request
	files, _ := filepath.Glob(filepath.Join("..", "..", "shared", "gold", "configs", "*.json"))
	for _, f := range files {
		abs, err := filepath.Abs(f)
		if err != nil {
			tb.Fatal(err)
		}
		repo := strings.Replace(strings.TrimSuffix(filepath.Base(f), ".json"), "__", "/", 1)
		requests = append(requests, Request{HFRepoID: repo, Config: abs, ModelsTS: "models.ts", Offline: true})
	}
	if len(requests) == 0 {
		tb.Log("no gold configs at hand: the built-in catalogue is measured")
		for _, id := range catalog.IDs() {
			requests = append(requests, Request{HFRepoID: id, ModelsTS: "models.ts", Offline: true})
		}
	}
	return requests
}

// BenchmarkBatch adds real configs in one process, as add --batch does, and
// reports entries per second.
func BenchmarkBatch(b *testing.B) {
	for _, mode := range []struct {
		name string
		skip bool
	}{{"config", true}, {"embedded", false}} {
		b.Run(mode.name, func(b *testing.B) {
			entries := 0
			for b.Loop() {
				b.StopTimer()
				env := benchEnv(b)
				requests := batchOf(b)
				for i := range requests {
					requests[i].SkipSGLang = mode.skip
				}
				b.StartTimer()
				for _, item := range RunBatch(context.Background(), env, requests, nil).Items {
					if item.Err != nil {
						b.Errorf("%s: %v", item.Request.HFRepoID, item.Err)
					}
					if item.Result != nil {
						entries++
					}
				}
			}
			b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}
