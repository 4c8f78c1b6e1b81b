// Package extract is phase 1: it fetches or reads a model's config.json and
// turns it into an Architecture, a schedule of layers with every dimension.
package extract

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// Architecture is what phase 1 knows of a model. Its JSON is
// model_architecture.json: the keys that the original workflow's readers
// expect, and ours beside them.
type Architecture struct {
	ModelID          string        `json:"model_id"`
	ArchitectureType string        `json:"architecture_type"` // class name, e.g. LlamaForCausalLM
	ModelType        string        `json:"model_type"`
	NumLayers        int           `json:"num_layers"` // decoder layers, MTP layers not counted
	HiddenSize       int           `json:"hidden_size"`
	VocabSize        int           `json:"vocab_size"`
	Attention        Attention     `json:"attention"`
	MLP              MLP           `json:"mlp"`
	Normalization    Normalization `json:"normalization"`
	SpecialFeatures  []string      `json:"special_features"`
	// LayerSchedule are the runs of equal layers in order.
	LayerSchedule []LayerRun `json:"layer_schedule"`
	// AttentionKinds and MLPKinds are the kinds that the schedule names, in
	// order of first appearance.
	AttentionKinds []AttentionKind `json:"attention_kinds"`
	MLPKinds       []MLPKind       `json:"mlp_kinds"`
	// Dimensions has for every kind, by its id, each linear layer, norm and
	// width with its formula and the fields that it comes from.
	Dimensions map[string][]Dimension `json:"dimensions"`
	// MoE repeats the routed experts of the first sparse kind; nil when dense.
	MoE          *MoE          `json:"moe,omitempty"`
	Quantization *Quantization `json:"quantization,omitempty"`
	Rope         *Rope         `json:"rope,omitempty"`
	// Skeleton names the modules around the layers; Extra are linear layers,
	// norms and parts of an embedding that the model has once.
	Skeleton families.Skeleton `json:"skeleton"`
	Extra    []Dimension       `json:"extra,omitempty"`
	// MTPLayers are next-token-prediction layers, listed apart.
	MTPLayers int `json:"mtp_layers,omitempty"`
	// KVSharedLayers are the last layers that take their keys and values from
	// earlier ones (Gemma 3n, 4).
	KVSharedLayers    int  `json:"kv_shared_layers,omitempty"`
	TieWordEmbeddings bool `json:"tie_word_embeddings"`
	// ParallelBlock: attention and MLP read the same normed input (one norm
	// per layer).
	ParallelBlock bool `json:"parallel_block,omitempty"`
	// Generic: the family's layout is not known; the fields are read as those
	// of a plain decoder.
	Generic bool `json:"generic,omitempty"`
	// TextConfigPath is where the language model's fields stand
	// ("text_config", "thinker_config.text_config"); "" is the root.
	TextConfigPath string `json:"text_config_path,omitempty"`
	// Towers are other towers of a multimodal wrapper ("vision_config").
	Towers []string `json:"towers,omitempty"`
	// Defaults are fields the file is silent about that HuggingFace's class
	// fills in; Inferred are fields we worked out otherwise.
	Defaults []FieldNote `json:"defaults"`
	Inferred []FieldNote `json:"inferred"`
	Warnings []string    `json:"warnings"`
	// Doubts are what this reading leaves out or may have wrong.
	Doubts []string `json:"doubts,omitempty"`
	Source Source   `json:"source"`

	// Config is the whole file, TextConfig the language model's object in it.
	Config     *Object `json:"-"`
	TextConfig *Object `json:"-"`
}

// Attention summarises the model's attention, for readers that expect one.
type Attention struct {
	NumHeads   int    `json:"num_heads"`
	NumKVHeads int    `json:"num_kv_heads"`
	HeadDim    int    `json:"head_dim"`
	Type       string `json:"type"` // gqa|mha|mqa|mla|dsa|hybrid|none
}

// MLP summarises the model's MLP.
type MLP struct {
	IntermediateSize int    `json:"intermediate_size"`
	Activation       string `json:"activation"`
	Type             string `json:"type"` // dense|moe
}

// Normalization says which norm the layers use.
type Normalization struct {
	Type    string  `json:"type"` // rmsnorm|layernorm|none
	Epsilon float64 `json:"epsilon"`
	// PerLayer are the norm modules of one decoder layer outside attention
	// and MLP, by their SGLang attribute names, in order.
	PerLayer []string `json:"per_layer"`
}

