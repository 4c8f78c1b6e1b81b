package extract

import (
	"cmp"

	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// mla reports whether the family compresses keys and values into a latent
// vector.
func (r *reader) mla() bool {
	return r.opt("kv_lora_rank") > 0 && r.fam.Attention != compressedAttention && r.flag("use_mla", true) // false in DeepSeek's first MoE
}

// mlaMixer turns a softmax mixer into a latent one. DSA is an MLA with an
// indexer that picks the positions.
func (r *reader) mlaMixer(m mixer, layer int) mixer {
	m.family = MLA
	if r.opt("index_topk") > 0 && m.word != wordSliding {
		m.family = DSA
	}
	rope := r.opt("qk_rope_head_dim")
	nope := r.size("qk_nope_head_dim")
	m.headDim = nope + rope
	m.vHeadDim = r.size("v_head_dim")
	m.kv = m.heads
	m.noIndexer = r.sharesIndexer(layer)
	if m.rotary == 0 && r.fam.NopeJoins {
		return m
	}
	m.rotary = rope
	if r.flag("mla_use_nope", false) {
		m.rotary = 0
	}
	return m
}

// sharesIndexer reports whether a layer takes the positions that another one's
// indexer picked.
func (r *reader) sharesIndexer(layer int) bool {
	types, stated := r.text.List("indexer_types")
	if every := r.fam.IndexerEvery; every > 0 && !stated {
		return layer > 0 && (layer-1)%every > 0
	}
	return r.fam.SharedIndexers && layer < len(types) && types[layer] == "shared"
}

// mlaDims are the projections of MLA, and of DSA's indexer.
func (r *reader) mlaDims(d *dims, k *AttentionKind, noIndexer bool) {
	k.Core, k.PerLayer = r.fam.Core, r.fam.PerLayer
	k.KVLoraRank, k.QLoraRank = r.opt("kv_lora_rank"), r.opt("q_lora_rank")
	k.QKNopeHeadDim, k.QKRopeHeadDim = r.opt("qk_nope_head_dim"), r.opt("qk_rope_head_dim")
	if k.RotaryDim == 0 && r.fam.NopeJoins {
		k.QKNopeHeadDim, k.QKRopeHeadDim = k.QKNopeHeadDim+k.QKRopeHeadDim, 0
	}
	k.VHeadDim = r.opt("v_head_dim")
	indexed, input := k.Family == DSA && !noIndexer, cmp.Or(k.QLoraRank, r.hidden)
	if indexed {
		k.IndexNHeads, k.IndexHeadDim, k.IndexTopK = r.size("index_n_heads"), r.size("index_head_dim"), r.opt("index_topk")
	}
	keyNorm, _ := r.text.String("index_k_norm_type")
	d.with(facts{
		"q_lora_rank": k.QLoraRank, "kv_lora_rank": k.KVLoraRank, "qk_nope_head_dim": k.QKNopeHeadDim, "qk_rope_head_dim": k.QKRopeHeadDim, "v_head_dim": k.VHeadDim,
		"split_qa": r.fam.SplitQA, "fused_qa": k.QLoraRank > 0 && !r.fam.SplitQA, "indexer": indexed, "indexer_input": input, "indexer_rms": keyNorm == "rms",
	})
	for _, part := range families.Layers("mla") {
		if q := r.fam.QB; q != nil && part.Name == "q_b_proj" {
			part.Name, part.N, part.K = q.Name, q.N, q.K
		}
		d.addPart(part, "")
	}
}

// compressRatio is DeepSeek-V4's compression of a layer's keys and values: 0
// (window only), 4 (with an indexer), 128 (heavily compressed).
func (r *reader) compressRatio(layer int) int {
	list, scalar, ok := r.ints(r.text, "compress_ratios")
	if ok {
		if scalar || layer >= len(list) {
			return 0
		}
		return max(list[layer], 0)
	}
	types, listed := r.text.List("layer_types") // as transformers 5 writes it
	if !listed {
		r.noteMissing("compress_ratios")
	}
	if layer >= len(types) {
		return 0
	}
	word, _ := types[layer].(string)
	return map[string]int{"compressed_sparse_attention": 4, "heavily_compressed_attention": 128}[word]
}

// compressedDims are DeepSeek-V4's attention: one latent key-value head,
// compressed along the sequence.
func (r *reader) compressedDims(d *dims, k *AttentionKind) {
	k.Core, k.Sinks = "attn_mqa", true
	k.Type = map[int]string{0: "swa", 4: "csa", 128: "hca"}[k.compress]
	if k.Type == "" {
		k.Type = "compressed"
	}
	k.QLoraRank, k.IndexNHeads, k.IndexHeadDim = r.size("q_lora_rank"), 0, 0
	for _, field := range []string{"o_lora_rank", "o_groups"} {
		r.size(field) // asked for where it is missing or 0
	}
	overlaps := k.compress == 4 // the windows, which have an indexer then
	if overlaps {
		k.IndexNHeads, k.IndexHeadDim, k.IndexTopK = r.size("index_n_heads"), r.size("index_head_dim"), r.opt("index_topk")
	}
	d.with(facts{"compresses": k.compress > 0, "overlaps": overlaps}).layers(compressedAttention, "")
}
