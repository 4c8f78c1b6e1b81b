package baseline

import (
	"context"
	"path/filepath"
	"testing"
)

// TestSurveyGoldConfigs says for every real config whether its class was
// decided, and what stopped it.
func TestSurveyGoldConfigs(t *testing.T) {
	dir := goldDir(t)
	if dir == "" {
		t.Skip("needs the gold data")
	}
	files, err := filepath.Glob(filepath.Join(dir, "configs", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(NewEmbedded(), nil)
	decided, registered := 0, 0
	for _, f := range files {
		cfg := readConfig(t, f)
		for _, arch := range architecturesOf(cfg) {
			impl, err := r.Analyse(context.Background(), arch, cfg, nil, Options{})
			if err != nil {
				t.Logf("%s: %v", filepath.Base(f), err)
				continue
			}
			registered++
			if impl.Decided {
				decided++
				continue
			}
			t.Logf("%s %s: %d undecided, %d rows", filepath.Base(f), arch, len(impl.Undecided), len(impl.Modules))
			for _, u := range impl.Undecided[:min(len(impl.Undecided), maxShown)] {
				t.Logf("      %s: %s missing %v at %s (%s)", u.Path, u.Expression, u.Missing, u.Location, u.Reason)
			}
		}
	}
	t.Logf("decided %d of %d registered", decided, registered)
}
