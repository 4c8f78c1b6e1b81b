package generate

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// goldDir is the folder of real data beside the project, where it is.
func goldDir(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "gold")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no ../shared/gold here: real models are not checked")
	}
	return dir
}

type goldModel struct {
	Config  string            `json:"config"`
	Repo    string            `json:"hf_repo_id"`
	Name    string            `json:"model_name"`
	Modules []baseline.Module `json:"modules"`
}

func goldModels(t testing.TB, file string) []goldModel {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldDir(t), file))
	if err != nil {
		t.Fatal(err)
	}
	// A norm over two dimensions has a list here: no width of ours.
	data = regexp.MustCompile(`"hidden": \[[^\]]*\]`).ReplaceAll(data, []byte(`"hidden": null`))
	var models []goldModel
	if err := json.Unmarshal(data, &models); err != nil {
		t.Fatal(err)
	}
	return models
}

func goldArchitecture(t testing.TB, config, repo string) (*extract.Architecture, error) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldDir(t), "configs", config))
	if err != nil {
		t.Fatal(err)
	}
	return extract.Read(data, extract.Options{RepoID: repo, Source: extract.Source{RepoID: repo, From: "file"}})
}

// entryFaults says why an entry could not go into models.ts as it is.
func entryFaults(res *Result) []string {
	var faults []string
	if res.Pattern == "" || res.Pattern == Custom {
		faults = append(faults, "pattern not recognised")
	}
	mods := map[string]Module{}
	roots := 0
	for _, m := range res.Entry.Modules {
		if _, twice := mods[m.Name]; twice {
			faults = append(faults, "module twice: "+m.Name)
		}
		mods[m.Name] = m
		if m.Parent == "" {
			roots++
		}
	}
	if roots != 1 {
		faults = append(faults, fmt.Sprintf("%d roots", roots))
	}
	for _, m := range res.Entry.Modules {
		if _, ok := mods[m.Parent]; m.Parent != "" && !ok {
			faults = append(faults, "unknown parent of "+m.Name)
		}
		if m.Count < 1 {
			faults = append(faults, fmt.Sprintf("count of %s: %d", m.Name, m.Count))
		}
		if m.Type != "block" && m.Type != "layer" {
			faults = append(faults, "type of "+m.Name)
		}
		for _, d := range m.Definitions {
			if n, err := definition.Parse(d); err != nil || n.String() != d {
				faults = append(faults, "name "+d)
			}
		}
		at, steps := m.Name, 0
		for mods[at].Parent != "" && steps <= len(mods) {
			at = mods[at].Parent
			steps++
		}
		if steps > len(mods) {
			faults = append(faults, "cycle at "+m.Name)
		}
	}
	return faults
}

// needed are the Definitions of which a module for this row must carry one.
func needed(w baseline.Module) []string {
	last := lastSegment(w.Path)
	switch {
	case w.Gemm && (w.Type == baseline.TypeLinear || w.Type == baseline.TypeParameter):
		return []string{fmt.Sprintf("gemm_n%d_k%d", *w.N, *w.K)}
	case w.Type == baseline.TypeNorm && strings.HasSuffix(w.Class, "RMSNorm") && w.Hidden != nil:
		return []string{fmt.Sprintf("fused_add_rmsnorm_h%d", *w.Hidden), fmt.Sprintf("rmsnorm_h%d", *w.Hidden)}
	case w.Type == baseline.TypeAttention && w.HeadDim != nil && w.VHeadDim != nil && *w.HeadDim == *w.VHeadDim && last != "attn_mqa" && last != "attn_mha":
		var names []string
		for _, p := range []int{1, 64} {
			names = append(names, fmt.Sprintf("gqa_paged_decode_h%d_kv%d_d%d_ps%d", *w.NumHeads, *w.NumKVHeads, *w.HeadDim, p))
		}
		return names
	}
	return nil
}

func sumsTo(counts []int, total int) bool {
	reach := map[int]bool{0: true}
	for _, c := range counts {
		next := map[int]bool{}
		for r := range reach {
			next[r] = true
			if r+c <= total {
				next[r+c] = true
			}
		}
		reach = next
	}
	return reach[total]
}

