package extract

import "strings"

// layout is how the code that serves a family lays out a decoder layer: which
// norms it has and what its modules are called. Names are SGLang's attribute
// names where SGLang serves the family, HuggingFace's else. A zero field has
// the plain value of the Llama layout.
type layout struct {
	// model names what stands around the layers.
	model, embed, layers, finalNorm, head string

	norm     string // rmsnorm|layernorm
	parallel bool   // attention and MLP read the same normed input

	// attnNorms and mlpNorms are the norms of the layer that come with its
	// token mixer and with its feed-forward part, in order.
	attnNorms, mlpNorms []string

	attn       string // the token mixer's module: "self_attn"; "-" when it is the layer itself
	qkv, o     string
	qkNorm     string // per_head|per_projection; "field" when use_qk_norm or qk_layernorm decides
	qkNormType string // rmsnorm|layernorm
	qNorm      string
	kNorm      string // "-": one module norms both
	vNorm      string
	gate       string // output gate's own projection
	gateWidth  string // heads|heads*head_dim: width of the gate's projection
	sinks      bool
	noRope     bool   // absolute or learned positions, or ALiBi
	core       string // the kernel's module of an MLA: attn_mqa
	perLayer   int    // mixers in one layer, when more than one

	mlp             string // the dense feed-forward module; "-": its projections stand in the layer
	up, up2, down   string // up2: a second projection beside up that is not fused with it
	gating          string // gated|ungated; "" follows the activation
	moe             string // the sparse module
	router          string
	experts         string
	shared          string // the shared experts' module
	sharedUp        string
	sharedDown      string
	sharedOutside   bool   // the shared experts stand beside the sparse module
	sharedGate      string // the shared experts' own gate
	moeUngated      bool   // experts without gate (relu2)
	denseBesideMoE  bool   // a sparse layer has the dense MLP too
	mixer, linear   string // modules of Mamba mixers and of linear attention
	splitQA         bool   // MLA projections are not fused
	finalNormShared bool   // no final norm
}

// plain is the Llama layout, the base of all rows.
func plain() layout {
	return layout{
		model: "model", embed: "embed_tokens", layers: "layers", finalNorm: "norm", head: "lm_head",
		norm: "rmsnorm", attnNorms: []string{"input_layernorm"}, mlpNorms: []string{"post_attention_layernorm"},
		attn: "self_attn", qkv: "qkv_proj", o: "o_proj", qkNormType: "rmsnorm", qNorm: "q_norm", kNorm: "k_norm",
		mlp: "mlp", up: "gate_up_proj", down: "down_proj",
		moe: "mlp", router: "gate", experts: "experts",
		shared: "shared_experts", sharedUp: "gate_up_proj", sharedDown: "down_proj",
		mixer: "mamba", linear: "linear_attn", core: "attn_mqa",
	}
}

// layoutOf finds the row of a family by the names given, the best first: the
// type of the class that serves it, its model_type, its wrapper's. Each is
// tried without its last parts too (qwen3_vl_moe_text: qwen3_vl_moe, …, qwen3).
// known says that a row was found.
func layoutOf(names ...string) (l layout, row string, known bool) {
	table := layoutTable()
	for _, name := range names {
		for name != "" {
			if apply, there := table[name]; there {
				l = plain()
				if apply != nil {
					apply(&l)
				}
				return l, name, true
			}
			i := strings.LastIndexAny(name, "_-")
			name = name[:max(i, 0)]
		}
	}
	return plain(), "", false
}
