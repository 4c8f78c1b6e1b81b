package calls_test

import (
	"slices"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
)

// TestUncalled reads a multimodal model with parts that forward() never runs: a
// norm that is only built, a layer that runs on processors alone, a projector that reads images, a head under a second
// name, and experts whose weights are packed into a fused kernel. Parts that are
// handed to others, that others reach into, or whose weights the loader takes
// out, are not among them.
func TestUncalled(t *testing.T) {
	const tree = `
-- python/sglang/srt/layers/moe/topk.py --
from torch import nn
class TopK(nn.Module):
    def __init__(self, top_k, renormalize=False):
        pass
    def forward(self, hidden_states, router_logits):
        return hidden_states
-- python/sglang/srt/models/idle.py --
from torch import nn
from sglang.srt.layers.layernorm import RMSNorm
from sglang.srt.layers.linear import MergedColumnParallelLinear, QKVParallelLinear, ReplicatedLinear, RowParallelLinear
from sglang.srt.layers.logits_processor import LogitsProcessor
from sglang.srt.layers.moe.fused_moe_triton import fused_moe
from sglang.srt.layers.moe.topk import TopK
from sglang.srt.layers.vocab_parallel_embedding import ParallelLMHead, VocabParallelEmbedding
from sglang.srt.managers.mm_utils import general_mm_embed_routine
from sglang.srt.utils import is_cpu

class MLP(nn.Module):
    def __init__(self, hidden, inner):
        super().__init__()
        self.gate_up_proj = MergedColumnParallelLinear(hidden, [inner] * 2)
        self.down_proj = RowParallelLinear(inner, hidden)
    def forward(self, x):
        return self.down_proj(self.gate_up_proj(x))

class Experts(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate = ReplicatedLinear(config.hidden_size, 4)
        self.topk = TopK(top_k=2)
        self.experts = nn.ModuleList([MLP(config.hidden_size, 32) for _ in range(4)])
        self.pack()
    def pack(self):
        self.w1 = [e.gate_up_proj.weight for e in self.experts]
    def forward(self, x):
        return fused_moe(x, self.w1, self.topk(x, self.gate(x)))

class Indexer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.weights_proj = ReplicatedLinear(config.hidden_size, 8)
    def forward(self, x, backend):
        return backend.select(x, indexer=self)

class Conv(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.kernel = ReplicatedLinear(config.hidden_size, 16)
        self.weight = self.kernel.weight
        self.late = ReplicatedLinear(config.hidden_size, 17)
        self.run = lambda x: self.late(x)
    def forward(self, x):
        return self.run(x * self.weight)

class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.qkv_proj = QKVParallelLinear(config.hidden_size, 64, 4)
        self.q_norm = RMSNorm(64)
        self.cpu_proj = ReplicatedLinear(config.hidden_size, 18)
        self.indexer = Indexer(config)
        self.conv = Conv(config)
        self.kv_b_proj = ReplicatedLinear(64, 96)
        self.mlp = Experts(config)
    def mixer(self, x, fb):
        return self.conv(self.indexer(self.qkv_proj(x), fb))
    def forward_cpu(self, x, fb):
        return self.mlp(self.cpu_proj(x))
    def forward(self, x, fb):
        if is_cpu():
            return self.forward_cpu(x, fb)
        return self.mlp(self.mixer(x, fb))

class Text(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed_tokens = VocabParallelEmbedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList([Layer(config) for _ in range(config.num_hidden_layers)])
        self.lm_head = ParallelLMHead(config.vocab_size, config.hidden_size)
        self.logits_processor = LogitsProcessor(config)
    def forward(self, ids, fb):
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, fb)
        return self.logits_processor(ids, x, self.lm_head, fb)

class IdleForConditionalGeneration(nn.Module):
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
        self.language_model = Text(config)
        self.bridge = nn.Sequential(ReplicatedLinear(99, config.hidden_size), ReplicatedLinear(config.hidden_size, config.hidden_size))
        self.lm_head = ParallelLMHead(config.vocab_size, config.hidden_size)
    def load_weights(self, weights):
        for layer in self.language_model.layers:
            layer.w_kc = layer.kv_b_proj.weight.T
    def extract(self, pixels):
        return self.bridge(pixels)
    def get_image_feature(self, items):
        return self.extract(items)
    def forward(self, ids, fb):
        return general_mm_embed_routine(ids, fb, language_model=self.language_model, funcs={"image": self.get_image_feature}, multimodal_model=self)
EntryClass = IdleForConditionalGeneration
`
	impl := baselinetest.Analyse(t, tree, "IdleForConditionalGeneration",
		`{"architectures": ["IdleForConditionalGeneration"], "model_type": "idle", "hidden_size": 256, "vocab_size": 1000, "num_hidden_layers": 2}`)
	var uncalled, packed []string
	for _, m := range impl.Modules {
		if m.Uncalled {
			uncalled = append(uncalled, m.Path)
		}
		if m.Packed {
			packed = append(packed, m.Path)
		}
	}
	want := []string{"language_model.layers.q_norm", "language_model.layers.cpu_proj", "language_model.layers.mlp.experts.gate_up_proj", "language_model.layers.mlp.experts.down_proj",
		"bridge.0", "bridge.1", "lm_head"}
	if !slices.Equal(uncalled, want) {
		t.Errorf("uncalled %q, want %q", uncalled, want)
	}
	r := baselinetest.Row(impl, "language_model.layers.mlp.experts")
	if len(packed) != 1 || !r.Packed || *r.NumExperts != 4 || *r.TopK != 2 || *r.IntermediateSize != 32 || *r.Hidden != 256 || r.Count != 8 {
		t.Errorf("packed experts %q: %+v", packed, r)
	}
	calls := baselinetest.Calls(impl)
	for _, c := range []string{"language_model.layers.qkv_proj gemm", "language_model.layers.mlp.experts moe"} {
		if !slices.Contains(calls, c) {
			t.Errorf("no call %q in %q", c, calls)
		}
	}
	for _, c := range calls {
		if slices.ContainsFunc(want, func(p string) bool { return c == p+" gemm" || c == p+" rmsnorm" }) {
			t.Errorf("a call of what never runs: %s", c)
		}
	}
}
