package baseline

import (
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
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
		impl := analyseBounded(t, hostileSource(c.body), pyeval.Limits{Steps: 300_000, Cells: 300_000})
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
