package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRefusals: what is not a decoder language model is refused with what it is,
// exit code 2, and nothing is written.
func TestRefusals(t *testing.T) {
	home := offline(t)
	models := filepath.Join(home, "models.ts")
	for config, says := range map[string]string{
		`{"architectures": ["BertForMaskedLM"], "model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12}`:                               "BERT",
		`{"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "d_model": 512, "num_layers": 6}`:                                  "encoder-decoder",
		`{"architectures": ["CLIPModel"], "model_type": "clip", "text_config": {"hidden_size": 512}, "vision_config": {"hidden_size": 768}}`:      "CLIP",
		`{"architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper", "d_model": 512}`:                                         "speech",
		`{"architectures": ["ViTForImageClassification"], "model_type": "vit", "hidden_size": 768, "num_hidden_layers": 12}`:                      "image",
		`{"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.30.0", "sample_size": 64}`:                                              "diffusion",
		`{"architectures": ["LlamaForSequenceClassification"], "model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2}`:                 "classifier",
		`{"architectures": ["Qwen3ForTextEncoding"], "model_type": "qwen3", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}`: "encoder",
	} {
		file := filepath.Join(home, "config.json")
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := fibls(t, "add", "--model-name", "x", "--config", file, "--models-ts", models, "--output-dir", filepath.Join(home, "out"), "--offline")
		if err == nil || !strings.Contains(err.Error(), "not a decoder language model") || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(says)) {
			t.Errorf("%s: %v, which does not say %q", config, err, says)
			continue
		}
		if code := exitCode(t.Context(), err); code != 2 {
			t.Errorf("%s: exit code %d", config, code)
		}
	}
	for _, path := range []string{models, filepath.Join(home, "out")} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was written", path)
		}
	}
}
