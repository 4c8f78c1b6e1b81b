package generate

import (
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// TestCompareCounts holds a config against a source that builds some of its
// projections in every second layer only: the difference says how many both
// have, not that the source has none.
func TestCompareCounts(t *testing.T) {
	a, err := extract.Read([]byte(`{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 256, "num_hidden_layers": 4,
		"num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 32, "intermediate_size": 512, "vocab_size": 1000, "tie_word_embeddings": false}`), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	config, source := FromArchitecture(a), FromArchitecture(a)
	for i := range source {
		if strings.HasSuffix(source[i].Path, ".qkv_proj") {
			source[i].Count, source[i].Layers = 2, "0,2"
		}
	}
	list := Compare(config, source, a)
	if len(list) != 1 || list[0].What != "missing" || list[0].FromConfig != "4 × n=384 k=256" || list[0].FromSource != "2 of them" {
		t.Errorf("the config against a source with every second projection: %+v", list)
	}
	list = Compare(source, config, a)
	if len(list) != 1 || list[0].What != "extra" || list[0].FromConfig != "2 of them" || list[0].FromSource != "4 × n=384 k=256" {
		t.Errorf("the other way: %+v", list)
	}
}