// layerFaults are the rows for which the entry has no modules of their name
// and Definition whose counts add up.
func layerFaults(entry Entry, want []baseline.Module) []string {
	type key struct{ path, kind, need string }
	totals := map[key]int{}
	var order []key
	for _, w := range want {
		switch w.Type {
		case baseline.TypeLinear, baseline.TypeNorm, baseline.TypeAttention, baseline.TypeEmbedding, baseline.TypeLMHead, baseline.TypeMoE:
		case baseline.TypeParameter:
			if !w.Gemm {
				continue
			}
		default:
			continue
		}
		k := key{w.Path, string(w.Type), strings.Join(needed(w), " ")}
		if _, ok := totals[k]; !ok {
			order = append(order, k)
		}
		totals[k] += w.Count
	}
	var faults []string
	for _, k := range order {
		parts := strings.Split(k.path, ".")
		last := parts[len(parts)-1]
		if k.kind == "parameter" && last == "weight" && len(parts) > 1 {
			last = parts[len(parts)-2]
		}
		var counts []int
		var near []string
		for _, m := range entry.Modules {
			close := m.Name == last || strings.HasPrefix(m.Name, last+"_") || strings.HasSuffix(m.Name, "_"+last) || strings.Contains(m.Name, "_"+last+"_") ||
				k.kind == "attention" && strings.Contains(m.Name, "attn") && m.Type == "layer" || k.kind == "moe" && strings.Contains(m.Name, "experts") ||
				k.kind == "parameter" && strings.Contains(m.Name, "gate")
			if !close {
				continue
			}
			near = append(near, fmt.Sprintf("%s x%d %v", m.Name, m.Count, m.Definitions))
			if k.need == "" || slices.ContainsFunc(strings.Fields(k.need), func(n string) bool { return slices.Contains(m.Definitions, n) }) {
				counts = append(counts, m.Count)
			}
		}
		if !sumsTo(counts, totals[k]) {
			faults = append(faults, fmt.Sprintf("%s x%d wants %s: %v", k.path, totals[k], k.need, near))
		}
	}
	return faults
}

// TestGoldLayers feeds the layers that SGLang's source builds to Build: the
// entry must have every one of them.
func TestGoldLayers(t *testing.T) {
	for _, file := range []string{"layers.json", "layers-wide.json"} {
		right, all := 0, 0
		for _, g := range goldModels(t, file) {
			all++
			a, err := goldArchitecture(t, g.Config, g.Repo)
			if err != nil {
				a = bareArchitecture(g)
			}
			res, err := Build(g.Modules, a, Options{ID: g.Name, TP: 1, EP: 1})
			if err != nil {
				t.Errorf("%s: %v", g.Config, err)
				continue
			}
			faults := append(entryFaults(res), layerFaults(res.Entry, g.Modules)...)
			if len(faults) > 0 {
				t.Errorf("%s: %s", g.Config, strings.Join(faults, "\n\t"))
				continue
			}
			right++
		}
		t.Logf("%s: %d / %d", file, right, all)
	}
}

func bareArchitecture(g goldModel) *extract.Architecture {
	a := &extract.Architecture{ModelID: g.Repo, VocabSize: 32000, AttentionKinds: []extract.AttentionKind{{ID: "gqa", Family: extract.GQA}}}
	for _, m := range g.Modules {
		if m.Type == baseline.TypeEmbedding && a.HiddenSize == 0 {
			a.HiddenSize, a.VocabSize = *m.K, *m.N
		}
	}
	return a
}

// closedFamilies are those in which nothing beyond the expected may appear.
var closedFamilies = regexp.MustCompile(`^(?:(?:fused_add_)?rmsnorm|gqa|mla|dsa|gdn|mamba|top_)`)

