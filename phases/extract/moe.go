package extract

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// sparseLayers tells which layers have experts.
func (r *reader) sparseLayers() []bool {
	none := make([]bool, r.layers)
	if r.fam.OnePart {
		for i := range none {
			none[i] = r.part(i) == partMoE
		}
		return none
	}
	if r.opt("num_experts") <= 1 || !r.moeSwitch() {
		return none
	}
	for _, rule := range []func() []bool{r.sparseFromTypes, r.sparseFromIndices, r.sparseFromFrequency, r.sparseFromStep, r.sparseFromRange} {
		if list := rule(); list != nil || r.err != nil {
			if list == nil {
				list = none
			}
			return list
		}
	}
	from := r.opt("first_k_dense_replace") + r.opt("moe_layer_num_skipped")
	return r.sparseWhere(func(i int) bool { return i >= from })
}

// moeSwitch reads the switches with which families turn their experts off.
func (r *reader) moeSwitch() bool {
	return !slices.ContainsFunc([]string{"enable_moe_block", "is_moe", "use_moe", "moe"}, func(field string) bool { return !r.flag(field, true) })
}

func (r *reader) sparseWhere(is func(int) bool) []bool {
	return where(r.layers, is, true, false)
}

// sparseFromTypes reads mlp_layer_types (dense, sparse, moe, hash_moe) and
// K-EXAONE's is_moe_layer, a truth value for each layer.
func (r *reader) sparseFromTypes() []bool {
	if list, ok := r.text.List("is_moe_layer"); ok && len(list) >= r.layers {
		return r.sparseWhere(func(i int) bool { sparse, _ := families.Truth(list[i]); return sparse })
	}
	types, ok := r.text.Strings("mlp_layer_types")
	if !ok || len(types) < r.layers {
		return nil
	}
	return r.sparseWhere(func(i int) bool { return types[i] != "dense" && types[i] != "mlp" })
}

