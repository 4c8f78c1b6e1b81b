package engine

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// recordedModules are prefixes of Python modules whose classes are recorded as
// layers: their constructor's arguments are kept and the constructor is not
// entered. The names of the classes do not matter.
func recordedModules() []string {
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

// IsLayerModule reports whether the classes of a module are layers.
func IsLayerModule(name string) bool {
	return slices.ContainsFunc(recordedModules(), func(p string) bool { return name == p || strings.HasPrefix(name, p+".") })
}

// DimensionsOf returns the output and input features of a linear layer, an
// embedding or a head (output first), over all ranks; nil for anything else.
func (e *Engine) DimensionsOf(o *pyeval.Instance) []pyeval.Value {
	total := func(v pyeval.Value) pyeval.Value {
		items, ok := pyeval.Iterate(v)
		if _, isText := v.(string); !ok || isText {
			return v
		}
		return e.add(items...)
	}
	switch o.Recorded {
	case "ReplicatedLinear", "ColumnParallelLinear", "RowParallelLinear", "LinearBase", "ColumnParallelBatchedLinear":
		return []pyeval.Value{total(o.Arg("output_size")), o.Arg("input_size")}
	case "MergedColumnParallelLinear":
		return []pyeval.Value{total(o.Arg("output_sizes")), o.Arg("input_size")}
	case "MergedColumnParallelRepeatedLinear":
		return []pyeval.Value{e.add(total(o.Arg("column_output_sizes")), total(o.Arg("repeated_output_sizes"))), o.Arg("input_size")}
	case "QKVParallelLinear":
		heads, kv, d := o.Arg("total_num_heads"), KVHeads(o), o.Arg("head_size")
		vd, ok := o.Args.Get("v_head_size")
		if !ok || vd == nil {
			vd = d
		}
		n := e.add(e.Binary("*", heads, d), e.Binary("*", kv, d), e.Binary("*", kv, vd))
		return []pyeval.Value{n, o.Arg("hidden_size")}
	case "Linear":
		return []pyeval.Value{o.Arg("out_features"), o.Arg("in_features")}
	case "ParallelLMHead", "VocabParallelEmbedding", "Embedding":
		return []pyeval.Value{o.Arg("num_embeddings"), o.Arg("embedding_dim")}
	}
	return nil
}

// KVHeads is the number of key-value heads of a QKV projection: as many as
// query heads when not given.
func KVHeads(o *pyeval.Instance) pyeval.Value {
	if kv, ok := o.Args.Get("total_num_kv_heads"); ok && kv != nil {
		return kv
	}
	return o.Arg("total_num_heads")
}

// add sums values.
func (e *Engine) add(vs ...pyeval.Value) pyeval.Value {
	var sum pyeval.Value = 0
	for _, v := range vs {
		sum = e.Binary("+", sum, v)
	}
	return sum
}

// ForwardMethod is what a call of a module runs on CUDA: its forward_cuda
// where the class has one for each platform, else its forward; where that
// only dispatches (a base of all operators), forward_native.
func (e *Engine) ForwardMethod(c *pyeval.Class) (*pyeval.Class, *pysrc.FuncDef) {
	var base *pyeval.Class
	var dispatch *pysrc.FuncDef
	for _, name := range []string{"forward_cuda", "forward", "forward_native"} {
		owner, s := e.FindMember(c, name, nil)
		def, ok := s.(*pysrc.FuncDef)
		switch {
		case !ok:
		case owner.Opaque && !c.Opaque:
			if dispatch == nil {
				base, dispatch = owner, def
			}
		default:
			return owner, def
		}
	}
	return base, dispatch
}

// Activation is the layer that get_act_fn gives for the name in its call; nil
// when the registry has none.
func (e *Engine) Activation(o *pyeval.Instance) *pyeval.Instance {
	m := e.Module(ActivationModule)
	name, ok := o.Args.Value("act_fn_name").(string)
	if m == nil || !ok {
		return nil
	}
	registry, ok := e.Global(m, activationRegistry).(*pyeval.Dict)
	if !ok {
		return nil
	}
	v, _ := registry.Get(strings.ToLower(name))
	layer, _ := v.(*pyeval.Instance)
	return layer
}

// RotaryEmbedding is the class of plain rotary embeddings; nil when the tree
// has none.
func (e *Engine) RotaryEmbedding() *pyeval.Class {
	for _, name := range RotaryModules() {
		if m := e.Module(name); m != nil {
			if c, ok := e.Global(m, "RotaryEmbedding").(*pyeval.Class); ok {
				return c
			}
		}
	}
	return nil
}

// IsMultimodalMethod reports whether the engine calls the method on multimodal
// models only.
func IsMultimodalMethod(name string) bool {
	switch name {
	case "pad_input_ids", "get_image_feature", "get_audio_feature", "get_video_feature", "get_image_features":
		return true
	}
	return false
}
