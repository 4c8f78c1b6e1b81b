package classes_test

import (
	"slices"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
)

// TestDefaultTypes finds the configuration class of a model class where only
// SGLang's source says it.
func TestDefaultTypes(t *testing.T) {
	src := baselinetest.Tree(`
-- python/sglang/srt/configs/mine.py --
from transformers import AutoConfig, PretrainedConfig
class PlainThing(PretrainedConfig):
    model_type = "plain_thing"
    def __init__(self, hidden_size=16, **kwargs):
        self.hidden_size = hidden_size
        super().__init__(**kwargs)
class Outer(PretrainedConfig):
    model_type = "outer_vl"
    def __init__(self, **kwargs):
        self.text_config = PlainThing()
        self.text_config.architectures = ["NamedForCausalLM"]
        super().__init__(**kwargs)
AutoConfig.register("plain_thing", PlainThing)
AutoConfig.register("outer_vl", Outer)
-- python/sglang/srt/models/mine.py --
from typing import Optional
from torch import nn
from sglang.srt.configs.mine import PlainThing
from sglang.srt.layers.logits_processor import LogitsProcessor
class AnnotatedForCausalLM(nn.Module):
    def __init__(self, config: PlainThing, quant_config: Optional[object] = None):
        self.logits_processor = LogitsProcessor(config)
class NamedForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None):
        self.logits_processor = LogitsProcessor(config)
class ExtendedForCausalLM(AnnotatedForCausalLM):
    pass
class UnknownForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None):
        self.logits_processor = LogitsProcessor(config)
EntryClass = [AnnotatedForCausalLM, NamedForCausalLM] + [ExtendedForCausalLM]
EntryClass += [UnknownForCausalLM]
`)
	r := baseline.NewReader(src, nil)
	for class, want := range map[string]string{
		"AnnotatedForCausalLM": "plain_thing", "NamedForCausalLM": "plain_thing", "ExtendedForCausalLM": "plain_thing", "UnknownForCausalLM": "",
	} {
		if _, err := r.Find(class); err != nil {
			t.Errorf("%s: %v", class, err)
		}
		config := r.DefaultConfig(class)
		if (config != nil) != (want != "") {
			t.Errorf("%s: config %v", class, config)
			continue
		}
		if config == nil {
			continue
		}
		names, _ := config.Strings("architectures")
		if got, _ := config.String("model_type"); got != want || !slices.Equal(names, []string{class}) {
			t.Errorf("%s: model_type %q, architectures %v", class, got, names)
		}
	}
}
