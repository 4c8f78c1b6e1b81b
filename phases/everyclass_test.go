package phases

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
)

// notCompared are the classes for which the two readers rightly differ.
var notCompared = map[string]string{
	"BailingMoeV2_5ForCausalLM":             "the layers of transformers' default config are a cycle, which SGLang does not read",
	"BailingMoeV3ForCausalLM":               "the same; TestLinearAttentionBesideMLA reads it with its layers stated",
	"Cohere2VisionForConditionalGeneration": "its default config has no language model in it",
	"Gemma4ForCausalLM":                     "SGLang moves the head sizes of full layers to where the class reads them only below a multimodal wrapper",
	"HrmTextForCausalLM":                    "two stacks of layers that run in turn; the entry follows the source",
}

// TestEveryClass holds the two readers of a model against each other for every
// class that SGLang registers for text and for images and text, with the
// built-in config of a model of it or with the defaults of its configuration
// class: both must see the same layers.
func TestEveryClass(t *testing.T) {
	reader := Embedded()
	classes, err := reader.Classes()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, c := range classes {
		if c.Category != baseline.TextCausalLM && c.Category != baseline.Multimodal || notCompared[c.Name] != "" {
			continue
		}
		_, used, err := analyseWith(t.Context(), reader, c.Name, classConfigs(reader, c.Name))
		if err != nil || used == nil {
			continue // the survey says so
		}
		config, from := used.object, used.from
		differences, err := readersDiffer(t, c.Name, config)
		var lacking *extract.MissingFieldsError
		switch {
		case errors.As(err, &lacking) && strings.Contains(from, "defaults"):
			t.Logf("%s (%s): %v", c.Name, from, err)
			continue
		case err != nil:
			t.Errorf("%s (%s): %v", c.Name, from, err)
			continue
		}
		compared++
		for _, d := range differences {
			t.Errorf("%s (%s): %s", c.Name, from, d)
		}
	}
	const least = 115
	if compared < least {
		t.Errorf("only %d classes were compared", compared)
	}
}

// TestLinearAttentionBesideMLA: of a model with both, linear attention's heads
// are as wide as head_dim says, not as those of MLA; and its kind follows the
// class, where one model_type has two.
func TestLinearAttentionBesideMLA(t *testing.T) {
	const config = `{"architectures": [%q], "model_type": "bailing_hybrid", "vocab_size": 1000, "hidden_size": 2560, "intermediate_size": 9216,
		"num_hidden_layers": 12, "layer_group_size": 6, "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 128, "hidden_act": "silu",
		"kv_lora_rank": 512, "q_lora_rank": null, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128, "use_qk_norm": true,
		"num_experts": 16, "num_shared_experts": 1, "num_experts_per_tok": 4, "n_group": 8, "topk_group": 4, "moe_intermediate_size": 768,
		"first_k_dense_replace": 1, "norm_topk_prob": true, "score_function": "sigmoid", "moe_router_enable_expert_bias": true,
		"short_conv_kernel_size": 4, "no_kda_lora": %t, "rms_norm_eps": 1e-6, "tie_word_embeddings": false,
		"rope_parameters": {"rope_theta": 600000, "rope_type": "default"}}`
	for _, test := range []struct {
		class  string
		noLoRA bool
	}{{"BailingMoeV2_5ForCausalLM", false}, {"BailingMoeV3ForCausalLM", false}, {"BailingMoeV3ForCausalLM", true}} {
		object, _, err := extract.ParseConfig([]byte(fmt.Sprintf(config, test.class, test.noLoRA)))
		if err != nil {
			t.Fatal(err)
		}
		differences, err := readersDiffer(t, test.class, object)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range differences {
			if strings.HasPrefix(d, "extra of model.layers.attention.attn:") {
				continue // lightning attention has no size of its own besides its projections'
			}
			t.Errorf("%v: %s", test, d)
		}
	}
}

// readersDiffer returns what the config alone and SGLang's source say
// differently of a class.
func readersDiffer(t *testing.T, class string, config *extract.Object) (differences []string, err error) {
	t.Helper()
	data, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(data, []byte(`"architectures"`)) {
		data = append([]byte(fmt.Sprintf(`{"architectures":[%q],`, class)), data[1:]...)
	}
	a, err := extract.Read(data, extract.Options{RepoID: "example/" + class, ClassSizes: true})
	if err != nil {
		return nil, fmt.Errorf("phase 1: %w", err)
	}
	// The defaults are stated, so that what is compared is the layers, not
	// SGLang's own defaults with transformers'.
	stated := map[string]string{}
	for _, d := range a.Defaults {
		if text, err := json.Marshal(d.Value); err == nil && d.Value != nil && !strings.HasSuffix(d.Field, "layer_types") { // which is noted as a cycle
			stated[strings.TrimPrefix(d.Field, a.TextConfigPath+".")] = string(text)
		}
	}
	if a, err = extract.Read(data, extract.Options{RepoID: "example/" + class, Overrides: stated, ClassSizes: true}); err != nil {
		return nil, fmt.Errorf("phase 1 with its own defaults: %w", err)
	}
	impl, err := Embedded().Analyse(t.Context(), class, a.Config, a.TextConfig, baseline.Options{})
	if err != nil {
		return nil, fmt.Errorf("phase 2: %w", err)
	}
	if !slices.ContainsFunc(impl.Modules, func(m baseline.Module) bool { return m.Layers != "" }) {
		return nil, nil // not decided: the survey says so
	}
	for _, d := range generate.Compare(generate.FromArchitecture(a), impl.Modules, a) {
		differences = append(differences, fmt.Sprintf("%s of %s: %s (%s), but %s at %s", d.What, d.Path, d.FromConfig, d.ConfigField, d.FromSource, d.SourceLine))
	}
	if a.Generic {
		differences = append(differences, "its layout is not known")
	}
	return differences, nil
}
