package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/tsast"
)

// modules looks for parts of layers that the model does not have, or that the
// entry lacks.
func (c *comparison) modules() {
	if c.facts.known() && c.tree.matched {
		for _, d := range c.tree.decoders {
			c.extraFeedForward(d)
			c.extraNorms(d)
			c.extraRope(d)
			c.missingFeedForward(d)
			c.missingShared(d)
		}
	}
	c.missingDefinitions()
}

// tops are the outermost feed-forward blocks below a decoder block.
func (c *comparison) tops(d *decoder) []*tsast.Module {
	var tops []*tsast.Module
	for _, m := range d.below {
		if c.tree.mlpOf(m) == mlpNone {
			continue
		}
		if !slices.ContainsFunc(tops, func(t *tsast.Module) bool { return c.p.below(t.Name, m.Name) }) {
			tops = append(tops, m)
		}
	}
	return tops
}

func (c *comparison) extra(m *tsast.Module, why string, fields []string) {
	if c.agreed(m) {
		return
	}
	c.find(m, Problem{
		Rule: "config-extra-module", Span: m.NameSpan, Expected: "0",
		Message: fmt.Sprintf("the model has no %s: %s", q(m.Name), why),
		Fixes:   c.removal(m),
	}, fields...)
}

func (c *comparison) extraFeedForward(d *decoder) {
	for _, m := range c.tops(d) {
		part := c.tree.mlpOf(m)
		switch {
		case c.facts.count(d.layers, hasMLP) == 0:
			c.extra(m, fmt.Sprintf("the layers that %s stands for have no MLP", q(d.module.Name)), kindFields)
		case part == mlpSparse && c.facts.count(d.layers, sparse) == 0:
			c.extra(m, "these layers have a dense MLP, no mixture of experts", splitFields)
		}
	}
}

// extraNorms compares the norms that stand in the layer itself: a layer that
// has a mixer or an MLP alone has the norms of that part alone.
func (c *comparison) extraNorms(d *decoder) {
	most, names := 0, map[string]bool{}
	for _, i := range d.layers {
		l := c.facts.layers[i]
		if attends(l) && hasMLP(l) {
			return
		}
		n := len(l.mixer.Norms) + len(l.mlp.Norms)
		most = max(most, n)
		for _, norm := range slices.Concat(l.mixer.Norms, l.mlp.Norms) {
			names[norm.Name] = true
		}
	}
	var norms []*tsast.Module
	for _, m := range c.p.children[d.module.Name] {
		if words := c.tree.words(m.Name); m.Type.Value == "layer" && (words["norm"] || words["layernorm"]) {
			norms = append(norms, m)
		}
	}
	if most == 0 || len(norms) <= most {
		return
	}
	// The last ones are too many; the first stands before the only part.
	for _, m := range norms[most:] {
		if names[m.Name] {
			continue
		}
		c.extra(m, fmt.Sprintf("the layers that %s stands for have %s alone, with %d norm before it", q(d.module.Name), c.onlyPart(d), most), kindFields)
	}
}

func (c *comparison) onlyPart(d *decoder) string {
	if c.facts.count(d.layers, attends) > 0 {
		return "a token mixer"
	}
	return "an MLP"
}

func (c *comparison) extraRope(d *decoder) {
	isRope := func(name string) bool {
		words := c.tree.words(name)
		return words["rotary"] || words["rope"]
	}
	if c.facts.count(d.layers, hasRope) > 0 || slices.ContainsFunc(c.expected.Modules, func(m ExpectedModule) bool { return isRope(m.Name) }) {
		return
	}
	for _, i := range d.layers {
		if f := c.facts.layers[i].mixer.Family; f != extract.GQA && f != extract.NoAttention {
			return // others do not say what they rotate
		}
	}
	for _, m := range d.below {
		if m.Type.Value == "layer" && isRope(m.Name) {
			c.extra(m, "its attention has no rotary embedding", []string{"rope_theta", "partial_rotary_factor", "position_embedding_type", "no_rope_layers"})
		}
	}
}

