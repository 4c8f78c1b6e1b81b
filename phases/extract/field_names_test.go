package extract

import (
	"errors"
	"strings"
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

// TestFieldTable: every line of the table is read, no name stands for two
// fields and no word for two kinds of layers.
func TestFieldTable(t *testing.T) {
	names, words := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(fieldsFile) {
		head, rest, ok := strings.Cut(line, ":")
		of := strings.Fields(head)
		if of[0] == "#" {
			continue
		}
		wants := map[string]int{"field": 3, "mixers": 1, "mlps": 1, "word": 2}[of[0]]
		if !ok || len(of) != wants {
			t.Errorf("%q is no line of the table", line)
			continue
		}
		seen := map[string]map[string]bool{"field": names, "word": words}[of[0]]
		for _, name := range append(strings.Fields(rest), of[1:min(2, wants)]...) {
			if seen != nil && seen[name] && (of[0] == "field" || name != of[1]) {
				t.Errorf("%s stands in two lines", name)
			}
			if seen != nil {
				seen[name] = true
			}
		}
	}
	if len(names) < 150 || len(words) < 50 {
		t.Errorf("%d names and %d words", len(names), len(words))
	}
}
