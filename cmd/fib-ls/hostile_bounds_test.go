//go:build linux

package main

import (
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// What a hostile config may cost before it is refused.
const (
	mostTime   = time.Second // of processor time: the machine may be busy
	mostMemory = 256 << 10   // KB
)

// bounded wants a run to end with an error that says something, in bounds.
func bounded(t *testing.T, r ran, says string) {
	t.Helper()
	took := r.state.UserTime() + r.state.SystemTime()
	t.Logf("exit code %d, %v, %d MB: %.200s", r.code, took.Round(time.Millisecond), r.memory>>10, strings.TrimSpace(r.stderr))
	if took > mostTime || r.memory > mostMemory {
		t.Errorf("%v and %d KB", took, r.memory)
	}
	if r.code < exitUsage || r.code > exitMissing || !strings.Contains(r.stderr, says) {
		t.Errorf("exit code %d, and not %q", r.code, says)
	}
	if strings.Contains(r.stderr, "goroutine ") || len(r.stderr) > 4000 {
		t.Errorf("an error of %d bytes", len(r.stderr))
	}
}

// with changes fields of the small config.
func with(t *testing.T, fields map[string]any) string {
	t.Helper()
	config := map[string]any{}
	if err := json.Unmarshal([]byte(smallConfig), &config); err != nil {
		t.Fatal(err)
	}
	maps.Copy(config, fields)
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// counted are n multiples of a number.
func counted(n, of int) (list []int) {
	for i := range n {
		list = append(list, (i+1)*of)
	}
	return list
}

// classNames are n names of classes that nobody has.
func classNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("X%dForCausalLM", i))
	}
	return names
}

// groups are n groups of compressed-tensors, each for a class of modules.
func groups(n int) map[string]any {
	out := map[string]any{}
	for i := range n {
		out[fmt.Sprint("group_", i)] = map[string]any{"targets": []string{fmt.Sprint("Linear", i)}, "weights": map[string]any{"num_bits": 8, "type": "float"}}
	}
	return out
}

func TestHostileConfigsAreRefused(t *testing.T) {
	number := func(key, value string) string {
		return strings.Replace(with(t, map[string]any{key: 123456789}), "123456789", value, 1)
	}
	cases := []struct{ name, config, says string }{
		{"a million layers", number("num_hidden_layers", "1000000"), "num_hidden_layers"},
		{"a million layer_types", with(t, map[string]any{"num_hidden_layers": 100000, "layer_types": strings.Split(strings.Repeat("full_attention ", 100000), " ")}), "num_hidden_layers"},
		{"no layers", number("num_hidden_layers", "0"), "num_hidden_layers"},
		{"negative", number("num_hidden_layers", "-4"), "negative"},
		{"fractional", number("hidden_size", "512.5"), "whole number"},
		{"a huge integer", number("hidden_size", strings.Repeat("9", 4000)), "too large"},
		{"an integer of a million digits", number("hidden_size", strings.Repeat("9", 1000000)), "digits"},
		{"a huge exponent", number("hidden_size", "1e999999999"), "hidden_size"},
		{"almost 2^63", number("intermediate_size", "9223372036854775807"), "too large"},
		{"NaN", number("hidden_size", "NaN"), "hidden_size"},
		{"infinity", number("num_attention_heads", "-Infinity"), "num_attention_heads"},
		{"deep objects", strings.Repeat(`{"text_config":`, 200000) + "1" + strings.Repeat("}", 200000), "more than"},
		{"deep arrays", `{"a":` + strings.Repeat("[", 1000000), "levels of nesting"},
		{"100 MB", `{"a":"` + strings.Repeat("x", 100<<20) + `"}`, "more than"},
		{"100 MB of spaces", strings.Repeat(" ", 100<<20) + smallConfig, "more than"},
		{"many small values", `{"a":[` + strings.Repeat("1,", 7<<20) + "1]}", "more than"},
		{"many small objects", `{"a":[` + strings.Repeat("{},", 5<<20) + "1]}", "more than"},
		{"a kind of layer for every layer", with(t, map[string]any{"architectures": []string{"Gemma3nForCausalLM"}, "model_type": "gemma3n_text", "num_hidden_layers": 8000, "intermediate_size": counted(8000, 64)}), "more than any model has"},
		{"a broken end of 2 MB", `{"architectures":["LlamaForCausalLM"],"a":[` + strings.Repeat("{},", 600000), "ends"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newSandbox(t)
			w.write("config.json", c.config)
			before := w.read("models.ts")
			bounded(t, w.run("add", "--config", "config.json", "--model-name", "x", "--models-ts", "models.ts"), c.says)
			if w.read("models.ts") != before {
				t.Error("models.ts was changed")
			}
		})
	}
}

