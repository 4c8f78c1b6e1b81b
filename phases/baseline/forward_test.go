package baseline

import (
	"context"
	"path/filepath"
	"testing"
)

// TestEveryLayerIsCalled holds that the walk through forward() finds a call of
// every norm, linear, attention and MoE layer.
func TestEveryLayerIsCalled(t *testing.T) {
	dir := goldDir(t)
	if dir == "" {
		t.Skip("needs the gold data")
	}
	r := NewReader(NewEmbedded(), nil)
	for _, g := range readGold(t, dir, "layers-wide.json") {
		cfg := readConfig(t, filepath.Join(dir, "configs", g.Config))
		impl, err := r.Analyse(context.Background(), g.EntryClass, cfg, nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		called := map[string]bool{}
		for _, c := range impl.Calls {
			called[c.Path] = true
		}
		for _, m := range impl.Modules {
			switch m.Type {
			case TypeNorm, TypeLinear, TypeAttention, TypeMoE, TypeLinearAttention, TypeLMHead:
				if !called[m.Path] && m.Tied == "" {
					t.Errorf("%s: %s %s is never called", g.Config, m.Path, m.Class)
				}
			}
		}
	}
}
