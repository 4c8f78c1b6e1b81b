package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// clone makes a small dataset on disk.
func clone(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func smallClone(t *testing.T) string {
	long := `{"definition": "gemm_n8_k8", "workload": {"x": "` + strings.Repeat("y", 200_000) + `"}}`
	return clone(t, map[string]string{
		"definitions/rmsnorm/rmsnorm_h8.json":        `{"name": "rmsnorm_h8", "op_type": "rmsnorm", "tags": ["status:verified", "model:x"]}`,
		"definitions/gemm/gemm_n8_k8.json":           `{"name": "gemm_n8_k8", "op_type": "gemm"}`,
		"definitions/gemm/copy.json":                 `{"name": "gemm_n8_k8", "op_type": "gemm"}`,
		"definitions/gemm/broken.json":               `{`,
		"definitions/mla/mla_paged_decode_h1.json":   `{}`,
		"definitions/.git/secret.json":               `{"name": "hidden"}`,
		"definitions/README.md":                      `hello`,
		"workloads/rmsnorm/rmsnorm_h8.jsonl":         "{\"definition\": \"rmsnorm_h8\"}\n\n{\"definition\": \"rmsnorm_h8\"}\n{\"definition\": \"rmsnorm_h8\"}",
		"workloads/gemm/gemm_n8_k8.jsonl":            long + "\n" + long + "\n",
		"workloads/mla/mla_paged_decode_h1.jsonl":    "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n",
		"workloads/gemm/without_definition_h1.jsonl": "{}\n",
		"solutions/gemm/other.json":                  `{"name": "a solution"}`,
	})
}

func TestOpen(t *testing.T) {
	dir := smallClone(t)
	secret := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(secret, []byte(`{"name": "from outside"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"definitions/gemm/linked_away.json": secret,
		"definitions/gemm/linked_here.json": "../rmsnorm/rmsnorm_h8.json",
		"definitions/gemm/dangling.json":    "nowhere.json",
		"definitions/loop":                  ".",
		"workloads/gemm/linked_away.jsonl":  secret,
	} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Skip("no links here: ", err)
		}
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"broken", "dangling", "gemm_n8_k8", "linked_away", "mla_paged_decode_h1", "rmsnorm_h8"}
	if diff := cmp.Diff(want, d.Names()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]Entry{
		"rmsnorm_h8":          {"rmsnorm_h8", "rmsnorm", "definitions/rmsnorm/rmsnorm_h8.json", 3},
		"gemm_n8_k8":          {"gemm_n8_k8", "gemm", "definitions/gemm/gemm_n8_k8.json", 2},
		"mla_paged_decode_h1": {"mla_paged_decode_h1", "mla", "definitions/mla/mla_paged_decode_h1.json", 1},
		"linked_away":         {"linked_away", "gemm", "definitions/gemm/linked_away.json", 1},
	} {
		got, ok := d.Get(name)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s: %v %s", name, ok, diff)
		}
	}
	if _, ok := d.Get("without_definition_h1"); ok {
		t.Error("workloads alone make a Definition")
	}
	if present, n := d.Lookup("from outside"); present || n != 0 {
		t.Error("a file outside the clone was read")
	}
	if len(d.Problems) != 4 { // broken, dangling, and two second copies
		t.Errorf("%q", d.Problems)
	}
	var none *Dataset
	if _, ok := none.Get("x"); ok || none.Names() != nil {
		t.Error("a nil dataset has something")
	}
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, os.ErrNotExist) || !IsMissing(err) {
		t.Error(err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNoDefinitions) || !IsMissing(err) {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	top := t.TempDir()
	deep := filepath.Join(top, "web", "apps", "web", "data")
	trace := filepath.Join(top, "tmp", "flashinfer-trace")
	other := smallClone(t)
	for _, dir := range []string{deep, filepath.Join(trace, "definitions")} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	env := func(pairs ...string) func(string) string {
		return func(key string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == key {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	for _, test := range []struct {
		name  string
		start string
		env   func(string) string
		want  string
		fails bool
	}{
		{"upward", deep, env(), trace, false},
		{"none", t.TempDir(), env(), "", false},
		{"variable first", deep, env("FIB_DATASET_PATH", other), other, false},
		{"their order", deep, env("FLASHINFER_TRACE_PATH", trace, "FIB_DATASET_PATH", other), other, false},
		{"second variable", deep, env("FLASHINFER_TRACE_PATH", other), other, false},
		{"home", deep, env("FIB_DATASET_PATH", "~/"+filepath.Base(other), "HOME", filepath.Dir(other)), other, false},
		{"wrong variable", deep, env("FIB_DATASET_PATH", deep), "", true},
	} {
		got, err := Find(test.start, test.env)
		if got != test.want || (err != nil) != test.fails {
			t.Errorf("%s: %v %v", test.name, got, err)
		}
	}
}

func TestCover(t *testing.T) {
	have := map[string]int{"a": 3, "b": 0}
	lookup := func(name string) (bool, int) {
		n, ok := have[name]
		return ok, n
	}
	c := Cover([]Row{
		{Definition: "a", OpType: "gemm"}, {Definition: "b", OpType: "gqa_paged", Note: "TP=8"}, {Definition: "c", OpType: "moe"},
		{Definition: "a", OpType: "gemm"}, {Text: "MoE gate | <topk>", OpType: "moe"},
	}, lookup)
	want := `| Definition | Op Type | Status |
|-----------|---------|:------:|
| ` + "`a`" + ` | gemm | ✅ |
| ` + "`b`" + ` | gqa_paged TP=8 | 🟡 |
| ` + "`c`" + ` | moe | ❌ |
| MoE gate \| &lt;topk&gt; | moe | — |
`
	if diff := cmp.Diff(want, c.Markdown()); diff != "" {
		t.Error(diff)
	}
	if got, want := c.Sentence(), "2 / 3 definitions present. Missing: `c`. Workloads not yet collected for 1. Unmapped modules: 1."; got != want {
		t.Error(got)
	}
	if c.Present != 2 || c.Total != 3 || c.Overall != Partial {
		t.Errorf("%+v", c)
	}
	for _, test := range []struct {
		names []Row
		want  Overall
	}{
		{[]Row{{Definition: "a"}}, FullyCovered}, {[]Row{{Definition: "b"}}, Partial},
		{[]Row{{Definition: "c"}}, NotCovered}, {nil, NotCovered}, {[]Row{{Definition: "a"}, {Text: "x"}}, Partial},
	} {
		if got := Cover(test.names, lookup).Overall; got != test.want {
			t.Errorf("%v: %s, want %s", test.names, got, test.want)
		}
	}
}
