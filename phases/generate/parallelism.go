package generate

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// serving is a recommended setting for the models that a pattern matches.
type serving struct {
	repo   *regexp.Regexp // on the repo id in lower case
	tp, ep int
}

// cookbook are the serving settings that sgl-cookbook recommends, as the
// FlashInfer-Bench documentation quotes them (facts of 2026-04-30). The first
// match wins; for a model that none matches, cookbook.txt is asked.
var cookbook = []serving{
	{regexp.MustCompile(`distill`), 1, 1}, // distilled models have other models' architectures
	{regexp.MustCompile(`deepseek-v[34](?:[.-]|$)|deepseek-r1`), 8, 8},
	{regexp.MustCompile(`kimi-k2`), 8, 8},
	{regexp.MustCompile(`llama-?3(?:\.[13])?-70b`), 4, 1},
	{regexp.MustCompile(`llama-?3\.1-405b`), 4, 1},
	{regexp.MustCompile(`llama-4-(?:scout|maverick)`), 8, 1},
	{regexp.MustCompile(`qwen2\.5-72b`), 8, 1},
	{regexp.MustCompile(`qwen3-(?:vl-)?235b-a22b`), 8, 2},
	{regexp.MustCompile(`qwen3-(?:coder-)?next`), 2, 1},
	{regexp.MustCompile(`qwen3-(?:vl-)?32b`), 4, 1},
	{regexp.MustCompile(`qwen3-14b`), 2, 1},
	{regexp.MustCompile(`mixtral-8x22b`), 2, 1},
	{regexp.MustCompile(`mistral-small-3\.[12]`), 2, 1},
	{regexp.MustCompile(`minimax-m2`), 8, 1},
	{regexp.MustCompile(`glm-4\.6$|glm-4\.6-fp8`), 8, 8},
	{regexp.MustCompile(`nemotron-?h-47b`), 8, 1},
}

// chooseParallelism settles TP and EP: as asked for, else as the cookbook
// recommends where that divides the model, else 1.
func chooseParallelism(a *extract.Architecture, opts Options) (Parallelism, []string, error) {
	if opts.TP < 0 || opts.EP < 0 {
		return Parallelism{}, nil, fmt.Errorf("TP=%d, EP=%d: parallelism is at least 1", opts.TP, opts.EP)
	}
	par := Parallelism{TP: 1, EP: 1, From: "default"}
	var warnings []string
	if opts.TP == 0 || opts.EP == 0 {
		if s, ok := recommended(a.ModelID); ok {
			if why := indivisible(a, s.tp, s.ep); why != "" {
				warnings = append(warnings, fmt.Sprintf("the recommended TP=%d, EP=%d does not fit this model (%s): TP=1, EP=1 is used", s.tp, s.ep, why))
			} else {
				par = Parallelism{TP: s.tp, EP: s.ep, From: "cookbook", Documented: s.repo != nil}
				if l := CookbookServing(a.ModelID).usual(); s.repo != nil && l != (Layout{TP: s.tp, EP: s.ep}) {
					par.Cookbook = l
				}
			}
		}
	}
	if opts.TP > 0 {
		par = Parallelism{TP: opts.TP, EP: par.EP, From: "flag"}
	}
	if opts.EP > 0 {
		par = Parallelism{TP: par.TP, EP: opts.EP, From: "flag"}
	}
	if why := indivisible(a, par.TP, par.EP); why != "" {
		return par, warnings, fmt.Errorf("TP=%d, EP=%d does not fit this model: %s", par.TP, par.EP, why)
	}
	return par, warnings, nil
}

func recommended(repo string) (serving, bool) {
	repo = strings.ToLower(repo)
	for _, s := range cookbook {
		if s.repo.MatchString(repo) {
			return s, s.tp > 1 || s.ep > 1
		}
	}
	l := CookbookServing(repo).usual()
	return serving{tp: l.TP, ep: l.EP}, l.TP > 1 || l.EP > 1
}

// indivisible says which number of the model TP or EP does not divide.
func indivisible(a *extract.Architecture, tp, ep int) string {
	for _, k := range a.AttentionKinds {
		for _, size := range []struct {
			n    int
			what string
		}{
			{k.NumHeads, "attention heads"}, {k.LinearNumKeyHeads, "linear-attention key heads"},
			{k.LinearNumValueHeads, "linear-attention value heads"}, {k.MambaNumHeads, "Mamba heads"},
		} {
			if size.n%tp != 0 {
				return fmt.Sprintf("%d %s cannot be split over %d devices", size.n, size.what, tp)
			}
		}
		if kv := k.NumKVHeads; kv > 0 && kv%tp != 0 && tp%kv != 0 {
			return fmt.Sprintf("%d KV heads cannot be split or replicated over %d devices", kv, tp)
		}
	}
	for _, k := range a.MLPKinds {
		if k.MoE != nil && k.MoE.NumExperts%ep != 0 {
			return fmt.Sprintf("%d experts cannot be split over EP=%d", k.MoE.NumExperts, ep)
		}
	}
	return ""
}
