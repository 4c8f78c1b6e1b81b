package generate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// node is one module of the entry while it is being built.
type node struct {
	seg   string // last segment of the path, or the class for blocks above the layers
	path  string // dotted path of the rows
	class string
	typ   baseline.ModuleType
	count int
	// layers are the decoder layers it stands in; nil outside.
	layers layerSet
	rows   []baseline.Module
	// gemm is the router weight (a bare parameter) that the block multiplies with.
	gemm *baseline.Module
	// parameters says that the block holds bare parameters.
	parameters bool
	comment    string
	// synthetic names the kernel of a layer that no row stands for.
	synthetic string
	// final says that this is the norm behind the last layer.
	final bool

	parent   *node
	children []*node
	group    *group
	depth    int
	// variant tells it from the other rows of the same path; see variants.go.
	variant string
	key     string
}

// group are the decoder layers that are built alike: one class, one kind of
// token mixer.
type group struct {
	class  string
	kind   *extract.AttentionKind // nil when the architecture does not say
	layers layerSet
	suffix string // tells it from the other groups: "gdn", "sliding"
	// kinds are the kinds of mixer in layers that are drawn as one, within the
	// layers as one that a kind is of (join.go); nil where each is drawn apart.
	kinds  []*group
	within *group
}

// trie holds the rows by path.
type trie struct {
	seg      string
	path     string
	rows     []parsedRow
	children []*trie
	index    map[string]*trie
}

type parsedRow struct {
	baseline.Module
	layers layerSet
	kind   *group // of the layers that are drawn as one, whose kernel it is
}

func (t *trie) child(seg string) *trie {
	if c := t.index[seg]; c != nil {
		return c
	}
	path := seg
	if t.path != "" {
		path = t.path + "." + seg
	}
	c := &trie{seg: seg, path: path, index: map[string]*trie{}}
	t.index[seg] = c
	t.children = append(t.children, c)
	return c
}

// isTiedHead reports whether a second name of a module is a second use of it:
// the embedding's weights as the head. Any other (self.model = self.lm.model,
// a layer's second name for one of its parts) is not part of its own.
func isTiedHead(r baseline.Module) bool {
	weights := r.Type == baseline.TypeEmbedding || r.Type == baseline.TypeLMHead
	return weights && r.Layers == "" && lastSegment(r.Path) != lastSegment(r.Tied)
}

func newTrie(rows []baseline.Module) *trie {
	root := &trie{index: map[string]*trie{}}
	for _, r := range rows {
		if r.Count < 1 || r.Uncalled || r.Tied != "" && !isTiedHead(r) {
			continue
		}
		if r.Packed && r.NumExperts != nil { // the list runs as one module
			r.Type, r.Count = baseline.TypeMoE, r.Count / *r.NumExperts
		}
		at := root
		if r.Path != "" {
			for _, seg := range strings.Split(r.Path, ".") {
				at = at.child(seg)
			}
		}
		at.rows = append(at.rows, parsedRow{Module: r, layers: parseLayers(r.Layers)})
	}
	return root
}

// stacks are the shallowest paths whose rows stand in layers.
func (t *trie) stacks() []*trie {
	if isStack(t) {
		return []*trie{t}
	}
	var found []*trie
	for _, c := range t.children {
		found = append(found, c.stacks()...)
	}
	return found
}

// stackLayers are all layers that the rows at a path stand in.
func (t *trie) stackLayers() layerSet {
	var all layerSet
	for _, r := range t.rows {
		all = all.or(r.layers)
	}
	return all
}

// towerNames are the attribute names that multimodal classes give to the
// parts before the language model.
var towerNames = regexp.MustCompile(`(?i)^(visual|vision|audio|image|speech|video|vit)|(_tower|projector)$`)

// builder turns rows into nodes.
type builder struct {
	a        *extract.Architecture
	stack    *trie
	layers   layerSet
	groups   []*group
	nodes    []*node
	warnings []string
	// joined draws the kinds of token mixer in one class of layers as one.
	joined bool
}

// buildTree builds the tree of nodes and lists them parents first. joined
// draws what the kinds of layers of one class share once (join.go).
func buildTree(rows []baseline.Module, a *extract.Architecture, joined bool) (*builder, error) {
	b := &builder{a: a, joined: joined}
	root := newTrie(rows)
	if len(root.rows) == 0 {
		root.rows = []parsedRow{{Module: baseline.Module{Class: className(a.ArchitectureType, "ForCausalLM"), Type: baseline.TypeBlock, Count: 1}}}
	}
	b.chooseStack(root)
	if b.stack == nil {
		return nil, fmt.Errorf("the module tree of %s has no decoder layers", root.rows[0].Class)
	}
	b.makeGroups()
	first := root.rows[0]
	top := &node{seg: first.Class, class: first.Class, typ: baseline.TypeBlock, count: 1, rows: []baseline.Module{first.Module}}
	b.expand(root, nil, top)
	b.tidy(top)
	b.markFinalNorm(top)
	sortForReaders(top)
	b.nodes = preorder(top, nil)
	return b, nil
}

// chooseStack finds the decoder layers: the stack of the expected length, or
// the longest; of several, the one with most in it. Other stacks below a
// tower's name are not part of the entry.
func (b *builder) chooseStack(root *trie) {
	b.dropTowers(root, len(root.stacks()))
	best, most := -1, -1
	for _, s := range root.stacks() {
		score, size := len(s.stackLayers()), s.size()
		if score == b.a.NumLayers {
			score += maxLayers
		}
		if score > best || score == best && size > most {
			best, most, b.stack = score, size, s
		}
	}
	if b.stack != nil {
		b.layers = b.stack.stackLayers()
	}
}

