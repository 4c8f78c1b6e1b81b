package generate

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
)

// FromWeights makes the module tree of a model of which neither a family nor a
// source is known out of its checkpoint: the tensors' own names and shapes,
// grouped by what they are. nil when the checkpoint has no layers.
func FromWeights(ck *weights.Checkpoint, a *extract.Architecture) []baseline.Module {
	if ck.Stack == "" || len(ck.Layers) == 0 || a == nil {
		return nil
	}
	w := &weightTree{a: a, ck: ck, config: &configTree{a: a, base: className(a.ArchitectureType, "")}, at: map[string]int{}}
	c := w.config
	c.add("", cmp.Or(a.ArchitectureType, c.base+"ForCausalLM"), baseline.TypeBlock, nil)
	w.containers(ck.Stack, nil)
	var all layerSet
	for l, ws := range ck.Layers {
		if ws != nil && l < maxLayers {
			all = append(all, l)
		}
	}
	w.outside(func(m weights.Weight) bool { return isEmbeddingName(m.Module) })
	c.add(ck.Stack, c.base+"DecoderLayer", baseline.TypeBlock, all)
	for _, l := range all {
		w.layer(l)
	}
	w.outside(func(m weights.Weight) bool { return !isEmbeddingName(m.Module) })
	w.attention(all)
	return c.rows
}

// weightTree collects the rows of a checkpoint's weights.
type weightTree struct {
	a      *extract.Architecture
	ck     *weights.Checkpoint
	config *configTree
	at     map[string]int // path and size -> row
}

// containers adds the blocks that a path stands in, but not the path itself.
func (w *weightTree) containers(path string, layers layerSet) {
	for i := range path {
		if path[i] != '.' || i <= len(w.ck.Stack) && layers != nil {
			continue
		}
		block := path[:i]
		key := "block|" + block
		if at, ok := w.at[key]; ok {
			w.extend(at, layers)
			continue
		}
		w.at[key] = len(w.config.rows)
		w.config.add(block, w.config.base+extract.Camel(lastSegment(block)), baseline.TypeBlock, layers)
	}
}

// extend adds layers to a row.
func (w *weightTree) extend(at int, layers layerSet) {
	if layers == nil {
		return
	}
	row := &w.config.rows[at]
	times := max(row.Count/max(len(parseLayers(row.Layers)), 1), 1)
	set := parseLayers(row.Layers).or(layers)
	row.Layers, row.Count = set.String(), times*len(set)
}

// layer adds the weights of one layer.
func (w *weightTree) layer(l int) {
	set := layerSet{l}
	experts := map[string][]weights.Weight{}
	for _, m := range w.ck.Layers[l] {
		if (m.Expert || m.IsStack()) && m.Rank != weights.Vector {
			block := expertsBlock(m.Module)
			experts[block] = append(experts[block], m)
			continue
		}
		w.weight(w.ck.Stack+"."+m.Module, m, set)
	}
	for _, block := range slices.Sorted(maps.Keys(experts)) {
		w.experts(w.ck.Stack+"."+block, experts[block], set)
	}
}

// expertsBlock is the path up to the list of experts.
func expertsBlock(module string) string {
	segs := strings.Split(module, ".")
	for i, s := range segs {
		if strings.HasSuffix(s, "experts") {
			return strings.Join(segs[:i+1], ".")
		}
	}
	return below(parentOf(module), "experts") // a stack beside the router
}

