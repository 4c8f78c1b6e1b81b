package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/lsp"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/tsast"
)

// lookupNames are Definitions in the spellings that entries have: the
// dataset's, FlashInfer's, an older one, and names that few datasets have.
var lookupNames = []string{
	"rmsnorm_h4096", "rmsnorm_h4097", "gdn_decode_qk16_v32_d128", "gdn_decode_qk16_v32_d128_k_last", "gdn_mtp_qk16_v32_d128_k_last",
	"gqa_paged_prefill_h32_kv8_d128_ps64", "gqa_paged_prefill_causal_h32_kv8_d128_ps64", "gemm_n6144_k4096", "gemm_n_6144_k_4096",
	"gemm_n6145_k4096", "gemma_rmsnorm_h4096", "top_p_sampling_v32000", "nothing_we_know",
}

// TestLookUpsAgree: check, coverage, define --missing, and the hover and the
// links of the editor say the same of whether a dataset has a Definition, for
// no clone, a clone, and a dataset that a trace dump of FlashInfer made.
func TestLookUpsAgree(t *testing.T) {
	for name, files := range map[string][]string{
		"no clone": nil,
		"a clone": {
			"rmsnorm/rmsnorm_h4096", "gdn/gdn_decode_qk16_v32_d128_k_last", "gemm/gemm_n6144_k4096",
			"gqa_paged/gqa_paged_prefill_causal_h32_kv8_d128_ps64",
		},
		"a trace dump": {
			"rmsnorm/rmsnorm_h4096", "gdn/gdn_decode_qk16_v32_d128", "gqa_paged/gqa_paged_prefill_h32_kv8_d128_ps64",
			"rmsnorm/gemma_rmsnorm_h4096", "sampling/top_p_sampling_v32000", "gemm/gemm_n_6144_k_4096",
		},
	} {
		t.Run(name, func(t *testing.T) {
			home := offline(t)
			for _, file := range files {
				write(t, filepath.Join(home, "tmp", "flashinfer-trace", "definitions", file+".json"), "{}")
			}
			models := filepath.Join(home, "models.ts")
			write(t, models, modelOf(lookupNames))
			t.Chdir(home)
			asked := editorLooksUp(t, home, models)
			checked, covered, missing := checkLooksUp(t), coverageLooksUp(t), missingLooksUp(t)
			for _, name := range lookupNames {
				has := asked[name].has
				if covered(name) != has {
					t.Errorf("%s: coverage has it: %v, the editor: %v", name, covered(name), has)
				}
				if checked[name] && has {
					t.Errorf("%s: check does not find it, the editor does", name)
				}
				if !checked[name] && !has && isCurrent(name) {
					t.Errorf("%s: check finds it, the editor does not", name)
				}
				if missing(name) == has {
					t.Errorf("%s: define --missing writes it: %v, and it is there: %v", name, missing(name), has)
				}
				if (asked[name].link != "") != (has && files != nil) {
					t.Errorf("%s: it is there: %v, and its link is %q", name, has, asked[name].link)
				}
			}
		})
	}
}

// isCurrent reports whether a name is one that check looks up: those in an
// older spelling and those of no family are findings of another rule.
func isCurrent(name string) bool {
	return !slices.Contains([]string{"gemm_n_6144_k_4096", "nothing_we_know", "gdn_decode_qk16_v32_d128", "gqa_paged_prefill_h32_kv8_d128_ps64", "top_p_sampling_v32000"}, name)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// modelOf is a models.ts of an unknown model with a layer for each name.
func modelOf(names []string) string {
	var b strings.Builder
	b.WriteString("const models: Model[] = [\n  { id: \"nobodys\", name: \"Nobody's\", description: \"d\", modules: {\n    M: { count: 1, type: \"block\" },\n")
	for i, name := range names {
		fmt.Fprintf(&b, "    layer%d: { count: 1, parent: \"M\", type: \"layer\", definitions: [%q] },\n", i, name)
	}
	return b.String() + "  } },\n]\nexport default models\n"
}

type look struct {
	has  bool
	link string
}

// editorLooksUp asks as hover and links do.
func editorLooksUp(t *testing.T, home, models string) map[string]look {
	t.Helper()
	g := &globals{logLevel: "error"}
	env, err := g.environment(strings.NewReader(""), os.Stderr, true)
	if err != nil {
		t.Fatal(err)
	}
	set := newEngine(env, "test").Dataset(lsp.Workspace{Dir: filepath.Dir(models), Offline: true})
	out := map[string]look{}
	text, err := os.ReadFile(models)
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range tsast.Parse(text).Entries[0].Model.Modules[1:] {
		name := module.Definitions.Items[0].Value
		has, _ := set.Has(name)
		out[name] = look{has, strings.TrimPrefix(set.Path(name), home)}
	}
	return out
}

// checkLooksUp are the names of which check says that the dataset lacks them.
func checkLooksUp(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	stdout, err := fibls(t, "check", "models.ts", "--json", "--exit-zero", "--severity", "unknown-definition=info")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range lookupNames {
		out[name] = strings.Contains(stdout, `"`+name+" is not in the dataset")
	}
	return out
}

// coverageLooksUp says of a name whether coverage has a row in which it is
// present. A row may have the current spelling.
func coverageLooksUp(t *testing.T) func(name string) bool {
	t.Helper()
	stdout, err := fibls(t, "coverage", "--models-ts", "models.ts", "--format", "json")
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Models []struct {
			MissingNames []string `json:"missing_names"`
		}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatal(err)
	}
	return func(name string) bool {
		return !slices.ContainsFunc(report.Models[0].MissingNames, sameDefinition(name))
	}
}

// missingLooksUp says of a name whether define --missing would write it, or
// says that it cannot.
func missingLooksUp(t *testing.T) func(name string) bool {
	t.Helper()
	cmd := newRootCommand()
	var out, errs strings.Builder
	cmd.SetArgs([]string{"define", "--missing", "--models-ts", "models.ts", "--out", t.TempDir()})
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(out.String()) {
		names = append(names, strings.TrimSuffix(filepath.Base(strings.TrimSpace(line)), ".json"))
	}
	for line := range strings.Lines(errs.String()) {
		if rest, ok := strings.CutPrefix(line, "skipped "); ok {
			names = append(names, strings.TrimSuffix(strings.Fields(rest)[0], ":"))
		}
	}
	return func(name string) bool { return slices.ContainsFunc(names, sameDefinition(name)) }
}

// sameDefinition reports whether a name is this one or its other spelling.
func sameDefinition(name string) func(string) bool {
	return func(other string) bool { return other == name || slices.Contains(definition.Spellings(name), other) }
}
