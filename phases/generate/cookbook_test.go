package generate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCookbookServing(t *testing.T) {
	for repo, want := range map[string]string{
		"Qwen/Qwen3-Next-80B-A3B-Instruct":          "[{2 1} {4 1}]",
		"Qwen/Qwen3-Next-80B-A3B-Base":              "[]", // the cookbook has two variants, neither of which it is one of
		"deepseek-ai/DeepSeek-V3.2":                 "[{8 1} {8 8}]",
		"deepseek-ai/DeepSeek-R1":                   "[{8 1} {8 8}]", // by R1-0528
		"moonshotai/Kimi-K2-Instruct-0905":          "[{8 1} {8 4}]",
		"unsloth/Qwen3-8B":                          "[{1 1}]",
		"deepseek-ai/DeepSeek-R1-Distill-Llama-70B": "[]",
		"Qwen/Qwen3-235B-A22B-FP8":                  "[{8 2}]",
		"Qwen/Qwen3-235B-A22B":                      "[{8 1}]",
		"Qwen/Qwen3-235B-A22B-GPTQ-Int4":            "[]",
		"nobody/nothing":                            "[]",
	} {
		if got := fmt.Sprint(CookbookServing(repo).All()); got != want {
			t.Errorf("%s: %s, want %s", repo, got, want)
		}
	}
	for _, row := range cookbookRows() {
		for machine, list := range row.serving {
			for _, l := range list {
				if l.TP < 1 || l.EP < 1 {
					t.Errorf("%s on %s: %+v", row.repo, machine, l)
				}
			}
		}
	}
	if len(cookbookRows()) < 100 {
		t.Errorf("only %d rows", len(cookbookRows()))
	}
}

// TestRecommended holds an entry's parallelism to what the cookbook says of the
// model, wherever FlashInfer-Bench's documentation does not say otherwise.
func TestRecommended(t *testing.T) {
	for repo, want := range map[string]string{
		"openai/gpt-oss-120b":                       "8 1 true",
		"Qwen/Qwen3-14B":                            "2 1 true",  // documented; the cookbook's own table has 1
		"google/gemma-4-31B-it":                     "1 1 false", // b200 has one device, h200 two
		"zai-org/GLM-5":                             "16 1 true",
		"deepseek-ai/DeepSeek-R1-Distill-Llama-70B": "1 1 false",
		"nobody/nothing":                            "0 0 false",
	} {
		s, ok := recommended(repo)
		if got := fmt.Sprint(s.tp, s.ep, ok); got != want {
			t.Errorf("%s: %s, want %s", repo, got, want)
		}
	}
	documented := func(repo string) bool {
		return slices.ContainsFunc(cookbook, func(s serving) bool { return s.repo.MatchString(strings.ToLower(repo)) })
	}
	for _, repo := range CookbookRepos() {
		if s, _ := recommended(repo); !documented(repo) && !slices.Contains(CookbookServing(repo).All(), Layout{TP: s.tp, EP: s.ep}) {
			t.Errorf("%s: TP=%d EP=%d is none of the cookbook's layouts", repo, s.tp, s.ep)
		}
	}
}