// missingFeedForward reports layers of a block whose dense MLP or mixture of
// experts the entry does not show, although it shows the other.
func (c *comparison) missingFeedForward(d *decoder) {
	tops := c.tops(d)
	hasMoE, hasDense := false, false
	var shown *tsast.Module
	var look func(m *tsast.Module)
	look = func(m *tsast.Module) {
		switch c.tree.mlpOf(m) {
		case mlpSparse:
			hasMoE, shown = true, m
		case mlpDense:
			hasDense, shown = true, m
		case mlpUnclear:
			if len(c.p.children[m.Name]) == 0 {
				hasMoE, hasDense = true, true
			}
			for _, child := range c.p.children[m.Name] {
				if child != m {
					look(child)
				}
			}
		case mlpNone:
		}
	}
	for _, m := range tops {
		look(m)
	}
	if shown == nil || hasMoE == hasDense || c.agreed(shown) {
		return
	}
	n, what, is := c.facts.count(d.layers, dense), "dense MLPs", dense
	if hasDense {
		n, what, is = c.facts.count(d.layers, sparse), "mixtures of experts", sparse
	}
	if n == 0 {
		return
	}
	all := c.facts.count(c.facts.all(), is)
	words := fmt.Sprintf("%d %s", n, what)
	if all != n {
		words += fmt.Sprintf(" (of %d in the whole model)", all)
	}
	c.find(shown, Problem{
		Rule: "config-missing-module", Span: shown.NameSpan, Expected: fmt.Sprint(n),
		Message: fmt.Sprintf("the layers that %s stands for have %s, which the entry lacks beside %s", q(d.module.Name), words, q(shown.Name)),
		Fixes:   c.addMLP(shown, n, hasMoE),
	}, slices.Concat(layerFields, splitFields)...)
}

