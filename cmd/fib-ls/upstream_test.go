package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/tsast"
)

// gold is the folder of real data; tests that need it say when it is not
// there.
func gold(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "gold"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no gold data here: real models are not checked")
	}
	return dir
}

// offline returns the command line an empty home and no network.
func offline(t testing.TB) (home string) {
	t.Helper()
	home = t.TempDir()
	for name, value := range map[string]string{
		"HOME": home, "XDG_CACHE_HOME": filepath.Join(home, ".cache"), "FIB_LS_OFFLINE": "1", "NO_COLOR": "1",
		"HF_HOME": filepath.Join(home, "hf"), "HF_HUB_CACHE": "", "HUGGINGFACE_HUB_CACHE": "",
		"FIB_DATASET_PATH": "", "FLASHINFER_TRACE_PATH": "",
	} {
		t.Setenv(name, value)
	}
	return home
}

// fibls runs the command line in this process.
func fibls(t testing.TB, args ...string) (stdout string, err error) {
	t.Helper()
	cmd := newRootCommand()
	var out, errors bytes.Buffer
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&errors)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// checkedJSON is what check --format json says of one file.
func checkedJSON(t testing.TB, file string, args ...string) []checkJSONProblem {
	t.Helper()
	out, err := fibls(t, append([]string{"check", file, "--format", "json", "--exit-zero"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	var report checkJSON
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(report.Files) != 1 {
		t.Fatalf("%d files", len(report.Files))
	}
	return report.Files[0].Problems
}

func upstream(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(gold(t), "upstream-models.ts"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "models.ts")
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestCheckFindsUpstreamsMistakes: what is known to be wrong in the real file
// is found with the built-in configs alone, each with the value that is right
// and the fields that say so.
func TestCheckFindsUpstreamsMistakes(t *testing.T) {
	offline(t)
	problems := checkedJSON(t, upstream(t))
	llama4 := "interleave_moe_layer_step"
	for _, want := range []struct{ model, module, rule, expected, evidence string }{
		{"deepseek-v3", "mlp_dense", "config-mlp-split", "3", "first_k_dense_replace"},
		{"deepseek-v3", "moe", "config-mlp-split", "58", "first_k_dense_replace"},
		{"deepseek-v3", "moe", "config-missing-module", "1", "n_shared_experts"},
		{"qwen3-30b-a3b", "layers", "config-layer-count", "48", "num_hidden_layers"},
		{"qwen3-30b-a3b", "moe", "config-mlp-split", "48", "num_experts"},
		{"qwen3-30b-a3b", "qkv_proj", "config-missing-definition", "gemm_n5120_k2048", "num_key_value_heads"},
		{"qwen3-30b-a3b", "o_proj", "config-missing-definition", "gemm_n2048_k4096", "head_dim"},
		{"qwen3-30b-a3b", "moe_gate", "config-missing-definition", "gemm_n128_k2048", "num_experts"},
		{"qwen3-next-80b-a3b", "moe_gdn", "config-missing-module", "1", "shared_expert_intermediate_size"},
		{"qwen3-next-80b-a3b", "moe_gqa", "config-missing-module", "1", "shared_expert_intermediate_size"},
		{"nemotron-h-8b", "mlp_attn", "config-extra-module", "0", "hybrid_override_pattern"},
		{"deepseek-v3", "moe_gate", "config-missing-definition", "gemm_n256_k7168", "n_routed_experts"},
		{"kimi-k2", "moe_gate", "config-missing-definition", "gemm_n384_k7168", "n_routed_experts"},
		{"qwen3-30b-a3b", "", "config-missing-layer", "lm_head", "architectures"},
		{"qwen3-30b-a3b", "Qwen3MoeModel", "config-root-class", "Qwen3MoeForCausalLM", "architectures"},
		{"nemotron-h-8b", "", "config-missing-layer", "embed_tokens", "architectures"},
		{"nemotron-h-8b", "norm", "config-missing-definition", "fused_add_rmsnorm_h4096", "architectures"},
		{"nemotron-h-8b", "mamba_mixer", "config-missing-layer", "in_proj, out_proj", "mamba_num_heads"},
		{"llama-4-scout-17b-16e", "self_attn_local", "config-missing-layer", "qkv_proj, o_proj", "text_config.num_attention_heads"},
		{"llama-4-scout-17b-16e", "", "config-stale-text", "12, 36, 48", "num_hidden_layers"},
		{"nemotron-h-8b", "post_attention_layernorm_attn", "config-extra-module", "0", "hybrid_override_pattern"},
		{"kimi-k2", "moe", "config-missing-module", "1", "n_shared_experts"},
		{"llama-4-scout-17b-16e", "Llama4TextDecoderLayer_Local", "config-layer-count", "36", "num_hidden_layers"},
		{"llama-4-scout-17b-16e", "Llama4TextDecoderLayer_Global", "config-layer-count", "12", "num_hidden_layers"},
		{"llama-4-scout-17b-16e", "moe_local", "config-missing-module", "1", "model_type"},
		{"llama-4-maverick-17b-128e", "Llama4MaverickDecoderLayer_Local", "config-layer-count", "36", "num_hidden_layers"},
		{"llama-4-maverick-17b-128e", "Llama4MaverickDecoderLayer_Global", "config-layer-count", "12", "num_hidden_layers"},
		{"llama-4-maverick-17b-128e", "moe_local_mav", "config-mlp-split", "12", llama4},
		{"llama-4-maverick-17b-128e", "moe_local_mav", "config-missing-module", "24", llama4},
	} {
		found := slices.ContainsFunc(problems, func(p checkJSONProblem) bool {
			return p.Model == want.model && p.Module == want.module && p.Rule == want.rule && p.Expected == want.expected && p.Evidence[want.evidence] != ""
		})
		if !found {
			t.Errorf("not found: %+v", want)
		}
	}
	// What is right is left alone.
	for _, p := range problems {
		counts := strings.HasSuffix(p.Rule, "-count") || strings.HasSuffix(p.Rule, "-split")
		switch {
		case p.Model == "llama-3.1-8b", p.Model == "minimax-m2", p.Model == "kimi-k2" && counts:
			t.Errorf("found in what is right: %s %s: %s", p.Model, p.Module, p.Message)
		}
		if strings.HasPrefix(p.Rule, "config-") && (len(p.Evidence) == 0 || !strings.Contains(p.Message, "found by the entry's name")) {
			t.Errorf("%s %s rests on nothing, or hides on what: %s", p.Model, p.Module, p.Message)
		}
	}
}

// TestCheckRepairsUpstream: --fix alone leaves the file as it is, since all
// that is wrong in it is known from the configs. With --unsafe-fixes, --diff
// shows and --fix makes a file in which the configs find nothing wrong, and
// touches nothing but what was.
func TestCheckRepairsUpstream(t *testing.T) {
	offline(t)
	file := upstream(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	safe, err := fibls(t, "check", file, "--fix", "--diff")
	if err != nil {
		t.Fatal(err)
	}
	if safe != "" {
		t.Errorf("--fix alone changes what rests on the models' configs:\n%s", safe)
	}
	diff, err := fibls(t, "check", file, "--fix", "--unsafe-fixes", "--diff")
	if err != nil {
		t.Fatal(err)
	}
	unchanged, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, unchanged) {
		t.Fatalf("--diff wrote the file (%v)", err)
	}
	if n := strings.Count(diff, "\n"); n > 1300 {
		t.Errorf("%d lines of diff are not to be reviewed", n)
	}
	if removed := strings.Count(diff, "\n-"); removed > 170 {
		t.Errorf("%d lines are removed", removed)
	}
	for _, p := range checkedJSON(t, file, "--fix", "--unsafe-fixes") {
		// People's words and a layer that stands for a whole mixer have no fix.
		if p.Rule != "definition-note" && p.Rule != "config-stale-text" && p.Module != "mamba_mixer" {
			t.Errorf("left: %s %s %s: %s", p.Rule, p.Model, p.Module, p.Message)
		}
	}
	after, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f := tsast.Parse(after)
	if len(f.Problems) > 0 || len(f.Comments) != len(tsast.Parse(before).Comments) {
		t.Errorf("%v, %d comments", f.Problems, len(f.Comments))
	}
	got := map[string]int64{}
	for _, e := range f.Entries {
		for _, m := range e.Model.Modules {
			got[e.Model.ID.Value+"/"+m.Name] = m.Count.Int
		}
	}
	for key, n := range map[string]int64{
		"deepseek-v3/mlp_dense": 3, "deepseek-v3/down_proj": 3, "deepseek-v3/moe": 58, "deepseek-v3/moe_experts": 58,
		"deepseek-v3/shared_expert": 58, "deepseek-v3/shared_down_proj": 58,
		"qwen3-30b-a3b/layers": 48, "qwen3-30b-a3b/attn": 48, "qwen3-30b-a3b/moe_experts": 48,
		"qwen3-next-80b-a3b/shared_expert_gdn": 36, "qwen3-next-80b-a3b/shared_expert_gqa": 12,
		"nemotron-h-8b/mlp_attn": 0, "nemotron-h-8b/input_layernorm_attn": 4,
		"kimi-k2/shared_expert": 60, "kimi-k2/moe": 60,
		"llama-4-scout-17b-16e/attn_local": 36, "llama-4-scout-17b-16e/moe_global": 12, "llama-4-scout-17b-16e/shared_expert_local": 36,
		"llama-4-maverick-17b-128e/feed_forward_local_mav": 36, "llama-4-maverick-17b-128e/moe_local_mav": 12,
		"llama-4-maverick-17b-128e/mlp_dense_local_mav": 24, "llama-4-maverick-17b-128e/shared_expert_global_mav": 12,
	} {
		if got[key] != n {
			t.Errorf("%s ×%d, not ×%d", key, got[key], n)
		}
	}
	if names := slices.Sorted(maps.Keys(got)); len(names) < 191 {
		t.Errorf("%d modules are left", len(names))
	}
}
