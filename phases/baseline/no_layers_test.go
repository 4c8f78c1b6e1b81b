package baseline_test

import (
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
)

// TestNoLanguageModel: a class whose language model could not be made has a
// tower's layers alone. It is not decided, and the reason names the attribute.
func TestNoLanguageModel(t *testing.T) {
	const tree = `
-- python/sglang/srt/models/half.py --
from torch import nn
from sglang.srt.layers.linear import ReplicatedLinear

class VisionLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.fc = ReplicatedLinear(8, 8)

class VisionTower(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.layers = nn.ModuleList([VisionLayer(config) for _ in range(2)])

class HalfForConditionalGeneration(nn.Module):
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
        self.vision_tower = VisionTower(config)
        self.language_model = config.nobody_knows_this(config)

    def forward(self, input_ids, positions, forward_batch):
        return run_routine(input_ids, forward_batch, language_model=self.language_model)

EntryClass = HalfForConditionalGeneration
`
	impl := baselinetest.Analyse(t, tree, "HalfForConditionalGeneration", `{"model_type": "half", "hidden_size": 8}`)
	if impl.Decided {
		t.Fatalf("decided: %+v", impl.Modules)
	}
	said := ""
	for _, u := range impl.Undecided {
		said += u.Reason + "\n"
	}
	if !strings.Contains(said, "language_model") {
		t.Errorf("the reason does not name it: %s", said)
	}
}
