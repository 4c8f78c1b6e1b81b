package definition

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// foreign are names of FlashInfer's templates with what the dataset has for
// them, one of each relation and kind.
var foreign = []struct {
	name, dataset string
	relation      Relation
	opType        string
}{
	{"rmsnorm_h4096", "rmsnorm_h4096", Same, "rmsnorm"},
	{"dsa_sparse_attention_h16_ckv512_kpe64_topk2048_ps64", "dsa_sparse_attention_h16_ckv512_kpe64_topk2048_ps64", Same, "dsa_paged"},
	{"gqa_paged_prefill_h32_kv8_d128_ps64", "gqa_paged_prefill_causal_h32_kv8_d128_ps64", Renamed, "gqa_paged"},
	{"gqa_ragged_h32_kv8_d128", "gqa_ragged_prefill_causal_h32_kv8_d128", Renamed, "gqa_ragged"},
	{"gdn_mtp_qk4_v8_d128", "gdn_mtp_qk4_v8_d128_k_last", Renamed, "gdn"},
	{"top_p_sampling_v32000", "top_p_sampling_from_probs_v32000", Renamed, "sampling"},
	{"gemm_bf16_N256_K7168", "gemm_n256_k7168", Merged, "gemm_bf16"},
	{"moe_fp8_block_scale_renormalize_naive_routing_topk8_e32_h7168_i2048", "moe_fp8_block_scale_renorm_topk8_e32_h7168_i2048", Merged, "moe"},
	{"selective_state_update_d64_s128", "", Lossy, "mamba"},
	{"rope_cos_sin_cache_inplace_d128", "", Lossy, "rope"},
	{"gqa_ragged_h128_kv128_d192", "", Lossy, "gqa_ragged"},
	{"trtllm_fp4_block_scale_routed_moe_topk8_e16_h7168_act3", "", Lossy, "moe"},
	{"gemma_rmsnorm_h5376", "", Own, "rmsnorm"},
	{"gemma_fused_add_rmsnorm_h5376", "", Own, "rmsnorm"},
	{"min_p_sampling_v32000", "", Own, "sampling"},
	{"trtllm_bf16_moe_topk8_e128_h2048_i768", "", Own, "moe"},
	{"trtllm_bf16_moe_swiglu_step_topk8_e128_h2048_i768_act7", "", Own, "moe"},
	{"sm90_mixed_gemm_scale_interleave", "", Own, "moe_preprocess"},
	{"mm_bf16_fp4_cute_dsl_native_sf1d_N256_K512_K_packed256_block_size16_SF_dim_0128", "", Own, "gemm_bf16_fp4"},
}

func TestForeignNames(t *testing.T) {
	for _, want := range foreign {
		n, err := Parse(want.name)
		if err != nil {
			t.Error(err)
			continue
		}
		if n.String() != want.name || n.OpType() != want.opType || relationOf(n) != want.relation {
			t.Errorf("%s: printed %s, op type %s, %s", want.name, n, n.OpType(), relationOf(n).Words())
		}
		got := ""
		if c := n.Counterparts(); len(c) > 0 {
			got = c[0].Name.String()
		}
		if got != want.dataset {
			t.Errorf("%s: the dataset has %q, want %q", want.name, got, want.dataset)
		}
		r, ok := Respell(want.name)
		if sure := ok && r.Sure; sure != (want.relation == Renamed) {
			t.Errorf("%s: a fix may write %s: %v", want.name, r.Name, sure)
		}
	}
}

// TestDumpNames: what a trace dump calls the dataset's kernels.
func TestDumpNames(t *testing.T) {
	for name, want := range map[string]string{
		"rmsnorm_h4096":    "rmsnorm_h4096",
		"gemm_n6144_k4096": "gemm_bf16_N6144_K4096",
		"mla_paged_prefill_causal_h16_ckv512_kpe64_ps64":          "mla_paged_prefill_h16_ckv512_kpe64_ps64",
		"mla_ragged_prefill_causal_h16_qk192_vo128":               "gqa_ragged_h16_kv16_d192",
		"mamba_ssu_decode_h128_d64_s128_ng8":                      "selective_state_update_d64_s128",
		"rope_with_cos_sin_cache_neox_style_d128_rd64":            "rope_cos_sin_cache_inplace_d128",
		"moe_fp8_block_scale_renorm_topk8_e32_h7168_i2048":        "moe_fp8_block_scale_renormalize_routing_topk8_e32_h7168_i2048",
		"trtllm_fp4_block_scale_routed_moe_topk8_e16_h7168_i2048": "trtllm_fp4_block_scale_routed_moe_topk8_e16_h7168_act3",
		"trtllm_fp8_per_tensor_scale_moe_topk8_e128_h2048_i768":   "trtllm_fp8_per_tensor_scale_moe_topk8_e128_h2048_i768",
		"dsa_topk_indexer_fp8_h64_d128_topk2048_ps64":             "",
		"gdn_decode_qk16_v32_d128_v_last":                         "",
	} {
		n, err := Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if c := n.Counterparts(); len(c) > 0 {
			got = c[0].Name.String()
		}
		if got != want {
			t.Errorf("a dump calls %s %q, want %q", name, got, want)
		}
	}
}

