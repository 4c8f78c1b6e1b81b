package extract

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/extract/classdefaults"
	"github.com/fib-ls/fib-ls/phases/extract/families"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// aliasRow is one config field under our name for it and the names that
// checkpoints give it, the usual one first. Dotted names stand in a nested
// object (DBRX's attn_config). Max bounds a size: what is larger is not a model.
type aliasRow struct {
	field   string
	aliases []string
	max     int
}

// aliasTable returns the one table of field names. The first name that is there
// with a value wins.
func aliasTable() []aliasRow {
	return []aliasRow{
		{"num_hidden_layers", []string{"n_layer", "n_layers", "num_layers", "num_transformer_layers", "num_decoder_layers", "decoder_layers", "num_blocks"}, MaxLayers},
		{"hidden_size", []string{"n_embd", "n_embed", "d_model", "model_dim", "emb_dim", "embedding_dim", "dim"}, 1 << 20},
		{"vocab_size", []string{"padded_vocab_size", "n_vocab"}, 1 << 28},
		{"num_attention_heads", []string{"n_head", "n_heads", "num_heads", "attention_heads", "decoder_attention_heads", "num_query_heads", "attn_cfg.num_heads"}, 1 << 16},
		{"num_key_value_heads", []string{"num_kv_heads", "n_head_kv", "n_kv_heads", "multi_query_group_num", "attn_config.kv_n_heads", "num_query_groups", "num_attention_groups", "attn_cfg.num_heads_kv", "num_key_value_heads_per_layer"}, 1 << 16},
		{"head_dim", []string{"attention_head_dim", "kv_channels", "d_head", "attention_head_size", "head_size", "attn_cfg.head_dim"}, 1 << 16},
		{"intermediate_size", []string{"ffn_hidden_size", "ffn_dim", "n_inner", "ff_intermediate_size", "d_ff", "dff", "decoder_ffn_dim", "feed_forward_size", "block_ff_dim", "ffn_config.ffn_hidden_size", "d_intermediate", "inner_hidden_size", "hidden_dim"}, 1 << 24},
		{"hidden_act", []string{"hidden_activation", "activation_function", "mlp_hidden_act", "activation", "ffn_act_fn.name", "ffn_config.ffn_act_fn.name", "afn", "act_fn"}, 0},
		{"rms_norm_eps", []string{"norm_eps", "layernorm_epsilon", "block_norm_eps"}, 0},
		{"layer_norm_eps", []string{"layer_norm_epsilon", "norm_epsilon", "layernorm_eps"}, 0},

		{"num_experts", []string{"n_routed_experts", "num_local_experts", "moe_num_experts", "num_routed_experts", "ffn_config.moe_num_experts", "num_moe_experts"}, 1 << 20},
		{"num_experts_per_tok", []string{"num_experts_per_token", "moe_topk", "moe_top_k", "moe_k", "top_k_experts", "experts_per_token", "num_selected_experts", "ffn_config.moe_top_k", "router_topk"}, 1 << 16},
		{"moe_intermediate_size", []string{"expert_ffn_hidden_size", "expert_intermediate_size", "moe_ffn_hidden_size", "expert_dim"}, 1 << 24},
		{"num_shared_experts", []string{"n_shared_experts", "num_shared_expert", "moe_num_shared_experts"}, 1 << 12},
		{"shared_expert_intermediate_size", []string{"moe_shared_expert_intermediate_size", "share_expert_dim", "shared_expert_dim", "shared_experts_intermediate_size", "moe_shared_intermediate_size"}, 1 << 24},
		{"n_group", []string{"num_expert_group", "n_groups_moe"}, 1 << 12},
		{"topk_group", nil, 1 << 12},
		{"first_k_dense_replace", []string{"num_dense_layers", "n_dense_layers", "first_last_k_dense_replace", "moe_layer_start_index"}, MaxLayers},
		{"moe_latent_size", []string{"moe_hidden_size"}, 1 << 20},

		{"q_lora_rank", nil, 1 << 20},
		{"kv_lora_rank", nil, 1 << 20},
		{"qk_nope_head_dim", nil, 1 << 16},
		{"qk_rope_head_dim", nil, 1 << 16},
		{"v_head_dim", nil, 1 << 16},
		{"index_n_heads", nil, 1 << 16},
		{"index_head_dim", nil, 1 << 16},
		{"index_topk", nil, 1 << 24},
		{"sliding_window", []string{"sliding_window_size", "attention_window_size", "window_size"}, 1 << 28},

		{"linear_num_key_heads", nil, 1 << 16},
		{"linear_num_value_heads", nil, 1 << 16},
		{"linear_key_head_dim", nil, 1 << 16},
		{"linear_value_head_dim", nil, 1 << 16},
		{"linear_conv_kernel_dim", []string{"linear_attn_config.short_conv_kernel_size"}, 1 << 12},

		{"mamba_num_heads", []string{"mamba_n_heads", "n_mamba_heads"}, 1 << 16},
		{"mamba_head_dim", []string{"mamba_d_head", "mamba_headdim", "ssm_cfg.headdim"}, 1 << 16},
		{"ssm_state_size", []string{"state_size", "mamba_d_state", "mamba_state_dim", "ssm_cfg.d_state"}, 1 << 16},
		{"mamba_n_groups", []string{"n_groups", "mamba_ngroups", "mamba_num_groups", "ssm_cfg.ngroups"}, 1 << 16},
		{"conv_kernel", []string{"mamba_d_conv", "conv_kernel_size", "conv_L_cache", "conv1d_width", "ssm_cfg.d_conv"}, 1 << 12},
		{"mamba_expand", []string{"expand", "ssm_cfg.expand"}, 1 << 12},
		{"mamba_intermediate_size", []string{"mamba_d_ssm", "mamba_d_inner"}, 1 << 24},
		{"time_step_rank", []string{"mamba_dt_rank", "ssm_cfg.dt_rank"}, 1 << 20},

		{"ngram_vocab_size_ratio", []string{"oe_vocab_size_ratio"}, 0},
		{"emb_neighbor_num", []string{"oe_neighbor_num"}, 64},
		{"emb_split_num", []string{"oe_split_num"}, 64},

		{"num_nextn_predict_layers", []string{"mtp_num_hidden_layers", "num_mtp_modules", "num_mtp_layers", "num_mtp_predictor_layers", "num_mtp"}, 1 << 12},
		{"tie_word_embeddings", []string{"tie_embeddings", "use_embedding_sharing", "share_input_output_embed"}, 0},
	}
}

