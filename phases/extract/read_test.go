package extract

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestNotDecoders(t *testing.T) {
	for config, says := range map[string]string{
		`{"peft_type": "LORA", "base_model_name_or_path": "meta-llama/Llama-3.1-8B", "r": 16}`:                                           "adapter",
		`{"architectures": ["BertForMaskedLM"], "model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "vocab_size": 30522}`: "masked language model",
		`{"architectures": ["BertModel"], "model_type": "bert", "hidden_size": 768}`:                                                     "encoder",
		`{"architectures": ["XLMRobertaModel"], "model_type": "xlm-roberta"}`:                                                            "encoder",
		`{"architectures": ["ModernBertForMaskedLM"], "model_type": "modernbert"}`:                                                       "encoder",
		`{"architectures": ["CLIPModel"], "model_type": "clip", "text_config": {"model_type": "clip_text_model"}, "vision_config": {}}`:  "image-text encoder",
		`{"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "is_encoder_decoder": true, "d_model": 512}`:              "encoder-decoder",
		`{"architectures": ["MT5ForConditionalGeneration"], "model_type": "mt5", "d_model": 512, "num_layers": 8}`:                       "encoder-decoder",
		`{"architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper", "d_model": 1280}`:                               "speech",
		`{"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0", "in_channels": 4}`:                                       "diffusion",
		`{"architectures": ["ViTForImageClassification"], "model_type": "vit", "hidden_size": 768, "image_size": 224}`:                   "image classifier",
		`{"model_type": "something_new", "hidden_size": 768, "image_size": 224, "num_hidden_layers": 2}`:                                 "vision model",
		`{"architectures": ["MistralModel"], "model_type": "mistral", "hidden_size": 4096, "num_hidden_layers": 32}`:                     "without a language-model head",
		`{"architectures": ["Qwen2ForRewardModel"], "model_type": "qwen2", "hidden_size": 4096}`:                                         "reward model",
		`{"architectures": ["LlamaForSequenceClassification"], "model_type": "llama", "hidden_size": 4096}`:                              "classifier",
		`{"architectures": ["Wav2Vec2ForCTC"], "model_type": "wav2vec2"}`:                                                                "speech",
	} {
		_, err := Read([]byte(config), Options{})
		var not *NotDecoderError
		if !errors.As(err, &not) {
			t.Errorf("%s\n gives %v, want a refusal", config, err)
			continue
		}
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%s\n says %q, want %q in it", config, err, says)
		}
	}
}

// TestLackingFieldsAreAskedFor: a field that the file does not have is asked
// for, and no other is said to be wrong beside the number that stands for it.
func TestLackingFieldsAreAskedFor(t *testing.T) {
	for config, want := range map[string]string{
		`{"model_type": "phi", "num_hidden_layers": 2, "hidden_size": 64, "num_key_value_heads": 4, "vocab_size": 100, "intermediate_size": 128}`:         "num_attention_heads",
		`{"model_type": "zork", "num_hidden_layers": 2, "num_attention_heads": 8, "num_key_value_heads": 4, "vocab_size": 100, "intermediate_size": 128}`: "hidden_size",
	} {
		_, err := Read([]byte(config), Options{})
		var missing *MissingFieldsError
		if !errors.As(err, &missing) || !slices.Equal(missing.Fields, []string{want}) {
			t.Errorf("%s\n gives %v, want a question for %s", config, err, want)
		}
	}
}

