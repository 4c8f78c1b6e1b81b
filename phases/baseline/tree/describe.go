package tree

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// Row fills one Module and remembers what of it is not known.
type Row struct {
	Module
	open   []pyeval.Value // undecided values, for the Undecided entries
	conds  []string
	Target pyeval.Value // the first *pyeval.Instance or *engine.Tensor that it stands for
}

// Number returns a dimension as a pointer; nil when it is not known, which is
// then recorded in the row.
func (r *Row) Number(v pyeval.Value) *int {
	if i, ok := pyeval.AsInt(v); ok {
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
func (r *Row) optional(v pyeval.Value) *int {
	if v == nil {
		return nil
	}
	return r.Number(v)
}

// describe fills a row with what a layer's arguments say.
func describe(e *engine.Engine, r *Row, o *pyeval.Instance) {
	r.Class = o.Recorded
	if dims := e.DimensionsOf(o); dims != nil {
		r.N, r.K = r.Number(dims[0]), r.Number(dims[1])
		r.Type = TypeLinear
		switch o.Recorded {
		case "QKVParallelLinear":
			r.NumHeads, r.NumKVHeads, r.HeadDim = r.Number(o.Arg("total_num_heads")), r.Number(engine.KVHeads(o)), r.Number(o.Arg("head_size"))
			r.VHeadDim = r.optional(o.Args.Value("v_head_size"))
		case "ParallelLMHead":
			r.Type = TypeLMHead
		case "VocabParallelEmbedding", "Embedding":
			r.Type = TypeEmbedding
		}
		return
	}
	switch {
	case o.Recorded == "RadixAttention":
		describeAttention(r, o)
	case o.Recorded == "RadixLinearAttention":
		r.Type = TypeLinearAttention
	case o.Recorded == "TopK" || o.Recorded == "HashTopK":
		r.Type = TypeTopK
		r.TopK = r.optional(o.Args.Or("top_k", o.Args.Value("topk")))
	case isExperts(o):
		r.Type = TypeMoE
		r.NumExperts, r.IntermediateSize = r.Number(o.Arg("num_experts")), r.Number(o.Arg("intermediate_size"))
		r.TopK, r.Hidden = r.optional(o.Args.Value("top_k")), r.optional(o.Args.Value("hidden_size"))
	case strings.HasSuffix(o.Recorded, "RotaryEmbedding"):
		r.Type, r.RotaryDim = TypeRope, rotaryDim(o.Args)
	case o.Recorded == "rope":
		r.Type, r.Class = TypeRope, "rope(get_rope)"
		r.rotary(o.Args)
	case strings.Contains(o.Recorded, "Norm"):
		r.Type = TypeNorm
		r.Hidden = normWidth(o.Args)
	case isActivation(o):
		r.Type = TypeActivation
	default:
		r.Type = TypeOther
	}
}

// rotary reads the arguments of get_rope, which rotates only a part of
// rotary_dim when a partial_rotary_factor below 1 is given. Proportional
// scaling (Gemma 4) goes through the whole head: the rest of it has frequency 0.
func (r *Row) rotary(args *pyeval.Namespace) {
	if neox, ok := args.Value("is_neox_style").(bool); ok {
		interleaved := !neox
		r.Interleaved = &interleaved
	}
	dim, ok := args.Value("rotary_dim").(int)
	if !ok {
		return
	}
	if factor, given := args.Get("partial_rotary_factor"); given {
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
	if head, ok := args.Value("head_size").(int); ok && ropeType(args) == "proportional" {
		dim = head
	}
	r.RotaryDim = &dim
}

// ropeType is the kind of scaling that get_rope is asked for; "" for none.
func ropeType(args *pyeval.Namespace) string {
	scaling, ok := args.Value("rope_scaling").(*pyeval.Dict)
	if !ok {
		return ""
	}
	for _, key := range []string{"rope_type", "type"} {
		if v, ok := scaling.Get(key); ok {
			kind, _ := v.(string)
			return kind
		}
	}
	return ""
}

// isExperts reports whether a layer is a fused block of routed experts.
func isExperts(o *pyeval.Instance) bool {
	_, experts := o.Args.Get("num_experts")
	_, width := o.Args.Get("intermediate_size")
	return experts && width && strings.HasSuffix(o.Recorded, "MoE")
}

func isActivation(o *pyeval.Instance) bool {
	switch o.Recorded {
	case "act_fn", "GELU", "SiLU", "ReLU", "ReLU2", "Sigmoid", "Tanh", "QuickGELU", "NewGELU", "XIELU", "Softplus":
		return true
	}
	return strings.HasSuffix(o.Recorded, "AndMul")
}

// rotaryDim is the number of features that a rotary embedding rotates which
// get_rope does not make.
func rotaryDim(args *pyeval.Namespace) *int {
	if dim, ok := args.Value("rotary_dim").(int); ok {
		return &dim
	}
	return nil
}

// normWidth is the size of what a norm normalises; of a weight for every head
// and its features (Command R+) the features.
func normWidth(args *pyeval.Namespace) *int {
	for _, name := range []string{"hidden_size", "dim", "normalized_shape", "param_shape", "n_dim", "full_hidden_size", "group_size", "norm_size"} {
		v := args.Value(name)
		if items, ok := pyeval.Iterate(v); ok && (len(items) == 1 || len(items) == 2 && name == "param_shape") {
			v = items[len(items)-1]
		}
		if i, ok := v.(int); ok {
			return &i
		}
	}
	return nil
}

func describeAttention(r *Row, o *pyeval.Instance) {
	r.Type = TypeAttention
	r.NumHeads, r.NumKVHeads, r.HeadDim = r.Number(o.Arg("num_heads")), r.Number(o.Arg("num_kv_heads")), r.Number(o.Arg("head_dim"))
	v := o.Args.Value("v_head_dim")
	if i, isInt := v.(int); v == nil || (isInt && i < 0) {
		v = o.Arg("head_dim")
	}
	r.VHeadDim = r.Number(v)
	if i, ok := o.Args.Value("sliding_window_size").(int); ok && i >= 0 {
		r.SlidingWindow = i + 1 // the argument is the window without the token itself
	}
}

// batchedLinear is a layer that multiplies several matrices at once: no GEMM.
const batchedLinear = "ColumnParallelBatchedLinear"

// isConvolution reports whether a linear layer only holds the weight of a
// depthwise convolution.
func isConvolution(path string) bool {
	return slices.Contains([]string{"conv1d", "q_conv1d", "k_conv1d", "v_conv1d", "qkv_conv1d"}, pyeval.LastPart(path))
}
