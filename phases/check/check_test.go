package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// Fixing a file goes on until nothing can be fixed, and comes to an end.
func TestFixesAreSettled(t *testing.T) {
	list := func(name string, n int) string { return strings.Repeat(`"`+name+`", `, n) + `"` + name + `"` }
	const want = `definitions: ["gemm_n6144_k4096"]`
	for name, definitions := range map[string]string{
		"a misspelling beside the name": `"gemm_n6144_k4096", "gemm_n_6144_k_4096"`,
		"two misspellings":              `"gemm_N6144_K4096", "gemm_n_6144_k_4096"`,
		"neighbours":                    list("gemm_n6144_k4096", 3000),
		"misspelt neighbours":           list("gemm_n_6144_k_4096", 1500) + ", " + list("gemm_n6144_k4096", 1500),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "models.ts")
			src := `const models: Model[] = [
  { id: "m", name: "M", description: "d", modules: {
    M: { count: 1, type: "block" },
    a: { count: 1, parent: "M", type: "layer", definitions: [` + definitions + `] },
  } },
]
export default models
`
			if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
				t.Fatal(err)
			}
			env := &phases.Env{Getenv: func(string) string { return "" }, WorkDir: t.TempDir(), NoSGLangFetch: true}
			checked, err := Run(env, path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			fixed, err := checked.Fix(env, Options{}, validate.AllFixes)
			if err != nil {
				t.Fatal(err)
			}
			if fixed.Unsettled || len(fixed.After.Problems) > 0 || !strings.Contains(string(fixed.text), want) {
				t.Errorf("unsettled %v, %d problems, %d entries:\n%.300s", fixed.Unsettled, len(fixed.After.Problems), len(tsast.Parse(fixed.text).Entries), fixed.text)
			}
		})
	}
}
