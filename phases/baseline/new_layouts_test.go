package baseline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// layersStub are the layers that the trees of these tests build on.
const layersStub = `
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

// sourceOf makes a tree of a txtar archive and the stubs of the layers.
func sourceOf(archive string) mapSource {
	src := mapSource{}
	for _, f := range txtar.Parse([]byte(strings.TrimPrefix(layersStub, "\n") + archive)).Files {
		src[f.Name] = string(f.Data)
	}
	return src
}

func analyseArchive(t *testing.T, archive, class, config string) *Implementation {
	t.Helper()
	cfg, _, err := extract.ParseConfig([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	impl, err := NewReader(sourceOf(archive), nil).Analyse(context.Background(), class, cfg, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return impl
}

// callsOf are the kernels of a result as "path function", in order.
func callsOf(impl *Implementation) []string {
	var out []string
	for _, c := range impl.Calls {
		out = append(out, c.Path+" "+c.Function)
	}
	return out
}

func expectCalls(t *testing.T, impl *Implementation, want ...string) {
	t.Helper()
	if have := callsOf(impl); !slices.Equal(have, want) {
		t.Errorf("calls\n  %s\nwant\n  %s", strings.Join(have, "\n  "), strings.Join(want, "\n  "))
	}
}

// TestStageBoundaries reads a layer whose norms run inside of stage
// boundaries: alone in the first stage of all, with the residual elsewhere.
func TestStageBoundaries(t *testing.T) {
	const tree = `
-- python/sglang/srt/layers/layer_boundary/factories.py --
class Replaced:
    pass
class Added:
    pass
REPLACED = Replaced()
ADDED = Added()
class StageDeclaration:
    def __init__(self, update):
        self.update = update
def declare_attn(*, update=ADDED):
    return StageDeclaration(update)
def declare_ffn(*, update=ADDED):
    return StageDeclaration(update)
def append_stages(*stages):
    raise RuntimeError("no stack is open")
-- python/sglang/srt/layers/layer_boundary/batch.py --
def final_norm(hidden_states, forward_batch, norm):
    return norm(hidden_states)
-- python/sglang/srt/models/staged.py --
from torch import nn
from sglang.srt.layers.layer_boundary.factories import append_stages, declare_attn, declare_ffn, REPLACED
from sglang.srt.layers.layer_boundary import batch
from sglang.srt.layers.layernorm import RMSNorm
from sglang.srt.layers.linear import ReplicatedLinear
class Layer(nn.Module):
    def __init__(self, config, idx):
        super().__init__()
        self.mix = ReplicatedLinear(config.hidden_size, config.hidden_size)
        self.mlp = ReplicatedLinear(config.hidden_size, config.hidden_size)
        self.norm1 = RMSNorm(config.hidden_size)
        self.norm2 = RMSNorm(config.hidden_size)
        update = {"update": REPLACED} if config.replaced else {}
        self.attn_boundary, self.ffn_boundary = append_stages(
            (declare_attn(), self.norm1, {"qkv_latent_func": self.latent}),
            (declare_ffn(**update), self.norm2))
    def latent(self, hidden_states, forward_batch):
        return self.mix(hidden_states)
    def forward(self, hidden_states, forward_batch):
        hidden_states = self.attn_boundary.prepare(hidden_states, forward_batch)
        hidden_states = self.attn_boundary.finish(hidden_states, forward_batch)
        hidden_states = self.ffn_boundary.prepare(hidden_states, forward_batch)
        hidden_states = self.mlp(hidden_states)
        return self.ffn_boundary.finish(hidden_states, forward_batch)
class StagedForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None):
        super().__init__()
        self.layers = nn.ModuleList([Layer(config, i) for i in range(config.num_hidden_layers)])
        self.norm = RMSNorm(config.hidden_size)
    def forward(self, input_ids, positions, forward_batch):
        for layer in self.layers:
            input_ids = layer(input_ids, forward_batch)
        return batch.final_norm(input_ids, forward_batch, self.norm)
