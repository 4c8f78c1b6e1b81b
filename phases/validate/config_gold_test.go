package validate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

func goldDir(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "gold")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no gold data here: real models are not checked")
	}
	return dir
}

func readGold(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldDir(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// architecture reads a gold config; nil for what is not a decoder model.
func architecture(t testing.TB, config string) *extract.Architecture {
	t.Helper()
	repo := strings.TrimSuffix(strings.Replace(config, "__", "/", 1), ".json")
	a, err := extract.Read(readGold(t, filepath.Join("configs", config)), extract.Options{RepoID: repo, Source: extract.Source{RepoID: repo, From: "file"}})
	if err != nil {
		return nil
	}
	return a
}

// expect is what the program expects of an entry: the config's own tree.
func expect(a *extract.Architecture, tp, ep int) *validate.ExpectedEntry {
	g, err := generate.Build(generate.FromArchitecture(a), a, generate.Options{ID: "x", TP: tp, EP: ep})
	if err != nil {
		return nil
	}
	e := &validate.ExpectedEntry{Label: "config.json of " + a.ModelID, Architecture: a}
	for _, m := range g.Entry.Modules {
		e.Modules = append(e.Modules, validate.ExpectedModule{Name: m.Name, Count: m.Count, Parent: m.Parent, Type: m.Type, Definitions: m.Definitions})
	}
	return e
}

func fileOf(entry generate.Entry) *tsast.File {
	return tsast.Parse(tsast.NewFile(generate.ToNewModel(entry, "")))
}

func report(problems []validate.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "  %s %s: %s\n", p.Rule, p.Module, p.Message)
	}
	return b.String()
}

func configOnly(problems []validate.Problem) []validate.Problem {
	return slices.DeleteFunc(problems, func(p validate.Problem) bool { return !strings.HasPrefix(p.Rule, "config-") })
}

// TestOwnEntriesAreRight: what we generate, from the config alone and from
// SGLang's source, must not be found fault with by the config.
func TestOwnEntriesAreRight(t *testing.T) {
	var models []struct {
		Config  string            `json:"config"`
		Modules []baseline.Module `json:"modules"`
	}
	wide := regexp.MustCompile(`"hidden": \[[^\]]*\]`).ReplaceAll(readGold(t, "layers-wide.json"), []byte(`"hidden": null`))
	if err := json.Unmarshal(wide, &models); err != nil {
		t.Fatal(err)
	}
	rows := map[string][]baseline.Module{}
	for _, m := range models {
		rows[m.Config] = m.Modules
	}
	files, err := os.ReadDir(filepath.Join(goldDir(t), "configs"))
	if err != nil {
		t.Fatal(err)
	}
	checked, disagree := 0, 0
	for _, file := range files {
		a := architecture(t, file.Name())
		if a == nil {
			continue
		}
		for source, tree := range map[string][]baseline.Module{"config": generate.FromArchitecture(a), "sglang": rows[file.Name()]} {
			if tree == nil {
				continue
			}
			if source == "sglang" && len(generate.Compare(generate.FromArchitecture(a), tree, a)) > 0 {
				disagree++
				continue // add reports the disagreement itself
			}
			// Under the recommended parallelism, and on one device.
			for _, n := range []int{0, 1} {
				g, err := generate.Build(tree, a, generate.Options{ID: "x", TP: n, EP: n, Quantization: []string{"fp8", "auto"}[n]})
				if err != nil {
					continue
				}
				opts := validate.Options{Expected: func(*tsast.Model) *validate.ExpectedEntry { return expect(a, 1, 1) }}
				checked++
				problems := validate.Check(fileOf(g.Entry), opts)
				if !slices.ContainsFunc(tree, func(m baseline.Module) bool {
					return m.Type == baseline.TypeLMHead || strings.HasSuffix(m.Path, "head")
				}) {
					// The gold tree of DeepSeek-V4-Pro has none.
					problems = slices.DeleteFunc(problems, func(p validate.Problem) bool { return p.Rule == "config-missing-layer" && p.Expected == "lm_head" })
				}
				if len(problems) > 0 {
					t.Errorf("%s from %s:\n%s", file.Name(), source, report(problems))
				}
			}
		}
	}
	t.Logf("%d entries; for %d more the two readers disagree", checked, disagree)
}

