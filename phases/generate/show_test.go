package generate

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func show(res *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s | %s | %s | %s | %+v\n", res.Entry.ID, res.Entry.Name, res.Entry.Description, res.Pattern, res.Parallelism)
	depth := map[string]int{}
	for _, m := range res.Entry.Modules {
		depth[m.Name] = depth[m.Parent] + 1
		c := ""
		if m.Comment != "" {
			c = " // " + m.Comment
		}
		fmt.Fprintf(&b, "%s%s x%d %s[%s] %v%s\n", strings.Repeat("  ", depth[m.Name]), m.Name, m.Count, m.Type, m.Group, m.Definitions, c)
	}
	fmt.Fprintf(&b, "unmapped: %s\nwarnings: %s\n", strings.Join(res.Unmapped, "\n  "), strings.Join(res.Warnings, "\n  "))
	return b.String()
}

func TestShow(t *testing.T) {
	want := os.Getenv("SHOW")
	if want == "" {
		t.Skip()
	}
	for _, g := range goldModels(t, "layers-wide.json") {
		if !strings.Contains(g.Config, want) {
			continue
		}
		a, err := goldArchitecture(t, g.Config, g.Repo)
		if err != nil {
			a = bareArchitecture(g)
		}
		res, err := Build(g.Modules, a, Options{ID: g.Name})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(show(res))
		rows := FromArchitecture(a)
		if res, err = Build(rows, a, Options{ID: g.Name}); err == nil {
			fmt.Println("CONFIG ONLY", show(res))
		} else {
			fmt.Println(err)
		}
	}
}