EntryClass = [StagedForCausalLM]
`
	config := `{"architectures": ["StagedForCausalLM"], "hidden_size": 64, "num_hidden_layers": 3, "replaced": false}`
	impl := analyseArchive(t, tree, "StagedForCausalLM", config)
	if !impl.Decided {
		t.Errorf("undecided: %v", impl.Undecided)
	}
	expectCalls(t, impl, "layers.norm1 rmsnorm", "layers.norm1 fused_add_rmsnorm", "layers.mix gemm",
		"layers.norm2 fused_add_rmsnorm", "layers.mlp gemm", "norm fused_add_rmsnorm")
	impl = analyseArchive(t, tree, "StagedForCausalLM", strings.Replace(config, "false", "true", 1))
	expectCalls(t, impl, "layers.norm1 rmsnorm", "layers.mix gemm",
		"layers.norm2 fused_add_rmsnorm", "layers.mlp gemm", "norm fused_add_rmsnorm")
}

// TestConfigFromDict uses a configuration class's own from_dict, as
// transformers does.
func TestConfigFromDict(t *testing.T) {
	const tree = `
-- python/sglang/srt/configs/nested.py --
from transformers import AutoConfig, PretrainedConfig
class NestedConfig(PretrainedConfig):
    model_type = "nested"
    def __init__(self, hidden_size=8, out_size=None, **kwargs):
        self.hidden_size = hidden_size
        self.out_size = out_size
        super().__init__(**kwargs)
    @classmethod
    def from_dict(cls, config_dict, **kwargs):
        text = config_dict["text_config"]
        flat = {k: v for k, v in config_dict.items() if k != "text_config"}
        flat.update(hidden_size=text["hidden_size"], out_size=2 * text["half"])
        return super().from_dict(flat, **kwargs)
AutoConfig.register("nested", NestedConfig)
-- python/sglang/srt/models/nested.py --
from torch import nn
from sglang.srt.layers.linear import ReplicatedLinear
class NestedForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None):
        super().__init__()
        self.proj = ReplicatedLinear(config.hidden_size, config.out_size)
EntryClass = NestedForCausalLM
`
	impl := analyseArchive(t, tree, "NestedForCausalLM", `{"model_type": "nested", "text_config": {"hidden_size": 32, "half": 24}}`)
	for _, m := range impl.Modules {
		if m.Path == "proj" && m.N != nil && *m.N == 48 && *m.K == 32 {
			return
		}
	}
	t.Errorf("proj is not 48x32: %+v, undecided %v", impl.Modules, impl.Undecided)
}

// TestUndecidedSaysWhereAndWhy: what a constructor raises is told with its
// message and line, and a size that the configuration leaves empty as such.
func TestUndecidedSaysWhereAndWhy(t *testing.T) {
	const head = `
-- python/sglang/srt/models/odd.py --
from torch import nn
from sglang.srt.layers.linear import ReplicatedLinear
class OddForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None):
        super().__init__()
`
	const tail = "EntryClass = OddForCausalLM\n"
	for name, c := range map[string]struct{ body, location, reason string }{
		"raise":  {"        raise ValueError(f'only {config.hidden_size} heads')\n", "odd.py:6", "ValueError: only 8 heads"},
		"unpack": {"        self.a, self.b = [1, 2, 3]\n", "odd.py:6", "too many values to unpack (expected 2, got 3)"},
		"few":    {"        self.a, self.b, self.c = [1, 2]\n", "odd.py:6", "not enough values to unpack (expected 3, got 2)"},
		"none":   {"        self.a = ReplicatedLinear(config.hidden_size, config.empty + 1)\n", "odd.py:6", "None"},
	} {
		impl := analyseArchive(t, head+c.body+tail, "OddForCausalLM", `{"hidden_size": 8, "empty": null}`)
		if impl.Decided || len(impl.Undecided) == 0 {
			t.Errorf("%s: decided", name)
			continue
		}
		u := impl.Undecided[0]
		if !strings.HasSuffix(u.Location, c.location) || !strings.Contains(u.Reason, c.reason) || u.Missing == nil {
			t.Errorf("%s: %+v", name, u)
		}
	}
}

// TestDefaultTypes finds the configuration class of a model class where only
// SGLang's source says it.
func TestDefaultTypes(t *testing.T) {
	src := sourceOf(`
