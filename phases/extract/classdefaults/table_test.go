package classdefaults

import "testing"

func TestJSON(t *testing.T) {
	for text, want := range map[string]string{
		"32": "32", "-1": "-1", "1e-05": "1e-05", "True": "true", "'silu'": `"silu"`, "('a', 'b')": `["a","b"]`, "num_attention_heads": `"=num_attention_heads"`,
		"(2 * hidden_size) // num_attention_heads": `"=2*hidden_size//num_attention_heads"`,
		"None": "", "a // (b * c)": "", "a + b": "", "f(x)": "", "[i for i in x]": "", "a * 0.5": "",
	} {
		got, ok := JSON(text)
		if ok != (want != "") || string(got) != want {
			t.Errorf("%s gives %s, should be %s", text, got, want)
		}
	}
}

// TestTable: every line of both parts is understood, and every base and nested
// configuration is there.
func TestTable(t *testing.T) {
	kinds := map[Kind]bool{Default: true, DefaultOrNull: true, OfNull: true, Computed: true, Renamed: true, Nested: true}
	types := ModelTypes()
	if len(types) < 300 {
		t.Errorf("%d model types", len(types))
	}
	for _, modelType := range types {
		c, ok := Of(modelType)
		if _, there := Of(c.Base); !ok || c.Base != "" && !there {
			t.Errorf("%s derives from %q, which is not in the table", modelType, c.Base)
		}
		for _, a := range c.Attributes {
			if !kinds[a.Kind] {
				t.Errorf("%s.%s: no kind %q", modelType, a.Name, a.Kind)
			}
			if _, there := Of(a.Text); a.Kind == Nested && !there {
				t.Errorf("%s.%s nests %s, which is not in the table", modelType, a.Name, a.Text)
			}
		}
	}
	if modelType, attributes, ok := Example("AfmoeForCausalLM"); modelType != "afmoe" || len(attributes) == 0 || !ok {
		t.Errorf("the example of Afmoe is of %q and has %d attributes", modelType, len(attributes))
	}
	if got := TypeOfModel("LlamaForCausalLM"); got != "llama" {
		t.Errorf("LlamaForCausalLM is of %q", got)
	}
	if got := TypeOfConfig("LlamaConfig"); got != "llama" {
		t.Errorf("LlamaConfig is of %q", got)
	}
}
