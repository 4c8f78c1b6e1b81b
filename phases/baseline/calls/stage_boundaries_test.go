package calls_test

import (
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
)

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
	impl := baselinetest.Analyse(t, tree, "StagedForCausalLM", config)
	if !impl.Decided {
		t.Errorf("undecided: %v", impl.Undecided)
	}
	baselinetest.ExpectCalls(t, impl, "layers.norm1 rmsnorm", "layers.norm1 fused_add_rmsnorm", "layers.mix gemm",
		"layers.norm2 fused_add_rmsnorm", "layers.mlp gemm", "norm fused_add_rmsnorm")
	impl = baselinetest.Analyse(t, tree, "StagedForCausalLM", strings.Replace(config, "false", "true", 1))
	baselinetest.ExpectCalls(t, impl, "layers.norm1 rmsnorm", "layers.mix gemm",
		"layers.norm2 fused_add_rmsnorm", "layers.mlp gemm", "norm fused_add_rmsnorm")
}
