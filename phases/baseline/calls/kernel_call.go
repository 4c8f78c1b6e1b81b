package calls

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

// What a call does, for the calls that others ask for by name.
const (
	CallGEMM         = "gemm"
	CallAttention    = "attention"
	CallLatentRagged = "mla_ragged_attention" // over full heads
	CallLatentPaged  = "mla_paged_attention"  // over the latent cache
	CallSparse       = "dsa_sparse_attention"
	CallIndexer      = "dsa_topk_indexer"
	CallMoE          = "moe"
	CallTopK         = "topk"
	CallRope         = "rope"
	CallActivation   = "activation"
)