var upstreamConfigs = map[string]string{
	"deepseek-v3":           "deepseek-ai__DeepSeek-V3.json",
	"llama-3.1-8b":          "meta-llama__Llama-3.1-8B.json",
	"qwen3-30b-a3b":         "Qwen__Qwen3-30B-A3B.json",
	"qwen3-next-80b-a3b":    "Qwen__Qwen3-Next-80B-A3B-Instruct.json",
	"nemotron-h-8b":         "nvidia__Nemotron-H-8B-Base-8K.json",
	"minimax-m2":            "MiniMaxAI__MiniMax-M2.json",
	"kimi-k2":               "moonshotai__Kimi-K2-Instruct.json",
	"llama-4-scout-17b-16e": "meta-llama__Llama-4-Scout-17B-16E-Instruct.json",
}

// maverick are the facts of Llama 4 Maverick's config.
const maverick = `{"architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4", "text_config": {
  "model_type": "llama4_text", "num_hidden_layers": 48, "hidden_size": 5120, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
  "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128, "num_local_experts": 128, "num_experts_per_tok": 1,
  "nope_layer_interval": 4, "interleave_moe_layer_step": 2, "attention_chunk_size": 8192, "vocab_size": 202048}}`

// upstreamExpectations knows the configs of upstream's entries.
func upstreamExpectations(t testing.TB) func(m *tsast.Model) *validate.ExpectedEntry {
	t.Helper()
	known := map[string]*validate.ExpectedEntry{}
	for id, config := range upstreamConfigs {
		known[id] = expect(architecture(t, config), 1, 1)
	}
	a, err := extract.Read([]byte(maverick), extract.Options{RepoID: "meta-llama/Llama-4-Maverick-17B-128E-Instruct"})
	if err != nil {
		t.Fatal(err)
	}
	known["llama-4-maverick-17b-128e"] = expect(a, 1, 1)
	return func(m *tsast.Model) *validate.ExpectedEntry { return known[m.ID.Value] }
}

// TestUpstreamAgainstConfigs: what is wrong in the real file, and nothing
// else. Each line was compared with the model's config by hand.
func TestUpstreamAgainstConfigs(t *testing.T) {
	src := readGold(t, "upstream-models.ts")
	f := tsast.Parse(src)
	problems := configOnly(validate.Check(f, validate.Options{Expected: upstreamExpectations(t)}))
	var got []string
	for _, p := range problems {
		line := fmt.Sprintf("%s/%s %s %s", p.Model, p.Module, strings.TrimPrefix(p.Rule, "config-"), p.Expected)
		got = append(got, line)
		if len(p.Evidence) == 0 {
			t.Errorf("%s: no evidence", line)
		}
	}
	want := strings.Split(strings.TrimSpace(wantUpstream), "\n")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s\n%s", d, report(problems))
	}
}

