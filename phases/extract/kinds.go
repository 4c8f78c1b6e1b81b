package extract

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
)

// maxKinds bounds the kinds of layers: what is made of them costs kinds times
// layers. Models with sizes of their own in every layer have some 200 of them.
const maxKinds = 1000

// kinds turns the schedule into kinds, runs and their dimensions.
func (r *reader) kinds() {
	a := r.arch
	mixerKinds := map[mixer]int{}
	ffnKinds := map[ffn]int{}
	for i := range r.mixers {
		mi, seen := mixerKinds[r.mixers[i]]
		if !seen {
			r.under(r.mixers[i].variant, func() { mi = known(&a.AttentionKinds, r.attentionKind(r.mixers[i]), r.varies()) })
			mixerKinds[r.mixers[i]] = mi
		}
		fi, seen := ffnKinds[r.ffns[i]]
		if !seen {
			r.under(r.ffns[i].variant, func() { fi = known(&a.MLPKinds, r.mlpKind(r.ffns[i]), r.varies()) })
			ffnKinds[r.ffns[i]] = fi
		}
		if n := len(a.AttentionKinds) + len(a.MLPKinds); n > maxKinds {
			r.wrong("num_hidden_layers", int64(r.layers), "its layers are of more than %d kinds, more than any model has", maxKinds)
		}
		if r.err != nil {
			return
		}
	}
	for i := range r.mixers {
		a.AttentionKinds[mixerKinds[r.mixers[i]]].Layers++
		a.MLPKinds[ffnKinds[r.ffns[i]]].Layers++
	}
	nameKinds(a)
	r.runs(mixerKinds, ffnKinds)
}

// known finds a kind in the list, and adds it where there is none like it: the
// configs of two layers may differ in what does not concern their kind.
func known[K any](kinds *[]K, kind K, vary bool) int {
	for i := range *kinds {
		if vary && reflect.DeepEqual((*kinds)[i], kind) {
			return i
		}
	}
	*kinds = append(*kinds, kind)
	return len(*kinds) - 1
}

// runs writes the schedule as runs of equal layers.
func (r *reader) runs(mixerKinds map[mixer]int, ffnKinds map[ffn]int) {
	a := r.arch
	for i := range r.mixers {
		attention := a.AttentionKinds[mixerKinds[r.mixers[i]]].ID
		mlp := a.MLPKinds[ffnKinds[r.ffns[i]]].ID
		if n := len(a.LayerSchedule); n > 0 {
			last := &a.LayerSchedule[n-1]
			if last.Attention == attention && last.MLP == mlp {
				last.Count++
				continue
			}
		}
		a.LayerSchedule = append(a.LayerSchedule, LayerRun{First: i, Count: 1, Attention: attention, MLP: mlp})
	}
}

// nameKinds sets the ids of the kinds: the type alone where it is the only one
// of its type, else with what sets it apart.
func nameKinds(a *Architecture) {
	groups := map[string][]*AttentionKind{}
	for i := range a.AttentionKinds {
		k := &a.AttentionKinds[i]
		groups[k.Type] = append(groups[k.Type], k)
	}
	for _, kinds := range groups {
		unique(len(kinds), func(i int) []string { return attentionMarks(kinds[i]) }, func(i int, id string) { kinds[i].ID = id })
	}
	mlps := map[MLPFamily][]*MLPKind{}
	for i := range a.MLPKinds {
		k := &a.MLPKinds[i]
		mlps[k.Family] = append(mlps[k.Family], k)
	}
	for _, kinds := range mlps {
		unique(len(kinds), func(i int) []string { return mlpMarks(kinds[i]) }, func(i int, id string) { kinds[i].ID = id })
	}
}

// unique adds marks to the first one until all n ids differ.
func unique(n int, marks func(int) []string, set func(int, string)) {
	ids := make([]string, n)
	all := make([][]string, n)
	for i := range ids {
		all[i] = marks(i)
		ids[i] = all[i][0]
	}
	for m := 1; m < len(all[0]) && !distinct(ids); m++ {
		differ := false
		for i := range all {
			differ = differ || all[i][m] != all[0][m]
		}
		if !differ {
			continue
		}
		for i := range ids {
			if all[i][m] != "" {
				ids[i] += "_" + all[i][m]
			}
		}
	}
	if !distinct(ids) {
		for i := range ids {
			ids[i] += "_" + strconv.Itoa(i+1)
		}
	}
	for i, id := range ids {
		set(i, id)
	}
}

func distinct(ids []string) bool {
	sorted := slices.Sorted(slices.Values(ids))
	return len(slices.Compact(sorted)) == len(ids)
}

