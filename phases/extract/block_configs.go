package extract

import (
	"fmt"
	"math"
)

// blockConfigs reads Nemotron-NAS's per-layer blocks: attention with its own
// number of key-value heads or none, an MLP with its own width or none.
func (r *reader) blockConfigs(blocks []Value) {
	if len(blocks) < r.layers {
		r.wrong("block_configs", Value(int64(len(blocks))), "has %d blocks for %d layers", len(blocks), r.layers)
		return
	}
	heads := r.size("num_attention_heads")
	headDim := r.headDim(heads)
	if r.err != nil || len(r.missing) > 0 {
		return
	}
	for i := 0; i < r.layers; i++ {
		block, _ := blocks[i].(*Object)
		at := fmt.Sprintf("block_configs[%d]", i)
		if block == nil {
			r.wrong(at, blocks[i], "should be an object")
			return
		}
		r.mixers = append(r.mixers, r.blockAttention(block.Object("attention"), at, heads, headDim))
		r.ffns = append(r.ffns, r.blockMLP(block.Object("ffn"), at))
		if r.err != nil {
			return
		}
	}
}

func (r *reader) blockAttention(o *Object, at string, heads, headDim int) mixer {
	if noOp, _ := o.Bool("no_op"); noOp || o == nil {
		return mixer{word: wordNone, family: NoAttention}
	}
	if replaced, _ := o.Bool("replace_with_linear"); replaced {
		return mixer{word: "linear_layer", family: LinearMixer}
	}
	group, ok, err := o.Int("n_heads_in_group")
	kv, hasKV, kvErr := o.Int("num_key_value_heads")
	switch {
	case err != nil || kvErr != nil:
		r.fail(err)
		r.fail(kvErr)
		return mixer{}
	case hasKV && kv > 0 && heads%kv == 0:
	case ok && group > 0 && heads%group == 0:
		kv = heads / group
	default:
		r.noteConflict("num_attention_heads", at+".attention.n_heads_in_group", Value(int64(group)), "must divide the %d attention heads", heads)
		return mixer{}
	}
	window, _, _ := o.Int("window_length")
	word := wordFull
	if window > 0 {
		word = wordSliding
	}
	return mixer{word: word, family: GQA, heads: heads, kv: kv, headDim: headDim, vHeadDim: headDim, window: max(window, 0), rotary: r.rotaryDim(headDim, "")}
}

func (r *reader) blockMLP(o *Object, at string) ffn {
	if noOp, _ := o.Bool("no_op"); noOp || o == nil {
		return ffn{family: NoMLP}
	}
	if replaced, _ := o.Bool("replace_with_linear"); replaced {
		return ffn{family: LinearMLP}
	}
	if n, ok, err := o.Int("intermediate_size"); err == nil && ok && n > 0 {
		return ffn{family: DenseMLP, width: r.check("intermediate_size", at, Value(int64(n)), n, 1), formula: "block_configs.ffn.intermediate_size"}
	}
	mult, ok, err := o.Float("ffn_mult")
	if err != nil || !ok || !(mult > 0) || mult > 1000 {
		v, _ := o.Get("ffn_mult")
		r.wrong(at+".ffn.ffn_mult", v, "should be a positive number")
		return ffn{}
	}
	// As the model's own code does: 2/3 of the multiple, up to a multiple of 256.
	n := int(math.Floor(2 * mult * float64(r.hidden) / 3))
	n = (n + 255) / 256 * 256
	return ffn{family: DenseMLP, width: n, formula: "2/3*block_configs.ffn.ffn_mult*hidden_size, up to a multiple of 256"}
}