const wantUpstream = `
deepseek-v3/fused_qkv_a_proj_with_mqa missing-definition gemm_n2112_k7168
deepseek-v3/q_b_proj missing-definition gemm_n24576_k1536
deepseek-v3/kv_b_proj missing-definition gemm_n32768_k512
deepseek-v3/o_proj missing-definition gemm_n7168_k16384
deepseek-v3/mlp_dense mlp-split 3
deepseek-v3/gate_up_proj missing-definition gemm_n36864_k7168
deepseek-v3/down_proj missing-definition gemm_n7168_k18432
deepseek-v3/moe missing-module 1
deepseek-v3/moe mlp-split 58
deepseek-v3/moe_gate missing-definition gemm_n256_k7168
qwen3-30b-a3b/ missing-layer lm_head
qwen3-30b-a3b/Qwen3MoeModel root-class Qwen3MoeForCausalLM
qwen3-30b-a3b/layers layer-count 48
qwen3-30b-a3b/qkv_proj missing-definition gemm_n5120_k2048
qwen3-30b-a3b/o_proj missing-definition gemm_n2048_k4096
qwen3-30b-a3b/moe mlp-split 48
qwen3-30b-a3b/moe_gate missing-definition gemm_n128_k2048
qwen3-next-80b-a3b/o_proj_gdn missing-definition gemm_n2048_k4096
qwen3-next-80b-a3b/moe_gdn missing-layer gate
qwen3-next-80b-a3b/moe_gdn missing-module 1
qwen3-next-80b-a3b/qkv_proj_gqa missing-definition gemm_n9216_k2048
qwen3-next-80b-a3b/o_proj_gqa missing-definition gemm_n2048_k4096
qwen3-next-80b-a3b/moe_gqa missing-layer gate
qwen3-next-80b-a3b/moe_gqa missing-module 1
nemotron-h-8b/ missing-layer embed_tokens
nemotron-h-8b/mamba_mixer missing-layer in_proj, out_proj
nemotron-h-8b/rotary_emb extra-module 0
nemotron-h-8b/post_attention_layernorm_attn extra-module 0
nemotron-h-8b/mlp_attn extra-module 0
nemotron-h-8b/input_layernorm_mlp missing-definition fused_add_rmsnorm_h4096
nemotron-h-8b/mlp missing-layer up_proj, down_proj
nemotron-h-8b/norm missing-definition fused_add_rmsnorm_h4096
kimi-k2/KimiK2ForCausalLM root-class DeepseekV3ForCausalLM
kimi-k2/fused_qkv_a_proj_with_mqa missing-definition gemm_n2112_k7168
kimi-k2/q_b_proj missing-definition gemm_n12288_k1536
kimi-k2/kv_b_proj missing-definition gemm_n16384_k512
kimi-k2/o_proj missing-definition gemm_n7168_k8192
kimi-k2/mlp_dense missing-layer gate_up_proj, down_proj
kimi-k2/moe missing-module 1
kimi-k2/moe_gate missing-definition gemm_n384_k7168
llama-4-scout-17b-16e/ missing-layer embed_tokens
llama-4-scout-17b-16e/ stale-text 12, 36, 48
llama-4-scout-17b-16e/ stale-text 12, 36, 48
llama-4-scout-17b-16e/Llama4ScoutForCausalLM root-class Llama4ForConditionalGeneration
llama-4-scout-17b-16e/ stale-text 12, 36, 48
llama-4-scout-17b-16e/ stale-text 12, 36, 48
llama-4-scout-17b-16e/Llama4TextDecoderLayer_Local layer-count 36
llama-4-scout-17b-16e/self_attn_local missing-layer qkv_proj, o_proj
llama-4-scout-17b-16e/moe_local missing-module 1
llama-4-scout-17b-16e/moe_gate_local missing-definition gemm_n16_k5120
llama-4-scout-17b-16e/ stale-text 12, 36, 48
llama-4-scout-17b-16e/ stale-text 12, 36, 48
llama-4-scout-17b-16e/Llama4TextDecoderLayer_Global layer-count 12
llama-4-scout-17b-16e/self_attn_global missing-layer qkv_proj, o_proj
llama-4-scout-17b-16e/moe_global missing-module 1
llama-4-scout-17b-16e/moe_gate_global missing-definition gemm_n16_k5120
llama-4-maverick-17b-128e/ missing-layer embed_tokens
llama-4-maverick-17b-128e/ stale-text 12, 24, 36, 48
llama-4-maverick-17b-128e/ stale-text 12, 24, 36, 48
llama-4-maverick-17b-128e/Llama4MaverickForCausalLM root-class Llama4ForConditionalGeneration
llama-4-maverick-17b-128e/ stale-text 12, 24, 36, 48
llama-4-maverick-17b-128e/ stale-text 12, 24, 36, 48
llama-4-maverick-17b-128e/Llama4MaverickDecoderLayer_Local layer-count 36
llama-4-maverick-17b-128e/self_attn_local_mav missing-layer qkv_proj, o_proj
llama-4-maverick-17b-128e/moe_local_mav missing-module 1
llama-4-maverick-17b-128e/moe_local_mav missing-module 24
llama-4-maverick-17b-128e/moe_local_mav mlp-split 12
llama-4-maverick-17b-128e/moe_gate_local_mav missing-definition gemm_n128_k5120
llama-4-maverick-17b-128e/ stale-text 12, 24, 36, 48
llama-4-maverick-17b-128e/ stale-text 12, 24, 36, 48
llama-4-maverick-17b-128e/Llama4MaverickDecoderLayer_Global layer-count 12
llama-4-maverick-17b-128e/self_attn_global_mav missing-layer qkv_proj, o_proj
llama-4-maverick-17b-128e/moe_global_mav missing-module 1
llama-4-maverick-17b-128e/moe_gate_global_mav missing-definition gemm_n128_k5120
`

