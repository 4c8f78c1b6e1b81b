package extract

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// ffn is the feed-forward part of one layer. Layers with equal parts are of
// one kind.
type ffn struct {
	family  MLPFamily
	width   int    // of the dense part
	formula string // of the width
	experts int
	topK    int
	expert  int // width of one routed expert
	shared  int // number of shared experts
	sharedW int // their width together
	sharedF string
	variant int // of the config, where it differs by layer
}

// feedForwards works out every layer's feed-forward part.
func (r *reader) feedForwards(words []string) []ffn {
	list := make([]ffn, r.layers)
	sparse := r.sparseLayers()
	widths, formula := r.denseWidths(sparse)
	if r.err != nil || len(r.missing) > 0 {
		return list
	}
	var moe ffn
	if slices.Contains(sparse, true) {
		moe = r.moeFFN()
	}
	for i := range list {
		switch {
		case sparse[i]:
			list[i] = moe
			if r.fam.DenseBesideMoE {
				list[i].width, list[i].formula = widths[i], formula
			}
		case r.noMLP(words[i], i), widths[i] == 0:
			list[i] = ffn{family: NoMLP}
		default:
			list[i] = ffn{family: DenseMLP, width: widths[i], formula: formula}
		}
	}
	return list
}

// noMLP reports whether a layer has a mixer only.
func (r *reader) noMLP(word string, layer int) bool {
	if r.fam.OnePart {
		return r.part(layer) == partMixer
	}
	bare := r.text.Has("ssm_cfg") || r.fam.NoMLPWithMamba && word == wordMamba
	return bare && r.opt("d_intermediate") == 0
}

// The parts a layer can consist of where a pattern gives each layer only one.
const (
	partMixer = "mixer"
	partDense = "dense"
	partMoE   = "moe"
)

// part says what a layer consists of in families with one part a layer.
func (r *reader) part(layer int) string {
	if r.fam.Alternates {
		return r.zayaPart(layer)
	}
	word := ""
	if pattern, ok := r.overridePattern(); ok {
		if layer < len(pattern) {
			word = strings.ToLower(pattern[layer : layer+1])
		}
	} else {
		for _, field := range []string{"layers_block_type", "layer_types"} {
			if list, ok := r.text.List(field); ok && layer < len(list) {
				text, _ := list[layer].(string)
				word = strings.ToLower(text)
				break
			}
		}
	}
	switch word {
	case "e", "moe":
		return partMoE
	case "-", "mlp":
		return partDense
	}
	return partMixer
}

// zayaPart reads what a layer of Zaya is, which alternates attention and mixtures
// of experts: zaya_layers, "a" for attention and a number of experts; where
// it is not given, the even layers are attention.
func (r *reader) zayaPart(layer int) string {
	if list, ok := r.text.List("zaya_layers"); ok && len(list) > 0 {
		if len(list) < r.layers {
			r.wrong("zaya_layers", Value(int64(len(list))), "has %d values for %d layers", len(list), r.layers)
			return partMixer
		}
		if word, _ := list[layer].(string); word == "a" {
			return partMixer
		}
		return partMoE
	}
	if layer%2 == 0 {
		return partMixer
	}
	return partMoE
}

// denseWidths returns every layer's dense width with its formula; zero where
// there is none.
func (r *reader) denseWidths(sparse []bool) (list []int, formula string) {
	if (!slices.Contains(sparse, false) && !r.fam.DenseBesideMoE) || (r.fam.OnePart && !r.hasDense()) {
		return make([]int, r.layers), ""
	}
	if list, ok := r.multipliedWidths(); ok {
		return list, "ffn_multipliers*hidden_size, to a multiple of ffn_dim_divisor"
	}
	field := r.denseField(slices.Contains(sparse, true))
	list, ok := r.perLayer(field, r.layers)
	if !ok {
		n, why := r.impliedWidth()
		if v, _, known := r.fallback(field, false); known && v != nil {
			n = 0 // the class has a width of its own, that of another checkpoint
		}
		if n == 0 {
			if r.err == nil {
				r.noteMissing(field)
			}
			return make([]int, r.layers), ""
		}
		r.infer("intermediate_size", n, why)
		return slices.Repeat([]int{n}, r.layers), "hidden_size"
	}
	return r.adjustWidths(list, field)
}

func (r *reader) hasDense() bool {
	for i := 0; i < r.layers; i++ {
		if r.part(i) == partDense {
			return true
		}
	}
	return false
}

// denseField is where the width of dense layers stands: some sparse families
// have a field of its own for it.
func (r *reader) denseField(mixed bool) string {
	if mixed {
		for _, field := range []string{"dense_intermediate_size", "intermediate_size_mlp", "intermediate_size_dense"} {
			if r.opt(field) > 0 {
				return field
			}
		}
	}
	return "intermediate_size"
}

// impliedWidth is the width of families whose files do not state it.
func (r *reader) impliedWidth() (n int, why string) {
	if ratio := r.opt("expansion_ratio"); ratio > 0 {
		return ratio * r.hidden, "expansion_ratio*hidden_size"
	}
	if f := r.number("ffn_proj_factor"); f > 0 && f < 100 {
		m := r.or("ffn_round_up_to_multiple_of", 1)
		n := (int(math.Floor(f*float64(r.hidden))) + m - 1) / m * m
		return n, "ffn_proj_factor*hidden_size, up to a multiple of ffn_round_up_to_multiple_of"
	}
	if r.fam.Gating == "ungated" && r.fam.Norm == "layernorm" || r.fam.ChannelMixing {
		return 4 * r.hidden, "4*hidden_size, as the family's code computes it"
	}
	if r.noMLP(wordMamba, 0) {
		return 1, "no layer has an MLP"
	}
	return 0, ""
}

