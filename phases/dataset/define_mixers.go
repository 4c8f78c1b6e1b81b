package dataset

import (
	"fmt"

	"github.com/fib-ls/fib-ls/phases/definition"
)

// gdn are the three stages of the gated delta rule: whole prompts laid end to
// end, one token, and a few speculated ones over a pool of states.
func gdn(n definition.Name) *Definition {
	d := &Definition{Tags: []string{"layout:k-last"}, Reference: n.Family.ID}
	heads := []string{"num_q_heads", "num_k_heads", "num_v_heads", "head_size"}
	what := "one new token"
	switch n.Family.ID {
	case "gdn_prefill":
		what = "prompts laid end to end"
		d.Axes = axes(append(append([]string{"total_seq_len", "num_seqs"}, heads...), "len_cu_seqlens")...)
		d.Inputs = gdnInputs([]string{"total_seq_len"}, optional("state", float, "num_seqs", "num_v_heads", "head_size", "head_size"))
		d.Inputs = append(d.Inputs, tensor("cu_seqlens", long, "len_cu_seqlens"), scalar("scale"))
		d.Outputs = gdnOutputs([]string{"total_seq_len"}, "new_state", "num_seqs")
		d.Constraints = []string{"len_cu_seqlens == num_seqs + 1", "total_seq_len == cu_seqlens[-1].item()"}
	case "gdn_decode":
		d.Axes = axes(append([]string{"batch_size", "seq_len"}, heads...)...)
		d.constant("seq_len", 1)
		d.Inputs = gdnInputs([]string{"batch_size", "seq_len"}, optional("state", float, "batch_size", "num_v_heads", "head_size", "head_size"))
		d.Inputs = append(d.Inputs, scalar("scale"))
		d.Outputs = gdnOutputs([]string{"batch_size", "seq_len"}, "new_state", "batch_size")
		d.Constraints = gdnConstraints()
	default:
		what = "a few speculated tokens"
		d.Axes = axes(append(append([]string{"batch_size", "seq_len"}, heads...), "pool_size")...)
		d.Inputs = gdnInputs([]string{"batch_size", "seq_len"},
			tensor("initial_state", float, "pool_size", "num_v_heads", "head_size", "head_size"), tensor("initial_state_indices", integer, "batch_size"))
		d.Inputs = append(d.Inputs, scalar("scale"),
			optional("intermediate_states_buffer", float, "pool_size", "seq_len", "num_v_heads", "head_size", "head_size"))
		d.Outputs = gdnOutputs([]string{"batch_size", "seq_len"}, "final_state", "pool_size")
		d.Constraints = append(gdnConstraints(), "seq_len > 1")
	}
	d.constant("num_k_heads", value(n, "qk"))
	d.Description = fmt.Sprintf("Gated delta rule for %s: %d query and key heads, %d value heads of width %d, the state kept as [.., V, K].",
		what, value(n, "qk"), value(n, "v"), value(n, "d"))
	return d
}

func gdnConstraints() []string {
	return []string{"num_v_heads >= num_q_heads", "num_v_heads % num_q_heads == 0", "num_k_heads == num_q_heads"}
}

// gdnInputs are the inputs up to the gates, with the state between.
func gdnInputs(rows []string, state ...Tensor) []Tensor {
	of := func(name string, more ...string) Tensor {
		return tensor(name, bf16, append(append([]string(nil), rows...), more...)...)
	}
	list := []Tensor{of("q", "num_q_heads", "head_size"), of("k", "num_k_heads", "head_size"), of("v", "num_v_heads", "head_size")}
	list = append(list, state...)
	return append(list, tensor("A_log", float, "num_v_heads"), of("a", "num_v_heads"),
		tensor("dt_bias", float, "num_v_heads"), of("b", "num_v_heads"))
}

func gdnOutputs(rows []string, state, states string) []Tensor {
	return []Tensor{
		tensor("output", bf16, append(append([]string(nil), rows...), "num_v_heads", "head_size")...),
		tensor(state, float, states, "num_v_heads", "head_size", "head_size"),
	}
}

