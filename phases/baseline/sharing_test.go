package baseline

import (
	"strings"
	"testing"
)

// TestSharedModules reads modules that a model has under several names: a
// rotary embedding that each layer hands to a part of its own, a head that
// tie_weights gives back, and a second name for the whole language model.
func TestSharedModules(t *testing.T) {
	const tree = `
-- python/sglang/srt/models/shared.py --
from torch import nn
from sglang.srt.layers.layernorm import RMSNorm
from sglang.srt.layers.linear import ReplicatedLinear
from sglang.srt.layers.logits_processor import LogitsProcessor
from sglang.srt.layers.rotary_embedding import get_rope
from sglang.srt.layers.vocab_parallel_embedding import ParallelLMHead, VocabParallelEmbedding
class Indexer(nn.Module):
    def __init__(self, rotary_emb):
        super().__init__()
        self.rotary_emb = rotary_emb
class Layer(nn.Module):
    def __init__(self, config, idx):
        super().__init__()
        self.rotary_emb = get_rope(512, rotary_dim=512, max_position=4096, base=1e6, rope_scaling=config.scaling, partial_rotary_factor=0.25)
        self.indexer = Indexer(self.rotary_emb)
        self.norm = RMSNorm(config.hidden_size)
class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed_tokens = VocabParallelEmbedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList([Layer(config, i) for i in range(config.num_hidden_layers)])
class SharedForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
        self.language_model = Model(config)
        self.model = self.language_model
        self.lm_head = ParallelLMHead(config.vocab_size, config.hidden_size, quant_config=quant_config)
        self.lm_head = self.lm_head.tie_weights(self.language_model.embed_tokens)
        self.logits_processor = LogitsProcessor(config)
EntryClass = SharedForCausalLM
`
	stubs := strings.Replace(tree, "\n-- ", `
-- python/sglang/srt/layers/rotary_embedding.py --
def get_rope(*args, **kwargs):
    pass
-- python/sglang/srt/layers/vocab_parallel_embedding.py --
from torch import nn
class VocabParallelEmbedding(nn.Module):
    def __init__(self, num_embeddings, embedding_dim, quant_config=None, prefix=""):
        pass
class ParallelLMHead(VocabParallelEmbedding):
    def tie_weights(self, embed_tokens):
        return self
-- `, 1)
	config := `{"architectures": ["SharedForCausalLM"], "model_type": "shared", "hidden_size": 256, "vocab_size": 1000, "num_hidden_layers": 3,
		"scaling": {"rope_type": "KIND"}QUANT}`
	read := func(kind, quant string) *Implementation {
		return analyseArchive(t, stubs, "SharedForCausalLM", strings.NewReplacer("KIND", kind, "QUANT", quant).Replace(config))
	}
	impl := read("proportional", "")
	for path, rotary := range map[string]string{"language_model.layers.rotary_emb": "", "language_model.layers.indexer.rotary_emb": "language_model.layers.rotary_emb"} {
		r := rowAt(impl, path)
		switch {
		case r == nil:
			t.Errorf("the tree has no %s", path)
		case r.Count != 3 || r.Tied != rotary || r.RotaryDim == nil || *r.RotaryDim != 512:
			t.Errorf("%s: %+v", path, *r)
		}
	}
	if r := rowAt(impl, "model.layers.norm"); r == nil || r.Tied != "language_model.layers.norm" || r.Count != 3 {
		t.Errorf("the second name of the language model: %+v", r)
	}
	if r := rowAt(impl, "lm_head"); r == nil || r.Type != TypeLMHead || r.Tied != "" {
		t.Errorf("the head is %+v", r)
	}
	if r := rowAt(read("default", ""), "language_model.layers.rotary_emb"); r == nil || *r.RotaryDim != 128 {
		t.Errorf("a quarter of the head: %+v", r)
	}
	gguf := read("default", `, "quantization_config": {"quant_method": "gguf"}`)
	if r := rowAt(gguf, "lm_head"); r == nil || r.Tied != "language_model.embed_tokens" {
		t.Errorf("with packed weights the head is %+v", r)
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
	impl := analyseArchive(t, tree, "AliasedForCausalLM", `{"architectures": ["AliasedForCausalLM"], "model_type": "aliased", "num_hidden_layers": 2}`)
	if !impl.Decided || rowAt(impl, "layers.extra") != nil {
		t.Errorf("the alias's own variable is not read: %+v", impl.Undecided)
	}
	expectLinear(t, impl, "layers.up", 4096, 4096) // LlamaConfig's hidden_size
	impl = analyseArchive(t, tree, "AliasedForCausalLM", `{"architectures": ["AliasedForCausalLM"], "model_type": "listed"}`)
	expectLinear(t, impl, "layers.extra", 8, 64)
	expectLinear(t, impl, "layers.up", 64, 64)
}
