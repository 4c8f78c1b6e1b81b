package engine_test

import (
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
)

// TestConfigMapping: transformers' table of configuration classes gives them
// on [], and none to get.
func TestConfigMapping(t *testing.T) {
	for _, c := range []struct {
		name, body string
		n          int
	}{
		{"indexed", "from transformers.models.auto import CONFIG_MAPPING\nc = CONFIG_MAPPING['llama'](hidden_size=48)\nself.x = RowParallelLinear(c.hidden_size, c.intermediate_size)", 11008},
		{"known", "from transformers import CONFIG_MAPPING\nself.x = RowParallelLinear(2, 3 if 'llama' in CONFIG_MAPPING else 5)", 3},
		{"unknown", "from transformers import CONFIG_MAPPING\nself.x = RowParallelLinear(2, 3 if 'unheard' in CONFIG_MAPPING else 5)", 5},
		{"got", "from transformers import CONFIG_MAPPING, PretrainedConfig\nc = CONFIG_MAPPING.get('llama', PretrainedConfig)(size=7)\nself.x = RowParallelLinear(2, c.size)", 7},
	} {
		impl := baselinetest.AnalyseConstructor(t, c.body)
		found := false
		for _, m := range impl.Modules {
			if m.Path == "x" {
				found = m.N != nil && *m.N == c.n
			}
		}
		if !found {
			t.Errorf("%s: %v (%v)", c.name, impl.Modules, impl.Undecided)
		}
	}
}

// TestConfigAlias reads a model whose configuration class SGLang registers
// after its table: under a model_type, and out of a list.
func TestConfigAlias(t *testing.T) {
	const tree = `
-- python/sglang/srt/utils/hf_transformers/common.py --
from sglang.srt.configs.listed import LISTED
_CONFIG_REGISTRY = {}
try:
    from transformers import LlamaConfig as _HFLlamaConfig

    class _Alias(_HFLlamaConfig):
        model_type = "aliased"
        extra_layers = ()
    _CONFIG_REGISTRY["aliased"] = _Alias
    _CONFIG_REGISTRY.update({cls.model_type: cls for cls in LISTED})
except ImportError:
    pass
-- python/sglang/srt/configs/listed.py --
from transformers import PretrainedConfig
class ListedConfig(PretrainedConfig):
    model_type = "listed"
    def __init__(self, extra_layers=(1,), **kwargs):
        super().__init__(**kwargs)
        self.extra_layers = extra_layers
        self.hidden_size = 64
        self.num_hidden_layers = 2
LISTED = (ListedConfig,)
-- python/sglang/srt/models/aliased.py --
from torch import nn
from sglang.srt.layers.linear import ReplicatedLinear
class Layer(nn.Module):
    def __init__(self, config, idx):
        super().__init__()
        self.up = ReplicatedLinear(config.hidden_size, config.hidden_size)
        self.extra = None
        if idx in config.extra_layers:
            self.extra = ReplicatedLinear(config.hidden_size, 8)
class AliasedForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
        self.layers = nn.ModuleList([Layer(config, i) for i in range(config.num_hidden_layers)])
EntryClass = AliasedForCausalLM
`
	impl := baselinetest.Analyse(t, tree, "AliasedForCausalLM", `{"architectures": ["AliasedForCausalLM"], "model_type": "aliased", "num_hidden_layers": 2}`)
	if !impl.Decided || baselinetest.Row(impl, "layers.extra") != nil {
		t.Errorf("the alias's own variable is not read: %+v", impl.Undecided)
	}
	baselinetest.ExpectLinear(t, impl, "layers.up", 4096, 4096) // LlamaConfig's hidden_size
	impl = baselinetest.Analyse(t, tree, "AliasedForCausalLM", `{"architectures": ["AliasedForCausalLM"], "model_type": "listed"}`)
	baselinetest.ExpectLinear(t, impl, "layers.extra", 8, 64)
	baselinetest.ExpectLinear(t, impl, "layers.up", 64, 64)
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
	impl := baselinetest.Analyse(t, tree, "NestedForCausalLM", `{"model_type": "nested", "text_config": {"hidden_size": 32, "half": 24}}`)
	for _, m := range impl.Modules {
		if m.Path == "proj" && m.N != nil && *m.N == 48 && *m.K == 32 {
			return
		}
	}
	t.Errorf("proj is not 48x32: %+v, undecided %v", impl.Modules, impl.Undecided)
}
