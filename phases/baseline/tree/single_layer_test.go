package tree_test

import (
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
)

// TestSingleLayer reads a draft whose one decoder layer is not a list: it has the
// index 0.
func TestSingleLayer(t *testing.T) {
	const tree = `
-- python/sglang/srt/models/single.py --
from torch import nn
from sglang.srt.layers.layernorm import RMSNorm
from sglang.srt.layers.linear import QKVParallelLinear, ReplicatedLinear
from sglang.srt.layers.radix_attention import RadixAttention
class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.qkv_proj = QKVParallelLinear(2 * config.hidden_size, 64, 4)
        self.attn = RadixAttention(4, 64, 1.0, 4, 0)
class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.up = ReplicatedLinear(config.hidden_size, 512)
class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = MLP(config)
        self.norm = RMSNorm(config.hidden_size)
class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.fc = ReplicatedLinear(3 * config.hidden_size, config.hidden_size)
        self.midlayer = Layer(config)
class SingleEagle3(nn.Module):
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
        self.model = Model(config)
EntryClass = SingleEagle3
`
	impl := baselinetest.Analyse(t, tree, "SingleEagle3", `{"architectures": ["SingleEagle3"], "model_type": "single", "hidden_size": 256}`)
	for path, layers := range map[string]string{"model": "", "model.fc": "", "model.midlayer": "0", "model.midlayer.self_attn.attn": "0", "model.midlayer.norm": "0"} {
		if r := baselinetest.Row(impl, path); r == nil || r.Layers != layers {
			t.Errorf("%s: %+v, want layers %q", path, r, layers)
		}
	}
}
