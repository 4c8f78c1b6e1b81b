package extract

import (
	"slices"
	"sync"
)

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

// MixerScheduleField and MLPScheduleField report whether a field of config.json
// says what single layers are made of.
func MixerScheduleField(name string) bool { return slices.Contains(mixerScheduleFields, name) }
func MLPScheduleField(name string) bool   { return slices.Contains(mlpScheduleFields, name) }

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