// TestFixesRepairUpstream applies the preferred fixes until none is left: the
// counts are right then, and nothing else was touched.
func TestFixesRepairUpstream(t *testing.T) {
	opts := validate.Options{Expected: upstreamExpectations(t)}
	f := tsast.Parse(readGold(t, "upstream-models.ts"))
	for range 5 {
		edits := validate.FixAll(validate.Check(f, opts), validate.AllFixes)
		if len(edits) == 0 {
			break
		}
		text, err := tsast.Apply(f.Src(), edits...)
		if err != nil {
			t.Fatal(err)
		}
		f = tsast.Parse(text)
	}
	if len(f.Problems) > 0 {
		t.Fatal(f.Problems)
	}
	for _, p := range validate.Check(f, opts) {
		if p.Rule == "config-layer-count" || p.Rule == "config-mlp-split" || p.Rule == "config-gemm" {
			t.Errorf("%s %s: %s", p.Model, p.Module, p.Message)
		}
	}
}

// BenchmarkConfig compares upstream's nine entries with their configs.
func BenchmarkConfig(b *testing.B) {
	f := tsast.Parse(readGold(b, "upstream-models.ts"))
	opts := validate.Options{Expected: upstreamExpectations(b)}
	b.ReportAllocs()
	for b.Loop() {
		validate.Check(f, opts)
	}
}

// TestSlipsAreFound makes one mistake in each generated entry at a time: the
// share of them that is found must not fall.
func TestSlipsAreFound(t *testing.T) {
	files, err := os.ReadDir(filepath.Join(goldDir(t), "configs"))
	if err != nil {
		t.Fatal(err)
	}
	made, found := map[string]int{}, map[string]int{}
	var missed []string
	for _, file := range files {
		a := architecture(t, file.Name())
		if a == nil {
			continue
		}
		expected := expect(a, 1, 1)
		g, err := generate.Build(generate.FromArchitecture(a), a, generate.Options{ID: "x", TP: 1, EP: 1})
		if err != nil {
			continue
		}
		opts := validate.Options{Expected: func(*tsast.Model) *validate.ExpectedEntry { return expected }}
		for kind, entry := range slips(g.Entry) {
			made[kind]++
			if len(configOnly(validate.Check(fileOf(entry), opts))) > 0 {
				found[kind]++
			} else {
				missed = append(missed, kind+" in "+file.Name())
			}
		}
	}
	for kind, n := range made {
		t.Logf("%s: %d of %d", kind, found[kind], n)
		if found[kind]*100 < n*95 {
			t.Errorf("of %d entries with a wrong %s only %d are found: %q", n, kind, found[kind], missed[:min(len(missed), 20)])
		}
	}
}

// slips are copies of an entry with one mistake each.
func slips(e generate.Entry) map[string]generate.Entry {
	out := map[string]generate.Entry{}
	change := func(kind string, edit func(m *generate.Module) bool) {
		mistaken := e
		mistaken.Modules = slices.Clone(e.Modules)
		for i := range mistaken.Modules {
			mistaken.Modules[i].Definitions = slices.Clone(mistaken.Modules[i].Definitions)
			if edit(&mistaken.Modules[i]) {
				out[kind] = mistaken
				return
			}
		}
	}
	name := func(prefix, field string, by int64) func(m *generate.Module) bool {
		return func(m *generate.Module) bool {
			for i, d := range m.Definitions {
				n, err := definition.Parse(d)
				if err != nil || !strings.HasPrefix(d, prefix) {
					continue
				}
				v, _ := n.Value(field)
				m.Definitions[i] = n.With(field, v+by).String()
				return true
			}
			return false
		}
	}
	change("gemm n", name("gemm", "n", 200))
	change("gemm k", name("gemm", "k", 100))
	change("norm", name("rmsnorm", "h", 90))
	change("head size", name("gqa_paged_decode", "d", 32))
	change("heads", name("gqa_paged_decode", "h", 3))
	change("latent", name("mla_paged_decode", "ckv", 64))
	change("experts", name("moe_", "e", 1))
	change("state", name("mamba_ssu", "s", 64))
	all := e
	all.Modules = slices.Clone(e.Modules)
	for i := range all.Modules {
		if all.Modules[i].Count > 1 {
			all.Modules[i].Count++
		}
	}
	out["layers"] = all
	return out
}
