package validate

import (
	"slices"
	"strings"
	"unicode"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/tsast"
)

// entryTree is an entry with its decoder blocks found and matched to the
// model's layers. People call modules what they like: what a block holds is
// told by its Definitions first, then by the words of its key and of the keys
// below it.
type entryTree struct {
	p     *entryPass
	facts *facts
	// container is the block around the decoder blocks ("layers"), if any.
	container *tsast.Module
	decoders  []*decoder
	// within has the decoder of every module below one.
	within map[string]*decoder
	// matched says that the decoders share the model's layers out.
	matched bool
	parts   map[*tsast.Module]mlpPart  // what mlpOf has told
	split   map[string]map[string]bool // what words has split
}

// decoder is one decoder block and the layers that it stands for.
type decoder struct {
	module *tsast.Module
	below  []*tsast.Module // all modules below it, in source order
	words  map[string]bool // of its own key
	layers []int

	// families are the mixers it may stand for; nil when nothing tells.
	families []extract.AttentionFamily
	// dimensions are those of its layers, listed when first asked for.
	dimensions       []dimension
	hasMoE, hasDense bool
}

func newEntryTree(p *entryPass, f *facts) *entryTree {
	t := &entryTree{p: p, facts: f, within: map[string]*decoder{}, parts: map[*tsast.Module]mlpPart{}, split: map[string]map[string]bool{}}
	t.find(func(m *tsast.Module) bool {
		return isDecoderKey(m.Name) || isLayerKey(m.Name) && isContainerKey(m.Parent.Value)
	})
	t.dropOuter()
	if len(t.decoders) == 0 { // the layers' parts stand in the container itself
		t.find(func(m *tsast.Module) bool {
			return isContainerKey(m.Name) && len(p.children[m.Name]) > 0 && (!counted(m) || m.Count.Int > 1)
		})
		t.dropOuter()
	}
	for _, d := range t.decoders {
		t.collect(d, d.module, 0)
		d.families = t.mixers(d)
		for _, m := range d.below {
			d.hasMoE = d.hasMoE || t.mlpOf(m) == mlpSparse
			d.hasDense = d.hasDense || t.mlpOf(m) == mlpDense
		}
	}
	if len(t.decoders) > 0 {
		parent := p.byName[t.decoders[0].module.Parent.Value]
		if parent != nil && isContainerKey(parent.Name) && parent.Type.Value == "block" {
			t.container = parent
		}
	}
	if f.known() {
		t.match()
	}
	return t
}

// find takes the blocks of a description for decoder blocks.
func (t *entryTree) find(is func(m *tsast.Module) bool) {
	for _, m := range t.p.model.Modules {
		if t.p.byName[m.Name] == m && m.Type.Value == "block" && is(m) && !t.foreign(m) {
			t.decoders = append(t.decoders, &decoder{module: m, words: t.words(m.Name)})
		}
	}
}

// foreign modules belong to other towers and to speculative layers, of which
// the language model's config says nothing.
func (t *entryTree) foreign(m *tsast.Module) bool {
	return t.p.inside(m, func(m *tsast.Module) bool {
		words := t.words(m.Name)
		return slices.ContainsFunc(otherTowers, func(w string) bool { return words[w] })
	})
}

var otherTowers = []string{"vision", "visual", "audio", "speech", "mtp", "nextn", "eagle", "draft", "projector"}

// dropOuter keeps the innermost of nested decoder blocks.
func (t *entryTree) dropOuter() {
	t.decoders = slices.DeleteFunc(t.decoders, func(d *decoder) bool {
		return slices.ContainsFunc(t.decoders, func(other *decoder) bool {
			return other != d && t.p.below(d.module.Name, other.module.Name)
		})
	})
}

func (t *entryTree) collect(d *decoder, m *tsast.Module, depth int) {
	if depth > 64 {
		return
	}
	for _, c := range t.p.children[m.Name] {
		if t.p.byName[c.Name] != c || t.within[c.Name] != nil {
			continue
		}
		t.within[c.Name] = d
		d.below = append(d.below, c)
		t.collect(d, c, depth+1)
	}
}

func isDecoderKey(key string) bool {
	parts := []string{"DecoderLayer", "DecoderBlock", "TransformerBlock", "TransformerLayer"}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(key, part) })
}

// isLayerKey reports whether a key is a class of layers: GPT2Block, GLMBlock.
func isLayerKey(key string) bool {
	return strings.Contains(key, "Layer") || strings.Contains(key, "Block")
}

func isContainerKey(key string) bool {
	return slices.Contains([]string{"layers", "decoder_layers", "h", "blocks"}, key)
}

// wordsIn splits a key at underscores and at capitals, in lower case.
func wordsIn(key string) map[string]bool {
	words := map[string]bool{}
	start := 0
	runes := []rune(key)
	add := func(end int) {
		if start < end {
			words[strings.ToLower(string(runes[start:end]))] = true
		}
	}
	for i, r := range runes {
		switch {
		case r == '_' || r == '-' || r == '.':
			add(i)
			start = i + 1
		case i > start && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			add(i)
			start = i
		}
	}
	add(len(runes))
	return words
}

// words are wordsIn, remembered: the same keys are asked for again and again.
func (t *entryTree) words(key string) map[string]bool {
	w, known := t.split[key]
	if !known {
		w = wordsIn(key)
		t.split[key] = w
	}
	return w
}

func (d *decoder) has(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return d.words[w] })
}

