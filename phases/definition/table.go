package definition

import "slices"

// What the fields mean and where they come from. The same field has the same
// words wherever it occurs.
const (
	perDeviceHeads = "query heads on one device"
	perDeviceKV    = "key/value heads on one device (never below 1: they are replicated)"
	headDimConfig  = "head_dim, else hidden_size / num_attention_heads"
	pageMeaning    = "tokens in one page of the KV cache"
	pageOrigin     = "the server's page size, which config.json does not state (the dataset has 1 and 64)"
	headsConfig    = "num_attention_heads / TP"
	kvConfig       = "max(1, num_key_value_heads / TP)"
)

func field(abbrev, axis, meaning, config string, divisor Divisor) Field {
	return Field{Abbrev: abbrev, Axis: axis, Meaning: meaning, Config: config, Divisor: divisor}
}

func headsField() Field { return field("h", "num_qo_heads", perDeviceHeads, headsConfig, ByTP) }

// pageField is the page size of the cache; origin says whose choice it is.
func pageField(origin string) Field {
	f := field("ps", "page_size", pageMeaning, "", Undivided)
	f.Origin = origin
	return f
}

// sizeField is one side of a linear layer. Every layer has its own sizes, so
// that config can only give examples.
func sizeField(abbrev, axis, meaning, config string) Field {
	f := field(abbrev, axis, meaning, config, Undivided)
	f.Origin = "the sizes of the layer it stands for, for example"
	return f
}

func gqaFields(paged bool) []Field {
	fields := []Field{
		headsField(),
		field("kv", "num_kv_heads", perDeviceKV, kvConfig, ByTPFloor1),
		field("d", "head_dim", "width of one head", headDimConfig, Undivided),
	}
	if paged {
		fields = append(fields, pageField(pageOrigin))
	}
	return fields
}

func latentFields() []Field {
	return []Field{
		headsField(),
		field("ckv", "head_dim_ckv", "width of the compressed KV latent (without the rotary part)", "kv_lora_rank", Undivided),
		field("kpe", "head_dim_kpe", "width of the rotary part of a key", "qk_rope_head_dim", Undivided),
	}
}

func gdnFields() []Field {
	return []Field{
		field("qk", "num_q_heads", "query and key heads on one device", "linear_num_key_heads / TP", ByTP),
		field("v", "num_v_heads", "value heads on one device", "linear_num_value_heads / TP", ByTP),
		field("d", "head_size", "width of one head", "linear_key_head_dim", Undivided),
	}
}

func topKField() Field {
	return field("topk", "top_k", "experts chosen for one token", "num_experts_per_tok", Undivided)
}

// expertFields is the tail e, h, i; the axis behind e differs by family.
func expertFields(axis string) []Field {
	return []Field{
		field("e", axis, "routed experts on one device (shared experts are not counted)",
			"(num_experts | num_local_experts | n_routed_experts) / EP", ByEP),
		field("h", "hidden_size", "width of the hidden state", "hidden_size", Undivided),
		field("i", "intermediate_size", "inner width of one expert", "moe_intermediate_size, else intermediate_size", Undivided),
	}
}

func moeFields(axis string, routing ...Field) []Field {
	return slices.Concat([]Field{topKField()}, routing, expertFields(axis))
}

func ropeFields() []Field {
	return []Field{
		field("d", "head_size", "width of one head", headDimConfig, Undivided),
		field("rd", "rotary_dim", "dimensions of a head that are rotated", "rotary_dim, else head_dim * partial_rotary_factor", Undivided),
	}
}

func normFields(meaning, config string) []Field {
	return []Field{field("h", "hidden_size", meaning, config, Undivided)}
}

func samplingFields() []Field {
	return []Field{field("v", "vocab_size", "size of the vocabulary", "vocab_size", Undivided)}
}

func row(prefix, opType, example, doc string, fields []Field) *Family {
	return &Family{ID: prefix, Prefix: prefix, OpType: opType, Fields: fields, Doc: doc, Example: example}
}

func gdnRow(stage, example, doc string, suffix string) *Family {
	f := row("gdn_"+stage, "gdn", example, doc, gdnFields())
	f.Suffix = suffix
	if suffix == "_v_last" {
		f.ID += suffix
	}
	return f
}

