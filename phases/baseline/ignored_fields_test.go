package baseline_test

import (
	"slices"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// TestIgnoredBesideTower: what a class reads of its tower's configuration, or of
// one that it makes itself, is not read of the language model's.
func TestIgnoredBesideTower(t *testing.T) {
	const tree = `
-- python/sglang/srt/models/pair.py --
from torch import nn
from transformers import CLIPVisionConfig
from sglang.srt.layers.linear import ReplicatedLinear

class PairForConditionalGeneration(nn.Module):
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
        raw = config.vision_config
        if hasattr(raw, "to_dict"):
            raw = raw.to_dict()
        vision = CLIPVisionConfig.from_dict(raw)
        vision = CLIPVisionConfig.from_dict(vision.to_dict())
        self.tower = ReplicatedLinear(vision.head_dim, 8)
        text = config.text_config
        self.up = ReplicatedLinear(text.hidden_size, text.intermediate_size)

    def forward(self, x):
        return self.up(x)

EntryClass = PairForConditionalGeneration
`
	config := `{"model_type": "pair", "vision_config": {"head_dim": 4}, "text_config": {"hidden_size": 8, "intermediate_size": 16, "head_dim": 2}}`
	cfg, _, err := extract.ParseConfig([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	impl := baselinetest.AnalyseText(t, tree, "PairForConditionalGeneration", cfg, cfg.Object("text_config"))
	if !slices.Equal(impl.IgnoredFields, []string{"head_dim"}) {
		t.Errorf("ignored: %v", impl.IgnoredFields)
	}
}
