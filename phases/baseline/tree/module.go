// Package tree turns what a model's constructor built into rows of modules with
// their numbers and sizes.
package tree

// Module is one node of a model's module tree: a path of attribute names with
// the number of instances in the whole model. Both readers make these rows
// (the SGLang reader from source, generate's patterns from the config alone),
// so that they can be compared. Rows of equal path but different dimensions
// or layers stand beside each other.
type Module struct {
	// Path is the dotted attribute path without layer indices
	// ("model.layers.self_attn.qkv_proj"); "" is the root.
	Path string `json:"path"`
	// Class is the Python class name.
	Class string `json:"class"`
	// Type is one of the ModuleType constants.
	Type ModuleType `json:"type"`
	// Count is the number of instances in the whole model.
	Count int `json:"count"`
	// Layers are the decoder layer indices in which it stands, as ranges
	// ("0-2,5"); "" outside the layers.
	Layers string `json:"layers,omitempty"`
	// N and K are output and input features over all ranks (TP=1 sizes) of
	// linear layers, embeddings and heads; nil when undecided.
	N *int `json:"n,omitempty"`
	K *int `json:"k,omitempty"`
	// Gemm says that the layer runs as a GEMM (all linears, router
	// parameters; not the containers of convolution weights).
	Gemm bool `json:"gemm,omitempty"`
	// Hidden is a norm's width.
	Hidden *int `json:"hidden,omitempty"`
	// Attention: heads over all ranks.
	NumHeads   *int `json:"num_heads,omitempty"`
	NumKVHeads *int `json:"num_kv_heads,omitempty"`
	HeadDim    *int `json:"head_dim,omitempty"`
	VHeadDim   *int `json:"v_head_dim,omitempty"`
	// SlidingWindow is the number of tokens that attention sees; 0: all.
	SlidingWindow int `json:"sliding_window,omitempty"`
	// Rotary dimension of a rope module.
	RotaryDim *int `json:"rotary_dim,omitempty"`
	// Interleaved: it pairs neighbours (GPT-J style) instead of halves (NeoX
	// style); nil when that is not decided.
	Interleaved *bool `json:"interleaved,omitempty"`
	// MoE.
	NumExperts       *int `json:"num_experts,omitempty"`
	TopK             *int `json:"top_k,omitempty"`
	IntermediateSize *int `json:"intermediate_size,omitempty"`
	// Tied names the path of which this one is an alias.
	Tied string `json:"tied,omitempty"`
	// Uncalled: SGLang constructs it and forward() never runs it while it
	// generates text (only for images, or never at all). It is not part of an
	// entry.
	Uncalled bool `json:"uncalled,omitempty"`
	// Packed: the modules of this list are experts whose weights run as one
	// fused kernel, and whose own forward() does not.
	Packed bool `json:"packed,omitempty"`
	// Conditional is the source expression on which the module's presence
	// depends, when it could not be decided.
	Conditional string `json:"conditional,omitempty"`
	// Expression is the source text of the undecided dimension.
	Expression string `json:"expression,omitempty"`
	// Missing are the config keys that the expression lacks.
	Missing []string `json:"missing,omitempty"`
	// Alternatives are the possible classes or values.
	Alternatives []string `json:"alternatives,omitempty"`
	// File and Line are where it is constructed, in the SGLang tree; empty
	// for rows made from the config alone.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// ModuleType says what a module is.
type ModuleType string

// The types of module.
const (
	TypeBlock           ModuleType = "block"
	TypeLinear          ModuleType = "linear"
	TypeNorm            ModuleType = "norm"
	TypeAttention       ModuleType = "attention"        // RadixAttention
	TypeLinearAttention ModuleType = "linear_attention" // GDN, KDA, lightning, Mamba mixers' kernels
	TypeMoE             ModuleType = "moe"              // the routed experts
	TypeTopK            ModuleType = "topk"
	TypeRope            ModuleType = "rope"
	TypeActivation      ModuleType = "activation"
	TypeEmbedding       ModuleType = "embedding"
	TypeLMHead          ModuleType = "lm_head"
	TypeParameter       ModuleType = "parameter" // nn.Parameter; Gemm when it is a router's weight
	TypeOther           ModuleType = "other"
)