// attentionMarks are a kind's type and what can set it apart from others of
// its type, the plainest first.
func attentionMarks(k *AttentionKind) []string {
	window := "full"
	if k.SlidingWindow > 0 {
		window = "sliding"
		if k.word == wordChunked {
			window = "chunked"
		}
	}
	position := "rope"
	if k.RotaryDim == 0 {
		position = "nope"
	}
	compress := ""
	if k.compress > 0 {
		compress = fmt.Sprintf("c%d", k.compress)
	}
	indexer := map[int]string{scoreIndexer: "indexed", valueIndexer: "indexed_values"}[k.indexed]
	shared := ""
	if k.SharesKV {
		shared = "shared_kv"
	}
	passes := ""
	if k.Kernels > 1 {
		passes = fmt.Sprintf("x%d", k.Kernels)
	}
	return []string{
		k.Type, window, compress, indexer, shared, passes,
		fmt.Sprintf("h%d_kv%d", k.NumHeads, k.NumKVHeads),
		fmt.Sprintf("d%d", k.HeadDim),
		position,
		fmt.Sprintf("rd%d", k.RotaryDim),
	}
}

func mlpMarks(k *MLPKind) []string {
	experts, width := "", ""
	if k.MoE != nil {
		experts, width = fmt.Sprintf("e%d", k.MoE.NumExperts), fmt.Sprintf("i%d", k.MoE.MoEIntermediateSize)
	}
	return []string{string(k.Family), fmt.Sprintf("i%d", k.IntermediateSize), experts, width}
}

// attentionKind fills in a kind and its dimensions.
func (r *reader) attentionKind(m mixer) AttentionKind {
	k := AttentionKind{
		Family: m.family, Type: string(m.family), NumHeads: m.heads, NumKVHeads: m.kv, HeadDim: m.headDim,
		RotaryDim: m.rotary, SlidingWindow: m.window, Sinks: m.sinks, SharesKV: m.sharesKV, word: m.word, compress: m.compress, indexed: m.indexed,
		Attribute: r.fam.Attn, Core: "attn",
	}
	if m.vHeadDim != m.headDim {
		k.VHeadDim = m.vHeadDim
	}
	d := r.headFacts(m)
	switch m.family {
	case GQA:
		k.Type, k.LogitSoftcap = softmaxType(m), r.softcap()
		r.softmaxDims(d, &k, m)
	case MLA, DSA:
		r.mlaDims(d, &k, m.noIndexer)
	case GDN:
		r.gdnDims(d, &k)
	case KDA:
		r.kdaDims(d, &k)
	case Lightning:
		r.lightningDims(d, &k)
	case Mamba1:
		r.mamba1Dims(d, &k, "")
	case Mamba2:
		r.mamba2Dims(d, &k)
	case ParallelAttnMamba:
		r.softmaxDims(d, &k, m)
		r.besideMamba(d, &k)
	case ShortConv:
		r.convDims(d, &k)
	case RWKV:
		r.rwkvDims(d, &k)
	case NoAttention:
		k.Attribute, k.Core = "", ""
	case LinearMixer:
		k.Core = ""
		d.linear("linear_attn", r.hidden, r.hidden, "hidden_size")
	default:
		r.otherDims(d, &k, m)
	}
	if k.Attribute == "-" {
		k.Attribute = ""
	}
	d.addFamilyDims(m.word)
	if m.heads > 0 {
		d.addFamilyDims("attention")
	}
	if m.family != NoAttention {
		d.addFamilyDims("mixer")
	}
	if m.passes > 0 {
		k.Kernels = m.passes
		d.addFamilyDims("looped")
	}
	k.Dimensions, k.widths = d.list, r.widths(&k, m)
	k.Norms = []Dimension{}
	if m.family != NoAttention {
		k.Norms = r.layerNormDims(r.fam.AttnNorms)
	}
	if m.crosses {
		k.Type, k.Attribute = "cross", "cross_attn"
	}
	return k
}

// headFacts are the heads of a mixer, for the parts that its kind has.
func (r *reader) headFacts(m mixer) *dims {
	d := newDims(r)
	for field, n := range map[string]int{"num_attention_heads": m.heads, "num_key_value_heads": m.kv, "head_dim": m.headDim, "v_head_dim": m.vHeadDim} {
		if n > 0 {
			d.local[field] = float64(n)
		}
	}
	return d
}

// softcap is what bounds the logits of softmax attention: stated, or by the
// configuration class (50 for Gemma 2).
func (r *reader) softcap() float64 {
	for _, field := range []string{"attn_logit_softcapping", "attn_logit_softcap"} {
		got, stated := r.lookup(field)
		v, why, known := got.Value, "", stated
		if !stated {
			v, why, known = r.fallback(field, got.Null)
		}
		if !known || v == nil {
			continue
		}
		limit, err := toFloat(field, v)
		if err != nil {
			r.fail(err)
			continue
		}
		if !(limit > 0) || math.IsInf(limit, 0) {
			continue // SGLang bounds nothing then
		}
		if !stated {
			r.note(&r.defaults, field, v, why)
		}
		return limit
	}
	return 0
}

func softmaxType(m mixer) string {
	switch {
	case m.kv == 1 && m.heads > 1:
		return "mqa"
	case m.kv == m.heads:
		return "mha"
	}
	return "gqa"
}

// layerNormDims are norms of the layer's own width.
func (r *reader) layerNormDims(names []string) []Dimension {
	d := newDims(r)
	for _, name := range names {
		d.norm(name, r.fam.Norm, r.hidden, "hidden_size")
	}
	return d.list
}
