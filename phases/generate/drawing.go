package generate

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// drawing turns SGLang's tree into the tree that models.ts has for such a
// model. The layers themselves keep SGLang's names, so that a reader finds
// them in the source; the blocks around them go by what they are: self_attn,
// mlp, moe. SGLang's path of every module stays in its rows.
type drawing struct {
	b *builder
	// base begins the names of the model's own classes: "DeepseekV3".
	base string
	// model says that the body of the model is a block of its own below the
	// root, list that the list of its layers is one.
	model, list bool
	way         layout
	// classes is the number of SGLang's classes of decoder layers.
	classes int
}

// draw makes the parts of the entry, parents first. A plain dense decoder is
// drawn as llama-3.1-8b is, with the blocks of its body and of the list of its
// layers; in all others the layers stand below the root, as in deepseek-v3,
// minimax-m2 and nemotron-h, or below the language model of a wrapper.
func draw(b *builder, pattern Pattern, way layout) []*part {
	top := b.nodes[0]
	d := &drawing{b: b, base: ownClass(b.a), way: way}
	d.list = pattern == Standard || pattern == Custom
	d.model = d.list || isWrapper(b.a)
	if d.base == "" {
		d.base = className(top.class, "")
	}
	classes := map[string]bool{}
	for _, g := range b.groups {
		classes[g.class] = true
	}
	d.classes = len(classes)
	root := &part{node: top, name: identifier(cmp.Or(b.a.ArchitectureType, top.class)), count: 1}
	d.around(top, root, d.model)
	return root.list(nil)
}

// isWrapper reports whether the language model is a part of a larger one.
func isWrapper(a *extract.Architecture) bool { return a.TextConfigPath != "" }

// ownClass is how the classes of the model that the config names begin:
// DeepseekV3 of DeepseekV3ForCausalLM. Of a wrapper it is the language
// model's: Llama4Text of Llama4ForConditionalGeneration with llama4_text.
func ownClass(a *extract.Architecture) string {
	if a.ArchitectureType == "" {
		return ""
	}
	base := className(a.ArchitectureType, "")
	if !isWrapper(a) || a.TextConfig == nil {
		return base
	}
	if names, _ := a.TextConfig.Strings("architectures"); len(names) > 0 && names[0] != "" && names[0] != a.ArchitectureType {
		return className(names[0], "")
	}
	inner, _ := a.TextConfig.String("model_type")
	inner = strings.TrimSuffix(inner, "_model")
	outer, _ := a.Config.String("model_type")
	switch {
	case inner == "" || inner == outer:
		return base
	case strings.HasSuffix(inner, "_text"):
		return base + "Text"
	}
	return identifier(extract.Camel(inner))
}

// around draws what stands around the layers.
func (d *drawing) around(n *node, at *part, model bool) {
	for _, c := range n.children {
		switch {
		case c.class == "ModuleList" && c.group == nil && c.path == d.b.stack.path:
			below := at
			if d.list {
				below = at.show(c, "layers")
			}
			for _, layer := range c.children {
				d.decoder(layer, below)
			}
		case strings.HasPrefix(d.b.stack.path, c.path+"."):
			inner := at
			if model && !strings.Contains(c.class, "ForCausalLM") && !strings.Contains(c.class, "ForConditionalGeneration") {
				inner, model = at.show(c, d.own(c.class, "Model")), false
			}
			d.around(c, inner, model)
		default:
			d.below(c, at, c.seg)
		}
	}
}

// own is the name of a class of the model: SGLang's where it is named after
// the model, else one that is, since SGLang serves many models with another's
// classes.
func (d *drawing) own(class, ending string) string {
	if strings.HasPrefix(class, d.base) && strings.HasSuffix(class, ending) {
		return class
	}
	return d.base + ending
}

// below draws a module and all below it under SGLang's names.
func (d *drawing) below(n *node, at *part, name string) {
	p := at.show(n, name)
	for _, c := range n.children {
		d.below(c, p, c.seg)
	}
}

// mixer draws a token mixer. What chooses the positions that its kernels read
// (DeepSeek's indexer and compressors) stands with them in a block of its own:
// beside the projections there would be too many side by side. So do the
// modules of each kind where kinds drawn as one have none in common.
func (d *drawing) mixer(n *node, at *part, name string) {
	p := at.show(n, name)
	chosen := childNamed(n, "indexer") != nil || childNamed(n, "compressor") != nil
	apart := d.way.nested && allOfKinds(n)
	inner := map[string]*part{}
	for _, c := range n.children {
		block := "sparse_attn"
		var kind *group
		switch {
		case chosen && (c.seg == "indexer" || c.seg == "compressor" || mixes(c)):
		case apart:
			block, kind = name+"_"+c.group.suffix, c.group
		default:
			d.below(c, p, c.seg)
			continue
		}
		if inner[block] == nil {
			inner[block] = p.add(&part{name: identifier(block), section: groupAttention, group: kind})
		}
		d.below(c, inner[block], c.seg)
	}
	for _, block := range inner {
		block.cover()
	}
	if len(inner) > 0 { // a block stands where its kernel does, behind what is projected for it
		sort.SliceStable(p.children, func(i, j int) bool { return placePart(p.children[i]) < placePart(p.children[j]) })
	}
}

