package generate

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/fib-ls/fib-ls/phases/baseline"
)

// trait is one way to tell things apart: a short word for the i-th of them,
// "" where it has no word.
type trait func(i int) string

// distinguish returns for each of n things the shortest words that make them
// different: a trait is used, in order, where it tells apart things that are
// still alike.
func distinguish(n int, traits ...trait) []string {
	words := make([]string, n)
	for _, t := range traits {
		alike := map[string][]int{}
		for i, w := range words {
			alike[w] = append(alike[w], i)
		}
		for _, set := range alike {
			values := map[string]bool{}
			for _, i := range set {
				values[t(i)] = true
			}
			if len(values) < 2 {
				continue
			}
			for _, i := range set {
				words[i] = joinWords("_", words[i], t(i))
			}
		}
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

func joinWords(sep string, words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), sep)
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
	markDenseSparse(nodes)
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
	if set[0].variant != "" {
		return // told apart as dense and sparse
	}
	classes := make([]string, len(set))
	for i, n := range set {
		classes[i] = n.class
	}
	classWords := differingWords(classes)
	size := func(prefix string, field func(r baseline.Module) *int) trait {
		return func(i int) string {
			if len(set[i].rows) > 0 {
				if v := field(set[i].rows[0]); v != nil {
					return sized(prefix, *v)
				}
			}
			return ""
		}
	}
	words := distinguish(len(set),
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

// markDenseSparse names the usual pair, mlp_dense and moe, in every group of
// layers when one of them has both at a path.
func markDenseSparse(nodes []*node) {
	at := map[string][]*node{}
	for _, n := range nodes {
		if n.typ == baseline.TypeBlock && n.layers != nil && !isDecoder(n) {
			at[n.path] = append(at[n.path], n)
		}
	}
	for _, set := range at {
		type pair struct{ dense, sparse int }
		groups := map[*group]*pair{}
		both, clear := false, true
		for _, n := range set {
			p := groups[n.group.outermost()]
			if p == nil {
				p = &pair{}
				groups[n.group.outermost()] = p
			}
			if hasExperts(n) {
				p.sparse++
			} else {
				p.dense++
			}
			both = both || p.dense > 0 && p.sparse > 0
			clear = clear && p.dense < 2 && p.sparse < 2
		}
		if !both || !clear {
			continue
		}
		for _, n := range set {
			n.variant = choose(hasExperts(n), variantSparse, variantDense)
		}
	}
}

func hasExperts(n *node) bool {
	return slices.ContainsFunc(n.children, func(c *node) bool {
		return c.typ == baseline.TypeMoE || c.seg == "experts" || hasExperts(c)
	})
}

// The variants of a feed-forward block that is dense in some layers and a
// mixture of experts in others.
const (
	variantDense  = "dense"
	variantSparse = "moe"
)
