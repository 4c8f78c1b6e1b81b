package extract

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/classdefaults"
)

func TestClassTableIsWhole(t *testing.T) {
	lines := bytes.Split(bytes.TrimSpace(classesFile), []byte("\n"))
	if len(lines) != len(classes().rows) || len(lines) < 200 {
		t.Errorf("%d lines, %d types", len(lines), len(classes().rows))
	}
	for _, line := range lines {
		row := &classRow{}
		if err := json.Unmarshal(line, row); err != nil {
			t.Errorf("%.60s: %v", line, err)
			continue
		}
		if classOf(row.Type) != row.Class || classRowOf(row.Type) == nil {
			t.Errorf("%s is not found under its type", row.Type)
		}
		f := &fields{text: &Object{}, class: row}
		for field := range row.Values {
			f.value(field) // formulas must end
		}
		for key := range row.Text {
			if classRowOf(row.Text[key]) == nil {
				t.Errorf("%s: its %s has the unknown type %s", row.Type, key, row.Text[key])
			}
		}
	}
}

// TestClassDefaultsStandOnce: what transformers' classes fill in stands in
// package classdefaults; a line here repeats none of it and contradicts it
// only where phase 1 means something else under the same name.
func TestClassDefaultsStandOnce(t *testing.T) {
	otherwise := map[string]string{
		"longcat_flash.num_hidden_layers": "transformers counts each of a layer's two attentions as a layer",
		"axk2.head_dim":                   "transformers' is the width of MLA's rotary part",
		"glm5_next_text.head_dim":         "transformers' is the width of MLA's rotary part",
		"hy_v4.head_dim":                  "transformers' is the width of MLA's rotary part",
	}
	for modelType := range classes().rows {
		row := classRowOf(modelType)
		for field, value := range row.Values {
			if derived, ok := row.attribute(field, classdefaults.Default, classdefaults.DefaultOrNull, classdefaults.Computed); ok && (bytes.Equal(derived, value) || otherwise[modelType+"."+field] == "") {
				t.Errorf("%s.%s is %s here and %s in transformers' class", modelType, field, value, derived)
			}
		}
		for field, value := range row.Null {
			row := *row
			row.Null = nil
			if derived, ok := row.value(field, true); ok && bytes.Equal(derived, value) {
				t.Errorf("%s.%s of a null stands in transformers' class", modelType, field)
			}
		}
	}
}
