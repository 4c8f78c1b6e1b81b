package tree_test

import (
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
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
	read := func(kind, quant string) *baseline.Implementation {
		return baselinetest.Analyse(t, stubs, "SharedForCausalLM", strings.NewReplacer("KIND", kind, "QUANT", quant).Replace(config))
	}
	impl := read("proportional", "")
	for path, rotary := range map[string]string{"language_model.layers.rotary_emb": "", "language_model.layers.indexer.rotary_emb": "language_model.layers.rotary_emb"} {
		r := baselinetest.Row(impl, path)
		switch {
		case r == nil:
			t.Errorf("the tree has no %s", path)
		case r.Count != 3 || r.Tied != rotary || r.RotaryDim == nil || *r.RotaryDim != 512:
			t.Errorf("%s: %+v", path, *r)
		}
	}
	if r := baselinetest.Row(impl, "model.layers.norm"); r == nil || r.Tied != "language_model.layers.norm" || r.Count != 3 {
		t.Errorf("the second name of the language model: %+v", r)
	}
	if r := baselinetest.Row(impl, "lm_head"); r == nil || r.Type != baseline.TypeLMHead || r.Tied != "" {
		t.Errorf("the head is %+v", r)
	}
	if r := baselinetest.Row(read("default", ""), "language_model.layers.rotary_emb"); r == nil || *r.RotaryDim != 128 {
		t.Errorf("a quarter of the head: %+v", r)
	}
	gguf := read("default", `, "quantization_config": {"quant_method": "gguf"}`)
	if r := baselinetest.Row(gguf, "lm_head"); r == nil || r.Tied != "language_model.embed_tokens" {
		t.Errorf("with packed weights the head is %+v", r)
	}
}

// TestHeldModel reads an entry class that is not a module and hands on to the one
// that it holds.
func TestHeldModel(t *testing.T) {
	const tree = `
-- python/sglang/srt/models/held.py --
from torch import nn
from sglang.srt.layers.linear import ReplicatedLinear
class HeldV2(nn.Module):
    def __init__(self, config, prefix=""):
        super().__init__()
        self.layers = nn.ModuleList([ReplicatedLinear(config.hidden_size, 8) for _ in range(2)])
VERSIONS = {(2, 6): HeldV2}
class Held:
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
        self.held = VERSIONS.get(tuple([int(x) for x in str(config.version).split(".")]))(config=config, prefix=prefix)
        self.config = config
    def __getattr__(self, name):
        return getattr(self.held, name)
EntryClass = Held
`
	impl := baselinetest.Analyse(t, tree, "Held", `{"architectures": ["Held"], "model_type": "held", "hidden_size": 256, "version": 2.6}`)
	baselinetest.ExpectLinear(t, impl, "layers", 8, 256)
}
