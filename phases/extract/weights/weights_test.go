package weights

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func tensor(name, dtype string, shape ...int) Tensor { return Tensor{name, dtype, shape} }

// decoder is a checkpoint of so many layers with separate q, k, v and gate, up.
func decoder(layers int) []Tensor {
	list := []Tensor{
		tensor("model.embed_tokens.weight", "BF16", 1000, 96), tensor("model.norm.weight", "BF16", 96), tensor("lm_head.weight", "BF16", 1000, 96),
	}
	for i := range layers {
		at := fmt.Sprintf("model.layers.%d.", i)
		list = append(list,
			tensor(at+"self_attn.q_proj.weight", "BF16", 120, 96), tensor(at+"self_attn.k_proj.weight", "BF16", 40, 96),
			tensor(at+"self_attn.v_proj.weight", "BF16", 40, 96), tensor(at+"self_attn.o_proj.weight", "BF16", 96, 120),
			tensor(at+"mlp.gate_proj.weight", "BF16", 208, 96), tensor(at+"mlp.up_proj.weight", "BF16", 208, 96),
			tensor(at+"mlp.down_proj.weight", "BF16", 96, 208),
			tensor(at+"input_layernorm.weight", "BF16", 96), tensor(at+"post_attention_layernorm.weight", "BF16", 96),
		)
	}
	return list
}

func layers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// tree is the same model as SGLang builds it.
func tree(n int) []Unit {
	l := layers(n)
	return []Unit{
		{Path: "model.embed_tokens", Kind: Embedding, N: 1000, K: 96, Times: 1},
		{Path: "model.layers.self_attn.qkv_proj", Kind: Linear, Layers: l, Times: 1, N: 200, K: 96},
		{Path: "model.layers.self_attn.o_proj", Kind: Linear, Layers: l, Times: 1, N: 96, K: 120},
		{Path: "model.layers.mlp.gate_up_proj", Kind: Linear, Layers: l, Times: 1, N: 416, K: 96},
		{Path: "model.layers.mlp.down_proj", Kind: Linear, Layers: l, Times: 1, N: 96, K: 208},
		{Path: "model.layers.input_layernorm", Kind: Norm, Layers: l, Times: 1, N: 96},
		{Path: "model.layers.post_attention_layernorm", Kind: Norm, Layers: l, Times: 1, N: 96},
		{Path: "model.norm", Kind: Norm, N: 96, Times: 1},
		{Path: "lm_head", Kind: Head, N: 1000, K: 96, Times: 1},
	}
}

// said writes findings as a user would read them.
func said(r *Report, units []Unit) []string {
	var list []string
	for _, f := range r.Findings {
		unit := "-"
		if f.Unit >= 0 {
			unit = units[f.Unit].Path
		}
		list = append(list, fmt.Sprintf("%s %s %s: %s / %s %v", f.What, unit, f.Tensor, f.Tree, f.Checkpoint, f.Layers))
	}
	return list
}

