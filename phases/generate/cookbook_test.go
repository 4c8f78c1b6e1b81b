package generate

import (
	"fmt"
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
	for repo, s := range cookbookRows() {
		for machine, list := range s {
			for _, l := range list {
				if l.TP < 1 || l.EP < 1 {
					t.Errorf("%s on %s: %+v", repo, machine, l)
				}
			}
		}
	}
	if len(cookbookRows()) < 100 {
		t.Errorf("only %d rows", len(cookbookRows()))
	}
}