// mixerScheduleFields say which token mixer a layer has, mlpScheduleFields
// whether its MLP is dense or sparse.
var (
	mixerScheduleFields = []string{
		"layer_types", "layers_block_type", "attention_layers", "block_types", "mixer_types", "attention_types", "hybrid_override_pattern",
		"attn_type_list", "decoder_attention_types", "hybrid_layer_pattern", "linear_attn_config", "full_attn_idxs", "attn_layer_indices",
		"attn_layer_idx", "hybrid_layer_ids", "local_layer_ids", "attn_layer_period", "attn_layer_offset", "full_attention_interval",
		"layer_group_size", "global_attn_every_n_layers", "sliding_window_pattern", "per_layer_config", "block_configs",
	}
	mlpScheduleFields = []string{
		"mlp_layer_types", "is_moe_layer", "moe_layers", "moe_layers_enum", "moe_layer_ids", "moe_layer_freq", "interleave_moe_layer_step",
		"expert_layer_period", "expert_layer_offset", "mlp_only_layers", "decoder_sparse_step", "moe_layer_interval", "moe_layer_start_index",
		"moe_layer_end_index", "first_k_dense_replace", "num_dense_layers", "n_dense_layers", "first_last_k_dense_replace", "per_layer_config",
	}
)

// MixerScheduleField reports whether a field of config.json says which mixers
// single layers have.
func MixerScheduleField(name string) bool { return slices.Contains(mixerScheduleFields, name) }

// MLPScheduleField reports whether a field of config.json says which MLPs
// single layers have.
func MLPScheduleField(name string) bool { return slices.Contains(mlpScheduleFields, name) }

// deciding are the names of all fields of the alias table.
var deciding = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, row := range aliasTable() {
		if row.max == 0 {
			continue // no size
		}
		names[row.field] = true
		for _, alias := range row.aliases {
			names[alias] = true
		}
	}
	return names
})

// Decides reports whether a field of config.json decides what layers a model
// has or how large they are.
func Decides(name string) bool {
	return deciding()[name] || MixerScheduleField(name) || MLPScheduleField(name)
}

// unknownFields is the error of fields given with --set that no file has: they
// are neither in this one nor in the tables of fields, of class defaults and of
// families.
func unknownFields(loc *located, overrides map[string]string) error {
	known := map[string]bool{}
	for _, name := range append(textPaths(), "architectures", "model_type", "quantization_config", "compression_config", "vision_config", "audio_config",
		"rope_parameters", "rope_scaling", "rope_config", "ssm_cfg", "sparse_attention_config", "attention_other_setting", "efficient_attention_config") {
		known[name] = true
	}
	for _, o := range []*Object{loc.root, loc.text} {
		for _, key := range o.Keys {
			known[key] = true
		}
	}
	for _, row := range aliasTable() {
		known[row.field] = true
		for _, name := range row.aliases {
			head, _, _ := strings.Cut(name, ".")
			known[name], known[head] = true, true
		}
	}
	for _, name := range append(mixerScheduleFields, mlpScheduleFields...) {
		known[name] = true
	}
	for _, key := range sortedKeys(overrides) {
		head, _, _ := strings.Cut(key, ".")
		if known[key] || known[head] || classdefaults.Mentions(head) || bytes.Contains(classesFile, []byte(`"`+head+`":`)) || families.Mentions(head) {
			continue
		}
		message := "--set " + key + ": no config.json has such a field"
		if name := prose.Similar(key, sortedKeys(known), min(3, (len(key)-1)/2)); name != "" {
			message += "; was " + name + " meant?"
		}
		return &UnknownFieldError{Message: message}
	}
	return nil
}

// UnknownFieldError is a --set of a field that no config.json has.
type UnknownFieldError struct{ Message string }

func (e *UnknownFieldError) Error() string { return e.Message }
