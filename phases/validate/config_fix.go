package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/tsast"
)

// removal takes a module out, with everything below it.
func (c *comparison) removal(m *tsast.Module) []Fix {
	var spans []tsast.Span
	title := "Remove " + clip(m.Name)
	for _, other := range c.p.model.Modules {
		if other == m || c.p.below(m.Name, other.Name) {
			spans = append(spans, other.Span)
		}
	}
	if len(spans) > 1 {
		title += plural(len(spans)-1, " and the module below it", " and the %d modules below it")
	}
	return []Fix{{Title: title, Edits: c.p.file().DeleteElements(spans), Preferred: true}}
}

// addShared puts the shared experts of the generated entry into a mixture of
// experts.
func (c *comparison) addShared(d *decoder, moe *tsast.Module) []Fix {
	n := c.facts.count(d.layers, func(l layerFact) bool { return l.mlp.MoE != nil && l.mlp.MoE.SharedExperts > 0 })
	found := c.expectedBelow(func(m ExpectedModule) bool { return m.Count == n && sharedKey(m.Name) && !sharedKey(m.Parent) })
	return c.addition("Add the shared experts", moe, moe, found)
}

// addMLP puts the other kind of feed-forward block beside the one that is
// shown.
func (c *comparison) addMLP(shown *tsast.Module, n int, dense bool) []Fix {
	if !dense {
		return nil // a mixture of experts is more than can be put beside
	}
	found := c.expectedBelow(func(m ExpectedModule) bool { return m.Count == n && m.Type == "block" && c.expectedDense(m) })
	parent := c.p.byName[shown.Parent.Value]
	if parent == nil {
		return nil
	}
	return c.addition("Add the dense MLPs", parent, shown, found)
}

func sharedKey(key string) bool { return strings.Contains(strings.ToLower(key), "shared") }

// expectedDense reports whether a module of the generated entry is a dense MLP.
func (c *comparison) expectedDense(m ExpectedModule) bool {
	words := c.tree.words(m.Name)
	named := words["mlp"] || words["ffn"] || words["feed"] || words["dense"]
	if sharedKey(m.Name) || words["moe"] || words["experts"] || !named {
		return false
	}
	projection := false
	for _, child := range c.expected.Modules {
		if child.Parent != m.Name {
			continue
		}
		below := c.tree.words(child.Name)
		if below["experts"] || below["topk"] || below["router"] {
			return false
		}
		projection = projection || below["down"] || below["up"] || below["proj"]
	}
	return projection
}

// expectedBelow returns the modules of the generated entry that a description
// fits, each with what is below it. Where they stand in several places, the
// places must be alike; the first is given.
func (c *comparison) expectedBelow(fits func(m ExpectedModule) bool) []ExpectedModule {
	var parents []string
	places := map[string][]ExpectedModule{}
	for _, m := range c.expected.Modules {
		if !fits(m) {
			continue
		}
		if places[m.Parent] == nil {
			parents = append(parents, m.Parent)
		}
		places[m.Parent] = append(places[m.Parent], c.expectedTree(m)...)
	}
	if len(parents) == 0 {
		return nil
	}
	first := places[parents[0]]
	for _, parent := range parents[1:] {
		same := slices.EqualFunc(first, places[parent], func(a, b ExpectedModule) bool {
			return a.Count == b.Count && slices.Equal(a.Definitions, b.Definitions)
		})
		if !same {
			return nil
		}
	}
	return first
}

// expectedTree is a module of the generated entry and what is below it.
func (c *comparison) expectedTree(root ExpectedModule) []ExpectedModule {
	list := []ExpectedModule{root}
	below := map[string]bool{root.Name: true}
	for _, m := range c.expected.Modules { // parents come first
		if below[m.Parent] && !below[m.Name] {
			below[m.Name] = true
			list = append(list, m)
		}
	}
	return list
}

// addition puts modules into the entry, behind a module and what is below it.
// Their keys follow the entry's: moe_local gets a shared_expert_local.
func (c *comparison) addition(title string, parent, after *tsast.Module, modules []ExpectedModule) []Fix {
	if len(modules) == 0 {
		return nil
	}
	keys, free := c.newKeys(modules, after.Name)
	if !free {
		return nil
	}
	last := after
	for _, m := range c.p.model.Modules {
		if m.Span.Start > last.Span.Start && c.p.below(after.Name, m.Name) {
			last = m
		}
	}
	return c.insertion(fmt.Sprintf("%s (%d ×%d)", title, len(modules), modules[0].Count), parent, last, keys, modules)
}

// insertion puts modules into the entry behind another, under keys of theirs.
func (c *comparison) insertion(title string, parent, last *tsast.Module, keys map[string]string, modules []ExpectedModule) []Fix {
	object := c.p.model.ModulesSpan
	if object == (tsast.Span{}) {
		return nil
	}
	indent, alone := tsast.LineIndent(c.p.text, last.Span.Start)
	separator := ", "
	if alone {
		separator = "," + c.p.style.EOL + indent
	}
	texts := make([]string, len(modules))
	for i, m := range modules {
		up, known := keys[m.Parent]
		if !known {
			up = parent.Name
		}
		added := tsast.NewModule{Name: keys[m.Name], Count: m.Count, Parent: up, Type: m.Type}
		for _, d := range m.Definitions {
			added.Definitions = append(added.Definitions, c.respelled(d))
		}
		texts[i] = tsast.PrintModule(added, c.p.style, indent)
	}
	edits := c.p.file().InsertElement(object, last.Span, strings.Join(texts, separator))
	return []Fix{{Title: title, Edits: edits, Preferred: true}}
}

// newKeys returns modules the ending of a key of the entry in place of their
// own; false when one of them is taken.
func (c *comparison) newKeys(modules []ExpectedModule, like string) (map[string]string, bool) {
	own := commonEnding(modules)
	ending := ""
	for _, word := range []string{"moe_", "mlp_", "forward_", "experts_", "attn_"} {
		if _, rest, found := strings.Cut(like, word); found && rest != "dense" {
			ending = "_" + rest
			break
		}
	}
	keys := map[string]string{}
	for _, m := range modules {
		key := strings.TrimSuffix(m.Name, own) + ending
		if c.p.byName[key] != nil {
			return nil, false
		}
		keys[m.Name] = key
	}
	return keys, true
}

// commonEnding is the word with which all keys of some modules end: their
// group's, not their own.
func commonEnding(modules []ExpectedModule) string {
	at := strings.LastIndexByte(modules[0].Name, '_')
	if at < 0 || len(modules) < 2 {
		return ""
	}
	ending := modules[0].Name[at:]
	for _, m := range modules {
		if !strings.HasSuffix(m.Name, ending) || namesPart(ending[1:]) {
			return ""
		}
	}
	return ending
}

// respelled writes a name of the generated entry as the file spells its
// names.
func (c *comparison) respelled(name string) string {
	if n, err := definition.Parse(name); err == nil {
		return c.p.spelled(n)
	}
	return name
}
