package catalog

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

func TestCatalogueIsWhole(t *testing.T) {
	table, err := parse(modelsFile)
	if err != nil {
		t.Fatal(err)
	}
	if len(table.ids) < 220 {
		t.Errorf("%d models, want at least 220", len(table.ids))
	}
	repoID := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$`)
	date := regexp.MustCompile(`^20\d\d-\d\d-\d\d$`)
	for _, id := range table.ids {
		e, ok := Lookup(id)
		if !ok || !repoID.MatchString(e.RepoID) || !date.MatchString(e.Date) {
			t.Errorf("%s: %v %q %q", id, ok, e.RepoID, e.Date)
		}
		var config map[string]any
		if err := json.Unmarshal(e.Config, &config); err != nil || len(config) < 4 {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// The families of upstream's models.ts and coverage table.
func TestCatalogueCoversUpstream(t *testing.T) {
	for _, id := range []string{
		"deepseek-ai/DeepSeek-V3", "deepseek-ai/DeepSeek-R1", "deepseek-ai/DeepSeek-V3.2", "meta-llama/Llama-3.1-8B",
		"meta-llama/Llama-3.1-70B", "meta-llama/Llama-3.3-70B-Instruct", "meta-llama/Llama-3.2-3B", "mistralai/Mistral-7B-v0.3",
		"mistralai/Mistral-Nemo-Instruct-2407", "mistralai/Mixtral-8x7B-v0.1", "mistralai/Mixtral-8x22B-Instruct-v0.1",
		"Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-72B", "Qwen/Qwen3-8B", "Qwen/Qwen3-14B", "Qwen/Qwen3-30B-A3B", "Qwen/Qwen3-32B",
		"Qwen/Qwen3-235B-A22B", "Qwen/Qwen3-Next-80B-A3B-Instruct", "moonshotai/Kimi-K2-Instruct", "microsoft/phi-4",
		"meta-llama/Llama-3.1-405B", "meta-llama/Llama-4-Scout-17B-16E-Instruct", "meta-llama/Llama-4-Maverick-17B-128E-Instruct",
		"mistralai/Mistral-Small-3.1-24B-Instruct-2503", "zai-org/GLM-4.6", "MiniMaxAI/MiniMax-Text-01", "MiniMaxAI/MiniMax-M2",
		"google/gemma-3-27b-it", "nvidia/Nemotron-H-8B-Base-8K", "nvidia/Nemotron-H-47B-Base-8K",
	} {
		if _, ok := Lookup(id); !ok {
			t.Errorf("%s is not there", id)
		}
	}
}

func TestLookupTakesAnyCase(t *testing.T) {
	e, ok := Lookup(" QWEN/qwen3-30b-A3B ")
	if !ok || e.RepoID != "Qwen/Qwen3-30B-A3B" {
		t.Errorf("Lookup = %q %v", e.RepoID, ok)
	}
	if _, ok := Lookup("Qwen/Qwen3-31B"); ok {
		t.Error("Lookup found a model that is not there")
	}
	e.Config[0] = 'x'
	if again, _ := Lookup("Qwen/Qwen3-30B-A3B"); again.Config[0] != '{' {
		t.Error("a caller could write into the catalogue")
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		in, out string
		renamed bool
	}{
		{"moonshot-ai/kimi-k2", "moonshotai/Kimi-K2-Instruct", true},
		{"Moonshot-AI/Kimi-K2", "moonshotai/Kimi-K2-Instruct", true},
		{"qwen/qwen3-30b-a3b", "Qwen/Qwen3-30B-A3B", false},
		{"my-org/My-Model", "my-org/My-Model", false},
	} {
		if out, renamed := Resolve(c.in); out != c.out || renamed != c.renamed {
			t.Errorf("Resolve(%s) = %s %v", c.in, out, renamed)
		}
	}
}

func TestNamed(t *testing.T) {
	for name, want := range map[string]string{
		"llama-3.1-8b": "meta-llama/Llama-3.1-8B", "Qwen3 30B A3B": "Qwen/Qwen3-30B-A3B", "someone/DeepSeek_V3": "deepseek-ai/DeepSeek-V3",
	} {
		if ids := Named(name); len(ids) == 0 || ids[0] != want {
			t.Errorf("Named(%s) = %v", name, ids)
		}
	}
	for name, want := range map[string]string{
		"kimi-k2": "moonshotai/Kimi-K2-Base", "nemotron-h-8b": "nvidia/Nemotron-H-8B-Base-8K", "qwen3-next-80b-a3b": "Qwen/Qwen3-Next-80B-A3B-Instruct",
		"llama-4-maverick-17b-128e": "meta-llama/Llama-4-Maverick-17B-128E-Instruct", "llama-3-8b": "meta-llama/Meta-Llama-3-8B",
		"minimax-m2": "MiniMaxAI/MiniMax-M2", "mistral-nemo": "mistralai/Mistral-Nemo-Base-2407",
	} {
		if ids := Named(name); len(ids) == 0 || ids[0] != want {
			t.Errorf("Named(%s) = %v, want %s first", name, ids, want)
		}
	}
	if ids := Named("no-such-model"); ids != nil {
		t.Errorf("Named = %v", ids)
	}
}

func TestSuggest(t *testing.T) {
	for in, want := range map[string]string{
		"Qwen/Qwen3-30B-A3": "Qwen/Qwen3-30B-A3B", "deepseek/DeepSeek-V3": "deepseek-ai/DeepSeek-V3",
		"meta-lama/Llama-3.1-8B": "meta-llama/Llama-3.1-8B", "kimi-k2-instruct": "moonshotai/Kimi-K2-Instruct",
	} {
		if ids := Suggest(in); len(ids) == 0 || ids[0] != want {
			t.Errorf("Suggest(%s) = %v, want %s first", in, ids, want)
		}
	}
	for _, in := range []string{"", "zzzzzzzzzz/yyyyyyyyyyyyyy", strings.Repeat("a", 10_000)} {
		if ids := Suggest(in); ids != nil {
			t.Errorf("Suggest(%.20q) = %v, want none", in, ids)
		}
	}
}

func TestParseRefusesABrokenCatalogue(t *testing.T) {
	for _, text := range []string{`{"id": `, "{\"id\":\"a/b\",\"config\":{}}\n{\"id\":\"A/B\",\"config\":{}}"} {
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
