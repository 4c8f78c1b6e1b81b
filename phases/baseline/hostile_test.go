package baseline_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
	"github.com/fib-ls/fib-ls/phases/baseline/classes"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// analyseBounded analyses class Bad and fails when that takes long or much.
func analyseBounded(t *testing.T, src baseline.Source, limits pyeval.Limits) *baseline.Implementation {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	impl, err := baseline.NewReader(src, nil).Analyse(ctx, "Bad", baselinetest.BadConfig(), nil, baseline.Options{Limits: limits})
	var unregistered *classes.UnregisteredError
	if errors.As(err, &unregistered) { // too broken to find the class in it
		return &baseline.Implementation{Undecided: []baseline.Undecided{{Reason: err.Error()}}}
	}
	if err != nil {
		t.Fatalf("no result: %v", err)
	}
	runtime.ReadMemStats(&after)
	const most = 2 << 30
	if n := after.HeapSys - min(before.HeapSys, after.HeapSys); n > most {
		t.Errorf("the heap grew by %d MiB", n>>20)
	}
	return impl
}

func TestHostileConstructors(t *testing.T) {
	small := pyeval.Limits{Steps: 300_000, Cells: 300_000}
	nested := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%sif config.unknown_%d:\n", strings.Repeat(" ", i), i)
		}
		return b.String() + strings.Repeat(" ", n) + "self.x = RowParallelLinear(8, 8)"
	}
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "if config.unknown_%d:\n    self.x = %d\nelse:\n    self.y = %d\n", i, i, i)
		}
		return b.String() + "self.z = RowParallelLinear(self.x, self.y)"
	}
	cases := map[string]string{
		"endless loop":         "while True:\n    pass",
		"endless count":        "i = 0\nwhile i >= 0:\n    i += 1",
		"nested loops":         "for i in range(100000):\n    for j in range(100000):\n        self.x = i * j",
		"recursion":            "def f(n):\n    return f(n + 1)\nself.x = RowParallelLinear(f(0), 8)",
		"mutual recursion":     "f = lambda n: g(n)\ng = lambda n: f(n)\nf(1)",
		"recursive instance":   "self.child = Bad(config)",
		"fork bomb":            "self.a = Bad(config)\nself.b = Bad(config)",
		"giant range":          "self.x = list(range(10 ** 12))",
		"giant product":        "self.x = [0] * 10 ** 12",
		"giant text":           "self.x = 'a' * 10 ** 12",
		"giant power":          "self.x = RowParallelLinear(10 ** 10 ** 10, 8)",
		"giant shift":          "self.x = RowParallelLinear(1 << 10 ** 9, 8)",
		"doubling text":        "s = 'a'\nfor i in range(100):\n    s = s + s\nself.x = s",
		"doubling list":        "s = [1]\nfor i in range(100):\n    s = s + s\nself.x = s",
		"list in itself":       "s = []\ns.append(s)\nself.x = s == [s]\nself.y = str(s)\nself.z = max(s, s)\nself.w = RowParallelLinear(s, s)",
		"shared structure":     "s = (1,)\nfor i in range(80):\n    s = (s, s)\nd = {s: 1}\nself.x = s == (s, s)\nself.y = sorted([s, s])",
		"dict in itself":       "d = {}\nd['d'] = d\nself.x = d == {'d': d}\nself.y = RowParallelLinear(d, 8)",
		"many modules":         "self.layers = nn.ModuleList([RowParallelLinear(8, 8) for i in range(10 ** 7)])",
		"many attributes":      "for i in range(10 ** 7):\n    setattr(self, f'a{i}', i)",
		"module in itself":     "self.me = self\nself.layers = nn.ModuleList([self, self])",
		"empty lists":          "m = nn.ModuleList([])\nfor i in range(60):\n    m = nn.ModuleList([m, m])\nself.m = m",
		"many names":           "for i in range(20000):\n    setattr(self, f'a{i}', RowParallelLinear(i, 8))",
		"list of lists":        "m = nn.ModuleList([RowParallelLinear(8, 8)])\nfor i in range(60):\n    m = nn.ModuleList([m, m])\nself.m = m",
		"conditions in nests":  nested(60),
		"many conditions":      many(400),
		"choices of choices":   "x = 1\nfor i in range(60):\n    if config.missing:\n        x = x + i\n    else:\n        x = x * i\nself.x = RowParallelLinear(x, 8)",
		"deep parentheses":     "self.x = " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000),
		"deep sum":             "self.x = " + strings.Repeat("1 + ", 20000) + "1",
		"deep attribute":       "self.x = config" + strings.Repeat(".a", 5000),
		"raise":                "raise ValueError('no')",
		"zero division":        "self.x = RowParallelLinear(1 // 0, 8)",
		"unpack":               "a, b, c = 1, 2",
		"broken syntax":        "self.x = = 3\nif (",
		"weird comprehension":  "self.x = [a for b in range(3000) for c in range(3000) for a in range(3000)]",
		"sort with odd keys":   "self.x = sorted([1, 'a', None, [], {}], key=lambda v: v)",
		"super nowhere":        "self.x = super(Bad).foo\nsuper().bar()()",
		"patch a class":        "Bad.x = 1\nself.__class__.__init__(self, config)",
		"descending generator": "def g():\n    while True:\n        yield 1\nself.x = [v for v in g()]",
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			impl := analyseBounded(t, baselinetest.Constructor(body), small)
			if !impl.Decided && len(impl.Undecided) == 0 {
				t.Error("not decided, and no reason")
			}
		})
	}
}

