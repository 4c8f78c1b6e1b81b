package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/definition"
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

// editorLooksUp asks the language server for the hover of each name and for the
// links of the file.
func editorLooksUp(t *testing.T, home, models string) map[string]look {
	t.Helper()
	text, err := os.ReadFile(models)
	if err != nil {
		t.Fatal(err)
	}
	ask := startServer(t, home, models, string(text))
	uri := "file://" + filepath.ToSlash(models)
	out := map[string]look{}
	lines := strings.Split(string(text), "\n")
	at := func(name string) (line, character int) {
		line = slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, `"`+name+`"`) })
		return line, strings.Index(lines[line], `"`+name+`"`) + 1
	}
	var links []struct {
		Range  struct{ Start struct{ Line, Character int } }
		Target string
	}
	for _, name := range lookupNames {
		line, character := at(name)
		var hover struct{ Contents struct{ Value string } }
		// The dataset is read in the background: until then hover says nothing of it.
		for range 10_000 {
			ask("textDocument/hover", fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}}`, uri, line, character), &hover)
			if strings.Contains(hover.Contents.Value, "n the dataset") {
				break
			}
		}
		switch {
		case strings.Contains(hover.Contents.Value, "In the dataset"):
			out[name] = look{has: true}
		case !strings.Contains(hover.Contents.Value, "Not in the dataset"):
			t.Errorf("the hover of %s says nothing of the dataset: %s", name, hover.Contents.Value)
		}
	}
	ask("textDocument/documentLink", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uri), &links)
	for _, name := range lookupNames {
		line, _ := at(name)
		for _, l := range links {
			if l.Range.Start.Line == line {
				out[name] = look{out[name].has, l.Target}
			}
		}
	}
	return out
}

// startServer starts the language server with a file open in it, and gives a
// function that sends a request and reads its result.
func startServer(t *testing.T, home, path, text string) (ask func(method, params string, into any)) {
	t.Helper()
	client := serveInProcess(t)
	id := 0
	ask = func(method, params string, into any) {
		t.Helper()
		id++
		client.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, id, method, params))
		for {
			var answer struct {
				ID     any             `json:"id"`
				Method string          `json:"method"`
				Result json.RawMessage `json:"result"`
				Error  json.RawMessage `json:"error"`
			}
			body := client.read(t)
			if err := json.Unmarshal([]byte(body), &answer); err != nil {
				t.Fatal(err)
			}
			switch {
			case answer.Method != "" && answer.ID != nil:
				client.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"result":null}`, quotedID(answer.ID)))
			case answer.Method == "" && fmt.Sprint(answer.ID) == fmt.Sprint(id):
				if answer.Error != nil {
					t.Fatalf("%s: %s", method, answer.Error)
				}
				if into != nil && string(answer.Result) != "null" {
					if err := json.Unmarshal(answer.Result, into); err != nil {
						t.Fatalf("%s: %v: %s", method, err, answer.Result)
					}
				}
				return
			}
		}
	}
	ask("initialize", fmt.Sprintf(`{"processId":null,"rootUri":%q,"capabilities":{"textDocument":{"hover":{"contentFormat":["markdown"]}}}}`, "file://"+filepath.ToSlash(home)), nil)
	client.send(t, `{"jsonrpc":"2.0","method":"initialized","params":{}}`)
	raw, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	client.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%q,"languageId":"typescript","version":1,"text":%s}}}`, "file://"+filepath.ToSlash(path), raw))
	return ask
}

// quotedID is a request's id as JSON.
func quotedID(id any) string {
	data, _ := json.Marshal(id) // it was JSON
	return string(data)
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
