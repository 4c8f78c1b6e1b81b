package baseline

import (
	"slices"
	"strings"
)

// rowBuilder fills one Module and remembers what of it is not known.
type rowBuilder struct {
	Module
	open   []value // undecided values, for the Undecided entries
	conds  []string
	target value // the first *object or *tensor that it stands for
}

// number gives a dimension as a pointer; nil when it is not known, which is
// then recorded in the row.
func (r *rowBuilder) number(v value) *int {
	if i, ok := asInt(v); ok {
		return &i
	}
	if f, ok := v.(float64); ok && f == float64(int(f)) {
		i := int(f)
		return &i
	}
	r.open = append(r.open, v)
	return nil
}

// optional is number for a field that may be absent or None.
func (r *rowBuilder) optional(v value, ok bool) *int {
	if !ok || v == nil {
		return nil
	}
	return r.number(v)
}

// describe fills a row with what a layer's arguments say.
func describe(e *engine, r *rowBuilder, o *object) {
	r.Class = o.leaf
	if dims := e.dimensionsOf(o); dims != nil {
		r.N, r.K = r.number(dims[0]), r.number(dims[1])
		r.Type = TypeLinear
		switch o.leaf {
		case "QKVParallelLinear":
			r.NumHeads, r.NumKVHeads, r.HeadDim = r.number(o.arg("total_num_heads")), r.number(kvHeads(o)), r.number(o.arg("head_size"))
			v, ok := o.args.get("v_head_size")
			r.VHeadDim = r.optional(v, ok)
		case "ParallelLMHead":
			r.Type = TypeLMHead
		case "VocabParallelEmbedding", "Embedding":
			r.Type = TypeEmbedding
		}
		return
	}
	switch {
	case o.leaf == "RadixAttention":
		describeAttention(e, r, o)
	case o.leaf == "RadixLinearAttention":
		r.Type = TypeLinearAttention
	case o.leaf == "TopK" || o.leaf == "HashTopK":
		r.Type = TypeTopK
		v, ok := o.args.get("top_k")
		if !ok {
			v, ok = o.args.get("topk")
		}
		r.TopK = r.optional(v, ok)
	case isExperts(o):
		r.Type = TypeMoE
		r.NumExperts, r.IntermediateSize = r.number(o.arg("num_experts")), r.number(o.arg("intermediate_size"))
		v, ok := o.args.get("top_k")
		r.TopK = r.optional(v, ok)
		v, ok = o.args.get("hidden_size")
		r.Hidden = r.optional(v, ok)
	case strings.HasSuffix(o.leaf, "RotaryEmbedding"):
		r.Type, r.RotaryDim = TypeRope, rotaryDim(o.args)
	case o.leaf == "rope":
		r.Type, r.Class = TypeRope, "rope(get_rope)"
		r.rotary(o.args)
	case strings.Contains(o.leaf, "Norm"):
		r.Type = TypeNorm
		r.Hidden = normWidth(o.args)
	case isActivation(o):
		r.Type = TypeActivation
	default:
		r.Type = TypeOther
	}
}

// rotary reads the arguments of get_rope, which rotates only a part of
// rotary_dim when a partial_rotary_factor below 1 is given. Proportional
// scaling (Gemma 4) goes through the whole head: the rest of it has frequency 0.
func (r *rowBuilder) rotary(args *namespace) {
	if v, ok := args.get("is_neox_style"); ok {
		if neox, isBool := v.(bool); isBool {
			interleaved := !neox
			r.Interleaved = &interleaved
		}
	}
	v, ok := args.get("rotary_dim")
	dim, isInt := v.(int)
	if !ok || !isInt {
		return
	}
	if factor, given := args.get("partial_rotary_factor"); given {
		switch f := factor.(type) {
		case int:
		case float64:
			if f > 0 && f < 1 {
				dim = int(float64(dim) * f)
			}
		default:
			return
		}
	}
	if head, ok := args.value("head_size").(int); ok && ropeType(args) == "proportional" {
		dim = head
	}
	r.RotaryDim = &dim
}

// ropeType is the kind of scaling that get_rope is asked for; "" for none.
func ropeType(args *namespace) string {
	scaling, ok := args.value("rope_scaling").(*dict)
	if !ok {
		return ""
	}
	for _, key := range []string{"rope_type", "type"} {
		if v, ok := scaling.get(key); ok {
			kind, _ := v.(string)
			return kind
		}
	}
	return ""
}

// isExperts says whether a layer is a fused block of routed experts.
func isExperts(o *object) bool {
	_, experts := o.args.get("num_experts")
	_, width := o.args.get("intermediate_size")
	return experts && width && strings.HasSuffix(o.leaf, "MoE")
}

func isActivation(o *object) bool {
	switch o.leaf {
	case "act_fn", "GELU", "SiLU", "ReLU", "ReLU2", "Sigmoid", "Tanh", "QuickGELU", "NewGELU", "XIELU", "Softplus":
		return true
	}
	return strings.HasSuffix(o.leaf, "AndMul")
}

// rotaryDim is what a rotary embedding that is not made by get_rope is told to
// rotate.
func rotaryDim(args *namespace) *int {
	if dim, ok := args.value("rotary_dim").(int); ok {
		return &dim
	}
	return nil
}

// normWidth is the size of what a norm normalises; of a weight for every head
// and its features (Command R+) the features.
func normWidth(args *namespace) *int {
	for _, name := range []string{"hidden_size", "dim", "normalized_shape", "param_shape", "n_dim", "full_hidden_size", "group_size", "norm_size"} {
		v, _ := args.get(name)
		if items, ok := iterate(v); ok && (len(items) == 1 || len(items) == 2 && name == "param_shape") {
			v = items[len(items)-1]
		}
		if i, ok := v.(int); ok {
			return &i
		}
	}
	return nil
}

func describeAttention(e *engine, r *rowBuilder, o *object) {
	r.Type = TypeAttention
	// The layer is told its heads per rank; the row has those of all ranks.
	perRank := func(name string) value { return e.binary("*", o.arg(name), e.env.TP) }
	r.NumHeads, r.NumKVHeads = r.number(perRank("num_heads")), r.number(perRank("num_kv_heads"))
	r.HeadDim = r.number(o.arg("head_dim"))
	v, ok := o.args.get("v_head_dim")
	if i, isInt := v.(int); !ok || v == nil || (isInt && i < 0) {
		v = o.arg("head_dim")
	}
	r.VHeadDim = r.number(v)
	if w, ok := o.args.get("sliding_window_size"); ok {
		if i, isInt := w.(int); isInt && i >= 0 {
			r.SlidingWindow = i + 1 // the layer is told the window less the token itself
		}
	}
}

// batchedLinear is a layer that multiplies several matrices at once: no GEMM.
const batchedLinear = "ColumnParallelBatchedLinear"

// isConvolution says whether a linear layer only holds the weight of a
// depthwise convolution.
func isConvolution(path string) bool {
	return slices.Contains([]string{"conv1d", "q_conv1d", "k_conv1d", "v_conv1d", "qkv_conv1d"}, lastPart(path))
}