// weight adds a row for a matrix or a norm.
func (w *weightTree) weight(path string, m weights.Weight, layers layerSet) {
	var row baseline.Module
	switch {
	case m.Rank == weights.Vector && m.Plain && strings.Contains(strings.ToLower(path), "norm"), m.Rank == weights.Vector && m.Plain && strings.Contains(lastSegment(path), "ln"):
		row = baseline.Module{Class: normClass(w.a.Normalization.Type), Type: baseline.TypeNorm, Hidden: known(m.N)}
		if row.Class == "" {
			row.Class = "RMSNorm"
		}
	case m.Rank != weights.Matrix || !m.Plain && m.Form == "":
		return
	case layers == nil && isEmbeddingName(m.Module):
		row = baseline.Module{Class: "VocabParallelEmbedding", Type: baseline.TypeEmbedding, N: known(m.N), K: known(m.K)}
	case layers == nil && m.N == w.a.VocabSize && m.K == w.a.HiddenSize:
		row = baseline.Module{Class: "ParallelLMHead", Type: baseline.TypeLMHead, N: known(m.N), K: known(m.K)}
	default:
		row = baseline.Module{Class: linearClass(lastSegment(path)), Type: baseline.TypeLinear, N: known(m.N), K: known(m.K), Gemm: !strings.Contains(path, "conv")}
	}
	row.Path, row.Count = path, max(m.Stack, 1)
	w.row(row, layers)
}

// row adds a row, or the layers to one that is there.
func (w *weightTree) row(row baseline.Module, layers layerSet) {
	w.containers(row.Path, layers)
	key := row.Path + "|" + signature(row)
	if at, ok := w.at[key]; ok {
		w.extend(at, layers)
		return
	}
	w.at[key] = len(w.config.rows)
	if layers != nil {
		row.Layers, row.Count = layers.String(), row.Count*len(layers)
	}
	w.config.rows = append(w.config.rows, row)
}

// experts adds one row for the routed experts of a layer: as many as the
// checkpoint has of one matrix, as wide as what comes back to the hidden state.
func (w *weightTree) experts(path string, list []weights.Weight, layers layerSet) {
	row := baseline.Module{Path: path, Class: "FusedMoE", Type: baseline.TypeMoE, Count: 1}
	for _, m := range list {
		if m.Rank != weights.Matrix {
			continue
		}
		inter := m.K
		if m.K == w.a.HiddenSize || m.Swapped && m.N != w.a.HiddenSize {
			inter = m.N
		}
		if row.NumExperts == nil || inter < *row.IntermediateSize {
			row.NumExperts, row.IntermediateSize = known(m.Stack), known(inter)
		}
	}
	if w.a.MoE != nil {
		row.TopK = known(w.a.MoE.NumExpertsPerTok)
	}
	if row.NumExperts != nil {
		w.row(row, layers)
	}
}

// outside adds the weights around the layers that a test picks.
func (w *weightTree) outside(pick func(weights.Weight) bool) {
	for _, m := range w.ck.Outside {
		if pick(m) && !inTower(m.Module) {
			w.weight(m.Module, m, nil)
		}
	}
}

// attention adds the kernel beside the query projection, with the heads that
// the config states, where the checkpoint's sizes bear them out.
func (w *weightTree) attention(all layerSet) {
	if len(w.a.AttentionKinds) != 1 || w.a.AttentionKinds[0].Family != extract.GQA {
		return
	}
	k := &w.a.AttentionKinds[0]
	for _, row := range slices.Clone(w.config.rows) {
		if row.Type != baseline.TypeLinear || row.N == nil || len(parseLayers(row.Layers)) != len(all) || k.NumHeads == 0 {
			continue
		}
		q := strings.HasPrefix(lastSegment(row.Path), "q") && *row.N == k.NumHeads*k.HeadDim
		qkv := *row.N == (k.NumHeads+2*k.NumKVHeads)*k.HeadDim && strings.Contains(strings.ToLower(row.Path), "qkv")
		if q || qkv {
			w.config.radix(below(parentOf(row.Path), "attn"), all, k.NumHeads, k.NumKVHeads, k.HeadDim, valueDim(k))
			return
		}
	}
}

func parentOf(path string) string { return path[:max(strings.LastIndexByte(path, '.'), 0)] }

// isEmbeddingName reports whether a name is that of an embedding, a table of
// rows by token.
func isEmbeddingName(path string) bool {
	name := strings.ToLower(lastSegment(path))
	return strings.Contains(name, "embed") && name != "embed_out" || name == "wte" || name == "wpe"
}
