package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
	"github.com/fib-ls/fib-ls/tsast"
)

const onRequest = "Checkpoints are looked at by `check --network` and the editor's \"Verify against the checkpoint\" alone: the headers of their files are read, a few KB, never the weights. "

func checkpointRules() []Rule {
	return []Rule{
		configRule("checkpoint", Warning, "The model's own checkpoint contradicts the entry.",
			onRequest+"Every GEMM and norm of the entry is compared with the shapes of the checkpoint's tensors, every count to the layers that have them. "+
				"The message says what the entry, the checkpoint, config.json and SGLang's source say; where the checkpoint bears the entry out against the config, no other rule finds fault with that size."),
		configRule("checkpoint-missing", Info, "The checkpoint has layers that the entry does not show.",
			onRequest+"GEMMs that the model's checkpoint has weights for, and of whose size the entry has none."),
		configRule("checkpoint-unseen", Info, "The model's checkpoint could not be looked at.",
			onRequest+"The message says why: the repository has no safetensors files, or the Hub did not give them."),
	}
}

// checkpointComparison compares one entry with its model's checkpoint.
type checkpointComparison struct {
	*comparison
	// plain is the tree that the witnesses bear out, compared with the checkpoint;
	// stated the same with the sizes of the entry.
	plain, stated *weights.Comparison
	sizes         map[weights.Row]weights.Size
	// modules are the entry's modules of each row.
	modules map[weights.Row][]*tsast.Module
	// names are the Definition names of the rows, as they should be.
	names map[weights.Row]string
}

// compareWithCheckpoint adds what the checkpoint has against the entry to the
// findings by the config, and takes those away in which it bears the entry out.
func (p *entryPass) compareWithCheckpoint(expected *ExpectedEntry, findings []Problem) []Problem {
	if expected.CompareWithCheckpoint == nil || len(expected.Alternatives) > 0 {
		return findings
	}
	plain := expected.CompareWithCheckpoint(nil)
	if plain.Unseen != "" {
		p.in(nil, Problem{Rule: "checkpoint-unseen", Span: p.place(), Message: "the entry was not compared with its model's checkpoint: " + plain.Unseen})
		return findings
	}
	h := &checkpointComparison{
		comparison: newComparison(p, expected), plain: plain, stated: plain, sizes: map[weights.Row]weights.Size{},
		modules: map[weights.Row][]*tsast.Module{}, names: map[weights.Row]string{},
	}
	h.state()
	if len(h.sizes) > 0 {
		h.stated = expected.CompareWithCheckpoint(h.sizes)
	}
	told := map[*tsast.Module]bool{}
	for _, c := range h.stated.Contradictions {
		h.contradiction(c, told)
	}
	h.counts(told)
	h.missing()
	return append(h.findings, h.settled(findings, told)...)
}

// state notes what the entry's modules say of the rows that they stand for.
func (h *checkpointComparison) state() {
	conflict := map[weights.Row]bool{}
	for j, m := range h.p.model.Modules {
		e := h.expectedOf(m)
		if e == nil || h.tree.foreign(m) {
			continue
		}
		own := sizesOf(h.p.definitions[j])
		rows := rowsOf(e)
		for _, r := range rows {
			h.names[r.Row] = r.name
			h.modules[r.Row] = append(h.modules[r.Row], m)
			size := r.Size
			if len(own) == 1 && own[0] != size && oneSize(rows) {
				size = own[0]
			}
			if before, ok := h.sizes[r.Row]; ok && before != size {
				conflict[r.Row] = true
			}
			h.sizes[r.Row] = size
		}
	}
	for row, size := range h.sizes {
		if conflict[row] || size == row.Size {
			delete(h.sizes, row)
		}
	}
}

// expectedOf is the module of the generated entry that a module of the file is
// meant to be; nil where several may be.
func (c *comparison) expectedOf(m *tsast.Module) *ExpectedModule {
	if found := c.expectedFor(m); len(found) == 1 {
		return found[0]
	}
	return nil
}

