package baseline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
	"github.com/fib-ls/fib-ls/phases/baseline/engine"
)

// TestUndecidedSaysWhereAndWhy: what a constructor raises is told with its
// message and line, and a size that the configuration leaves empty as such.
func TestUndecidedSaysWhereAndWhy(t *testing.T) {
	const head = `
-- python/sglang/srt/models/odd.py --
from torch import nn
from sglang.srt.layers.linear import ReplicatedLinear
class OddForCausalLM(nn.Module):
    def __init__(self, config, quant_config=None):
        super().__init__()
`
	const tail = "EntryClass = OddForCausalLM\n"
	for name, c := range map[string]struct{ body, location, reason string }{
		"raise":  {"        raise ValueError(f'only {config.hidden_size} heads')\n", "odd.py:6", "ValueError: only 8 heads"},
		"unpack": {"        self.a, self.b = [1, 2, 3]\n", "odd.py:6", "too many values to unpack (expected 2, got 3)"},
		"few":    {"        self.a, self.b, self.c = [1, 2]\n", "odd.py:6", "not enough values to unpack (expected 3, got 2)"},
		"none":   {"        self.a = ReplicatedLinear(config.hidden_size, config.empty + 1)\n", "odd.py:6", "None"},
	} {
		impl := baselinetest.Analyse(t, head+c.body+tail, "OddForCausalLM", `{"hidden_size": 8, "empty": null}`)
		if impl.Decided || len(impl.Undecided) == 0 {
			t.Errorf("%s: decided", name)
			continue
		}
		u := impl.Undecided[0]
		if !strings.HasSuffix(u.Location, c.location) || !strings.Contains(u.Reason, c.reason) || u.Missing == nil {
			t.Errorf("%s: %+v", name, u)
		}
	}
}

// TestUnreadableFiles: files of a clone that lacks objects are told once, not
// each by itself.
func TestUnreadableFiles(t *testing.T) {
	src := lackingSource{baselinetest.Constructor("self.p = RowParallelLinear(8, 8)\nfrom sglang.srt.layers.moe import x\nself.q = x.Y()")}
	src.Files["python/sglang/srt/layers/moe.py"] = ""
	impl, err := baseline.NewReader(src, nil).Analyse(context.Background(), "Bad", baselinetest.BadConfig(), nil, baseline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(impl.Notes, "; ")
	if impl.Decided || len(impl.Notes) != 1 || !strings.Contains(notes, "2 files of the tree cannot be read, the first: reading python/sglang/srt/layers/linear.py: no such object") {
		t.Errorf("decided %v, notes %q", impl.Decided, notes)
	}
}

// lackingSource lists the layers but has only the models.
type lackingSource struct{ baselinetest.Files }

func (s lackingSource) ReadFile(path string) ([]byte, error) {
	if _, ok := s.Files[path]; ok && !strings.HasPrefix(path, engine.ModelsDir) {
		return nil, fmt.Errorf("reading %s: no such object", path)
	}
	return s.Files.ReadFile(path)
}

// TestEmptyTreeIsNotDecided reads entry classes that make nothing which could be
// read, or raise: neither is a decided tree, and both say why.
func TestEmptyTreeIsNotDecided(t *testing.T) {
	const tree = `
-- python/sglang/srt/models/empty.py --
from torch import nn
class Empty:
    def __init__(self, config, quant_config=None, prefix=""):
        self.config = config
class Raises(nn.Module):
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
        raise ValueError(f"no {config.kind} layers")
EntryClass = [Empty, Raises]
`
	for class, why := range map[string]string{"Empty": "no modules", "Raises": "no odd layers"} {
		impl := baselinetest.Analyse(t, tree, class, `{"architectures": ["`+class+`"], "model_type": "empty", "kind": "odd"}`)
		if impl.Decided || len(impl.Undecided) != 1 || !strings.Contains(impl.Undecided[0].Reason, why) {
			t.Errorf("%s: decided %v, %+v", class, impl.Decided, impl.Undecided)
		}
	}
}
