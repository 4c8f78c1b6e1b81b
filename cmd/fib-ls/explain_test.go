package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// TestExplainEverything: every rule and every family is explained, with its
// own text, and a name of each family field by field.
func TestExplainEverything(t *testing.T) {
	for _, r := range validate.Rules() {
		var out bytes.Buffer
		if _, err := explain(&out, r.ID); err != nil || !strings.Contains(out.String(), r.Long) || !strings.Contains(out.String(), "#"+r.ID) {
			t.Errorf("%s: %v\n%s", r.ID, err, out.String())
		}
	}
	for _, f := range definition.Families() {
		var out bytes.Buffer
		if _, err := explain(&out, f.ID); err != nil || !strings.Contains(out.String(), f.Doc) {
			t.Errorf("%s: %v\n%s", f.ID, err, out.String())
		}
		values := make([]int64, len(f.Fields))
		for i := range values {
			values[i] = int64(64)
		}
		name, err := definition.New(f.ID, values...)
		if err != nil {
			t.Fatal(err)
		}
		out.Reset()
		if _, err := explain(&out, name.String()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, field := range f.Fields {
			if !strings.Contains(out.String(), field.Abbrev+" = 64") || !strings.Contains(out.String(), field.Meaning) {
				t.Errorf("%s does not tell what %s is", name, field.Abbrev)
			}
		}
	}
}
