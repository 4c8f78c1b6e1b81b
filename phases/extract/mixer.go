package extract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// mixer is what mixes tokens in one layer. Layers with equal mixers are of one
// kind.
type mixer struct {
	family    AttentionFamily
	word      string
	heads, kv int
	headDim   int
	vHeadDim  int
	window    int
	rotary    int
	noQKNorm  bool
	sinks     bool
	compress  int  // DeepSeek-V4's compress ratio
	crosses   bool // reads another tower, not the text
	sharesKV  bool // takes the keys and values of a layer before it
	noIndexer bool // another layer's indexer picks the positions
	passes    int  // of a layer that runs several times; see families.Family.LoopRange
	variant   int  // of the config, where it differs by layer
	indexed   int  // MiniMax M3: an indexer picks blocks of the cache; see the constants
}

// How a layer's indexer takes part: by scores alone, or with values of its own.
const (
	scoreIndexer = 1
	valueIndexer = 2
)

// The attentions with projections of their own (families.Family.Attention).
const (
	compressedAttention = "compressed"
	convolvedAttention  = "convolved"
	expertAttention     = "experts"
)

// derivedHeadDim says of a family that its code takes no head_dim.
const derivedHeadDim = "derived"

// schedule works out what every layer has.
func (r *reader) schedule() {
	if v, ok := r.text.List("block_configs"); ok && len(v) > 0 {
		r.blockConfigs(v)
		return
	}
	words := r.words()
	if r.err != nil {
		return
	}
	r.mixers, r.ffns = make([]mixer, r.layers), make([]ffn, r.layers)
	r.eachVariant(func(layers []int) {
		heads, none := r.headTable(words), r.skips("attention")
		for _, i := range layers {
			word := words[i]
			if none {
				word = wordNone
			}
			r.mixers[i] = r.layerMixer(heads, word, i)
		}
	})
	r.eachVariant(func(layers []int) {
		ffns, none := r.feedForwards(words), r.skips("mlp")
		for _, i := range layers {
			if r.ffns[i] = ffns[i]; none {
				r.ffns[i] = ffn{family: NoMLP}
			}
			r.ffns[i].variant = r.vary.now
		}
	})
}

// layerMixer is what mixes tokens in one layer.
func (r *reader) layerMixer(heads headTable, word string, i int) mixer {
	if r.err != nil || len(r.missing) > 0 {
		return mixer{}
	}
	m := mixer{word: word}
	switch word {
	case wordFull, wordSliding, wordChunked:
		m = r.softmax(word, heads, i)
	case wordLinear:
		m = mixer{word: word, family: r.linearFamily()}
	case wordConv:
		m.family = ShortConv
	case wordMamba:
		m.family = r.mambaFamily()
	case wordBoth:
		m = r.softmax(wordFull, heads, i)
		m.word, m.family = word, ParallelAttnMamba
	case wordRWKV:
		m.family = RWKV
	case wordCross:
		m = r.softmax(wordFull, heads, i)
		m.word, m.crosses, m.rotary = word, true, 0
	case wordNone:
		m.family = NoAttention
	default: // its layers are parts of the family's row
		m.family = OtherMixer
	}
	m.passes = r.passes(i)
	m.variant = r.vary.now
	return m
}

// passes is how often a layer runs where some of them run several times; 0 for
// the others.
func (r *reader) passes(layer int) int {
	at := r.fam.LoopRange
	if len(at) != 3 || layer < r.opt(at[0]) || layer >= r.opt(at[1]) {
		return 0
	}
	return r.opt(at[2])
}

// linearFamily tells which linear attention a family has, by its fields.
func (r *reader) linearFamily() AttentionFamily {
	switch {
	case r.text.Has("linear_attn_config"), strings.HasPrefix(r.fam.LinearKind, string(KDA)):
		return KDA
	case r.text.Has("attn_type_list"), strings.HasPrefix(r.fam.LinearKind, string(Lightning)):
		return Lightning
	case r.fam.LinearKind == string(GDN), r.opt("linear_num_value_heads") > 0:
		return GDN
	}
	return OtherMixer
}

