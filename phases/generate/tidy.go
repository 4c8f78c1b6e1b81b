package generate

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// tidy looks at a finished block: bare parameters leave the tree (a router
// weight becomes its block's GEMM), the two kernels of MLA become one module,
// and what needs a layer of its own gets it.
func (b *builder) tidy(n *node) {
	kept := n.children[:0]
	for _, c := range n.children {
		if c.typ != baseline.TypeParameter {
			kept = append(kept, c)
			continue
		}
		n.parameters = true
		switch {
		case c.rows[0].Gemm && c.seg == "weight":
			row := c.rows[0]
			n.gemm = &row
		case c.rows[0].Gemm:
			kept = append(kept, c)
		}
	}
	n.children = kept
	b.addExperts(n)
	b.mergeMLA(n)
	b.addIndexerKernel(n)
	b.addMambaKernel(n)
}

// markFinalNorm finds the norm behind the last layer: the one that the layout
// names, or that stands beside the layers and is not an embedding's.
func (b *builder) markFinalNorm(n *node) {
	for _, c := range n.children {
		if c.layers == nil {
			b.markFinalNorm(c)
		}
		if c.typ != baseline.TypeNorm || c.layers != nil {
			continue
		}
		named := b.a.Skeleton.FinalNorm
		c.final = named != "" && c.seg == lastSegment(named) ||
			holdsLayers(n) && !strings.Contains(c.seg, "embed") && !strings.Contains(c.seg, "per_layer")
	}
}

func childNamed(n *node, seg string) *node {
	for _, c := range n.children {
		if c.seg == seg {
			return c
		}
	}
	return nil
}

// mergeMLA makes one module attn_mla of the paged kernel attn_mqa and the
// ragged kernel attn_mha, as FlashInfer-Bench has it.
func (b *builder) mergeMLA(n *node) {
	mqa, mha := childNamed(n, "attn_mqa"), childNamed(n, "attn_mha")
	if mqa == nil || mha == nil || mqa.typ != baseline.TypeAttention {
		return
	}
	mqa.seg = "attn_mla"
	mqa.rows = append(mqa.rows, mha.rows...)
	for i, c := range n.children {
		if c == mha {
			n.children = append(n.children[:i], n.children[i+1:]...)
			break
		}
	}
}

// addExperts returns the routed experts a layer where the source holds their
// weights as bare parameters of the block (DBRX).
func (b *builder) addExperts(n *node) {
	if !n.parameters || hasExperts(n) {
		return
	}
	for _, c := range n.children {
		if c.typ == baseline.TypeTopK {
			b.addSynthetic(n, "experts", "experts")
			n.children[len(n.children)-1].typ = baseline.TypeMoE
			return
		}
	}
}

// addIndexerKernel returns the top-k kernel of a sparse indexer a layer.
func (b *builder) addIndexerKernel(n *node) {
	if n.seg != "indexer" || len(n.children) == 0 {
		return
	}
	b.addSynthetic(n, "indexer_topk", "dsa_topk_indexer")
}

// addMambaKernel returns the state update of a Mamba mixer a layer, where the
// source has no module for it.
func (b *builder) addMambaKernel(n *node) {
	if n.typ != baseline.TypeBlock || !isMambaMixer(n) {
		return
	}
	for _, c := range n.children {
		if c.typ == baseline.TypeLinearAttention {
			return
		}
	}
	b.addSynthetic(n, "selective_state_update", "mamba_ssu")
}

// isMambaMixer reports whether a block is a Mamba mixer: a block that projects
// in, convolves, and stands in a layer whose mixer is Mamba by its class or
// by the schedule.
func isMambaMixer(n *node) bool {
	if childNamed(n, "conv1d") == nil && childNamed(n, "in_proj") == nil {
		return false
	}
	if strings.Contains(strings.ToLower(n.class), "mamba") {
		return true
	}
	return n.group != nil && n.group.kind != nil && (n.group.kind.Family == extract.Mamba1 || n.group.kind.Family == extract.Mamba2)
}

func (b *builder) addSynthetic(parent *node, seg, what string) {
	n := &node{seg: seg, path: parent.path + "." + seg, class: "", typ: baseline.TypeLinearAttention, count: parent.count, layers: parent.layers, synthetic: what}
	b.add(n, parent)
}
