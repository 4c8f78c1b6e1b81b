package families

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestEveryRow reads every row and every case of it: an unknown column, a row
// that is like none or a type that stands twice is an error.
func TestEveryRow(t *testing.T) {
	seen := map[string]bool{}
	for i, line := range bytes.Split(bytes.TrimSpace(tableFile), []byte("\n")) {
		if bytes.HasPrefix(line, []byte("#")) {
			continue
		}
		var head struct{ Type string }
		if err := json.Unmarshal(line, &head); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if seen[head.Type] {
			t.Errorf("line %d: %s has two rows", i+1, head.Type)
		}
		seen[head.Type] = true
		f, err := read(head.Type)
		if err != nil {
			t.Errorf("line %d: %v", i+1, err)
			continue
		}
		for _, c := range f.When {
			if changed := f; set(&changed, c.Set) != nil || reflect.DeepEqual(changed, f) {
				t.Errorf("line %d: %s: the case %v sets nothing: %s", i+1, head.Type, c.If, c.Set)
			}
		}
	}
	if len(seen) < 150 {
		t.Errorf("only %d rows", len(seen))
	}
}

// TestEveryLayer reads every line of the shared layers, whose columns are those
// of a Part.
func TestEveryLayer(t *testing.T) {
	read := 0
	for line := range bytes.Lines(layersFile) {
		if bytes.HasPrefix(line, []byte("#")) {
			continue
		}
		var p Part
		in := json.NewDecoder(bytes.NewReader(line))
		in.DisallowUnknownFields()
		if err := in.Decode(&p); err != nil || p.In == "" || p.Name == "" || p.N == "" {
			t.Errorf("%s: %v, %+v", line, err, p)
		}
		read++
	}
	kept := 0
	for _, parts := range shared() {
		kept += len(parts)
	}
	if read < 90 || kept != read {
		t.Errorf("%d lines, of which %d were kept", read, kept)
	}
}

// TestRefused: patterns of types and classes, what is passed over, and a decoder
// in spite of its name.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ by, name, but, want string }{
		{"type", "t5", "", "an encoder-decoder"},
		{"type", "my_bert_tiny", "", "an encoder of the BERT kind"},
		{"type", "modernbert-decoder", "", ""},
		{"type", "resnet", "", "a vision model"},
		{"type", "resnet", "a vision model", ""},
		{"class", "T5ForSequenceClassification", "", "a sequence classifier or reward model: it has no language-model head"},
		{"class", "t5", "", ""},
		{"type", "llama", "", ""},
	} {
		if got := Refused(c.by, c.name, c.but); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// TestFind: a name without a row is looked up without its last parts; a row
// starts from the one it is like; cases follow the config.
func TestFind(t *testing.T) {
	f, known := Find("", "qwen3_vl_moe_text")
	if !known || f.Type != "qwen3" || f.QKNorm != "per_head" || f.Embed != "embed_tokens" {
		t.Errorf("qwen3_vl_moe_text: %v %+v", known, f)
	}
	if f, known := Find("no_such_family"); known || f.Type != "" || !reflect.DeepEqual(f, plain()) {
		t.Errorf("an unknown family: %v %+v", known, f)
	}
	f, _ = Find("falcon")
	for _, c := range []struct {
		config string
		kv     string
		norms  []string
	}{
		{`{"new_decoder_architecture":true}`, "", []string{"ln_attn"}},
		{`{"new_decoder_architecture":true,"num_ln_in_parallel_attn":1}`, "", []string{"input_layernorm"}},
		{`{"multi_query":1}`, "one", []string{"input_layernorm"}},
		{`{}`, "all", []string{"input_layernorm"}},
	} {
		var config map[string]any
		if err := json.Unmarshal([]byte(c.config), &config); err != nil {
			t.Fatal(err)
		}
		got := f
		if err := got.Apply(func(field string) (any, bool) { v, ok := config[field]; return v, ok }); err != nil {
			t.Fatal(err)
		}
		if got.KVHeads != c.kv || strings.Join(got.AttnNorms, " ") != strings.Join(c.norms, " ") {
			t.Errorf("%s: kv heads %q, norms %v", c.config, got.KVHeads, got.AttnNorms)
		}
	}
	if again, _ := Find("falcon"); !reflect.DeepEqual(again, f) {
		t.Error("a case changed the table")
	}
}

// TestEitherHolds: of two parts of which a condition takes the one or the other
// there is always one, however a config writes the field.
func TestEitherHolds(t *testing.T) {
	for _, c := range []struct {
		value any
		is    bool
	}{
		{nil, false}, {false, false}, {true, true}, {int64(0), false}, {int64(8), true}, {0.5, true}, {"0", false}, {"256", true},
		{"false", false}, {"False", false}, {"true", true},
	} {
		fields := func(string) (any, bool) { return c.value, c.value != nil }
		for _, want := range []bool{true, false} {
			if got := (Part{If: map[string]any{"field": want}}).Holds(fields); got != (c.is == want) {
				t.Errorf("%#v where a part asks for %v: %v", c.value, want, got)
			}
		}
	}
	if (Part{If: map[string]any{"field": true}}).Holds(func(string) (any, bool) { return "per-element", true }) {
		t.Error("a word is no truth value")
	}
}
