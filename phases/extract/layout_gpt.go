package extract

// gptNames are the names of the GPT-2 line of models.
func gptNames(l *layout) {
	l.model, l.embed, l.layers, l.finalNorm, l.norm = "transformer", "wte", "h", "ln_f", "layernorm"
	l.attnNorms, l.mlpNorms = []string{"ln_1"}, []string{"ln_2"}
	l.attn, l.qkv, l.o = "attn", "c_attn", "c_proj"
	l.up, l.down, l.gating = "c_fc", "c_proj", "ungated"
}

// megatronNames are the names of the Megatron line of models.
func megatronNames(l *layout) {
	l.norm = "layernorm"
	l.qkv, l.o, l.up, l.down, l.gating = "query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h", "ungated"
}

// gptLike are the families of LayerNorm and ungated MLPs.
func gptLike() map[string]func(*layout) {
	return map[string]func(*layout){
		"gpt2":        func(l *layout) { gptNames(l); l.noRope = true },
		"gpt-sw3":     func(l *layout) { gptNames(l); l.noRope = true },
		"jais":        func(l *layout) { gptNames(l); l.noRope, l.gating = true, "gated" },
		"gpt_bigcode": func(l *layout) { gptNames(l); l.noRope = true },
		"openai-gpt":  func(l *layout) { gptNames(l); l.noRope, l.finalNormShared = true, true },
		"gptj":        gptj,
		"codegen":     gptj,
		"gpt_neo": func(l *layout) {
			gptNames(l)
			l.attn, l.qkv, l.o, l.noRope = "attn.attention", "qkv_proj", "out_proj", true
		},
		"gpt_neox": func(l *layout) {
			megatronNames(l)
			l.model, l.embed, l.finalNorm, l.head, l.attn = "gpt_neox", "embed_in", "final_layer_norm", "embed_out", "attention"
		},
		"bloom": func(l *layout) {
			megatronNames(l)
			l.model, l.embed, l.layers, l.finalNorm, l.attn, l.noRope = "transformer", "word_embeddings", "h", "ln_f", "self_attention", true
		},
		"falcon": func(l *layout) {
			megatronNames(l)
			l.model, l.embed, l.layers, l.finalNorm, l.attn = "transformer", "word_embeddings", "h", "ln_f", "self_attention"
		},
		"persimmon": func(l *layout) {
			megatronNames(l)
			l.finalNorm, l.qkNorm, l.qkNormType, l.qNorm, l.kNorm = "final_layernorm", "field_head", "layernorm", "q_layernorm", "k_layernorm"
		},
		"phi": func(l *layout) {
			l.norm, l.parallel, l.mlpNorms, l.finalNorm = "layernorm", true, nil, "final_layernorm"
			l.o, l.up, l.down, l.gating = "dense", "fc1", "fc2", "ungated"
			l.qkNorm, l.qkNormType, l.qNorm, l.kNorm = "field_head", "layernorm", "q_layernorm", "k_layernorm"
		},
		"phi3small": func(l *layout) {
			l.norm, l.qkv, l.o, l.up, l.gating, l.finalNorm = "layernorm", "query_key_value", "dense", "up_proj", "gated", "final_layernorm"
		},
		"starcoder2": func(l *layout) {
			l.norm, l.up, l.down, l.gating = "layernorm", "c_fc", "c_proj", "ungated"
		},
		"mpt": func(l *layout) {
			l.model, l.embed, l.layers, l.finalNorm, l.norm = "transformer", "wte", "blocks", "norm_f", "layernorm"
			l.attnNorms, l.mlpNorms = []string{"norm_1"}, []string{"norm_2"}
			l.attn, l.qkv, l.o, l.mlp, l.up, l.down, l.gating, l.noRope = "attn", "Wqkv", "out_proj", "ffn", "up_proj", "down_proj", "ungated", true
		},
		"dbrx": func(l *layout) {
			l.model, l.embed, l.layers, l.finalNorm, l.norm = "transformer", "wte", "blocks", "norm_f", "layernorm"
			l.attnNorms, l.mlpNorms = []string{"norm_1"}, []string{"norm_2"}
			l.attn, l.qkv, l.o = "norm_attn_norm.attn", "Wqkv", "out_proj"
			l.moe, l.router = "ffn", "router.layer"
		},
		"opt":    opt,
		"xglm":   opt,
		"biogpt": opt,
	}
}