// TestLargestAcceptedConfigs: what is just inside the bounds is read in them.
func TestLargestAcceptedConfigs(t *testing.T) {
	for name, config := range map[string]string{
		"2 MB of small objects": with(t, map[string]any{"a": 7})[:1] + `"a":[` + strings.Repeat("{},", 600000) + `1],` + smallConfig[1:],
		"6 MB of modules that are not quantised": with(t, map[string]any{"quantization_config": map[string]any{
			"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": strings.Split(strings.Repeat("model.layers.0.self_attn.q_proj,", 190000), ","),
		}}),
		"a class name of 1 MB": with(t, map[string]any{"architectures": []string{strings.Repeat("A", 1<<20) + "ForCausalLM"}}),
		"100,000 class names":  with(t, map[string]any{"architectures": classNames(100000)}),
		"20,000 groups of quantised modules": with(t, map[string]any{
			"architectures": []string{"Qwen3MoeForCausalLM"}, "model_type": "qwen3_moe", "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 256,
			"quantization_config": map[string]any{"quant_method": "compressed-tensors", "config_groups": groups(20000)},
		}),
		"a pattern of 10 MB": with(t, map[string]any{"architectures": []string{"NemotronHForCausalLM"}, "model_type": "nemotron_h", "num_hidden_layers": 10000, "hybrid_override_pattern": strings.Repeat("M-*-", 2500000), "mamba_num_heads": 8, "mamba_head_dim": 64, "n_groups": 8, "ssm_state_size": 16}),
		"10,000 layers":      with(t, map[string]any{"num_hidden_layers": 10000}),
		"1,000 layers": with(t, map[string]any{
			"architectures": []string{"DeepseekV3ForCausalLM"}, "model_type": "deepseek_v3", "num_hidden_layers": 1000, "first_k_dense_replace": 500,
			"kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
			"n_routed_experts": 256, "num_experts_per_tok": 8, "moe_intermediate_size": 2048, "n_group": 8, "topk_group": 4, "n_shared_experts": 1,
		}),
	} {
		t.Run(name, func(t *testing.T) {
			w := newSandbox(t)
			w.write("config.json", config)
			r := w.run("add", "--config", "config.json", "--model-name", "x", "--models-ts", "models.ts")
			took := r.state.UserTime() + r.state.SystemTime()
			t.Logf("exit code %d, %v, %d MB", r.code, took.Round(time.Millisecond), r.memory>>10)
			if r.code > exitFindings || took > 4*mostTime || r.memory > mostMemory {
				t.Errorf("exit code %d, %v and %d KB\n%.400s", r.code, took, r.memory, r.stderr)
			}
		})
	}
}

// TestHostileCheckpoint: a header with as many kinds of tensors as fit into it
// is left out, and said to be; what is compared one by one stays little.
func TestHostileCheckpoint(t *testing.T) {
	for name, kind := range map[string]string{"outside": "x%d.weight", "in layers": "model.layers.%d.x%d.weight", "layers without end": "model.layers.%d000003.q_proj.weight"} {
		t.Run(name, func(t *testing.T) {
			w := newSandbox(t)
			w.write("ck/config.json", smallConfig)
			var header strings.Builder
			for i := range 100000 {
				args := []any{i % 5000, i}[2-strings.Count(kind, "%d"):]
				fmt.Fprintf(&header, `,%q:{"dtype":"BF16","shape":[1],"data_offsets":[%d,%d]}`, fmt.Sprintf(kind, args...), 2*i, 2*i+2)
			}
			text := "{" + header.String()[1:] + "}"
			length := string(binary.LittleEndian.AppendUint64(nil, uint64(len(text))))
			w.write("ck/model.safetensors", length+text+strings.Repeat("\x00", 200000))
			r := w.run("add", "--hf-repo-id", "./ck", "--model-name", "x", "--models-ts", "models.ts")
			took := r.state.UserTime() + r.state.SystemTime()
			t.Logf("exit code %d, %v, %d MB", r.code, took.Round(time.Millisecond), r.memory>>10)
			if r.code != exitClean || took > 4*mostTime || r.memory > mostMemory || !strings.Contains(r.stdout+r.stderr, "more than any model has") {
				t.Errorf("exit code %d, %v and %d KB\n%.400s\n%.400s", r.code, took, r.memory, r.stdout, r.stderr)
			}
		})
	}
}

