package families

import (
	"bytes"
	_ "embed" // the table
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// tableFile has one family a line; lines that begin with # are headings.
//
//go:embed families.jsonl
var tableFile []byte

// layersFile has the layers of mixers that families share, one a line.
//
//go:embed layers.jsonl
var layersFile []byte

// plain is the Llama layout, from which every row starts.
func plain() Family {
	return Family{
		Skeleton: Skeleton{Model: "model", Embed: "embed_tokens", Layers: "layers", FinalNorm: "norm", Head: "lm_head"},
		Norm:     "rmsnorm", AttnNorms: []string{"input_layernorm"}, MLPNorms: []string{"post_attention_layernorm"},
		Attn: "self_attn", QKV: "qkv_proj", O: "o_proj", QKNormType: "rmsnorm", QNorm: "q_norm", KNorm: "k_norm",
		MLP: "mlp", Up: "gate_up_proj", Down: "down_proj",
		MoE: "mlp", Router: "gate", Experts: "experts",
		Shared: "shared_experts", SharedUp: "gate_up_proj", SharedDown: "down_proj",
		LatentDown: "fc1_latent_proj", LatentUp: "fc2_latent_proj",
		Mixer: "mamba", Linear: "linear_attn", Core: "attn_mqa",
	}
}

// lines are the table's lines by model_type: reading one takes microseconds,
// reading them all would delay every start.
var lines = sync.OnceValue(func() map[string][]byte {
	found := map[string][]byte{}
	for _, line := range bytes.Split(tableFile, []byte("\n")) {
		rest, ok := bytes.CutPrefix(line, []byte(`{"type":"`))
		if !ok {
			continue
		}
		name, _, _ := bytes.Cut(rest, []byte(`"`))
		found[string(name)] = line
	}
	return found
})

// shared are the layers of layersFile by what they are part of; the package's
// tests read every line.
var shared = sync.OnceValue(func() map[string][]Part {
	found := map[string][]Part{}
	for line := range bytes.Lines(layersFile) {
		var p Part
		if json.Unmarshal(line, &p) == nil {
			found[p.In] = append(found[p.In], p)
		}
	}
	return found
})

// Layers returns the layers of a token mixer or router that families share.
func Layers(of string) []Part { return shared()[of] }

// Find reads the row of the first name that has one, the best name first: the
// type of the class that serves a model, its model_type, its wrapper's. Each is
// tried without its last parts too (qwen3_vl_moe_text: qwen3_vl_moe, …, qwen3).
// Without a row it returns the plain layout with an empty Type, and false.
func Find(names ...string) (f Family, known bool) {
	for _, name := range names {
		for name != "" {
			if _, there := lines()[name]; there {
				f, err := read(name)
				if err != nil { // the package's tests read every row
					return plain(), false
				}
				return f, !f.Generic
			}
			i := strings.LastIndexAny(name, "_-")
			name = name[:max(i, 0)]
		}
	}
	return plain(), false
}

// Mentions reports whether some row has a default or a case for a field.
func Mentions(field string) bool { return bytes.Contains(tableFile, []byte(`"`+field+`":`)) }

// Exact reads the row of just this model_type.
func Exact(modelType string) (f Family, ok bool) {
	if _, there := lines()[modelType]; !there {
		return Family{}, false
	}
	f, err := read(modelType)
	return f, err == nil
}

// read reads a row on top of the one that it is like.
func read(name string) (Family, error) {
	f := plain()
	line, there := lines()[name]
	if !there {
		return f, fmt.Errorf("there is no row %s", name)
	}
	var head struct{ Like string }
	if err := json.Unmarshal(line, &head); err != nil {
		return f, fmt.Errorf("row %s: %w", name, err)
	}
	if head.Like != "" {
		like, err := read(head.Like)
		if err != nil {
			return f, fmt.Errorf("row %s: %w", name, err)
		}
		f = like
	}
	if err := set(&f, line); err != nil {
		return f, fmt.Errorf("row %s: %w", name, err)
	}
	return f, nil
}

// set writes the columns that an object has. A column it lacks stays.
func set(f *Family, object []byte) error {
	// A decoder writes into the lists and maps that it finds.
	cases, parts := f.When, f.More
	f.When, f.More = nil, nil
	f.Defaults = maps.Clone(f.Defaults)
	for _, list := range []*[]string{&f.AttnNorms, &f.MLPNorms, &f.MoENorms, &f.ExpertRows, &f.Needs, &f.LoopRange} {
		*list = slices.Clone(*list)
	}
	in := json.NewDecoder(bytes.NewReader(object))
	in.DisallowUnknownFields()
	err := in.Decode(f)
	if f.When == nil {
		f.When = cases
	}
	if f.More == nil {
		f.More = parts
	}
	return err
}

// present stands in a case for any value, absent for none: a null is stated.
const (
	present = "*"
	absent  = "-"
)

// Fields answers for a config: what a field's value is, and whether it has one.
type Fields func(field string) (value any, ok bool)

// Apply changes the row by those of its cases that hold for a config.
func (f *Family) Apply(fields Fields) error {
	for _, c := range f.When {
		if !c.holds(fields) {
			continue
		}
		if err := set(f, c.Set); err != nil {
			return fmt.Errorf("row %s: %w", f.Type, err)
		}
	}
	return nil
}

func (c Case) holds(fields Fields) bool {
	for _, field := range slices.Sorted(maps.Keys(c.If)) { // what was asked for is noted: always the same
		want := c.If[field]
		got, ok := fields(field)
		if want == present && got != nil || want == absent && !ok {
			continue
		}
		if !equal(got, want) {
			return false
		}
	}
	return true
}

// equal compares a config's value with the table's: numbers by size, and as a
// truth value where the table has one. What is absent is false.
func equal(got, want any) bool {
	if want, isBool := want.(bool); isBool {
		is, readable := Truth(got)
		return is == want && (readable || got == nil)
	}
	if n, isInt := got.(int64); isInt {
		got = float64(n)
	}
	return got == want
}

// Truth reads a config's truth value leniently: true, 1, 1.0, "true", "1". ok is
// false for what is none.
func Truth(v any) (b, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case int64:
		return v != 0, true
	case float64:
		return v != 0, true
	case string:
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return n != 0, true
		}
		b, err := strconv.ParseBool(strings.ToLower(v))
		return b, err == nil
	}
	return false, false
}