// missingShared reports shared experts that an entry leaves out although it
// shows the mixtures of experts.
func (c *comparison) missingShared(d *decoder) {
	shared := 0
	for _, i := range d.layers {
		if m := c.facts.layers[i].mlp.MoE; m != nil {
			shared = max(shared, m.SharedExperts)
		}
	}
	if shared == 0 || slices.ContainsFunc(d.below, func(m *tsast.Module) bool { return sharedKey(m.Name) }) {
		return
	}
	expected := slices.ContainsFunc(c.expected.Modules, func(m ExpectedModule) bool { return sharedKey(m.Name) })
	for _, m := range d.below {
		inner := slices.ContainsFunc(c.p.children[m.Name], func(p *tsast.Module) bool { return c.tree.mlpOf(p) == mlpSparse })
		if c.tree.mlpOf(m) != mlpSparse || inner || c.agreed(m) && !expected {
			continue
		}
		c.find(m, Problem{
			Rule: "config-missing-module", Span: m.NameSpan, Expected: fmt.Sprint(shared),
			Message: fmt.Sprintf("%s lacks the shared experts: every token also passes %s", q(m.Name), plural(shared, "one shared expert", "%d shared experts")),
			Fixes:   c.addShared(d, m),
		}, "n_shared_experts", "num_shared_experts", "num_shared_expert", "shared_expert_intermediate_size", "moe_num_shared_experts", "shared_intermediate_size")
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

// missingDefinitions reports layers without Definitions for which the
// generated entry has some.
func (c *comparison) missingDefinitions() {
	for _, m := range c.p.model.Modules {
		if m.Type.Value != "layer" || m.Definitions.Kind != tsast.ArrayLiteral || len(m.Definitions.Items) > 0 || c.tree.foreign(m) {
			continue
		}
		names, ok := c.namesFor(m)
		if !ok || len(names) == 0 {
			continue
		}
		texts := make([]string, len(names))
		for i, name := range names {
			texts[i] = c.p.style.String(c.respelled(name))
		}
		certain, sure := certainty(names)
		if !certain {
			continue
		}
		c.find(m, Problem{
			Rule: "config-missing-definition", Span: m.Definitions.Span, Expected: strings.Join(names, ", "),
			Message: fmt.Sprintf("%s has no Definition, but its kernel is %s", q(m.Name), strings.Join(names, ", ")),
			Fixes:   []Fix{replace("Add "+clip(strings.Join(names, ", ")), m.Definitions.Span, "["+strings.Join(texts, ", ")+"]", sure)},
		}, c.fieldsBehind(m, names)...)
	}
}

// fieldsBehind are the config fields of a layer's sizes: of the part that its
// key names, else of those that have the sizes of its Definitions.
func (c *comparison) fieldsBehind(m *tsast.Module, names []string) []string {
	if fields := c.fieldsFor(m); len(fields) > 0 {
		return fields
	}
	var fields []string
	set := c.facts.all()
	if d := c.tree.within[m.Name]; d != nil && len(d.layers) > 0 {
		set = d.layers
	}
	for _, dim := range c.facts.dimensions(set) {
		if slices.Contains(names, definition.GEMM(dim.N, dim.K).String()) {
			fields = append(fields, dim.Fields...)
		}
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// certainty says whether some names follow from the config alone (which MoE
// kernel runs is a choice of the server's, and whether a rotary embedding is
// a kernel of its own, too), and whether they hold under any parallelism.
func certainty(names []string) (certain, sure bool) {
	certain, sure = true, true
	for _, name := range names {
		n, err := definition.Parse(name)
		if err != nil || n.Family.OpType == "moe" || n.Family.OpType == "rope" {
			certain = false
		}
		if err != nil || n.Family.OpType != "gemm" && n.Family.OpType != "rmsnorm" {
			sure = false
		}
	}
	return certain, sure
}

// expectedFor returns the layers of the generated entry that a layer may be: by
// its key, else those whose keys differ only in the word for their kind.
func (c *comparison) expectedFor(m *tsast.Module) (found []*ExpectedModule) {
	equal := func(key, other string) bool { return key == other }
	for _, key := range readings(m.Name) {
		for _, alike := range []func(key, other string) bool{equal, sameRole} {
			for i := range c.expected.Modules {
				if e := &c.expected.Modules[i]; e.Type == "layer" && alike(key, e.Name) {
					found = append(found, e)
				}
			}
			if len(found) > 0 {
				return found
			}
		}
	}
	return nil
}

// namesFor returns the Definitions that the generated entry has for a layer. It
// says nothing where the layers that it may be do not agree.
func (c *comparison) namesFor(m *tsast.Module) (names []string, ok bool) {
	for _, e := range c.expectedFor(m) {
		if ok && !slices.Equal(names, e.Definitions) {
			return nil, false
		}
		names, ok = e.Definitions, true
	}
	return names, ok
}

// roleWords are words that people use for layers that SGLang calls otherwise:
// FlashInfer-Bench's file has o_proj in a gated DeltaNet, moe_gate for Llama
// 4's router, input_layernorm for Nemotron-H's norms. They are tried where a
// key means nothing as it stands.
var roleWords = [][2]string{{"o_proj", "out_proj"}, {"moe_gate", "router"}, {"input_layernorm", "norm"}, {"norm", "norm_f"}}

// readings are the ways to read a key, as it stands first.
func readings(key string) []string {
	list := []string{key}
	for _, w := range roleWords {
		if rest, found := strings.CutPrefix(key, w[0]); found && (rest == "" || rest[0] == '_') {
			list = append(list, w[1]+rest)
		}
	}
	return list
}

// sameRole reports whether two keys name the same part of a layer: they are equal
// but for a word in front ("moe_gate" and "gate") or behind ("qkv_proj_gqa").
func sameRole(key, other string) bool {
	key, other = strings.TrimPrefix(key, "moe_"), strings.TrimPrefix(other, "moe_")
	return key == other || strings.HasPrefix(key, other+"_") && len(other) > 3 || strings.HasPrefix(other, key+"_") && len(key) > 3
}

// fieldsFor are the config fields that a layer's size rests on.
func (c *comparison) fieldsFor(m *tsast.Module) []string {
	var fields []string
	for _, dim := range c.dimensionsFor(m) {
		fields = append(fields, dim.Fields...)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// dimensionsFor are the dimensions of the part of a layer that a key names,
// among the layers that its decoder block stands for.
func (c *comparison) dimensionsFor(m *tsast.Module) []dimension {
	d := c.tree.within[m.Name]
	if d == nil || len(c.facts.layers) == 0 {
		return nil // what stands around the layers has no dimensions here
	}
	if d.dimensions == nil {
		set := c.facts.all()
		if len(d.layers) > 0 {
			set = d.layers
		}
		d.dimensions = c.facts.dimensions(set)
	}
	shared := c.isShared(m)
	var list []dimension
	for _, dim := range d.dimensions {
		if dim.shared == shared && roleOf(m.Name, dim.last) {
			list = append(list, dim)
		}
	}
	// The longest name wins: a key that begins with gate_up_proj is not a gate.
	longest := 0
	for _, d := range list {
		longest = max(longest, len(d.last))
	}
	return slices.DeleteFunc(list, func(d dimension) bool { return len(d.last) < longest })
}

// roleOf reports whether a key names a dimension: it is its name with other words
// around it that say where it stands (gate_up_proj in
// shared_expert_gate_up_proj_attn), but none that name another part
// (shared_expert_gate is not meant there).
func roleOf(key, last string) bool {
	key = strings.TrimPrefix(key, "moe_")
	if key == last {
		return true
	}
	if !strings.Contains(last, "_") { // one word alone means something only in front
		after, found := strings.CutPrefix(key, last+"_")
		return found && !namesPart(after)
	}
	before, after, found := strings.Cut("_"+key+"_", "_"+last+"_")
	return found && !namesPart(before) && !namesPart(after)
}

// namesPart reports whether words of a key name a part of a layer.
func namesPart(words string) bool {
	return slices.ContainsFunc(strings.Split(words, "_"), func(word string) bool { return slices.Contains(partWords, word) })
}

var partWords = []string{"proj", "up", "down", "gate", "norm", "layernorm", "qkv", "kv", "q", "k", "v", "o"}

// isShared reports whether a module belongs to the shared experts.
func (c *comparison) isShared(m *tsast.Module) bool {
	return c.p.inside(m, func(m *tsast.Module) bool { return sharedKey(m.Name) })
}
