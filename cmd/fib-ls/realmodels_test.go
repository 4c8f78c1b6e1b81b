package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// A realModel is a file of testdata/models: the facts of a published config,
// and the layers that SGLang's own constructors build for it on one device
// (they were run, not read). Some also list the Definitions of a deployment.
type realModel struct {
	name, repo  string
	config      []byte
	layers      map[string]realLayers // by path
	tp, ep      string                // of definitions
	definitions []string
}

// realLayers are the layers at one path: count by kind and sizes, "linear
// k=4096 n=6144".
type realLayers map[string]int

func realModels(t *testing.T) []realModel {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "models", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no models: %v", err)
	}
	var models []realModel
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := realModel{name: strings.TrimSuffix(filepath.Base(file), ".txtar")}
		m.repo, _, _ = strings.Cut(string(archive.Comment), ":")
		for _, f := range archive.Files {
			switch name, rest, _ := strings.Cut(f.Name, " "); name {
			case "config.json":
				m.config = f.Data
			case "layers":
				m.layers = readLayers(t, file, string(f.Data))
			case "definitions":
				if _, err := fmt.Sscanf(rest, "tp=%s ep=%s", &m.tp, &m.ep); err != nil {
					t.Fatalf("%s: %q: %v", file, f.Name, err)
				}
				m.definitions = strings.Fields(string(f.Data))
			default:
				t.Fatalf("%s: what is %q?", file, f.Name)
			}
		}
		if m.config == nil || len(m.layers) == 0 {
			t.Fatalf("%s: no config or no layers", file)
		}
		models = append(models, m)
	}
	return models
}

func readLayers(t *testing.T, file, text string) map[string]realLayers {
	t.Helper()
	layers := map[string]realLayers{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		count, err := strconv.Atoi(strings.TrimSuffix(words[0], "x"))
		if err != nil || len(words) < 3 {
			t.Fatalf("%s: %q is not COUNTx PATH KIND SIZES", file, line)
		}
		path, what := words[1], append([]string{words[2]}, slices.Sorted(slices.Values(words[3:]))...)
		if layers[path] == nil {
			layers[path] = realLayers{}
		}
		layers[path][strings.Join(what, " ")] += count
	}
	return layers
}

// sizesOf are the fields of a module of sglang_implementation.json that are
// compared, by kind, with their names in testdata/models.
var sizesOf = map[string]map[string]string{
	"linear":           {"n": "n", "k": "k"},
	"lm_head":          {"n": "n", "k": "k"},
	"embedding":        {"n": "n", "k": "k"},
	"norm":             {"width": "hidden"},
	"attention":        {"heads": "num_heads", "kv_heads": "num_kv_heads", "head_dim": "head_dim", "v_head_dim": "v_head_dim"},
	"moe":              {"experts": "num_experts", "hidden": "hidden", "intermediate": "intermediate_size", "top_k": "top_k"},
	"topk":             {"top_k": "top_k"},
	"rope":             {"rotary_dim": "rotary_dim"},
	"linear_attention": {},
}

// beside are the parts of a multimodal model that are not decoder layers: an
// entry leaves them out, and so do the files of testdata/models.
var beside = regexp.MustCompile(`(?i)vision|visual|audio|image|projector|connector|resampler|speech|^vit|^vpm|^mlp_AR`)

// ourLayers are the layers of a module tree in the form of testdata/models,
// as far as the truth states their sizes.
func ourLayers(tree []map[string]any, truth map[string]realLayers) map[string]realLayers {
	layers := map[string]realLayers{}
	for _, module := range tree {
		kind, _ := module["type"].(string)
		path := withoutNumbers(module["path"].(string))
		fields, compared := sizesOf[kind]
		if !compared || beside.MatchString(path) {
			continue
		}
		what := []string{kind}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if value, ok := module[fields[name]].(float64); ok && states(truth[path], name) {
				what = append(what, name+"="+strconv.Itoa(int(value)))
			}
		}
		if layers[path] == nil {
			layers[path] = realLayers{}
		}
		layers[path][strings.Join(what, " ")] += int(module["count"].(float64))
	}
	return layers
}

// withoutNumbers is a path without the segments that count: the module lists
// in testdata/models are one path each.
func withoutNumbers(path string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(path, "."), func(segment string) bool {
		_, err := strconv.Atoi(segment)
		return err == nil
	}), ".")
}

// states reports whether the truth gives the size of this name. (A linear
// layer of plain PyTorch has no heads, say.)
func states(layers realLayers, name string) bool {
	for what := range layers {
		if strings.Contains(what, " "+name+"=") {
			return true
		}
	}
	return false
}

// comparable drops from the truth the sizes that a module tree does not hold
// for this kind (the heads of a QKV projection).
func comparable(layers map[string]realLayers) map[string]realLayers {
	out := map[string]realLayers{}
	for path, at := range layers {
		if beside.MatchString(path) {
			continue
		}
		out[path] = realLayers{}
		for what, count := range at {
			words := strings.Fields(what)
			kept := slices.DeleteFunc(slices.Clone(words[1:]), func(size string) bool {
				name, _, _ := strings.Cut(size, "=")
				return sizesOf[words[0]][name] == ""
			})
			out[path][strings.Join(append(words[:1], kept...), " ")] += count
		}
	}
	return out
}

