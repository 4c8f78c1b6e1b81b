package extract

import (
	"errors"
	"testing"
)

// TestUnknownField: a --set of a field that no config.json has is an error that
// names a near one; a field that the file lacks and a table has is none.
func TestUnknownField(t *testing.T) {
	config := []byte(`{"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 64, "num_hidden_layers": 2,
		"num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 100}`)
	for _, c := range []struct{ key, message string }{
		{"num_hiden_layers", "--set num_hiden_layers: no config.json has such a field; was num_hidden_layers meant?"},
		{"nosuchfield", "--set nosuchfield: no config.json has such a field"},
		{"nothing.inside", "--set nothing.inside: no config.json has such a field"},
		{"head_dim", ""},
		{"rope_theta", ""},
	} {
		_, err := Read(config, Options{Overrides: map[string]string{c.key: "2"}})
		var unknown *UnknownFieldError
		switch {
		case c.message == "" && err != nil:
			t.Errorf("%s: %v", c.key, err)
		case c.message != "" && (!errors.As(err, &unknown) || err.Error() != c.message):
			t.Errorf("%s: %v", c.key, err)
		}
	}
}
