package generate

import (
	"slices"
	"sort"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
)

// sortForReaders puts modules in the order in which a token meets them, as
// models.ts has them: sources construct them in any order. What has no place
// of its own stays where it was constructed.
func sortForReaders(n *node) {
	place := placeInBlock
	switch {
	case isDecoder(n):
		place = placeInDecoder
	case holdsLayers(n):
		place = placeInModel
	}
	sort.SliceStable(n.children, func(i, j int) bool { return place(n.children[i]) < place(n.children[j]) })
	for _, c := range n.children {
		sortForReaders(c)
	}
}

func holdsLayers(n *node) bool {
	return slices.ContainsFunc(n.children, func(c *node) bool { return c.class == "ModuleList" })
}

func placeInModel(c *node) int {
	switch {
	case c.typ == baseline.TypeEmbedding:
		return 0
	case c.final:
		return 3
	case c.class == "ModuleList":
		return 2
	case c.typ == baseline.TypeLMHead:
		return 4
	}
	return 1
}

func placeInDecoder(c *node) int {
	if c.typ == baseline.TypeNorm && !isQKNorm(c.seg) {
		switch {
		case hasPrefix(c.seg, []string{"post_attention", "post_self_attn", "post_attn"}):
			return 3
		case strings.HasPrefix(c.seg, "post_"):
			return 7
		case !firstNorm(c):
			return 4
		}
		return 0
	}
	if c.typ == baseline.TypeNorm {
		return 1
	}
	switch groupOf(c) {
	case groupAttention:
		return 1 + placeInMixer(c)/placeOut
	case groupMLP:
		return 5
	}
	return 8
}

// placeInBlock orders the inside of attention, MLP and MoE blocks.
func placeInBlock(c *node) int {
	switch c.typ {
	case baseline.TypeTopK:
		return 11
	case baseline.TypeMoE:
		return 12
	case baseline.TypeActivation:
		return 20
	}
	if c.parent != nil && hasExperts(c.parent) {
		switch {
		case c.gemm != nil, strings.HasSuffix(c.seg, "gate") && !strings.HasPrefix(c.seg, "shared"), c.seg == "router":
			return 10
		case strings.HasPrefix(c.seg, "shared"):
			return 13
		}
	}
	if outward[c.seg] && (c.parent == nil || !mixes(c.parent)) {
		return 21
	}
	return placeInMixer(c)
}

// outward are the names of projections back to the residual stream.
var outward = map[string]bool{
	"o_proj": true, "out_proj": true, "dense": true, "c_proj": true, "wo_a": true, "wo_b": true, "output": true,
	"down_proj": true, "fc2": true, "w2": true, "fc_out": true, "dense_4h_to_h": true, "output_linear": true,
}

// placeOut is the place of the projection out of a token mixer.
const placeOut = 9

// placeInMixer returns where a module stands in its mixer: projections and norms
// as constructed, then convolutions, the rotary embedding, the kernel, the norm
// that its result is gated with, and the output projection.
func placeInMixer(c *node) int {
	switch {
	case c.seg == "kv_b_proj", strings.HasPrefix(c.seg, "conv"), strings.HasSuffix(c.seg, "_conv1d"):
		return 5
	case c.typ == baseline.TypeRope:
		return 6
	case c.typ == baseline.TypeAttention, c.typ == baseline.TypeLinearAttention:
		return 7
	case c.typ == baseline.TypeNorm && strings.Contains(c.class, "Gated"):
		return 8
	case outward[c.seg] && c.typ == baseline.TypeLinear:
		return placeOut
	}
	return 4
}

// placeLoose orders modules of attention that stand in the layer itself: the
// norms of queries and keys come behind the projections.
func placeLoose(c *node) int {
	if c.typ == baseline.TypeNorm {
		return 5
	}
	return placeInMixer(c)
}

// preorder lists a tree, parents first.
func preorder(n *node, list []*node) []*node {
	list = append(list, n)
	for _, c := range n.children {
		list = preorder(c, list)
	}
	return list
}
