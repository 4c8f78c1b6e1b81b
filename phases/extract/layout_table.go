package extract

// layoutTable is the one table of layouts, by model_type. A nil row is the
// plain one. Rows say only in what they differ from it.
func layoutTable() map[string]func(*layout) {
	table := map[string]func(*layout){}
	for _, group := range []map[string]func(*layout){llamaLike(), gemmaLike(), gptLike(), moeFamilies(), hybrids()} {
		for name, row := range group {
			table[name] = row
		}
	}
	return table
}

// perHead norms queries and keys over each head.
func perHead(l *layout) { l.qkNorm = "per_head" }

// postNorms: no norm before a part, one after it (OLMo 2, EXAONE 4).
func postNorms(l *layout) {
	l.attnNorms = []string{"post_attention_layernorm"}
	l.mlpNorms = []string{"post_feedforward_layernorm"}
}

// sandwich: a norm before and one after each part (Gemma 2).
func sandwich(l *layout) {
	l.attnNorms = []string{"input_layernorm", "post_attention_layernorm"}
	l.mlpNorms = []string{"pre_feedforward_layernorm", "post_feedforward_layernorm"}
}

// layerNorms: the plain layout with LayerNorm.
func layerNorms(l *layout) { l.norm = "layernorm" }

// llamaLike are the families of RMSNorm, fused qkv and gated MLP.
func llamaLike() map[string]func(*layout) {
	return map[string]func(*layout){
		"llama": nil, "mistral": nil, "ministral": nil, "ministral3": nil, "mistral3": nil, "mistral4": nil,
		"qwen2": nil, "granite": nil, "xverse": nil, "minicpm": nil, "internlm": nil, "internlm3": nil,
		"aquila": nil, "solar": nil, "phi3": nil, "seed_oss": nil, "helium": nil, "hyperclovax": func(l *layout) {
			l.attnNorms = []string{"input_layernorm", "post_norm1"}
			l.mlpNorms = []string{"post_attention_layernorm", "post_norm2"}
		},
		"mimo": nil, "teleflm": nil, "TeleFLM": nil, "iquestcoder": nil, "iquestloopcoder": nil, "telechat": nil, "ernie4_5": nil, "glm": nil, "smollm3": nil, "PanguEmbedded": nil,
		"nemotron-nas": nil, "dots1": perHead, "diffllama": nil, "cwm": nil, "moss": nil, "llava": nil, "paddleocr_vl": nil, "granite4": nil, "voxtral": nil, "phi4": nil, "phi4mm": nil, "telechat2": nil, "idefics": nil, "mllama": nil,
		"minicpm3": func(l *layout) { l.splitQA, l.core = true, "attn" },
		"baichuan": func(l *layout) { l.qkv = "W_pack" },
		"qwen":     qwen1,
		"qwen3":    perHead, "sdar": perHead, "apertus": apertus,
		"glm4":    glm4Norms,
		"glm4v":   glm4Norms,
		"glm46v":  glm4Norms,
		"glm_ocr": glm4Norms,
		"olmo":    layerNorms,
		"olmo2":   func(l *layout) { postNorms(l); l.qkNorm = "per_projection" },
		"olmo3":   func(l *layout) { postNorms(l); l.qkNorm = "per_projection" },
		"exaone4": func(l *layout) { postNorms(l); l.qkNorm = "per_head" },
		"exaone":  exaone3,
		"internlm2": func(l *layout) {
			l.attn, l.qkv, l.o, l.mlp, l.down = "attention", "wqkv", "wo", "feed_forward", "w2"
			l.attnNorms, l.mlpNorms = []string{"attention_norm"}, []string{"ffn_norm"}
			l.embed, l.head = "tok_embeddings", "output"
		},
		"chatglm": chatglm,
		"orion":   layerNorms, "stablelm": func(l *layout) { l.norm, l.qkNorm, l.qkNormType = "layernorm", "field", "layernorm" },
		"arcee":  func(l *layout) { l.up, l.gating = "up_proj", "ungated" },
		"bitnet": func(l *layout) { l.gating = "gated" },
		"nemotron": func(l *layout) {
			l.norm, l.up, l.gating = "layernorm", "up_proj", "ungated"
		},
		"cohere": cohere, "cohere2": cohere,
		"hunyuan_v1_dense": hunyuan,
		"hunyuan":          hunyuan,
		"doge": func(l *layout) {
			perHead(l)
			l.router, l.denseBesideMoE = "router_gate", true
		},
		"openelm":  openelm,
		"nanochat": func(l *layout) { l.up, l.gating, l.qkNorm = "fc1", "ungated", "per_head"; l.down = "fc2" },
		"gpt_oss":  func(l *layout) { l.router, l.sinks = "router", true },
		"lfm2":     lfm2,
	}
}

