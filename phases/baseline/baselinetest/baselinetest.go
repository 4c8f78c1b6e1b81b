// Package baselinetest reads small SGLang trees for the tests of phase 2's rooms.
package baselinetest

import (
	"context"
	"io/fs"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/classes"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// Files is a tree in memory.
type Files map[string]string

// ReadFile implements baseline.Source.
func (f Files) ReadFile(path string) ([]byte, error) {
	if s, ok := f[path]; ok {
		return []byte(s), nil
	}
	return nil, &fs.PathError{Op: "read", Path: path, Err: fs.ErrNotExist}
}

// List implements baseline.Source.
func (f Files) List(dir string) ([]classes.Entry, error) {
	var out []classes.Entry
	for p := range f {
		if strings.HasPrefix(p, dir+"/") {
			out = append(out, classes.Entry{Path: p})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out, nil
}

// Commit implements baseline.Source.
func (f Files) Commit() (hash, date string) { return "", "" }

// Kind implements baseline.Source.
func (f Files) Kind() string { return baseline.KindClone }

// Notes implements baseline.Source.
func (f Files) Notes() []string { return nil }

// layers are the layers that the trees of these tests build on.
const layers = `
-- python/sglang/srt/layers/linear.py --
from torch import nn
class ReplicatedLinear(nn.Module):
    def __init__(self, input_size, output_size, bias=True, quant_config=None, prefix=""):
        pass
    def forward(self, x):
        return x
class QKVParallelLinear(ReplicatedLinear):
    def __init__(self, hidden_size, head_size, total_num_heads, total_num_kv_heads=None, bias=True, quant_config=None, prefix=""):
        pass
class RowParallelLinear(ReplicatedLinear):
    pass
class MergedColumnParallelLinear(ReplicatedLinear):
    def __init__(self, input_size, output_sizes, bias=True, quant_config=None, prefix=""):
        pass
-- python/sglang/srt/layers/layernorm.py --
from torch import nn
class RMSNorm(nn.Module):
    def __init__(self, hidden_size, eps=1e-6):
        pass
    def forward_cuda(self, x, residual=None):
        return x
-- python/sglang/srt/layers/radix_attention.py --
from torch import nn
class RadixAttention(nn.Module):
    def __init__(self, num_heads, head_dim, scaling, num_kv_heads, layer_id, sliding_window_size=-1, prefix=""):
        pass
    def forward(self, q, k, v, forward_batch):
        return q
-- python/sglang/srt/layers/vocab_parallel_embedding.py --
from torch import nn
class VocabParallelEmbedding(nn.Module):
    def __init__(self, num_embeddings, embedding_dim, prefix=""):
        pass
    def forward(self, x):
        return x
class ParallelLMHead(VocabParallelEmbedding):
    pass
-- python/sglang/srt/layers/moe/fused_moe_triton/layer.py --
from torch import nn
class FusedMoE(nn.Module):
    def __init__(self, num_experts, hidden_size, intermediate_size, layer_id=0, top_k=None, prefix=""):
        pass
    def forward(self, hidden_states, topk_output):
        return hidden_states
`

// Tree is the tree of a txtar archive, with the common layers.
func Tree(archive string) Files {
	tree := Files{}
	for _, f := range txtar.Parse([]byte(strings.TrimPrefix(layers, "\n") + archive)).Files {
		tree[f.Name] = string(f.Data)
	}
	return tree
}

// Analyse reads how a class of a txtar archive is built for a config.json.
func Analyse(t *testing.T, archive, class, config string) *baseline.Implementation {
	t.Helper()
	cfg, _, err := extract.ParseConfig([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	return AnalyseText(t, archive, class, cfg, nil)
}

// AnalyseText is Analyse for a config whose language model's part is known.
func AnalyseText(t *testing.T, archive, class string, cfg, text *extract.Object) *baseline.Implementation {
	t.Helper()
	impl, err := baseline.NewReader(Tree(archive), nil).Analyse(context.Background(), class, cfg, text, baseline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return impl
}

// Constructor is a tree whose class Bad has the given constructor body.
func Constructor(body string) Files {
	var b strings.Builder
	b.WriteString(`
import torch
from torch import nn
from sglang.srt.layers.linear import RowParallelLinear

class Bad(nn.Module):
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
`)
	for _, line := range strings.Split(strings.Trim(body, "\n"), "\n") {
		b.WriteString("        " + line + "\n")
	}
	b.WriteString("\nEntryClass = Bad\n")
	tree := Tree("")
	tree["python/sglang/srt/models/bad.py"] = b.String()
	return tree
}

// BadConfig is a configuration of the class Bad.
func BadConfig() *extract.Object {
	return &extract.Object{Keys: []string{"model_type", "hidden_size"}, Values: map[string]extract.Value{"model_type": "bad", "hidden_size": int64(8)}}
}

// AnalyseConstructor reads what a constructor's body builds, with little work.
func AnalyseConstructor(t *testing.T, body string) *baseline.Implementation {
	t.Helper()
	impl, err := baseline.NewReader(Constructor(body), nil).Analyse(context.Background(), "Bad", BadConfig(), nil,
		baseline.Options{Limits: pyeval.Limits{Steps: 300_000, Cells: 300_000}})
	if err != nil {
		t.Fatal(err)
	}
	return impl
}

// Row is the first row of a path; nil when there is none.
func Row(impl *baseline.Implementation, path string) *baseline.Module {
	i := slices.IndexFunc(impl.Modules, func(m baseline.Module) bool { return m.Path == path })
	if i < 0 {
		return nil
	}
	return &impl.Modules[i]
}

// ExpectLinear checks the sizes of a linear layer, embedding or head.
func ExpectLinear(t *testing.T, impl *baseline.Implementation, path string, n, k int) {
	t.Helper()
	r := Row(impl, path)
	switch {
	case r == nil:
		t.Errorf("the tree has no %s", path)
	case r.N == nil || r.K == nil || *r.N != n || *r.K != k:
		t.Errorf("%s has n=%s k=%s, want %d and %d", path, Number(r.N), Number(r.K), n, k)
	}
}

// Number writes a size for a message.
func Number(p *int) string {
	if p == nil {
		return "not known"
	}
	return strconv.Itoa(*p)
}

// Calls are the kernels of a result as "path function", in order.
func Calls(impl *baseline.Implementation) []string {
	var out []string
	for _, c := range impl.Calls {
		out = append(out, c.Path+" "+c.Function)
	}
	return out
}

// ExpectCalls checks the kernels of a result.
func ExpectCalls(t *testing.T, impl *baseline.Implementation, want ...string) {
	t.Helper()
	if have := Calls(impl); !slices.Equal(have, want) {
		t.Errorf("calls\n  %s\nwant\n  %s", strings.Join(have, "\n  "), strings.Join(want, "\n  "))
	}
}