// families is the grammar: names are parsed, printed and explained by these
// rows. What else a family needs (its layers, its reference, the kernels that
// run it) stands in tables that CONTRIBUTING.md lists. It is never written
// after initialisation.
var families = []*Family{
	row("rmsnorm", "rmsnorm", "rmsnorm_h4096", "RMS normalisation of one tensor.",
		normFields("width that is normalised", "hidden_size (layer norms) | q_lora_rank | kv_lora_rank | head_dim (q/k norms)")),
	row("fused_add_rmsnorm", "rmsnorm", "fused_add_rmsnorm_h4096", "Adds the residual and normalises the sum in one kernel.",
		normFields("width that is normalised", "hidden_size")),
	row("gemm", "gemm", "gemm_n6144_k4096", "A linear layer, C[M,N] = A[M,K] x B[N,K]^T: the sizes of the whole layer, whatever the parallelism.", []Field{
		sizeField("n", "N", "output features", "(num_attention_heads + 2*num_key_value_heads)*head_dim for qkv_proj, 2*intermediate_size for gate_up_proj"),
		sizeField("k", "K", "input features", "hidden_size for qkv_proj, num_attention_heads*head_dim for o_proj, intermediate_size for down_proj"),
	}),
	row("gqa_paged_decode", "gqa_paged", "gqa_paged_decode_h32_kv8_d128_ps1", "Grouped-query attention of one new token per request over a paged KV cache.", gqaFields(true)),
	row("gqa_paged_prefill_causal", "gqa_paged", "gqa_paged_prefill_causal_h32_kv8_d128_ps64", "Causal grouped-query attention of a prompt over a paged KV cache.", gqaFields(true)),
	row("gqa_ragged_prefill_causal", "gqa_ragged", "gqa_ragged_prefill_causal_h32_kv8_d128", "Causal grouped-query attention of prompts of different lengths, laid end to end.", gqaFields(false)),
	row("mla_paged_decode", "mla_paged", "mla_paged_decode_h16_ckv512_kpe64_ps1", "Multi-head latent attention (absorbed) of one new token per request over a paged latent cache.", append(latentFields(), pageField(pageOrigin))),
	row("mla_paged_prefill_causal", "mla_paged", "mla_paged_prefill_causal_h16_ckv512_kpe64_ps64", "Causal multi-head latent attention (absorbed) of a prompt over a paged latent cache.", append(latentFields(), pageField(pageOrigin))),
	row("mla_ragged_prefill_causal", "mla_ragged", "mla_ragged_prefill_causal_h16_qk192_vo128", "Causal multi-head latent attention with expanded keys and values, prompts laid end to end.", []Field{
		headsField(),
		field("qk", "qk_dim", "width of a query or key head", "qk_nope_head_dim + qk_rope_head_dim", Undivided),
		field("vo", "vo_dim", "width of a value head", "v_head_dim", Undivided),
	}),
	row("dsa_sparse_attention", "dsa_paged", "dsa_sparse_attention_h16_ckv512_kpe64_topk2048_ps64", "Latent attention over the tokens that the indexer chose (DeepSeek sparse attention).",
		append(latentFields(), field("topk", "topk", "tokens attended to", "index_topk", Undivided), pageField(pageOrigin))),
	row("dsa_topk_indexer_fp8", "dsa_paged", "dsa_topk_indexer_fp8_h64_d128_topk2048_ps64", "FP8 scoring of the cached tokens and choice of the best (DeepSeek sparse attention).", []Field{
		field("h", "num_index_heads", "indexer heads (replicated on every device)", "index_n_heads", Undivided),
		field("d", "index_head_dim", "width of one indexer head", "index_head_dim", Undivided),
		field("topk", "topk", "tokens chosen", "index_topk", Undivided),
		pageField("the kernel itself, which works on pages of 64"),
	}),
	gdnRow("prefill", "gdn_prefill_qk16_v32_d128_k_last", "Gated delta rule over whole prompts, state kept as [.., V, K].", "_k_last"),
	gdnRow("decode", "gdn_decode_qk16_v32_d128_k_last", "Gated delta rule for one new token, state kept as [.., V, K].", "_k_last"),
	gdnRow("mtp", "gdn_mtp_qk16_v32_d128_k_last", "Gated delta rule for a few speculated tokens, state kept as [.., V, K].", "_k_last"),
	gdnRow("prefill", "gdn_prefill_qk16_v32_d128_v_last", "Gated delta rule over whole prompts, state kept as [.., K, V]. No Definition of this layout exists.", "_v_last"),
	gdnRow("decode", "gdn_decode_qk16_v32_d128_v_last", "Gated delta rule for one new token, state kept as [.., K, V]. No Definition of this layout exists.", "_v_last"),
	gdnRow("mtp", "gdn_mtp_qk16_v32_d128_v_last", "Gated delta rule for a few speculated tokens, state kept as [.., K, V]. No Definition of this layout exists.", "_v_last"),
	row("mamba_ssu_decode", "mamba_ssu", "mamba_ssu_decode_h128_d64_s128_ng8", "Mamba2 selective state update for one new token.", []Field{
		field("h", "nheads", "Mamba heads on one device", "(mamba_num_heads | mamba_n_heads) / TP", ByTP),
		field("d", "head_dim", "width of one head", "mamba_head_dim | mamba_d_head", Undivided),
		field("s", "dstate", "size of the state", "ssm_state_size | mamba_d_state", Undivided),
		field("ng", "ngroups", "groups of B and C on one device", "max(1, (n_groups | mamba_n_groups) / TP)", ByTPFloor1),
	}),
	row("moe_fp8_block_scale_ds_routing", "moe", "moe_fp8_block_scale_ds_routing_topk8_ng8_kg4_e32_h7168_i2048", "Routed experts in FP8 with block scales, DeepSeek's grouped sigmoid routing.",
		moeFields("num_local_experts",
			field("ng", "", "expert groups of the router", "n_group", Undivided),
			field("kg", "", "groups chosen for one token", "topk_group", Undivided))),
	row("moe_fp8_block_scale_renorm", "moe", "moe_fp8_block_scale_renorm_topk10_e128_h2048_i512", "Routed experts in FP8 with block scales, softmax routing renormalised over the chosen experts.",
		moeFields("num_local_experts")),
	row("trtllm_fp4_block_scale_moe", "moe", "trtllm_fp4_block_scale_moe_topk1_e128_h5120_i8192", "Routed experts in FP4 with block scales, routing inside the kernel.", moeFields("num_experts")),
	row("trtllm_fp4_block_scale_routed_moe", "moe", "trtllm_fp4_block_scale_routed_moe_topk1_e16_h5120_i8192", "Routed experts in FP4 with block scales, routing computed before.", moeFields("num_experts")),
	row("trtllm_fp8_per_tensor_scale_moe", "moe", "trtllm_fp8_per_tensor_scale_moe_topk8_e128_h2048_i768", "Routed experts in FP8 with one scale per tensor.", moeFields("num_experts")),
	row("rope_with_cos_sin_cache_neox_style", "rope", "rope_with_cos_sin_cache_neox_style_d128_rd64", "Rotary embedding from a table, halves of a head rotated against each other.", ropeFields()),
	row("rope_with_cos_sin_cache_gptj_style", "rope", "rope_with_cos_sin_cache_gptj_style_d128_rd64", "Rotary embedding from a table, neighbouring dimensions rotated against each other.", ropeFields()),
	row("top_k_sampling_from_probs", "sampling", "top_k_sampling_from_probs_v128256", "Samples a token among the k most likely.", samplingFields()),
	row("top_p_sampling_from_probs", "sampling", "top_p_sampling_from_probs_v128256", "Samples a token from the smallest set with probability p.", samplingFields()),
	row("top_k_top_p_sampling_from_probs", "sampling", "top_k_top_p_sampling_from_probs_v128256", "Samples a token under both a top-k and a top-p limit.", samplingFields()),
}

// Families returns the rows of the grammar in documentation order. The slice is
// the caller's; the families are shared and must not be changed.
func Families() []*Family { return slices.Clone(families) }

// FamilyByID finds a family; ok is false when there is none of that id.
func FamilyByID(id string) (f *Family, ok bool) {
	for _, f := range families {
		if f.ID == id {
			return f, true
		}
	}
	return nil, false
}
