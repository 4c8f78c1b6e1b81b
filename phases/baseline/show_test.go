package baseline

import (
	"context"
	"encoding/json"
	"os"
	"testing"
)

// TestShow prints the rows of one model: FIB_LS_SHOW=config.json.
func TestShow(t *testing.T) {
	path := os.Getenv("FIB_LS_SHOW")
	tree := sglangTree(t)
	if path == "" || tree == nil {
		t.Skip("FIB_LS_SHOW names no config.json")
	}
	cfg := readConfig(t, path)
	name := os.Getenv("FIB_LS_CLASS")
	if v, ok := cfg.Get("architectures"); ok && name == "" {
		raw, _ := json.Marshal(v)
		var names []string
		if json.Unmarshal(raw, &names) == nil && len(names) > 0 {
			name = names[0]
		}
	}
	impl, err := Analyse(context.Background(), tree, name, cfg, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range impl.Modules {
		b, _ := json.Marshal(m)
		t.Logf("%s", b)
	}
	for _, u := range impl.Undecided {
		t.Logf("UNDECIDED %+v", u)
	}
	t.Logf("notes %q", impl.Notes)
}
