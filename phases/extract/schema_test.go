package extract

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

func architectureSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	schema, err := compiler.Compile(filepath.Join("schema", "model_architecture.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// holds checks an Architecture against the schema, and that its JSON reads
// back to the same.
func holds(t *testing.T, schema *jsonschema.Schema, name string, a *Architecture) {
	t.Helper()
	data, err := json.Marshal(a)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	back := &Architecture{}
	if err := json.Unmarshal(data, back); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	again, err := json.Marshal(back)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("%s does not read back to the same (%v)", name, err)
	}
}

// consistent checks what must hold of every Architecture.
func consistent(t *testing.T, name string, a *Architecture) {
	t.Helper()
	next, attention, mlp := 0, map[string]int{}, map[string]int{}
	for _, run := range a.LayerSchedule {
		if run.First != next || run.Count < 1 {
			t.Errorf("%s: a run starts at %d, want %d", name, run.First, next)
		}
		next += run.Count
		attention[run.Attention] += run.Count
		mlp[run.MLP] += run.Count
	}
	if next != a.NumLayers {
		t.Errorf("%s: the schedule has %d layers, want %d", name, next, a.NumLayers)
	}
	for _, k := range a.AttentionKinds {
		if attention[k.ID] != k.Layers {
			t.Errorf("%s: kind %s has %d layers, its runs %d", name, k.ID, k.Layers, attention[k.ID])
		}
		delete(attention, k.ID)
	}
	for _, k := range a.MLPKinds {
		if mlp[k.ID] != k.Layers {
			t.Errorf("%s: kind %s has %d layers, its runs %d", name, k.ID, k.Layers, mlp[k.ID])
		}
		delete(mlp, k.ID)
	}
	if len(attention)+len(mlp) > 0 {
		t.Errorf("%s: runs of unknown kinds: %v %v", name, attention, mlp)
	}
}

func TestOutputsHoldToTheSchema(t *testing.T) {
	schema := architectureSchema(t)
	for _, id := range catalog.IDs() {
		e, _ := catalog.Lookup(id)
		a, err := Read(e.Config, Options{RepoID: id, Source: Source{From: "catalogue", Note: "built in"}})
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		holds(t, schema, id, a)
		consistent(t, id, a)
	}
}

func TestRealOutputsHoldToTheSchema(t *testing.T) {
	schema := architectureSchema(t)
	for _, f := range goldConfigs(t) {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		a, err := Read(data, Options{RepoID: repoOf(f), Source: Source{From: "file"}})
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		holds(t, schema, filepath.Base(f), a)
		consistent(t, filepath.Base(f), a)
	}
}