// TestWrappersFillTheirLanguageModel: what a wrapper's class puts into a nested
// language model comes before the nested class's own defaults.
func TestWrappersFillTheirLanguageModel(t *testing.T) {
	a, err := Read([]byte(`{"architectures": ["VoxtralForConditionalGeneration"], "model_type": "voxtral", "audio_config": {"num_hidden_layers": 7},
		"text_config": {"model_type": "llama", "hidden_size": 1024, "num_attention_heads": 16, "intermediate_size": 2048, "vocab_size": 1000}}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	k := a.AttentionKinds[0]
	if a.NumLayers != 30 || k.NumKVHeads != 8 || k.HeadDim != 128 || k.NumHeads != 16 || a.HiddenSize != 1024 {
		t.Errorf("%d layers, %d heads, %d KV heads of %d, width %d", a.NumLayers, k.NumHeads, k.NumKVHeads, k.HeadDim, a.HiddenSize)
	}
	if !slices.ContainsFunc(a.Inferred, func(n FieldNote) bool {
		return n.Field == "num_hidden_layers" && strings.Contains(n.Why, "voxtral")
	}) {
		t.Errorf("the layers are not said to be the wrapper's: %+v", a.Inferred)
	}
}

// TestNullIsStated: Gemma 4's full attention has wider heads unless
// per_layer_config is there, if only with null.
func TestNullIsStated(t *testing.T) {
	const config = `{"architectures": ["Gemma4ForCausalLM"], "model_type": "gemma4_text", "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2,
		"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 1000, "layer_types": ["sliding_attention", "full_attention"]}`
	for text, want := range map[string]int{config: 512, strings.Replace(config, "{", `{"per_layer_config": null, `, 1): 64} {
		a, err := Read([]byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range a.AttentionKinds {
			if k.SlidingWindow == 0 && k.HeadDim != want {
				t.Errorf("%s: heads of %d, want %d", text[:40], k.HeadDim, want)
			}
		}
	}
}

func TestWrongValuesAreNamed(t *testing.T) {
	for _, c := range []struct{ config, field, says string }{
		{`{"model_type": "llama", "num_hidden_layers": -1}`, "num_hidden_layers", "negative"},
		{`{"model_type": "llama", "num_hidden_layers": 0}`, "num_hidden_layers", "at least 1"},
		{`{"model_type": "llama", "num_hidden_layers": 2.5}`, "num_hidden_layers", "whole number"},
		{`{"model_type": "llama", "num_hidden_layers": 10001}`, "num_hidden_layers", "more than 10000"},
		{`{"model_type": "llama", "hidden_size": 99999999999999999999}`, "hidden_size", "too large"},
		{`{"model_type": "llama", "hidden_size": Infinity}`, "hidden_size", "whole number"},
		{`{"model_type": "llama", "hidden_size": "many"}`, "hidden_size", "not a number"},
		{`{"model_type": "llama", "n_layer": -3}`, "n_layer", "negative"},
		{`{"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 8}`, "num_key_value_heads", "more than the 4"},
		{`{"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 4, "num_attention_heads": 8}`, "num_attention_heads", "more than hidden_size"},
		{`{"model_type": "qwen3_moe", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "num_experts": 4, "num_experts_per_tok": 8}`, "num_experts_per_tok", "more than the 4 experts"},
		{`{"model_type": "gemma2", "hidden_size": 64, "num_hidden_layers": 3, "layer_types": ["full_attention"]}`, "layer_types", "1 values for 3 layers"},
		{`{"model_type": "gemma2", "hidden_size": 64, "num_hidden_layers": 1, "layer_types": ["wibble"]}`, "layer_types[0]", "unknown kind"},
		{`{"model_type": "nemotron_h", "hidden_size": 64, "num_hidden_layers": 2, "hybrid_override_pattern": "M?"}`, "hybrid_override_pattern", "unknown character"},
		{`{"model_type": "gemma3", "text_config": {"hidden_size": -5, "num_hidden_layers": 2}}`, "text_config.hidden_size", "negative"},
	} {
		_, err := Read([]byte(c.config), Options{})
		var wrong *FieldError
		if !errors.As(err, &wrong) {
			t.Errorf("%s\n gives %v, want a wrong field", c.config, err)
			continue
		}
		if wrong.Field != c.field || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s\n says %q, want %s … %q", c.config, err, c.field, c.says)
		}
	}
}

// A file without its own sizes is not a whole config.json: the class's numbers
// are another model's. What a wrapper leaves out of its text_config is what
// equals the class's default, and is taken.
func TestSizesOfTheRootAreNeverTheClassDefault(t *testing.T) {
	for _, c := range []struct{ config, missing string }{
		{`{}`, "num_hidden_layers hidden_size vocab_size"},
		{`{"model_type": "llama", "hidden_size": 64, "vocab_size": 10, "num_attention_heads": 4, "intermediate_size": 128}`, "num_hidden_layers"},
		{`{"model_type": "llama", "hidden_size": 64, "vocab_size": 10, "num_hidden_layers": 2, "intermediate_size": 128}`, "num_attention_heads"},
		{`{"model_type": "llama", "hidden_size": 64, "vocab_size": 10, "num_hidden_layers": 2, "num_attention_heads": 4}`, "intermediate_size"},
	} {
		_, err := Read([]byte(c.config), Options{})
		var missing *MissingFieldsError
		if !errors.As(err, &missing) || strings.Join(missing.Fields, " ") != c.missing {
			t.Errorf("%s\n gives %v, want missing %s", c.config, err, c.missing)
			continue
		}
		if strings.Contains(c.config, "model_type") && !strings.Contains(err.Error(), "default of HuggingFace's llama configuration, not a fact of this model") {
			t.Errorf("%s\n says %v", c.config, err)
		}
	}
	a, err := Read([]byte(`{"model_type": "gemma3", "architectures": ["Gemma3ForConditionalGeneration"], "text_config": {"model_type": "gemma3_text", "hidden_size": 5376, "num_hidden_layers": 62}}`), Options{})
	if err != nil || a.Attention.NumHeads != 8 || a.MLP.IntermediateSize != 9216 {
		t.Errorf("a wrapper's silence: %v", err)
	}
	a, err = Read([]byte(`{"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 4, "vocab_size": 10}`), Options{})
	if err != nil || a.MLP.IntermediateSize != 256 {
		t.Errorf("a formula over what the file says: %v", err)
	}
}

func TestMLAReportsNoHeadDim(t *testing.T) {
	a, err := Read([]byte(`{"model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 2, "num_attention_heads": 64, "num_key_value_heads": 64,
		"q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "intermediate_size": 18432, "vocab_size": 10,
		"n_routed_experts": 0}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range append(a.Defaults, a.Inferred...) {
		if n.Field == "head_dim" {
			t.Errorf("a head_dim that nobody uses is reported: %+v", n)
		}
	}
}

func TestMissingFieldsAreAllNamed(t *testing.T) {
	_, err := Read([]byte(`{"model_type": "somebodys_model", "vocab_size": 10}`), Options{})
	var missing *MissingFieldsError
	if !errors.As(err, &missing) || strings.Join(missing.Fields, " ") != "num_hidden_layers hidden_size" {
		t.Fatalf("error = %v", err)
	}
	for _, part := range []string{"--set num_hidden_layers=VALUE", "--set hidden_size=VALUE", `"somebodys_model"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	a, err := Read([]byte(`{"model_type": "somebodys_model", "vocab_size": 10}`), Options{Overrides: map[string]string{
		"num_hidden_layers": "3", "hidden_size": "64", "num_attention_heads": "4", "intermediate_size": "128.0",
	}})
	if err != nil || a.NumLayers != 3 || a.MLP.IntermediateSize != 128 || a.Attention.Type != "mha" {
		t.Fatalf("with --set: %v", err)
	}
}

func TestOverrides(t *testing.T) {
	config := `{"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "num_hidden_layers": 6, "hidden_size": 64, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}, "vision_config": {"hidden_size": 1152}}`
	a, err := Read([]byte(config), Options{Overrides: map[string]string{"num_hidden_layers": "12", "text_config.hidden_size": "128", "rope_scaling.rope_type": "yarn", "head_dim": "32"}})
	if err != nil {
		t.Fatal(err)
	}
	if a.NumLayers != 12 || a.HiddenSize != 128 || a.Rope.Type != "yarn" || a.Attention.HeadDim != 32 {
		t.Errorf("%d layers, hidden %d, rope %v", a.NumLayers, a.HiddenSize, a.Rope)
	}
	if a.TextConfigPath != "text_config" || strings.Join(a.Towers, " ") != "vision_config" {
		t.Errorf("text at %q, towers %v", a.TextConfigPath, a.Towers)
	}
	if v, _ := a.TextConfig.Get("num_hidden_layers"); v != int64(12) {
		t.Errorf("TextConfig has %v", v)
	}
	told := 0
	for _, n := range a.Inferred {
		if strings.Contains(n.Why, "--set") {
			told++
		}
	}
	if told != 4 {
		t.Errorf("inferred = %+v", a.Inferred)
	}
}

func TestOverridesReachEverySpelling(t *testing.T) {
	a, err := Read([]byte(`{"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 4, "vocab_size": 100}`), Options{Overrides: map[string]string{"num_hidden_layers": "7", "hidden_size": "128"}})
	if err != nil {
		t.Fatal(err)
	}
	if n, _, _ := a.TextConfig.Int("n_layer"); a.NumLayers != 7 || a.HiddenSize != 128 || n != 7 {
		t.Errorf("%d layers, hidden %d, n_layer %d", a.NumLayers, a.HiddenSize, n)
	}
}

func TestNestedTextConfigs(t *testing.T) {
	text := `{"model_type": "qwen2", "num_hidden_layers": 2, ` + base + `}`
	for _, c := range []struct{ config, path string }{
		{`{"model_type": "x", "text_config": ` + text + `}`, "text_config"},
		{`{"model_type": "deepseek_vl_v2", "language_config": ` + text + `, "vision_config": {}}`, "language_config"},
		{`{"model_type": "internvl_chat", "architectures": ["InternVLChatModel"], "llm_config": ` + text + `}`, "llm_config"},
		{`{"model_type": "qwen2_5_omni", "thinker_config": {"text_config": ` + text + `, "audio_config": {"x": 1}}}`, "thinker_config.text_config"},
		{`{"model_type": "qwen2_vl", "vision_config": {"depth": 2}, "text_config": {"model_type": "qwen2_vl_text"}, "num_hidden_layers": 2, ` + base + `}`, ""},
	} {
		a := readText(t, c.config)
		if a.TextConfigPath != c.path || a.NumLayers != 2 {
			t.Errorf("%s: found at %q, want %q", c.config, a.TextConfigPath, c.path)
		}
	}
}

func TestClassIsInferred(t *testing.T) {
	for config, want := range map[string]string{
		`{"model_type": "qwen3", "num_hidden_layers": 1, ` + base + `}`:                                "Qwen3ForCausalLM",
		`{"d_model": 64, "n_layer": 1, "vocab_size": 10, "ssm_cfg": {}, "rms_norm": true}`:             "MambaForCausalLM",
		`{"num_hidden_layers": 1, ` + base + `}`:                                                       "LlamaForCausalLM",
		`{"model_type": "brand-new_thing", "num_hidden_layers": 1, ` + base + `}`:                      "BrandNewThingForCausalLM",
		`{"architectures": ["rm -rf /"], "model_type": "llama", "num_hidden_layers": 1, ` + base + `}`: "LlamaForCausalLM",
		`{"architectures": null, "model_type": "llama", "num_hidden_layers": 1, ` + base + `}`:         "LlamaForCausalLM",
	} {
		a := readText(t, config)
		if a.ArchitectureType != want {
			t.Errorf("%s: class %s, want %s", config, a.ArchitectureType, want)
		}
		told := false
		for _, n := range a.Inferred {
			told = told || strings.HasSuffix(n.Field, "architectures")
		}
		if !told {
			t.Errorf("%s: the class is not reported as inferred: %+v", config, a.Inferred)
		}
	}
}

func TestQuantization(t *testing.T) {
	for config, want := range map[string]Quantization{
		`{"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}`:           {Method: "fp8", Format: "e4m3", Kernel: "fp8_block_scale", Bits: 8},
		`{"quant_method": "fp8", "activation_scheme": "static", "weight_block_size": null}`: {Method: "fp8", Kernel: "fp8_per_tensor", Bits: 8},
		`{"quant_method": "modelopt", "quant_algo": "NVFP4"}`:                               {Method: "nvfp4", Format: "NVFP4", Kernel: "nvfp4", Bits: 4},
		`{"quant_algo": "FP8"}`: {Method: "fp8", Format: "FP8", Kernel: "fp8_per_tensor", Bits: 8},
		`{"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION"}`: {Method: "modelopt", Format: "MIXED_PRECISION"},
		`{"quant_method": "mxfp4"}`:                                     {Method: "mxfp4", Format: "mxfp4", Bits: 4},
		`{"quant_method": "gptq", "bits": 4}`:                           {Method: "gptq", Bits: 4},
		`{"quant_method": "awq", "bits": 4, "version": "gemm"}`:         {Method: "awq", Bits: 4},
		`{"quant_method": "bitsandbytes", "load_in_4bit": true}`:        {Method: "bitsandbytes", Bits: 4},
		`{"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized", "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "float", "strategy": "tensor_group"}}}}`:        {Method: "compressed-tensors", Format: "nvfp4-pack-quantized", Kernel: "nvfp4", Bits: 4},
		`{"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int", "strategy": "group"}}}}`:                       {Method: "compressed-tensors", Format: "pack-quantized", Bits: 4},
		`{"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": {"a": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "strategy": "channel"}}}}`: {Method: "compressed-tensors", Format: "float-quantized", Bits: 8},
		`{"bits": 4, "group_size": 64}`: {Method: "mlx", Bits: 4},
	} {
		a := readText(t, `{"model_type": "llama", "num_hidden_layers": 1, "quantization_config": `+config+", "+base+`}`)
		if a.Quantization == nil {
			t.Errorf("%s: not read", config)
			continue
		}
		got := *a.Quantization
		got.BlockSize = nil
		if got.Method != want.Method || got.Format != want.Format || got.Kernel != want.Kernel || got.Bits != want.Bits {
			t.Errorf("%s\n is %+v, want %+v", config, got, want)
		}
	}
}

func TestMTPLayersAreListedApart(t *testing.T) {
	a := readText(t, `{"model_type": "deepseek_v3", "num_hidden_layers": 2, "num_nextn_predict_layers": 1, "first_k_dense_replace": 1, "kv_lora_rank": 32, "q_lora_rank": null, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 2, "topk_group": 1, "moe_intermediate_size": 32, "n_shared_experts": 1, `+base+`}`)
	if a.NumLayers != 2 || a.MTPLayers != 1 {
		t.Errorf("%d layers, %d MTP layers", a.NumLayers, a.MTPLayers)
	}
	names := ""
	for _, d := range a.AttentionKinds[0].Dimensions {
		names += d.Name + " "
	}
	if names != "q_proj kv_a_proj_with_mqa kv_b_proj o_proj kv_a_layernorm " {
		t.Errorf("without q_lora_rank: %s", names)
	}
	if a.MoE == nil || a.MoE.Routing != "ds" || a.MoE.NGroup != 2 || a.MoE.SharedIntermediateSize != 32 {
		t.Errorf("moe = %+v", a.MoE)
	}
}

// TestNoClassNoDefaults: a file that does not say what it is for is not filled
// up with the defaults of some class.
func TestNoClassNoDefaults(t *testing.T) {
	for _, config := range []string{`{}`, `{"num_attention_heads": 8, "intermediate_size": 64}`, `{"kv_lora_rank": 64}`} {
		var missing *MissingFieldsError
		if _, err := Read([]byte(config), Options{}); !errors.As(err, &missing) {
			t.Errorf("%s: %v, should lack fields", config, err)
		}
	}
	a, err := Read([]byte(`{"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 8, "vocab_size": 100, "intermediate_size": 96}`), Options{})
	if err != nil || a.NumLayers != 2 || a.MLP.IntermediateSize != 96 {
		t.Errorf("with all sizes stated: %v, %v", a, err)
	}
}

func TestAWindowThatIsOffIsNotReported(t *testing.T) {
	a, err := Read([]byte(`{"model_type": "qwen3", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 10}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range a.Defaults {
		if n.Field == "sliding_window" {
			t.Errorf("reported: %+v", n)
		}
	}
}
