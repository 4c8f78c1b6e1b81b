package baseline

import "strings"

// leafModules are the modules whose classes are layers: their constructor's
// arguments are recorded and the constructor is not entered.
func leafModules() []string {
	return []string{
		"sglang.srt.layers.linear", "sglang.srt.layers.layernorm", "sglang.srt.layers.vocab_parallel_embedding",
		"sglang.srt.layers.radix_attention", "sglang.srt.layers.radix_linear_attention", "sglang.srt.layers.moe",
		"sglang.srt.layers.rotary_embedding", "sglang.srt.layers.activation", "sglang.srt.layers.logits_processor",
		"sglang.srt.layers.pooler", "sglang.srt.layers.sparse_pooler", "sglang.srt.layers.communicator",
		"sglang.srt.layers.communicator_dsa_cp", "sglang.srt.layers.conv", "sglang.srt.layers.quantization",
		"sglang.srt.layers.attention.fla.layernorm_gated", "sglang.srt.layers.attention.fla.fused_norm_gate",
		"sglang.srt.layers.attention.dsa.utils", "sglang.srt.batch_overlap", "sglang.srt.lora",
		"sglang.srt.distributed", "sglang.kernels", "sglang.srt.eplb", "sglang.srt.utils",
		"sglang.srt.managers", "sglang.srt.model_executor",
	}
}

func isLeafModule(name string) bool {
	for _, p := range leafModules() {
		if rest, ok := strings.CutPrefix(name, p); ok && (rest == "" || rest[0] == '.') {
			return true
		}
	}
	return false
}

// torchLayerArgs gives the names of the positional arguments of a torch
// layer; nil when the path is none.
func torchLayerArgs(path string) []string {
	name, ok := strings.CutPrefix(path, "torch.nn.")
	if !ok || strings.Contains(name, ".") || name == "" || name[0] < 'A' || name[0] > 'Z' {
		return nil
	}
	switch name {
	case "Linear":
		return []string{"in_features", "out_features", "bias"}
	case "Embedding":
		return []string{"num_embeddings", "embedding_dim"}
	case "LayerNorm", "RMSNorm":
		return []string{"normalized_shape", "eps"}
	case "Conv1d", "Conv2d", "Conv3d":
		return []string{"in_channels", "out_channels", "kernel_size", "stride"}
	case "GroupNorm":
		return []string{"num_groups", "num_channels"}
	case "MultiheadAttention":
		return []string{"embed_dim", "num_heads"}
	case "Module":
		return []string{"arg0"}
	}
	return []string{"arg0", "arg1"}
}

func bindTorchArgs(path string, args []value, kw *namespace) *namespace {
	names := torchLayerArgs(path)
	out := newNamespace()
	for i, v := range args {
		if i < len(names) {
			out.set(names[i], v)
		} else {
			out.set(argName(i), v)
		}
	}
	if kw != nil {
		for i, k := range kw.keys {
			out.set(k, kw.vals[i])
		}
	}
	return out
}