// TestMatch holds a tree to checkpoints that have it, and to ones that differ
// from it on purpose: each difference is told as it is, and nothing else.
func TestMatch(t *testing.T) {
	drop := func(part string) func([]Tensor) []Tensor {
		return func(list []Tensor) []Tensor {
			return slices.DeleteFunc(list, func(t Tensor) bool { return strings.Contains(t.Name, part) })
		}
	}
	reshape := func(part string, shape ...int) func([]Tensor) []Tensor {
		return func(list []Tensor) []Tensor {
			for i := range list {
				if strings.Contains(list[i].Name, part) {
					list[i].Shape = shape
				}
			}
			return list
		}
	}
	add := func(more ...Tensor) func([]Tensor) []Tensor {
		return func(list []Tensor) []Tensor { return append(list, more...) }
	}
	for _, c := range []struct {
		name   string
		change func([]Tensor) []Tensor
		units  func([]Unit) []Unit
		want   []string
	}{
		{name: "the same"},
		{name: "tied", change: drop("lm_head"), units: func(u []Unit) []Unit { u[8].Tied = true; return u }},
		{name: "no head", change: drop("lm_head"), units: func(u []Unit) []Unit { u[8].Tied = true; return u }},
		{name: "a head of another size", change: reshape("lm_head", 1024, 96), want: []string{"size lm_head lm_head.weight: n=1000 k=96 / n=1024 k=96 []"}},
		{name: "fused in the checkpoint", change: func(list []Tensor) []Tensor {
			list = drop("k_proj")(drop("v_proj")(list))
			for i := range list {
				if strings.HasSuffix(list[i].Name, "q_proj.weight") {
					list[i] = tensor(strings.Replace(list[i].Name, "q_proj", "qkv_proj", 1), "BF16", 200, 96)
				}
			}
			return list
		}},
		{name: "a wrong head_dim", change: func(list []Tensor) []Tensor {
			return reshape("o_proj", 96, 192)(reshape("v_proj", 64, 96)(reshape("k_proj", 64, 96)(reshape("q_proj", 192, 96)(list))))
		}, want: []string{
			"size model.layers.self_attn.qkv_proj model.layers.0.self_attn.k_proj.weight: n=200 k=96 / n=320 k=96 in 3 tensors [0 1 2]",
			"size model.layers.self_attn.o_proj model.layers.0.self_attn.o_proj.weight: n=96 k=120 / n=96 k=192 [0 1 2]",
		}},
		{name: "a missing layer", change: drop(".layers.2."), want: []string{"layers - : 3 layers / 2 layers in model.layers [2]"}},
		{name: "a layer more", change: add(tensor("model.layers.3.mlp.down_proj.weight", "BF16", 96, 208)), want: []string{"layers - : 3 layers / 4 layers in model.layers []"}},
		{name: "a renamed tensor", change: func(list []Tensor) []Tensor {
			for i := range list {
				list[i].Name = strings.Replace(list[i].Name, "1.mlp.down_proj", "1.mlp.dwon_proj", 1)
			}
			return list
		}, want: []string{"name - model.layers.1.mlp.dwon_proj: mlp.down_proj in the other layers / mlp.dwon_proj [1]"}},
		{name: "a norm more", change: add(tensor("model.layers.0.mlp.sub_norm.weight", "BF16", 208), tensor("model.layers.1.mlp.sub_norm.weight", "BF16", 208), tensor("model.layers.2.mlp.sub_norm.weight", "BF16", 208)),
			want: []string{"extra - model.layers.0.mlp.sub_norm.weight: no such layer / width 208 [0 1 2]"}},
		{name: "a projection more", change: add(tensor("model.layers.1.mlp.third.weight", "BF16", 96, 20)),
			want: []string{"extra - model.layers.1.mlp.third.weight: no such layer / n=96 k=20 [1]"}},
		{name: "what is not part of the model", change: add(
			tensor("visual.blocks.0.attn.qkv.weight", "BF16", 30, 10), tensor("visual.blocks.3.attn.qkv.weight", "BF16", 30, 10),
			tensor("model.layers.3.eh_proj.weight", "BF16", 96, 192), tensor("model.layers.3.mlp.down_proj.weight", "BF16", 96, 208),
			tensor("model.layers.0.self_attn.rotary_emb.inv_freq", "F32", 10), tensor("model.layers.0.self_attn.q_proj.bias", "BF16", 120),
			tensor("model.layers.0.self_attn.q_proj.lora_A.weight", "BF16", 8, 96),
		)},
	} {
		t.Run(c.name, func(t *testing.T) {
			tensors, units := decoder(3), tree(3)
			if c.change != nil {
				tensors = c.change(tensors)
			}
			if c.units != nil {
				units = c.units(units)
			}
			r := Sort(tensors, Options{NumLayers: 3}).Match(units, 3)
			if got := said(r, units); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			for i, v := range r.Verdicts {
				if len(c.want) == 0 && v != Confirmed && !units[i].Tied {
					t.Errorf("%s is not confirmed: %d", units[i].Path, v)
				}
			}
		})
	}
}

