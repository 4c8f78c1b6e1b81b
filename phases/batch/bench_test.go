package batch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases"
)

// envWithModels is an offline world in a directory of its own, with a models.ts.
func envWithModels(tb testing.TB) *phases.Env {
	tb.Helper()
	dir := tb.TempDir()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "models.ts"))
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "models.ts"), text, 0o644); err != nil {
		tb.Fatal(err)
	}
	env := &phases.Env{Getenv: func(string) string { return "" }, WorkDir: dir, SGLang: phases.NewSGLangTrees()}
	tb.Cleanup(env.SGLang.Close)
	return env
}

// batchOf are requests for real configs: the gold ones where they are at
// hand, else the built-in catalogue.
func batchOf(tb testing.TB) []phases.Request {
	tb.Helper()
	var requests []phases.Request
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "gold", "configs", "*.json"))
	for _, f := range files {
		abs, err := filepath.Abs(f)
		if err != nil {
			tb.Fatal(err)
		}
		repo := strings.Replace(strings.TrimSuffix(filepath.Base(f), ".json"), "__", "/", 1)
		requests = append(requests, phases.Request{HFRepoID: repo, Config: abs, ModelsTS: "models.ts", Offline: true})
	}
	if len(requests) == 0 {
		tb.Log("no gold configs at hand: the project's own are measured, under several names")
		own := ownConfigs(tb)
		for i := range wholeBatch {
			req := own[i%len(own)]
			req.ModelName = fmt.Sprintf("%s-%d", req.ModelName, i)
			requests = append(requests, req)
		}
	}
	return requests
}

// wholeBatch is how many models the batch benchmarks add.
const wholeBatch = 232

// BenchmarkBatch232 adds 58, 116 and 232 real configs in one process each, with
// the built-in SGLang index. It reports entries per second of the whole batch,
// how much longer an entry takes in it than in a quarter of it (1 is linear),
// and what is held in memory after it over what is after a quarter.
func BenchmarkBatch232(b *testing.B) {
	phases.Embedded() // is unpacked once for a process
	var taken [3]time.Duration
	var held [3]uint64
	requests := batchOf(b)
	requests = requests[:min(len(requests), wholeBatch)]
	for b.Loop() {
		for i, part := range []int{4, 2, 1} {
			env := envWithModels(b)
			var some []phases.Request // of all families alike
			for j := 0; j+part <= len(requests); j += part {
				some = append(some, requests[j])
			}
			began := time.Now()
			done := Run(b.Context(), env, some, Watch{})
			taken[i] += time.Since(began)
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			held[i] = max(held[i], m.HeapAlloc)
			for _, item := range done.Items {
				if item.Err != nil {
					b.Errorf("%s: %v", item.Request.ModelName, item.Err)
				}
			}
		}
	}
	b.ReportMetric(float64(len(requests)*b.N)/taken[2].Seconds(), "entries/s")
	b.ReportMetric(taken[2].Seconds()/4/taken[0].Seconds(), "time-per-entry-232:58")
	b.ReportMetric(taken[1].Seconds()/2/taken[0].Seconds(), "time-per-entry-116:58")
	b.ReportMetric(float64(held[2]-held[0])/float64(len(requests)*3/4)/1024, "KiB-held/entry")
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
				env := envWithModels(b)
				requests := batchOf(b)
				for i := range requests {
					requests[i].SkipSGLang = mode.skip
				}
				b.StartTimer()
				for _, item := range Run(context.Background(), env, requests, Watch{}).Items {
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