func gptj(l *layout) {
	gptNames(l)
	l.qkv, l.o, l.up, l.down, l.parallel, l.mlpNorms = "qkv_proj", "out_proj", "fc_in", "fc_out", true, nil
}

func opt(l *layout) {
	l.model, l.finalNorm, l.norm = "model.decoder", "final_layer_norm", "layernorm"
	l.attnNorms, l.mlpNorms = []string{"self_attn_layer_norm"}, []string{"final_layer_norm"}
	l.o, l.mlp, l.up, l.down, l.gating, l.noRope = "out_proj", "-", "fc1", "fc2", "ungated", true
}

// moeFamilies are the families whose sparse module has names of its own.
func moeFamilies() map[string]func(*layout) {
	sparse := func(l *layout) { l.moe = "block_sparse_moe" }
	return map[string]func(*layout){
		"mixtral": sparse,
		"phimoe":  func(l *layout) { sparse(l); l.norm = "layernorm" },
		"granitemoe": func(l *layout) {
			sparse(l)
			l.shared, l.sharedUp, l.sharedDown, l.sharedOutside = "shared_mlp", "input_linear", "output_linear", true
		},
		"granitemoeshared": func(l *layout) {
			sparse(l)
			l.shared, l.sharedUp, l.sharedDown, l.sharedOutside = "shared_mlp", "input_linear", "output_linear", true
		},
		"mellum": perHead, "aria": nil,
		"minimax":    func(l *layout) { sparse(l); l.linear = "self_attn" },
		"minimax_m2": func(l *layout) { sparse(l); l.qkNorm = "per_projection" },
		"minimax_m3": perHead,
		"qwen2_moe":  sharedExpertGate,
		"qwen3_moe":  perHead,
		"sdar_moe":   perHead,
		"olmoe":      func(l *layout) { l.qkNorm = "per_projection" },
		"flex_olmo":  func(l *layout) { postNorms(l); l.qkNorm = "per_projection" },
		"grok-1": func(l *layout) {
			sparse(l)
			l.attnNorms = []string{"pre_attn_norm", "post_attn_norm"}
			l.mlpNorms = []string{"pre_moe_norm", "post_moe_norm"}
		},
		"llama4": func(l *layout) {
			l.mlp, l.moe, l.router, l.shared = "feed_forward", "feed_forward", "router", "shared_expert"
			l.qkNorm, l.qNorm, l.kNorm = "field_head", "qk_norm", "-"
		},
		"deepseek": nil, "deepseek_v2": nil, "deepseek_v3": nil, "deepseek_v32": nil, "kimi_k2": nil, "kimi": nil,
		"glm_moe_dsa": nil, "glm4_moe_lite": nil, "axk1": nil, "ernie4_5_moe": nil, "youtu": nil, "cohere2_moe": func(l *layout) {
			l.norm, l.parallel, l.mlpNorms = "layernorm", true, nil
		},
		"deepseek_v4":        nil,
		"glm4_moe":           func(l *layout) { l.qkNorm = "field_head" },
		"glm4v_moe":          func(l *layout) { l.qkNorm = "field_head" },
		"hunyuan_v1_moe":     hunyuan,
		"hy_v3":              func(l *layout) { l.shared, l.qkNorm = "shared_mlp", "field_head" },
		"ernie4_5_moe_vl":    ernieVL,
		"ernie4_5_vl_moe":    ernieVL,
		"bailing_moe":        bailing,
		"bailing":            bailing,
		"llada2_moe":         bailing,
		"sarvam_moe":         bailing,
		"sarvam_mla":         nil,
		"bailing_hybrid":     func(l *layout) { bailing(l); l.linear = "attention" },
		"bailing_moe_linear": func(l *layout) { bailing(l); l.linear = "attention" },
		"exaone_moe":         perHead,
		"step3p5":            step3p5,
		"step3p7":            step3p5,
		"laguna": func(l *layout) {
			perHead(l)
			l.shared, l.gate, l.gateWidth = "shared_expert", "g_proj", "heads"
		},
		"mimo_v2": nil,
		"longcat_flash": func(l *layout) {
			l.router, l.mlp, l.denseBesideMoE, l.perLayer = "router.classifier", "mlps", true, 2
		},
		"xverse_moe": func(l *layout) { l.router = "router" },
		"inkling": func(l *layout) {
			perHead(l)
			l.attn, l.qkv, l.o = "attn", "qkvr", "wo_ud"
			l.attnNorms, l.mlpNorms = []string{"attn_norm"}, []string{"mlp_norm"}
		},
	}
}

