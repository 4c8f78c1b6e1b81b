package definition

// Of makes a name of a family from its sizes, as New does; a size below 1
// (unknown) gives the zero Name.
func Of(id string, values ...int) Name {
	wide := make([]int64, len(values))
	for i, v := range values {
		wide[i] = int64(v)
	}
	n, err := New(id, wide...)
	if err != nil {
		return Name{}
	}
	return n
}

// RMSNorm is a norm of width h.
func RMSNorm(h int) Name { return Of("rmsnorm", h) }

// FusedAddRMSNorm is a norm of width h with the residual addition fused in.
func FusedAddRMSNorm(h int) Name { return Of("fused_add_rmsnorm", h) }

// GEMM is a linear layer with n output and k input features.
func GEMM(n, k int) Name { return Of("gemm", n, k) }

// GQAPagedDecode has h query heads, kv KV heads of width d, pages of ps.
func GQAPagedDecode(h, kv, d, ps int) Name { return Of("gqa_paged_decode", h, kv, d, ps) }

// GQAPagedPrefill has h query heads, kv KV heads of width d, pages of ps.
func GQAPagedPrefill(h, kv, d, ps int) Name { return Of("gqa_paged_prefill_causal", h, kv, d, ps) }

// GQARaggedPrefill has h query heads and kv KV heads of width d.
func GQARaggedPrefill(h, kv, d int) Name { return Of("gqa_ragged_prefill_causal", h, kv, d) }

// MLAPagedDecode has h heads, a latent of ckv (kv_lora_rank) and kpe rotary
// dimensions, pages of ps.
func MLAPagedDecode(h, ckv, kpe, ps int) Name { return Of("mla_paged_decode", h, ckv, kpe, ps) }

// MLAPagedPrefill has h heads, a latent of ckv (kv_lora_rank) and kpe rotary
// dimensions, pages of ps.
func MLAPagedPrefill(h, ckv, kpe, ps int) Name {
	return Of("mla_paged_prefill_causal", h, ckv, kpe, ps)
}

// MLARaggedPrefill has h heads, query/key width qk and value width vo.
func MLARaggedPrefill(h, qk, vo int) Name { return Of("mla_ragged_prefill_causal", h, qk, vo) }

// DSASparseAttention attends to topk tokens.
func DSASparseAttention(h, ckv, kpe, topk, ps int) Name {
	return Of("dsa_sparse_attention", h, ckv, kpe, topk, ps)
}

// DSATopKIndexer has h index heads (undivided) of width d.
func DSATopKIndexer(h, d, topk, ps int) Name { return Of("dsa_topk_indexer_fp8", h, d, topk, ps) }

// GDNPrefill has qk query/key heads and v value heads of width d.
func GDNPrefill(qk, v, d int) Name { return Of("gdn_prefill", qk, v, d) }

// GDNDecode has qk query/key heads and v value heads of width d.
func GDNDecode(qk, v, d int) Name { return Of("gdn_decode", qk, v, d) }

// GDNMTP has qk query/key heads and v value heads of width d.
func GDNMTP(qk, v, d int) Name { return Of("gdn_mtp", qk, v, d) }

// MambaSSUDecode has h heads of width d, a state of s and ng groups.
func MambaSSUDecode(h, d, s, ng int) Name { return Of("mamba_ssu_decode", h, d, s, ng) }

// MoEFP8DSRouting has e experts on the device of hidden size h and inner
// width i, topk of them chosen out of kg of ng groups.
func MoEFP8DSRouting(topk, ng, kg, e, h, i int) Name {
	return Of("moe_fp8_block_scale_ds_routing", topk, ng, kg, e, h, i)
}

// MoEFP8Renorm routes by softmax and renormalises.
func MoEFP8Renorm(topk, e, h, i int) Name { return Of("moe_fp8_block_scale_renorm", topk, e, h, i) }

// MoEFP4 routes inside the kernel.
func MoEFP4(topk, e, h, i int) Name { return Of("trtllm_fp4_block_scale_moe", topk, e, h, i) }

// MoEFP4Routed takes routing that was computed before.
func MoEFP4Routed(topk, e, h, i int) Name {
	return Of("trtllm_fp4_block_scale_routed_moe", topk, e, h, i)
}

// MoEFP8PerTensor has one scale per tensor.
func MoEFP8PerTensor(topk, e, h, i int) Name {
	return Of("trtllm_fp8_per_tensor_scale_moe", topk, e, h, i)
}

// RopeNeox rotates rd of d dimensions, half against half.
func RopeNeox(d, rd int) Name { return Of("rope_with_cos_sin_cache_neox_style", d, rd) }

// RopeGPTJ rotates rd of d dimensions, neighbour against neighbour.
func RopeGPTJ(d, rd int) Name { return Of("rope_with_cos_sin_cache_gptj_style", d, rd) }

// TopKSampling samples over a vocabulary of v.
func TopKSampling(v int) Name { return Of("top_k_sampling_from_probs", v) }

// TopPSampling samples over a vocabulary of v.
func TopPSampling(v int) Name { return Of("top_p_sampling_from_probs", v) }

// TopKTopPSampling samples over a vocabulary of v.
func TopKTopPSampling(v int) Name { return Of("top_k_top_p_sampling_from_probs", v) }