// TestHostileBatches: what a YAML reader can be made to run on without end.
func TestHostileBatches(t *testing.T) {
	bomb := `- &a ["x","x","x","x","x","x","x","x","x"]` + "\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += fmt.Sprintf("- &%c [%s]\n", c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	for _, c := range []struct{ name, batch, says string }{
		{"aliases of aliases", bomb, "aliases"},
		{"merge keys", "- &a {tp: 1}\n- <<: *a\n", "aliases"},
		{"deep flow lists", "- " + strings.Repeat("[", 100000), "nested deeper"},
		{"deep flow mappings", "- " + strings.Repeat("{a: ", 60000), "nested deeper"},
		{"deep lists", strings.Repeat("- ", 100000) + "x", "nested deeper"},
		{"deep keys", "- " + strings.Repeat("? ", 100000) + "x", "nested deeper"},
		{"many tags", "- " + strings.Repeat("!!x ", 60000) + "x", "nested deeper"},
		{"100 MB", strings.Repeat("- a/b\n", 100<<20/6), "more than"},
		{"many items", strings.Repeat("- hf_repo_id: x/y\n", 6000) + "- a: b\n", "unknown field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newSandbox(t)
			w.write("batch.yaml", c.batch)
			bounded(t, w.run("add", "--batch", "batch.yaml", "--models-ts", "models.ts"), c.says)
		})
	}
}

// TestZipBomb: a Hub that sends a small body which unpacks to a third of a
// gigabyte.
func TestZipBomb(t *testing.T) {
	s, err := fakehub.Start(fakehub.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	fakehub.Populate(s)
	s.On(fakehub.Rule{Kind: fakehub.Content, Method: http.MethodGet, Do: func(x *fakehub.Exchange) {
		x.W.Header().Set("Content-Encoding", "gzip")
		x.W.WriteHeader(http.StatusOK)
		z := gzip.NewWriter(x.W)
		_, _ = io.Copy(z, io.LimitReader(zeros{}, 300<<20)) // the client goes away
		_ = z.Close()
	}})
	w := newSandbox(t)
	w.env = append(w.env, s.Env(w.path("home"))...)
	w.env = append(w.env, "FIB_LS_OFFLINE=", "FIB_LS_HUB_TIMEOUT=10")
	bounded(t, w.run("add", "--hf-repo-id", fakehub.DemoRepo, "--model-name", "x", "--models-ts", "models.ts"), "")
	if strings.Contains(w.read("models.ts"), `id: "x"`) {
		t.Error("an entry was made of it")
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestNeverEndingInputs: pipes that nobody writes to and devices that do not
// end.
func TestNeverEndingInputs(t *testing.T) {
	w := newSandbox(t)
	bounded(t, w.run("add", "--config", "/dev/zero", "--model-name", "x", "--models-ts", "models.ts"), "more than")
	if err := os.Mkdir(w.path("local"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(w.path("local/config.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	bounded(t, w.run("add", "--hf-repo-id", "local", "--model-name", "x", "--models-ts", "models.ts"), "not a regular file")
	bounded(t, w.run("check", "local/config.json"), "not a regular file")
	w.write("empty.ts", "const models: Model[] = []\n")
	bounded(t, w.run("coverage", "--models-ts", "empty.ts", "--update", "local/config.json"), "not a regular file")
	bounded(t, w.run("coverage", "--models-ts", "empty.ts", "--update", "/dev/zero"), "not a regular file")
	bounded(t, w.run("baseline", "--all", "--configs", "local"), "not a regular file")
	bounded(t, w.run("plan", "Qwen/Qwen3-8B", "--manifest", "local/config.json"), "not a regular file")
	bounded(t, w.run("plan", "Qwen/Qwen3-8B", "--manifest", "/dev/zero"), "not a regular file")
	// What a clone brings along where its own files are.
	for _, dir := range []string{"clone/.git", "clone/web/apps/web/data", "clone/examples/sglang_bench", "clone/docs"} {
		if err := os.MkdirAll(w.path(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.write("clone/web/apps/web/data/models.ts", "const models: Model[] = []\n")
	for _, name := range []string{"clone/examples/sglang_bench/model_configs.json", "clone/docs/model_coverage.mdx"} {
		if err := syscall.Mkfifo(w.path(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.dir = w.path("clone")
	bounded(t, w.run("plan", "Qwen/Qwen3-8B", "--in-place"), "not a regular file")
	if r := w.run("plan", "Qwen/Qwen3-8B", "--files"); r.code != exitClean || r.state.UserTime()+r.state.SystemTime() > 4*mostTime {
		t.Errorf("exit code %d: %.300s", r.code, r.stderr)
	}
	// A link out of the clone is not written through.
	configs, outside := w.path("examples/sglang_bench/model_configs.json"), filepath.Join(filepath.Dir(w.dir), "mine.json")
	if err := errors.Join(os.Remove(configs), os.WriteFile(outside, []byte("{\"b200\": {}}"), 0o600), os.Symlink(outside, configs)); err != nil {
		t.Fatal(err)
	}
	bounded(t, w.run("plan", "Qwen/Qwen3-8B", "--in-place"), "leads out of the clone")
	if data, err := os.ReadFile(outside); err != nil || string(data) != "{\"b200\": {}}" {
		t.Errorf("%s, %v", data, err)
	}
}