// LayerRun is a run of consecutive layers with the same attention and MLP.
type LayerRun struct {
	First     int    `json:"first"`
	Count     int    `json:"count"`
	Attention string `json:"attention"` // AttentionKind.ID
	MLP       string `json:"mlp"`       // MLPKind.ID
}

// AttentionFamily says which mechanism mixes tokens in a layer.
type AttentionFamily string

// The families of token mixers.
const (
	GQA               AttentionFamily = "gqa" // also MHA (kv = heads) and MQA (kv = 1): see AttentionKind.Type
	MLA               AttentionFamily = "mla"
	DSA               AttentionFamily = "dsa" // MLA with a sparse indexer
	GDN               AttentionFamily = "gdn"
	KDA               AttentionFamily = "kda"
	Mamba1            AttentionFamily = "mamba1"
	Mamba2            AttentionFamily = "mamba2"
	Lightning         AttentionFamily = "lightning"
	ShortConv         AttentionFamily = "short_conv"
	RWKV              AttentionFamily = "rwkv"
	OtherMixer        AttentionFamily = "other"            // known to be there, of no family with a Definition
	NoAttention       AttentionFamily = "none"             // an MLP-only layer
	LinearMixer       AttentionFamily = "linear"           // one linear layer in attention's place (Nemotron-NAS)
	ParallelAttnMamba AttentionFamily = "attention_mamba2" // both in one layer (Falcon-H1)
)

// AttentionKind is one kind of token mixer of the model. Sizes are of the
// whole model (TP=1). Zero means: the kind has no such thing.
type AttentionKind struct {
	ID     string          `json:"id"`
	Family AttentionFamily `json:"family"`
	Type   string          `json:"type"` // gqa|mha|mqa|mla|dsa|gdn|…
	Layers int             `json:"layers"`

	NumHeads      int    `json:"num_heads,omitempty"`
	NumKVHeads    int    `json:"num_kv_heads,omitempty"`
	HeadDim       int    `json:"head_dim,omitempty"`
	VHeadDim      int    `json:"v_head_dim,omitempty"`
	RotaryDim     int    `json:"rotary_dim,omitempty"` // 0: no rotary embedding (NoPE)
	SlidingWindow int    `json:"sliding_window,omitempty"`
	QKNorm        string `json:"qk_norm,omitempty"` // ""|per_head|per_projection
	QNormSize     int    `json:"q_norm_size,omitempty"`
	KNormSize     int    `json:"k_norm_size,omitempty"`
	Sinks         bool   `json:"sinks,omitempty"`
	// LogitSoftcap bounds the attention's logits by a tanh; 0 for none.
	LogitSoftcap float64 `json:"logit_softcap,omitempty"`
	// SharesKV: the layer makes queries only and takes the keys and values of a
	// layer before it (cross-layer attention, CLA).
	SharesKV   bool `json:"shares_kv,omitempty"`
	OutputGate bool `json:"output_gate,omitempty"`

	QLoraRank     int `json:"q_lora_rank,omitempty"`
	KVLoraRank    int `json:"kv_lora_rank,omitempty"`
	QKNopeHeadDim int `json:"qk_nope_head_dim,omitempty"`
	QKRopeHeadDim int `json:"qk_rope_head_dim,omitempty"`
	IndexNHeads   int `json:"index_n_heads,omitempty"`
	IndexHeadDim  int `json:"index_head_dim,omitempty"`
	IndexTopK     int `json:"index_topk,omitempty"`

	LinearNumKeyHeads   int `json:"linear_num_key_heads,omitempty"`
	LinearNumValueHeads int `json:"linear_num_value_heads,omitempty"`
	LinearKeyHeadDim    int `json:"linear_key_head_dim,omitempty"`
	LinearValueHeadDim  int `json:"linear_value_head_dim,omitempty"`
	ConvKernel          int `json:"conv_kernel,omitempty"`

	MambaNumHeads     int `json:"mamba_num_heads,omitempty"`
	MambaHeadDim      int `json:"mamba_head_dim,omitempty"`
	StateSize         int `json:"state_size,omitempty"`
	NGroups           int `json:"n_groups,omitempty"`
	MambaIntermediate int `json:"mamba_intermediate,omitempty"`
	TimeStepRank      int `json:"time_step_rank,omitempty"`

	// Attribute is the SGLang attribute of the mixer in its layer
	// ("self_attn"); "" when its modules stand in the layer itself. Core is
	// the kernel's module below it ("attn", "attn_mqa").
	Attribute string `json:"attribute,omitempty"`
	Core      string `json:"core,omitempty"`
	// Dimensions are the linear layers and norms of this kind, by their
	// SGLang attribute names, in construction order.
	Dimensions []Dimension `json:"dimensions"`
	// PerLayer is how many such mixers one layer has; 0 stands for one
	// (LongCat-Flash has two, with their norms).
	PerLayer int `json:"per_layer,omitempty"`
	// Kernels is how many attentions one mixer runs, each over a cache of its
	// own; 0 stands for one.
	Kernels int `json:"kernels,omitempty"`
	// MoE are experts of the mixer itself: JetMoE routes each token's queries and
	// outputs, with two matrices in an expert.
	MoE *MoE `json:"moe,omitempty"`
	// Norms are the norms of the layer (outside of the mixer) that come with
	// this kind: a layer without a mixer lacks them.
	Norms []Dimension `json:"norms"`

	word     string // the schedule's word
	compress int    // DeepSeek-V4's compress ratio
	indexed  int    // MiniMax M3's indexer: scoreIndexer or valueIndexer
	widths   []Dimension
}

