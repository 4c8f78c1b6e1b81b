package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// Compare compares the module tree made from the config alone with the one
// read from SGLang's source. It looks at what the layers compute (the sizes
// and number of GEMMs, attention heads, experts, norms), not at what they are
// called: a projection that one side splits and the other fuses is no
// difference. What is "missing" only the config asks for, what is "extra" only
// the source has. Rows without decoder layers cannot be compared and give none.
func Compare(fromConfig, fromSource []baseline.Module, a *extract.Architecture) []Disagreement {
	if a == nil {
		return nil
	}
	config, err := buildTree(fromConfig, a, false)
	if err != nil {
		return nil
	}
	source, err := buildTree(fromSource, a, false)
	if err != nil {
		return nil
	}
	c := &comparison{a: a}
	if len(config.layers) != len(source.layers) {
		row := firstRow(source.stack)
		c.list = append(c.list, Disagreement{
			Path: source.stack.path, What: "count", FromConfig: fmt.Sprint(len(config.layers)), FromSource: fmt.Sprint(len(source.layers)),
			ConfigField: "num_hidden_layers", SourceLine: sourceLine(row),
		})
	}
	mine, theirs := factsOf(config.nodes), factsOf(source.nodes)
	cancelEqual(mine, theirs)
	mine, theirs = remaining(mine), remaining(theirs)
	cancelFused(mine, theirs)
	cancelFused(theirs, mine)
	c.pair(decided(remaining(mine), source.nodes), remaining(theirs))
	return c.list
}

// fact is what one kind of module computes, and how often.
type fact struct {
	kind  string // gemm|heads|experts|norm|embedding
	role  string // the leaf's name in SGLang's usual vocabulary
	sizes [4]int
	count int
	// inBoth is how many the other side has as well; count is what is left of them.
	inBoth int
	row    baseline.Module
	path   string
}

// comparison collects differences.
type comparison struct {
	a    *extract.Architecture
	list []Disagreement
}

func firstRow(t *trie) baseline.Module {
	if len(t.rows) == 0 {
		return baseline.Module{}
	}
	return t.rows[0].Module
}

// factsOf adds up the nodes of a tree by what they compute.
func factsOf(nodes []*node) []*fact {
	var facts []*fact
	type key struct {
		kind, role string
		sizes      [4]int
	}
	at := map[key]*fact{}
	for _, n := range nodes {
		f, ok := factOf(n)
		if !ok {
			continue
		}
		k := key{f.kind, f.role, f.sizes}
		if known := at[k]; known != nil {
			known.count += f.count
			continue
		}
		at[k] = f
		facts = append(facts, f)
	}
	return facts
}

func factOf(n *node) (*fact, bool) {
	if len(n.rows) == 0 || n.comment != "" {
		return nil, false
	}
	row := n.rows[0]
	if n.gemm != nil {
		row = *n.gemm
	}
	f := &fact{role: roleOf(n), count: n.count, row: row, path: n.path}
	set := func(kind string, values ...*int) bool {
		f.kind = kind
		for i, v := range values {
			if v == nil {
				return false
			}
			f.sizes[i] = *v
		}
		return true
	}
	switch {
	case n.parent != nil && isExpertList(n.parent):
		return nil, false // one expert's layers
	case isExpertList(n):
		perLayer := n.count / len(n.layers)
		f.count = len(n.layers)
		return f, set("experts", &perLayer, expertWidth(n))
	case row.Gemm:
		return f, set("gemm", row.N, row.K)
	case n.typ == baseline.TypeAttention:
		return f, set("heads", row.NumHeads, row.NumKVHeads, row.HeadDim, row.VHeadDim)
	case n.typ == baseline.TypeMoE:
		return f, set("experts", row.NumExperts, row.IntermediateSize)
	case n.typ == baseline.TypeNorm:
		return f, set("norm", row.Hidden)
	case n.typ == baseline.TypeEmbedding:
		return f, set("embedding", row.N, row.K)
	}
	return nil, false
}

// isExpertList reports whether a module's experts are a list of MLPs instead of
// one fused module.
func isExpertList(n *node) bool {
	return n.seg == "experts" && n.typ == baseline.TypeBlock && len(n.layers) > 0 && len(n.children) > 0
}

// expertWidth is the input width of an expert's down projection.
func expertWidth(n *node) *int {
	if down := childNamed(n, "down_proj"); down != nil && len(down.rows) > 0 {
		return down.rows[0].K
	}
	return nil
}

// roles are other names of the usual layers, in SGLang's own classes.
var roles = map[string]string{
	"query_key_value": "qkv_proj", "c_attn": "qkv_proj", "Wqkv": "qkv_proj", "wqkv": "qkv_proj", "qkv": "qkv_proj",
	"dense": "o_proj", "wo": "o_proj", "out_proj": "o_proj",
	"dense_h_to_4h": "gate_up_proj", "dense_4h_to_h": "down_proj", "w2": "down_proj", "fc2": "down_proj", "fc_out": "down_proj",
	"router": "gate", "wg": "gate", "shared_expert": "shared_experts", "shared_mlp": "shared_experts",
	"norm_f": "norm", "ln_f": "norm", "final_layernorm": "norm",
}

// roleOf names what a layer is for; inside of shared experts it says so.
func roleOf(n *node) string {
	role := n.seg
	if usual, ok := roles[role]; ok {
		role = usual
	}
	for p := n.parent; p != nil; p = p.parent {
		if strings.HasPrefix(p.seg, "shared") {
			return "shared_experts." + role
		}
		if p.seg == "indexer" {
			return "indexer." + role
		}
	}
	return role
}

