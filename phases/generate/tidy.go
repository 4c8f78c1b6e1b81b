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
	kept := n.children[:0:0]
	for _, c := range n.children {
		if c.seg != "attn_mha" || !mergeIntoPaged(n.children, c) {
			kept = append(kept, c)
		}
	}
	n.children = kept
}

// mergeIntoPaged puts the ragged kernel of a kind of layers into its paged one
// and reports whether there is one.
func mergeIntoPaged(siblings []*node, ragged *node) bool {
	for _, paged := range siblings {
		if (paged.seg == "attn_mqa" || paged.seg == "attn_mla") && paged.typ == baseline.TypeAttention && paged.group == ragged.group {
			paged.seg = "attn_mla"
			paged.rows = append(paged.rows, ragged.rows...)
			return true
		}
	}
	return false
}

// addExperts gives the routed experts a layer of their own where the source holds their
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

// addIndexerKernel gives the top-k kernel of a sparse indexer a layer of its own.
func (b *builder) addIndexerKernel(n *node) {
	if n.seg != "indexer" || len(n.children) == 0 {
		return
	}
	b.addSynthetic(n, "indexer_topk", "dsa_topk_indexer")
}

// addMambaKernel gives the state update of a Mamba mixer a layer of its own, where the
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
	kind := kindOf(n)
	return kind != nil && (kind.Family == extract.Mamba1 || kind.Family == extract.Mamba2)
}

func (b *builder) addSynthetic(parent *node, seg, what string) {
	n := &node{seg: seg, path: parent.path + "." + seg, class: "", typ: baseline.TypeLinearAttention, count: parent.count, layers: parent.layers, synthetic: what}
	b.add(n, parent)
}