// addReal adds a model offline and returns the --json result and the output
// directory.
func addReal(t *testing.T, m realModel, more ...string) (result map[string]any, dir string) {
	t.Helper()
	dir = t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args := append([]string{
		"add", "--model-name", "under-test", "--hf-repo-id", m.repo, "--config", write("config.json", string(m.config)),
		"--models-ts", write("models.ts", "export const models: Model[] = []\n"), "--output-dir", filepath.Join(dir, "out"),
		"--offline", "--typecheck=false", "--json",
	}, more...)
	out, err := fibls(t, args...)
	if err != nil {
		t.Fatalf("%s: %v", m.repo, err)
	}
	if err := json.Unmarshal([]byte(out), &result); err != nil {
		t.Fatal(err)
	}
	return result, filepath.Join(dir, "out")
}

// TestRealModels holds what add makes of the facts of published configs, with
// nothing but what is in the binary, to the layers that SGLang's own
// constructors build.
func TestRealModels(t *testing.T) {
	offline(t)
	for _, m := range realModels(t) {
		t.Run(m.name, func(t *testing.T) {
			tree := addedFromSource(t, m).tree
			if diff := cmp.Diff(comparable(m.layers), ourLayers(tree, m.layers)); diff != "" {
				t.Errorf("layers (-SGLang +fib-ls):\n%s", diff)
			}
		})
	}
}

// Why what the config alone gives needs other kernels than what SGLang's source
// gives.
const (
	whyTransformers = "that SGLang has no class for it, so that its Transformers backend keeps HuggingFace's projections apart, is known from SGLang alone"
	whyResidual     = "that its layers add the residual themselves, so that no norm fuses the addition, is known from forward() alone"
)

// otherKernels are the models for which that is so.
var otherKernels = map[string]string{
	"bitnet-b1.58-2b-4t-bf16":   whyTransformers,
	"chatglm3-6b":               whyResidual,
	"granite-3.0-1b-a400m-base": whyResidual,
	"lfm2-1.2b":                 whyResidual,
	"lfm2-vl-450m":              whyResidual,
	"minimax-text-01-hf":        whyTransformers,
	"nemotron-mini-4b-instruct": whyTransformers,
	"qwen-7b":                   whyResidual,
}

// explained are Definitions without those that the reason speaks of.
func explained(definitions []string, why string) []string {
	return slices.DeleteFunc(slices.Clone(definitions), func(name string) bool {
		return why == whyTransformers && strings.HasPrefix(name, "gemm_") || why == whyResidual && strings.HasPrefix(name, "fused_add_rmsnorm_")
	})
}

// TestRealModelsFromTheConfig: what the config alone gives needs the same
// kernels as what SGLang's source gives, but for those of otherKernels.
func TestRealModelsFromTheConfig(t *testing.T) {
	offline(t)
	names := []string{}
	for _, m := range realModels(t) {
		names = append(names, m.name)
		t.Run(m.name, func(t *testing.T) {
			source := addedFromSource(t, m).definitions
			result, _ := addReal(t, m, "--tp", "1", "--ep", "1", "--skip-sglang", "--dry-run")
			config := definitionsOf(result)
			why, excused := otherKernels[m.name]
			if excused && slices.Equal(source, config) {
				t.Error("no excuse is needed any more")
			}
			if diff := cmp.Diff(explained(source, why), explained(config, why)); diff != "" {
				t.Errorf("Definitions (-source +config):\n%s", diff)
			}
		})
	}
	for name := range otherKernels {
		if !slices.Contains(names, name) {
			t.Errorf("there is no model %s to excuse", name)
		}
	}
}

// fromSource is what add makes of a model from SGLang's source on one device.
type fromSource struct {
	tree        []map[string]any
	definitions []string
}

// fromSources keeps it: two tests look at it.
var fromSources = map[string]fromSource{}

func addedFromSource(t *testing.T, m realModel) fromSource {
	t.Helper()
	if f, ok := fromSources[m.name]; ok {
		return f
	}
	result, dir := addReal(t, m, "--tp", "1", "--ep", "1")
	data, err := os.ReadFile(filepath.Join(dir, "sglang_implementation.json"))
	if err != nil {
		t.Fatal(err)
	}
	var implementation struct {
		Tree []map[string]any `json:"module_tree"`
	}
	if err := json.Unmarshal(data, &implementation); err != nil {
		t.Fatal(err)
	}
	f := fromSource{implementation.Tree, definitionsOf(result)}
	fromSources[m.name] = f
	return f
}

func definitionsOf(result map[string]any) []string {
	var names []string
	for _, d := range result["definitions"].([]any) {
		names = append(names, d.(map[string]any)["name"].(string))
	}
	slices.Sort(names)
	return names
}

// everyName are the families of which a model needs no other member than
// those that are listed for it.
var everyName = regexp.MustCompile(`^(?:(?:fused_add_)?rmsnorm|gqa|mla|dsa|gdn|mamba|top_)`)

// TestRealModelsNames holds the Definition names of a deployment to those
// that were worked out by hand.
func TestRealModelsNames(t *testing.T) {
	offline(t)
	checked := 0
	for _, m := range realModels(t) {
		if m.definitions == nil {
			continue
		}
		checked++
		t.Run(m.name, func(t *testing.T) {
			result, _ := addReal(t, m, "--tp", m.tp, "--ep", m.ep)
			names := definitionsOf(result)
			for _, want := range m.definitions {
				if !slices.Contains(names, want) {
					t.Errorf("missing %s", want)
				}
			}
			for _, name := range names {
				if everyName.MatchString(name) && !slices.Contains(m.definitions, name) {
					t.Errorf("extra %s", name)
				}
			}
		})
	}
	if checked == 0 {
		t.Error("no model lists its Definitions")
	}
}