-- python/sglang/srt/configs/mine.py --
from transformers import AutoConfig, PretrainedConfig
class PlainThing(PretrainedConfig):
    model_type = "plain_thing"
    def __init__(self, hidden_size=16, **kwargs):
        self.hidden_size = hidden_size
        super().__init__(**kwargs)
class Outer(PretrainedConfig):
    model_type = "outer_vl"
    def __init__(self, **kwargs):
        self.text_config = PlainThing()
        self.text_config.architectures = ["NamedForCausalLM"]
        super().__init__(**kwargs)
AutoConfig.register("plain_thing", PlainThing)
AutoConfig.register("outer_vl", Outer)
-- python/sglang/srt/models/mine.py --
from typing import Optional
from torch import nn
from sglang.srt.configs.mine import PlainThing
from sglang.srt.layers.logits_processor import LogitsProcessor
class AnnotatedForCausalLM(nn.Module):
    def __init__(self, config: PlainThing, quant_config: Optional[object] = None):
        self.logits_processor = LogitsProcessor(config)
class NamedForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None):
        self.logits_processor = LogitsProcessor(config)
class ExtendedForCausalLM(AnnotatedForCausalLM):
    pass
class UnknownForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None):
        self.logits_processor = LogitsProcessor(config)
EntryClass = [AnnotatedForCausalLM, NamedForCausalLM] + [ExtendedForCausalLM]
EntryClass += [UnknownForCausalLM]
`)
	r := NewReader(src, nil)
	for class, want := range map[string]string{
		"AnnotatedForCausalLM": "plain_thing", "NamedForCausalLM": "plain_thing", "ExtendedForCausalLM": "plain_thing", "UnknownForCausalLM": "",
	} {
		if _, err := r.Find(class); err != nil {
			t.Errorf("%s: %v", class, err)
		}
		config := r.DefaultConfig(class)
		if (config != nil) != (want != "") {
			t.Errorf("%s: config %v", class, config)
			continue
		}
		if config == nil {
			continue
		}
		names, _ := config.Strings("architectures")
		if got, _ := config.String("model_type"); got != want || !slices.Equal(names, []string{class}) {
			t.Errorf("%s: model_type %q, architectures %v", class, got, names)
		}
	}
}

// TestUnreadableFiles: files of a clone that lacks objects are told once, not
// each by itself.
func TestUnreadableFiles(t *testing.T) {
	src := lackingSource{hostileSource("self.p = RowParallelLinear(8, 8)\nfrom sglang.srt.layers.moe import x\nself.q = x.Y()")}
	src.mapSource["python/sglang/srt/layers/moe.py"] = ""
	impl, err := NewReader(src, nil).Analyse(context.Background(), "Bad", hostileConfig(), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(impl.Notes, "; ")
	if impl.Decided || len(impl.Notes) != 1 || !strings.Contains(notes, "2 files of the tree cannot be read, the first: reading python/sglang/srt/layers/linear.py: no such object") {
		t.Errorf("decided %v, notes %q", impl.Decided, notes)
	}
}

// lackingSource lists the layers but has only the models.
type lackingSource struct{ mapSource }

func (s lackingSource) ReadFile(path string) ([]byte, error) {
	if _, ok := s.mapSource[path]; ok && !strings.HasPrefix(path, engine.ModelsDir) {
		return nil, fmt.Errorf("reading %s: no such object", path)
	}
	return s.mapSource.ReadFile(path)
}