// mixers are the families of token mixer that a decoder block may stand for;
// nil when nothing tells.
func (t *entryTree) mixers(d *decoder) []extract.AttentionFamily {
	var found []extract.AttentionFamily
	for _, m := range d.below {
		for _, item := range m.Definitions.Items {
			if n, ok := t.p.parseAnySpelling(item.Value); ok {
				found = append(found, mixersOf[n.Family.OpType]...)
			}
		}
	}
	if len(found) > 0 {
		return found
	}
	if found = familiesByWords(d.words); found != nil {
		return found
	}
	for _, m := range d.below {
		words := t.words(m.Name)
		if by := familiesByWords(words); by != nil && !words["norm"] && !words["layernorm"] {
			found = append(found, by...)
		}
	}
	if found == nil && len(d.below) > 0 {
		return []extract.AttentionFamily{extract.NoAttention}
	}
	return found
}

// mixersOf are the mixers that an op type's kernels belong to.
var mixersOf = map[string][]extract.AttentionFamily{
	"gqa_paged": {extract.GQA, extract.ParallelAttnMamba}, "gqa_ragged": {extract.GQA, extract.ParallelAttnMamba},
	"mla_paged": {extract.MLA, extract.DSA}, "mla_ragged": {extract.MLA, extract.DSA},
	"dsa_paged": {extract.DSA}, "gdn": {extract.GDN}, "mamba_ssu": {extract.Mamba2, extract.ParallelAttnMamba},
}

// familiesByWords are the mixers that the words of a key stand for.
func familiesByWords(words map[string]bool) []extract.AttentionFamily {
	switch {
	case words["mamba"] || words["mamba2"] || words["ssm"]:
		return []extract.AttentionFamily{extract.Mamba1, extract.Mamba2, extract.ParallelAttnMamba}
	case words["gdn"] || words["deltanet"]:
		return []extract.AttentionFamily{extract.GDN}
	case words["kda"]:
		return []extract.AttentionFamily{extract.KDA}
	case words["lightning"]:
		return []extract.AttentionFamily{extract.Lightning}
	case words["linear"]:
		return []extract.AttentionFamily{extract.GDN, extract.KDA, extract.Lightning, extract.OtherMixer}
	case words["conv"]:
		return []extract.AttentionFamily{extract.ShortConv}
	case words["rwkv"]:
		return []extract.AttentionFamily{extract.RWKV}
	case words["attn"] || words["attention"] || words["gqa"] || words["mha"] || words["mqa"] || words["mla"]:
		return []extract.AttentionFamily{extract.GQA, extract.MLA, extract.DSA, extract.ParallelAttnMamba}
	}
	return nil
}

// match finds the layers of each decoder block. One block stands for all; of
// several, each layer must belong to exactly one: by its mixer, then by its
// window, then by its MLP.
func (t *entryTree) match() {
	if len(t.decoders) == 0 {
		return
	}
	if len(t.decoders) == 1 {
		t.matchOne(t.decoders[0])
		return
	}
	for _, refine := range [][]func(*decoder, layerFact) bool{
		{t.mixerFits},
		{t.mixerFits, t.windowFits},
		{t.mixerFits, t.mlpFits},
		{t.mixerFits, t.windowFits, t.mlpFits},
	} {
		if t.share(refine) {
			t.matched = true
			return
		}
	}
	for _, d := range t.decoders {
		d.layers = nil
	}
}

// matchOne finds the layers of a single block: all, unless its count is exactly
// that of the layers of its mixer and the others were forgotten.
func (t *entryTree) matchOne(d *decoder) {
	t.matched = true
	d.layers = t.facts.all()
	if !counted(d.module) || d.module.Count.Int == int64(len(d.layers)) {
		return
	}
	var mine []int
	for i, l := range t.facts.layers {
		if t.mixerFits(d, l) {
			mine = append(mine, i)
		}
	}
	if int64(len(mine)) == d.module.Count.Int {
		d.layers = mine
	}
}

// share tries to share the layers out by some properties.
func (t *entryTree) share(fits []func(*decoder, layerFact) bool) bool {
	for _, d := range t.decoders {
		d.layers = nil
	}
	for i, l := range t.facts.layers {
		owner := -1
		for j, d := range t.decoders {
			ok := true
			for _, fit := range fits {
				ok = ok && fit(d, l)
			}
			if !ok {
				continue
			}
			if owner >= 0 {
				return false
			}
			owner = j
		}
		if owner >= 0 {
			t.decoders[owner].layers = append(t.decoders[owner].layers, i)
		}
	}
	return !slices.ContainsFunc(t.decoders, func(d *decoder) bool { return len(d.layers) == 0 })
}

func (t *entryTree) mixerFits(d *decoder, l layerFact) bool {
	return d.families == nil || slices.Contains(d.families, l.mixer.Family)
}

// windowFits compares a block's words for its window with a layer; in a model
// without windows, local layers are those with a rotary embedding.
func (t *entryTree) windowFits(d *decoder, l layerFact) bool {
	near := d.has("local", "sliding", "swa", "chunked", "window")
	far := d.has("global", "full", "nope")
	if near == far {
		return true
	}
	is := windowed
	if t.facts.count(t.facts.all(), windowed) == 0 {
		is = hasRope
	}
	return is(l) == near
}

// mlpFits compares a block's MLP with a layer's.
func (t *entryTree) mlpFits(d *decoder, l layerFact) bool {
	switch {
	case d.has("dense"):
		return dense(l)
	case d.has("moe", "sparse"):
		return sparse(l)
	}
	return d.hasMoE == d.hasDense || d.hasMoE == sparse(l)
}
