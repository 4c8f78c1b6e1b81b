package generate

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// makeGroups splits the stack by the class of its layers and, where the
// architecture's schedule fits the stack, by their kind of token mixer.
func (b *builder) makeGroups() {
	kinds := b.kindsByLayer()
	type groupKey struct{ class, kind string }
	at := map[groupKey]*group{}
	for _, r := range b.stack.rows {
		for _, l := range r.layers {
			k := groupKey{class: r.Class}
			kind := kinds[l]
			if kind != nil {
				k.kind = kind.ID
			}
			g := at[k]
			if g == nil {
				g = &group{class: r.Class, kind: kind}
				at[k] = g
				b.groups = append(b.groups, g)
			}
			g.layers = append(g.layers, l)
		}
	}
	for _, g := range b.groups {
		sort.Ints(g.layers)
	}
	sort.SliceStable(b.groups, func(i, j int) bool { return b.groups[i].layers[0] < b.groups[j].layers[0] })
	nameGroups(b.groups, isChunked(b.a), b.mlpFamilyOf)
	if b.joined {
		b.joinKinds()
	}
}

// kindsByLayer returns each layer's attention kind; empty when the schedule and
// the stack do not agree on the number of layers.
func (b *builder) kindsByLayer() map[int]*extract.AttentionKind {
	kinds := map[int]*extract.AttentionKind{}
	if b.a.NumLayers != len(b.layers) {
		return kinds
	}
	for _, run := range b.a.LayerSchedule {
		kind := b.drawnAs(b.a.AttentionKind(run.Attention))
		for _, l := range layerRange(run.First, run.Count) {
			kinds[l] = kind
		}
	}
	return kinds
}

// drawnAs is the kind whose parts a kind uses: of sparse attention without an
// indexer the one whose indexer chooses for it, of attention without keys and
// values the one that makes them. Both are drawn as one kind, of which some
// layers have the indexer, or the keys and values. Every other kind is itself.
func (b *builder) drawnAs(kind *extract.AttentionKind) *extract.AttentionKind {
	if kind == nil {
		return nil
	}
	uses := func(k *extract.AttentionKind) bool { return kind.SharesKV && !k.SharesKV }
	if kind.Family == extract.DSA && kind.IndexTopK == 0 {
		uses = func(k *extract.AttentionKind) bool { return k.IndexTopK > 0 }
	}
	for i := range b.a.AttentionKinds {
		k := &b.a.AttentionKinds[i]
		same := k.Family == kind.Family && k.NumHeads == kind.NumHeads && k.NumKVHeads == kind.NumKVHeads && k.HeadDim == kind.HeadDim && k.KVLoraRank == kind.KVLoraRank &&
			k.QLoraRank == kind.QLoraRank && k.QKRopeHeadDim == kind.QKRopeHeadDim && k.SlidingWindow == kind.SlidingWindow
		if same && uses(k) {
			return k
		}
	}
	return kind
}

func (b *builder) mlpFamilyOf(layer int) extract.MLPFamily {
	if k := b.a.MLPKindAt(layer); k != nil {
		return k.Family
	}
	return ""
}

// nameGroups sets the suffixes of the groups of a hybrid. chunked says that
// attention without a window of its own is cut into chunks (Llama 4).
func nameGroups(groups []*group, chunked bool, mlpFamily func(layer int) extract.MLPFamily) {
	if len(groups) < 2 {
		return
	}
	classes := make([]string, len(groups))
	for i, g := range groups {
		classes[i] = g.class
	}
	classWords := differingWords(classes)
	kind := func(value func(k *extract.AttentionKind) string) trait {
		return func(i int) string {
			if k := groups[i].kind; k != nil && k.Family != extract.NoAttention {
				return value(k)
			}
			return ""
		}
	}
	among := amongOthers(groups)
	words := distinguish(len(groups),
		func(i int) string { return mixerWord(groups[i], among, mlpFamily) },
		kind(func(k *extract.AttentionKind) string {
			if !scaledDot(k.Family) {
				return ""
			}
			return choose(k.SlidingWindow > 0, "local", "global")
		}),
		kind(func(k *extract.AttentionKind) string {
			if k.Family != extract.GQA {
				return ""
			}
			return choose(k.IndexNHeads > 0, "indexed", "dense")
		}),
		kind(func(k *extract.AttentionKind) string {
			valued := func(d extract.Dimension) bool { return d.Name == "index_o_proj" }
			return choose(slices.ContainsFunc(k.Dimensions, valued), "values", "scores")
		}),
		kind(func(k *extract.AttentionKind) string {
			if !scaledDot(k.Family) {
				return ""
			}
			if chunked { // the layers with a rotary embedding see a chunk only
				return choose(k.RotaryDim > 0, "local", "global")
			}
			return choose(k.RotaryDim > 0, "rope", "nope")
		}),
		kind(func(k *extract.AttentionKind) string { return sized("h", k.NumHeads) }),
		kind(func(k *extract.AttentionKind) string { return sized("kv", k.NumKVHeads) }),
		kind(func(k *extract.AttentionKind) string { return sized("d", k.HeadDim) }),
		func(i int) string { return classWords[i] },
		kind(func(k *extract.AttentionKind) string { return strings.ToLower(identifier(k.ID)) }),
	)
	for i, g := range groups {
		g.suffix = words[i]
	}
}

// scaledDot reports whether a family is softmax attention, which may have a
// window and a rotary embedding.
func scaledDot(f extract.AttentionFamily) bool {
	return f == extract.GQA || f == extract.MLA || f == extract.DSA || f == extract.ParallelAttnMamba
}

func choose(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func sized(prefix string, n int) string {
	if n < 1 {
		return ""
	}
	return prefix + strconv.Itoa(n)
}

// crossAttention is the type of kinds that read another tower.
const crossAttention = "cross"

// isChunked reports whether the config cuts attention into chunks.
func isChunked(a *extract.Architecture) bool { return a.TextConfig.Has("attention_chunk_size") }

// amongOthers reports whether some of the groups mix tokens by other means
// than attention, softmax or linear: then "attn" says enough of those that
// have attention.
func amongOthers(groups []*group) bool {
	others := false
	for _, g := range groups {
		if g.kind == nil {
			return false
		}
		switch g.kind.Family {
		case extract.GDN, extract.KDA, extract.Lightning, extract.MLA, extract.DSA:
			return false
		case extract.Mamba1, extract.Mamba2, extract.ShortConv, extract.RWKV, extract.NoAttention, extract.OtherMixer:
			others = true
		case extract.GQA, extract.LinearMixer, extract.ParallelAttnMamba:
		}
	}
	return others
}

// mixerWord names what mixes tokens in a group's layers; an MLP-only layer is
// named by its MLP. among says that attention stands among other mixers.
func mixerWord(g *group, among bool, mlpFamily func(layer int) extract.MLPFamily) string {
	if g.kind == nil {
		return ""
	}
	switch g.kind.Family {
	case extract.NoAttention:
		return choose(mlpFamily(g.layers[0]) == extract.SparseMoE, "moe", "mlp")
	case extract.Mamba1, extract.Mamba2:
		return "mamba"
	case extract.ShortConv:
		return "conv"
	case extract.OtherMixer:
		return strings.ToLower(identifier(g.kind.Type))
	}
	if g.kind.Type == crossAttention {
		return crossAttention
	}
	if among && g.kind.Family == extract.GQA {
		return "attn"
	}
	return string(g.kind.Family)
}