// size is the number of modules at a path and below it.
func (t *trie) size() int {
	n := len(t.rows)
	for _, c := range t.children {
		n += c.size()
	}
	return n
}

// dropTowers cuts off what is named like a tower or a projector, unless all
// decoder layers are below it. stacks is the number of stacks in the tree.
func (b *builder) dropTowers(t *trie, stacks int) {
	kept := t.children[:0]
	for _, c := range t.children {
		if towerNames.MatchString(c.seg) && !strings.Contains(c.seg, "experts") && len(c.stacks()) < stacks {
			class := ""
			if len(c.rows) > 0 {
				class = " (" + c.rows[0].Class + ")"
			}
			b.warnings = append(b.warnings, fmt.Sprintf("%s%s is not part of the language model and is left out", c.path, class))
			stacks -= len(c.stacks())
			delete(t.index, c.seg)
			continue
		}
		kept = append(kept, c)
	}
	t.children = kept
	for _, c := range t.children {
		if !isStack(c) {
			b.dropTowers(c, stacks)
		}
	}
}

func isStack(t *trie) bool {
	return slices.ContainsFunc(t.rows, func(r parsedRow) bool { return r.layers != nil })
}

// expand adds the modules below a path, in construction order.
func (b *builder) expand(t *trie, layers layerSet, parent *node) {
	for _, c := range t.children {
		if c == b.stack {
			b.expandStack(c, parent)
			continue
		}
		found := b.variantsAt(c, layers, parent.group)
		if len(c.rows) == 0 {
			b.expand(c, layers, parent) // a container without a row of its own
			continue
		}
		for _, n := range found {
			if strings.HasPrefix(b.stack.path, c.path+".") {
				n.seg = n.class // the model around the layers goes by its class
			}
			b.add(n, parent)
			b.expand(c, n.layers, n)
			b.tidy(n)
		}
	}
}

// expandStack adds the list of layers and one decoder block per group.
//
// The list counts its layers although it is one object: the entries of
// FlashInfer-Bench that have it do so (llama-3.1-8b: layers ×32), the web app
// draws each count as it is written and multiplies none, and a count is a
// multiple of its parent's either way.
func (b *builder) expandStack(t *trie, parent *node) {
	list := &node{seg: t.seg, path: t.path, class: "ModuleList", typ: baseline.TypeBlock, count: len(b.layers)}
	b.add(list, parent)
	for _, g := range b.groups {
		n := &node{seg: g.class, path: t.path, class: g.class, typ: baseline.TypeBlock, count: len(g.layers), layers: g.layers, group: g}
		for _, r := range t.rows {
			if r.Class == g.class {
				n.rows = append(n.rows, r.Module)
			}
		}
		b.add(n, list)
		b.expand(t, g.layers, n)
		b.tidy(n)
	}
}

func (b *builder) add(n, parent *node) {
	n.parent, n.depth = parent, parent.depth+1
	if n.group == nil {
		n.group = parent.group
	}
	parent.children = append(parent.children, n)
}

// variantsAt returns the rows of one path within the given layers: rows of
// equal class and size are one node, others stand beside each other. Bare
// parameters are not modules: they mark their parent.
func (b *builder) variantsAt(t *trie, layers layerSet, g *group) []*node {
	var found []*node
	at := map[string]*node{}
	for _, r := range g.kernelsByKind(t.rows, b.layers) {
		part, count := r.layers, r.Count
		if layers != nil {
			whole := r.layers
			if whole == nil {
				whole = b.layers
			}
			part = whole.and(layers)
			if len(part) == 0 {
				continue
			}
			count = r.Count * len(part) / len(whole)
		}
		id := signature(r.Module)
		if r.kind != nil {
			id += "|" + r.kind.suffix
		}
		if n := at[id]; n != nil {
			n.count += count
			n.layers = n.layers.or(part)
			n.rows = append(n.rows, r.Module)
			continue
		}
		n := &node{seg: nameIn(t.path), path: t.path, class: r.Class, typ: r.Type, count: max(count, 1), layers: part, group: r.kind, rows: []baseline.Module{r.Module}}
		if r.Tied != "" {
			n.comment = "weights tied to " + lastSegment(r.Tied)
		}
		at[id] = n
		found = append(found, n)
	}
	for _, n := range found {
		if n.group == nil {
			n.group = g.kindOfLayers(n.layers)
		}
	}
	return found
}

// nameIn is the name of the module at a path. One of a Sequential has only a
// number, which says nothing without the Sequential's name: conv_qk_0.
func nameIn(path string) string {
	name := lastSegment(path)
	if strings.Trim(name, "0123456789") != "" || len(name) == len(path) {
		return name
	}
	return lastSegment(path[:len(path)-len(name)-1]) + "_" + name
}

// signature is equal for rows that are the same module in other layers.
func signature(r baseline.Module) string {
	values := []*int{r.N, r.K, r.Hidden, r.NumHeads, r.NumKVHeads, r.HeadDim, r.VHeadDim, r.RotaryDim, r.NumExperts, r.TopK, r.IntermediateSize}
	var s strings.Builder
	fmt.Fprintf(&s, "%s|%s|%v", r.Class, r.Type, r.Gemm)
	for _, v := range values {
		if v == nil {
			s.WriteString("|-")
			continue
		}
		fmt.Fprintf(&s, "|%d", *v)
	}
	return s.String()
}
