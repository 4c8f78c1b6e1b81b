package extract

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// oracleModel is one model of the layers that SGLang's source builds.
type oracleModel struct {
	Config  string         `json:"config"`
	Modules []oracleModule `json:"modules"`
	Error   string         `json:"error"`
}

type oracleModule struct {
	Path       string `json:"path"`
	Class      string `json:"class"`
	Type       string `json:"type"`
	Count      int    `json:"count"`
	N          any    `json:"n"`
	K          any    `json:"k"`
	Hidden     any    `json:"hidden"`
	NumHeads   any    `json:"num_heads"`
	NumKVHeads any    `json:"num_kv_heads"`
	HeadDim    any    `json:"head_dim"`
	VHeadDim   any    `json:"v_head_dim"`
	TopK       any    `json:"top_k"`
	NumExperts any    `json:"num_experts"`
	Width      any    `json:"intermediate_size"`
	Gemm       bool   `json:"gemm"`
}

func num(v any) int {
	f, ok := v.(float64)
	if !ok {
		return -1
	}
	return int(f)
}

// isTower leaves out what is not the language model.
func isTower(path string) bool {
	for _, part := range strings.Split(path, ".") {
		for _, word := range []string{"vis", "audio", "resampler", "multi_modal", "mm_", "embed_vision", "embed_audio", "projector", "tower", "encoder_", "perception", "vit_"} {
			if strings.HasPrefix(part, word) && part != "vision_experts_gate" && part != "vision_experts" {
				return true
			}
		}
	}
	return false
}

// oracleRows reduces the truth to "name what numbers" -> count.
func oracleRows(m oracleModel) map[string]int {
	rows := map[string]int{}
	for _, x := range m.Modules {
		if isTower(x.Path) {
			continue
		}
		parts := strings.Split(x.Path, ".")
		last := parts[len(parts)-1]
		if last == "weight" && x.Type == "parameter" && len(parts) > 1 {
			last = parts[len(parts)-2]
		}
		switch {
		case x.Type == "linear" && !x.Gemm: // convolution weights
			rows[fmt.Sprintf("%s parameter %d %d", last, num(x.N), num(x.K))] += x.Count
		case x.Gemm && (x.Type == "linear" || x.Type == "parameter"):
			rows[fmt.Sprintf("%s linear %d %d", last, num(x.N), num(x.K))] += x.Count
		case x.Type == "norm":
			h := num(x.Hidden)
			if list, ok := x.Hidden.([]any); ok {
				h = 1
				for _, v := range list {
					h *= num(v)
				}
			}
			rows[fmt.Sprintf("%s norm %d", last, h)] += x.Count
		case x.Type == "attention" && last == "attn_mha": // MLA's second kernel
		case x.Type == "attention":
			rows[fmt.Sprintf("%s attention h%d kv%d d%d v%d", last, num(x.NumHeads), num(x.NumKVHeads), num(x.HeadDim), num(x.VHeadDim))] += x.Count
		case x.Type == "moe" && last != "vision_experts":
			rows[fmt.Sprintf("%s moe e%d i%d", last, num(x.NumExperts), num(x.Width))] += x.Count
		}
	}
	return rows
}

