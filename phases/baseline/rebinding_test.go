package baseline

import (
	"strconv"
	"testing"
)

// rowAt is the first row of a path; nil when the tree has none.
func rowAt(impl *Implementation, path string) *Module {
	for i := range impl.Modules {
		if impl.Modules[i].Path == path {
			return &impl.Modules[i]
		}
	}
	return nil
}

// expectLinear checks the sizes of a linear layer, embedding or head.
func expectLinear(t *testing.T, impl *Implementation, path string, n, k int) {
	t.Helper()
	r := rowAt(impl, path)
	switch {
	case r == nil:
		t.Errorf("the tree has no %s", path)
	case r.N == nil || r.K == nil || *r.N != n || *r.K != k:
		t.Errorf("%s has n=%v k=%v, want %d and %d", path, number(r.N), number(r.K), n, k)
	}
}

// number writes a size for a message.
func number(p *int) string {
	if p == nil {
		return "not known"
	}
	return strconv.Itoa(*p)
}

// TestClassOfItsBasesName reads a draft model as EAGLE's are written: its
// layer extends the imported layer of the same name and deletes parts of it, and
// a function is wrapped under its own name.
func TestClassOfItsBasesName(t *testing.T) {
	const tree = `
-- python/sglang/srt/models/plain.py --
from torch import nn
from sglang.srt.layers.linear import QKVParallelLinear, ReplicatedLinear
class Layer(nn.Module):
    def __init__(self, config, idx):
        super().__init__()
        self.hidden_size = config.hidden_size
        self.qkv = QKVParallelLinear(config.hidden_size, 64, 8)
        self.out = ReplicatedLinear(512, config.hidden_size)
        self.first, self.second = ReplicatedLinear(1, 2), ReplicatedLinear(3, 4)
-- python/sglang/srt/models/draft.py --
from torch import nn
from sglang.srt.layers.linear import QKVParallelLinear, ReplicatedLinear
from sglang.srt.layers.logits_processor import LogitsProcessor
from sglang.srt.models.plain import Layer
class Layer(Layer):
    def __init__(self, config, idx):
        super().__init__(config, idx)
        self.qkv = QKVParallelLinear(2 * self.hidden_size, 64, 8)
        if idx == 0:
            del self.first, self.second
def widen(x):
    return 3 * x
def twice(f):
    return lambda x: f(f(x))
widen = twice(widen)
class DraftModel(nn.Module):
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
        self.fc = ReplicatedLinear(widen(config.hidden_size), config.hidden_size)
        self.layers = nn.ModuleList([Layer(config, i) for i in range(config.num_hidden_layers)])
        self.logits_processor = LogitsProcessor(config)
EntryClass = DraftModel
`
	impl := analyseArchive(t, tree, "DraftModel", `{"architectures": ["DraftModel"], "model_type": "draft", "hidden_size": 256, "num_hidden_layers": 1}`)
	if !impl.Decided {
		t.Errorf("not decided: %+v", impl.Undecided)
	}
	expectLinear(t, impl, "layers.qkv", 1536, 512)
	expectLinear(t, impl, "layers.out", 256, 512)
	expectLinear(t, impl, "fc", 256, 9*256)
	for _, path := range []string{"layers.first", "layers.second"} {
		if r := rowAt(impl, path); r != nil {
			t.Errorf("a deleted module is in the tree: %+v", *r)
		}
	}
}