// allOfKinds reports whether a block of layers drawn as one holds nothing but
// modules of one of their kinds.
func allOfKinds(n *node) bool {
	if n.group == nil || n.group.kinds == nil {
		return false
	}
	return !slices.ContainsFunc(n.children, func(c *node) bool { return c.group == n.group })
}

// placePart orders the parts of a mixer as placeInMixer does.
func placePart(p *part) int {
	if p.node == nil {
		return placeInMixer(p.children[len(p.children)-1].node)
	}
	return placeInMixer(p.node)
}

// decoder draws one kind of decoder layers.
func (d *drawing) decoder(n *node, at *part) {
	name := d.base + "DecoderLayer"
	if d.classes > 1 { // the class says which kind of layers it is
		name = d.own(n.class, "DecoderLayer")
	}
	p := at.show(n, name)
	l := &layerDrawing{drawing: d, node: n, part: p, covers: map[string]*part{}}
	for _, c := range n.children {
		switch {
		case isBlock(c) && (mixes(c) || isMixerOf(c)):
			d.mixer(c, p, mixerName(c))
		case !isBlock(c) && loose(c):
			l.attention(c)
		case l.outerRouter(c):
			l.routers = append(l.routers, c)
		case isBlock(c) && (hasExperts(c) || transforms(c)):
			l.feedForward(c)
		default:
			d.below(c, p, c.seg)
		}
	}
	l.finish()
}

// layerDrawing draws the inside of one kind of decoder layers.
type layerDrawing struct {
	*drawing
	node *node
	part *part
	// loose is the block around modules of attention that have none.
	loose *part
	// covers are the blocks around MLPs by SGLang's path.
	covers map[string]*part
	// routers are those that stand beside their mixture of experts, moe the
	// last mixture drawn.
	routers []*node
	moe     *part
}

// attention puts a module of attention that stands in the layer itself into a
// block, as all other models have it.
func (l *layerDrawing) attention(c *node) {
	if l.loose == nil {
		l.loose = l.part.add(&part{name: "self_attn", section: groupAttention})
	}
	l.below(c, l.loose, c.seg)
}

// outerRouter reports whether a module is the router of a mixture of experts
// that stands beside it in the layer (Gemma 4).
func (l *layerDrawing) outerRouter(c *node) bool {
	if c.seg != "router" && c.seg != "gate" {
		return false
	}
	return slices.ContainsFunc(l.node.children, func(sibling *node) bool { return sibling != c && hasExperts(sibling) })
}

// finish counts the blocks that only the drawing has.
func (l *layerDrawing) finish() {
	for _, c := range l.routers {
		at := l.moe
		if at == nil {
			at = l.part
		}
		l.below(c, at, "moe_"+c.seg)
		if last := len(at.children) - 1; at == l.moe { // routing comes first
			at.children = append([]*part{at.children[last]}, at.children[:last]...)
		}
	}
	if l.loose != nil {
		sort.SliceStable(l.loose.children, func(i, j int) bool {
			return placeLoose(l.loose.children[i].node) < placeLoose(l.loose.children[j].node)
		})
	}
	for _, c := range l.part.children {
		if c.node == nil {
			c.cover()
		}
	}
}

// loose reports whether a module of attention stands in the layer itself,
// with no block around the attention (Qwen3-Next).
func loose(n *node) bool {
	around := slices.ContainsFunc(n.parent.children, isAttentionBlock)
	return !around && (groupOf(n) == groupAttention || n.typ == baseline.TypeNorm && isQKNorm(n.seg))
}

// mixerName is what the block of a token mixer is called: self_attn for all
// attention, softmax or linear. A second attention of the layer, and mixers
// that are not attention, keep SGLang's name.
func mixerName(n *node) string {
	if isMambaMixer(n) {
		return "mamba_mixer"
	}
	if k := kindOf(n); k != nil {
		switch {
		case k.Family == extract.ShortConv:
			return "short_conv"
		case k.Family == extract.RWKV, k.Family == extract.OtherMixer, k.Type == crossAttention:
			return n.seg
		}
	}
	second := slices.ContainsFunc(n.parent.children, func(sibling *node) bool { return sibling.path != n.path && isAttentionBlock(sibling) })
	return choose(second, n.seg, "self_attn")
}

// isAttentionBlock reports whether a module is a block of attention, softmax or
// linear.
func isAttentionBlock(n *node) bool { return isBlock(n) && mixes(n) && !isMambaMixer(n) }