// multipliedWidths reads OpenELM's ffn_multipliers.
func (r *reader) multipliedWidths() ([]int, bool) {
	values, ok := r.text.List("ffn_multipliers")
	if !ok || len(values) < r.layers {
		return nil, false
	}
	divisor := r.or("ffn_dim_divisor", 256)
	list := make([]int, r.layers)
	for i := range list {
		f, err := toFloat(fmt.Sprintf("ffn_multipliers[%d]", i), values[i])
		if err != nil || !(f > 0) || f > 1000 {
			r.wrong(fmt.Sprintf("ffn_multipliers[%d]", i), values[i], "should be a positive number")
			return nil, false
		}
		want := f * float64(r.hidden)
		n := max(divisor, int(want+float64(divisor)/2)/divisor*divisor)
		if float64(n) < 0.9*want {
			n += divisor
		}
		list[i] = n
	}
	return list, true
}

// adjustWidths applies what a family's code does to the stated width.
func (r *reader) adjustWidths(list []int, field string) ([]int, string) {
	formula := field
	switch r.fam.Width {
	case "half":
		formula = field + "/2"
		for i := range list {
			list[i] /= 2
		}
	case "lfm2":
		if r.flag("block_auto_adjust_ff_dim", true) {
			formula = "2/3*" + field + "*block_ffn_dim_multiplier, up to a multiple of block_multiple_of"
			for i := range list {
				list[i] = r.lfm2Width(list[i])
			}
		}
	case "double_shared_kv":
		shared := r.opt("num_kv_shared_layers")
		if shared > 0 && r.flag("use_double_wide_mlp", false) {
			for i := max(0, r.layers-shared); i < r.layers; i++ {
				list[i] *= 2
			}
		}
	}
	return list, formula
}

func (r *reader) lfm2Width(stated int) int {
	n := 2 * stated / 3
	if f := r.number("block_ffn_dim_multiplier"); f > 0 && f < 100 {
		n = int(f * float64(n))
	}
	m := r.or("block_multiple_of", 256)
	return (n + m - 1) / m * m
}

// gated tells whether the MLP multiplies its input by a gate.
func (r *reader) gated() bool {
	switch r.fam.Gating {
	case "gated":
		return true
	case "ungated":
		return false
	}
	if r.known {
		return true
	}
	switch strings.ToLower(r.act) {
	case "relu2", "gelu", "gelu_new", "gelu_fast", "quick_gelu", "relu", "squared_relu":
		r.infer("mlp.gated", false, "activation "+r.act+" of an unknown family")
		return false
	}
	return true
}

// mlpKind fills in a kind and its dimensions.
func (r *reader) mlpKind(f ffn) MLPKind {
	k := MLPKind{Family: f.family, IntermediateSize: f.width, Activation: r.act, Gated: r.gated(), Attribute: r.fam.MLP}
	d := newDims(r)
	switch f.family {
	case DenseMLP:
		r.denseDims(d, "", f)
	case LinearMLP:
		k.Activation, k.Gated = "", false
		d.linear("linear_mlp", r.hidden, r.hidden, "hidden_size")
	case SparseMoE:
		k.Attribute, k.Experts = r.fam.MoE, r.fam.Experts
		k.IntermediateSize = f.expert
		k.Gated = !r.fam.MoEUngated
		k.MoE = r.moeFacts(f)
		if r.fam.DenseBesideMoE {
			r.denseDims(d, "../"+r.fam.MLP+".", f)
			for i := range d.list {
				d.list[i].Times = r.fam.PerLayer
			}
		}
		r.moeDims(d, f)
	default:
		k = MLPKind{Family: NoMLP}
	}
	if k.Attribute == "-" {
		k.Attribute = ""
	}
	switch f.family {
	case DenseMLP:
		d.addFamilyDims("dense")
	case SparseMoE:
		d.addFamilyDims("moe")
	}
	d.addFamilyDims("layer")
	k.Dimensions = d.list
	k.Norms = []Dimension{}
	if f.family != NoMLP {
		k.Norms = r.layerNormDims(r.fam.MLPNorms)
	}
	if f.family == SparseMoE {
		k.Norms = append(k.Norms, r.layerNormDims(r.fam.MoENorms)...)
	}
	for i := range k.Norms {
		k.Norms[i].Times = r.fam.PerLayer
	}
	return k
}

// denseDims are the projections of a dense MLP.
func (r *reader) denseDims(d *dims, prefix string, f ffn) {
	l := r.fam
	switch {
	case r.fam.ChannelMixing:
		d.linear(prefix+"key", f.width, r.hidden, f.formula)
		d.linear(prefix+"receptance", r.hidden, r.hidden, "hidden_size")
		d.linear(prefix+"value", r.hidden, f.width, f.formula)
		return
	case !r.gated():
		up := l.Up
		if up == "gate_up_proj" {
			up = "up_proj"
		}
		d.linear(prefix+up, f.width, r.hidden, f.formula)
	case l.Up2 != "":
		d.linear(prefix+l.Up, f.width, r.hidden, f.formula)
		d.linear(prefix+l.Up2, f.width, r.hidden, f.formula)
	default:
		d.linear(prefix+l.Up, 2*f.width, r.hidden, "2*"+f.formula)
	}
	d.linear(prefix+l.Down, r.hidden, f.width, f.formula)
}
