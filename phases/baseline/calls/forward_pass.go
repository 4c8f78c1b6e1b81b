package calls

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/tree"
)

// Order puts the calls of forward() in order, layer part by layer part.
func Order(modules []tree.Module, calls []KernelCall) ForwardPass {
	out := ForwardPass{Layers: []ForwardLayer{}}
	stack := layerStack(modules)
	rows := map[string][]tree.Module{}
	for _, m := range modules {
		rows[m.Path] = append(rows[m.Path], m)
		outside := stack == "" || !strings.HasPrefix(m.Path, stack)
		switch {
		case m.Type == tree.TypeEmbedding && out.Embedding == "" && m.Tied == "":
			out.Embedding = m.Path
		case m.Type == tree.TypeLMHead, m.Tied != "" && pyeval.LastPart(m.Path) == "lm_head":
			out.LMHead = m.Path
		case m.Type == tree.TypeNorm && outside:
			out.FinalNorm = m.Path
		}
	}
	if out.LMHead == "" { // the embedding's weight makes the logits
		out.LMHead = out.Embedding
	}
	at := map[string]int{}
	for _, c := range calls {
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

func allLayers(rows []tree.Module) string {
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
func layerStack(modules []tree.Module) string {
	weight := map[string]int{} // of what stands below a path
	for _, m := range modules {
		n := m.Count
		if m.Type == tree.TypeAttention || m.Type == tree.TypeLinearAttention {
			const mixer = 1000
			n *= mixer
		}
		for p := tree.ParentPath(m.Path); p != ""; p = tree.ParentPath(p) {
			weight[p] += n
		}
	}
	best, most := "", 0
	for _, m := range modules {
		if m.Type != tree.TypeBlock || m.Layers == "" {
			continue
		}
		if n := weight[m.Path]; n > most || n == most && len(m.Path) < len(best) {
			best, most = m.Path, n
		}
	}
	return best
}
