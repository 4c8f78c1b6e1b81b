package kernelsource

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/definition"
)

// templateClasses are the classes that templates are built of, with the
// constructors that they have in FlashInfer.
const templateClasses = `
import torch

class Var:
    def __init__(self, description: str = "") -> None:
        self.description = description

class Const:
    def __init__(self, description="", abbrev=None, value=None) -> None:
        if value is not None and type(value) is not int:
            raise TypeError("Const value must be an integer or None")
        self.description = description
        self.abbrev = abbrev
        self.value = value

class Tensor:
    def __init__(self, dim_names, *, dtype=None): self.dim_names = dim_names

class TraceTemplate:
    def __init__(self, op_type, axes, inputs, outputs, *, name_prefix=None, reference=None, constraints=None, tags=None, description="") -> None:
        self.op_type = op_type
        self.name_prefix = name_prefix
        self.axes = axes
        self.inputs = inputs
        self.outputs = outputs
        self.reference = reference
        self.constraints = constraints or []
        self.tags = tags or []
        self.description = description
`

// tree is a small FlashInfer in the shapes that the real one has: templates
// written out, made by a function, in a comprehension, by a class of the
// file's own, behind a dispatch function, and an API that a package passes on.
var tree = fstest.MapFS{
	"flashinfer_python-9.1.dist-info/METADATA": {Data: []byte("Metadata-Version: 2.4\nName: flashinfer-python\nVersion: 9.1.0\n")},
	"flashinfer/__init__.py":                   {Data: []byte("import contextlib\nfrom .norm import rmsnorm as rmsnorm\nwith contextlib.suppress(ImportError):\n    from .attention import *\n")},
	"flashinfer/trace/template.py":             {Data: []byte(templateClasses)},
	"flashinfer/trace/templates/__init__.py":   {Data: []byte("")},
	"flashinfer/trace/templates/norm.py": {Data: []byte(`
from ..template import Const, Tensor, TraceTemplate, Var

def _reference(x, w): return x

rmsnorm_trace = TraceTemplate(
    op_type="rmsnorm",
    description="RMS "
    "norm.",
    axes={"num_tokens": Var(), "hidden_size": Const("Width.", abbrev="h")},
    inputs={"input": Tensor(["num_tokens", "hidden_size"])},
    outputs={"output": Tensor(["num_tokens", "hidden_size"])},
    reference=_reference,
    tags=["status:verified"],
)
`)},
	"flashinfer/trace/templates/moe.py": {Data: []byte(`
from functools import lru_cache
import torch
from ..template import Const, Tensor, TraceTemplate, Var

class _Format:
    def __init__(self, *, name: str, width: int = 4) -> None:
        self.name = name
        self.width = width

_FORMATS = (_Format(name="fp4"), _Format(name="fp8", width=8))
_COMMON = {"seq_len": Var(), "top_k": Const(abbrev="topk")}

@lru_cache(maxsize=None)
def _make(fmt, routing, *, step=False):
    if not isinstance(_COMMON.get("missing"), Const):
        axes = dict(_COMMON)
    axes.update({"experts": Const(abbrev="e"), "layout": Const(abbrev="", value=int(step))})
    if step:
        axes["activation"] = Const(abbrev="act", value=7)
    axes.pop("never", None)
    for name in ("bits",):
        axes[name] = Const(abbrev="b", value=fmt.width)
    return TraceTemplate("moe", axes, {}, {}, name_prefix=f"moe_{fmt.name}_{routing.lower()}{'_step' if step else ''}", constraints=["experts > 0"])

class _Derived(TraceTemplate):
    pass

# A name with a part that only run time knows is no template's.
_UNKNOWN = _Derived("moe", {}, {}, {}, name_prefix=f"moe_{torch.version.cuda}")

_TABLE = {
    (fmt.name, routing): _make(fmt, routing)
    for fmt in _FORMATS
    for routing in ("Default", "Renorm")
    if routing
}
_STEP = _make(_FORMATS[0], "default", step=True)
for _template in [_STEP]:
    _template.constraints.remove("experts > 0")

def moe_dispatch(**kwargs):
    if kwargs.get("step"):
        return _STEP
    return _TABLE[kwargs["key"]]

moe_dispatch.templates = list(_TABLE.values())
moe_dispatch.templates += [_STEP]
`)},
	"flashinfer/norm/__init__.py": {Data: []byte(`
from ..api_logging import flashinfer_api
from ..trace.templates.norm import rmsnorm_trace

@flashinfer_api(trace=rmsnorm_trace)
def rmsnorm(input, weight): ...

@flashinfer_api
def bare(input): ...
`)},
	"flashinfer/attention/__init__.py": {Data: []byte("from ._core import *\n")},
	"flashinfer/attention/_core.py": {Data: []byte(`
from ..api_logging import flashinfer_api
from ..trace.templates.moe import moe_dispatch as dispatch

class Wrapper:
    @flashinfer_api(trace=dispatch)
    def run(self, q): ...
    begin_forward = run
`)},
	"flashinfer/broken.py": {Data: []byte("def (((\n__all__ = [")},
}