// mambaFamily tells Mamba 2, which has heads, from Mamba 1, which has none.
func (r *reader) mambaFamily() AttentionFamily {
	if layer, _ := r.text.Object("ssm_cfg").String("layer"); layer == "Mamba2" {
		return Mamba2
	}
	switch r.fam.Mamba {
	case 1:
		return Mamba1
	case 2:
		return Mamba2
	}
	if r.has("mamba_head_dim") || r.opt("mamba_num_heads") > 0 {
		return Mamba2
	}
	return Mamba1
}

// headTable are the head counts and sizes of softmax attention, which may
// differ by layer and by kind.
type headTable struct {
	heads, kv         []int // per layer
	headDim, vHeadDim int
	sliding           headSet // of sliding layers; zero where they are the same
	global            headSet // of full layers
	nope              func(layer int, word string) bool
}

// headSet are head facts that override the general ones.
type headSet struct{ heads, kv, headDim, vHeadDim int }

func (r *reader) headTable(words []string) headTable {
	t := headTable{nope: r.layersWithoutRope(words)}
	if !slices.ContainsFunc(words, func(w string) bool {
		return w == wordFull || w == wordSliding || w == wordChunked || w == wordBoth || w == wordCross
	}) {
		return t
	}
	t.heads = r.headCounts()
	if t.heads == nil {
		return t
	}
	t.kv = r.kvCounts(t.heads)
	t.headDim = r.headDim(t.heads[0])
	t.vHeadDim = t.headDim
	if n := r.opt("v_head_dim"); n > 0 && !r.mla() {
		t.vHeadDim = n
	}
	if r.err != nil {
		return t
	}
	t.sliding = headSet{r.opt("swa_num_attention_heads"), r.opt("swa_num_key_value_heads"), r.opt("swa_head_dim"), r.opt("swa_v_head_dim")}
	t.global = headSet{kv: r.opt("num_global_key_value_heads"), headDim: r.opt("global_head_dim")}
	if o := r.within("attention_other_setting"); o != nil { // Step-3.5
		t.sliding = headSet{o.opt("num_attention_heads"), o.opt("num_key_value_heads"), o.opt("head_dim"), 0}
		r.fail(o.err)
	}
	return t
}

// within reads the fields of an object in the language model's; nil where there
// is none.
func (r *reader) within(path string) *fields {
	v, _ := r.text.Path(path)
	if o, ok := v.(*Object); ok && o != nil {
		return &fields{root: r.root, text: o}
	}
	return nil
}

// headCounts reads the number of query heads, one for each layer.
func (r *reader) headCounts() []int {
	for _, field := range []string{"num_attention_heads_per_layer", "num_attention_heads"} {
		got, _ := r.lookup(field)
		if _, isList := got.Value.([]Value); !isList {
			continue
		}
		list, ok := r.perLayer(field, r.layers)
		if i := slices.IndexFunc(list, func(n int) bool { return n < 1 }); ok && i >= 0 {
			r.wrong(fmt.Sprintf("%s[%d]", got.Key, i), Value(int64(list[i])), "must be at least 1")
		}
		return list
	}
	return slices.Repeat([]int{r.size("num_attention_heads")}, r.layers)
}

// kvCounts reads the number of key-value heads, one for each layer.
func (r *reader) kvCounts(heads []int) []int {
	if r.mla() {
		return heads // the latent vector is expanded for every head
	}
	switch r.fam.KVHeads {
	case "one":
		return slices.Repeat([]int{1}, r.layers)
	case "all":
		return heads
	}
	list, ok := r.perLayer("num_key_value_heads", r.layers)
	if !ok && r.err == nil {
		r.infer("num_key_value_heads", heads[0], "as many as attention heads: the file and the class say nothing")
		return heads
	}
	for i := range list {
		if list[i] == 0 {
			list[i] = heads[i] // 0 and null mean: no grouping
		}
		if list[i] > heads[i] {
			r.noteConflict("num_attention_heads", "num_key_value_heads", Value(int64(list[i])), "more than the %d attention heads", heads[i])
		}
	}
	return list
}

// headDim is the stated size of a head, else hidden_size over heads. MLA's heads
// have a part with and a part without rotary embedding, and no head_dim.
func (r *reader) headDim(heads int) int {
	if r.mla() {
		return r.opt("qk_nope_head_dim") + r.opt("qk_rope_head_dim")
	}
	return r.plainHeadDim(heads)
}

