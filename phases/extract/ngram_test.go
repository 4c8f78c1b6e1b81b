package extract

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const ngramConfig = `{"architectures": ["LongcatFlashForCausalLM"], "model_type": "longcat_flash", "hidden_size": 384, "num_layers": 2,
 "num_attention_heads": 8, "vocab_size": 1001, "ffn_hidden_size": 512, "expert_ffn_hidden_size": 128, "q_lora_rank": 128, "kv_lora_rank": 64,
 "qk_nope_head_dim": 32, "qk_rope_head_dim": 16, "v_head_dim": 32, "n_routed_experts": 16, "moe_topk": 4 NGRAM}`

// TestNgramEmbedding: the sizes of the tables, by hand.
func TestNgramEmbedding(t *testing.T) {
	read := func(fields string) (*Architecture, error) {
		return Read([]byte(strings.Replace(ngramConfig, "NGRAM", fields, 1)), Options{})
	}
	a, err := read(`, "oe_vocab_size_ratio": 7.5, "oe_neighbor_num": 4, "oe_split_num": 4`)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0 // 12 tables of 7507 + 1, + 3, …
	for i := range 12 {
		rows += 7507 + 2*i + 1
	}
	want := []Dimension{{Name: "embed_tokens.word_embeder", N: 1001, K: 384}, {Name: "embed_tokens.oe_embeder", N: rows, K: 32}, {Name: "embed_tokens.oe_projection", N: 384, K: 32}}
	for i, w := range want {
		if got := a.Extra[i]; got.Name != w.Name || got.N != w.N || got.K != w.K {
			t.Errorf("%s is %d × %d, should be %s of %d × %d", got.Name, got.N, got.K, w.Name, w.N, w.K)
		}
	}
	if got := a.Extra[1].Fields; !slices.Equal(got, []string{"hidden_size", "oe_neighbor_num", "oe_split_num", "oe_vocab_size_ratio", "vocab_size"}) {
		t.Errorf("the fields of the tables: %v", got)
	}
	if a, err := read(`, "oe_vocab_size_ratio": null`); err != nil || len(a.Extra) > 0 {
		t.Errorf("a null ratio is a plain embedding: %v, %v", a, err)
	}
	for fields, field := range map[string]string{
		`, "ngram_vocab_size_ratio": 8, "emb_neighbor_num": 1, "emb_split_num": 2`:     "emb_neighbor_num",
		`, "ngram_vocab_size_ratio": -8, "emb_neighbor_num": 3, "emb_split_num": 2`:    "ngram_vocab_size_ratio",
		`, "ngram_vocab_size_ratio": "x", "emb_neighbor_num": 3, "emb_split_num": 2`:   "ngram_vocab_size_ratio",
		`, "ngram_vocab_size_ratio": 8, "emb_neighbor_num": 64, "emb_split_num": 64`:   "emb_split_num",
		`, "ngram_vocab_size_ratio": 8, "emb_neighbor_num": 3, "emb_split_num": -2`:    "emb_split_num",
		`, "ngram_vocab_size_ratio": 1e300, "emb_neighbor_num": 3, "emb_split_num": 2`: "ngram_vocab_size_ratio",
	} {
		var wrong *FieldError
		if _, err := read(fields); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v, should name %s", fields, err, field)
		}
	}
	var missing *MissingFieldsError
	if _, err := read(`, "ngram_vocab_size_ratio": 8`); !errors.As(err, &missing) || !slices.Equal(missing.Fields, []string{"emb_neighbor_num", "emb_split_num"}) {
		t.Errorf("without the number of tables: %v", err)
	}
}