// ourRows reduces an Architecture to the same.
func ourRows(a *Architecture) map[string]int {
	rows := map[string]int{}
	dims := func(list []Dimension, times int) {
		for _, d := range list {
			last := d.Name[strings.LastIndexAny(d.Name, "./")+1:]
			times := times * max(d.Times, 1)
			switch d.Type {
			case "norm":
				rows[fmt.Sprintf("%s norm %d", last, d.N)] += times
			case "parameter":
				if d.K > 0 && last != "conv" {
					rows[fmt.Sprintf("%s parameter %d %d", last, d.N, d.K)] += times
				}
			default:
				rows[fmt.Sprintf("%s linear %d %d", last, d.N, d.K)] += times
			}
		}
	}
	for _, k := range a.AttentionKinds {
		layers := k.Layers * max(k.PerLayer, 1)
		dims(k.Dimensions, layers)
		dims(k.Norms, layers)
		v := k.VHeadDim
		if v == 0 {
			v = k.HeadDim
		}
		switch k.Family {
		case MLA, DSA:
			rows[fmt.Sprintf("%s attention h%d kv1 d%d v%d", k.Core, k.NumHeads, k.KVLoraRank+k.QKRopeHeadDim, k.KVLoraRank)] += layers
		case GQA, ParallelAttnMamba, Lightning:
			rows[fmt.Sprintf("attn attention h%d kv%d d%d v%d", k.NumHeads, k.NumKVHeads, k.HeadDim, v)] += k.Layers
		case OtherMixer:
			if k.NumHeads > 0 {
				rows[fmt.Sprintf("%s attention h%d kv%d d%d v%d", k.Core, k.NumHeads, k.NumKVHeads, k.HeadDim, v)] += k.Layers
			}
		}
	}
	for _, k := range a.MLPKinds {
		dims(k.Dimensions, k.Layers)
		dims(k.Norms, k.Layers)
		if k.MoE != nil && k.Experts != "" {
			rows[fmt.Sprintf("%s moe e%d i%d", k.Experts[strings.LastIndexByte(k.Experts, '.')+1:], k.MoE.NumExperts, k.MoE.MoEIntermediateSize)] += k.Layers
		}
	}
	dims(a.Extra, 1)
	if a.Skeleton.FinalNorm != "" {
		rows[fmt.Sprintf("%s norm %d", a.Skeleton.FinalNorm, a.HiddenSize)]++
	}
	return rows
}

// compareRows lists the differences, sorted.
func compareRows(want, have map[string]int) []string {
	var diff []string
	for row, n := range want {
		if have[row] != n {
			diff = append(diff, fmt.Sprintf("want %s x%d, have x%d", row, n, have[row]))
		}
	}
	for row, n := range have {
		if _, ok := want[row]; !ok {
			diff = append(diff, fmt.Sprintf("extra %s x%d", row, n))
		}
	}
	sort.Strings(diff)
	return diff
}

// wrongInOracle are configs for which the prototype behind the folder of
// layers reads SGLang wrongly: it does not see that Gemma 4's full layers have
// heads of their own (global_head_dim).
func wrongInOracle(config string) bool { return strings.Contains(strings.ToLower(config), "gemma-4") }

func TestArchitectureAgreesWithSGLang(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "gold")
	configs, file := filepath.Join(dir, "configs"), filepath.Join(dir, "layers-wide.json")
	if own := os.Getenv("FIB_LS_TEST_LAYERS"); own != "" { // another folder of configs and its layers
		configs, file, _ = strings.Cut(own, ":")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Skip("the layers that SGLang builds are not at hand")
	}
	var models []oracleModel
	if err := json.Unmarshal(data, &models); err != nil {
		t.Fatal(err)
	}
	equal, all := 0, 0
	for _, m := range models {
		if m.Error != "" || wrongInOracle(m.Config) {
			continue
		}
		config, err := os.ReadFile(filepath.Join(configs, m.Config))
		if err != nil {
			t.Fatal(err)
		}
		all++
		a, err := Read(config, Options{RepoID: repoOf(m.Config)})
		if err != nil {
			t.Logf("%s: %v", m.Config, err)
			continue
		}
		diff := compareRows(oracleRows(m), ourRows(a))
		if len(diff) == 0 {
			equal++
			continue
		}
		t.Logf("%s (%s):\n  %s", m.Config, a.ModelType, strings.Join(diff, "\n  "))
	}
	t.Logf("%d of %d configs agree in every layer", equal, all)
	if equal*100 < all*95 && os.Getenv("FIB_LS_TEST_LAYERS") == "" {
		t.Errorf("fewer than 95 %% agree")
	}
}
