package validate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/tsast"
)

// completeness looks for what stands around the layers, for projections, and
// for kernels that a listed module runs, too.
func (c *comparison) completeness() {
	c.rootClass()
	c.missingAroundLayers()
	if c.facts.known() && c.tree.matched {
		for _, d := range c.tree.decoders {
			c.projections(d)
			c.emptyMLPs(d)
		}
	}
	c.lackingDefinitions()
}

// rootClass compares the outermost block with the class that the config names.
func (c *comparison) rootClass() {
	var root *tsast.Module
	for _, m := range c.p.model.Modules {
		if m.Parent.Kind == tsast.Absent && m.Type.Value == "block" {
			if root != nil {
				return // several: another rule says so
			}
			root = m
		}
	}
	class := c.arch.ArchitectureType
	if root == nil || class == "" || root.Name == class || c.p.byName[class] != nil || !isClassKey(root.Name) {
		return
	}
	if slices.ContainsFunc(c.expected.Modules, func(m ExpectedModule) bool { return m.Parent == "" && m.Name == root.Name }) {
		return
	}
	c.renamed = root
	edits := []tsast.TextEdit{{Span: root.NameSpan, NewText: class}}
	for _, m := range c.p.model.Modules {
		if m.Parent.Value == root.Name && m.Parent.Kind == tsast.StringLiteral {
			edits = append(edits, c.p.file().ReplaceString(m.Parent.Span, class))
		}
	}
	c.find(root, Problem{
		Rule: "config-root-class", Span: root.NameSpan, Expected: class,
		Message: fmt.Sprintf("the root is %s, but the model's class is %s", q(root.Name), class),
		Fixes:   []Fix{{Title: "Rename to " + class, Edits: edits, Preferred: true}},
	}, "architectures")
}

// isClassKey reports whether a key is written as a class, not as an attribute.
func isClassKey(key string) bool { return key != "" && key[0] >= 'A' && key[0] <= 'Z' }

// The parts around the layers that an entry shows.
const (
	partEmbedding = "the embedding"
	partNorm      = "the final norm"
	partHead      = "the head"
)

// partAround tells a layer outside of the decoder layers by its key.
func (c *comparison) partAround(key string) string {
	words := c.tree.words(key)
	switch {
	case words["norm"] || words["layernorm"] || words["ln"]:
		return partNorm
	case words["head"] || key == "output_layer":
		return partHead
	case words["embed"] || words["embeddings"] || words["embedding"] || words["wte"]:
		return partEmbedding
	}
	return ""
}

// missingAroundLayers reports which of embedding, final norm and head an entry lacks that
// shows another of them.
func (c *comparison) missingAroundLayers() {
	have := map[string]*tsast.Module{}
	for _, m := range c.p.model.Modules {
		if c.tree.within[m.Name] == nil && m.Type.Value == "layer" && !c.tree.foreign(m) {
			if part := c.partAround(m.Name); part != "" {
				have[part] = m
			}
		}
	}
	if len(have) == 0 {
		return // an entry of the layers alone
	}
	for _, e := range c.expected.Modules {
		part := c.partAround(e.Name)
		if part == "" || part == partHead && c.arch.TieWordEmbeddings { // tied, the embedding is the head
			continue
		}
		if e.Type != "layer" || e.Count != 1 || have[part] != nil || c.p.byName[e.Name] != nil {
			continue
		}
		known := have[partNorm]
		if part == partEmbedding || known == nil {
			known = cmp.Or(have[partEmbedding], have[partNorm], have[partHead])
		}
		have[part] = known // each once
		c.find(nil, Problem{
			Rule: "config-missing-layer", Span: c.p.place(), Expected: e.Name,
			Message: fmt.Sprintf("the entry lacks %s, %s", part, q(e.Name)),
			Fixes:   c.addAround(part, e, known),
		}, "architectures")
	}
}

// addAround puts a part beside one that the entry shows: the embedding behind
// the block around it, where that is all that stands before, the others last.
func (c *comparison) addAround(part string, e ExpectedModule, known *tsast.Module) []Fix {
	parent := c.p.byName[known.Parent.Value]
	if parent == nil || parent == c.renamed { // the two fixes would not go together
		return nil
	}
	e.Parent = ""
	modules := []ExpectedModule{e}
	if part == partEmbedding {
		return c.insertion("Add "+clip(e.Name), parent, parent, map[string]string{e.Name: e.Name}, modules)
	}
	return c.insertion("Add "+clip(e.Name), parent, c.p.model.Modules[len(c.p.model.Modules)-1], map[string]string{e.Name: e.Name}, modules)
}

