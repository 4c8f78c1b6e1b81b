// Package families is the one table of what is known of families of models: a
// row of families.jsonl per model_type, with what its config.json does not say.
// A new family is one row.
package families

import "encoding/json"

// Family is one row of the table: how the code that serves a family lays out a
// decoder layer, which norms it has, what its modules are called, and where its
// config.json means something of its own. Names are SGLang's attribute names
// where SGLang serves the family, HuggingFace's else. A column that a row leaves
// out has the plain value, that of the Llama layout.
type Family struct {
	// Type is the model_type; Like names the row that this one starts from.
	Type string `json:"type"`
	Like string `json:"like,omitempty"`
	// Generic: only the columns given are known, the rest is read as of a plain
	// decoder and reported as such.
	Generic bool `json:"generic,omitempty"`

	Skeleton
	FinalNormShared bool `json:"final_norm_shared,omitempty"` // no final norm

	Norm     string `json:"norm,omitempty"`     // rmsnorm|layernorm|sharded
	Parallel bool   `json:"parallel,omitempty"` // attention and MLP read the same normed input
	// AttnNorms and MLPNorms are the norms of the layer that come with its token
	// mixer and with its feed-forward part, in order.
	AttnNorms []string `json:"attn_norms,omitempty"`
	MLPNorms  []string `json:"mlp_norms,omitempty"`

	// Softmax attention.
	Attn       string `json:"attn,omitempty"` // the token mixer's module; "-" when it is the layer itself
	QKV        string `json:"qkv,omitempty"`
	QKVMore    string `json:"qkv_more,omitempty"` // outputs of QKV beside queries, keys and values, as a formula
	O          string `json:"o,omitempty"`
	QKNorm     string `json:"qk_norm,omitempty"`      // per_head|per_projection|per_head_if_stated, when a field like use_qk_norm or qk_layernorm decides
	QKNormType string `json:"qk_norm_type,omitempty"` // rmsnorm|layernorm
	QNorm      string `json:"q_norm,omitempty"`
	KNorm      string `json:"k_norm,omitempty"` // "-": one module norms both
	VNorm      string `json:"v_norm,omitempty"`
	Gate       string `json:"gate,omitempty"`       // an output gate's own projection
	GateWidth  string `json:"gate_width,omitempty"` // heads|heads*head_dim: the width of that projection
	Sinks      bool   `json:"sinks,omitempty"`
	Windowed   bool   `json:"windowed,omitempty"` // a stated sliding_window holds for every layer
	// HeadDim "derived": a head has hidden_size over heads whatever the file says.
	HeadDim string `json:"head_dim,omitempty"`
	// KVHeads overrules num_key_value_heads: "one" head, or "all", as many as
	// attention heads.
	KVHeads string `json:"kv_heads,omitempty"`
	// GatedQueries: the query projection makes an output gate too.
	GatedQueries bool `json:"gated_queries,omitempty"`
	// QKNormRopeOnly: layers without rotary embedding have no norms of queries
	// and keys.
	QKNormRopeOnly bool `json:"qk_norm_rope_only,omitempty"`
	// WideInput: queries, keys and values read attention_hidden_size features,
	// the layer's input beside the model's first one.
	WideInput bool `json:"wide_input,omitempty"`
	// Loops: loop_num passes over the layers, each with a cache of its own.
	Loops bool `json:"loops,omitempty"`
	// LoopRange are the fields with the first layer of those that run several
	// times, the layer behind the last of them, and how often they run (Inkling 2
	// Loop). They have the parts in "looped".
	LoopRange []string `json:"loop_range,omitempty"`
	// Attention names an attention with projections of its own: "convolved"
	// (Zaya), "compressed" (DeepSeek-V4), "experts" (JetMoE).
	Attention string `json:"attention,omitempty"`

	// Positions.
	NoRope      bool    `json:"no_rope,omitempty"`      // absolute or learned positions, or ALiBi
	RotaryShare float64 `json:"rotary_share,omitempty"` // of a head, where the file does not say
	NopeEvery   int     `json:"nope_every,omitempty"`   // one layer in so many has no rotary embedding
	NopeFull    bool    `json:"nope_full,omitempty"`    // full layers beside sliding ones have none

	// Multi-head latent attention.
	Core    string `json:"core,omitempty"` // the kernel's module
	SplitQA bool   `json:"split_qa,omitempty"`
	// QB is the projection of the queries' latent vector where it is another than
	// q_b_proj. NopeJoins: in layers without rotary embedding the rotary part of
	// a head counts to the other. SharedIndexers: layers that indexer_types calls
	// shared have no indexer of their own.
	QB             *Part `json:"q_b,omitempty"`
	NopeJoins      bool  `json:"nope_joins,omitempty"`
	SharedIndexers bool  `json:"shared_indexers,omitempty"`
	// IndexerEvery: where no list says so, the first layer and after it one in so
	// many have an indexer, and those behind each share it.
	IndexerEvery int `json:"indexer_every,omitempty"`
	// PerLayer is how many mixers one layer has, when more than one.
	PerLayer int `json:"per_layer,omitempty"`

	// The feed-forward part.
	MLP            string `json:"mlp,omitempty"` // "-": its projections stand in the layer
	Up             string `json:"up,omitempty"`
	Up2            string `json:"up2,omitempty"` // a second projection beside Up that is not fused with it
	Down           string `json:"down,omitempty"`
	Gating         string `json:"gating,omitempty"` // gated|ungated; "" follows the activation
	ChannelMixing  bool   `json:"channel_mixing,omitempty"`
	DenseBesideMoE bool   `json:"dense_beside_moe,omitempty"` // a sparse layer has the dense MLP too
	// Width is what the family's code does to the stated width: "half", "lfm2"
	// (to a multiple), "double_shared_kv" (Gemma 4).
	Width string `json:"width,omitempty"`

	// Experts.
	MoE           string   `json:"moe,omitempty"` // the sparse module
	Router        string   `json:"router,omitempty"`
	Experts       string   `json:"experts,omitempty"`
	MoEUngated    bool     `json:"moe_ungated,omitempty"`
	MoENorms      []string `json:"moe_norms,omitempty"` // more norms of a sparse layer
	Shared        string   `json:"shared,omitempty"`    // the shared experts' module
	SharedUp      string   `json:"shared_up,omitempty"`
	SharedDown    string   `json:"shared_down,omitempty"`
	SharedOutside bool     `json:"shared_outside,omitempty"` // beside the sparse module
	SharedGate    string   `json:"shared_gate,omitempty"`    // the shared experts' own gate
	// SharedSize is the field with the width of the one shared expert, SharedUnit
	// that with the width of each of num_shared_experts. NoShared: there are none.
	SharedSize string `json:"shared_size,omitempty"`
	SharedUnit string `json:"shared_unit,omitempty"`
	NoShared   bool   `json:"no_shared,omitempty"`
	// VisionGate: images have experts of their own, with a gate beside.
	VisionGate bool `json:"vision_gate,omitempty"`
	// SharedRouted: the router scores the shared experts too.
	SharedRouted bool `json:"shared_routed,omitempty"`
	// LatentDown and LatentUp lead into and out of latent experts, which are
	// moe_latent_size wide.
	LatentDown string `json:"latent_down,omitempty"`
	LatentUp   string `json:"latent_up,omitempty"`
	// RouterKind names a router that is not a single linear layer: "mlp" (Zaya),
	// "product_keys" (Doge).
	RouterKind string `json:"router_kind,omitempty"`
	// Routing overrules the file; Score is the score function where the file
	// names none; Renorm: picked scores are renormalised where nothing says so.
	Routing string `json:"routing,omitempty"`
	Score   string `json:"score,omitempty"`
	Renorm  bool   `json:"renorm,omitempty"`

	// Other token mixers.
	Mixer  string `json:"mixer,omitempty"`  // the module of a Mamba mixer
	Linear string `json:"linear,omitempty"` // the module of linear attention
	// Mixes is what mixes tokens in every layer where no field says so: mamba,
	// both, rwkv, recurrent; "" is softmax attention.
	Mixes string `json:"mixes,omitempty"`
	// LinearKind is what linear attention is in this family: gdn, kda, kda_full,
	// kda_split, lightning, lightning_output_gate (MiniMax), jet, rglru.
	LinearKind string `json:"linear_kind,omitempty"`
	// KDAByHeads: heads of Kimi Delta Attention are as wide as head_dim says.
	KDAByHeads bool `json:"kda_by_heads,omitempty"`
	// GDNNorm is the kind of norm behind a gated delta net, where it is not gated.
	GDNNorm string `json:"gdn_norm,omitempty"`
	Mamba   int    `json:"mamba,omitempty"` // generation of its Mamba mixers, 1 or 2
	// MambaByHeads: the inner width is heads*head_dim; MambaPlainNames: its heads
	// are called num_heads and head_dim.
	MambaByHeads    bool `json:"mamba_by_heads,omitempty"`
	MambaPlainNames bool `json:"mamba_plain_names,omitempty"`
	// NoMLPWithMamba: a layer with a Mamba mixer has no MLP.
	NoMLPWithMamba bool `json:"no_mlp_with_mamba,omitempty"`

	// Pairs: a list of layers with "mlp" in it counts attention and MLP as a
	// layer each, and num_hidden_layers counts both.
	Pairs bool `json:"pairs,omitempty"`
	// LayerField is the field with the number of layers where num_hidden_layers
	// counts something else: the passes over them.
	LayerField string `json:"layer_field,omitempty"`
	// LayerList is the field whose list of layers counts where num_hidden_layers
	// says otherwise. OnePart: a layer is either a mixer or a feed-forward part.
	LayerList string `json:"layer_list,omitempty"`
	OnePart   bool   `json:"one_part,omitempty"`
	// Alternates: without a list, even layers are attention and odd ones experts.
	Alternates bool `json:"alternates,omitempty"`

	// More are layers that the plain layout does not have.
	More []Part `json:"more,omitempty"`

	// ExpertRows are the embeddings whose rows are the experts, where an expert
	// is not an MLP.
	ExpertRows []string `json:"expert_rows,omitempty"`

	// Doubt is what an entry of the family leaves out or may have wrong; it is
	// shown with every one.
	Doubt string `json:"doubt,omitempty"`
	// Needs are fields of which a file must have one: the class's default is the
	// layers of one model. The first is asked for.
	Needs []string `json:"needs,omitempty"`

	// Defaults are what the family's code takes for fields that a file leaves
	// out, where its configuration class does not say or says otherwise.
	Defaults map[string]json.RawMessage `json:"defaults,omitempty"`

	// When are changes of the row that fields of the config decide.
	When []Case `json:"when,omitempty"`
}