// feedForward draws a dense MLP or a mixture of experts. Where SGLang calls
// the mixture by a word that says nothing of experts, the drawing has a block
// of that word (mlp, feed_forward) and in it moe, and mlp_dense for the layers
// that have none. So it is in all layers of a hybrid, which has too many
// modules side by side else.
func (l *layerDrawing) feedForward(n *node) {
	name := plainName(n)
	sparse := hasExperts(n)
	mixture := sparse && strings.Contains(n.seg, "moe") && n.variant == ""
	beside := sparse && (n.seg == "moe" || mixture && l.mixesInKinds()) && denseSibling(n) != nil
	switch {
	case mixture && !beside && !l.mixesInKinds():
		l.moe = l.experts(n, l.part, n.seg)
		return
	case !sparse && n.variant != variantDense && !l.covered(n):
		l.shared(n, l.part, name)
		return
	}
	path := n.path
	if beside {
		path = denseSibling(n).path
		name = plainName(denseSibling(n))
	} else if mixture {
		name = "mlp"
	}
	cover := l.covers[path]
	if cover == nil {
		cover = l.part.add(&part{name: identifier(name), section: groupMLP})
		l.covers[path] = cover
	}
	if sparse {
		l.moe = l.experts(n, cover, choose(strings.Contains(n.seg, "moe"), n.seg, "moe"))
		return
	}
	l.below(n, cover, "mlp_dense")
	sort.SliceStable(cover.children, func(i, j int) bool {
		return !hasExperts(cover.children[i].node) && hasExperts(cover.children[j].node)
	})
}

// covered reports whether a dense MLP gets a block around it: beside a mixture
// of experts in the same layer, in layers of a hybrid that mix tokens too, and
// where the drawing is too wide else.
func (l *layerDrawing) covered(n *node) bool {
	if n.seg != "mlp" && n.seg != "feed_forward" {
		return false
	}
	beside := slices.ContainsFunc(l.node.children, func(sibling *node) bool { return sibling.seg == "moe" && hasExperts(sibling) })
	return beside || l.way.deep || l.mixesInKinds()
}

// mixesInKinds reports whether the layer mixes tokens and stands beside layers
// of another kind.
func (l *layerDrawing) mixesInKinds() bool {
	return len(l.b.groups) > 1 && slices.ContainsFunc(l.node.children, func(c *node) bool { return mixes(c) || isMixerOf(c) })
}

// denseSibling is the dense MLP that stands beside a module in its layer.
func denseSibling(n *node) *node {
	for _, sibling := range n.parent.children {
		if (sibling.seg == "mlp" || sibling.seg == "feed_forward") && sibling != n && isBlock(sibling) && !hasExperts(sibling) && transforms(sibling) {
			return sibling
		}
	}
	return nil
}

// plainName is the word for a feed-forward block: mlp, unless SGLang's own is
// as usual or the layer has several.
func plainName(n *node) string {
	if n.seg == "mlp" || n.seg == "feed_forward" {
		return n.seg
	}
	several := slices.ContainsFunc(n.parent.children, func(sibling *node) bool {
		return sibling.path != n.path && isBlock(sibling) && !mixes(sibling) && transforms(sibling)
	})
	return choose(several, n.seg, "mlp")
}

// experts draws a mixture of experts: its own parts begin with moe_, those of
// the shared expert with shared_.
func (d *drawing) experts(n *node, at *part, name string) *part {
	p := at.show(n, name)
	var shared *part
	for _, c := range n.children {
		switch {
		case isBlock(c) && strings.HasPrefix(c.seg, "shared") && !hasExperts(c):
			shared = d.shared(c, p, "shared_expert")
		case shared != nil && c.seg == "shared_expert_gate": // it weighs what the shared expert gives
			d.below(c, shared, c.seg)
		case isRouting(c) && !strings.HasPrefix(c.seg, "moe_"):
			d.below(c, p, "moe_"+c.seg)
		default:
			d.below(c, p, c.seg)
		}
	}
	return p
}

// isRouting reports whether a module of a mixture of experts chooses experts
// or is the experts.
func isRouting(n *node) bool {
	switch n.seg {
	case "gate", "router", "topk", "experts":
		return true
	}
	return n.typ == baseline.TypeMoE || n.typ == baseline.TypeTopK
}

// shared draws a block of linear layers; those of a shared expert say so, not
// to be taken for the routed experts'.
func (d *drawing) shared(n *node, at *part, name string) *part {
	p := at.show(n, name)
	for _, c := range n.children {
		if strings.HasPrefix(n.seg, "shared") && !strings.HasPrefix(c.seg, "shared") {
			d.below(c, p, "shared_"+c.seg)
			continue
		}
		d.below(c, p, c.seg)
	}
	return p
}
