package generate

import (
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// randomTree makes rows that a reader could give: layers of several classes,
// equal names at many places, sizes that change from layer to layer, rows
// with unknown sizes, parameters, tied aliases, towers.
func randomTree(r *rand.Rand) ([]baseline.Module, *extract.Architecture) {
	n := 1 + r.Intn(12)
	a := &extract.Architecture{ModelID: "org/Some-Model", ArchitectureType: "SomeForCausalLM", NumLayers: n, HiddenSize: 64, VocabSize: 1000}
	kinds := []extract.AttentionKind{
		{ID: "gqa_full", Family: extract.GQA, NumHeads: 8, NumKVHeads: 2, HeadDim: 64, RotaryDim: 64},
		{ID: "gqa_sliding", Family: extract.GQA, NumHeads: 8, NumKVHeads: 2, HeadDim: 64, RotaryDim: 64, SlidingWindow: 128},
		{ID: "gdn", Family: extract.GDN, LinearNumKeyHeads: 4, LinearNumValueHeads: 8, LinearKeyHeadDim: 32, LinearValueHeadDim: 32},
		{ID: "none", Family: extract.NoAttention},
	}[:1+r.Intn(4)]
	a.AttentionKinds = kinds
	for l := 0; l < n; l++ {
		k := &kinds[r.Intn(len(kinds))]
		k.Layers++
		a.LayerSchedule = append(a.LayerSchedule, extract.LayerRun{First: l, Count: 1, Attention: k.ID, MLP: "dense"})
	}
	rows := []baseline.Module{
		{Class: "SomeForCausalLM", Type: baseline.TypeBlock, Count: 1},
		{Path: "model", Class: "SomeModel", Type: baseline.TypeBlock, Count: 1},
	}
	for _, class := range splitLayers(r, n) {
		rows = append(rows, baseline.Module{Path: "model.layers", Class: "Some" + class.name + "Layer", Type: baseline.TypeBlock, Count: len(class.layers), Layers: class.layers.String()})
	}
	segs := []string{"self_attn", "mlp", "norm", "proj", "experts", "gate", "weight", "Layer", "indexer", "attn_mqa", "attn_mha"}
	types := []baseline.ModuleType{baseline.TypeBlock, baseline.TypeBlock, baseline.TypeLinear, baseline.TypeNorm, baseline.TypeParameter, baseline.TypeMoE, baseline.TypeAttention, baseline.TypeRope, baseline.TypeLinearAttention}
	paths := []string{"model.layers"}
	for i := 0; i < 5+r.Intn(30); i++ {
		path := paths[r.Intn(len(paths))] + "." + segs[r.Intn(len(segs))]
		if strings.Count(path, ".") > 5 {
			continue
		}
		paths = append(paths, path)
		for _, part := range splitLayers(r, n) {
			row := baseline.Module{Path: path, Class: "C" + part.name, Type: types[r.Intn(len(types))], Count: len(part.layers) * (1 + r.Intn(2)), Layers: part.layers.String()}
			size := func() *int { return known(r.Intn(5) * 64) }
			row.N, row.K, row.Hidden, row.NumHeads, row.NumKVHeads, row.HeadDim = size(), size(), size(), size(), size(), size()
			row.Gemm = row.Type == baseline.TypeLinear || r.Intn(2) == 0 && row.Type == baseline.TypeParameter
			if row.Type == baseline.TypeNorm {
				row.Class = "RMSNorm"
			}
			rows = append(rows, row)
		}
	}
	rows = append(rows,
		baseline.Module{Path: "model.norm", Class: "RMSNorm", Type: baseline.TypeNorm, Count: 1, Hidden: known(64)},
		baseline.Module{Path: "visual.blocks", Class: "ViTBlock", Type: baseline.TypeBlock, Count: 4, Layers: "0-3"},
		baseline.Module{Path: "lm_head", Class: "ParallelLMHead", Type: baseline.TypeLMHead, Count: 1, Tied: "model.embed_tokens"})
	return rows, a
}

type share struct {
	name   string
	layers layerSet
}

// splitLayers divides 0…n-1 into one to three parts that are not empty.
func splitLayers(r *rand.Rand, n int) []share {
	parts := make([]share, 1+r.Intn(3))
	for l := 0; l < n; l++ {
		i := r.Intn(len(parts))
		parts[i].layers = append(parts[i].layers, l)
	}
	var kept []share
	for i, p := range parts {
		p.name = string(rune('A' + i))
		if len(p.layers) > 0 {
			kept = append(kept, p)
		}
	}
	return kept
}

// TestInvariants: whatever the rows are, the entry is one tree of modules
// with unique keys and positive counts, and every name is one of the grammar.
func TestInvariants(t *testing.T) {
	schema := mappingSchema(t)
	for seed := int64(0); seed < 200; seed++ {
		rows, a := randomTree(rand.New(rand.NewSource(seed)))
		res, err := Build(rows, a, Options{ID: "some-model", TP: 1, EP: 1})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		res.Pattern = Standard
		if faults := entryFaults(res); len(faults) > 0 {
			t.Fatalf("seed %d: %v\n%s", seed, faults, show(res))
		}
		placed := map[string]bool{}
		for i, m := range res.Entry.Modules {
			if i > 0 && !placed[m.Parent] {
				t.Fatalf("seed %d: %s stands before its parent %s", seed, m.Name, m.Parent)
			}
			placed[m.Name] = true
			if m.Name == "blocks" || m.Name == "visual" {
				t.Fatalf("seed %d: the tower is in the entry", seed)
			}
			if identifier(m.Name) != m.Name {
				t.Fatalf("seed %d: key %q", seed, m.Name)
			}
		}
		checkMapping(t, schema, res.Entry)
		again, err := Build(rows, a, Options{ID: "some-model", TP: 1, EP: 1})
		if err != nil || fmt.Sprint(again.Entry) != fmt.Sprint(res.Entry) && show(again) != show(res) {
			t.Fatalf("seed %d: two builds of the same rows differ", seed)
		}
	}
}

//go:embed schema/module_mapping.schema.json
var moduleMappingSchema string

func mappingSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(moduleMappingSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("module_mapping.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("module_mapping.schema.json")
}

func checkMapping(t testing.TB, schema *jsonschema.Schema, e Entry) {
	t.Helper()
	data, err := json.Marshal(Mapping(e))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	keys := value.(map[string]any)
	delete(keys, pathsKey)
	if got := len(keys); got != len(e.Modules) {
		t.Fatalf("%d keys for %d modules", got, len(e.Modules))
	}
}

// TestCountsArePreserved: every row's instances are in the entry, however the
// layers are split.
func TestCountsArePreserved(t *testing.T) {
	for seed := int64(0); seed < 300; seed++ {
		r := rand.New(rand.NewSource(seed))
		n := 2 + r.Intn(20)
		a := &extract.Architecture{NumLayers: n, HiddenSize: 64, VocabSize: 10}
		rows := []baseline.Module{{Class: "M", Type: baseline.TypeBlock, Count: 1}}
		for _, p := range splitLayers(r, n) {
			rows = append(rows, baseline.Module{Path: "layers", Class: "Layer" + p.name, Type: baseline.TypeBlock, Count: len(p.layers), Layers: p.layers.String()})
		}
		want := map[string]int{}
		for i, p := range append(splitLayers(r, n), splitLayers(r, n)...) {
			row := baseline.Module{Path: "layers.proj", Class: "Linear", Type: baseline.TypeLinear, Gemm: true, Count: len(p.layers), Layers: p.layers.String(), N: known(10 + i), K: known(7)}
			want[fmt.Sprintf("gemm_n%d_k7", 10+i)] += row.Count
			rows = append(rows, row)
		}
		res, err := Build(rows, a, Options{ID: "m", TP: 1, EP: 1})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, m := range res.Entry.Modules {
			for _, d := range m.Definitions {
				got[d] += m.Count
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d: got %v, want %v\n%s", seed, got, want, show(res))
		}
	}
}

func TestParseLayers(t *testing.T) {
	for ranges, want := range map[string]string{
		"": "", "0": "0", "0-2,5": "0-2,5", "5,0-2,1": "0-2,5", "x,3-1,-1,2": "2", "0-99999999999999999999": "", "0-2000000000": fmt.Sprintf("0-%d", extract.MaxLayers-1), // every layer that a config may have
	} {
		if got := parseLayers(ranges).String(); got != want {
			t.Errorf("parseLayers(%q) = %q, want %q", ranges, got, want)
		}
	}
}
