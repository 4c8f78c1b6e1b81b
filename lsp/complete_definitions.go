package lsp

import (
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// definitions offers the names that this module needs, then those that the
// dataset and the file have, those that begin as typed and do what is needed
// first, then the patterns of the grammar. What the module lists already is left out.
func (c *completer) definitions(word tsast.Span) {
	typed := c.snap.text.Slice(word.Start, min(c.at, word.End))
	listed := c.listed(c.snap.text.Slice(word.Start, word.End))
	dataset := c.s.dataset(c.snap.Path)
	shown := map[string]bool{}
	needed := c.needed()
	for i, n := range needed {
		if listed[n.name] || matchRank(n.name, typed) > 1 || shown[n.name] {
			continue
		}
		shown[n.name] = true
		before := len(c.items)
		c.definition(n.name, word, n.why, dataset)
		if i == 0 && len(c.items) > before {
			c.items[before].Preselect = protocol.NewOptional(true)
		}
	}
	like := ""
	if len(needed) > 0 {
		like = opType(needed[0].name)
	}
	for _, name := range c.knownNames(dataset, typed, like) {
		if name == typed || matchRank(name, typed) > 1 || listed[name] || shown[name] {
			continue
		}
		c.definition(name, word, "", dataset)
	}
	c.patterns(word)
}

// definition offers one name.
func (c *completer) definition(name string, word tsast.Span, why string, dataset Dataset) {
	n, err := definition.Parse(name)
	if err != nil {
		return
	}
	detail := n.OpType()
	if dataset != nil {
		switch ok, workloads := dataset.Has(name); {
		case !ok:
			detail += ", not in the dataset"
		case dataset.Listed() != "": // a list need not say how many workloads there are
			detail += ", in the dataset"
		default:
			detail += ", in the dataset (" + prose.Count(workloads, "workload") + ")"
		}
	}
	doc := &hoverText{markdown: c.s.caps.markdown}
	if why != "" { // editors put the detail into the name's line and cut the name for it
		doc.printf("%s; %s\n\n", doc.text(why), doc.text(detail))
		detail, _, _ = strings.Cut(why, ",")
	}
	if len(c.items) < 50 { // what is far down is asked for again
		writeDefinition(doc, n)
	}
	c.add(name, protocol.CompletionItemKindConstant, word, detail, doc.String())
}

// opType is the op type of a name; "" when it is none of the grammar.
func opType(name string) string {
	n, err := definition.Parse(name)
	if err != nil {
		return ""
	}
	return n.OpType()
}

// knownNames are the names of the dataset and of the file: those that begin as
// typed first, and of them those of an op type.
func (c *completer) knownNames(dataset Dataset, typed, like string) []string {
	var names []string
	if dataset != nil {
		names = append(names, dataset.Names()...)
	}
	for _, e := range c.snap.File.Entries {
		names = append(names, definitionNames(e.Model)...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	rank := make(map[string]int, len(names))
	for _, name := range names {
		rank[name] = 2 * matchRank(name, typed)
		if like != "" && opType(name) != like {
			rank[name]++
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank[a] - rank[b] })
	return names
}

// module is the module that the cursor is in, with its entry.
func (c *completer) module() (tsast.Entry, *tsast.Module) {
	e, ok := c.entry()
	if !ok {
		return e, nil
	}
	for _, m := range e.Model.Modules {
		if touches(span(e, m.Span), c.at) {
			return e, m
		}
	}
	return e, nil
}

// listed are the names of the cursor's module but for the word at the cursor.
func (c *completer) listed(word string) map[string]bool {
	_, m := c.module()
	out := map[string]bool{}
	if m == nil {
		return out
	}
	for _, d := range m.Definitions.Items {
		if d.Value != word {
			out[d.Value] = true
		}
	}
	return out
}

// neededName is a name that a module is likely to need, and why.
type neededName struct{ name, why string }

// needed are the names that the cursor's module needs: by the model's own
// config where that is known, else as the modules beside it say, else as
// modules of the same key in other entries have them for this hidden size.
func (c *completer) needed() []neededName {
	e, m := c.module()
	if m == nil {
		return nil
	}
	var out []neededName
	if known := c.s.expectedFor(c.snap)(e.Model); known != nil {
		out = expectedNames(known, m.Name)
		if out == nil && known.FromSource != nil {
			if closer := known.FromSource(); closer != nil {
				out = expectedNames(closer, m.Name)
			}
		}
		for _, other := range known.Alternatives {
			out = append(out, expectedNames(other, m.Name)...)
		}
	}
	if out == nil {
		out = besideNames(e.Model, m)
	}
	if out == nil {
		out = c.elsewhereNames(e.Model, m)
	}
	if c.snap.File.Style.GemmUnderscored {
		for i := range out {
			if n, err := definition.Parse(out[i].name); err == nil {
				out[i].name = n.Underscored()
			}
		}
	}
	return out
}

// expectedNames are those of the module of a key in what a config gives.
func expectedNames(known *validate.ExpectedEntry, key string) []neededName {
	var out []neededName
	by, _, _ := strings.Cut(known.Label, " (") // when and whence it was read is the hover's
	for _, m := range known.Modules {
		if m.Name == key {
			for _, d := range m.Definitions {
				out = append(out, neededName{d, "needed here, by " + by})
			}
		}
	}
	return out
}

// besideNames follow from the modules of the same entry: a norm has the width
// that the others have, a projection the sizes that its partner leaves it.
func besideNames(m *tsast.Model, self *tsast.Module) []neededName {
	gemm := func(n, k int64) []string { return []string{definition.Of("gemm", n, k).String()} }
	for _, other := range m.Modules {
		if other == self || other.Parent.Value != self.Parent.Value {
			continue
		}
		why := "needed here, as " + other.Name + " beside it says"
		if n, k, ok := gemmSize(other); ok {
			switch {
			case self.Name == "down_proj" && other.Name == "gate_up_proj" && n%2 == 0:
				return withReason(gemm(k, n/2), why)
			case self.Name == "gate_up_proj" && other.Name == "down_proj":
				return withReason(gemm(2*k, n), why)
			case self.Name == "o_proj" && other.Name == "q_proj", self.Name == "q_proj" && other.Name == "o_proj",
				self.Name == "down_proj" && other.Name == "up_proj", self.Name == "up_proj" && other.Name == "down_proj":
				return withReason(gemm(k, n), why)
			case self.Name == "k_proj" && other.Name == "v_proj", self.Name == "v_proj" && other.Name == "k_proj",
				self.Name == "gate_proj" && other.Name == "up_proj", self.Name == "up_proj" && other.Name == "gate_proj":
				return withReason(gemm(n, k), why)
			}
		}
	}
	for _, other := range m.Modules {
		if other != self && len(other.Definitions.Items) > 0 && sameRole(self.Name, other.Name) {
			return withReason(itemValues(other), "needed here, as "+other.Name+" has it")
		}
	}
	return nil
}

// sameRole reports whether two keys name layers of the same kind in an entry: one is
// the other with a word more, or both are norms of the hidden state.
func sameRole(a, b string) bool {
	if strings.HasPrefix(a, b+"_") || strings.HasPrefix(b, a+"_") {
		return true
	}
	plain := func(s string) bool {
		return strings.HasSuffix(s, "layernorm") && !strings.HasPrefix(s, "q_") && !strings.HasPrefix(s, "k_") && !strings.HasPrefix(s, "kv_")
	}
	return plain(a) && plain(b)
}

func withReason(names []string, why string) []neededName {
	out := make([]neededName, len(names))
	for i, n := range names {
		out[i] = neededName{n, why}
	}
	return out
}

func itemValues(m *tsast.Module) []string {
	var names []string
	for _, d := range m.Definitions.Items {
		if d.Kind == tsast.StringLiteral && d.Value != "" {
			names = append(names, d.Value)
		}
	}
	return names
}

// gemmSize is the size of the one linear layer that a module is.
func gemmSize(m *tsast.Module) (n, k int64, ok bool) {
	for _, d := range m.Definitions.Items {
		name, err := definition.Parse(d.Value)
		if err == nil && name.Family.ID == "gemm" {
			n, _ = name.Value("n")
			k, _ = name.Value("k")
			return n, k, true
		}
	}
	return 0, 0, false
}

// elsewhereNames are those of modules of the same key in other entries, the
// ones with this entry's hidden size; none where that is not known.
func (c *completer) elsewhereNames(m *tsast.Model, self *tsast.Module) []neededName {
	hidden := hiddenSize(m)
	if hidden == 0 {
		return nil
	}
	var names []string
	for _, e := range c.snap.File.Entries {
		for _, other := range e.Model.Modules {
			if other.Name != self.Name || e.Model == m {
				continue
			}
			for _, value := range itemValues(other) {
				if n, err := definition.Parse(value); err == nil && slices.Contains(n.Values, hidden) && !slices.Contains(names, value) {
					names = append(names, value)
				}
			}
		}
	}
	return withReason(names, "likely here, as "+self.Name+" of other entries with this hidden size has it")
}

// hiddenSize is the width that an entry's fused norms have; 0 when it has none.
func hiddenSize(m *tsast.Model) int64 {
	for _, module := range m.Modules {
		for _, d := range module.Definitions.Items {
			if n, err := definition.Parse(d.Value); err == nil && n.Family.ID == "fused_add_rmsnorm" {
				h, _ := n.Value("h")
				return h
			}
		}
	}
	return 0
}
