package generate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// Build turns the rows of a module tree, from the SGLang reader or from
// FromArchitecture, into the entry, its pattern and the Definitions it needs.
// It fails when the rows hold no decoder layers or when TP or EP, asked for
// explicitly, cannot divide the model.
func Build(rows []baseline.Module, a *extract.Architecture, opts Options) (*Result, error) {
	if a == nil {
		return nil, errors.New("no architecture to build an entry from")
	}
	opts = withDefaults(opts)
	par, parWarnings, err := chooseParallelism(a, opts)
	if err != nil {
		return nil, err
	}
	b, pattern, parts, err := drawTree(rows, a)
	if err != nil {
		return nil, fmt.Errorf("building the module tree: %w", err)
	}
	m := &namer{b: b, a: a, opts: opts, par: par, norms: normUses(opts.Calls)}
	m.look(b.nodes)

	res := &Result{Parallelism: par, Pattern: pattern}
	if !fromSource(rows) && a.Generic {
		m.warnings.add("%s is of no known family: the entry is the generic transformer of its fields; review it by hand", cmp.Or(a.ArchitectureType, "the model"))
	}
	res.Entry = Entry{ID: opts.ID, Name: opts.Name, Description: opts.Description}
	if res.Entry.Name == "" {
		res.Entry.Name = DisplayName(opts.ID, a.ModelID)
	}
	if res.Entry.Description == "" {
		res.Entry.Description = Description(res.Entry.Name, a, par)
	}
	assignKeys(parts)
	required := &requiredList{}
	for _, p := range parts {
		res.Entry.Modules = append(res.Entry.Modules, m.module(p, required))
	}
	res.Definitions = append(*required, sampling(a)...)
	m.remarks()
	res.Unmapped = m.unmapped
	res.Warnings = append(append(parWarnings, b.warnings...), m.warnings...)
	return res, nil
}

// Decide reads the witnesses (config, SGLang's source, checkpoint) and builds the entry of the tree that they bear
// out: impl is what SGLang's source gives (nil: it was not read), ck the
// checkpoint (nil: none was seen).
func Decide(impl *baseline.Implementation, ck *weights.Checkpoint, a *extract.Architecture, opts Options) (*Result, error) {
	if a == nil {
		return nil, errors.New("no architecture to build an entry from")
	}
	a = AsServed(impl, a)
	c := weigh(impl, a, ck)
	if c.from == WitnessSource {
		opts.Calls = impl.Calls
	}
	result, err := Build(c.rows, a, opts)
	if err != nil {
		return nil, err
	}
	result.Disagreements, result.Confidence = c.disagreements, c.confidence
	result.Follows, result.Contradicted, result.Architecture = c.from, c.contradicted, a
	return result, nil
}

func withDefaults(opts Options) Options {
	if len(opts.PageSizes) == 0 {
		opts.PageSizes = []int{1, 64}
	}
	if opts.Quantization == "" {
		opts.Quantization = "auto"
	}
	return opts
}

// module makes the entry's module of a part, and notes what it requires.
func (m *namer) module(p *part, required *requiredList) Module {
	out := Module{Name: p.key, Count: p.count, Type: "layer", Definitions: []string{}, Group: p.sectionOf()}
	if p.parent != nil {
		out.Parent = p.parent.key
	}
	n := p.node
	if n != nil {
		out.Comment, out.Rows = n.comment, n.rows
	}
	if p.block() {
		out.Type = "block"
		if n != nil && isDecoder(n) && len(m.b.groups) > 1 {
			out.Comment = fmt.Sprintf("%s decoder layers (%d of %d)", groupWords(n.group), n.count, len(m.b.layers))
		}
		return out
	}
	for _, name := range m.definitions(n) {
		text := name.String()
		if m.opts.GemmUnderscored {
			text = name.Underscored()
		}
		out.Definitions = append(out.Definitions, text)
		required.add(text, name.OpType(), n.key)
	}
	return out
}

// isBlock reports whether a node is a block: it has modules below it, or its
// inside is unknown. A block that holds nothing but parameters computes
// something itself.
func isBlock(n *node) bool {
	if n.parent == nil {
		return true
	}
	if n.typ == baseline.TypeOther && len(n.children) > 0 {
		return true // a bare nn.Module that others are hung on
	}
	if n.typ != baseline.TypeBlock {
		return false
	}
	return len(n.children) > 0 || n.gemm == nil && !n.parameters
}

func groupWords(g *group) string {
	if g.suffix == "" {
		return g.class
	}
	if g.suffix == "attn" {
		return "Attention"
	}
	return strings.ReplaceAll(titleSuffix(g.suffix), "_", " ")
}

// requiredList collects Definitions in the order of their first use.
type requiredList []Required

func (r *requiredList) add(name, opType, module string) {
	i := slices.IndexFunc(*r, func(known Required) bool { return known.Name == name })
	if i < 0 {
		i = len(*r)
		*r = append(*r, Required{Name: name, OpType: opType})
	}
	(*r)[i].Modules = append((*r)[i].Modules, module)
}

// sampling are the Definitions that every model needs behind its head.
func sampling(a *extract.Architecture) []Required {
	var list []Required
	for _, family := range []string{"top_k_sampling_from_probs", "top_p_sampling_from_probs", "top_k_top_p_sampling_from_probs"} {
		if name := definition.Of(family, a.VocabSize); !name.IsZero() {
			list = append(list, Required{Name: name.String(), OpType: name.OpType(), Modules: []string{}})
		}
	}
	return list
}

// remarks says what the entry leaves out on purpose.
func (m *namer) remarks() {
	for i := range m.a.AttentionKinds {
		k := &m.a.AttentionKinds[i]
		if _, missing := missingOpTypes[k.Family]; missing && !m.isListedUnmapped(k) {
			m.noOpType(k.ID, k)
		}
	}
	for _, d := range m.a.Extra {
		if d.Type == "parameter" && d.Times > 1 {
			m.unmapped.add("%s: %d projections of n=%d k=%d in one batched GEMM: op type bmm is missing", d.Name, d.Times, d.N, d.K)
		}
	}
	if m.a.MTPLayers > 0 {
		m.warnings.add("%d next-token-prediction (MTP) %s beside the %d decoder layers: not part of the entry",
			m.a.MTPLayers, prose.Plural(m.a.MTPLayers, "layer stands", "layers stand"), m.a.NumLayers)
	}
	if len(m.a.Towers) > 0 {
		m.warnings.add("other towers of this multimodal model are not part of the entry: %s", strings.Join(m.a.Towers, ", "))
	}
}

func (m *namer) isListedUnmapped(k *extract.AttentionKind) bool {
	return slices.ContainsFunc(m.unmapped, func(line string) bool { return strings.Contains(line, missingOpTypes[k.Family]) })
}
