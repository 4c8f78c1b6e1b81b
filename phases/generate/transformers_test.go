package generate

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// sizedRows are the rows of a tree that have sizes, as "path count n k" or "path
// count hidden".
func sizedRows(rows []baseline.Module) []string {
	var out []string
	for _, r := range rows {
		switch {
		case r.N != nil:
			out = append(out, fmt.Sprintf("%s %d %d %d", r.Path, r.Count, *r.N, *r.K))
		case r.NumExperts != nil:
			out = append(out, fmt.Sprintf("%s %d experts %d", r.Path, r.Count, *r.NumExperts))
		case r.Type == baseline.TypeAttention || r.Type == baseline.TypeRope:
			out = append(out, fmt.Sprintf("%s %d", r.Path, r.Count))
		}
	}
	return out
}

// TestTransformersBackend makes the trees of classes that only SGLang's
// Transformers backend serves: q, k and v stay apart, a linear mixer's stay
// together, and neither attention nor rotary embedding is a part of a layer.
func TestTransformersBackend(t *testing.T) {
	for name, c := range map[string]struct {
		config, class string
		tree          []string
	}{
		"an ungated MLP": {
			`{"architectures": ["NemotronForCausalLM"], "model_type": "nemotron", "hidden_size": 256, "num_hidden_layers": 2, "num_attention_heads": 8,
				"num_key_value_heads": 2, "head_dim": 32, "intermediate_size": 512, "vocab_size": 1000, "hidden_act": "relu2", "tie_word_embeddings": false}`,
			"TransformersForCausalLM",
			[]string{"model.embed_tokens 1 1000 256", "model.layers.self_attn.q_proj 2 256 256", "model.layers.self_attn.k_proj 2 64 256",
				"model.layers.self_attn.v_proj 2 64 256", "model.layers.self_attn.o_proj 2 256 256", "model.rotary_emb 1",
				"model.layers.mlp.up_proj 2 512 256", "model.layers.mlp.down_proj 2 256 512", "lm_head 1 1000 256"},
		},
		"linear mixers and experts": {
			`{"architectures": ["MiniMaxForCausalLM"], "model_type": "minimax", "hidden_size": 256, "num_hidden_layers": 2, "num_attention_heads": 8,
				"num_key_value_heads": 2, "head_dim": 32, "intermediate_size": 128, "vocab_size": 1000, "num_local_experts": 4, "num_experts_per_tok": 2,
				"layer_types": ["linear_attention", "full_attention"], "hidden_act": "silu", "tie_word_embeddings": false}`,
			"TransformersMoEForCausalLM",
			[]string{"model.embed_tokens 1 1000 256", "model.layers.self_attn.qkv_proj 1 768 256", "model.layers.self_attn.output_gate 1 256 256",
				"model.layers.self_attn.out_proj 1 256 256", "model.layers.self_attn.q_proj 1 256 256", "model.layers.self_attn.k_proj 1 64 256",
				"model.layers.self_attn.v_proj 1 64 256", "model.layers.self_attn.o_proj 1 256 256", "model.rotary_emb 1",
				"model.layers.mlp.gate.weight 2 4 256", "model.layers.mlp.experts 2 experts 4", "model.layers.mlp.experts.experts 2 experts 4", "lm_head 1 1000 256"},
		},
	} {
		a, err := extract.Read([]byte(c.config), extract.Options{})
		if err != nil {
			t.Fatal(name, err)
		}
		tree := TransformersTree(a)
		if have := sizedRows(tree); !slices.Equal(have, c.tree) {
			t.Errorf("%s:\n%q\nwant\n%q", name, have, c.tree)
		}
		if tree[0].Class != c.class {
			t.Errorf("%s is served by %s, want %s", name, tree[0].Class, c.class)
		}
		result, err := Decide(&baseline.Implementation{File: TransformersFile}, nil, a, Options{ID: "x"})
		if err != nil {
			t.Fatal(name, err)
		}
		rows := sizedRows(FromArchitecture(result.Architecture)) // the entry and what it says of the config are one
		if slices.ContainsFunc(rows, func(s string) bool { return s == "model.layers.self_attn.qkv_proj 2 384 256" }) || !slices.ContainsFunc(rows, func(s string) bool {
			return s == "model.layers.self_attn.attn 2" || s == "model.layers.self_attn.attn 1"
		}) {
			t.Errorf("%s: the entry's rows are %q", name, rows)
		}
	}
}
