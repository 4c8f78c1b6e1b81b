package extract

// mla reports whether the family compresses keys and values into a latent
// vector.
func (r *reader) mla() bool {
	return r.opt("kv_lora_rank") > 0 && r.fam.Attention != compressedAttention && !r.plainHeads()
}

// plainHeads reports whether use_mla is false, as in DeepSeek's first MoE.
func (r *reader) plainHeads() bool { return !r.flag("use_mla", true) }

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
	types, stated := r.text.Strings("indexer_types")
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
	qk := k.QKNopeHeadDim + k.QKRopeHeadDim
	const qkFormula = "(qk_nope_head_dim + qk_rope_head_dim)"
	latent, latentFormula := k.KVLoraRank+k.QKRopeHeadDim, "kv_lora_rank + qk_rope_head_dim"
	queries := k.NumHeads * qk
	switch {
	case k.QLoraRank == 0:
		d.linear("q_proj", queries, r.hidden, "num_attention_heads*"+qkFormula)
		d.linear("kv_a_proj_with_mqa", latent, r.hidden, latentFormula)
	case r.fam.SplitQA:
		d.linear("q_a_proj", k.QLoraRank, r.hidden, "q_lora_rank")
		d.norm("q_a_layernorm", "rmsnorm", k.QLoraRank, "q_lora_rank")
		d.queryExpansion(queries, k.QLoraRank, "num_attention_heads*"+qkFormula)
		d.linear("kv_a_proj_with_mqa", latent, r.hidden, latentFormula)
	default:
		d.linear("fused_qkv_a_proj_with_mqa", k.QLoraRank+latent, r.hidden, "q_lora_rank + "+latentFormula)
		d.norm("q_a_layernorm", "rmsnorm", k.QLoraRank, "q_lora_rank")
		d.queryExpansion(queries, k.QLoraRank, "num_attention_heads*"+qkFormula)
	}
	if k.Family == DSA && !noIndexer {
		r.indexerDims(d, k)
	}
	d.linear("kv_b_proj", k.NumHeads*(k.QKNopeHeadDim+k.VHeadDim), k.KVLoraRank, "num_attention_heads*(qk_nope_head_dim + v_head_dim)")
	d.linear("o_proj", r.hidden, k.NumHeads*k.VHeadDim, "num_attention_heads*v_head_dim")
	d.norm("kv_a_layernorm", "rmsnorm", k.KVLoraRank, "kv_lora_rank")
}

// queryExpansion is the projection out of the queries' latent vector.
func (d *dims) queryExpansion(queries, rank int, formula string) {
	if q := d.r.fam.QB; q != nil {
		d.linear(q.Name, d.value(q.N), d.value(q.K), q.N)
		return
	}
	d.linear("q_b_proj", queries, rank, formula)
}

// indexerDims are DSA's lightning indexer. Its key and weight projections are
// one when its rotary embedding is interleaved.
func (r *reader) indexerDims(d *dims, k *AttentionKind) {
	k.IndexNHeads, k.IndexHeadDim, k.IndexTopK = r.size("index_n_heads"), r.size("index_head_dim"), r.opt("index_topk")
	queries := k.QLoraRank
	if queries == 0 { // queries are not compressed
		queries = r.hidden
	}
	d.linear("indexer.wq_b", k.IndexNHeads*k.IndexHeadDim, queries, "index_n_heads*index_head_dim")
	if r.flag("indexer_rope_interleave", false) {
		d.linear("indexer.wk_weights_proj", k.IndexHeadDim+k.IndexNHeads, r.hidden, "index_head_dim + index_n_heads")
	} else {
		d.linear("indexer.wk", k.IndexHeadDim, r.hidden, "index_head_dim")
		d.linear("indexer.weights_proj", k.IndexNHeads, r.hidden, "index_n_heads")
	}
	norm := "layernorm"
	if t, _ := r.text.String("index_k_norm_type"); t == "rms" {
		norm = "rmsnorm"
	}
	d.norm("indexer.k_norm", norm, k.IndexHeadDim, "index_head_dim")
}

// compressRatio is DeepSeek-V4's compression of a layer's keys and values: 0
// (window only), 4 (with an indexer), 128 (heavily compressed).
func (r *reader) compressRatio(layer int) int {
	list, scalar, ok, err := r.text.Ints("compress_ratios")
	if err != nil {
		r.fail(err)
	}
	if !ok {
		return r.compressWord(layer)
	}
	if scalar || layer >= len(list) || list[layer] < 0 {
		return 0
	}
	return list[layer]
}

// compressWord reads the compression off layer_types, as transformers 5 writes
// it.
func (r *reader) compressWord(layer int) int {
	types, listed := r.text.List("layer_types")
	if !listed {
		r.noteMissing("compress_ratios")
	}
	if layer >= len(types) {
		return 0
	}
	switch types[layer] {
	case "compressed_sparse_attention":
		return 4
	case "heavily_compressed_attention":
		return 128
	}
	return 0
}

// compressedDims are DeepSeek-V4's attention: one latent key-value head,
// compressed along the sequence.
func (r *reader) compressedDims(d *dims, k *AttentionKind) {
	k.Core, k.Sinks = "attn_mqa", true
	k.Type = map[int]string{0: "swa", 4: "csa", 128: "hca"}[k.compress]
	if k.Type == "" {
		k.Type = "compressed"
	}
	k.QLoraRank = r.size("q_lora_rank")
	lora, groups := r.size("o_lora_rank"), r.size("o_groups")
	k.IndexNHeads, k.IndexHeadDim = 0, 0
	heads := k.NumHeads * k.HeadDim
	d.linear("wqkv_a", k.QLoraRank+k.HeadDim, r.hidden, "q_lora_rank + head_dim")
	d.norm("q_norm", "rmsnorm", k.QLoraRank, "q_lora_rank")
	d.linear("wq_b", heads, k.QLoraRank, "num_attention_heads*head_dim")
	d.norm("kv_norm", "rmsnorm", k.HeadDim, "head_dim")
	d.linear("wo_a", groups*lora, heads/groups, "o_groups*o_lora_rank")
	d.linear("wo_b", r.hidden, groups*lora, "o_groups*o_lora_rank")
	if k.compress == 0 {
		return
	}
	double, formula := 1, "2*head_dim"
	if k.compress == 4 {
		double, formula = 2, "2*2*head_dim" // overlapping windows
	}
	d.linear("compressor.wkv_gate", 2*double*k.HeadDim, r.hidden, formula)
	d.norm("compressor.norm", "rmsnorm", k.HeadDim, "head_dim")
	if k.compress != 4 {
		return
	}
	k.IndexNHeads, k.IndexHeadDim, k.IndexTopK = r.size("index_n_heads"), r.size("index_head_dim"), r.opt("index_topk")
	d.linear("indexer.wq_b", k.IndexNHeads*k.IndexHeadDim, k.QLoraRank, "index_n_heads*index_head_dim")
	d.linear("indexer.weights_proj", k.IndexNHeads, r.hidden, "index_n_heads")
	d.linear("indexer.compressor.wkv_gate", 4*k.IndexHeadDim, r.hidden, "2*2*index_head_dim")
	d.norm("indexer.compressor.norm", "rmsnorm", k.IndexHeadDim, "index_head_dim")
}
