package extract

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

// parameters counts the weights of an Architecture, in billions.
func parameters(a *Architecture) float64 {
	total := float64(a.VocabSize) * float64(a.HiddenSize)
	if !a.TieWordEmbeddings {
		total *= 2
	}
	add := func(list []Dimension, times int) {
		for _, d := range list {
			total += float64(max(d.Times, 1)*times) * float64(d.N) * float64(max(d.K, 1))
		}
	}
	for _, k := range a.AttentionKinds {
		add(k.Dimensions, k.Layers*max(k.PerLayer, 1))
	}
	for _, k := range a.MLPKinds {
		add(k.Dimensions, k.Layers)
		if k.MoE != nil {
			width := a.HiddenSize
			if k.MoE.ExpertHiddenSize > 0 {
				width = k.MoE.ExpertHiddenSize
			}
			matrices := 2
			if k.Gated {
				matrices = 3
			}
			total += float64(k.Layers*matrices) * float64(k.MoE.NumExperts) * float64(width) * float64(k.MoE.MoEIntermediateSize)
		}
	}
	add(a.Extra, 1)
	return total / 1e9
}

// published are parameter totals, in billions, of models whose name does not
// say it or rounds it away.
var published = map[string]float64{
	"deepseek-ai/DeepSeek-V3": 671, "deepseek-ai/DeepSeek-V2-Chat": 236, "deepseek-ai/DeepSeek-V2-Lite": 15.7, "moonshotai/Kimi-K2-Instruct": 1026,
	"MiniMaxAI/MiniMax-Text-01": 456, "MiniMaxAI/MiniMax-M2": 229, "mistralai/Mixtral-8x7B-v0.1": 46.7, "mistralai/Mixtral-8x22B-Instruct-v0.1": 141,
	"zai-org/GLM-4.6": 353, "zai-org/GLM-4.5-Air": 107, "google/gemma-7b": 8.54, "microsoft/Phi-3-mini-4k-instruct": 3.82, "microsoft/Phi-3.5-MoE-instruct": 41.9,
	"meta-llama/Llama-4-Scout-17B-16E-Instruct": 107.8, "meta-llama/Llama-4-Maverick-17B-128E-Instruct": 400.7, "microsoft/phi-4": 14.7, "microsoft/phi-2": 2.78,
	"Qwen/Qwen2-57B-A14B-Instruct": 57.4, "databricks/dbrx-instruct": 131.6, "ai21labs/Jamba-v0.1": 51.6, "mistralai/Mistral-Large-Instruct-2407": 122.6,
	"mistralai/Mistral-Nemo-Instruct-2407": 12.2, "openai-community/gpt2": 0.124, "openai-community/gpt2-xl": 1.56, "bigscience/bloom": 176.2,
	"CohereLabs/c4ai-command-r-plus": 104, "CohereLabs/c4ai-command-r-v01": 35, "CohereLabs/c4ai-command-a-03-2025": 111, "bigcode/starcoder": 15.5,
	"ibm-granite/granite-4.0-h-small": 32.2, "tencent/Hunyuan-A13B-Instruct": 80.4, "XiaomiMiMo/MiMo-V2-Flash": 309, "allenai/OLMoE-1B-7B-0924": 6.92,
	"ibm-granite/granite-3.0-3b-a800m-base": 3.3, "CohereLabs/c4ai-command-r7b-12-2024": 8.03, "tiiuae/falcon-mamba-7b-instruct": 7.27,
	"google/gemma-2-2b": 2.61, "ibm-granite/granite-3.0-2b-base": 2.53, "meta-llama/Llama-3.2-1B": 1.236, "meta-llama/Llama-3.2-1B-Instruct": 1.236,
	"meta-llama/Llama-4-Scout-17B-16E": 107.8, "microsoft/bitnet-b1.58-2B-4T": 2.41,
	"arcee-ai/Trinity-Mini": 26.1, "arcee-ai/Trinity-Nano-Preview": 6.12, "inclusionAI/Ling-lite-1.5": 16.8, "inclusionAI/Ling-mini-2.0": 16.3,
	"inclusionAI/LLaDA2.0-mini": 16.3, "jet-ai/Jet-Nemotron-2B": 1.96, "jet-ai/Jet-Nemotron-4B": 3.96, "LiquidAI/LFM2-8B-A1B": 8.34,
	"microsoft/Phi-3-small-8k-instruct": 7.39, "openbmb/MiniCPM-2B-sft-bf16": 2.72, "stepfun-ai/Step-3.5-Flash": 196.9, "CofeAI/Tele-FLM": 52.8,
	"upstage/solar-pro-preview-instruct": 22.1, "hpcai-tech/grok-1": 314, "xai-org/grok-2": 270, "xverse/XVERSE-MoE-A4.2B": 25.8,
	"sarvamai/sarvam-105b": 106, "tiiuae/Falcon-H1-7B-Instruct": 7.59, "zai-org/GLM-4.7-Flash": 30, "LGAI-EXAONE/K-EXAONE-236B-A23B": 236.6,
}

var billions = regexp.MustCompile(`(?i)[-_](\d+(?:\.\d+)?)b(?:[-_]|$)`)

// A model's name, or what was published of it, says how many weights its
// layers must add up to.
func TestCatalogueAddsUpToTheParametersOfItsModels(t *testing.T) {
	checked := 0
	for _, id := range catalog.IDs() {
		e, _ := catalog.Lookup(id)
		a, err := Read(e.Config, Options{RepoID: id, Source: Source{From: "catalogue"}})
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		want, tolerance := published[id], 0.015
		if want == 0 {
			m := billions.FindStringSubmatch(strings.ReplaceAll(id, "E4B", ""))
			if m == nil {
				continue
			}
			want, _ = strconv.ParseFloat(m[1], 64)
			tolerance = 0.13
		}
		checked++
		if got := parameters(a); got < want*(1-tolerance) || got > want*(1+tolerance) {
			t.Errorf("%s: its layers have %.3f billion weights, want %.3g", id, got, want)
		}
		for _, w := range a.Warnings {
			t.Logf("%s: %s", id, w)
		}
	}
	if checked < 100 {
		t.Errorf("only %d models could be checked", checked)
	}
	t.Logf("%d of %d models checked", checked, len(catalog.IDs()))
}