// plainHeadDim is the width of a head outside of latent attention, which other
// layers of the model may have.
func (r *reader) plainHeadDim(heads int) int {
	if n := r.opt("head_dim"); n > 0 && r.fam.HeadDim != derivedHeadDim {
		return n
	}
	if r.err != nil || heads == 0 {
		return 0
	}
	n := r.hidden / heads
	if n == 0 {
		r.noteConflict("hidden_size", "num_attention_heads", Value(int64(heads)), "more than hidden_size %d", r.hidden)
	}
	r.infer("head_dim", n, fmt.Sprintf("hidden_size %d // num_attention_heads %d", r.hidden, heads))
	return n
}

// softmax makes the mixer of one attention layer.
func (r *reader) softmax(word string, t headTable, layer int) mixer {
	if t.heads == nil {
		return mixer{word: word, family: GQA}
	}
	m := mixer{word: word, family: GQA, heads: t.heads[layer], kv: t.kv[layer], headDim: t.headDim, vHeadDim: t.vHeadDim}
	override := t.global
	if word == wordSliding {
		override = t.sliding
	}
	m.apply(override)
	if override.headDim > 0 && override.vHeadDim == 0 && (word == wordFull || t.vHeadDim == t.headDim) {
		m.vHeadDim = m.headDim
	}
	if m.kv > 0 && m.heads%m.kv != 0 {
		r.noteConflict("num_attention_heads", r.name(headNames(r, m).kv), Value(int64(m.kv)), "%d attention heads cannot share them evenly", m.heads)
	}
	switch word {
	case wordSliding:
		m.window = r.opt("sliding_window")
	case wordChunked:
		m.window = r.opt("attention_chunk_size")
	}
	m.sinks = r.sinks(word)
	m.sharesKV = r.sharesKV(layer)
	m.indexed = r.blockIndexerOf(layer)
	if !t.nope(layer, word) {
		m.rotary = r.rotaryDim(m.headDim, map[string]string{wordSliding: "sliding_attention"}[word])
		if f, ok := r.layerRotary(layer); ok && m.rotary > 0 {
			m.rotary = int(float64(m.headDim)*f + 1e-9)
		}
	}
	switch {
	case r.fam.Attention == compressedAttention:
		m.family, m.compress = OtherMixer, r.compressRatio(layer)
		m.rotary = r.opt("qk_rope_head_dim")
	case r.mla():
		return r.mlaMixer(m, layer)
	case r.fam.QKNormRopeOnly && m.rotary == 0:
		m.noQKNorm = true
	}
	return m
}

func (m *mixer) apply(h headSet) {
	m.heads, m.kv = cmp.Or(h.heads, m.heads), cmp.Or(h.kv, m.kv)
	m.headDim, m.vHeadDim = cmp.Or(h.headDim, m.headDim), cmp.Or(h.vHeadDim, m.vHeadDim)
}

func (r *reader) sinks(word string) bool {
	if r.fam.Sinks {
		return true
	}
	if word == wordSliding {
		return r.flag("add_swa_attention_sink_bias", false)
	}
	return r.flag("add_full_attention_sink_bias", false)
}

// layersWithoutRope tells which attention layers have no rotary embedding.
func (r *reader) layersWithoutRope(words []string) func(int, string) bool {
	mixed := slices.Contains(words, wordSliding) || slices.Contains(words, wordChunked)
	if list, _, ok, err := r.text.Ints("no_rope_layers"); ok && err == nil && len(list) >= r.layers {
		return func(i int, _ string) bool { return list[i] == 0 }
	}
	for _, field := range []string{"no_rope_layer_interval", "nope_layer_interval"} {
		if n := r.opt(field); n > 0 {
			return func(i int, _ string) bool { return (i+1)%n == 0 }
		}
	}
	if n := r.fam.NopeEvery; n > 0 {
		return func(i int, _ string) bool { return (i+1)%n == 0 }
	}
	if r.fam.NopeFull && mixed {
		return func(_ int, word string) bool { return word == wordFull }
	}
	return func(int, string) bool { return false }
}