// cancelEqual takes away what both sides have, whatever its name: first under
// the same role, then under any.
func cancelEqual(mine, theirs []*fact) {
	for _, sameRole := range []bool{true, false} {
		for _, f := range mine {
			for _, g := range theirs {
				if f.kind == g.kind && f.sizes == g.sizes && (!sameRole || f.role == g.role) && (sameRole || !named(f.kind)) {
					both := min(f.count, g.count)
					f.count, f.inBoth = f.count-both, f.inBoth+both
					g.count, g.inBoth = g.count-both, g.inBoth+both
				}
			}
		}
	}
}

// named are the kinds that only their names tell apart: many are of one size,
// and which of them there are does not change what is computed.
func named(kind string) bool { return kind == "norm" || kind == "embedding" }

func remaining(facts []*fact) []*fact {
	return slices.DeleteFunc(facts, func(f *fact) bool { return f.count == 0 })
}

// decided leaves out what the other side has too, but without having decided
// its size: that is not a disagreement.
func decided(facts []*fact, others []*node) []*fact {
	open := map[string]bool{}
	for _, n := range others {
		open[roleOf(n)] = open[roleOf(n)] || undecided(n)
	}
	return slices.DeleteFunc(facts, func(f *fact) bool { return open[f.role] })
}

// undecided reports whether the module is there and a size of it is not known.
func undecided(n *node) bool {
	if len(n.rows) == 0 {
		return n.synthetic == "experts"
	}
	_, known := factOf(n)
	switch {
	case known:
		return false
	case n.typ == baseline.TypeBlock:
		return n.seg == "experts"
	case n.typ == baseline.TypeLinear || n.typ == baseline.TypeParameter:
		return n.rows[0].Gemm
	}
	return n.typ == baseline.TypeAttention || n.typ == baseline.TypeMoE || n.typ == baseline.TypeNorm
}

// cancelFused takes away a layer of one side that stands for several of the
// other: equal input and number, and outputs that add up.
func cancelFused(fused, split []*fact) {
	for _, f := range fused {
		if f.kind != "gemm" || f.count == 0 {
			continue
		}
		var parts []*fact
		for _, g := range split {
			if g.kind == "gemm" && g.count == f.count && g.sizes[1] == f.sizes[1] && g.sizes[0] < f.sizes[0] {
				parts = append(parts, g)
			}
		}
		if chosen := addUp(parts, f.sizes[0]); chosen != nil {
			f.count = 0
			for _, g := range chosen {
				g.count = 0
			}
		}
	}
}

// addUp finds two to five parts whose outputs make the sum.
func addUp(parts []*fact, sum int) []*fact {
	if len(parts) > 10 {
		parts = parts[:10]
	}
	for mask := 1; mask < 1<<len(parts); mask++ {
		var chosen []*fact
		total := 0
		for i, p := range parts {
			if mask&(1<<i) != 0 {
				chosen = append(chosen, p)
				total += p.sizes[0]
			}
		}
		if total == sum && len(chosen) > 1 && len(chosen) < 6 {
			return chosen
		}
	}
	return nil
}

// pair puts what is left of both sides together, and says what differs.
func (c *comparison) pair(mine, theirs []*fact) {
	used := map[*fact]bool{}
	for _, f := range mine {
		if g := partner(f, theirs, used); g != nil {
			used[g] = true
			c.differ(f, g)
			continue
		}
		if !named(f.kind) {
			c.list = append(c.list, Disagreement{
				Path: f.path, What: "missing", FromConfig: f.all(), FromSource: f.others(), ConfigField: c.field(f), SourceLine: "",
				fields: c.fieldsOf(f, true),
			})
		}
	}
	for _, g := range theirs {
		if !used[g] && !named(g.kind) {
			c.list = append(c.list, Disagreement{
				Path: g.path, What: "extra", FromConfig: g.others(), FromSource: g.all(), SourceLine: sourceLine(g.row),
			})
		}
	}
}

// partner finds the layer of the other side that is meant to be the same.
func partner(f *fact, others []*fact, used map[*fact]bool) *fact {
	for _, g := range others {
		if !used[g] && g.kind == f.kind && g.role == f.role {
			return g
		}
	}
	if named(f.kind) {
		return nil
	}
	for _, g := range others {
		if !used[g] && g.kind == f.kind && g.kind != "gemm" {
			return g
		}
	}
	return nil
}

// differ reports each number in which two layers that are meant to be the
// same are not.
func (c *comparison) differ(f, g *fact) {
	report := func(what, mine, theirs string) {
		c.list = append(c.list, Disagreement{Path: g.path, What: what, FromConfig: mine, FromSource: theirs, ConfigField: c.field(f), SourceLine: sourceLine(g.row), fields: c.fieldsOf(f, what == "count")})
	}
	names := map[string][4]string{
		"gemm":      {"n", "k"},
		"heads":     {"heads", "heads", "heads", "heads"},
		"experts":   {"n", "k"},
		"norm":      {"hidden"},
		"embedding": {"n", "k"},
	}[f.kind]
	if f.kind == "heads" && f.sizes != g.sizes {
		report("heads", f.words(), g.words())
		return
	}
	same := true
	for i, what := range names {
		// Rows beyond the vocabulary are for special tokens (Llama 3.2 Vision).
		if spare := f.kind == "embedding" && what == "n" && f.sizes[i] < g.sizes[i]; f.sizes[i] != g.sizes[i] && !spare {
			report(what, fmt.Sprint(f.sizes[i]), fmt.Sprint(g.sizes[i]))
			same = false
		}
	}
	if same && f.count != g.count {
		report("count", fmt.Sprint(f.count), fmt.Sprint(g.count))
	}
}