func sharedExpertGate(l *layout) { l.shared, l.sharedGate = "shared_expert", "shared_expert_gate" }

func ernieVL(l *layout) { l.router, l.experts = "text_experts_gate", "text_experts" }

func step3p5(l *layout) {
	perHead(l)
	l.moe, l.shared, l.sharedOutside = "moe", "share_expert", true
	l.gate, l.gateWidth = "g_proj", "heads"
}

func bailing(l *layout) {
	l.embed, l.attn, l.qkv, l.o = "word_embeddings", "attention", "query_key_value", "dense"
	l.qkNorm, l.qNorm, l.kNorm = "field_head", "query_layernorm", "key_layernorm"
}

// hybrids are the families with more than one kind of token mixer.
func hybrids() map[string]func(*layout) {
	backbone := func(l *layout) {
		l.model, l.embed, l.finalNorm, l.mixer = "backbone", "embeddings", "norm_f", "mixer"
		l.attnNorms, l.mlpNorms = []string{"norm"}, nil
	}
	return map[string]func(*layout){
		"qwen3_next": func(l *layout) { perHead(l); sharedExpertGate(l); l.attn = "-" },
		"qwen3_5":    func(l *layout) { perHead(l); sharedExpertGate(l); l.attn = "-" },
		"kimi_linear": func(l *layout) {
			l.splitQA, l.moe, l.linear = true, "block_sparse_moe", "self_attn"
		},
		"nemotron_h": func(l *layout) {
			l.finalNorm, l.mixer, l.attn, l.mlp, l.moe = "norm_f", "mixer", "mixer", "mixer", "mixer"
			l.attnNorms, l.mlpNorms = []string{"norm"}, []string{"norm"}
			l.up, l.gating, l.moeUngated, l.sharedUp, l.noRope = "up_proj", "ungated", true, "up_proj", true
		},
		"mamba": backbone, "mamba2": backbone, "falcon_mamba": backbone,
		"falcon_h1": func(l *layout) {
			l.attn, l.mlp, l.finalNorm = "-", "feed_forward", "final_layernorm"
			l.mlpNorms = []string{"pre_ff_layernorm"}
		},
		"bamba": func(l *layout) {
			l.mlp, l.finalNorm, l.mlpNorms = "feed_forward", "final_layernorm", []string{"pre_ff_layernorm"}
		},
		"granitemoehybrid": func(l *layout) {
			l.moe = "block_sparse_moe"
			l.shared, l.sharedUp, l.sharedDown, l.sharedOutside = "shared_mlp", "input_linear", "output_linear", true
		},
		"jamba": func(l *layout) {
			l.mlp, l.moe, l.router, l.finalNorm, l.mlpNorms, l.noRope = "feed_forward", "feed_forward", "router", "final_layernorm", []string{"pre_ff_layernorm"}, true
		},
		"zamba": func(l *layout) {
			l.mlpNorms, l.mlp, l.finalNorm, l.noRope = []string{"pre_ff_layernorm"}, "feed_forward", "final_layernorm", true
		},
		"zamba2": func(l *layout) {
			l.mlpNorms, l.mlp, l.finalNorm, l.noRope = []string{"pre_ff_layernorm"}, "feed_forward", "final_layernorm", true
		},
		"lfm2_moe": func(l *layout) { lfm2(l); l.up, l.up2, l.down = "gate_up_proj", "", "down_proj" },
		"rwkv": func(l *layout) {
			l.model, l.embed, l.layers, l.finalNorm, l.norm = "rwkv", "embeddings", "blocks", "ln_out", "layernorm"
			l.attnNorms, l.mlpNorms = []string{"ln1"}, []string{"ln2"}
			l.linear, l.mlp, l.head = "attention", "feed_forward", "head"
		},
		"jet_nemotron": nil,
		"zaya": func(l *layout) {
			l.attnNorms, l.mlpNorms, l.finalNorm = []string{"input_norm"}, []string{"input_norm"}, "final_norm"
			l.moe = "zaya_block"
		},
	}
}
