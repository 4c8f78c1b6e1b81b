package weights

import (
	"strconv"
	"strings"
	"testing"
)

// TestStoredTogether: forms in which a checkpoint keeps a unit as something
// else than a matrix of its size. Each is the unit, and nothing is left over;
// of another size it is not.
func TestStoredTogether(t *testing.T) {
	two := []int{0, 1}
	for name, c := range map[string]struct {
		tensors []Tensor
		units   []Unit
		// wrong is a tensor that takes the place of the first, of a size that
		// does not fit.
		wrong Tensor
	}{
		"shared experts as stacks": {
			tensors: []Tensor{
				tensor("model.layers.[l].mlp.shared_experts.down_proj", "BF16", 2, 96, 56),
				tensor("model.layers.[l].mlp.shared_experts.gate_proj", "BF16", 2, 56, 96), tensor("model.layers.[l].mlp.shared_experts.up_proj", "BF16", 2, 56, 96),
			},
			units: []Unit{
				{Path: "model.layers.mlp.shared_experts.gate_up_proj", Kind: Linear, Layers: two, Times: 1, N: 224, K: 96},
				{Path: "model.layers.mlp.shared_experts.down_proj", Kind: Linear, Layers: two, Times: 1, N: 96, K: 112},
			},
			wrong: tensor("model.layers.[l].mlp.shared_experts.down_proj", "BF16", 3, 96, 56),
		},
		"a matrix for each head": {
			tensors: []Tensor{tensor("model.layers.[l].mamba.x_proj_weight", "BF16", 2, 38, 96)},
			units:   []Unit{{Path: "model.layers.mamba.x_proj", Kind: Linear, Layers: two, Times: 1, N: 38, K: 192}},
			wrong:   tensor("model.layers.[l].mamba.x_proj_weight", "BF16", 2, 38, 80),
		},
		"keys and values of another layer": {
			tensors: []Tensor{tensor("model.layers.[l].self_attn.q_proj.weight", "BF16", 120, 96)},
			units:   []Unit{{Path: "model.layers.self_attn.qkv_proj", Kind: Linear, Layers: two, Times: 1, N: 200, K: 96, Queries: 120}},
			wrong:   tensor("model.layers.[l].self_attn.q_proj.weight", "BF16", 128, 96),
		},
		"the embedding's norm in the first layer": {
			tensors: []Tensor{tensor("rwkv.blocks.[l].ln1.weight", "BF16", 96), tensor("rwkv.blocks.0.pre_ln.weight", "BF16", 96)},
			units:   []Unit{{Path: "rwkv.blocks.ln1", Kind: Norm, Layers: two, Times: 1, N: 96}, {Path: "rwkv.pre_ln", Kind: Norm, N: 96, Times: 1}},
			wrong:   tensor("rwkv.blocks.[l].ln1.weight", "BF16", 90),
		},
		"a shared block's adapters": {
			tensors: []Tensor{
				tensor("model.layers.[l].linear.weight", "BF16", 96, 96),
				tensor("model.layers.0.shared_transformer.adapter_list.0.0.weight", "BF16", 16, 96), tensor("model.layers.0.shared_transformer.adapter_list.1.0.weight", "BF16", 16, 96),
			},
			units: []Unit{
				{Path: "model.layers.linear", Kind: Linear, Layers: two, Times: 1, N: 96, K: 96},
				{Path: "model.layers.adapter.0", Kind: Linear, Layers: two, Times: 1, N: 16, K: 96},
			},
			wrong: tensor("model.layers.[l].linear.weight", "BF16", 96, 90),
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := Sort(inLayers(c.tensors, 2), Options{NumLayers: 2}).Match(c.units, 2)
			if len(r.Findings) > 0 {
				t.Errorf("%v", said(r, c.units))
			}
			for i, v := range r.Verdicts {
				if v != Confirmed {
					t.Errorf("%s is not confirmed: %d", c.units[i].Path, v)
				}
			}
			c.tensors[0] = c.wrong
			if r := Sort(inLayers(c.tensors, 2), Options{NumLayers: 2}).Match(c.units, 2); len(r.Findings) == 0 {
				t.Errorf("%s %v: nothing was found", c.wrong.Name, c.wrong.Shape)
			}
		})
	}
}

// inLayers writes the tensors with [l] in their name for each of n layers.
func inLayers(tensors []Tensor, n int) []Tensor {
	var list []Tensor
	for _, x := range tensors {
		if !strings.Contains(x.Name, "[l]") {
			list = append(list, x)
			continue
		}
		for l := range n {
			list = append(list, tensor(strings.Replace(x.Name, "[l]", strconv.Itoa(l), 1), x.DType, x.Shape...))
		}
	}
	return list
}
