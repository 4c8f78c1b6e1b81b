package baseline_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
)

// TestManyConstructions reads a model that is put together in many ways:
// registries filled by decorators and by items, match patterns, dicts of
// modules, loops of setattr, partial functions, comprehensions, sequences
// with names, and a head that is the embedding.
func TestManyConstructions(t *testing.T) {
	const tree = `
-- python/sglang/srt/models/many.py --
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial, reduce
from torch import nn
from sglang.srt.layers.layernorm import RMSNorm
from sglang.srt.layers.linear import QKVParallelLinear, ReplicatedLinear
from sglang.srt.layers.radix_attention import RadixAttention
from sglang.srt.layers.vocab_parallel_embedding import VocabParallelEmbedding
from sglang.srt.layers.logits_processor import LogitsProcessor

MIXERS, SIZES = {}, {}
SIZES["wide"] = 4
SIZES.update(narrow=2)

def register(name):
    def wrap(cls):
        MIXERS[name] = cls
        return cls
    return wrap

@dataclass
class Plan:
    heads: int
    kv: int = 1

@register("attention")
class Attention(nn.Module):
    def __init__(self, config, plan, idx):
        super().__init__()
        match plan:
            case Plan(h, kv=kv) if h >= kv:
                d = config.hidden_size // h
        self.parts = nn.ModuleDict({"qkv": QKVParallelLinear(config.hidden_size, d, h, kv)})
        self.parts["out"] = ReplicatedLinear(h * d, config.hidden_size)
        self.attn = RadixAttention(h, d, 1.0, kv, idx)
    def forward(self, x, fb):
        q, k, v = self.parts["qkv"](x)
        return self.parts["out"](self.attn(q, k, v, fb))

@register("plain")
class Plain(nn.Module):
    def __init__(self, config, plan, idx):
        super().__init__()
        for name, (n, k) in {"up": (plan[0], config.hidden_size), "down": (config.hidden_size, plan[-1])}.items():
            setattr(self, name, ReplicatedLinear(k, n))
    def forward(self, x, fb):
        return self.down(self.up(x))

class Layer(nn.Module):
    def __init__(self, config, idx):
        super().__init__()
        match config.layout[idx]:
            case {"kind": "attention", "heads": [int(h), *rest]}:
                kind, plan = "attention", Plan(h, *rest)
            case {"kind": "plain" | "linear", **options}:
                kind, plan = "plain", [options["inner"]]
            case other:
                raise ValueError(f"no layer {other}")
        self.mixer = MIXERS[kind](config, plan, idx)
        inner = reduce(lambda a, b: a * b, [config.hidden_size, SIZES[config.size]])
        self.mlp = nn.Sequential(OrderedDict([("up", ReplicatedLinear(config.hidden_size, inner)), ("down", ReplicatedLinear(inner, config.hidden_size))]))
        self.norm1, self.norm2 = (RMSNorm(config.hidden_size) for _ in range(2))
    def forward(self, x, fb, residual):
        x, residual = self.norm1(x, residual) if residual is not None else (self.norm1(x), x)
        x = self.mixer(x, fb)
        x, residual = self.norm2(x, residual)
        return self.mlp(x), residual

class ManyForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None):
        super().__init__()
        self.embed = VocabParallelEmbedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(map(partial(Layer, config), range(len(config.layout))))
        self.norm = RMSNorm(config.hidden_size)
        self.lm_head = self.embed
        self.logits_processor = LogitsProcessor(config)
    def forward(self, input_ids, positions, forward_batch):
        x, r = self.embed(input_ids), None
        for layer in self.layers:
            x, r = layer(x, forward_batch, r)
        x, _ = self.norm(x, r)
        return self.logits_processor(input_ids, x, self.lm_head, forward_batch)
EntryClass = ManyForCausalLM
-- python/sglang/srt/layers/logits_processor.py --
from torch import nn
class LogitsProcessor(nn.Module):
    def __init__(self, config):
        super().__init__()
    def forward(self, input_ids, hidden_states, lm_head, metadata):
        return self._get_logits(hidden_states, lm_head)
    def _get_logits(self, hidden_states, lm_head):
        return hidden_states @ lm_head.weight.T
`
	impl := baselinetest.Analyse(t, tree, "ManyForCausalLM", `{"hidden_size": 64, "vocab_size": 128, "size": "narrow", "layout": [
		{"kind": "attention", "heads": [8, 2]}, {"kind": "linear", "inner": 24}, {"kind": "attention", "heads": [4]}]}`)
	if !impl.Decided {
		t.Errorf("undecided: %v", impl.Undecided)
	}
	have := map[string]string{}
	for _, m := range impl.Modules {
		if m.N != nil && m.K != nil {
			have[m.Path] += fmt.Sprintf("%dx%d@%s ", *m.N, *m.K, m.Layers)
		}
	}
	for path, want := range map[string]string{
		"layers.mixer.parts.qkv": "96x64@0 96x64@2 ", "layers.mixer.parts.out": "64x64@0,2 ", "layers.mixer.up": "24x64@1 ",
		"layers.mixer.down": "64x24@1 ", "layers.mlp.up": "128x64@0-2 ", "layers.mlp.down": "64x128@0-2 ", "embed": "128x64@ ",
	} {
		if have[path] != want {
			t.Errorf("%s: %q, want %q", path, have[path], want)
		}
	}
	baselinetest.ExpectCalls(t, impl, "embed embedding", "layers.norm1 rmsnorm", "layers.mixer.parts.qkv gemm", "layers.mixer.attn attention",
		"layers.mixer.parts.out gemm", "layers.norm2 fused_add_rmsnorm", "layers.mlp.up gemm", "layers.mlp.down gemm",
		"layers.norm1 fused_add_rmsnorm", "layers.mixer.up gemm", "layers.mixer.down gemm", "norm fused_add_rmsnorm", "lm_head gemm")
	if last := impl.Calls[len(impl.Calls)-1]; !strings.HasSuffix(last.BaselineImpl, "logits_processor.py:LogitsProcessor._get_logits") {
		t.Errorf("the head runs %s", last.BaselineImpl)
	}
	impl = baselinetest.Analyse(t, tree, "ManyForCausalLM", `{"hidden_size": 64, "vocab_size": 128, "size": "narrow", "layout": [{"kind": "new"}]}`)
	if impl.Decided || !strings.Contains(impl.Undecided[0].Reason, "ValueError") || !strings.Contains(impl.Undecided[0].Location, "many.py:") {
		t.Errorf("a layer that the model does not know: %+v", impl.Undecided)
	}
}
