package generate

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// The summary's groups of modules.
const (
	groupNormalization = "normalization"
	groupAttention     = "attention"
	groupMLP           = "mlp"
	groupOther         = "other"
)

// groupOf sorts a module into the summary's sections.
func groupOf(n *node) string {
	if n.typ == baseline.TypeNorm || strings.HasSuffix(n.seg, "norm") && !isBlock(n) {
		return groupNormalization
	}
	if n.layers == nil {
		return groupOther
	}
	if isDecoder(n) {
		return groupOther
	}
	// The sublayer of the decoder block in which the module stands.
	top := n
	for top.parent != nil && !isDecoder(top.parent) {
		top = top.parent
	}
	switch {
	case mixes(top) || isMixerOf(top):
		return groupAttention
	case hasExperts(top) || transforms(top):
		return groupMLP
	}
	switch top.typ {
	case baseline.TypeRope, baseline.TypeAttention, baseline.TypeLinearAttention:
		return groupAttention
	case baseline.TypeMoE, baseline.TypeTopK, baseline.TypeActivation:
		return groupMLP
	case baseline.TypeLinear:
		for _, sibling := range top.parent.children {
			if sibling.typ == baseline.TypeAttention {
				return groupAttention
			}
		}
	}
	return groupOther
}

func isDecoder(n *node) bool { return n.group != nil && n.seg == n.group.class }

// mixes reports whether a sublayer holds a token mixer.
func mixes(n *node) bool {
	if n.typ == baseline.TypeAttention || n.typ == baseline.TypeLinearAttention {
		return true
	}
	return slices.ContainsFunc(n.children, mixes)
}

// isMixerOf reports whether the schedule names the block as its layers' token
// mixer, which may have no kernel of its own (a short convolution).
func isMixerOf(n *node) bool {
	k := kindOf(n)
	return k != nil && k.Family != extract.NoAttention && k.Attribute != "" && n.seg == k.Attribute && !hasExperts(n)
}

// transforms reports whether a sublayer is a block of linear layers.
func transforms(n *node) bool {
	return slices.ContainsFunc(n.children, func(c *node) bool { return c.typ == baseline.TypeLinear || transforms(c) })
}
