package baseline

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

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

// dimensionsOf gives the output and input features of a linear layer, an
// embedding or a head (output first), over all ranks; nil for anything else.
func (e *engine) dimensionsOf(o *object) []value {
	total := func(v value) value {
		items, ok := iterate(v)
		if _, isText := v.(string); !ok || isText {
			return v
		}
		return e.add(items...)
	}
	switch o.leaf {
	case "ReplicatedLinear", "ColumnParallelLinear", "RowParallelLinear", "LinearBase", "ColumnParallelBatchedLinear":
		return []value{total(o.arg("output_size")), o.arg("input_size")}
	case "MergedColumnParallelLinear":
		return []value{total(o.arg("output_sizes")), o.arg("input_size")}
	case "MergedColumnParallelRepeatedLinear":
		return []value{e.add(total(o.arg("column_output_sizes")), total(o.arg("repeated_output_sizes"))), o.arg("input_size")}
	case "QKVParallelLinear":
		heads, kv, d := o.arg("total_num_heads"), kvHeads(o), o.arg("head_size")
		vd, ok := o.args.get("v_head_size")
		if !ok || vd == nil {
			vd = d
		}
		n := e.add(e.binary("*", heads, d), e.binary("*", kv, d), e.binary("*", kv, vd))
		return []value{n, o.arg("hidden_size")}
	case "Linear":
		return []value{o.arg("out_features"), o.arg("in_features")}
	case "ParallelLMHead", "VocabParallelEmbedding", "Embedding":
		return []value{o.arg("num_embeddings"), o.arg("embedding_dim")}
	}
	return nil
}

// kvHeads is the number of key-value heads of a QKV projection: as many as
// query heads when not given.
func kvHeads(o *object) value {
	if kv, ok := o.args.get("total_num_kv_heads"); ok && kv != nil {
		return kv
	}
	return o.arg("total_num_heads")
}

// add sums values.
func (e *engine) add(vs ...value) value {
	var sum value = 0
	for _, v := range vs {
		sum = e.binary("+", sum, v)
	}
	return sum
}

// forwardMethod is what a call of a module runs on CUDA: its forward_cuda
// where the class has one for each platform, else its forward; where that
// only dispatches (a base of all operators), forward_native.
func (e *engine) forwardMethod(c *class) (*class, *pysrc.FuncDef) {
	var base *class
	var dispatch *pysrc.FuncDef
	for _, name := range []string{"forward_cuda", "forward", "forward_native"} {
		owner, s := e.findMember(c, name, nil)
		def, ok := s.(*pysrc.FuncDef)
		switch {
		case !ok:
		case owner.opaque && !c.opaque:
			if dispatch == nil {
				base, dispatch = owner, def
			}
		default:
			return owner, def
		}
	}
	return base, dispatch
}

// activation is the layer that get_act_fn gives for the name in its call; nil
// when the registry has none.
func (e *engine) activation(o *object) *object {
	m := e.module(activationModule)
	name, ok := o.args.value("act_fn_name").(string)
	if m == nil || !ok {
		return nil
	}
	registry, ok := e.global(m, activationRegistry).(*dict)
	if !ok {
		return nil
	}
	v, _ := registry.get(strings.ToLower(name))
	layer, _ := v.(*object)
	return layer
}

// rotaryEmbedding is the class of plain rotary embeddings; nil when the tree
// has none.
func (e *engine) rotaryEmbedding() *class {
	for _, name := range rotaryModules() {
		if m := e.module(name); m != nil {
			if c, ok := e.global(m, "RotaryEmbedding").(*class); ok {
				return c
			}
		}
	}
	return nil
}

// isMultimodalMethod says whether the engine calls the method on multimodal
// models only.
func isMultimodalMethod(name string) bool {
	switch name {
	case "pad_input_ids", "get_image_feature", "get_audio_feature", "get_video_feature", "get_image_features":
		return true
	}
	return false
}
