package generate

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestShow prints real models for a developer: SHOW=Qwen3-Next go test -run TestShow -v
func TestShow(t *testing.T) {
	want := os.Getenv("SHOW")
	if want == "" {
		t.Skip("SHOW names no model")
	}
	for _, g := range goldModels(t, "layers-wide.json") {
		if !strings.Contains(g.Config, want) {
			continue
		}
		a, err := goldArchitecture(t, g.Config, g.Repo)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Build(g.Modules, a, Options{ID: g.Name})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(show(res))
		res, err = Build(FromArchitecture(a), a, Options{ID: g.Name})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("from the config alone:", show(res))
		for _, d := range Compare(FromArchitecture(a), g.Modules, a) {
			fmt.Printf("%+v\n", d)
		}
	}
}
