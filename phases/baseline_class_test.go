package phases

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/fault"
)

// undecidedBySurvey are the classes that no facts within reach decide: neither
// a published config, nor a configuration class whose defaults are complete.
var undecidedBySurvey = map[string]string{
	"K2HorizonForCausalLM":    "its configuration class has no defaults for its sizes",
	"KimiK3LinearForCausalLM": "no config published, and no configuration class in transformers or SGLang",
	"Mamba2ForCausalLM":       "its configuration class has no intermediate_size, which a checkpoint's file states",
	"XllmForCausalLM":         "its configuration class has no defaults for its sizes",
}

// TestSurveyDecidesTheTextModels: with the built-in facts alone, SGLang's
// source decides every text causal LM that it registers, but for those of
// which there is nothing to read.
func TestSurveyDecidesTheTextModels(t *testing.T) {
	env := &Env{Getenv: func(string) string { return "" }, WorkDir: t.TempDir(), NoSGLangFetch: true}
	reports, err := SurveyBaseline(t.Context(), env, Request{Offline: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	decided := 0
	for _, r := range reports {
		reason, expected := undecidedBySurvey[r.Name]
		switch {
		case r.Decided && expected:
			t.Errorf("%s is decided now (%s), though %s", r.Name, r.Config, reason)
		case r.Decided:
			decided++
		case !expected:
			t.Errorf("%s (%s) is not decided: %s %v", r.Name, r.Config, r.Error, r.Undecided)
		}
	}
	const least = 119
	if decided < least {
		t.Errorf("%d of %d classes decided, not %d", decided, len(reports), least)
	}
}

// TestClassConfigs: a class gets the config of a model of its own, else one of
// its family, and always with its own name.
func TestClassConfigs(t *testing.T) {
	reader := Embedded()
	for class, modelType := range map[string]string{
		"Qwen3ForCausalLM": "qwen3", "BailingMoEForCausalLM": "bailing_moe", "QuantMixtralForCausalLM": "mixtral",
		"TorchNativePhi3ForCausalLM": "phi3", "Grok1ModelForCausalLM": "grok-1", "MiniMaxM3SparseForCausalLM": "minimax_m3_vl_text",
		"Gemma3nForCausalLM": "gemma3n_text", "Qwen3_5MoeForCausalLM": "qwen3_5_moe_text",
	} {
		configs := classConfigs(reader, class)
		if len(configs) == 0 {
			t.Errorf("%s: no config", class)
			continue
		}
		if got, _ := configs[0].object.String("model_type"); got != modelType {
			t.Errorf("%s: model_type %s (%s), want %s", class, got, configs[0].from, modelType)
		}
		for _, c := range configs {
			if names, _ := c.object.Strings("architectures"); !slices.Contains(names, class) {
				t.Errorf("%s: architectures %v of the %s", class, names, c.from)
			}
		}
	}
	if configs := classConfigs(reader, "NobodysForCausalLM"); len(configs) > 0 {
		t.Errorf("an unknown class got the %s", configs[0].from)
	}
}

// TestFindClassByKeyword: a keyword stands for a class only when it is in the
// name of that one alone, or is the text model's name; nothing that only looks
// like it is taken.
func TestFindClassByKeyword(t *testing.T) {
	reader := Embedded()
	for keyword, want := range map[string]string{
		"LlamaForCausalLM": "LlamaForCausalLM", "llama": "LlamaForCausalLM", "qwen3": "Qwen3ForCausalLM", "deepseek_v2": "DeepseekV2ForCausalLM",
		"gpt-oss": "GptOssForCausalLM", "Qwen3Mo": "", "NopeForCausalLM": "", "zzzz": "", "_": "",
	} {
		class, err := findClass(reader, keyword)
		if (err == nil) != (want != "") || err == nil && class.Name != want {
			t.Errorf("%q: %s, %v; want %q", keyword, class.Name, err, want)
		}
	}
	var missing *fault.Missing
	if _, err := findClass(reader, "NopeForCausalLM"); !errors.As(err, &missing) || !strings.Contains(err.Error(), "registers no model class") {
		t.Errorf("an unknown class: %v", err)
	}
}
