package extract

import (
	"os"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

func BenchmarkRead(b *testing.B) {
	e, ok := catalog.Lookup("deepseek-ai/DeepSeek-V3")
	if !ok {
		b.Fatal("no such model in the catalogue")
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(e.Config, Options{RepoID: e.RepoID}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadAll reads all real configs, as a batch does.
func BenchmarkReadAll(b *testing.B) {
	var configs [][]byte
	for _, f := range goldConfigs(b) {
		data, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		configs = append(configs, data)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, data := range configs {
			if _, err := Read(data, Options{}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