// TestForms reads matrices of n=256, k=512 in every form in which they are
// stored.
func TestForms(t *testing.T) {
	const at = "model.layers.0.mlp.up_proj."
	for name, tensors := range map[string][]Tensor{
		"":               {tensor(at+"weight", "BF16", 256, 512)},
		"fp8":            {tensor(at+"weight", "F8_E4M3", 256, 512), tensor(at+"weight_scale_inv", "F32", 2, 4)},
		"gptq":           {tensor(at+"qweight", "I32", 64, 256), tensor(at+"qzeros", "I32", 4, 32), tensor(at+"scales", "F16", 4, 256), tensor(at+"g_idx", "I32", 512)},
		"awq":            {tensor(at+"qweight", "I32", 512, 32), tensor(at+"qzeros", "I32", 4, 32), tensor(at+"scales", "F16", 4, 256)},
		"pack-quantized": {tensor(at+"weight_packed", "I32", 256, 64), tensor(at+"weight_scale", "BF16", 256, 4), tensor(at+"weight_shape", "I64", 2)},
		"nvfp4-packed":   {tensor(at+"weight_packed", "U8", 256, 256), tensor(at+"weight_scale", "F8_E4M3", 256, 32), tensor(at+"weight_global_scale", "F32", 1)},
		"nvfp4":          {tensor(at+"weight", "U8", 256, 256), tensor(at+"weight_scale", "F8_E4M3", 256, 32), tensor(at+"weight_scale_2", "F32"), tensor(at+"input_scale", "F32")},
	} {
		ck := Sort(tensors, Options{NumLayers: 1})
		if len(ck.Layers) != 1 || len(ck.Layers[0]) != 1 {
			t.Errorf("%s: %+v", name, ck.Layers)
			continue
		}
		if w := ck.Layers[0][0]; w.N != 256 || w.K != 512 || w.Form != name || w.Elements != 256*512 {
			t.Errorf("%s: %+v", name, w)
		}
	}
	// Of what keeps no shape the number of values is known.
	four := []Tensor{tensor(at+"weight", "U8", 65536, 1), tensor(at+"weight.absmax", "U8", 2048), tensor(at+"weight.quant_state.bitsandbytes__nf4", "U8", 100)}
	if w := Sort(four, Options{NumLayers: 1}).Layers[0]; len(w) != 1 || w[0].Rank != Total || w[0].Elements != 256*512 {
		t.Errorf("bitsandbytes: %+v", w)
	}
	for _, f := range forms {
		if f.source == "" {
			t.Errorf("the form %s names no source", f.name)
		}
	}
}

// TestExperts: experts one by one, in a stack of either order, and in blocks
// are the same experts.
func TestExperts(t *testing.T) {
	const e, inter, hidden = 8, 64, 96
	units := []Unit{{Path: "model.layers.mlp.experts", Kind: Experts, Layers: []int{0}, Times: 1, Experts: e, Inter: inter, Hidden: hidden, Gated: true}}
	var single []Tensor
	for i := range e {
		at := fmt.Sprintf("model.layers.0.mlp.experts.%d.", i)
		single = append(single, tensor(at+"w1.weight", "BF16", inter, hidden), tensor(at+"w3.weight", "BF16", inter, hidden), tensor(at+"w2.weight", "BF16", hidden, inter))
	}
	const at = "model.layers.0.mlp.experts."
	for name, tensors := range map[string][]Tensor{
		"one by one": single,
		"stacked":    {tensor(at+"gate_up_proj", "BF16", e, 2*inter, hidden), tensor(at+"down_proj", "BF16", e, hidden, inter)},
		"transposed": {tensor(at+"gate_up_proj", "BF16", e, hidden, 2*inter), tensor(at+"down_proj", "BF16", e, inter, hidden), tensor(at+"gate_up_proj_bias", "BF16", e, 2*inter), tensor(at+"down_proj_bias", "BF16", e, hidden)},
		"mxfp4": {
			tensor(at+"gate_up_proj_blocks", "U8", e, 2*inter, hidden/32, 16), tensor(at+"gate_up_proj_scales", "U8", e, 2*inter, hidden/32), tensor(at+"gate_up_proj_bias", "BF16", e, 2*inter),
			tensor(at+"down_proj_blocks", "U8", e, hidden, inter/32, 16), tensor(at+"down_proj_scales", "U8", e, hidden, inter/32), tensor(at+"down_proj_bias", "BF16", e, hidden),
		},
	} {
		r := Sort(tensors, Options{NumLayers: 1}).Match(units, 1)
		if len(r.Findings) > 0 || r.Verdicts[0] != Confirmed {
			t.Errorf("%s: %v %v", name, said(r, units), r.Verdicts)
		}
	}
	units[0].Experts = 7
	if r := Sort(single, Options{NumLayers: 1}).Match(units, 1); len(r.Findings) != 1 || r.Verdicts[0] != Differs {
		t.Errorf("seven experts: %v", said(r, units))
	}
	if r := Sort(nil, Options{NumLayers: 1}).Match(units, 1); len(r.Findings) == 0 {
		t.Error("no tensors at all: nothing was found")
	}
}