var sglangTree = fstest.MapFS{
	"sglang/srt/__init__.py":        {Data: []byte("")},
	"sglang/srt/a.py":               {Data: []byte("def f():\n    from flashinfer import rmsnorm as norm\n    return norm(1)\n")},
	"sglang/srt/b.py":               {Data: []byte("import flashinfer\nclass B:\n    def g(self):\n        self.w = flashinfer.attention.Wrapper()\n        self.w.forward(1)\n")},
	"sglang/srt/c.py":               {Data: []byte("f = LazyImport(\"flashinfer.norm\", \"bare\")\n")},
	"sglang/srt/d.py":               {Data: []byte("flashinfer = None  # names it only\n")},
	"sglang/test/e.py":              {Data: []byte("import flashinfer\nflashinfer.norm.rmsnorm(1)\n")},
	"sgl_kernel/x.py":               {Data: []byte("import flashinfer.norm as n\nn.rmsnorm(1)\n")},
	"sglang-1.2.dist-info/METADATA": {Data: []byte("Version: 1.2\n")},
}

func TestReadFlashInfer(t *testing.T) {
	f, err := ReadFlashInfer(tree)
	if err != nil {
		t.Fatal(err)
	}
	var patterns []string
	for _, template := range f.Templates {
		patterns = append(patterns, template.Pattern())
	}
	slices.Sort(patterns)
	want := []string{
		"moe_fp4_default_step_topk{top_k}_e{experts}_act7_b4", "moe_fp4_default_topk{top_k}_e{experts}_b4", "moe_fp4_renorm_topk{top_k}_e{experts}_b4",
		"moe_fp8_default_topk{top_k}_e{experts}_b8", "moe_fp8_renorm_topk{top_k}_e{experts}_b8", "rmsnorm_h{hidden_size}",
	}
	if !slices.Equal(patterns, want) {
		t.Errorf("templates\n%s\nwant\n%s", strings.Join(patterns, "\n"), strings.Join(want, "\n"))
	}
	norm := f.Templates[slices.IndexFunc(f.Templates, func(t definition.TemplateRow) bool { return t.Prefix == "rmsnorm" })]
	if norm.Doc != "RMS norm." || !norm.Reference || !slices.Equal(norm.APIs, []string{"flashinfer.norm.rmsnorm"}) || norm.Axes[1].Meaning != "Width." {
		t.Errorf("%+v", norm)
	}
	for _, template := range f.Templates {
		if wants := template.Prefix != "rmsnorm" && template.Prefix != "moe_fp4_default_step"; wants != slices.Contains(template.Constraints, "experts > 0") {
			t.Errorf("%s: %v", template.Pattern(), template.Constraints)
		}
	}
	for name, at := range map[string]string{
		"flashinfer.rmsnorm": "flashinfer.norm.rmsnorm", "flashinfer.Wrapper": "flashinfer.attention._core.Wrapper", "flashinfer.nothing": "flashinfer.nothing",
	} {
		if got := f.Resolve(name); got != at {
			t.Errorf("%s is %s, want %s", name, got, at)
		}
	}
	if f.Version != "9.1.0" || len(f.APIs) != 3 {
		t.Errorf("version %q, %d APIs: %v", f.Version, len(f.APIs), f.APIs)
	}
}