func dsaSparseAttention(n definition.Name) *Definition {
	d := &Definition{
		Description: fmt.Sprintf("Absorbed latent attention over the %d tokens that an indexer chose: %d heads, latent width %d, rotary width %d, pages of %d.",
			value(n, "topk"), value(n, "h"), value(n, "ckv"), value(n, "kpe"), value(n, "ps")),
		Tags:        []string{"sparse:topk", "fi_api:flashinfer.decode.trtllm_batch_decode_with_kv_cache_mla"},
		Axes:        axes("num_tokens", "num_qo_heads", "head_dim_ckv", "head_dim_kpe", "page_size", "topk", "num_pages"),
		Inputs:      append(latent("num_tokens"), tensor("sparse_indices", integer, "num_tokens", "topk"), scalar("sm_scale")),
		Outputs:     attended("num_tokens", "head_dim_ckv"),
		Constraints: []string{"sparse_indices.shape[0] == num_tokens", "sparse_indices.shape[-1] == topk", "ckv_cache.shape[1] == page_size"},
		Reference:   "dsa_sparse_attention",
	}
	return d
}

// scaleBytes is the size of the scale behind each token of the indexer's cache.
const scaleBytes = 4

func dsaTopKIndexer(n definition.Name) *Definition {
	d := &Definition{
		Description: fmt.Sprintf("FP8 scores of the cached tokens and choice of the best %d: %d heads of width %d, pages of %d.",
			value(n, "topk"), value(n, "h"), value(n, "d"), value(n, "ps")),
		Tags: []string{"sparse:topk", "quant:fp8"},
		Axes: axes("batch_size", "num_index_heads", "index_head_dim", "page_size", "topk", "max_num_pages", "num_pages", "kv_cache_num_heads", "head_dim_with_scale"),
		Inputs: []Tensor{
			tensor("q_index_fp8", fp8, "batch_size", "num_index_heads", "index_head_dim"),
			tensor("k_index_cache_fp8", "int8", "num_pages", "page_size", "kv_cache_num_heads", "head_dim_with_scale"),
			tensor("weights", float, "batch_size", "num_index_heads"),
			tensor("seq_lens", integer, "batch_size"), tensor("block_table", integer, "batch_size", "max_num_pages"),
		},
		Outputs:     []Tensor{tensor("topk_indices", integer, "batch_size", "topk")},
		Constraints: []string{"topk <= max_num_pages * page_size"},
		Reference:   "dsa_topk_indexer_fp8",
	}
	d.constant("kv_cache_num_heads", 1)
	d.constant("head_dim_with_scale", value(n, "d")+scaleBytes)
	return d
}

func mambaSSUDecode(n definition.Name) *Definition {
	return &Definition{
		Description: fmt.Sprintf("Mamba2 selective state update for one new token: %d heads of width %d, state %d, %d groups.",
			value(n, "h"), value(n, "d"), value(n, "s"), value(n, "ng")),
		Tags: []string{"fi_api:flashinfer.mamba.selective_state_update"},
		Axes: axes("batch_size", "state_cache_size", "nheads", "head_dim", "dstate", "ngroups"),
		Inputs: []Tensor{
			tensor("state", bf16, "state_cache_size", "nheads", "head_dim", "dstate"),
			tensor("x", bf16, "batch_size", "nheads", "head_dim"), tensor("dt", bf16, "batch_size", "nheads", "head_dim"),
			tensor("A", float, "nheads", "head_dim", "dstate"),
			tensor("B", bf16, "batch_size", "ngroups", "dstate"), tensor("C", bf16, "batch_size", "ngroups", "dstate"),
			tensor("D", bf16, "nheads", "head_dim"), tensor("dt_bias", bf16, "nheads", "head_dim"),
			tensor("state_batch_indices", integer, "batch_size"),
		},
		Outputs: []Tensor{
			tensor("output", bf16, "batch_size", "nheads", "head_dim"), tensor("new_state", bf16, "state_cache_size", "nheads", "head_dim", "dstate"),
		},
		Constraints: []string{"nheads % ngroups == 0", "state_cache_size >= batch_size"},
		Reference:   "mamba_ssu_decode",
	}
}