// TestParseHeader: what contradicts itself is not believed.
func TestParseHeader(t *testing.T) {
	for _, c := range []struct {
		header string
		size   int64
		want   string
	}{
		{`{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}`, -1, ""},
		{`{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,20]}}`, -1, "contradicts itself"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, -1, "twice"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`, -1, "too early"},
		{`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, -1, "impossible"},
		{`{"a":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,8]}}`, -1, "impossible"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}`, -1, "no place"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 60, "cut short"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8 + 54 + 8, ""},
		{`[1]`, -1, "not a JSON object"},
		{`{"a":5}`, -1, "cannot be read"},
		{`{"a":{"dtype":"NEW","shape":[2],"data_offsets":[0,3]}}`, -1, ""},
	} {
		_, err := ParseHeader([]byte(c.header), c.size)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.header, err, c.want)
		}
	}
}

// TestFacts: what is written in short reads back as it was.
func TestFacts(t *testing.T) {
	list := append(decoder(12), tensor("odd name [0].%.weight", "BF16", 3), tensor("scalar", "F32"), tensor("model.layers.007.weight", "F32", 1))
	for l := range 3 {
		for e := range 5 {
			list = append(list, tensor(fmt.Sprintf("model.layers.%d.mlp.experts.%d.up_proj.weight", l, e), "BF16", 64, 96))
		}
	}
	text := Facts(list)
	if !strings.Contains(text, "model.layers.[0-2].mlp.experts.[0-4].up_proj.weight BF16 64,96\n") {
		t.Errorf("not short:\n%s", text)
	}
	back, err := ParseFacts(text)
	if err != nil {
		t.Fatal(err)
	}
	line := func(t Tensor) string {
		j, _ := json.Marshal([]any{t.Name, t.DType, append([]int{}, t.Shape...)})
		return string(j)
	}
	var a, b []string
	for _, t := range list {
		a = append(a, line(t))
	}
	for _, t := range back {
		b = append(b, line(t))
	}
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		t.Errorf("read back:\n%s\nwritten:\n%s", strings.Join(b, "\n"), strings.Join(a, "\n"))
	}
	for _, bad := range []string{"a", "a BF16 x", "a.[0-99999999] BF16 1", "a.[0-9 BF16 1", "a.[0-1999].[0-1999] BF16 1", "a.[3-1] F32 1", "a BF16 99999999999,99999999999"} {
		if _, err := ParseFacts(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// TestCover: few files have every kind of tensor, however many there are.
func TestCover(t *testing.T) {
	m := map[string]string{"embed": "first"}
	for i := range 10_000 {
		m[fmt.Sprintf("layers.%d.a.weight", i)] = fmt.Sprintf("f%d", i)
		m[fmt.Sprintf("layers.%d.b.weight", i)] = fmt.Sprintf("f%d", i/2)
	}
	if got := Cover(m); len(got) != 2 || got[1] != "first" {
		t.Errorf("%d files: %v", len(got), got[:min(len(got), 5)])
	}
	all := map[string]string{}
	for i := range 20_000 {
		all["kind"+strings.Repeat("x", i%7)+fmt.Sprint(i)] = fmt.Sprint(i % 10_000)
	}
	if got := Cover(all); len(got) > maxCover {
		t.Errorf("%d files", len(got))
	}
}

// TestPartial: what was not read has the shape of its like, and what nobody
// has seen is not called missing.
func TestPartial(t *testing.T) {
	all := decoder(30)
	var names []string
	var some []Tensor
	for _, t := range all {
		names = append(names, t.Name)
		if !strings.HasPrefix(t.Name, "model.layers.") || strings.HasPrefix(t.Name, "model.layers.7.") {
			some = append(some, t)
		}
	}
	r := Sort(some, Options{NumLayers: 30, Names: names, Partial: "some"}).Match(tree(30), 30)
	if len(r.Findings) > 0 {
		t.Errorf("%v", said(r, tree(30)))
	}
	r = Sort(some, Options{NumLayers: 30, Partial: "some"}).Match(tree(30), 30)
	if len(r.Findings) > 0 {
		t.Errorf("without the names: %v", said(r, tree(30)))
	}
}
