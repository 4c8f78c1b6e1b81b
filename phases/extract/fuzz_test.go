package extract

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

// plainValue turns a Value into what encoding/json with UseNumber gives, for
// comparison; numbers become *big.Float.
func plainValue(v Value) any {
	switch v := v.(type) {
	case *Object:
		m := map[string]any{}
		for _, k := range v.Keys {
			m[k] = plainValue(v.Values[k])
		}
		return m
	case []Value:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plainValue(v[i])
		}
		return list
	case int64:
		return new(big.Float).SetInt64(v)
	case *big.Int:
		return new(big.Float).SetPrec(0).SetInt(v)
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return "not finite"
		}
		return big.NewFloat(v)
	}
	return v
}

// sameJSON compares with encoding/json's reading. Floats are compared as
// float64, since a Value holds no more.
func sameJSON(ours, theirs any) bool {
	switch t := theirs.(type) {
	case map[string]any:
		o, ok := ours.(map[string]any)
		if !ok || len(o) != len(t) {
			return false
		}
		for k := range t {
			if !sameJSON(o[k], t[k]) {
				return false
			}
		}
		return true
	case []any:
		o, ok := ours.([]any)
		if !ok || len(o) != len(t) {
			return false
		}
		for i := range t {
			if !sameJSON(o[i], t[i]) {
				return false
			}
		}
		return true
	case json.Number:
		if i, ok := new(big.Int).SetString(t.String(), 10); ok {
			o, ok := ours.(*big.Float)
			if !ok {
				return false
			}
			got, _ := o.Int(nil)
			return got != nil && got.Cmp(i) == 0
		}
		f, err := t.Float64()
		if err != nil && math.IsInf(f, 0) {
			return ours == "not finite"
		}
		o, ok := ours.(*big.Float)
		if !ok {
			return false
		}
		got, _ := o.Float64()
		return got == f
	}
	return ours == theirs
}

// fuzzSeeds are real-shaped configs and traps.
func fuzzSeeds(f *testing.F) {
	for i, id := range catalog.IDs() {
		if i%6 == 0 {
			e, _ := catalog.Lookup(id)
			f.Add([]byte(e.Config))
		}
	}
	for _, s := range []string{
		`{}`, `{"a": [1, -0, 1e400, 123456789012345678901234567890, "\ud83d\ude00\ud800x"]}`, `{"a":1,"a":{"b":2}}`, "\ufeff{}", `{"x": Infinity}`,
		`{"architectures":["LlamaForCausalLM"],"model_type":"llama","num_hidden_layers":9999,"hidden_size":1048576,"num_attention_heads":65536,"intermediate_size":16777216,"vocab_size":1}`,
		`{"model_type":"nemotron_h","hybrid_override_pattern":"M-*E|M","hidden_size":64,"vocab_size":9}`,
		`{"model_type":"mamba2","ssm_cfg":{"layer":"Mamba2"},"d_model":64,"n_layer":2,"vocab_size":50277,"pad_vocab_size_multiple":16}`,
		`{"model_type":"gpt_neo","attention_types":[[["global","local"],12]],"num_layers":24,"hidden_size":64,"num_heads":4,"vocab_size":10}`,
		`{"model_type":"llama","num_hidden_layers":2,"hidden_size":8,"num_attention_heads":[1,2],"block_configs":[{"attention":{"no_op":true},"ffn":{"ffn_mult":1e300}}]}`,
	} {
		f.Add([]byte(s))
	}
}

func FuzzParseConfig(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		obj, warnings, err := ParseConfig(data)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Column < 1 {
				t.Fatalf("%v is not a syntax error inside the file", err)
			}
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		var theirs any
		if theirErr := decoder.Decode(&theirs); theirErr != nil || !utf8.Valid(data) || len(warnings) > 0 {
			return // bare Infinity and duplicates are ours alone
		}
		if _, isObject := theirs.(map[string]any); !isObject || decoder.More() {
			return
		}
		if err != nil {
			if rest := data[decoder.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 || tooDeep(theirs, 0) || hugeNumber(data) {
				return
			}
			t.Fatalf("encoding/json reads it, ParseConfig does not: %v", err)
		}
		if !sameJSON(plainValue(obj), theirs) {
			t.Fatalf("read differently:\n%v\n%v", plainValue(obj), theirs)
		}
	})
}

func tooDeep(v any, depth int) bool {
	if depth > maxConfigDepth {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if tooDeep(e, depth+1) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if tooDeep(e, depth+1) {
				return true
			}
		}
	}
	return false
}

func hugeNumber(data []byte) bool { return len(data) > maxIntDigits }

func FuzzRead(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		begin := time.Now()
		a, err := Read(data, Options{RepoID: "a/b", Overrides: map[string]string{"rope_parameters.factor": "1"}})
		if took := time.Since(begin); took > 5*time.Second {
			t.Fatalf("took %s", took)
		}
		if err != nil {
			var syntax *SyntaxError
			var field *FieldError
			var missing *MissingFieldsError
			var not *NotDecoderError
			if !errors.As(err, &syntax) && !errors.As(err, &field) && !errors.As(err, &missing) && !errors.As(err, &not) {
				t.Fatalf("an error of no kind: %v", err)
			}
			if a != nil {
				t.Fatal("both a value and an error")
			}
			return
		}
		encoded, err := json.Marshal(a)
		if err != nil {
			t.Fatalf("cannot be written: %v", err)
		}
		if len(encoded) > 64<<20 {
			t.Fatalf("%d bytes out of %d", len(encoded), len(data))
		}
		consistent(t, "fuzzed", a)
		for _, k := range a.AttentionKinds {
			positive(t, k.Dimensions)
		}
		for _, k := range a.MLPKinds {
			positive(t, k.Dimensions)
		}
	})
}

func positive(t *testing.T, list []Dimension) {
	t.Helper()
	for _, d := range list {
		if d.N <= 0 || d.K < 0 || d.N > 1<<31 || d.K > 1<<31 {
			t.Fatalf("%s is %d x %d", d.Name, d.N, d.K)
		}
	}
}
