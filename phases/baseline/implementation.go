// Package baseline is phase 2: it finds the SGLang class that serves a model,
// reads its Python source (never runs it), and works out the module tree, the
// layer dimensions and the kernel calls.
package baseline

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
	// generates text (only for images, or never at all). It is no part of an
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

// Implementation is what phase 2 found.
type Implementation struct {
	// Source: "clone" (a source tree), "embedded" (the index in the binary)
	// or "none".
	Source     string `json:"source"`
	EntryClass string `json:"entry_class"`
	// ModelName is the model's id, for the file; Analyse leaves it empty.
	ModelName string `json:"model_name"`
	// Class and File are where the class is defined, in the SGLang tree.
	Class  string `json:"class_name"`
	File   string `json:"model_file"`
	Commit string `json:"commit"`
	Date   string `json:"date,omitempty"`
	// Modules is the tree in construction order, root first.
	Modules []Module `json:"module_tree"`
	// Towers are the modules of a multimodal model outside its language
	// model (vision and audio towers, projectors), apart from Modules.
	Towers []Module `json:"towers,omitempty"`
	// Decided: every n, k, count and condition of the tree is known.
	Decided bool `json:"decided"`
	// IgnoredFields are fields of config.json that decide the model's layers
	// and that the class does not read: it takes a default, or nothing, instead.
	IgnoredFields []string    `json:"ignored_fields,omitempty"`
	Undecided     []Undecided `json:"undecided"`
	// Forward is the order in which forward() goes through the modules.
	Forward ForwardPass  `json:"forward_pass_structure"`
	Calls   []KernelCall `json:"kernel_calls"`
	// Notes are remarks for the summary: which tree was used and why.
	Notes []string `json:"notes"`
}

// ForwardPass is the path of the hidden states through the model, by module
// paths; "" where the model has no such part.
type ForwardPass struct {
	Embedding string         `json:"embedding"`
	Layers    []ForwardLayer `json:"layers"`
	FinalNorm string         `json:"final_norm"`
	LMHead    string         `json:"lm_head"`
}

// ForwardLayer is one module of a decoder layer. It has Kernel or, when
// forward() calls it in several ways, Kernels.
type ForwardLayer struct {
	Name    string   `json:"name"` // path below the list of layers
	Type    string   `json:"type"`
	Kernel  string   `json:"kernel,omitempty"`
	Kernels []string `json:"kernels,omitempty"`
	// Layers are the indices of the layers that have it, "0-2,5".
	Layers string `json:"layers,omitempty"`
}

// KernelCall is one call of forward() on a module of the tree, in order.
type KernelCall struct {
	// Path of the module called, as in Module.Path.
	Path string `json:"path"`
	// Function is the kernel: rmsnorm, fused_add_rmsnorm, gemm, attention,
	// moe, …
	Function string `json:"function"`
	// BaselineImpl is the method that runs on CUDA, followed out of the
	// model file: "python/sglang/srt/layers/layernorm.py:RMSNorm.forward_cuda".
	BaselineImpl string `json:"baseline_impl"`
	// BaselineLocation is where that method stands, "path:first-last".
	BaselineLocation string `json:"baseline_location,omitempty"`
	// Location is the call, "path:first-last" inside the SGLang tree.
	Location string `json:"location"`
	// Method is the method that holds the call ("LlamaDecoderLayer.forward")
	// and MethodLocation where it stands.
	Method         string `json:"method,omitempty"`
	MethodLocation string `json:"method_location,omitempty"`
	// FlashInfer are the functions of FlashInfer that can do the same.
	FlashInfer []string `json:"flashinfer_api,omitempty"`
	// Parameters are the layer's sizes and, as args, the call's arguments.
	Parameters map[string]string `json:"parameters"`
}