func TestReadSGLang(t *testing.T) {
	f, err := ReadFlashInfer(tree)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ReadSGLang(sglangTree, f)
	if err != nil {
		t.Fatal(err)
	}
	for api, want := range map[string][]string{
		"flashinfer.norm.rmsnorm":                {"sgl_kernel/x.py", "srt/a.py"},
		"flashinfer.attention._core.Wrapper.run": {"srt/b.py"},
		"flashinfer.norm.bare":                   {"srt/c.py"},
	} {
		if !slices.Equal(s.Calls[api], want) {
			t.Errorf("%s is called in %v, want %v", api, s.Calls[api], want)
		}
	}
	if len(s.Calls) != 3 || s.Version != "1.2" {
		t.Errorf("%+v", s)
	}
}

// TestTable: what is written is what package definition reads.
func TestTable(t *testing.T) {
	f, err := ReadFlashInfer(tree)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ReadSGLang(sglangTree, f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := Table(f, s)
	if err != nil {
		t.Fatal(err)
	}
	table, err := definition.ReadTable(data)
	if err != nil {
		t.Fatal(err)
	}
	step, ok := table.Family("moe_fp4_default_step")
	api, known := table.API(table.Template(step).APIs[0])
	if !ok || step.Suffix != "_act7_b4" || !known || len(api.SGLang) != 1 || table.FlashInfer != "9.1.0" {
		t.Errorf("%+v", step)
	}
}

// TestKeywordOrder: axes that are given as keyword arguments keep their order,
// which is that of a name's sizes.
func TestKeywordOrder(t *testing.T) {
	ordered := fstest.MapFS{"flashinfer/__init__.py": {Data: []byte("")}, "flashinfer/trace/template.py": {Data: []byte(templateClasses)}, "flashinfer/trace/templates/x.py": {Data: []byte(`
from ..template import Const, TraceTemplate

def make(**axes): return TraceTemplate("moe", dict(**axes), {}, {})
make(a=Const(), b=Const(), c=Const(), d=Const(), e=Const(), f=Const(), g=Const(), h=Const())
`)}}
	f, err := ReadFlashInfer(ordered)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.Templates[0].Pattern(), "moe_a{a}_b{b}_c{c}_d{d}_e{e}_f{f}_g{g}_h{h}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestUnread: a file of templates that cannot be read is named.
func TestUnread(t *testing.T) {
	unread := fstest.MapFS{"flashinfer/__init__.py": {Data: []byte("")}, "flashinfer/trace/templates/x.py": {Data: make([]byte, pysrc.MaxBytes+1)}}
	f, err := ReadFlashInfer(unread)
	if err != nil {
		t.Fatal(err)
	}
	if problems := strings.Join(f.Problems, "\n"); !strings.Contains(problems, "flashinfer/trace/templates/x.py") {
		t.Errorf("what was not read: %q", problems)
	}
}

// TestBounds: what a package of a stranger does is bounded.
func TestBounds(t *testing.T) {
	endless := fstest.MapFS{"flashinfer/__init__.py": {Data: []byte("")}, "flashinfer/trace/templates/x.py": {Data: []byte(`
def f(n): return [f(n), f(n)]
f(1)
def g(): return {a: b for a in range(1000) for b in range(1000) for c in range(1000)}
g()
`)}}
	if _, err := ReadFlashInfer(endless); err == nil {
		t.Error("endless work was read to its end")
	}
	if _, err := ReadFlashInfer(fstest.MapFS{}); err == nil {
		t.Error("an empty tree is FlashInfer")
	}
}
