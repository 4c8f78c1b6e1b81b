package generate

import (
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// FromArchitecture makes the module tree from the config alone, with the
// names that SGLang's classes use: the fallback where SGLang was not read, and
// the cross-check where it was.
func FromArchitecture(a *extract.Architecture) []baseline.Module {
	if a == nil || a.NumLayers < 1 {
		return nil
	}
	c := &configTree{a: a, base: className(a.ArchitectureType, ""), all: layerRange(0, a.NumLayers)}
	root := a.ArchitectureType
	if root == "" {
		root = c.base + "ForCausalLM"
	}
	c.add("", root, baseline.TypeBlock, nil)
	c.add("model", c.base+"Model", baseline.TypeBlock, nil)
	c.sized("model.embed_tokens", "VocabParallelEmbedding", baseline.TypeEmbedding, nil, a.VocabSize, a.HiddenSize)
	c.decoders()
	for i := range a.AttentionKinds {
		c.attention(&a.AttentionKinds[i])
	}
	for i := range a.MLPKinds {
		c.mlp(&a.MLPKinds[i])
	}
	c.layerNorms()
	c.norm("model.norm", nil, a.HiddenSize, c.normClass())
	c.sized("lm_head", "ParallelLMHead", baseline.TypeLMHead, nil, a.VocabSize, a.HiddenSize)
	if a.TieWordEmbeddings {
		c.rows[len(c.rows)-1].Tied = "model.embed_tokens"
	}
	return c.rows
}

// configTree collects rows.
type configTree struct {
	a    *extract.Architecture
	base string // class names without their ending: "Llama"
	all  layerSet
	rows []baseline.Module
}

const layersPath = "model.layers"

func (c *configTree) add(path, class string, t baseline.ModuleType, layers layerSet) *baseline.Module {
	row := baseline.Module{Path: path, Class: class, Type: t, Count: 1}
	if layers != nil {
		row.Count, row.Layers = len(layers), layers.String()
	}
	c.rows = append(c.rows, row)
	return &c.rows[len(c.rows)-1]
}

func (c *configTree) sized(path, class string, t baseline.ModuleType, layers layerSet, n, k int) {
	row := c.add(path, class, t, layers)
	row.N, row.K = known(n), known(k)
}

func known(n int) *int {
	if n < 1 {
		return nil
	}
	return &n
}

// layersOf are the layers of the schedule that a test picks.
func (c *configTree) layersOf(pick func(run extract.LayerRun) bool) layerSet {
	set := layerSet{}
	for _, run := range c.a.LayerSchedule {
		if pick(run) {
			set = append(set, layerRange(run.First, run.Count)...)
		}
	}
	return set
}

// singleMixer: each layer is either a token mixer or an MLP (Nemotron-H), so
// that the layers are of several classes and call their inside "mixer".
func (c *configTree) singleMixer() bool {
	return len(c.layersOf(func(run extract.LayerRun) bool {
		return c.attentionFamily(run) != extract.NoAttention && c.mlpFamily(run) != extract.NoMLP
	})) == 0 && len(c.a.MLPKinds) > 0 && len(c.a.AttentionKinds) > 1
}

func (c *configTree) attentionFamily(run extract.LayerRun) extract.AttentionFamily {
	for i := range c.a.AttentionKinds {
		if c.a.AttentionKinds[i].ID == run.Attention {
			return c.a.AttentionKinds[i].Family
		}
	}
	return extract.NoAttention
}

func (c *configTree) mlpFamily(run extract.LayerRun) extract.MLPFamily {
	for i := range c.a.MLPKinds {
		if c.a.MLPKinds[i].ID == run.MLP {
			return c.a.MLPKinds[i].Family
		}
	}
	return extract.NoMLP
}

func (c *configTree) decoders() {
	if !c.singleMixer() {
		c.add(layersPath, c.base+"DecoderLayer", baseline.TypeBlock, c.all)
		return
	}
	for _, kind := range []struct {
		class string
		pick  func(run extract.LayerRun) bool
	}{
		{"Mamba", func(r extract.LayerRun) bool { return isMamba(c.attentionFamily(r)) }},
		{"Attention", func(r extract.LayerRun) bool {
			f := c.attentionFamily(r)
			return f != extract.NoAttention && !isMamba(f)
		}},
		{"MLP", func(r extract.LayerRun) bool {
			return c.attentionFamily(r) == extract.NoAttention && c.mlpFamily(r) != extract.SparseMoE
		}},
		{"MoE", func(r extract.LayerRun) bool {
			return c.attentionFamily(r) == extract.NoAttention && c.mlpFamily(r) == extract.SparseMoE
		}},
	} {
		if layers := c.layersOf(kind.pick); len(layers) > 0 {
			c.add(layersPath, c.base+kind.class+"DecoderLayer", baseline.TypeBlock, layers)
		}
	}
}

func isMamba(f extract.AttentionFamily) bool { return f == extract.Mamba1 || f == extract.Mamba2 }

// mixerBlock gives the attribute and the class of a kind's block.
func (c *configTree) mixerBlock(f extract.AttentionFamily) (seg, class string) {
	if c.singleMixer() {
		return "mixer", c.base + choose(isMamba(f), "MambaMixer", "Attention")
	}
	switch f {
	case extract.MLA, extract.DSA:
		return "self_attn", c.base + "AttentionMLA"
	case extract.GDN:
		return "linear_attn", c.base + "GatedDeltaNet"
	case extract.KDA:
		return "self_attn", c.base + "DeltaAttention"
	case extract.Mamba1, extract.Mamba2:
		return choose(len(c.a.AttentionKinds) == 1, "mixer", "mamba"), c.base + "MambaMixer"
	case extract.ShortConv:
		return "conv", c.base + "ShortConv"
	case extract.RWKV:
		return "attention", c.base + "TimeMix"
	case extract.Lightning:
		return "self_attn", c.base + "LightningAttention"
	}
	return "self_attn", c.base + "Attention"
}

func (c *configTree) attention(k *extract.AttentionKind) {
	layers := c.layersOf(func(run extract.LayerRun) bool { return run.Attention == k.ID })
	if k.Family == extract.NoAttention || len(layers) == 0 {
		return
	}
	seg, class := c.mixerBlock(k.Family)
	path := layersPath + "." + seg
	c.add(path, class, baseline.TypeBlock, layers)
	c.dimensions(path, layers, k.Dimensions, gatedNorms(k.Family))
	if k.RotaryDim > 0 {
		c.add(path+".rotary_emb", "RotaryEmbedding", baseline.TypeRope, layers).RotaryDim = known(k.RotaryDim)
	}
	switch k.Family {
	case extract.GQA, extract.ParallelAttnMamba:
		c.radix(path+".attn", layers, k.NumHeads, k.NumKVHeads, k.HeadDim, valueDim(k))
	case extract.MLA, extract.DSA:
		c.radix(path+".attn_mqa", layers, k.NumHeads, 1, k.KVLoraRank+k.QKRopeHeadDim, k.KVLoraRank)
		c.radix(path+".attn_mha", layers, k.NumHeads, k.NumHeads, k.QKNopeHeadDim+k.QKRopeHeadDim, k.VHeadDim)
	case extract.Mamba1, extract.Mamba2:
		// Build gives the state update a layer.
	default:
		c.add(path+".attn", "RadixLinearAttention", baseline.TypeLinearAttention, layers)
	}
}

// gatedNorms: the norms inside of linear attention and Mamba multiply with a
// gate.
func gatedNorms(f extract.AttentionFamily) bool {
	switch f {
	case extract.GQA, extract.MLA, extract.DSA, extract.ParallelAttnMamba, extract.OtherMixer:
		return false
	}
	return true
}

func valueDim(k *extract.AttentionKind) int {
	if k.VHeadDim > 0 {
		return k.VHeadDim
	}
	return k.HeadDim
}

func (c *configTree) radix(path string, layers layerSet, heads, kvHeads, headDim, vHeadDim int) {
	row := c.add(path, "RadixAttention", baseline.TypeAttention, layers)
	row.NumHeads, row.NumKVHeads = known(heads), known(kvHeads)
	row.HeadDim, row.VHeadDim = known(headDim), known(vHeadDim)
}

// dimensions adds a kind's linear layers and norms, and the blocks that their
// dotted names stand in.
func (c *configTree) dimensions(path string, layers layerSet, dims []extract.Dimension, gated bool) {
	blocks := map[string]bool{}
	for _, d := range dims {
		at := path
		parts := strings.Split(d.Name, ".")
		for _, part := range parts[:len(parts)-1] {
			at += "." + part
			if !blocks[at] {
				blocks[at] = true
				c.add(at, c.base+camel(part), baseline.TypeBlock, layers)
			}
		}
		last := parts[len(parts)-1]
		full := at + "." + last
		switch d.Type {
		case "norm":
			c.norm(full, layers, d.N, c.innerNormClass(d.Name, gated))
		case "parameter":
			c.sized(full, "Parameter", baseline.TypeParameter, layers, d.N, d.K)
			c.rows[len(c.rows)-1].Gemm = d.K > 0
		default:
			c.sized(full, linearClass(last), baseline.TypeLinear, layers, d.N, d.K)
			c.rows[len(c.rows)-1].Gemm = !strings.HasSuffix(last, "conv1d") && d.K > 0
		}
		if isDownProjection(last) {
			c.add(at+".act_fn", "SiluAndMul", baseline.TypeActivation, layers)
		}
	}
}

func isDownProjection(name string) bool { return name == "down_proj" }

func linearClass(name string) string {
	switch name {
	case "qkv_proj":
		return "QKVParallelLinear"
	case "gate_up_proj":
		return "MergedColumnParallelLinear"
	case "o_proj", "down_proj", "out_proj":
		return "RowParallelLinear"
	}
	return "ColumnParallelLinear"
}

// camel: "shared_experts" gives "SharedExperts".
func camel(s string) string {
	var b strings.Builder
	for _, w := range strings.Split(s, "_") {
		b.WriteString(upperFirst(w))
	}
	return b.String()
}

func (c *configTree) normClass() string {
	switch strings.ToLower(c.a.Normalization.Type) {
	case "layernorm":
		return "LayerNorm"
	case "none":
		return ""
	}
	return "RMSNorm"
}

// innerNormClass: the indexer of sparse attention has a LayerNorm whatever
// the model has.
func (c *configTree) innerNormClass(name string, gated bool) string {
	switch {
	case strings.HasPrefix(name, "indexer."):
		return "LayerNorm"
	case gated:
		return "RMSNormGated"
	}
	return c.normClass()
}

func (c *configTree) norm(path string, layers layerSet, width int, class string) {
	if class == "" {
		return
	}
	c.add(path, class, baseline.TypeNorm, layers).Hidden = known(width)
}

// mlp adds a dense or a sparse MLP.
func (c *configTree) mlp(k *extract.MLPKind) {
	layers := c.layersOf(func(run extract.LayerRun) bool { return run.MLP == k.ID })
	if k.Family == extract.NoMLP || len(layers) == 0 {
		return
	}
	path := layersPath + "." + choose(c.singleMixer(), "mixer", "mlp")
	if k.Family == extract.DenseMLP {
		c.add(path, c.base+"MLP", baseline.TypeBlock, layers)
		c.dimensions(path, layers, k.Dimensions, false)
		return
	}
	c.add(path, c.base+"MoE", baseline.TypeBlock, layers)
	c.dimensions(path, layers, k.Dimensions, false)
	if k.MoE == nil {
		return
	}
	c.add(path+".topk", "TopK", baseline.TypeTopK, layers).TopK = known(k.MoE.NumExpertsPerTok)
	row := c.add(path+".experts", "FusedMoE", baseline.TypeMoE, layers)
	row.NumExperts, row.TopK, row.IntermediateSize = known(k.MoE.NumExperts), known(k.MoE.NumExpertsPerTok), known(k.MoE.MoEIntermediateSize)
}

func (c *configTree) layerNorms() {
	for _, name := range c.a.Normalization.PerLayer {
		c.norm(layersPath+"."+name, c.all, c.a.HiddenSize, c.normClass())
	}
}