// MLPFamily says what a layer's feed-forward part is.
type MLPFamily string

// The families of feed-forward parts.
const (
	DenseMLP  MLPFamily = "dense"
	SparseMoE MLPFamily = "moe"
	NoMLP     MLPFamily = "none"
	LinearMLP MLPFamily = "linear" // one linear layer in the MLP's place (Nemotron-NAS)
)

// MLPKind is one kind of feed-forward part of the model.
type MLPKind struct {
	ID               string    `json:"id"`
	Family           MLPFamily `json:"family"`
	Layers           int       `json:"layers"`
	IntermediateSize int       `json:"intermediate_size,omitempty"`
	Activation       string    `json:"activation,omitempty"`
	Gated            bool      `json:"gated,omitempty"`
	MoE              *MoE      `json:"moe,omitempty"`
	// Attribute is the SGLang attribute of this part in its layer ("mlp",
	// "block_sparse_moe"); "" when its modules stand in the layer itself.
	// Experts is the routed experts' module below it.
	Attribute string `json:"attribute,omitempty"`
	Experts   string `json:"experts,omitempty"`
	// Dimensions are the linear layers (the router gate and the shared
	// experts' projections for a sparse kind). A name that starts with ../
	// stands beside this part, in the layer ("../shared_mlp.input_linear").
	Dimensions []Dimension `json:"dimensions"`
	// Norms are the norms of the layer that come with this part.
	Norms []Dimension `json:"norms"`
}

// MoE is a sparse layer's experts and routing.
type MoE struct {
	NumExperts             int    `json:"num_experts"`
	NumExpertsPerTok       int    `json:"num_experts_per_tok"`
	MoEIntermediateSize    int    `json:"moe_intermediate_size"`
	NGroup                 int    `json:"n_group,omitempty"`
	TopKGroup              int    `json:"topk_group,omitempty"`
	SharedExperts          int    `json:"shared_experts,omitempty"`
	SharedIntermediateSize int    `json:"shared_intermediate_size,omitempty"`
	SharedExpertGate       bool   `json:"shared_expert_gate,omitempty"`
	Routing                string `json:"routing"`                      // ds|renorm|softmax|sigmoid|llama4|…|unknown
	ExpertHiddenSize       int    `json:"expert_hidden_size,omitempty"` // latent experts: width when it is not hidden_size
}

// Dimension is one linear layer, norm or parameter with how its size comes
// about.
type Dimension struct {
	Name string `json:"name"` // SGLang attribute, dotted below the kind: "qkv_proj", "shared_experts.down_proj"
	Type string `json:"type"` // linear|norm|parameter|embedding|width
	// Norm is a norm's kind: rmsnorm, layernorm, gated (an RMSNorm times a gate)
	// or sharded (an RMSNorm over what several devices hold); there are no
	// Definitions of the last two.
	Norm string `json:"norm,omitempty"`
	// N and K are out and in features of a linear layer, rows and width of an
	// embedding; a norm and a width (q_size, kv_size, rotary_dim) have their
	// size in N.
	N int `json:"n"`
	K int `json:"k,omitempty"`
	// Times is how many of it one layer has; 0 stands for one.
	Times int `json:"times,omitempty"`
	// Formula in terms of config fields, and those fields:
	// "(num_attention_heads + 2*num_key_value_heads)*head_dim".
	Formula string   `json:"formula"`
	Fields  []string `json:"fields"`
}

