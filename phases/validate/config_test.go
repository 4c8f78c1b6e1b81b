package validate

import (
	"testing"

	"github.com/fib-ls/fib-ls/tsast"
)

func TestSourceRepo(t *testing.T) {
	for comment, want := range map[string]string{
		"// source: https://huggingface.co/Qwen/Qwen3-30B-A3B":           "Qwen/Qwen3-30B-A3B",
		"// source: https://huggingface.co/Qwen/Qwen3-30B-A3B (at abc)":  "Qwen/Qwen3-30B-A3B",
		"// source: https://huggingface.co/Qwen/Qwen3-30B-A3B/tree/main": "Qwen/Qwen3-30B-A3B",
		"/* source: https://huggingface.co/org/name.v1. */":              "org/name.v1",
		"// source: https://huggingface.co/gpt2":                         "",
		"// source: https://example.org/Qwen/Qwen3":                      "",
		"// see https://huggingface.co/Qwen/Qwen3":                       "",
		"// source: https://huggingface.co/../../etc/passwd":             "",
		"// source: https://huggingface.co/Qwen/Qwen3\u202e":             "Qwen/Qwen3",
	} {
		f := tsast.Parse([]byte("const models = [\n  {\n    " + comment + "\n    id: \"x\", modules: {} },\n]"))
		if got := SourceRepo(f.Entries[0].Model); got != want {
			t.Errorf("%s: %q, want %q", comment, got, want)
		}
	}
}

func TestWordsIn(t *testing.T) {
	for key, want := range map[string][]string{
		"NemotronHMLPDecoderLayer":  {"nemotron", "hmlp", "decoder", "layer"},
		"Qwen3NextDecoderLayer_GDN": {"qwen3", "next", "decoder", "layer", "gdn"},
		"moe_gate_local":            {"moe", "gate", "local"},
		"gate_up_proj":              {"gate", "up", "proj"},
		"":                          nil,
	} {
		got := wordsIn(key)
		ok := len(got) == len(want)
		for _, w := range want {
			ok = ok && got[w]
		}
		if !ok {
			t.Errorf("%s: %v, want %v", key, got, want)
		}
	}
}

func TestSlips(t *testing.T) {
	for _, test := range []struct {
		got, want int64
		slip      bool
	}{
		{28872, 28672, true}, {14436, 14336, true}, {5210, 5120, true}, {4096, 4096, false},
		{4096, 8192, false}, {128, 129, true}, {64, 65, false}, {12345, 12354, true}, {12345, 12435, true}, {1000, 100, false},
	} {
		if slip := slipWords(test.got, test.want) != ""; slip != test.slip {
			t.Errorf("%v: %v", test, slip)
		}
	}
}

// TestRoleOf: which dimension a key of the entry is about.
func TestRoleOf(t *testing.T) {
	for _, test := range []struct {
		key, last string
		is        bool
	}{
		{"gate_up_proj", "gate_up_proj", true},
		{"shared_expert_gate_up_proj_attn", "gate_up_proj", true},
		{"shared_expert_gate_up_proj_attn", "shared_expert_gate", false},
		{"shared_expert_gate_gdn", "shared_expert_gate", true},
		{"moe_gate", "gate", true},
		{"moe_gate_local", "gate", true},
		{"moe_gate_up_proj", "gate", false},
		{"gate_proj", "gate", false},
		{"qkv_proj_gqa", "qkv_proj", true},
		{"fused_qkv_a_proj_with_mqa", "qkv_proj", false},
		{"kv_a_proj_with_mqa", "a_proj", false},
		{"q_norm", "norm", false},
		{"norm_mav", "norm", true},
		{"post_attention_norm", "norm", false},
		{"attn_o_proj", "o_proj", true},
		{"input_layernorm_gdn", "input_layernorm", true},
	} {
		if got := roleOf(test.key, test.last); got != test.is {
			t.Errorf("%s about %s: %v", test.key, test.last, got)
		}
	}
}
