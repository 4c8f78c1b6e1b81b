package dataset

import (
	"fmt"

	"github.com/fib-ls/fib-ls/phases/definition"
)

// Element types.
const (
	half    = "float16"
	bf16    = "bfloat16"
	float   = "float32"
	integer = "int32"
	long    = "int64"
	fp8     = "float8_e4m3fn"
)

// shapeOf returns the maker of a family's Definition: axes, tensors and
// constraints as the dataset writes them, Reference the name of our reference
// file, Tags the kernel's address. Nil for families whose Definition is not
// fixed by the name.
func shapeOf(family string) func(definition.Name) *Definition {
	switch family {
	case "rmsnorm":
		return rmsnorm
	case "fused_add_rmsnorm":
		return fusedAddRMSNorm
	case "gemm":
		return gemm
	case "gqa_paged_decode":
		return gqaPagedDecode
	case "gqa_paged_prefill_causal":
		return gqaPagedPrefill
	case "gqa_ragged_prefill_causal":
		return gqaRaggedPrefill
	case "mla_paged_decode":
		return mlaPagedDecode
	case "mla_paged_prefill_causal":
		return mlaPagedPrefill
	case "mla_ragged_prefill_causal":
		return mlaRaggedPrefill
	case "rope_with_cos_sin_cache_neox_style", "rope_with_cos_sin_cache_gptj_style":
		return rope
	case "gdn_prefill", "gdn_decode", "gdn_mtp":
		return gdn
	case "dsa_sparse_attention":
		return dsaSparseAttention
	case "dsa_topk_indexer_fp8":
		return dsaTopKIndexer
	case "mamba_ssu_decode":
		return mambaSSUDecode
	case "moe_fp8_block_scale_renorm":
		return moeFP8Renorm
	case "trtllm_fp4_block_scale_routed_moe":
		return moeFP4Routed
	case "top_k_sampling_from_probs", "top_p_sampling_from_probs", "top_k_top_p_sampling_from_probs":
		return sampling
	}
	return nil
}

func axes(names ...string) []Axis {
	list := make([]Axis, len(names))
	for i, n := range names {
		list[i].Name = n
	}
	return list
}

func tensor(name, dtype string, shape ...string) Tensor {
	return Tensor{Name: name, Shape: shape, DType: dtype}
}

// optional is a tensor that may be left out.
func optional(name, dtype string, shape ...string) Tensor {
	return Tensor{Name: name, Shape: shape, DType: dtype, Optional: true}
}

// scalar has no shape.
func scalar(name string) Tensor { return Tensor{Name: name, DType: float} }

// constant sets an axis to a value that no field of the name has.
func (d *Definition) constant(axis string, v int64) {
	for i := range d.Axes {
		if d.Axes[i].Name == axis {
			d.Axes[i].Value = v
		}
	}
}

func value(n definition.Name, abbrev string) int64 {
	v, _ := n.Value(abbrev)
	return v
}

func rmsnorm(n definition.Name) *Definition {
	return &Definition{
		Description: fmt.Sprintf("RMS normalisation over a width of %d.", value(n, "h")),
		Tags:        []string{"fi_api:flashinfer.norm.rmsnorm"},
		Axes:        axes("batch_size", "hidden_size"),
		Inputs:      []Tensor{tensor("hidden_states", bf16, "batch_size", "hidden_size"), tensor("weight", bf16, "hidden_size")},
		Outputs:     []Tensor{tensor("output", bf16, "batch_size", "hidden_size")},
		Reference:   "rmsnorm",
	}
}

func fusedAddRMSNorm(n definition.Name) *Definition {
	d := rmsnorm(n)
	d.Description = fmt.Sprintf("Residual addition and RMS normalisation of the sum over a width of %d.", value(n, "h"))
	d.Tags = []string{"fused", "fi_api:flashinfer.norm.fused_add_rmsnorm"}
	d.Inputs = []Tensor{d.Inputs[0], tensor("residual", bf16, "batch_size", "hidden_size"), d.Inputs[1]}
	d.Reference = "fused_add_rmsnorm"
	return d
}

func gemm(n definition.Name) *Definition {
	return &Definition{
		Description: fmt.Sprintf("Linear layer with %d output and %d input features: C = A @ B.T.", value(n, "n"), value(n, "k")),
		Axes:        axes("M", "N", "K"),
		Inputs:      []Tensor{tensor("A", half, "M", "K"), tensor("B", half, "N", "K")},
		Outputs:     []Tensor{tensor("C", half, "M", "N")},
		Reference:   "gemm",
	}
}

const (
	decodeAPI  = "fi_api:flashinfer.decode.BatchDecodeWithPagedKVCacheWrapper"
	prefillAPI = "fi_api:flashinfer.prefill.BatchPrefillWithPagedKVCacheWrapper"
	raggedAPI  = "fi_api:flashinfer.prefill.BatchPrefillWithRaggedKVCacheWrapper"
	mlaAPI     = "fi_api:flashinfer.mla.BatchMLAPagedAttentionWrapper"
)