// TestGoldNames holds the entries made from the config alone to the names
// that the real configs give.
func TestGoldNames(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(goldDir(t), "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected []struct {
		Config      string   `json:"config"`
		Repo        string   `json:"hf_repo_id"`
		Name        string   `json:"model_name"`
		TP          int      `json:"tp"`
		EP          int      `json:"ep"`
		Definitions []string `json:"definitions"`
	}
	if err := json.Unmarshal(data, &expected); err != nil {
		t.Fatal(err)
	}
	for _, e := range expected {
		t.Run(e.Name, func(t *testing.T) {
			a, err := goldArchitecture(t, e.Config, e.Repo)
			if err != nil {
				t.Fatal(err)
			}
			res, err := Build(FromArchitecture(a), a, Options{ID: e.Name, TP: e.TP, EP: e.EP})
			if err != nil {
				t.Fatal(err)
			}
			have := map[string]bool{}
			for _, d := range res.Definitions {
				have[d.Name] = true
				if closedFamilies.MatchString(d.Name) && !slices.Contains(e.Definitions, d.Name) {
					t.Errorf("extra %s (%v)", d.Name, d.Modules)
				}
			}
			for _, want := range e.Definitions {
				if !have[want] {
					t.Errorf("missing %s", want)
				}
			}
		})
	}
}

// TestGoldEntries: every real config gives an entry from the config alone.
func TestGoldEntries(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(goldDir(t), "configs", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no configs: %v", err)
	}
	right := 0
	for _, file := range files {
		config := filepath.Base(file)
		a, err := goldArchitecture(t, config, strings.Replace(strings.TrimSuffix(config, ".json"), "__", "/", 1))
		if err != nil {
			t.Errorf("%s: %v", config, err)
			continue
		}
		res, err := Build(FromArchitecture(a), a, Options{ID: "m", TP: 1, EP: 1})
		if err != nil {
			t.Errorf("%s: %v", config, err)
			continue
		}
		if faults := entryFaults(res); len(faults) > 0 {
			t.Errorf("%s: %s", config, strings.Join(faults, "\n\t"))
			continue
		}
		right++
	}
	t.Logf("entries from the config alone: %d / %d", right, len(files))
}

// notInConfig are differences from the prototype's layers that are not ours:
// what it got wrong, and what only the source tells.
var notInConfig = map[string]string{
	"google__gemma-4":     "the prototype gives full layers the sliding layers' head size; SGLang sets head_dim to global_head_dim when it loads the config",
	"nvidia__Gemma-4":     "as google__gemma-4",
	"baidu__ERNIE-4.5-VL": "the resampler and the vision experts stand in the source alone",
	"zai-org__GLM-5.2":    "SGLang builds an indexer for every layer and runs 21: those of the layers that do not share another's",
	"zai-org__GLM-5.3":    "as zai-org__GLM-5.2",
	"nvidia__GLM-5.3":     "as zai-org__GLM-5.2",
}

// TestGoldConfigOnly holds the trees made from the config alone to the layers
// that SGLang's source builds.
func TestGoldConfigOnly(t *testing.T) {
	for _, file := range []string{"layers.json", "layers-wide.json"} {
		right, all := 0, 0
		for _, g := range goldModels(t, file) {
			all++
			a, err := goldArchitecture(t, g.Config, g.Repo)
			if err != nil {
				t.Errorf("%s: %v", g.Config, err)
				continue
			}
			rows := FromArchitecture(a)
			res, err := Build(rows, a, Options{ID: g.Name, TP: 1, EP: 1})
			if err != nil {
				t.Errorf("%s: %v", g.Config, err)
				continue
			}
			faults := layerFaults(res.Entry, g.Modules)
			for _, d := range Compare(rows, g.Modules, a) {
				faults = append(faults, fmt.Sprintf("cross-check: %+v", d))
			}
			if len(faults) > 0 {
				if why := excused(g.Config); why != "" {
					t.Logf("%s: %d differences: %s", g.Config, len(faults), why)
					continue
				}
				t.Errorf("%s: %s", g.Config, strings.Join(faults, "\n\t"))
				continue
			}
			right++
		}
		t.Logf("%s from the config alone: %d / %d", file, right, all)
	}
}

func excused(config string) string {
	for prefix, why := range notInConfig {
		if strings.HasPrefix(config, prefix) {
			return why
		}
	}
	return ""
}
