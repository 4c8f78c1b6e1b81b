package extract

import "testing"

// TestSoftcap: what bounds the logits of attention is stated, or the class's:
// Gemma 2's files leave it out where it is the class's own.
func TestSoftcap(t *testing.T) {
	const sizes = `"hidden_size": 256, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64, "num_hidden_layers": 2, "intermediate_size": 512, "vocab_size": 1000, "rms_norm_eps": 1e-6`
	for _, test := range []struct {
		config string
		want   float64
	}{
		{`"architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2"`, 50},
		{`"architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "attn_logit_softcapping": 30.0`, 30},
		{`"architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "attn_logit_softcapping": null`, 0},
		{`"architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "attn_logit_softcapping": 0`, 0},
		{`"architectures": ["LlamaForCausalLM"], "model_type": "llama"`, 0},
	} {
		a, err := Read([]byte("{"+test.config+", "+sizes+"}"), Options{RepoID: "example/model"})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range a.AttentionKinds {
			if k.LogitSoftcap != test.want {
				t.Errorf("%s: %s has a softcap of %v, want %v", test.config, k.ID, k.LogitSoftcap, test.want)
			}
		}
	}
}
