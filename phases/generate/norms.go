package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/definition"
)

// look finds out how the layers use their norms.
func (m *namer) look(nodes []*node) {
	before, after := false, false
	for _, n := range nodes {
		if n.typ != baseline.TypeNorm || n.layers == nil || !inDecoder(n) || isQKNorm(n.seg) {
			continue
		}
		if isPostNorm(n.seg) {
			after = true
		} else {
			before = true
		}
	}
	m.postNorm, m.sandwich = after && !before, after && before && hasSandwich(nodes)
}

// hasSandwich reports whether there is a norm before the MLP beside the one
// after attention.
func hasSandwich(nodes []*node) bool {
	prefixes := []string{"pre_feedforward", "pre_mlp", "post_feedforward", "post_mlp"}
	return slices.ContainsFunc(nodes, func(n *node) bool { return inDecoder(n) && hasPrefix(n.seg, prefixes) })
}

// hasPrefix reports whether a name begins with one of some words.
func hasPrefix(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// isPostNorm reports whether a norm follows something by its name. The usual
// post_attention_layernorm is the norm before the MLP unless the layer is a
// sandwich.
func isPostNorm(seg string) bool { return strings.HasPrefix(seg, "post_") }

// inDecoder reports whether a module stands directly in a decoder layer.
func inDecoder(n *node) bool {
	return n.parent != nil && n.group != nil && n.parent.group != nil && n.parent.seg == n.parent.group.class
}

// norm returns the names of a norm: RMS norms have Definitions. The first norm of a layer runs plain in
// the first layer and with the residual addition fused in all others; norms
// on the residual stream after it are always fused; norms elsewhere (q, k,
// latent, after a sublayer) are plain. Where SGLang's forward() runs a norm in
// one of the two ways only (it adds the residual by itself, or it never runs
// without one), that is what it needs.
func (m *namer) norm(n *node, row baseline.Module) []definition.Name {
	if !isRMSNorm(row.Class) {
		switch {
		case strings.Contains(row.Class, "LayerNorm") && row.Hidden != nil:
			m.unmapped.add("%s (%s): layer norm with mean and bias: %s", n.key, row.Class, datasetHasNone(fmt.Sprintf("layernorm_h%d", *row.Hidden)))
		case strings.Contains(row.Class, "LayerNorm"):
			m.unmapped.add("%s (%s): no op type for layer norm with mean and bias", n.key, row.Class)
		default:
			m.unmapped.add("%s (%s): no op type for this norm", n.key, row.Class)
		}
		return nil
	}
	if row.Hidden == nil {
		m.warnings.add("%s: the width could not be decided%s", n.path, undecidedWhy(row))
		return nil
	}
	if strings.HasSuffix(row.Class, "RMSNorm"+shardedNorm) {
		m.unmapped.add("%s (%s): SGLang norms each device's shard and adds the variances up over all of them: no Definition of the full width %d stands for it", n.key, row.Class, *row.Hidden)
		return nil
	}
	plain, fused := definition.Of("rmsnorm", *row.Hidden), definition.Of("fused_add_rmsnorm", *row.Hidden)
	switch use := m.usageOf(n); {
	case use.plain && !use.fused:
		return []definition.Name{plain}
	case use.fused && !use.plain:
		return []definition.Name{fused}
	}
	residual := *row.Hidden == m.a.HiddenSize && !m.postNorm && !isQKNorm(n.seg)
	switch {
	case residual && inDecoder(n) && firstNorm(n):
		return []definition.Name{plain, fused}
	case residual && inDecoder(n) && (!m.sandwich || !isPostNorm(n.seg)):
		return []definition.Name{fused}
	case residual && n.final:
		return []definition.Name{fused}
	}
	return []definition.Name{plain}
}

// normUse says how forward() runs an RMS norm: by itself, with the addition of
// the residual fused in, or both.
type normUse struct{ plain, fused bool }

// normUses returns the uses of the norms by path.
func normUses(calls []baseline.KernelCall) map[string]normUse {
	uses := map[string]normUse{}
	for _, c := range calls {
		use := uses[c.Path]
		switch strings.TrimPrefix(c.Function, "gemma_") {
		case "rmsnorm":
			use.plain = true
		case "fused_add_rmsnorm":
			use.fused = true
		default:
			continue
		}
		uses[c.Path] = use
	}
	return uses
}

// usageOf is how the norms of a node are run, all of them taken together.
func (m *namer) usageOf(n *node) normUse {
	var use normUse
	for _, row := range n.rows {
		one := m.norms[row.Path]
		use.plain, use.fused = use.plain || one.plain, use.fused || one.fused
	}
	return use
}

// shardedNorm ends the classes of norms that tensor parallelism divides.
const shardedNorm = "TP"

// isRMSNorm reports whether a class is RMSNorm, GemmaRMSNorm or
// MiniMaxM2RMSNormTP, but not a gated norm, which multiplies with another input.
func isRMSNorm(class string) bool {
	return strings.Contains(class, "RMSNorm") && !strings.Contains(class, "Gated")
}

// firstNorm reports whether a norm is the layer's first on the residual stream.
func firstNorm(n *node) bool {
	for _, c := range n.parent.children {
		if c.typ == baseline.TypeNorm && !isQKNorm(c.seg) {
			return c.seg == n.seg
		}
	}
	return false
}

// isQKNorm reports whether a norm is of queries, keys or values; it may stand in
// the layer itself (Qwen3-Next).
func isQKNorm(seg string) bool {
	return hasPrefix(seg, []string{"q_", "k_", "v_", "qk_", "query_", "key_"})
}
