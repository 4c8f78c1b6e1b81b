package baseline

import (
	"slices"
	"strings"
)

// forwardPass puts the calls of forward() in order, layer part by layer part.
func forwardPass(modules []Module, calls []KernelCall) ForwardPass {
	out := ForwardPass{Layers: []ForwardLayer{}}
	stack := layerStack(modules)
	rows := map[string][]Module{}
	for _, m := range modules {
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
