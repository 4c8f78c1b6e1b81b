package tsast

import (
	"os"
	"testing"
)

func TestParseUpstream(t *testing.T) {
	src, err := os.ReadFile("../../shared/gold/upstream-models.ts")
	if err != nil {
		t.Skip("gold file not present")
	}
	f := Parse(src)
	if len(f.Entries) != 9 || len(f.Problems) != 0 {
		t.Fatalf("%d entries, problems %v", len(f.Entries), f.Problems)
	}
	modules := 0
	for _, e := range f.Entries {
		t.Logf("%+v %q %q", e.Model.Span.Shift(e.Offset), e.Model.ID.Value, e.Model.Name.Value)
		modules += len(e.Model.Modules)
	}
	t.Log(modules, f.Style, len(f.Comments), f.Array)
	t.Logf("%+v", *f.Entries[0].Model.Modules[11])
}