// sizesOf are the sizes that a module's GEMMs and norms name.
func sizesOf(list []spelling) []weights.Size {
	var sizes []weights.Size
	for _, s := range list {
		if size, ok := sizeOf(s.name); (s.current || s.legacy) && ok && !slices.Contains(sizes, size) {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

func sizeOf(n definition.Name) (weights.Size, bool) {
	if n.Family == nil || n.Family.Vocabulary != definition.Dataset {
		return weights.Size{}, false
	}
	switch n.Family.OpType {
	case "gemm":
		return weights.Size{N: int(n.Values[0]), K: int(n.Values[1])}, true
	case "rmsnorm":
		h, ok := n.Value("h")
		return weights.Size{N: int(h)}, ok
	}
	return weights.Size{}, false
}

// namedRow is a row with the Definition name of its size.
type namedRow struct {
	weights.Row
	name string
}

// oneSize reports whether all rows of a module have one size.
func oneSize(rows []namedRow) bool {
	return !slices.ContainsFunc(rows, func(r namedRow) bool { return r.Size != rows[0].Size })
}

// rowsOf are the rows of a module of the generated entry.
func rowsOf(e *ExpectedModule) []namedRow {
	var rows []namedRow
	for _, text := range e.Definitions {
		n, err := definition.Parse(text)
		if err != nil {
			continue
		}
		if size, ok := sizeOf(n); ok {
			for _, path := range e.Paths {
				rows = append(rows, namedRow{weights.Row{Path: strings.TrimSuffix(path, ".weight"), Size: size}, text})
			}
		}
	}
	return rows
}

// contradiction reports one thing that the checkpoint has against the entry, at
// the modules that it is about.
func (h *checkpointComparison) contradiction(c weights.Contradiction, told map[*tsast.Module]bool) {
	message := values(c.Entry, c.Config, c.Source, c.Checkpoint)
	if c.Tensor != "" {
		message += "; the tensor is " + clip(c.Tensor)
	}
	if c.Layers != "" {
		message += ", in " + c.Layers
	}
	modules := h.modules[c.Row]
	if len(modules) == 0 {
		what := "the model's checkpoint contradicts the entry: "
		if c.Row.Path != "" {
			what = "the model's checkpoint contradicts " + c.Row.Path + ": "
		}
		h.tell(nil, Problem{Rule: "checkpoint", Span: h.p.place(), Message: what + message})
		return
	}
	for _, m := range modules {
		told[m] = true
		problem := Problem{Rule: "checkpoint", Span: m.NameSpan, Message: fmt.Sprintf("the model's checkpoint contradicts %s: %s", q(m.Name), message)}
		right := h.names[c.Row]
		if h.sizes[c.Row] != (weights.Size{}) && h.plain.Confirmed[c.Row] > 0 && len(m.Definitions.Items) == 1 {
			d := m.Definitions.Items[0]
			problem.Span, problem.Expected = d.Span, right
			problem.Fixes = []Fix{h.p.restate("Change to "+right, d.Span, right, true)}
		}
		h.tell(m, problem)
	}
}

// values says what everyone has, those that say nothing left out.
func values(entry, config, source, checkpoint string) string {
	words := ""
	for _, v := range [][2]string{{"the entry has", entry}, {"the checkpoint has", checkpoint}, {"config.json gives", config}, {"SGLang's source gives", source}} {
		if v[1] == "" {
			continue
		}
		if words != "" {
			words += ", "
		}
		words += v[0] + " " + v[1]
	}
	return words
}

// counts reports modules that the checkpoint has another number of.
func (h *checkpointComparison) counts(told map[*tsast.Module]bool) {
	for _, m := range h.p.model.Modules {
		e := h.expectedOf(m)
		if e == nil || !counted(m) || int(m.Count.Int) == e.Count {
			continue
		}
		for _, r := range rowsOf(e) {
			n := h.stated.Confirmed[r.Row]
			if n != e.Count || told[m] {
				continue // the row is shared out among several modules
			}
			told[m] = true
			times := func(n int) string {
				if n == 0 {
					return ""
				}
				return fmt.Sprintf("%d", n)
			}
			h.tell(m, Problem{
				Rule: "checkpoint", Span: m.Count.Span, Expected: fmt.Sprint(n),
				Message: fmt.Sprintf("the model's checkpoint contradicts the count of %s: %s", q(m.Name),
					values(times(int(m.Count.Int)), times(h.plain.Counts[r.Row].Config), times(h.plain.Counts[r.Row].Source), times(n))),
			})
		}
	}
}

// missing reports GEMMs of the checkpoint whose size the entry has nowhere.
func (h *checkpointComparison) missing() {
	has := map[weights.Size]bool{}
	for _, list := range h.p.definitions {
		for _, size := range sizesOf(list) {
			has[size] = true
		}
	}
	var words []string
	for i := range h.expected.Modules {
		e := &h.expected.Modules[i]
		for _, r := range rowsOf(e) {
			if h.plain.Confirmed[r.Row] == 0 || r.Size.K == 0 || has[r.Size] || len(h.modules[r.Row]) > 0 {
				continue
			}
			has[r.Size] = true
			words = append(words, fmt.Sprintf("%s (%s)", e.Name, r.name))
		}
	}
	if len(words) == 0 {
		return
	}
	const most = 6
	more := ""
	if len(words) > most {
		words, more = words[:most], fmt.Sprintf(" and %d more", len(words)-most)
	}
	h.tell(nil, Problem{
		Rule: "checkpoint-missing", Span: h.p.place(),
		Message: "the checkpoint has weights of layers that the entry does not show: " + strings.Join(words, ", ") + more,
	})
}

// tell adds a finding that rests on the checkpoint.
func (h *checkpointComparison) tell(m *tsast.Module, problem Problem) {
	h.findings = append(h.findings, h.p.of(m, problem))
}

// settled are the findings by the config without those of modules that the
// checkpoint has told more of, and of sizes in which it bears the entry out.
func (h *checkpointComparison) settled(findings []Problem, told map[*tsast.Module]bool) []Problem {
	bornOut := map[string]bool{}
	for row, modules := range h.modules {
		for _, m := range modules {
			if told[m] || h.sizes[row] != (weights.Size{}) && h.stated.Confirmed[row] > 0 {
				bornOut[m.Name] = true
			}
		}
	}
	return slices.DeleteFunc(findings, func(f Problem) bool {
		return bornOut[f.Module] && (f.Rule == "config-gemm" || f.Rule == "config-norm")
	})
}
