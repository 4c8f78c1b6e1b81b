package generate

import (
	"cmp"
	"slices"
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
	c.model = c.container(a.Skeleton.Model)
	c.layers = below(c.model, cmp.Or(a.Skeleton.Layers, "layers"))
	embed := below(c.model, cmp.Or(a.Skeleton.Embed, "embed_tokens"))
	if !slices.ContainsFunc(a.Extra, func(d extract.Dimension) bool {
		return strings.HasPrefix(d.Name, cmp.Or(a.Skeleton.Embed, "embed_tokens")+".")
	}) {
		c.sized(embed, "VocabParallelEmbedding", baseline.TypeEmbedding, nil, a.VocabSize, a.HiddenSize)
	}
	c.dimensions(c.model, nil, a.Extra)
	for _, table := range a.Skeleton.RopeTables {
		c.add(below(c.model, table), "RotaryEmbedding", baseline.TypeRope, nil)
	}
	c.decoders()
	for i := range a.AttentionKinds {
		c.attention(&a.AttentionKinds[i])
	}
	for i := range a.MLPKinds {
		c.mlp(&a.MLPKinds[i])
	}
	c.layerNorms()
	if a.Skeleton.FinalNorm != "" {
		c.norm(below(c.model, a.Skeleton.FinalNorm), nil, a.HiddenSize, normClass(a.Normalization.Type))
	}
	if a.Skeleton.Head != "" {
		c.sized(a.Skeleton.Head, "ParallelLMHead", baseline.TypeLMHead, nil, a.VocabSize, a.HiddenSize)
		if a.TieWordEmbeddings {
			c.rows[len(c.rows)-1].Tied = embed
		}
	}
	return c.rows
}

// container adds the blocks of a dotted path and gives the path.
func (c *configTree) container(dotted string) string {
	path := ""
	for i, seg := range strings.Split(cmp.Or(dotted, "model"), ".") {
		path = below(path, seg)
		c.add(path, c.base+choose(i == 0, "Model", extract.Camel(seg)), baseline.TypeBlock, nil)
	}
	return path
}

// below joins a path and a module's name; "../name" stands beside the path's
// last module.
func below(path, name string) string {
	for strings.HasPrefix(name, "../") {
		name = name[len("../"):]
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}

// configTree collects rows.
type configTree struct {
	a    *extract.Architecture
	base string // class names without their ending: "Llama"
	all  layerSet
	rows []baseline.Module
	// model and layers are the paths of the model's body and of its layers.
	model, layers string
}

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

// singleMixer reports whether each layer is either a token mixer or an MLP
// (Nemotron-H), so that the layers are of several classes and call their inside
// "mixer".
func (c *configTree) singleMixer() bool {
	return len(c.layersOf(func(run extract.LayerRun) bool {
		return c.attentionFamily(run) != extract.NoAttention && c.mlpFamily(run) != extract.NoMLP
	})) == 0 && len(c.a.MLPKinds) > 0 && len(c.a.AttentionKinds) > 1
}

func (c *configTree) attentionFamily(run extract.LayerRun) extract.AttentionFamily {
	if k := c.a.AttentionKind(run.Attention); k != nil {
		return k.Family
	}
	return extract.NoAttention
}

func (c *configTree) mlpFamily(run extract.LayerRun) extract.MLPFamily {
	if k := c.a.MLPKind(run.MLP); k != nil {
		return k.Family
	}
	return extract.NoMLP
}

func (c *configTree) decoders() {
	if !c.singleMixer() {
		c.add(c.layers, c.base+"DecoderLayer", baseline.TypeBlock, c.all)
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
			c.add(c.layers, c.base+kind.class+"DecoderLayer", baseline.TypeBlock, layers)
		}
	}
}

func isMamba(f extract.AttentionFamily) bool { return f == extract.Mamba1 || f == extract.Mamba2 }

// mixerClass names the class of a kind's block.
func (c *configTree) mixerClass(f extract.AttentionFamily) string {
	switch f {
	case extract.MLA, extract.DSA:
		return c.base + "AttentionMLA"
	case extract.GDN:
		return c.base + "GatedDeltaNet"
	case extract.KDA:
		return c.base + "DeltaAttention"
	case extract.Mamba1, extract.Mamba2:
		return c.base + "MambaMixer"
	case extract.ShortConv:
		return c.base + "ShortConv"
	case extract.RWKV:
		return c.base + "TimeMix"
	case extract.Lightning:
		return c.base + "LightningAttention"
	}
	return c.base + "Attention"
}

