package generate

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// trait is one way to tell things apart: a short word for the i-th of them,
// "" where it has no word.
type trait func(i int) string

// tellApart gives each of n things the shortest words that make them
// different: traits are used in order, only those that differ, until every
// thing has its own.
func tellApart(n int, traits ...trait) []string {
	words := make([]string, n)
	for _, t := range traits {
		values := make([]string, n)
		distinct := map[string]bool{}
		for i := range values {
			values[i] = t(i)
			distinct[values[i]] = true
		}
		if len(distinct) < 2 {
			continue
		}
		for i, v := range values {
			words[i] = joinWords("_", words[i], v)
		}
		if allDifferent(words) {
			return words
		}
	}
	if allDifferent(words) {
		return words
	}
	seen := map[string]int{}
	for i, w := range words {
		seen[w]++
		if seen[w] > 1 {
			words[i] = joinWords("_", w, strconv.Itoa(seen[w]))
		}
	}
	return words
}

func allDifferent(words []string) bool {
	seen := make(map[string]bool, len(words))
	for _, w := range words {
		if seen[w] {
			return false
		}
		seen[w] = true
	}
	return true
}

func joinWords(sep string, words ...string) string {
	kept := words[:0:0]
	for _, w := range words {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, sep)
}

// nameGroups gives the groups of a hybrid their suffixes.
func nameGroups(groups []*group, mlpFamily func(layer int) extract.MLPFamily) {
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
	words := tellApart(len(groups),
		func(i int) string { return mixerWord(groups[i], mlpFamily) },
		kind(func(k *extract.AttentionKind) string {
			if !scaledDot(k.Family) {
				return ""
			}
			return choose(k.SlidingWindow > 0, "sliding", "full")
		}),
		kind(func(k *extract.AttentionKind) string {
			if !scaledDot(k.Family) {
				return ""
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

// scaledDot says whether a family is softmax attention, which may have a
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

// mixerWord names what mixes tokens in a group's layers; an MLP-only layer is
// named by its MLP.
func mixerWord(g *group, mlpFamily func(layer int) extract.MLPFamily) string {
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
	return string(g.kind.Family)
}

// camelWords splits a class name: "Qwen3HybridLinearDecoderLayer" gives
// Qwen3, Hybrid, Linear, Decoder, Layer.
func camelWords(class string) []string {
	var words []string
	start := 0
	runes := []rune(class)
	for i := 1; i < len(runes); i++ {
		startsWord := unicode.IsUpper(runes[i]) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if startsWord {
			words = append(words, string(runes[start:i]))
			start = i
		}
	}
	return append(words, string(runes[start:]))
}

// differingWords gives, for each class name, its words that the others do not
// all share, in lower case.
func differingWords(classes []string) []string {
	uses := map[string]int{}
	for _, c := range classes {
		once := map[string]bool{}
		for _, w := range camelWords(c) {
			if !once[w] {
				once[w] = true
				uses[w]++
			}
		}
	}
	out := make([]string, len(classes))
	for i, c := range classes {
		var kept []string
		for _, w := range camelWords(c) {
			if uses[w] < len(classes) {
				kept = append(kept, strings.ToLower(w))
			}
		}
		out[i] = strings.Join(kept, "_")
	}
	return out
}

// markVariants tells modules apart that stand at one path in the same group
// of layers: a dense and a sparse MLP, a wider MLP in some layers, …
func markVariants(nodes []*node) {
	type place struct {
		path string
		g    *group
	}
	var order []place
	at := map[place][]*node{}
	for _, n := range nodes {
		p := place{n.path, n.group}
		if n.parent == nil || n.layers == nil || n.seg == n.class {
			continue
		}
		if at[p] == nil {
			order = append(order, p)
		}
		at[p] = append(at[p], n)
	}
	for _, p := range order {
		if set := at[p]; len(set) > 1 {
			markVariantSet(set)
		}
	}
}

func markVariantSet(set []*node) {
	if splitDenseSparse(set) {
		return
	}
	classes := make([]string, len(set))
	for i, n := range set {
		classes[i] = n.class
	}
	classWords := differingWords(classes)
	size := func(prefix string, field func(r baseline.Module) *int) trait {
		return func(i int) string {
			if v := field(set[i].rows[0]); v != nil {
				return sized(prefix, *v)
			}
			return ""
		}
	}
	words := tellApart(len(set),
		func(i int) string { return set[i].parent.variant },
		func(i int) string { return classWords[i] },
		size("n", func(r baseline.Module) *int { return r.N }),
		size("k", func(r baseline.Module) *int { return r.K }),
		size("h", func(r baseline.Module) *int { return r.Hidden }),
		size("h", func(r baseline.Module) *int { return r.NumHeads }),
		size("kv", func(r baseline.Module) *int { return r.NumKVHeads }),
		size("d", func(r baseline.Module) *int { return r.HeadDim }),
		size("e", func(r baseline.Module) *int { return r.NumExperts }),
		size("i", func(r baseline.Module) *int { return r.IntermediateSize }),
		size("topk", func(r baseline.Module) *int { return r.TopK }),
		size("rd", func(r baseline.Module) *int { return r.RotaryDim }),
	)
	for i, n := range set {
		n.variant = words[i]
	}
}

// splitDenseSparse names the usual pair: mlp_dense and moe.
func splitDenseSparse(set []*node) bool {
	if len(set) != 2 || set[0].typ != baseline.TypeBlock || set[1].typ != baseline.TypeBlock {
		return false
	}
	dense, sparse := set[0], set[1]
	if hasExperts(dense) {
		dense, sparse = sparse, dense
	}
	if hasExperts(dense) || !hasExperts(sparse) {
		return false
	}
	dense.variant = "dense"
	sparse.variant = "moe"
	return true
}

func hasExperts(n *node) bool {
	for _, c := range n.children {
		if c.typ == baseline.TypeMoE || hasExperts(c) {
			return true
		}
	}
	return false
}

// feedForward are the attribute names under which a MoE block goes by "moe"
// when a dense block has the same name.
var feedForward = map[string]bool{"mlp": true, "feed_forward": true, "ffn": true, "block_sparse_moe": true}

// assignKeys gives every module a key that is unique in the entry: its own
// name where that is enough, else told apart by variant, by the module it
// stands in, and by the group of layers, in this order.
func assignKeys(nodes []*node) {
	markVariants(nodes)
	shared := map[string]int{}
	for _, n := range nodes {
		if n.group != nil && n.seg == n.group.class {
			shared[n.seg]++
		}
	}
	for _, n := range nodes {
		n.key = identifier(n.seg)
		switch {
		case n.variant == "moe" && feedForward[n.seg]:
			n.key = "moe"
		case n.variant != "":
			n.key = identifier(n.seg + "_" + n.variant)
		case n.group != nil && n.seg == n.group.class && shared[n.seg] > 1:
			n.key = identifier(n.seg + "_" + titleSuffix(n.group.suffix))
		}
	}
	prefixes := make(map[*node]*node, len(nodes))
	for round := 0; round < 8; round++ {
		clashes := clashing(nodes)
		if len(clashes) == 0 {
			return
		}
		for _, set := range clashes {
			separate(set, prefixes)
		}
	}
	for _, set := range clashing(nodes) {
		for i, n := range set[1:] {
			n.key = fmt.Sprintf("%s_%d", n.key, i+2)
		}
	}
}

// clashing are the sets of modules with equal keys, in order.
func clashing(nodes []*node) [][]*node {
	at := map[string][]*node{}
	var order []string
	for _, n := range nodes {
		if len(at[n.key]) == 0 {
			order = append(order, n.key)
		}
		at[n.key] = append(at[n.key], n)
	}
	var sets [][]*node
	for _, k := range order {
		if len(at[k]) > 1 {
			sets = append(sets, at[k])
		}
	}
	return sets
}

// separate changes keys of modules that have the same one. Within a group the
// shallowest keeps it and the others take their parent's name in front; alike
// modules of several groups take their group's suffix.
func separate(set []*node, prefixes map[*node]*node) {
	byGroup := map[*group][]*node{}
	for _, n := range set {
		byGroup[n.group] = append(byGroup[n.group], n)
	}
	deeper := false
	for _, members := range byGroup {
		if len(members) > 1 {
			prefixAllButShallowest(members, prefixes)
			deeper = true
		}
	}
	if deeper {
		return
	}
	suffixed := false
	for _, n := range set {
		if n.group != nil && n.group.suffix != "" {
			n.key += "_" + n.group.suffix
			suffixed = true
		}
	}
	if !suffixed {
		prefixAllButShallowest(set, prefixes)
	}
}

func prefixAllButShallowest(set []*node, prefixes map[*node]*node) {
	first := set[0]
	for _, n := range set {
		if n.depth < first.depth {
			first = n
		}
	}
	for _, n := range set {
		if n == first {
			continue
		}
		from := n.parent
		if last := prefixes[n]; last != nil {
			from = last.parent
		}
		if from == nil {
			continue
		}
		prefixes[n] = from
		n.key = identifier(from.seg) + "_" + n.key
	}
}

// acronyms are suffixes that are written in capitals behind a class name.
var acronyms = map[string]bool{"gqa": true, "mla": true, "dsa": true, "gdn": true, "kda": true, "moe": true, "mlp": true, "rwkv": true}

func titleSuffix(suffix string) string {
	words := strings.Split(suffix, "_")
	for i, w := range words {
		switch {
		case acronyms[w]:
			words[i] = strings.ToUpper(w)
		case w != "":
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "_")
}

// identifier keeps what may stand in a TypeScript identifier: names come from
// files of others.
func identifier(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '_' || r == '$' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}