// TestLinksNameFamilies: a row of links whose ids are in no table would never
// apply.
func TestLinksNameFamilies(t *testing.T) {
	for _, l := range links {
		if _, ok := FamilyByID(l.dataset); !ok {
			t.Errorf("no family %s", l.dataset)
		}
		if _, ok := FlashInfer().Family(l.template); !ok {
			t.Errorf("FlashInfer %s has no template %s", FlashInfer().FlashInfer, l.template)
		}
	}
}

// TestTemplatesRoundTrip: every form of FlashInfer parses and prints back, and
// says its op type, and each field its axis and meaning.
func TestTemplatesRoundTrip(t *testing.T) {
	table := FlashInfer()
	if len(table.Families) < 300 || len(table.APIs()) < 300 {
		t.Fatalf("%d families, %d APIs", len(table.Families), len(table.APIs()))
	}
	for _, f := range table.Families {
		n := Name{Family: f}
		for i, field := range f.Fields {
			n.Values = append(n.Values, int64(i+2))
			if field.Axis == "" || field.Meaning == "" {
				t.Errorf("%s: field %s has no axis or meaning", f.ID, field.Abbrev)
			}
		}
		got, err := Parse(n.String())
		if err != nil {
			t.Error(err)
			continue
		}
		if got.String() != n.String() || f.OpType == "" {
			t.Errorf("%s is read as %s (%s)", n, got, got.Family.ID)
		}
	}
}

// TestForms holds the table to the forms that FlashInfer itself listed.
func TestForms(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "truth", "flashinfer", "families-0.7.2.jsonl"))
	if err != nil {
		t.Skip("no list of forms here: ", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	called := 0
	for lines.Scan() {
		var form struct {
			Name        string            `json:"name"`
			OpType      string            `json:"op_type"`
			Axes        map[string]string `json:"axes"`
			Tags        []string          `json:"tags"`
			Constraints []string          `json:"constraints"`
			Calls       bool              `json:"sglang_0_5_23_calls"`
			APIs        []string          `json:"api"`
		}
		if err := json.Unmarshal(lines.Bytes(), &form); err != nil {
			t.Fatal(err)
		}
		name := form.Name
		for axis := range form.Axes {
			name = strings.ReplaceAll(name, "{"+axis+"}", "64")
		}
		n, err := Parse(name)
		if err != nil || n.String() != name || n.OpType() != form.OpType {
			t.Errorf("%s: %s of %s, %v", name, n, n.OpType(), err)
			continue
		}
		template := FlashInfer().Template(n.Family)
		other := slices.ContainsFunc(template.Axes, func(a AxisRow) bool { return form.Axes[a.Name] == "" })
		if other || len(template.Axes) != len(form.Axes) || !slices.Equal(template.Tags, form.Tags) || !slices.Equal(template.Constraints, form.Constraints) {
			t.Errorf("%s is %+v, and FlashInfer's own %+v", name, template, form)
		}
		if form.Calls {
			called++
			if len(form.APIs) > 0 && !calledBySGLang(FlashInfer(), n.Family) {
				t.Errorf("%s: SGLang calls it", name)
			}
		}
	}
	if called != 95 {
		t.Errorf("%d forms that SGLang calls, not 95", called)
	}
}

// TestTableUnread: half a megabyte is decoded where a name needs it, which is
// when it is not the dataset's: what opens a file of those must not wait for it.
func TestTableUnread(t *testing.T) {
	table := FlashInfer
	t.Cleanup(func() { FlashInfer = table })
	FlashInfer = func() *Table {
		t.Error("FlashInfer's table is read")
		return table()
	}
	texts := []string{"gemm_n_4096_k_4096"} // an older spelling
	for _, f := range Families() {
		texts = append(texts, f.Example)
	}
	for _, text := range texts {
		if _, older := Respell(text); older {
			continue
		}
		n, err := Parse(text)
		if err != nil {
			t.Error(err)
			continue
		}
		n.Remarks()
	}
}