// sparseFromIndices reads lists of the sparse layers (Llama 4's moe_layers,
// Step 3's moe_layers_enum, a text of numbers).
func (r *reader) sparseFromIndices() []bool {
	for _, field := range []string{"moe_layers", "moe_layers_enum", "moe_layer_ids"} {
		v, there := r.text.Get(field)
		if text, isText := v.(string); isText {
			v = valuesOf(strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' }))
		}
		values, isList := v.([]Value)
		if !there || !isList || len(values) == 0 {
			continue
		}
		list := make([]bool, r.layers)
		for i, v := range values {
			n, err := toInt(fmt.Sprintf("%s[%d]", field, i), v)
			if err != nil {
				r.fail(err)
				return nil
			}
			if n >= 0 && n < r.layers {
				list[n] = true
			}
		}
		return list
	}
	return nil
}

// sparseFromFrequency reads moe_layer_freq: a list with one number per layer,
// or every how many layers after the first dense ones.
func (r *reader) sparseFromFrequency() []bool {
	v, there := r.text.Get("moe_layer_freq")
	if text, isText := v.(string); isText && strings.HasPrefix(strings.TrimSpace(text), "[") {
		v = parseScalar(text)
	}
	if !there || v == nil {
		return nil
	}
	if values, isList := v.([]Value); isList {
		if len(values) < r.layers {
			r.wrong("moe_layer_freq", Value(int64(len(values))), "has %d values for %d layers", len(values), r.layers)
			return nil
		}
		return r.sparseWhere(func(i int) bool { n, err := toInt("moe_layer_freq", values[i]); return err == nil && n != 0 })
	}
	n, err := toInt("moe_layer_freq", v)
	if err != nil || n < 1 {
		r.wrong("moe_layer_freq", v, "should be a positive number or a list")
		return nil
	}
	from := r.opt("first_k_dense_replace")
	return r.sparseWhere(func(i int) bool { return i >= from && i%n == 0 })
}

// sparseFromStep reads the intervals of Llama 4, Jamba and Qwen.
func (r *reader) sparseFromStep() []bool {
	if n := r.opt("interleave_moe_layer_step"); n > 0 {
		return r.sparseWhere(func(i int) bool { return (i+1)%n == 0 })
	}
	if period := r.opt("expert_layer_period"); period > 0 {
		offset := r.opt("expert_layer_offset")
		return r.sparseWhere(func(i int) bool { return i%period == offset })
	}
	only, _, hasOnly := r.ints(r.text, "mlp_only_layers")
	step := r.opt("decoder_sparse_step")
	if step == 0 && hasOnly && len(only) > 0 {
		step = 1
	}
	if step > 0 {
		return mark(r.sparseWhere(func(i int) bool { return (i+1)%step == 0 }), only, 0, false)
	}
	return nil
}

// sparseFromRange reads ERNIE's moe_layer_start_index, moe_layer_end_index and
// moe_layer_interval, which multimodal files write as lists, one for each
// modality.
func (r *reader) sparseFromRange() []bool {
	if !r.has("moe_layer_interval") && !r.text.Has("moe_layer_start_index") {
		return nil
	}
	first, _, _ := r.ints(r.text, "moe_layer_start_index")
	last, _, _ := r.ints(r.text, "moe_layer_end_index")
	start, end := 0, r.layers-1
	if len(first) > 0 {
		start = slices.Min(first)
	}
	if len(last) > 0 && slices.Max(last) >= 0 {
		end = slices.Max(last)
	}
	interval := r.or("moe_layer_interval", 1)
	return r.sparseWhere(func(i int) bool { return i >= start && i <= end && (i+1)%interval == 0 })
}

// The routers that are not a single linear layer (families.Family.RouterKind).
const (
	mlpRouter   = "mlp"
	productKeys = "product_keys"
)

// moeFFN reads the experts of the sparse layers.
func (r *reader) moeFFN() ffn {
	f := ffn{family: SparseMoE, experts: r.size("num_experts"), topK: r.or("num_experts_per_tok", 1)}
	f.expert = r.opt("moe_intermediate_size")
	switch {
	case r.fam.RouterKind == productKeys:
		f.expert = 0 // each expert is one row of an embedding
	case r.fam.RouterKind == mlpRouter:
		f.expert = r.zayaExpert()
	case f.expert == 0:
		f.expert = r.size("intermediate_size")
	}
	if f.topK > f.experts && r.fam.RouterKind != productKeys {
		r.noteConflict("num_experts", "num_experts_per_tok", Value(int64(f.topK)), "more than the %d experts", f.experts)
	}
	f.shared, f.sharedW, f.sharedF = r.sharedExperts(f.expert)
	return f
}

// sharedExperts reads the experts that every token passes: their number,
// their width together and its formula.
func (r *reader) sharedExperts(expert int) (n, width int, formula string) {
	n = r.opt("num_shared_experts")
	switch {
	case r.fam.NoShared:
		return 0, 0, ""
	case r.fam.SharedSize != "":
		if w := r.opt(r.fam.SharedSize); w > 0 {
			return 1, w, r.fam.SharedSize
		}
		return 0, 0, ""
	case r.fam.SharedUnit != "" && n > 0:
		return n, n * r.size(r.fam.SharedUnit), r.name("num_shared_experts") + "*" + r.fam.SharedUnit
	}
	if w := r.opt("shared_expert_intermediate_size"); w > 0 {
		if r.fam.SharedGate == "" && r.has("num_shared_experts") && n == 0 {
			return 0, 0, ""
		}
		return max(n, 1), w, "shared_expert_intermediate_size"
	}
	if n > 0 {
		return n, n * expert, "num_shared_experts*moe_intermediate_size"
	}
	return 0, 0, ""
}

// moeFacts are a sparse kind's facts.
func (r *reader) moeFacts(f ffn) *MoE {
	return &MoE{
		NumExperts: f.experts, NumExpertsPerTok: f.topK, MoEIntermediateSize: f.expert,
		NGroup: r.opt("n_group"), TopKGroup: r.opt("topk_group"),
		SharedExperts: f.shared, SharedIntermediateSize: f.sharedW, SharedExpertGate: r.fam.SharedGate != "" && f.sharedW > 0,
		Routing: r.routing(), ExpertHiddenSize: r.opt("moe_latent_size"),
	}
}

// moeDims are the router and the shared experts of a sparse part; the routed
// experts are facts of MoE, not linear layers.
func (r *reader) moeDims(d *dims, f ffn) {
	l := r.fam
	if r.fam.RouterKind == mlpRouter {
		r.zayaRouter(d, f)
		return
	}
	outputs, formula := f.experts, "num_experts"
	if r.fam.RouterKind == productKeys { // product keys: two keys name an expert
		outputs, formula = 2*int(math.Sqrt(float64(f.experts))), "2*sqrt(num_experts)"
	}
	if n := r.opt("zero_expert_num"); n > 0 {
		outputs, formula = outputs+n, "num_experts + zero_expert_num"
	}
	if r.fam.SharedRouted {
		outputs, formula = outputs+f.shared, "num_experts + num_shared_experts"
	}
	d.linear(l.Router, outputs, r.hidden, formula)
	if r.fam.VisionGate {
		if list, scalar, ok, _ := r.text.Ints(r.name("num_experts")); ok && !scalar && len(list) > 1 {
			d.linear("vision_experts_gate", list[1], r.hidden, "num_experts")
		}
	}
	if n := r.opt("moe_latent_size"); n > 0 {
		d.linear(r.fam.LatentDown, n, r.hidden, "moe_latent_size")
		d.linear(r.fam.LatentUp, r.hidden, n, "moe_latent_size")
	}
	for _, name := range r.fam.ExpertRows {
		d.add(Dimension{Name: name, Type: "embedding", N: f.experts, K: r.hidden, Formula: "num_experts"})
	}
	if f.sharedW == 0 {
		return
	}
	prefix := l.Shared + "."
	if l.SharedOutside {
		prefix = "../" + prefix
	}
	up, times := l.SharedUp, 2
	if l.MoEUngated {
		times = 1
	}
	upFormula := f.sharedF
	if times == 2 {
		upFormula = "2*" + f.sharedF
	}
	d.linear(prefix+up, times*f.sharedW, r.hidden, upFormula)
	d.linear(prefix+l.SharedDown, r.hidden, f.sharedW, f.sharedF)
	if l.SharedGate != "" {
		d.linear(l.SharedGate, 1, r.hidden, "1")
	}
}

// routing names how a router picks experts, as far as kernels are named by it:
// ds (sigmoid scores, correction bias, groups), renorm (softmax, the picked
// ones renormalised), softmax (not renormalised), sigmoid, llama4,
// grouped_softmax, or the score function of the file.
func (r *reader) routing() string {
	if r.fam.Routing != "" {
		return r.fam.Routing
	}
	score := ""
	for _, field := range []string{"scoring_func", "score_function", "moe_router_activation_func", "moe_router_activation", "score_func", "moe_router_score_function", "router_score_function"} {
		if s, ok := r.text.String(field); ok {
			score = s
			break
		}
	}
	groups := r.opt("n_group")
	if score == "" {
		score = r.fam.Score
	}
	switch {
	case score == "sigmoid" && groups > 0:
		return "ds"
	case score == "sigmoid":
		return "sigmoid"
	case score != "" && score != "softmax":
		return score
	case groups > 1:
		return "grouped_softmax"
	}
	if _, stated := r.value("norm_topk_prob"); stated {
		if !r.flag("norm_topk_prob", true) {
			return "softmax"
		}
		return "renorm"
	}
	if r.fam.Renorm {
		return "renorm"
	}
	if r.has("moe_renormalize") || r.has("norm_expert_weight") {
		if r.flag("moe_renormalize", true) && r.flag("norm_expert_weight", true) {
			return "renorm"
		}
		return "softmax"
	}
	return "unknown"
}

// zayaExpert is the width of one expert: ffn_hidden_size counts gate and up
// projection together.
func (r *reader) zayaExpert() int {
	if !r.has("intermediate_size") {
		return r.opt("moe_intermediate_size")
	}
	return r.size("intermediate_size") / 2
}

// zayaRouter are the layers of the router: a down projection, a norm and three
// linear layers, the last with an output more for tokens that skip the experts.
func (r *reader) zayaRouter(d *dims, f ffn) {
	width := r.firstOf("zaya_mlp_expansion")
	if width == 0 {
		width = r.or("router_hidden_size", 256)
	}
	d.with(facts{"zaya_mlp_expansion": width, "num_experts": f.experts, "skips_experts": r.flag("zaya_use_mod", true)}).layers("mlp_router", "")
}

// firstOf reads a field that is a number, or a list of which the first number
// above 0 counts.
func (r *reader) firstOf(field string) int {
	list, _, _ := r.ints(r.text, field)
	for _, n := range list {
		if n > 0 {
			return r.check(field, field, Value(int64(n)), n, 1)
		}
	}
	return 0
}
