package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestClassDefaultsAgree: a class default is a fact of one table; phase 1's
// is in step with it.
func TestClassDefaultsAgree(t *testing.T) {
	have, err := os.ReadFile(filepath.Join("..", "..", "..", "extract", "classes.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	want, kept, err := deriveClasses(have)
	if err != nil {
		t.Fatal(err)
	}
	old, derived := bytes.Split(have, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range old {
		if !bytes.Equal(old[i], derived[i]) {
			t.Errorf("make generate writes phases/extract/classes.jsonl anew:\n%s", cmp.Diff(string(old[i]), string(derived[i])))
		}
	}
	// What transformers computes otherwise than by * and //: look at it by eye
	// when this list changes.
	if known := []string{"olmo_hybrid.linear_key_head_dim"}; !slices.Equal(kept, known) {
		t.Errorf("not derived: %v, should be %v", kept, known)
	}
}

func TestJSONOf(t *testing.T) {
	for text, want := range map[string]string{
		"32": "32", "-1": "-1", "1e-05": "1e-05", "True": "true", "'silu'": `"silu"`, "('a', 'b')": `["a","b"]`, "num_attention_heads": `"=num_attention_heads"`,
		"(2 * hidden_size) // num_attention_heads": `"=2*hidden_size//num_attention_heads"`,
		"None": "", "a // (b * c)": "", "a + b": "", "f(x)": "", "[i for i in x]": "", "a * 0.5": "",
	} {
		got, ok := jsonOf(text)
		if ok != (want != "") || string(got) != want {
			t.Errorf("%s gives %s, should be %s", text, got, want)
		}
	}
}
