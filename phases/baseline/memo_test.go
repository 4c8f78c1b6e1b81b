package baseline

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// bothWays analyses a class with templates of layers and without, and says
// whether the templates had to be abandoned.
func bothWays(t *testing.T, r *Reader, class string, cfg *extract.Object, opts Options) (with, without string, abandoned bool) {
	t.Helper()
	text := func(impl *Implementation, err error) string {
		if err != nil {
			return err.Error()
		}
		data, err := json.MarshalIndent(impl, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	impl, abandoned, err := r.analyse(t.Context(), class, cfg, nil, opts, false)
	if abandoned {
		impl, err = r.Analyse(t.Context(), class, cfg, nil, opts)
	}
	plain, _, plainErr := r.analyse(t.Context(), class, cfg, nil, opts, true)
	return text(impl, err), text(plain, plainErr), abandoned
}

// TestTemplatesChangeNothing: for every config at hand and for every class of
// the index with its defaults, evaluating each of a model's layers by itself
// gives the same result to the byte; and hardly any class needs that.
func TestTemplatesChangeNothing(t *testing.T) {
	r := NewReader(NewEmbedded(), nil)
	all, abandoned := 0, 0
	check := func(name, class string, cfg *extract.Object, opts Options) {
		all++
		with, without, again := bothWays(t, r, class, cfg, opts)
		if again {
			abandoned++
			t.Logf("%s %s: abandoned", name, class)
		}
		if with != without {
			t.Errorf("%s %s: with templates and without differ: %s", name, class, firstDifference(without, with))
		}
	}
	classes, err := r.Classes()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range classes {
		if cfg := r.DefaultConfig(c.Name); cfg != nil {
			check("defaults", c.Name, cfg, Options{})
		}
	}
	files, _ := filepath.Glob(filepath.Join("testdata", "configs", "*.json"))
	shared, _ := filepath.Glob(filepath.Join("..", "..", "testdata", "configs", "*.json"))
	files = append(files, shared...)
	if dir := goldDir(t); dir != "" {
		real, _ := filepath.Glob(filepath.Join(dir, "configs", "*.json"))
		files = append(files, real...)
	}
	for i, f := range files {
		cfg := readConfig(t, f)
		for _, arch := range architecturesOf(cfg) {
			check(filepath.Base(f), arch, cfg, Options{TP: 1 + 7*(i%2)})
		}
	}
	t.Logf("%d of %d analyses needed every layer by itself", abandoned, all)
	if abandoned*20 > all {
		t.Errorf("%d of %d analyses needed every layer by itself: templates help too few", abandoned, all)
	}
}

// TestTemplatesFromSource does so for a source tree, one config of each class.
func TestTemplatesFromSource(t *testing.T) {
	dir, tree := goldDir(t), sglangTree(t)
	if dir == "" || tree == nil {
		t.Skip("needs the gold data and an SGLang source tree")
	}
	r := NewReader(tree, nil)
	for _, g := range readGold(t, dir, "layers.json") {
		with, without, _ := bothWays(t, r, g.EntryClass, readConfig(t, filepath.Join(dir, "configs", g.Config)), Options{})
		if with != without {
			t.Errorf("%s: with templates and without differ: %s", g.Config, firstDifference(without, with))
		}
	}
}

// TestTemplatesAreUsed: a model of a hundred like layers costs few objects.
func TestTemplatesAreUsed(t *testing.T) {
	r := NewReader(NewEmbedded(), nil)
	count := func(plain bool) int {
		cfg := readConfig(t, filepath.Join("testdata", "configs", "deepseek-v3.json"))
		run := &analysis{reader: r, cfg: cfg}
		run.in = newInterp(context.Background(), r, Limits{}, environmentFacts{tp: 1, fusionDisabled: true, sm: 90})
		run.in.plain = plain
		run.in.configClasses = r.configClassOf
		run.conf = run.config()
		run.entry = ClassInfo{Name: "DeepseekV3ForCausalLM", File: "python/sglang/srt/models/deepseek_v2.py"}
		run.build()
		return run.in.objects
	}
	if with, without := count(false), count(true); with*5 > without {
		t.Errorf("%d objects with templates, %d without", with, without)
	}
}

// What a program of FuzzTemplates is made of: each byte of the input adds one
// line of a group. They are what real constructors do, and what could tell
// layers apart.
var (
	makingLines = []string{
		"self.layers = make_layers(config.n, lambda idx, prefix: Layer(config, idx, prefix), prefix='layers')",
		"self.layers = nn.ModuleList([Layer(config, i, f'layers.{i}') for i in range(config.n)])",
		"self.layers, self.start, self.end = make_layers(config.n, lambda idx, prefix: Layer(config=config, layer_id=idx, prefix=prefix), pp_rank=0, pp_size=1)",
		"self.layers = nn.ModuleList([Layer(config, i, '') if i != 1 else Other(config, layer_id=i) for i in range(config.n)])",
		"self.layers = nn.ModuleList([Layer(config, i + 1, '') for i in range(config.n)])",
	}
	layerLines = []string{
		"self.layer_id = layer_id",
		"self.a = Lin(8, 8, prefix=prefix) if layer_id == 0 else None",
		"self.a = Lin(8, config.sizes[layer_id])",
		"self.a = Lin(8, 8 + layer_id)",
		"self.a = Lin(8, layer_id if layer_id > 2 else 2)",
		"self.a = Lin(8, config.letters[: layer_id + 1].count('m') + 1)",
		"self.a = Lin(8, 7 if config.letters[layer_id] == 'm' else 9, prefix=prefix + '.a')",
		"self.a = Lin(8, 1 + (layer_id % 2))",
		"self.a = Lin(8, 1 + max(layer_id - 2, 0) % 2)",
		"self.a = Lin(8, 2 * (layer_id // 2) + 2)",
		"self.a = Lin(8, int((prefix + '.5').split('.')[-1]) + len(prefix))",
		"self.a = Lin(8, 3 if prefix.replace('layers', 'x').startswith('x') else 4)",
		"self.a = Lin(8, len(str(layer_id)) + 1)",
		"config.counter = config.counter + 1\nself.a = Lin(8, config.counter)",
		"config.last = layer_id\nself.b = Lin(8, config.last + 1)",
		"config.scaling['kind'] = 'yarn'\nself.b = Lin(8, len(config.scaling) + 1)",
		"SEEN.append(layer_id)\nself.b = Lin(8, len(SEEN))",
		"CACHE[layer_id % 3] = self\nself.b = Lin(8, len(CACHE))",
		"self.b = CACHE.setdefault(layer_id % 2, Lin(8, 8))",
		"kw = dict(input_size=8, output_size=6, prefix=prefix)\nkw.update(output_size=5)\nself.b = Lin(**kw)",
		"kw = {'output_size': layer_id + 1}\nself.b = Lin(8, **kw)",
		"self.b = nn.ModuleList([Sub(config, j, layer_id) for j in range(3)])",
		"self.sub = Sub(config, 1, layer_id=layer_id)",
		"self.sub = Sub(config, layer_id, 2)",
		"f = lambda: layer_id\nself.c = Lin(8, f() + 1)",
		"self.get = lambda: layer_id",
		"items = [layer_id, 1]\nitems.append(2)\nself.c = Lin(8, items[0] + 1)",
		"items = []\nitems.append(8)\nself.c = Lin(items[0], 8)",
		"if config.absent:\n    self.c = Lin(8, 8)\n    self.d = Lin(8, layer_id)",
		"if layer_id in config.some or layer_id < 1:\n    self.c = Lin(8, 5)",
		"self.name = f'{prefix}.{layer_id}'\nif self.name == '.2':\n    self.d = Lin(8, 2)",
		"for i in range(layer_id):\n    self.d = Lin(8, i + 1)",
		"self.d = Lin(8, config.table.get(layer_id, 3))",
		"self.d = SHARED",
		"self.flag = layer_id > 1",
		"self.cache = []",
	}
	afterLines = []string{
		"self.x = self.layers[0]", "self.x = self.layers[-1].a", "self.x = Lin(8, self.layers[1].layer_id + 1)",
		"for i, l in enumerate(self.layers):\n    l.tag = Lin(8, i + 1)",
		"self.layers[1] = Lin(3, 3)", "self.x = Lin(8, 1 if self.layers[0] is self.layers[2] else 2)",
		"self.x = Lin(8, len({l: 1 for l in self.layers}))", "self.x = Lin(8, len(set(self.layers)) + 1)",
		"self.x = nn.ModuleList([l.sub for l in self.layers])", "self.x = Lin(8, sum(l.layer_id for l in self.layers))",
		"self.x = nn.Sequential(*self.layers)", "self.x = nn.ModuleList(reversed(self.layers))",
		"self.layers = self.layers[1:]", "self.x = Lin(8, self.layers[2].get() + 1)",
		"self.layers[2].sub.more = Lin(8, 1)", "self.x = self.layers", "self.x = Lin(8, 1 if self.layers[1] in self.layers[2:] else 2)",
		"for l in self.layers:\n    if isinstance(l.sub, Sub):\n        self.x = Lin(8, l.sub.size)\n        break",
		"self.layers.append(self.layers[0])",
	}
	walkLines = []string{
		"x = self.a(x)", "x = self.sub(x)", "if self.layer_id == 0:\n    x = self.b(x)", "if residual is None:\n    x = self.c(x)",
		"if self.layer_id > 0 and residual is not None:\n    x = self.d(x)", "self.flag = True", "if self.flag:\n    x = self.c(x)",
		"self.sub.flag = True", "if self.flag is None:\n    self.flag = x\nx = self.a(x)", "self.cache.append(x)\nif len(self.cache) > 1:\n    x = self.d(x)",
		"if x:\n    self.sub.flag = None\n    x = self.b(x)", "x = helper(self, x)", "self.layer_id = 7",
	}
	loopLines = []string{
		"for i in range(len(self.layers)):\n    x, residual = self.layers[i](x, residual)",
		"for layer in self.layers:\n    x, residual = layer(x, residual)",
		"for layer in reversed(self.layers):\n    x, residual = layer(x, residual)",
		"for layer in self.layers[2:]:\n    x, residual = layer(x, residual)",
		"for i, layer in enumerate(self.layers):\n    if i < 2:\n        continue\n    x, residual = layer(x, residual)",
		"x, residual = self.layers[x](x, residual)", "x, residual = self.layers[2].forward(x, None)",
		"for layer in self.layers:\n    x, residual = layer.forward(x, residual)",
		"if x:\n    x, residual = self.layers[0](x)\nelse:\n    x, residual = self.layers[1](x)",
		"for layer in self.layers:\n    if layer.layer_id == 2:\n        x = layer.sub(x)",
		"self.layers[1].flag = False", "x = self.layers[1].sub(x)",
	}
)

// templateProgram makes a tree of the bytes: how the layers are made, and one
// line of each group after the other.
func templateProgram(data []byte) mapSource {
	groups := [][]string{makingLines, layerLines, layerLines, layerLines, afterLines, walkLines, walkLines, loopLines, loopLines}
	bodies := make([]string, len(groups))
	for i, b := range data {
		g := i % len(groups)
		if g == 0 && bodies[0] != "" {
			continue // the layers are made once
		}
		line := groups[g][int(b)%len(groups[g])]
		bodies[g] += "        " + strings.ReplaceAll(line, "\n", "\n        ") + "\n"
	}
	if bodies[0] == "" {
		bodies[0] = "        " + makingLines[0] + "\n"
	}
	text := `
from torch import nn
from sglang.srt.layers.linear import RowParallelLinear as Lin
from sglang.srt.utils import make_layers

SEEN = []
CACHE = {}
SHARED = Lin(8, 4)

def helper(layer, x):
    return layer.a(x)

class Sub(nn.Module):
    def __init__(self, config, size, layer_id):
        super().__init__()
        self.size = size
        self.proj = Lin(8, 4 if layer_id % 2 == 0 else 5)
        self.flag = False
    def forward(self, x):
        if self.flag:
            x = self.other(x)
        return self.proj(x)

class Other(nn.Module):
    def __init__(self, config, layer_id):
        super().__init__()
        self.layer_id = layer_id
        self.other = Lin(8, 3)
    def forward(self, x, residual=None):
        return self.other(x), x

class Layer(nn.Module):
    def __init__(self, config, layer_id, prefix):
        super().__init__()
` + bodies[1] + bodies[2] + bodies[3] + `
    def forward(self, x, residual=None):
` + bodies[5] + bodies[6] + `        return x, x

class Bad(nn.Module):
    def __init__(self, config, quant_config=None, prefix=""):
        super().__init__()
        config.counter = 1
        config.scaling = {}
` + bodies[0] + bodies[4] + `
    def forward(self, x, residual=None):
` + bodies[7] + bodies[8] + `        return x

EntryClass = Bad
`
	return mapSource{"python/sglang/srt/models/bad.py": text, "python/sglang/srt/layers/linear.py": "from torch import nn\n" + linearStub}
}

func templateConfig() *extract.Object {
	ints := func(vs ...int64) []extract.Value {
		var out []extract.Value
		for _, v := range vs {
			out = append(out, v)
		}
		return out
	}
	return &extract.Object{Keys: []string{"model_type", "n", "sizes", "letters", "some", "table"}, Values: map[string]extract.Value{
		"model_type": "bad", "n": int64(6), "sizes": ints(4, 4, 6, 4, 6, 4), "letters": "mmammmamm", "some": ints(2, 4),
		"table": &extract.Object{Values: map[string]extract.Value{}},
	}}
}

// FuzzTemplates: whatever constructors and forward() do, the result is that of
// evaluating every layer by itself.
func FuzzTemplates(f *testing.F) {
	for i := range max(len(layerLines), len(afterLines)) { // each line by itself, and with neighbours
		b := byte(i)
		f.Add([]byte{b, b, 0, 22, 255, 1, 0, 0, 255})
		f.Add([]byte{0, b, b + 1, 0, b, b, b + 3, b, 1, 0, b + 7, 2, b + 11, 0, b + 5, 1, b + 2, 3})
		f.Add([]byte{1, 0, 1, 22, b, b, b + 5, 0, b})
		f.Add([]byte{2, 0, 22, 34, b, b, b + 1, 1, b})
	}
	f.Add([]byte{4, 25, 22, 35, 9, 12, 4, 7, 9}) // written to, left, and looked at again
	f.Fuzz(func(t *testing.T, data []byte) {
		const most = 40
		src := templateProgram(data[:min(len(data), most)])
		limits := Limits{Steps: 300_000, Cells: 300_000}
		with, without, _ := bothWays(t, NewReader(src, nil), "Bad", templateConfig(), Options{Limits: limits})
		if with != without && !strings.Contains(without, "gave up") {
			t.Errorf("with templates and without differ: %s\n%s", firstDifference(without, with), src["python/sglang/srt/models/bad.py"])
		}
	})
}

// TestTemplateCorpus says how many of the fuzz target's seeds can do with
// templates: a target that always abandons them would prove nothing.
func TestTemplateCorpus(t *testing.T) {
	kept := 0
	for i := range len(layerLines) {
		r := NewReader(templateProgram([]byte{0, byte(i), 0, 22, 15, 0, 1, 1, 1}), nil)
		_, _, abandoned := bothWays(t, r, "Bad", templateConfig(), Options{})
		if !abandoned {
			kept++
		}
	}
	if kept < len(layerLines)*3/4 {
		t.Errorf("only %d of %d programs keep their templates", kept, len(layerLines))
	}
}
