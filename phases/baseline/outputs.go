package baseline

import (
	"slices"
	"strings"
)

// forwardPass puts the calls of forward() in order, layer part by layer part.
func forwardPass(impl *Implementation) ForwardPass {
	out := ForwardPass{Layers: []ForwardLayer{}}
	stack := layerStack(impl.Modules)
	rows := map[string][]Module{}
	for _, m := range impl.Modules {
		rows[m.Path] = append(rows[m.Path], m)
		outside := stack == "" || !strings.HasPrefix(m.Path, stack)
		switch {
		case m.Type == TypeEmbedding && out.Embedding == "" && m.Tied == "":
			out.Embedding = m.Path
		case m.Type == TypeLMHead, m.Tied != "" && lastPart(m.Path) == "lm_head":
			out.LMHead = m.Path
		case m.Type == TypeNorm && outside:
			out.FinalNorm = m.Path
		}
	}
	if out.LMHead == "" { // the embedding's weight makes the logits
		out.LMHead = out.Embedding
	}
	at := map[string]int{}
	for _, c := range impl.Calls {
		name, inside := strings.CutPrefix(c.Path, stack+".")
		if !inside || stack == "" {
			continue
		}
		i, ok := at[c.Path]
		if !ok {
			i = len(out.Layers)
			at[c.Path] = i
			l := ForwardLayer{Name: name}
			if have := rows[c.Path]; len(have) > 0 {
				l.Type, l.Layers = string(have[0].Type), allLayers(have)
			}
			out.Layers = append(out.Layers, l)
		}
		out.Layers[i].addKernel(c.Function)
	}
	return out
}

func (l *ForwardLayer) addKernel(k string) {
	switch {
	case l.Kernel == k || slices.Contains(l.Kernels, k):
	case l.Kernel == "" && l.Kernels == nil:
		l.Kernel = k
	case l.Kernels == nil:
		l.Kernels, l.Kernel = []string{l.Kernel, k}, ""
	default:
		l.Kernels = append(l.Kernels, k)
	}
}

func allLayers(rows []Module) string {
	parts := make([]string, 0, len(rows))
	for _, m := range rows {
		if m.Layers != "" && !slices.Contains(parts, m.Layers) {
			parts = append(parts, m.Layers)
		}
	}
	return strings.Join(parts, ",")
}

// layerStack is the path of the decoder layers: the list whose blocks hold
// the most attention or other token mixers, or any list of blocks.
func layerStack(modules []Module) string {
	weight := map[string]int{} // of what stands below a path
	for _, m := range modules {
		n := m.Count
		if m.Type == TypeAttention || m.Type == TypeLinearAttention {
			const mixer = 1000
			n *= mixer
		}
		for p := parentPath(m.Path); p != ""; p = parentPath(p) {
			weight[p] += n
		}
	}
	best, most := "", 0
	for _, m := range modules {
		if m.Type != TypeBlock || m.Layers == "" {
			continue
		}
		if n := weight[m.Path]; n > most || n == most && len(m.Path) < len(best) {
			best, most = m.Path, n
		}
	}
	return best
}

// KernelCallRow is one entry of kernel_calls.json.
type KernelCallRow struct {
	Module       string `json:"module"`
	Kernel       string `json:"kernel"`
	BaselineImpl string `json:"baseline_impl"`
	// Equivalent is the FlashInfer-Bench Definition that does what the call
	// does, the first where there are several; all are in Definitions.
	Equivalent   string   `json:"flashinfer_equivalent"`
	Definitions  []string `json:"definitions"`
	FlashInfer   []string `json:"flashinfer_api,omitempty"`
	CodeLocation string   `json:"code_location"`
}

// KernelCallRows makes the rows of kernel_calls.json; definitions gives the
// Definitions of a module by its path.
func (impl *Implementation) KernelCallRows(definitions func(path string) []string) []KernelCallRow {
	out := []KernelCallRow{}
	for _, c := range impl.Calls {
		row := KernelCallRow{Module: c.Path, Kernel: c.Function, BaselineImpl: c.BaselineImpl, FlashInfer: c.FlashInfer,
			CodeLocation: c.Location, Definitions: []string{}}
		for _, d := range definitions(c.Path) {
			if !isOtherNorm(c.Function, d) {
				row.Definitions = append(row.Definitions, d)
			}
		}
		if len(row.Definitions) > 0 {
			row.Equivalent = row.Definitions[0]
		}
		out = append(out, row)
	}
	return out
}

// isOtherNorm says that a Definition is for a norm with a residual and the
// call has none, or the other way round.
func isOtherNorm(function, definition string) bool {
	fused := strings.HasPrefix(definition, "fused_add_rmsnorm_")
	switch strings.TrimPrefix(function, "gemma_") {
	case "rmsnorm":
		return fused
	case "fused_add_rmsnorm":
		return strings.HasPrefix(definition, "rmsnorm_")
	}
	return false
}