// Quantization is what quantization_config says.
type Quantization struct {
	Method string `json:"method"` // fp8|nvfp4|mxfp4|gptq|awq|compressed-tensors|…
	Format string `json:"format,omitempty"`
	// Kernel is the MoE kernel family this decides: fp8_block_scale,
	// fp8_per_tensor, nvfp4, or "" when none.
	Kernel string `json:"kernel,omitempty"`
	// Experts is the method of the routed experts where it is not that of the
	// whole: ExpertsUnquantised, or one named for them.
	Experts   string `json:"experts,omitempty"`
	Bits      int    `json:"bits,omitempty"`
	BlockSize []int  `json:"block_size,omitempty"`

	left *modulePatterns // modules that stay as they are
}

// Rope is the rotary embedding.
type Rope struct {
	Theta         float64 `json:"theta"`
	PartialFactor float64 `json:"partial_rotary_factor,omitempty"`
	RotaryDim     int     `json:"rotary_dim"`
	Type          string  `json:"type,omitempty"` // default|llama3|yarn|longrope|mrope|…
}

// FieldNote is one field that the file did not state.
type FieldNote struct {
	Field string `json:"field"`
	Value any    `json:"value"`
	Why   string `json:"why"`
}

// Source says where the config came from.
type Source struct {
	RepoID   string `json:"repo_id"`
	Revision string `json:"revision,omitempty"`
	Commit   string `json:"commit,omitempty"`
	// From: "file", "hub", "cache" or "catalogue".
	From      string `json:"from"`
	FetchedAt string `json:"fetched_at,omitempty"`
	// Note says how far to trust it: "verified", "cached, unverified, from
	// 2026-08-01", "built in, facts of 2026-08-11".
	Note string `json:"note,omitempty"`
}

// AttentionKind returns the kind of token mixer of an id; nil where there is none.
func (a *Architecture) AttentionKind(id string) *AttentionKind {
	if i := slices.IndexFunc(a.AttentionKinds, func(k AttentionKind) bool { return k.ID == id }); i >= 0 {
		return &a.AttentionKinds[i]
	}
	return nil
}

// MLPKind returns the kind of feed-forward part of an id; nil where there is none.
func (a *Architecture) MLPKind(id string) *MLPKind {
	if i := slices.IndexFunc(a.MLPKinds, func(k MLPKind) bool { return k.ID == id }); i >= 0 {
		return &a.MLPKinds[i]
	}
	return nil
}

// MLPKindAt returns the feed-forward part of a layer; nil where the schedule
// does not say.
func (a *Architecture) MLPKindAt(layer int) *MLPKind {
	for _, run := range a.LayerSchedule {
		if layer >= run.First && layer < run.First+run.Count {
			return a.MLPKind(run.MLP)
		}
	}
	return nil
}

// Field returns the value that a config field has for the model: what the file
// states, else the default of its class or what was inferred, with the reason.
// The field may be spelt with its path.
func (a *Architecture) Field(field string) (value Value, why string, ok bool) {
	for _, o := range []*Object{a.TextConfig, a.Config} {
		if v, _ := o.Get(field); v != nil {
			return v, "", true
		}
	}
	if v, _ := a.Config.Path(field); v != nil {
		return v, "", true
	}
	bare := field[strings.LastIndexByte(field, '.')+1:]
	for _, notes := range [][]FieldNote{a.Defaults, a.Inferred} {
		if i := slices.IndexFunc(notes, func(n FieldNote) bool { return n.Field == field || n.Field == bare }); i >= 0 {
			return notes[i].Value, notes[i].Why, true
		}
	}
	return nil, "", false
}

// LayerSizes returns all linear layers and norms of the model.
func (a *Architecture) LayerSizes() []Dimension {
	all := slices.Clone(a.Extra)
	for _, k := range a.AttentionKinds {
		all = slices.Concat(all, k.Dimensions, k.Norms)
	}
	for _, k := range a.MLPKinds {
		all = slices.Concat(all, k.Dimensions, k.Norms)
	}
	return all
}

// AttachConfig returns an Architecture that was read back from its JSON the
// config.json it was made from again, with the same overrides: Config and
// TextConfig. What was given or taken from the namesake when it was made stands
// in Inferred.
func (a *Architecture) AttachConfig(data []byte, overrides map[string]string) error {
	root, _, err := ParseConfig(data)
	if err != nil {
		return err
	}
	loc := locate(root)
	values := map[string]string{}
	for _, n := range a.Inferred {
		if text, err := json.Marshal(n.Value); err == nil && (n.Why == whyGiven || strings.HasPrefix(n.Why, whyNamesake)) {
			values[n.Field] = string(text)
		}
	}
	maps.Copy(values, overrides)
	applyOverrides(loc, values)
	a.Config, a.TextConfig = loc.root, loc.text
	return nil
}
