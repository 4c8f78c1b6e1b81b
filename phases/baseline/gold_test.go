package baseline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/classes"
	"github.com/fib-ls/fib-ls/phases/baseline/index"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// goldDir is the folder of real data beside the repository; "" when absent.
func goldDir(t testing.TB) string {
	t.Helper()
	for _, dir := range []string{os.Getenv("FIB_LS_GOLD"), "../../../shared/gold"} {
		if st, err := os.Stat(filepath.Join(dir, "configs")); dir != "" && err == nil && st.IsDir() {
			return dir
		}
	}
	return ""
}

// treeDir is where a source tree may be.
func treeDir(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("FIB_LS_SGLANG_SRC"); dir != "" {
		return dir
	}
	// What scripts/fetch-package.sh sglang unpacked, if anything.
	found, _ := filepath.Glob(filepath.Join("..", "..", ".cache", "sglang-*"))
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// sglangTree is a real SGLang source tree; nil when there is none.
func sglangTree(t testing.TB) *repo.Source {
	t.Helper()
	dir := treeDir(t)
	if dir == "" {
		return nil
	}
	tree, err := repo.Open(t.Context(), repo.Options{Path: dir, Offline: true})
	if err != nil {
		t.Logf("no SGLang source: %v", err)
		return nil
	}
	return tree
}

const maxShown = 3

// goldLayers is one model of layers.json.
type goldLayers struct {
	Config     string       `json:"config"`
	EntryClass string       `json:"entry_class"`
	File       string       `json:"sglang_file"`
	Modules    []goldModule `json:"modules"`
}

type goldModule struct {
	Path             string `json:"path"`
	Class            string `json:"class"`
	Type             string `json:"type"`
	Count            int    `json:"count"`
	Layers           string `json:"layers"`
	N                *int   `json:"n"`
	K                *int   `json:"k"`
	Gemm             bool   `json:"gemm"`
	Hidden           any    `json:"hidden"` // a list for a norm over several dimensions
	NumHeads         *int   `json:"num_heads"`
	NumKVHeads       *int   `json:"num_kv_heads"`
	HeadDim          *int   `json:"head_dim"`
	VHeadDim         *int   `json:"v_head_dim"`
	NumExperts       *int   `json:"num_experts"`
	TopK             *int   `json:"top_k"`
	IntermediateSize *int   `json:"intermediate_size"`
}

func readGold(t testing.TB, dir, name string) []goldLayers {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	var out []goldLayers
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func readConfig(t testing.TB, path string) *extract.Object {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cfg, _, err := extract.ParseConfig(data)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return cfg
}

// prototypeWrong says for which models the prototype that made the gold is
// known to be wrong: it does not know that SGLang's engine renames Gemma 4's
// fields, so that full-attention layers have the global head size and KV heads
// (srt/utils/hf_transformers/config.py). TestGemma4GlobalHeads holds the truth.
func prototypeWrong(g goldLayers) bool { return strings.HasPrefix(g.EntryClass, "Gemma4") }

// comparable leaves out the rows in which the prototype that made the gold is
// known to be less exact, on both sides:
//   - it took BaseFusedOp, a base without arguments, for the layer itself
//     (Indexer, Compressor, Mixer2RMSNormGated);
//   - it knew neither HashTopK nor rotary embedding classes;
//   - it dropped vision towers by name but kept a vision resampler.
func comparable(gold []goldModule, ours []baseline.Module) ([]goldModule, []baseline.Module) {
	skip := map[string]bool{}
	for _, m := range gold {
		if m.Class == "BaseFusedOp" || m.Class == "HashTopK" || strings.HasSuffix(m.Class, "RotaryEmbedding") {
			skip[m.Path] = true
		}
	}
	var g []goldModule
	for _, m := range gold {
		if !skip[m.Path] && !strings.HasPrefix(m.Path, "resampler_model") {
			g = append(g, m)
		}
	}
	var o []baseline.Module
	for _, m := range ours {
		if !skip[m.Path] && m.Tied == "" && (m.Type != baseline.TypeRope || m.Class == "rope(get_rope)") {
			o = append(o, m)
		}
	}
	return g, o
}

// tally sums counts of rows that say the same, so that rows split by what the
// gold does not show compare equal.
type tally map[string]int

func num(p *int) string {
	if p == nil {
		return "-"
	}
	return fmt.Sprint(*p)
}

func goldTally(ms []goldModule) tally {
	out := tally{}
	for _, m := range ms {
		vh := m.VHeadDim
		if m.Type == "linear" {
			vh = nil
		}
		hidden := "-"
		if f, ok := m.Hidden.(float64); ok {
			hidden = fmt.Sprint(int(f))
		}
		out[fmt.Sprintf("%s %s %s n=%s k=%s gemm=%v hidden=%s heads=%s/%s/%s/%s experts=%s/%s/%s", m.Path, m.Class, m.Type, num(m.N), num(m.K),
			m.Gemm, hidden, num(m.NumHeads), num(m.NumKVHeads), num(m.HeadDim), num(vh), num(m.NumExperts), num(m.TopK), num(m.IntermediateSize))] += m.Count
	}
	return out
}

func ourTally(ms []baseline.Module) tally {
	out := tally{}
	for _, m := range ms {
		vh, hidden, n, k := m.VHeadDim, m.Hidden, m.N, m.K
		if m.Type == baseline.TypeLinear {
			vh = nil
		}
		if m.Type == baseline.TypeMoE {
			hidden = nil
		}
		out[fmt.Sprintf("%s %s %s n=%s k=%s gemm=%v hidden=%s heads=%s/%s/%s/%s experts=%s/%s/%s", m.Path, m.Class, m.Type, num(n), num(k),
			m.Gemm, num(hidden), num(m.NumHeads), num(m.NumKVHeads), num(m.HeadDim), num(vh), num(m.NumExperts), num(m.TopK), num(m.IntermediateSize))] += m.Count
	}
	return out
}

func (a tally) diff(b tally) []string {
	var out []string
	for k, n := range a {
		if b[k] != n {
			out = append(out, fmt.Sprintf("-%dx (have %d) %s", n, b[k], k))
		}
	}
	for k, n := range b {
		if _, ok := a[k]; !ok {
			out = append(out, fmt.Sprintf("+%dx %s", n, k))
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i][1:] < out[j][1:] })
	return out
}

func compareGold(t *testing.T, r *baseline.Reader, dir, file string) (right, all int) {
	t.Helper()
	for _, g := range readGold(t, dir, file) {
		all++
		cfg := readConfig(t, filepath.Join(dir, "configs", g.Config))
		impl, err := r.Analyse(context.Background(), g.EntryClass, cfg, nil, baseline.Options{})
		if err != nil {
			t.Logf("%s: %v", g.Config, err)
			continue
		}
		gold, ours := comparable(g.Modules, impl.Modules)
		d := goldTally(gold).diff(ourTally(ours))
		if len(d) > 0 && prototypeWrong(g) {
			t.Logf("%s: %d differences, where the prototype is wrong", g.Config, len(d))
			right++
			continue
		}
		if len(d) > 0 || !impl.Decided || impl.File != g.File {
			t.Logf("%s %s: %d differences, decided %v\n  %s", g.Config, g.EntryClass, len(d), impl.Decided, strings.Join(d[:min(len(d), maxShown)], "\n  "))
			for i, u := range impl.Undecided {
				if i < 4 {
					t.Logf("    undecided %+v", u)
				}
			}
			continue
		}
		right++
	}
	t.Logf("%s: %d / %d", file, right, all)
	return right, all
}

// TestGoldFromSource compares the verified models; that the others agree too
// follows from TestGoldFromIndex and TestIndexEqualsSource.
func TestGoldFromSource(t *testing.T) {
	dir, tree := goldDir(t), sglangTree(t)
	if dir == "" || tree == nil {
		t.Skip("needs the gold data and an SGLang source tree")
	}
	r := baseline.NewReader(tree, nil)
	if right, all := compareGold(t, r, dir, "layers.json"); right != all {
		t.Errorf("layers: %d of %d", right, all)
	}
}

func TestGoldFromIndex(t *testing.T) {
	dir := goldDir(t)
	if dir == "" {
		t.Skip("needs the gold data")
	}
	r := baseline.NewReader(baseline.NewEmbedded(), nil)
	if right, all := compareGold(t, r, dir, "layers.json"); right != all {
		t.Errorf("layers: %d of %d", right, all)
	}
	const least = 150
	if right, all := compareGold(t, r, dir, "layers-wide.json"); right < least {
		t.Errorf("wide: %d of %d", right, all)
	}
}

// TestIndexEqualsSource holds that an index and the source it was made from
// give the same result, for one model of every class.
func TestIndexEqualsSource(t *testing.T) {
	tree := sglangTree(t)
	if tree == nil {
		t.Skip("needs scripts/fetch-package.sh sglang")
	}
	data, err := classes.BuildIndex(context.Background(), tree, "", "")
	if err != nil {
		t.Fatal(err)
	}
	source, embedded := baseline.NewReader(tree, nil), baseline.NewReader(classes.ReadEmbedded(data), nil)
	for arch, cfg := range realConfigs(t) {
		a, errA := source.Analyse(context.Background(), arch, cfg, nil, baseline.Options{})
		b, errB := embedded.Analyse(context.Background(), arch, cfg, nil, baseline.Options{})
		if (errA == nil) != (errB == nil) {
			t.Errorf("%s: source %v, index %v", arch, errA, errB)
			continue
		}
		if errA != nil {
			if !isUnregistered(errA) {
				t.Errorf("%s: %v", arch, errA)
			}
			continue
		}
		for _, x := range []*baseline.Implementation{a, b} {
			x.Source, x.Commit, x.Date, x.Notes = "", "", "", nil
		}
		if d := cmp.Diff(a, b); d != "" {
			t.Errorf("%s: source and index differ:\n%s", arch, d[:min(len(d), maxDiff)])
		}
	}
}

const maxDiff = 1500

// TestIndexIsThePackage holds that the index in the binary is what the pinned
// package makes.
func TestIndexIsThePackage(t *testing.T) {
	commit, date := baseline.NewEmbedded().Commit()
	if commit == "" || date == "" {
		t.Fatal("the index does not say which SGLang it was made from: run make generate")
	}
	dir := filepath.Join("..", "..", ".cache", "sglang-"+strings.TrimPrefix(commit, "v"))
	tree, err := repo.Open(t.Context(), repo.Options{Path: dir, Offline: true})
	if err != nil {
		t.Skip("needs scripts/fetch-package.sh sglang: ", err)
	}
	made, err := classes.BuildIndex(t.Context(), tree, commit, date)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, index.Data()) {
		t.Errorf("the package makes another index (%d bytes, not %d): run make generate", len(made), len(index.Data()))
	}
}

func architecturesOf(cfg *extract.Object) []string {
	v, _ := cfg.Get("architectures")
	items, _ := v.([]extract.Value)
	var out []string
	for _, x := range items {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
