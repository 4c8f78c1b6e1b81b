package generate

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// patternOf is the architecture pattern, by precedence.
//
// A hybrid has several mechanisms: other families, sliding windows beside full
// attention, layers with and without rotary embedding. Numbers of heads that
// differ from layer to layer are not a mechanism.
func patternOf(a *extract.Architecture) Pattern {
	type mechanism struct {
		family        extract.AttentionFamily
		sliding, rope bool
	}
	mechanisms := map[mechanism]bool{}
	softmax, latent, other := false, false, false
	for _, k := range a.AttentionKinds {
		switch k.Family {
		case extract.NoAttention, extract.LinearMixer:
			continue
		case extract.MLA, extract.DSA:
			softmax, latent = true, true
		case extract.GQA:
			softmax = true
		case extract.ParallelAttnMamba: // two mixers in one layer
			softmax = true
			mechanisms[mechanism{family: extract.GQA}] = true
		case extract.OtherMixer:
			softmax, other = true, true // not known to be free of attention
		}
		mechanisms[mechanism{k.Family, k.SlidingWindow > 0, k.RotaryDim > 0}] = true
	}
	switch {
	case len(mechanisms) == 0:
		return Custom
	case !softmax:
		return SSM
	case len(mechanisms) > 1:
		return Hybrid
	case latent:
		return MLA
	case a.MoE != nil:
		return MoE
	case other:
		return Custom
	}
	return Standard
}

// fromSource reports whether rows were read from a source tree.
func fromSource(rows []baseline.Module) bool {
	return slices.ContainsFunc(rows, func(r baseline.Module) bool { return r.File != "" })
}

// patternOfTree is the pattern that the layers of a tree show, for a model
// whose config alone does not tell.
func patternOfTree(nodes []*node) Pattern {
	softmax, latent, linear, sparse := false, false, false, false
	windows := map[bool]bool{}
	for _, n := range nodes {
		for _, r := range n.rows {
			if r.Type == baseline.TypeAttention {
				windows[r.SlidingWindow > 0] = true
			}
		}
		switch {
		case n.seg == "attn_mla":
			softmax, latent = true, true
		case n.typ == baseline.TypeAttention:
			softmax = true
		case n.typ == baseline.TypeLinearAttention && n.synthetic != "dsa_topk_indexer":
			linear = true
		case n.typ == baseline.TypeMoE:
			sparse = true
		}
	}
	switch {
	case linear && !softmax:
		return SSM
	case linear, len(windows) > 1:
		return Hybrid
	case latent:
		return MLA
	case sparse:
		return MoE
	case softmax:
		return Standard
	}
	return Custom
}
