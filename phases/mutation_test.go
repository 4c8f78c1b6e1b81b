package phases_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// TestMutatedModels changes our models' configs as people and converters do
// (a field dropped, nulled, doubled, written as a list; lists too short or
// permuted; no experts) and holds the whole pipeline to what must be so
// whatever the numbers are. FuzzMutatedModels goes on with other seeds.
func TestMutatedModels(t *testing.T) {
	rounds, configs := 12, testModels(t)
	if n, err := strconv.Atoi(os.Getenv("MUTATIONS")); err == nil { // for a longer look
		rounds = n
	}
	for i, config := range configs {
		t.Run(nameOf(config), func(t *testing.T) {
			for round := range rounds {
				mutatedModel(t, config, int64(i*1000+round), round%4 > 0)
			}
		})
	}
}

func FuzzMutatedModels(f *testing.F) {
	configs := testModels(f)
	for i := range configs {
		f.Add(uint8(i), int64(i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, which uint8, seed int64, skip bool) {
		mutatedModel(t, configs[int(which)%len(configs)], seed, skip)
	})
}

// mutatedModel runs the pipeline on a config with one to three changes.
func mutatedModel(t *testing.T, config string, seed int64, skipSGLang bool) {
	t.Helper()
	data, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	text := root
	if sub, ok := root["text_config"].(map[string]any); ok {
		text = sub
	}
	r := rand.New(rand.NewSource(seed))
	var done []string
	for range 1 + r.Intn(3) {
		done = append(done, mutate(r, text))
	}
	data, err = json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	changed := fmt.Sprintf("seed %d, %v", seed, done)
	file := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	req := phases.Request{ModelName: "mutated", HFRepoID: "example/mutated", Config: file, Offline: true, SkipSGLang: skipSGLang, TP: 1, EP: 1}
	result, err := phases.Prepare(t.Context(), closedEnv(t), req)
	if err != nil {
		namesField(t, changed, err)
		return
	}
	holdsTogether(t, changed, result)
	failed := t.Failed()
	checkPlaced(t, result)
	if t.Failed() && !failed {
		t.Errorf("%s\n%s", changed, data)
	}
}

// mutate changes one field, and says which and how.
func mutate(r *rand.Rand, text map[string]any) string {
	keys := slices.Sorted(maps.Keys(text))
	keys = slices.DeleteFunc(keys, func(k string) bool { return k == "architectures" || k == "model_type" })
	key := keys[r.Intn(len(keys))]
	layers, _ := text["num_hidden_layers"].(float64)
	switch v := text[key].(type) {
	case float64:
		return mutateNumber(r, text, key, v, int(layers))
	case []any:
		return mutateList(r, text, key, v)
	case bool:
		text[key] = !v
		return "not " + key
	}
	if r.Intn(2) == 0 {
		delete(text, key)
		return "without " + key
	}
	text[key] = nil
	return key + " is null"
}

func mutateNumber(r *rand.Rand, text map[string]any, key string, v float64, layers int) string {
	switch r.Intn(9) {
	case 0:
		delete(text, key)
		return "without " + key
	case 1:
		text[key] = nil
	case 2:
		text[key] = 0
	case 3:
		text[key] = v + 1
	case 4:
		text[key] = 2 * v
	case 5:
		text[key] = max(1, float64(int(v/2)))
	case 6:
		list := make([]any, max(0, layers+r.Intn(3)-1))
		for i := range list {
			list[i] = v
		}
		text[key] = list
	case 7:
		text["head_dim"] = 48
		return "head_dim is 48"
	default: // every other layer sparse, by a list
		list := make([]any, layers)
		for i := range list {
			list[i] = i % 2
		}
		text["moe_layer_freq"] = list
		return "moe_layer_freq is a list"
	}
	return fmt.Sprintf("%s is %v", key, text[key])
}

func mutateList(r *rand.Rand, text map[string]any, key string, v []any) string {
	list := slices.Clone(v)
	switch {
	case len(list) > 0 && r.Intn(3) == 0:
		list = list[:len(list)-1]
	case len(list) > 0 && r.Intn(2) == 0:
		list = append(list, list[0])
	default:
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	text[key] = list
	return fmt.Sprintf("%s is %v", key, list)
}

// namesField: an error says which field is wrong or missing.
func namesField(t *testing.T, changed string, err error) {
	t.Helper()
	var wrong *extract.FieldError
	var missing *extract.MissingFieldsError
	var not *extract.NotDecoderError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
	case errors.As(err, &missing) && len(missing.Fields) > 0:
	case errors.As(err, &not) && not.What != "":
	default:
		t.Errorf("%s: the error names no field: %v", changed, err)
	}
}

var gemmName = regexp.MustCompile(`^gemm_n(\d+)_k(\d+)$`)

// holdsTogether: the schedule, the kinds and the entry count the same layers,
// and a GEMM of an entry made from the config alone is a dimension of it.
func holdsTogether(t *testing.T, changed string, r *phases.Result) {
	t.Helper()
	a := r.Architecture
	next, byAttention, byMLP := 0, 0, 0
	for _, run := range a.LayerSchedule {
		if run.First != next || run.Count < 1 {
			t.Errorf("%s: the schedule has a run of %d at %d, after %d layers", changed, run.Count, run.First, next)
		}
		next += run.Count
	}
	for _, k := range a.AttentionKinds {
		byAttention += k.Layers
	}
	for _, k := range a.MLPKinds {
		byMLP += k.Layers
	}
	if next != a.NumLayers || byAttention != a.NumLayers || byMLP != a.NumLayers {
		t.Errorf("%s: %d layers, but %d in the schedule, %d by attention, %d by MLP", changed, a.NumLayers, next, byAttention, byMLP)
	}
	if len(r.Generated.Disagreements) > 0 {
		return // the entry follows the source, and says in what it differs
	}
	decoders := 0
	for _, m := range r.Model.Modules {
		if m.Type == "block" && strings.Contains(m.Name, "DecoderLayer") { // and not its norm, MambaDecoderLayer_norm
			decoders += m.Count
		}
		if m.Count < 1 {
			t.Errorf("%s: %s has the count %d", changed, m.Name, m.Count)
		}
	}
	if a.NumLayers > 1 && decoders != a.NumLayers {
		t.Errorf("%s: %d layers, but the decoder blocks count %d", changed, a.NumLayers, decoders)
	}
	if r.Baseline.Class != "" || r.Implementation != nil { // or the Transformers backend's parts of them
		return
	}
	known := map[string]bool{}
	for _, d := range a.LayerSizes() {
		known[strconv.Itoa(d.N)+"x"+strconv.Itoa(d.K)] = true
	}
	for _, m := range r.Model.Modules {
		for _, d := range m.Definitions {
			if parts := gemmName.FindStringSubmatch(d); parts != nil && !known[parts[1]+"x"+parts[2]] {
				t.Errorf("%s: %s of %s is the size of no linear layer", changed, d, m.Name)
			}
		}
	}
}