func cohere(l *layout) {
	l.norm, l.parallel, l.mlpNorms = "layernorm", true, nil
	l.qkNorm, l.qkNormType, l.head = "field_projection", "layernorm", ""
}

func glm4Norms(l *layout) {
	l.attnNorms = []string{"input_layernorm", "post_self_attn_layernorm"}
	l.mlpNorms = []string{"post_attention_layernorm", "post_mlp_layernorm"}
}

func apertus(l *layout) {
	l.qkNorm, l.up, l.gating = "per_head", "up_proj", "ungated"
	l.attnNorms, l.mlpNorms = []string{"attention_layernorm"}, []string{"feedforward_layernorm"}
}

func hunyuan(l *layout) {
	l.qkNorm, l.qNorm, l.kNorm = "field_head", "query_layernorm", "key_layernorm"
	l.shared = "shared_mlp"
}

func qwen1(l *layout) {
	l.model, l.embed, l.layers, l.finalNorm = "transformer", "wte", "h", "ln_f"
	l.attnNorms, l.mlpNorms = []string{"ln_1"}, []string{"ln_2"}
	l.attn, l.qkv, l.o, l.down = "attn", "c_attn", "c_proj", "c_proj"
}

func exaone3(l *layout) {
	l.model, l.embed, l.layers, l.finalNorm = "transformer", "wte", "h", "ln_f"
	l.attnNorms, l.mlpNorms = []string{"ln_1"}, []string{"ln_2"}
	l.attn, l.o, l.down = "attn.attention", "out_proj", "c_proj"
}

func openelm(l *layout) {
	l.model, l.embed, l.finalNorm = "transformer", "token_embeddings", "norm"
	l.attnNorms, l.mlpNorms = []string{"attn_norm"}, []string{"ffn_norm"}
	l.attn, l.o, l.mlp, l.up, l.down, l.qkNorm = "attn", "out_proj", "ffn", "proj_1", "proj_2", "per_head"
}

func chatglm(l *layout) {
	l.model, l.embed, l.layers, l.finalNorm, l.head = "transformer.encoder", "embedding", "layers", "final_layernorm", "output_layer"
	l.attn, l.qkv, l.o = "self_attention", "query_key_value", "dense"
	l.up, l.down, l.gating = "dense_h_to_4h", "dense_4h_to_h", "gated"
}

func lfm2(l *layout) {
	l.finalNorm = "embedding_norm"
	l.attnNorms, l.mlpNorms = []string{"operator_norm"}, []string{"ffn_norm"}
	l.o, l.qkNorm, l.qNorm, l.kNorm = "out_proj", "per_head", "q_layernorm", "k_layernorm"
	l.mlp, l.up, l.up2, l.down = "feed_forward", "w1", "w3", "w2"
	l.moe = "feed_forward"
}

// gemmaLike are the families with norms on both sides of a part.
func gemmaLike() map[string]func(*layout) {
	return map[string]func(*layout){
		"gemma":      func(l *layout) { l.head = "" },
		"gemma2":     func(l *layout) { sandwich(l); l.head = "" },
		"vaultgemma": func(l *layout) { l.mlpNorms = []string{"pre_feedforward_layernorm"} },
		"gemma3":     func(l *layout) { sandwich(l); perHead(l) },
		"gemma3n":    func(l *layout) { sandwich(l); perHead(l); l.vNorm = "v_norm" },
		"gemma4": func(l *layout) {
			sandwich(l)
			perHead(l)
			l.vNorm = "v_norm"
			l.moe, l.router, l.denseBesideMoE = "moe", "../router.proj", true
		},
		"afmoe": func(l *layout) {
			l.attnNorms = []string{"input_layernorm", "post_attention_layernorm"}
			l.mlpNorms = []string{"pre_mlp_layernorm", "post_mlp_layernorm"}
			perHead(l)
			l.gate, l.gateWidth = "gate_proj", "heads*head_dim"
		},
		"recurrent_gemma": func(l *layout) {
			l.attnNorms, l.mlpNorms = []string{"temporal_pre_norm"}, []string{"channel_pre_norm"}
			l.attn, l.mlp, l.mixer, l.finalNorm = "temporal_block", "mlp_block", "temporal_block", "final_norm"
		},
		"muse_glimmer": func(l *layout) {
			l.attnNorms = []string{"input_layernorm", "post_attn_norm"}
			l.mlpNorms = []string{"post_attention_layernorm", "post_ffn_norm"}
			l.qkNorm, l.qNorm, l.kNorm = "per_head", "qk_norm", "-"
			l.gate, l.gateWidth = "output_gate_proj", "heads*head_dim"
		},
	}
}
