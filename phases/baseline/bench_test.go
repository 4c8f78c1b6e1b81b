package baseline_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
)

// memoryCache is a Cache in memory.
type memoryCache struct {
	mu   sync.Mutex
	data map[string][]byte
}

func (c *memoryCache) Get(key string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.data[key]
	return v, ok
}

func (c *memoryCache) Put(key string, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.data[key] = data
}

func benchTree(b *testing.B) *repo.Source {
	b.Helper()
	tree := sglangTree(b)
	if tree == nil {
		b.Skip("needs an SGLang source tree")
	}
	return tree
}

// BenchmarkIndexCold indexes the classes of all model files.
func BenchmarkIndexCold(b *testing.B) {
	tree := benchTree(b)
	for b.Loop() {
		if _, err := baseline.NewReader(tree, nil).Classes(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIndexWarm does so with every file's facts in the cache.
func BenchmarkIndexWarm(b *testing.B) {
	tree := benchTree(b)
	cache := &memoryCache{data: map[string][]byte{}}
	if _, err := baseline.NewReader(tree, cache).Classes(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := baseline.NewReader(tree, cache).Classes(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCPythonParse parses the same files with CPython's ast module, one
// process, without its start.
func BenchmarkCPythonParse(b *testing.B) {
	tree := benchTree(b)
	python, err := exec.LookPath("python3")
	if err != nil {
		b.Skip("needs python3")
	}
	files, err := baseline.NewReader(tree, nil).ModelFiles()
	if err != nil {
		b.Fatal(err)
	}
	args := []string{"-c", "import ast, sys\nfor f in sys.argv[1:]: ast.parse(open(f, encoding='utf-8-sig').read())"}
	dir := b.TempDir()
	for _, f := range files {
		text, err := tree.ReadFile(f.Path)
		if err != nil {
			b.Fatal(err)
		}
		copied := filepath.Join(dir, filepath.Base(f.Path))
		if err := os.WriteFile(copied, text, 0o600); err != nil {
			b.Fatal(err)
		}
		args = append(args, copied)
	}
	for b.Loop() {
		if out, err := exec.Command(python, args...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
}

// BenchmarkReadClassSource reads one class from a source tree, its files
// parsed afresh.
func BenchmarkReadClassSource(b *testing.B) {
	tree := benchTree(b)
	cfg := readConfig(b, "testdata/configs/llama.json")
	for b.Loop() {
		if _, err := baseline.NewReader(tree, nil).Analyse(context.Background(), "LlamaForCausalLM", cfg, nil, baseline.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadClassSourceWarm does so with the files' trees in the cache.
func BenchmarkReadClassSourceWarm(b *testing.B) {
	tree := benchTree(b)
	cfg := readConfig(b, "testdata/configs/llama.json")
	cache := &memoryCache{data: map[string][]byte{}}
	if _, err := baseline.NewReader(tree, cache).Analyse(context.Background(), "LlamaForCausalLM", cfg, nil, baseline.Options{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := baseline.NewReader(tree, cache).Analyse(context.Background(), "LlamaForCausalLM", cfg, nil, baseline.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadClassIndex reads one class from the index in the binary, the
// index unpacked afresh.
func BenchmarkReadClassIndex(b *testing.B) {
	for _, name := range []string{"llama", "deepseek-v3"} {
		b.Run(name, func(b *testing.B) {
			cfg := readConfig(b, filepath.Join("testdata", "configs", name+".json"))
			for b.Loop() {
				if _, err := baseline.NewReader(baseline.NewEmbedded(), nil).Analyse(context.Background(), architecturesOf(cfg)[0], cfg, nil, baseline.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