// paged completes the attention over a paged cache. With pages of one token
// there is no last page to be partly filled; larger pages need its length.
func paged(d *Definition, n definition.Name, decode bool) {
	reference := "prefill"
	if decode {
		reference = "decode"
		d.Inputs = append(d.Inputs, tensor("kv_indptr", integer, "len_indptr"), tensor("kv_indices", integer, "num_kv_indices"))
		d.Constraints = []string{"len_indptr == batch_size + 1", "num_kv_indices == kv_indptr[-1].item()"}
	} else {
		d.Inputs = append(d.Inputs, tensor("qo_indptr", integer, "len_indptr"),
			tensor("kv_indptr", integer, "len_indptr"), tensor("kv_indices", integer, "num_kv_indices"))
		d.Constraints = []string{"total_q == qo_indptr[-1].item()", "num_kv_indices == kv_indptr[-1].item()"}
	}
	d.Reference += "_" + reference
	if value(n, "ps") > 1 {
		d.Inputs = append(d.Inputs, tensor("kv_last_page_len", integer, "batch_size"))
		d.Reference += "_pages"
		if !decode {
			d.Axes = append(d.Axes, Axis{Name: "batch_size"})
		}
	}
	d.Inputs = append(d.Inputs, scalar("sm_scale"))
}

func gqaPagedDecode(n definition.Name) *Definition {
	d := &Definition{
		Description: fmt.Sprintf("Decode of grouped-query attention over a paged KV cache: %d query heads, %d KV heads of width %d, pages of %d.",
			value(n, "h"), value(n, "kv"), value(n, "d"), value(n, "ps")),
		Tags:      []string{decodeAPI},
		Axes:      axes("batch_size", "num_qo_heads", "num_kv_heads", "head_dim", "page_size", "num_pages", "len_indptr", "num_kv_indices"),
		Inputs:    []Tensor{tensor("q", bf16, "batch_size", "num_qo_heads", "head_dim"), pages("k_cache"), pages("v_cache")},
		Outputs:   attended("batch_size", "head_dim"),
		Reference: "gqa_paged",
	}
	paged(d, n, true)
	return d
}

func gqaPagedPrefill(n definition.Name) *Definition {
	d := &Definition{
		Description: fmt.Sprintf("Causal prefill of grouped-query attention over a paged KV cache: %d query heads, %d KV heads of width %d, pages of %d.",
			value(n, "h"), value(n, "kv"), value(n, "d"), value(n, "ps")),
		Tags:      []string{prefillAPI},
		Axes:      axes("num_qo_heads", "num_kv_heads", "head_dim", "page_size", "len_indptr", "total_q", "num_kv_indices", "num_pages"),
		Inputs:    []Tensor{tensor("q", bf16, "total_q", "num_qo_heads", "head_dim"), pages("k_cache"), pages("v_cache")},
		Outputs:   attended("total_q", "head_dim"),
		Reference: "gqa_paged",
	}
	paged(d, n, false)
	return d
}

func pages(name string) Tensor {
	return tensor(name, bf16, "num_pages", "page_size", "num_kv_heads", "head_dim")
}

// attended are the outputs of every attention: the result and the logarithm
// to base 2 of the softmax's denominator.
func attended(rows, width string) []Tensor {
	return []Tensor{tensor("output", bf16, rows, "num_qo_heads", width), tensor("lse", float, rows, "num_qo_heads")}
}

func gqaRaggedPrefill(n definition.Name) *Definition {
	return &Definition{
		Description: fmt.Sprintf("Causal prefill of grouped-query attention, prompts laid end to end: %d query heads, %d KV heads of width %d.",
			value(n, "h"), value(n, "kv"), value(n, "d")),
		Tags:        []string{raggedAPI},
		Axes:        axes("num_qo_heads", "num_kv_heads", "head_dim", "len_indptr", "total_q", "total_kv"),
		Inputs:      ragged("head_dim", "head_dim"),
		Outputs:     attended("total_q", "head_dim"),
		Constraints: raggedConstraints(),
		Reference:   "gqa_ragged_prefill",
	}
}

func ragged(qk, vo string) []Tensor {
	return []Tensor{
		tensor("q", bf16, "total_q", "num_qo_heads", qk),
		tensor("k", bf16, "total_kv", "num_kv_heads", qk),
		tensor("v", bf16, "total_kv", "num_kv_heads", vo),
		tensor("qo_indptr", integer, "len_indptr"),
		tensor("kv_indptr", integer, "len_indptr"),
		scalar("sm_scale"),
	}
}

func raggedConstraints() []string {
	return []string{"total_q == qo_indptr[-1].item()", "total_kv == kv_indptr[-1].item()"}
}