func (c *configTree) attention(k *extract.AttentionKind) {
	layers := c.layersOf(func(run extract.LayerRun) bool { return run.Attention == k.ID })
	if k.Family == extract.NoAttention || len(layers) == 0 {
		return
	}
	defer c.times(len(c.rows), k.PerLayer)
	path := below(c.layers, k.Attribute)
	if k.Attribute != "" {
		c.add(path, c.mixerClass(k.Family), baseline.TypeBlock, layers)
	}
	c.dimensions(path, layers, k.Dimensions)
	if k.RotaryDim > 0 && len(c.a.Skeleton.RopeTables) == 0 {
		c.add(below(path, "rotary_emb"), "RotaryEmbedding", baseline.TypeRope, layers).RotaryDim = known(k.RotaryDim)
	}
	core := below(path, cmp.Or(k.Core, "attn"))
	switch k.Family {
	case extract.MLA, extract.DSA:
		c.radix(below(path, "attn_mqa"), layers, k.NumHeads, 1, k.KVLoraRank+k.QKRopeHeadDim, k.KVLoraRank)
		c.radix(below(path, "attn_mha"), layers, k.NumHeads, k.NumHeads, k.QKNopeHeadDim+k.QKRopeHeadDim, k.VHeadDim)
	case extract.Mamba1, extract.Mamba2, extract.ShortConv, extract.RWKV, extract.LinearMixer:
		// No module holds the kernel; Build gives Mamba's state update a layer.
	case extract.GQA, extract.ParallelAttnMamba, extract.OtherMixer:
		if k.NumHeads > 0 && k.HeadDim > 0 {
			c.radix(core, layers, k.NumHeads, k.NumKVHeads, k.HeadDim, valueDim(k))
			c.times(len(c.rows)-1, k.Kernels)
			return
		}
		c.add(core, "RadixLinearAttention", baseline.TypeLinearAttention, layers)
	default:
		c.add(core, "RadixLinearAttention", baseline.TypeLinearAttention, layers)
	}
}

// times multiplies the rows from an index on: a layer may have several of a
// part.
func (c *configTree) times(from, n int) {
	for i := from; i < len(c.rows); i++ {
		c.rows[i].Count *= max(n, 1)
	}
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
func (c *configTree) dimensions(path string, layers layerSet, dims []extract.Dimension) {
	blocks := map[string]bool{}
	for _, d := range dims {
		full, added := below(path, d.Name), len(c.rows)
		base := path
		for name := d.Name; strings.HasPrefix(name, "../"); name = name[len("../"):] {
			base = below(base, "../")
		}
		for i := len(base) + 1; i < len(full); i++ {
			if full[i] == '.' && !blocks[full[:i]] && full[:i] != path {
				blocks[full[:i]] = true
				c.add(full[:i], c.base+extract.Camel(lastSegment(full[:i])), baseline.TypeBlock, layers)
			}
		}
		last := lastSegment(full)
		switch {
		case d.Type == "norm":
			c.norm(full, layers, d.N, normClass(d.Norm))
		case d.Type == "embedding":
			c.sized(full, "VocabParallelEmbedding", baseline.TypeEmbedding, layers, d.N, d.K)
		case d.Type == "parameter" && (strings.HasSuffix(last, "_proj") || strings.HasSuffix(last, "_linear")):
			// Several matrices in one batched product: one module, no GEMM.
			c.sized(full, linearClass(last), baseline.TypeLinear, layers, d.N, d.K)
			continue
		case d.Type == "parameter" && !strings.Contains(last, "conv"):
			c.sized(full, "Parameter", baseline.TypeParameter, layers, d.N, d.K)
		default:
			c.sized(full, linearClass(last), baseline.TypeLinear, layers, d.N, d.K)
			c.rows[len(c.rows)-1].Gemm = d.Type == "linear"
		}
		c.times(added, d.Times)
	}
}

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

// normClass is SGLang's class of a kind of norm; "" is no norm.
func normClass(kind string) string {
	switch kind {
	case "layernorm":
		return "LayerNorm"
	case "gated":
		return "RMSNormGated"
	case "sharded":
		return "RMSNorm" + shardedNorm
	case "none":
		return ""
	}
	return "RMSNorm"
}

func (c *configTree) norm(path string, layers layerSet, width int, class string) {
	if class == "" {
		return
	}
	c.add(path, class, baseline.TypeNorm, layers).Hidden = known(width)
}