// TestHostileDefaults runs the worst of them with the limits that users have.
func TestHostileDefaults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, body := range []string{"while True:\n    self.x = [0] * 100", "self.a = Bad(config)\nself.b = Bad(config)",
		"for i in range(10 ** 9):\n    setattr(self, f'a{i}', nn.ModuleList([RowParallelLinear(i, 8)]))"} {
		impl := analyseBounded(t, baselinetest.Constructor(body), pyeval.Limits{})
		if impl.Decided {
			t.Errorf("decided: %s", body)
		}
		for _, u := range impl.Undecided {
			t.Logf("%s: %s", strings.SplitN(body, "\n", 2)[0], u.Reason)
		}
	}
}

func TestHostileModules(t *testing.T) {
	models := "python/sglang/srt/models/"
	cases := map[string]baselinetest.Files{
		"cyclic imports": {models + "bad.py": "from sglang.srt.models.other import Base\nclass Bad(Base):\n    pass\nEntryClass = Bad\n",
			models + "other.py": "from sglang.srt.models.bad import Bad as Base\n"},
		"cyclic inheritance": {models + "bad.py": "class Bad(Other):\n    pass\nclass Other(Bad):\n    pass\nEntryClass = [Bad]\n"},
		"own base":           {models + "bad.py": "class Bad(Bad):\n    pass\nEntryClass = Bad\n"},
		"star cycle": {models + "bad.py": "from sglang.srt.models.other import *\nclass Bad(Missing):\n    def __init__(self, config, quant_config=None):\n        self.x = missing\nEntryClass = Bad\n",
			models + "other.py": "from sglang.srt.models.bad import *\n"},
		"variable of itself": {models + "bad.py": "x = x + 1\nclass Bad:\n    y = y\n    def __init__(self, config, quant_config=None):\n        self.x = x\n        self.y = self.y\nEntryClass = Bad\n"},
		"no class":           {models + "bad.py": "class Bad: pass\nBad = 3\nEntryClass = Bad\n"},
		"binary":             {models + "bad.py": "class Bad: pass\nEntryClass = Bad\n\x00\xff\xfe" + strings.Repeat("\x80", 1000)},
		"property of itself": {models + "bad.py": "class Bad:\n    @property\n    def a(self):\n        return self.a\n    def __init__(self, config, quant_config=None):\n        self.b = self.a\nEntryClass = Bad\n"},
		"getattr of itself":  {models + "bad.py": "class Bad:\n    def __getattr__(self, name):\n        return getattr(self, name + 'x')\n    def __init__(self, config, quant_config=None):\n        self.b = self.a\nEntryClass = Bad\n"},
	}
	for name, src := range cases {
		t.Run(name, func(t *testing.T) {
			impl := analyseBounded(t, src, pyeval.Limits{Steps: 300_000, Cells: 300_000})
			if !impl.Decided && len(impl.Undecided) == 0 {
				t.Error("not decided, and no reason")
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := baseline.NewReader(baselinetest.Constructor("pass"), nil).Analyse(ctx, "Bad", baselinetest.BadConfig(), nil, baseline.Options{}); err == nil {
		t.Error("a cancelled analysis gave a result")
	}
	ctx, cancel = context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := baseline.NewReader(baselinetest.Constructor("while True:\n    for i in range(100000):\n        self.x = i"), nil).Analyse(ctx, "Bad", baselinetest.BadConfig(), nil, baseline.Options{Limits: pyeval.Limits{Steps: 1 << 40}})
	if err == nil || time.Since(start) > 20*time.Second {
		t.Errorf("cancellation after %v: %v", time.Since(start), err)
	}
}
