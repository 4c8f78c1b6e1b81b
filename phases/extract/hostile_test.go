package extract

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

const compressedSizes = `"q_lora_rank": 16, "o_lora_rank": 8, "o_groups": 2, "index_n_heads": 2, "index_head_dim": 16, "index_topk": 8, ` +
	`"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32`

// TestUnreadableValues: what no model has in a field is an error or left out,
// never the end of the process.
func TestUnreadableValues(t *testing.T) {
	const compressed = `"model_type": "deepseek_v4", "num_hidden_layers": 2, ` + compressedSizes + ", " + base
	for config, want := range map[string]string{
		compressed + `, "layers_block_type": ["attention", "attention"], "layer_types": [[], {}]`:                                                  "",
		`"model_type": "gemma4_text", "num_hidden_layers": 2, "hidden_size_per_layer_input": "x", ` + base:                                         "hidden_size_per_layer_input is \"x\"",
		`"model_type": "xlstm", "num_hidden_layers": null, ` + base:                                                                                "does not say num_hidden_layers",
		`"model_type": "jet_nemotron", "num_hidden_layers": 1, "layer_types": ["jet"], "efficient_attention_config": ` + jet("-1.5") + `, ` + base: "expand_v is -1.5",
		`"model_type": "jet_nemotron", "num_hidden_layers": 1, "layer_types": ["jet"], "efficient_attention_config": ` + jet("NaN") + `, ` + base:  `expand_v is "NaN"`,
	} {
		_, err := Read([]byte("{"+config+"}"), Options{})
		if want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", config, err, want)
		}
	}
}

func jet(expand string) string {
	return `{"jet": {"num_heads": 3, "head_dim": 5, "conv_size": 4, "dconv_generator_reduction": 2, "expand_v": ` + expand + `}}`
}

// TestJetValueWidth: the width of a head's values is rounded before the heads
// multiply it.
func TestJetValueWidth(t *testing.T) {
	a := readText(t, `{"model_type": "jet_nemotron", "num_hidden_layers": 1, "layer_types": ["jet"], "efficient_attention_config": `+jet("1.5")+`, `+base+`}`)
	got := map[string]string{}
	for _, d := range append(a.AttentionKinds[0].Dimensions, a.AttentionKinds[0].Norms...) {
		got[d.Name] = fmt.Sprintf("%dx%d %s", d.N, d.K, d.Formula)
	}
	for name, want := range map[string]string{
		"qkvabz_proj": "78x64 2*num_heads*head_dim + 2*num_heads*head_dim*expand_v + 2*num_heads",
		"w1":          "10x64 num_heads*head_dim*expand_v // dconv_generator_reduction",
		"w2":          "84x10 num_heads*head_dim*expand_v*conv_size",
		"o_norm":      "7x0 head_dim*expand_v",
		"o_proj":      "64x21 num_heads*head_dim*expand_v",
	} {
		if got[name] != want {
			t.Errorf("%s: %s, want %s", name, got[name], want)
		}
	}
}

// TestManyFieldsOfOneLayer: what one layer has of its own costs as much as it is
// long.
func TestManyFieldsOfOneLayer(t *testing.T) {
	var own strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&own, `"field%d": 1, `, i)
	}
	config := []byte(`{"model_type": "llama", "num_hidden_layers": 2, "per_layer_config": {"1": {` + own.String() + `"num_kv_heads": 4, "attn_cfg.num_heads": 4}}, ` + base + `}`)
	a := readCheaply(t, config)
	if k := a.AttentionKinds; len(k) != 2 || k[1].NumKVHeads != 4 || k[1].NumHeads != 4 {
		t.Errorf("the second layer is not of its own kind: %+v", k)
	}
}

// TestNumbersCostLittle: a config may have a million numbers.
func TestNumbersCostLittle(t *testing.T) {
	const numbers = 1000
	text := []byte(`{"a": [` + strings.TrimSuffix(strings.Repeat("1234.5e3,", numbers), ",") + `]}`)
	if n := testing.AllocsPerRun(10, func() { _, _, _ = ParseConfig(text) }); n > 3*numbers {
		t.Errorf("%v allocations for %d numbers", n, numbers)
	}
}

// TestSizesOfNone: 0 and -1 stand for none, and then there is no layer.
func TestSizesOfNone(t *testing.T) {
	for _, none := range []string{"0", "-1", "null", `"0"`} {
		a := readText(t, `{"model_type": "gemma3n_text", "num_hidden_layers": 2, "altup_num_inputs": 4, "laurel_rank": 0, "hidden_size_per_layer_input": `+none+`, `+base+`}`)
		for _, d := range append(a.MLPKinds[0].Dimensions, a.Extra...) {
			if d.Type == "linear" && d.K == 0 || strings.Contains(d.Name, "per_layer") || strings.Contains(d.Name, "linear_right") {
				t.Errorf("hidden_size_per_layer_input %s: %s of %d and %d", none, d.Name, d.N, d.K)
			}
		}
	}
}

// TestListOfManyLayers: a list with a number or a word for each layer is read
// once, not once for each layer.
func TestListOfManyLayers(t *testing.T) {
	const layers = 3000
	words := strings.TrimSuffix(strings.Repeat(`"none", `, layers), ", ")
	readCheaply(t, []byte(fmt.Sprintf(`{"model_type": "llama", "num_hidden_layers": %d, "skip": [%s], %s}`, layers, words, base)))
	const sparse = `"kv_lora_rank": 32, "q_lora_rank": 48, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16`
	readCheaply(t, []byte(fmt.Sprintf(`{"model_type": "glm_moe_dsa", "num_hidden_layers": %d, "indexer_types": [%s], %s, %s, %s}`, layers, words, sparse, compressedSizes, base)))
	ratios := strings.TrimSuffix(strings.Repeat("4, ", layers), ", ")
	a := readCheaply(t, []byte(fmt.Sprintf(`{"model_type": "deepseek_v4", "num_hidden_layers": %d, "compress_ratios": [%s], %s, %s}`, layers, ratios, compressedSizes, base)))
	if k := a.AttentionKinds; len(k) != 1 || k[0].Type != "csa" || k[0].Layers != layers {
		t.Errorf("%+v", k)
	}
}

// TestListOfManyConfigs: nor is it read for each config that layers have.
func TestListOfManyConfigs(t *testing.T) {
	const layers = 200
	own := make([]string, layers)
	for i := range own {
		own[i] = fmt.Sprintf(`"%d": {"of_layer": %d}`, i, i)
	}
	readCheaply(t, []byte(fmt.Sprintf(`{"model_type": "qwen3_moe", "num_hidden_layers": %d, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "mlp_only_layers": [%s], "per_layer_config": {%s}, %s}`,
		layers, strings.TrimSuffix(strings.Repeat("1,", 100_000), ","), strings.Join(own, ", "), base)))
}

// readCheaply reads a config and holds what that costs.
func readCheaply(t *testing.T, config []byte) *Architecture {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a, err := Read(config, Options{})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 100<<20 {
		t.Errorf("%d bytes of config cost %d of memory", len(config), got)
	}
	return a
}
