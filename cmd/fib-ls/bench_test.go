package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkAdd is one add as a whole process, offline, on the built-in facts
// and the built-in SGLang index; BenchmarkVersion is the cost of a process
// that does nothing, beside it in the same run.
func BenchmarkAdd(b *testing.B) {
	bin, dir := buildForBench(b)
	for _, bench := range []struct {
		name string
		args []string
	}{
		{"version", []string{"version"}},
		{"config", []string{"add", "--hf-repo-id", "deepseek-ai/DeepSeek-V3", "--offline", "--dry-run", "--json", "--models-ts", "models.ts", "--model-name", "bench", "--skip-sglang"}},
		{"embedded", []string{"add", "--hf-repo-id", "deepseek-ai/DeepSeek-V3", "--offline", "--dry-run", "--json", "--models-ts", "models.ts", "--model-name", "bench"}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				cmd := exec.Command(bin, bench.args...)
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
			}
		})
	}
}

func buildForBench(b *testing.B) (bin, dir string) {
	b.Helper()
	dir = b.TempDir()
	bin = filepath.Join(dir, "fib-ls")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("building fib-ls: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "models.ts"))
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "models.ts"), text, 0o644); err != nil {
		b.Fatal(err)
	}
	b.Setenv("HOME", dir)
	b.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	return bin, dir
}
