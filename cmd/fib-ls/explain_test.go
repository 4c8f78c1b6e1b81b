package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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
		name := definition.Of(f.ID, values...)
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

// TestExplainDataset: every name of the dataset is explained with its op type,
// each field with its number, meaning, formula and what divides it.
func TestExplainDataset(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "gold", "definitions.jsonl"))
	if err != nil {
		t.Skip("the gold data is not here: ", err)
	}
	defer func() { _ = f.Close() }()
	seen := 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var d struct {
			Name   string
			OpType string `json:"op_type"`
		}
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		seen++
		var out bytes.Buffer
		name, err := explain(&out, d.Name)
		if err != nil {
			t.Errorf("%s: %v", d.Name, err)
			continue
		}
		wants := []string{"op type: " + d.OpType, name.Family.Doc}
		for i, field := range name.Family.Fields {
			wants = append(wants, fmt.Sprintf("%s = %d", field.Abbrev, name.Values[i]), field.Meaning, field.From()+"; "+field.Divisor.Words()+"; "+field.AxisWords())
		}
		for _, want := range wants {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: the explanation lacks %q", d.Name, want)
			}
		}
	}
	if lines.Err() != nil || seen < 200 {
		t.Errorf("%d names were read: %v", seen, lines.Err())
	}
}