// projections reports linear layers of a mixer or an MLP where the entry shows
// the block and fewer layers in it than the model has.
func (c *comparison) projections(d *decoder) {
	shown := map[bool][]*tsast.Module{} // by whether it belongs to an MLP
	for _, m := range d.below {
		if c.isProjection(m) {
			fed := c.inMLP(d, m)
			shown[fed] = append(shown[fed], m)
		}
	}
	mixer := c.mixerBlock(d)
	if mixer == nil {
		return
	}
	var lack []dimension
	total := 0
	for _, dim := range c.facts.dimensions(d.layers) {
		if dim.Type != "linear" || dim.shared || dim.K == 0 || !c.ofMixer(d, dim) {
			continue
		}
		total++
		known := slices.ContainsFunc(shown[false], func(m *tsast.Module) bool { return projects(m, dim) })
		if !known && !slices.ContainsFunc(lack, func(l dimension) bool { return l.last == dim.last }) {
			lack = append(lack, dim)
		}
	}
	if len(lack) == 0 || len(shown[false]) >= total {
		return // shown in parts of another division
	}
	c.lackingProjections(mixer, lack)
}

func (c *comparison) lackingProjections(block *tsast.Module, lack []dimension) {
	var words, fields, names []string
	for _, dim := range lack {
		words = append(words, fmt.Sprintf("%s (%s)", dim.last, definition.GEMM(dim.N, dim.K)))
		names = append(names, dim.last)
		fields = append(fields, dim.Fields...)
	}
	slices.Sort(fields)
	found := c.expectedBelow(func(m ExpectedModule) bool {
		return m.Type == "layer" && counted(block) && int64(m.Count) == block.Count.Int && slices.ContainsFunc(lack, func(dim dimension) bool {
			return roleOf(m.Name, dim.last) && slices.Contains(m.Definitions, definition.GEMM(dim.N, dim.K).String())
		})
	})
	var fixes []Fix
	if block.Type.Value == "block" && len(found) == len(lack) {
		fixes = c.addition("Add the projections", block, block, found)
	}
	c.find(block, Problem{
		Rule: "config-missing-layer", Span: block.NameSpan, Expected: strings.Join(names, ", "),
		Message: fmt.Sprintf("%s lacks %s", q(block.Name), strings.Join(words, ", ")),
		Fixes:   fixes,
	}, slices.Compact(fields)...)
}

// emptyMLPs reports feed-forward blocks of an entry with nothing in them.
func (c *comparison) emptyMLPs(d *decoder) {
	for _, m := range d.below {
		part := c.tree.mlpOf(m)
		if part == mlpNone || len(c.p.children[m.Name]) > 0 {
			continue
		}
		is := map[mlpPart]func(layerFact) bool{mlpSparse: sparse, mlpDense: dense}[part]
		if is == nil { // it is what all layers have
			if is = dense; c.facts.count(d.layers, sparse) > 0 {
				continue
			}
		}
		var lack []dimension
		for _, i := range d.layers {
			if l := c.facts.layers[i]; is(l) {
				for _, dim := range c.facts.dimensions([]int{i}) {
					if dim.Type == "linear" && !dim.shared && dim.K > 0 && !c.ofMixer(d, dim) {
						lack = append(lack, dim)
					}
				}
				break
			}
		}
		if len(lack) > 0 {
			c.lackingProjections(m, lack)
		}
	}
}

// mixerBlock is the block of a decoder layer's token mixer, or the layer that
// stands for all of it.
func (c *comparison) mixerBlock(d *decoder) *tsast.Module {
	for _, m := range d.below {
		for _, item := range m.Definitions.Items {
			n, ok := c.p.parseAnySpelling(item.Value)
			if !ok || len(mixersOf[n.Family.OpType]) == 0 {
				continue
			}
			up := c.p.byName[m.Parent.Value]
			if up == nil || up == d.module || c.tree.within[up.Name] != d {
				return m
			}
			return up
		}
	}
	return nil
}

