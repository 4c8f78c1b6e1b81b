package phases

import (
	"slices"
	"testing"
)

// TestSurveyDecidesTheTextModels: with the built-in facts alone, SGLang's
// source decides nearly every text causal LM that it registers.
func TestSurveyDecidesTheTextModels(t *testing.T) {
	env := &Env{Getenv: func(string) string { return "" }, WorkDir: t.TempDir(), NoSGLangFetch: true}
	reports, err := SurveyBaseline(t.Context(), env, Request{Offline: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	decided := 0
	for _, r := range reports {
		if r.Decided {
			decided++
			continue
		}
		t.Logf("%s (%s): %s %v", r.Name, r.Config, r.Error, r.Undecided)
	}
	if len(reports) < 100 || decided < len(reports)-6 {
		t.Errorf("%d of %d classes decided", decided, len(reports))
	}
}

// TestCatalogueConfigs: a class gets the config of a model of its own, else
// one of its family, and always with its own name.
func TestCatalogueConfigs(t *testing.T) {
	for class, modelType := range map[string]string{
		"Qwen3ForCausalLM": "qwen3", "BailingMoEForCausalLM": "bailing_moe", "QuantMixtralForCausalLM": "mixtral",
		"TorchNativePhi3ForCausalLM": "phi3", "Grok1ModelForCausalLM": "grok-1", "MiniMaxM3SparseForCausalLM": "minimax_m3_vl_text",
		"Gemma3nForCausalLM": "gemma3n_text", "Qwen3_5MoeForCausalLM": "qwen3_5_moe_text",
	} {
		config, from := catalogueConfig(class)
		if config == nil {
			t.Errorf("%s: no config", class)
			continue
		}
		if got, _ := config.String("model_type"); got != modelType {
			t.Errorf("%s: model_type %s (%s), want %s", class, got, from, modelType)
		}
		if names, _ := config.Strings("architectures"); !slices.Contains(names, class) {
			t.Errorf("%s: architectures %v", class, names)
		}
	}
	if config, from := catalogueConfig("NobodysForCausalLM"); config != nil {
		t.Errorf("an unknown class got %s", from)
	}
}
