package generate

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
)

// Units are the rows of a tree that a checkpoint has weights for, or that have
// another size that witnesses can agree on (heads). The second list has for
// each unit the index of its row.
func Units(rows []baseline.Module, a *extract.Architecture) ([]weights.Unit, []int) {
	var units []weights.Unit
	var from []int
	for i := range rows {
		if u, ok := unitOf(&rows[i], a); ok {
			units, from = append(units, u), append(from, i)
		}
	}
	return units, from
}

func unitOf(row *baseline.Module, a *extract.Architecture) (weights.Unit, bool) {
	u := weights.Unit{Path: strings.TrimSuffix(row.Path, ".weight"), Tied: row.Tied != "", Times: max(row.Count, 1)}
	if row.Layers != "" {
		u.Layers = parseLayers(row.Layers)
		u.Times = max(row.Count, 1) / max(len(u.Layers), 1)
	} else if inTower(row.Path) {
		return u, false
	}
	sized := func(kind weights.Kind, n, k *int) (weights.Unit, bool) {
		if n == nil {
			return u, false
		}
		u.Kind, u.N = kind, *n
		if k != nil {
			u.K = *k
		}
		return u, true
	}
	switch row.Type {
	case baseline.TypeLinear:
		if !row.Gemm {
			u.Times *= batched(row, a)
		}
		u.Queries = queriesAlone(row, a)
		return sized(weights.Linear, row.N, row.K)
	case baseline.TypeParameter:
		if row.Gemm {
			return sized(weights.Linear, row.N, row.K)
		}
		return sized(weights.Parameter, row.N, row.K)
	case baseline.TypeEmbedding:
		return sized(weights.Embedding, row.N, row.K)
	case baseline.TypeLMHead:
		return sized(weights.Head, row.N, row.K)
	case baseline.TypeNorm:
		return sized(weights.Norm, row.Hidden, nil)
	case baseline.TypeMoE:
		return expertsUnit(u, row, a)
	}
	return u, false
}

// batched is how many matrices a module multiplies with in one batched product;
// 1 for any other.
func batched(row *baseline.Module, a *extract.Architecture) int {
	for i := range a.AttentionKinds {
		for _, d := range a.AttentionKinds[i].Dimensions {
			if d.Type == "parameter" && d.Times > 1 && lastSegment(d.Name) == lastSegment(row.Path) && row.N != nil && row.K != nil && d.N == *row.N && d.K == *row.K {
				return d.Times
			}
		}
	}
	return 1
}

// queriesAlone is the width of the queries in a projection of queries, keys and
// values where some layers take the keys and values of others (Gemma 3n, 4):
// SGLang gives these layers the whole projection, the checkpoint that of the
// queries. 0 for any other.
func queriesAlone(row *baseline.Module, a *extract.Architecture) int {
	if row.N == nil || row.Layers == "" || a.KVSharedLayers == 0 {
		return 0
	}
	for i := range a.AttentionKinds {
		k := &a.AttentionKinds[i]
		queries := k.NumHeads * k.HeadDim
		if queries > 0 && *row.N == queries+2*k.NumKVHeads*k.HeadDim {
			return queries
		}
	}
	return 0
}

// expertsUnit fills in what a row of experts leaves to the architecture: their
// width, and whether they have a gate.
func expertsUnit(u weights.Unit, row *baseline.Module, a *extract.Architecture) (weights.Unit, bool) {
	if row.NumExperts == nil || row.IntermediateSize == nil || len(u.Layers) == 0 {
		return u, false
	}
	u.Kind, u.Experts, u.Inter, u.Hidden, u.Gated = weights.Experts, *row.NumExperts, *row.IntermediateSize, a.HiddenSize, true
	if k := a.MLPKindAt(u.Layers[0]); k != nil && k.MoE != nil {
		u.Gated = k.Gated
		if k.MoE.ExpertHiddenSize > 0 {
			u.Hidden = k.MoE.ExpertHiddenSize
		}
	}
	return u, true
}

// inTower reports whether a module outside of the layers is called like a tower
// (vision, audio).
func inTower(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "."), func(seg string) bool {
		return towerNames.MatchString(seg) && !strings.Contains(seg, "experts")
	})
}