// ofMixer reports whether a linear layer is one of the mixers' of a decoder block.
func (c *comparison) ofMixer(d *decoder, dim dimension) bool {
	for _, i := range d.layers {
		for _, own := range c.facts.layers[i].mixer.Dimensions {
			if own.Name == dim.Name && own.N == dim.N && own.K == dim.K {
				return true
			}
		}
	}
	return false
}

// isProjection reports whether a layer is a linear one, by its Definitions or its key.
func (c *comparison) isProjection(m *tsast.Module) bool {
	if m.Type.Value != "layer" {
		return false
	}
	for _, item := range m.Definitions.Items {
		if n, ok := c.p.parseAnySpelling(item.Value); ok && n.Family.OpType == "gemm" {
			return true
		}
	}
	words := c.tree.words(m.Name)
	if words["norm"] || words["layernorm"] {
		return false
	}
	return words["proj"] || words["qkv"] || words["query"] || words["dense"] || words["linear"] || words["out"]
}

// inMLP reports whether a module stands below a feed-forward block.
func (c *comparison) inMLP(d *decoder, m *tsast.Module) bool {
	return c.p.inside(m, func(m *tsast.Module) bool { return c.tree.within[m.Name] == d && c.tree.mlpOf(m) != mlpNone })
}

// projects reports whether a layer is a dimension, by its key or its size.
func projects(m *tsast.Module, dim dimension) bool {
	size := definition.GEMM(dim.N, dim.K).String()
	return roleOf(m.Name, dim.last) || slices.ContainsFunc(m.Definitions.Items, func(item tsast.String) bool { return item.Value == size })
}

// lackingDefinitions reports modules that list Definitions, but not all that
// they run: the GEMM of a router that names the experts' kernel, and the norm
// with the residual's addition beside the one without.
func (c *comparison) lackingDefinitions() {
	for _, m := range c.p.model.Modules {
		if m.Type.Value != "layer" || len(m.Definitions.Items) == 0 || c.tree.foreign(m) {
			continue
		}
		names, ok := c.namesFor(m)
		if c.tree.within[m.Name] == nil {
			names, ok = c.namesAround(m)
		}
		if !ok {
			continue
		}
		for _, name := range names {
			if !c.lacks(m, name) {
				continue
			}
			last := m.Definitions.Items[len(m.Definitions.Items)-1]
			c.find(m, Problem{
				Rule: "config-missing-definition", Span: m.Definitions.Span, Expected: name,
				Message: fmt.Sprintf("%s does not list %s, which it runs, too", q(m.Name), name),
				Fixes: []Fix{{
					Title: "Add " + name, Preferred: true,
					Edits: c.p.file().InsertElement(m.Definitions.Span, last.Span, c.p.style.String(c.respelled(name))),
				}},
			}, c.fieldsBehind(m, []string{name})...)
		}
	}
}

// namesAround returns the Definitions of a layer outside of the decoder layers.
func (c *comparison) namesAround(m *tsast.Module) (names []string, ok bool) {
	part := c.partAround(m.Name)
	for _, e := range c.expected.Modules {
		if part == "" || e.Type != "layer" || e.Count != 1 || c.partAround(e.Name) != part {
			continue
		}
		if ok {
			return nil, false
		}
		names, ok = e.Definitions, true
	}
	return names, ok
}

// lacks reports whether a module lists Definitions of which one of the model is
// missing: none of its kind (a router's GEMM), or of a norm the way with the
// residual.
func (c *comparison) lacks(m *tsast.Module, name string) bool {
	want, err := definition.Parse(name)
	if err != nil {
		return false
	}
	sameKind := false
	for _, item := range m.Definitions.Items {
		n, ok := c.p.parseAnySpelling(item.Value)
		if !ok {
			return false // what it says is not known
		}
		if n.Family.ID == want.Family.ID {
			return false
		}
		sameKind = sameKind || n.Family.OpType == want.Family.OpType || n.Family.ID == "rmsnorm" && want.Family.ID == "fused_add_rmsnorm"
	}
	switch want.Family.ID {
	case "gemm":
		return !sameKind
	case "fused_add_rmsnorm":
		return sameKind
	}
	return false
}
