package extract

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestClassTableIsWhole(t *testing.T) {
	lines := bytes.Split(bytes.TrimSpace(classesFile), []byte("\n"))
	if len(lines) != len(classes().lines) || len(lines) < 200 {
		t.Errorf("%d lines, %d types", len(lines), len(classes().lines))
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
