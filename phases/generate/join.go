package generate

import (
	"math"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// Upstream draws each kind of layers apart, with all its modules (the local and
// the global ones of Llama 4), and draws layers that differ in one block only
// as one, with both forms of the block (the dense and the sparse MLP of
// DeepSeek V3). The page lays a level out side by side: where kinds apart do
// not fit on it, those of one class are drawn the second way.

// layout is a way to draw the kinds of layers of one class.
type layout struct {
	// joined draws what they share once.
	joined bool
	// nested draws a mixer that they share nothing of as a block for each of them.
	nested bool
	// deep puts a dense MLP into a block around it, a level below attention's parts.
	deep bool
}

// drawTree builds the tree of nodes and draws it: as upstream draws such a
// model, or the way that fits on the page where that would not.
func drawTree(rows []baseline.Module, a *extract.Architecture) (*builder, Pattern, []*part, error) {
	var b, built *builder
	var pattern Pattern
	var parts []*part
	least := math.Inf(1) // share of the cards outside of view
	for _, way := range []layout{{}, {deep: true}, {joined: true, nested: true}, {joined: true}, {joined: true, deep: true}} {
		if way.joined && !b.joinable() {
			break
		}
		if built == nil || built.joined != way.joined {
			var err error
			if built, err = buildTree(rows, a, way.joined); err != nil {
				return nil, "", nil, err
			}
		}
		otherPattern, otherParts := drawBuilt(built, rows, way)
		if share := shareOutside(otherParts); b == nil || share < least {
			b, pattern, parts, least = built, otherPattern, otherParts, share
		}
		if least <= mostOutside {
			break
		}
	}
	return b, pattern, parts, nil
}

func drawBuilt(b *builder, rows []baseline.Module, way layout) (Pattern, []*part) {
	markVariants(b.nodes)
	pattern := patternOf(b.a)
	switch {
	case fromSource(rows) && (pattern == Custom || b.a.Generic):
		pattern = patternOfTree(b.nodes)
	case !fromSource(rows) && b.a.Generic:
		pattern = Custom
	}
	return pattern, draw(b, pattern, way)
}

// The web app's page: how many cards of a level are seen at its smallest zoom,
// and the largest share of cards outside of view that an entry of upstream's
// own has (4 of 27, qwen3-next-80b-a3b; docs/drawing.md).
const (
	cardsAcross = 9
	mostOutside = 4.0 / 27
)

// shareOutside is the share of an entry's cards that the page shows outside of
// view: each level stands centred, so that what is too much is cut off on both
// sides.
func shareOutside(parts []*part) float64 {
	levels := map[int]int{}
	for _, p := range parts {
		levels[p.depth()]++
	}
	outside := 0
	for _, n := range levels {
		if n > cardsAcross {
			outside += (n - cardsAcross + 1) / 2 * 2
		}
	}
	return float64(outside) / float64(len(parts))
}

// joinable reports whether a class of layers comes in several kinds.
func (b *builder) joinable() bool {
	classes := map[string]bool{}
	for _, g := range b.groups {
		if classes[g.class] || g.kinds != nil {
			return true
		}
		classes[g.class] = true
	}
	return false
}

// joinKinds makes one group of the kinds of each class. The kind of most of
// its layers stands for those that the modules in all of them belong to.
func (b *builder) joinKinds() {
	byClass := map[string][]*group{}
	var classes []string
	for _, g := range b.groups {
		if byClass[g.class] == nil {
			classes = append(classes, g.class)
		}
		byClass[g.class] = append(byClass[g.class], g)
	}
	b.groups = nil
	for _, class := range classes {
		kinds := byClass[class]
		if len(kinds) == 1 {
			b.groups = append(b.groups, kinds[0])
			continue
		}
		joined := &group{class: class, kinds: kinds}
		most := kinds[0]
		for _, k := range kinds {
			k.within = joined
			joined.layers = joined.layers.or(k.layers)
			if len(k.layers) > len(most.layers) {
				most = k
			}
		}
		joined.kind = most.kind
		b.groups = append(b.groups, joined)
	}
	nameGroups(b.groups, isChunked(b.a), b.mlpFamilyOf)
}

// outermost is the group of layers that are drawn as one.
func (g *group) outermost() *group {
	if g != nil && g.within != nil {
		return g.within
	}
	return g
}

// kindOfLayers is the kind that has exactly these layers among those drawn as one;
// nil when there is none.
func (g *group) kindOfLayers(layers layerSet) *group {
	if g == nil {
		return nil
	}
	for _, k := range g.kinds {
		if len(layers) == len(k.layers) && len(layers.and(k.layers)) == len(layers) {
			return k
		}
	}
	return nil
}

// kernelsByKind splits the rows of token mixers by the kinds of layers drawn as
// one: what mixes is what the kinds differ in, also where the modules are alike
// (a window). all are the layers of a row that names none.
func (g *group) kernelsByKind(rows []parsedRow, all layerSet) []parsedRow {
	if g == nil || g.kinds == nil {
		return rows
	}
	var split []parsedRow
	for _, r := range rows {
		if r.Type != baseline.TypeAttention && r.Type != baseline.TypeLinearAttention {
			split = append(split, r)
			continue
		}
		whole := r.layers
		if whole == nil {
			whole = all
		}
		for _, k := range g.kinds {
			if part := whole.and(k.layers); len(part) > 0 {
				one := r
				one.layers, one.kind, one.Count = part, k, r.Count*len(part)/len(whole)
				split = append(split, one)
			}
		}
	}
	return split
}