// Skeleton names the modules around the decoder layers by their SGLang
// attributes.
type Skeleton struct {
	Model     string `json:"model"`      // "model"; dotted below the root ("transformer.encoder")
	Embed     string `json:"embed"`      // below Model
	Layers    string `json:"layers"`     // below Model
	FinalNorm string `json:"final_norm"` // below Model; "" when there is none
	Head      string `json:"head"`       // below the root; "" when the embedding serves as head
	// RopeTables (below Model) make the angles that attention turns by in plain
	// torch; where there are any, no layer has a rotary embedding that runs.
	RopeTables []string `json:"rope_tables,omitempty"`
}

// Part is one layer that a row adds to those of the plain layout.
type Part struct {
	// In is where it stands: a word of the schedule (full, sliding, linear,
	// mamba, both, …), "attention" for every softmax attention, "dense", "moe",
	// "looped" (the layers of LoopRange),
	// "layer" (beside every layer's parts) or "model" (once).
	In string `json:"in"`
	// Name is the module below that part; "../" stands for the layer.
	Name string `json:"name"`
	Kind string `json:"kind,omitempty"` // linear (""), rmsnorm, layernorm, gated, parameter, embedding
	// N and K are the outputs and inputs (a norm has only N) as formulas of fields
	// and numbers: "2*(num_attention_heads + 1)*head_dim", with + - * and //.
	N     string `json:"n"`
	K     string `json:"k,omitempty"`
	Times string `json:"times,omitempty"`
	// If has the values that fields of the config must have for it, or what the
	// reader of the mixer has worked out.
	If map[string]any `json:"if,omitempty"`
}

// Holds reports whether a config has the part.
func (p Part) Holds(fields Fields) bool { return Case{If: p.If}.holds(fields) }

// Case changes columns of a row where all fields of If have the values given.
// false stands for absent, too.
type Case struct {
	If  map[string]any  `json:"if"`
	Set json.RawMessage `json:"set"`
}
