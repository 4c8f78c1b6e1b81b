package dataset

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fib-ls/fib-ls/phases/definition"
)

var update = flag.Bool("update", false, "write the golden files anew")

// definable are one name of every family that can be defined, and of each form
// that the page size makes.
func definable() []string {
	var names []string
	for _, f := range definition.Families() {
		n, err := definition.Parse(f.Example)
		if err != nil || !Definable(n) {
			continue
		}
		names = append(names, f.Example)
		if ps, paged := n.Value("ps"); paged && f.ID != "dsa_topk_indexer_fp8" {
			other := map[int64]int64{1: 64, 64: 1}[ps]
			names = append(names, n.With("ps", other).String())
		}
	}
	return names
}

func parse(t testing.TB, s string) definition.Name {
	t.Helper()
	n, err := definition.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDefineGolden(t *testing.T) {
	for _, name := range definable() {
		d, err := Define(parse(t, name), DefineOptions{Models: []string{"llama-3.1-8b"}, TP: 2, Epsilon: 1e-5})
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", "define", name+".json")
		if *update {
			if err := os.MkdirAll(filepath.Dir(golden), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden) // #nosec G304 -- a name of the list above
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDefinable(t *testing.T) {
	families := map[string]bool{}
	for _, name := range definable() {
		families[parse(t, name).Family.ID] = true
	}
	for _, f := range definition.Families() {
		values := make([]int64, len(f.Fields))
		for i := range values {
			values[i] = 64
		}
		n := definition.Of(f.ID, values...)
		_, err := Define(n, DefineOptions{})
		if Definable(n) != families[f.ID] || (err == nil) != families[f.ID] || (err != nil && !errors.Is(err, ErrNotFixed)) {
			t.Errorf("%s: %v", f.ID, err)
		}
	}
	if _, err := Define(definition.Name{}, DefineOptions{}); err == nil {
		t.Error("the zero name is defined")
	}
	files, err := fs.Glob(templates, templateOf("*"))
	if err != nil || len(files) != len(families) {
		t.Errorf("%d templates, and %d families that have one: %v", len(files), len(families), err)
	}
}

// TestDefineAtTheEdges: what is no text is written as text, and sizes of which a
// derived one is past the largest number give no Definition.
func TestDefineAtTheEdges(t *testing.T) {
	d, err := Define(definition.Of("rmsnorm", 8), DefineOptions{Models: []string{"a\xff"}})
	if err != nil {
		t.Fatal(err)
	}
	if data, err := d.JSON(); err != nil || !strings.Contains(string(data), "For a\ufffd.") {
		t.Errorf("%s, %v", data, err)
	}
	if d, err := Define(definition.Of[int64]("moe_fp8_block_scale_renorm", 1, 8, 64, math.MaxInt64-1), DefineOptions{}); err == nil {
		t.Errorf("axes %+v", d.Axes)
	}
}

// file is a Definition JSON as it is read.
type file struct {
	Name   string `json:"name"`
	OpType string `json:"op_type"`
	Axes   map[string]struct {
		Type  string `json:"type"`
		Value int64  `json:"value"`
	} `json:"axes"`
	Inputs      map[string]spec `json:"inputs"`
	Outputs     map[string]spec `json:"outputs"`
	Constraints []string        `json:"constraints"`
}

type spec struct {
	Shape    []string `json:"shape"`
	DType    string   `json:"dtype"`
	Optional bool     `json:"optional"`
}

// outlier picks the Definitions of the dataset that differ from the rest of
// their family: the first MLA one, with other inputs; prefills whose
// kv_last_page_len has one element too many; decodes with pages of 64 that do
// without it, so that a partly filled page cannot be told.
func outlier(f file) bool {
	last, has := f.Inputs["kv_last_page_len"]
	return f.Name == "mla_paged_decode_h128_ckv512_kpe64_ps1" ||
		slices.Equal(last.Shape, []string{"len_indptr"}) ||
		strings.HasSuffix(f.Name, "_ps64") && !has && f.OpType != "dsa_paged"
}

func TestDefineAgreesWithTheDataset(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "gold", "definitions.jsonl"))
	if err != nil {
		t.Skip("no gold data here: ", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	same, out := 0, 0
	for lines.Scan() {
		var want file
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		n := parse(t, want.Name)
		if !Definable(n) {
			continue
		}
		if outlier(want) {
			out++
			continue
		}
		d, err := Define(n, DefineOptions{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var got file
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", want.Name, diff)
		}
		same++
	}
	if same < 181 || out != 11 {
		t.Errorf("%d are the same, %d outliers", same, out)
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	d, err := Define(parse(t, "gemm_n8_k8"), DefineOptions{})
	if err != nil {
		t.Fatal(err)
	}
	path, err := d.Write(dir, false)
	if err != nil || path != filepath.Join(dir, "definitions", "gemm", "gemm_n8_k8.json") {
		t.Fatal(path, err)
	}
	if _, err := d.Write(dir, false); !errors.Is(err, ErrExists) {
		t.Error(err)
	}
	inTheWay := t.TempDir()
	if err := os.WriteFile(filepath.Join(inTheWay, "definitions"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(inTheWay, true); err == nil || errors.Is(err, ErrExists) {
		t.Error(err)
	}
	if _, err := d.Write(dir, true); err != nil {
		t.Error(err)
	}
	set, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := set.Get("gemm_n8_k8"); !ok || e.OpType != "gemm" {
		t.Errorf("%+v", e)
	}
}

// TestReferencesAreComplete holds each reference to its Definition: run takes
// the inputs in order, every constant axis is checked. Python itself reads
// them when it is there.
func TestReferencesAreComplete(t *testing.T) {
	python, _ := exec.LookPath("python3")
	var all []string
	for _, name := range definable() {
		d, err := Define(parse(t, name), DefineOptions{Epsilon: 1e-5})
		if err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(d.Reference), " ")
		args := make([]string, len(d.Inputs))
		for i, in := range d.Inputs {
			args[i] = in.Name
		}
		list := strings.Join(args, ", ")
		if !strings.Contains(flat, "def run("+list+"):") && !strings.Contains(flat, "def run( "+list+" ):") && !strings.Contains(flat, "def run( "+list+", ):") {
			t.Errorf("%s: run does not take (%s)", name, list)
		}
		for _, a := range d.Axes {
			limit := (a.Name == "topk" || a.Name == "top_k") && strings.Contains(d.Reference, fmt.Sprintf("\nTOPK = %d\n", a.Is.Value))
			if a.Is.Value > 0 && !limit && !strings.Contains(d.Reference, "# "+a.Name+"\n") {
				t.Errorf("%s: %s is not checked", name, a.Name)
			}
		}
		if strings.Contains(d.Reference, "EPSILON") != strings.Contains(d.Reference, "EPSILON = 1e-05") || strings.Contains(d.Reference, "# constant axes") {
			t.Errorf("%s: the reference is not filled in", name)
		}
		all = append(all, d.Reference)
	}
	if python == "" {
		t.Log("no python3 here: the references are not parsed")
		return
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", "import ast, json, sys; [ast.parse(s) for s in json.load(sys.stdin)]") // #nosec G204 -- python3 of the PATH
	cmd.Stdin = bytes.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