func mlaRaggedPrefill(n definition.Name) *Definition {
	d := &Definition{
		Description: fmt.Sprintf("Causal prefill of latent attention with expanded keys and values, prompts laid end to end: %d heads, width %d for queries and keys, %d for values.",
			value(n, "h"), value(n, "qk"), value(n, "vo")),
		Tags:        []string{raggedAPI},
		Axes:        axes("num_qo_heads", "num_kv_heads", "qk_dim", "vo_dim", "total_q", "total_kv", "len_indptr"),
		Inputs:      ragged("qk_dim", "vo_dim"),
		Outputs:     attended("total_q", "vo_dim"),
		Constraints: raggedConstraints(),
		Reference:   "gqa_ragged_prefill",
	}
	d.Axes[1].Value = value(n, "h") // every head has its own keys and values
	return d
}

func mlaPagedDecode(n definition.Name) *Definition {
	d := &Definition{
		Description: fmt.Sprintf("Decode of absorbed latent attention over a paged cache: %d heads, latent width %d, rotary width %d, pages of %d.",
			value(n, "h"), value(n, "ckv"), value(n, "kpe"), value(n, "ps")),
		Tags:      []string{mlaAPI},
		Axes:      axes("batch_size", "num_qo_heads", "head_dim_ckv", "head_dim_kpe", "page_size", "num_pages", "len_indptr", "num_kv_indices"),
		Inputs:    latent("batch_size"),
		Outputs:   attended("batch_size", "head_dim_ckv"),
		Reference: "mla_paged",
	}
	paged(d, n, true)
	return d
}

func mlaPagedPrefill(n definition.Name) *Definition {
	d := &Definition{
		Description: fmt.Sprintf("Causal prefill of absorbed latent attention over a paged cache: %d heads, latent width %d, rotary width %d, pages of %d.",
			value(n, "h"), value(n, "ckv"), value(n, "kpe"), value(n, "ps")),
		Tags:      []string{mlaAPI},
		Axes:      axes("num_qo_heads", "head_dim_ckv", "head_dim_kpe", "page_size", "total_q", "num_pages", "len_indptr", "num_kv_indices"),
		Inputs:    latent("total_q"),
		Outputs:   attended("total_q", "head_dim_ckv"),
		Reference: "mla_paged",
	}
	paged(d, n, false)
	return d
}

func latent(rows string) []Tensor {
	return []Tensor{
		tensor("q_nope", bf16, rows, "num_qo_heads", "head_dim_ckv"),
		tensor("q_pe", bf16, rows, "num_qo_heads", "head_dim_kpe"),
		tensor("ckv_cache", bf16, "num_pages", "page_size", "head_dim_ckv"),
		tensor("kpe_cache", bf16, "num_pages", "page_size", "head_dim_kpe"),
	}
}

func rope(n definition.Name) *Definition {
	reference, how := "rope_neox", "halves of a head against each other"
	if n.Family.ID == "rope_with_cos_sin_cache_gptj_style" {
		reference, how = "rope_gptj", "neighbouring dimensions against each other"
	}
	return &Definition{
		Description: fmt.Sprintf("Rotary embedding of %d of %d dimensions from a table of cosines and sines, %s.", value(n, "rd"), value(n, "d"), how),
		Tags:        []string{"fi_api:flashinfer.rope.apply_rope_with_cos_sin_cache_inplace"},
		Axes:        axes("num_tokens", "num_qo_heads", "num_kv_heads", "head_size", "rotary_dim", "max_seq_len"),
		Inputs: []Tensor{
			tensor("q", bf16, "num_tokens", "num_qo_heads", "head_size"), tensor("k", bf16, "num_tokens", "num_kv_heads", "head_size"),
			tensor("cos_sin_cache", float, "max_seq_len", "rotary_dim"), tensor("positions", long, "num_tokens"),
		},
		Outputs: []Tensor{
			tensor("q_out", bf16, "num_tokens", "num_qo_heads", "head_size"), tensor("k_out", bf16, "num_tokens", "num_kv_heads", "head_size"),
		},
		Reference: reference,
	}
}

func sampling(n definition.Name) *Definition {
	d := &Definition{
		Tags:      []string{"fi_api:flashinfer.sampling." + n.Family.ID},
		Axes:      axes("batch_size", "vocab_size"),
		Inputs:    []Tensor{tensor("probs", float, "batch_size", "vocab_size")},
		Outputs:   []Tensor{tensor("samples", long, "batch_size")},
		Reference: n.Family.ID,
	}
	topK, topP := tensor("top_k", integer, "batch_size"), tensor("top_p", float, "batch_size")
	limit := "a top-k and a top-p limit"
	switch n.Family.ID {
	case "top_k_sampling_from_probs":
		d.Inputs, limit = append(d.Inputs, topK), "a top-k limit"
	case "top_p_sampling_from_probs":
		d.Inputs, limit = append(d.Inputs, topP), "a top-p limit"
	default:
		d.Inputs = append(d.Inputs, topK, topP)
	}
	d.Description = fmt.Sprintf("Samples one of %d tokens under %s.", value(n, "v"), limit)
	return d
}
