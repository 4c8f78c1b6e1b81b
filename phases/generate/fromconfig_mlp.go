package generate

import (
	"cmp"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// mlp adds a dense or a sparse MLP.
func (c *configTree) mlp(k *extract.MLPKind) {
	layers := c.layersOf(func(run extract.LayerRun) bool { return run.MLP == k.ID })
	if k.Family == extract.NoMLP || len(layers) == 0 {
		return
	}
	path := below(c.layers, k.Attribute)
	if k.Attribute != "" {
		c.add(path, c.base+choose(k.Family == extract.SparseMoE, "MoE", "MLP"), baseline.TypeBlock, layers)
	}
	c.dimensions(path, layers, k.Dimensions)
	if k.Family == extract.DenseMLP {
		c.add(below(path, "act_fn"), activationClass(k), baseline.TypeActivation, layers)
		return
	}
	for _, d := range k.Dimensions {
		if block, ok := strings.CutSuffix(d.Name, ".down_proj"); ok {
			added := len(c.rows)
			c.add(below(below(path, block), "act_fn"), activationClass(k), baseline.TypeActivation, layers)
			c.times(added, d.Times)
		}
	}
	if k.MoE == nil {
		return
	}
	c.add(below(path, "topk"), "TopK", baseline.TypeTopK, layers).TopK = known(k.MoE.NumExpertsPerTok)
	row := c.add(below(path, cmp.Or(k.Experts, "experts")), "FusedMoE", baseline.TypeMoE, layers)
	row.NumExperts, row.TopK, row.IntermediateSize = known(k.MoE.NumExperts), known(k.MoE.NumExpertsPerTok), known(k.MoE.MoEIntermediateSize)
}

func activationClass(k *extract.MLPKind) string {
	name := "SiLU"
	switch {
	case strings.HasPrefix(k.Activation, "gelu"):
		name = "Gelu"
	case strings.HasPrefix(k.Activation, "relu2"), strings.HasPrefix(k.Activation, "relu_squared"):
		name = "ReLU2"
	}
	return name + choose(k.Gated, "AndMul", "")
}

// layerNorms adds the norms that stand in the layers themselves. One name may
// come with several kinds: it is one row over all their layers.
func (c *configTree) layerNorms() {
	type layerNorm struct {
		dim    extract.Dimension
		layers layerSet
	}
	var norms []*layerNorm
	add := func(dims []extract.Dimension, layers layerSet, perLayer int) {
		for _, d := range dims {
			d.Times = max(d.Times, 1) * max(perLayer, 1)
			found := false
			for _, n := range norms {
				if n.dim.Name == d.Name && n.dim.N == d.N && n.dim.Norm == d.Norm && n.dim.Times == d.Times {
					n.layers, found = n.layers.or(layers), true
				}
			}
			if !found {
				norms = append(norms, &layerNorm{d, layers})
			}
		}
	}
	for _, k := range c.a.AttentionKinds {
		add(k.Norms, c.layersOf(func(run extract.LayerRun) bool { return run.Attention == k.ID }), k.PerLayer)
	}
	for _, k := range c.a.MLPKinds {
		add(k.Norms, c.layersOf(func(run extract.LayerRun) bool { return run.MLP == k.ID }), 1)
	}
	for _, n := range norms {
		added := len(c.rows)
		c.norm(below(c.layers, n.dim.Name), n.layers, n.dim.N, normClass(n.dim.Norm))
		c.times(added, n.dim.Times)
	}
}
