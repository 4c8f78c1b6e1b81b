package definition

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// gold opens a file of the measured data; the test is skipped without it.
func gold(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "gold", name))
	if err != nil {
		t.Skip("no gold data here: ", err)
	}
	return b
}

type goldDefinition struct {
	Name   string `json:"name"`
	OpType string `json:"op_type"`
	Axes   map[string]struct {
		Type  string `json:"type"`
		Value int64  `json:"value"`
	} `json:"axes"`
}

func goldDefinitions(t testing.TB, file string) []goldDefinition {
	t.Helper()
	var defs []goldDefinition
	lines := bufio.NewScanner(bytes.NewReader(gold(t, file)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var d goldDefinition
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		defs = append(defs, d)
	}
	return defs
}

func TestGoldNamesRoundTrip(t *testing.T) {
	defs := goldDefinitions(t, "definitions.jsonl")
	for _, d := range defs {
		n, err := Parse(d.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		if n.String() != d.Name {
			t.Errorf("%s prints as %s", d.Name, n)
		}
		// One early Definition stands in a folder that was renamed later.
		if n.OpType() != d.OpType && (d.OpType != "mla" || n.OpType() != "mla_paged") {
			t.Errorf("%s: op_type %s, the dataset says %s", d.Name, n.OpType(), d.OpType)
		}
		for i, f := range n.Family.Fields {
			axis, ok := d.Axes[f.Axis]
			if f.Axis == "" || (!ok && f.Axis == "top_k") {
				continue
			}
			if !ok || axis.Value != n.Values[i] {
				t.Errorf("%s: field %s is axis %s = %d in the dataset", d.Name, f.Abbrev, f.Axis, axis.Value)
			}
		}
	}
	if len(defs) != 203 {
		t.Errorf("%d definitions, expected 203", len(defs))
	}
}

func TestGoldNamesSeenAnywhere(t *testing.T) {
	for _, line := range strings.Split(string(gold(t, "definition_names.tsv")), "\n")[1:] {
		cols := strings.Split(line, "\t")
		if len(cols) < 2 {
			continue
		}
		n, err := Parse(cols[0])
		if current := cols[1] != "-"; current != (err == nil && n.Family.Vocabulary == Dataset) {
			t.Errorf("%s: current style %v, but Parse says %v", cols[0], current, err)
		}
	}
}

func TestGoldLegacy(t *testing.T) {
	for _, d := range goldDefinitions(t, "definitions_legacy.jsonl") {
		r, ok := Respell(d.Name)
		n := r.Name
		_, retired := Retired(d.Name)
		if !ok && !retired && d.Name != "gemm" {
			t.Errorf("%s: neither a legacy spelling nor retired", d.Name)
		}
		if ok && n.IsZero() {
			t.Errorf("%s gives no name", d.Name)
		}
	}
}

func TestEveryFamilyRoundTrips(t *testing.T) {
	for _, f := range Families() {
		n, err := Parse(f.Example)
		if err != nil {
			t.Error(err)
			continue
		}
		if n.Family != f || n.String() != f.Example {
			t.Errorf("%s is read as %s of family %s, not %s", f.Example, n, n.Family.ID, f.ID)
		}
		if again := Of(f.ID, n.Values...); again.String() != f.Example {
			t.Errorf("Of(%s) = %s", f.ID, again)
		}
		text := Explain(n)
		for _, field := range f.Fields {
			if !strings.Contains(text, field.Meaning) {
				t.Errorf("%s: the explanation lacks %q", f.Example, field.Meaning)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ in, reason, suggestion string }{
		{"", "empty", ""},
		{"gemm", "n (output features) is missing", ""},
		{"gemm_n6144", "k (input features) is missing", ""},
		{"gemm_n6144_k", "has no number", ""},
		{"gemm_n06144_k4096", "leading zeros", "gemm_n6144_k4096"},
		{"gemm_n0_k4096", "positive number", ""},
		{"gemm_k4096_n6144", "n (output features) is missing", "gemm_n6144_k4096"},
		{"gemm_n6144_k4096_", "left over", "gemm_n6144_k4096"},
		{"gemm_n6144_k4096_ps1", "left over", ""},
		{"gemm_n99999999999999999999_k1", "too large", ""},
		{"GEMM_N6144_K4096", "no family", "gemm_n6144_k4096"},
		{"rmsnrom_h4096", "no family", "rmsnorm_h4096"},
		{"fused_add_rms_norm_h4096", "no family", "fused_add_rmsnorm_h4096"},
		{"gqa_paged_decod_h32_kv8_d128_ps1", "no family", "gqa_paged_decode_h32_kv8_d128_ps1"},
		{"gqa_paged_decode_h32_d128_kv8_ps1", "kv (", "gqa_paged_decode_h32_kv8_d128_ps1"},
		{"gdn_decode_qk16_v32_d128_last", "left over", "gdn_decode_qk16_v32_d128_k_last"},
		{"moe_fp8_block_scale_ds_routing_topk8_ng?_kg?_e64_h4096_i1536", "ng (", ""},
		{"rmsnorm_h4096 ", "left over", "rmsnorm_h4096"},
		{"rmsnormh4096", "no family", ""},
		{"hello world", "no family", ""},
		{strings.Repeat("x", 1000), "longer", ""},
	} {
		_, err := Parse(test.in)
		var pe *ParseError
		if !errors.As(err, &pe) {
			t.Errorf("%q: no ParseError but %v", test.in, err)
			continue
		}
		if !strings.Contains(pe.Reason, test.reason) || pe.Suggestion != test.suggestion {
			t.Errorf("%q:\n  reason %q, want %q\n  suggestion %q, want %q", test.in, pe.Reason, test.reason, pe.Suggestion, test.suggestion)
		}
		if len(err.Error()) > 400 {
			t.Errorf("%.20q: a message of %d bytes", test.in, len(err.Error()))
		}
	}
}

func TestLegacy(t *testing.T) {
	for in, want := range map[string]string{
		"gemm_n_6144_k_4096":                                            "gemm_n6144_k4096",
		"gemm_m_dynamic_n_6144_k_4096":                                  "gemm_n6144_k4096",
		"gemm_bf16_N256_K7168":                                          "gemm_n256_k7168",
		"batch_gqa_paged_decode_bs64_h32_kv8_d128_ps1":                  "gqa_paged_decode_h32_kv8_d128_ps1",
		"batch_gqa_ragged_prefill_h32_kv8_d128":                         "gqa_ragged_prefill_causal_h32_kv8_d128",
		"batch_mla_paged_decode_h128_ckv512_kpe64_ps1":                  "mla_paged_decode_h128_ckv512_kpe64_ps1",
		"gqa_paged_prefill_h32_kv8_d128_ps1":                            "gqa_paged_prefill_causal_h32_kv8_d128_ps1",
		"gqa_ragged_h32_kv8_d128":                                       "gqa_ragged_prefill_causal_h32_kv8_d128",
		"mla_ragged_prefill_h16_qk192_vo128":                            "mla_ragged_prefill_causal_h16_qk192_vo128",
		"nsa_sparse_decode_h16_ckv512_kpe64_topk256_ps1":                "dsa_sparse_attention_h16_ckv512_kpe64_topk256_ps1",
		"gdn_decode_qk4_v8_d128":                                        "gdn_decode_qk4_v8_d128_k_last",
		"top_k_sampling_v128256":                                        "top_k_sampling_from_probs_v128256",
		"moe_fp8_block_scale_ds_routing_topk8_e32_h7168_i2048_ng8_kg4":  "moe_fp8_block_scale_ds_routing_topk8_ng8_kg4_e32_h7168_i2048",
		"moe_fp8_block_scale_renormalize_routing_topk8_e32_h7168_i2048": "moe_fp8_block_scale_renorm_topk8_e32_h7168_i2048",
		"gemm_n6144_k4096":                                              "",
		"gemm_n_6144":                                                   "",
		"gemm_n_6144_k_04096":                                           "",
		"segment_gemm_e256_n4096_k7168":                                 "",
		"rmsnorm_h4096":                                                 "",
		"gemma_rmsnorm_h4096":                                           "",
		"gemma_fused_add_rmsnorm_h4096":                                 "",
		"selective_state_update_d64_s128":                               "",
		"rope_cos_sin_cache_d128":                                       "",
		"gqa_ragged_h128_kv128_d192":                                    "",
		"gemm_n_1_k_2_x_3":                                              "",
		"gqa_paged_prefill_causal_h1_kv1_d":                             "",
	} {
		r, ok := Respell(in)
		if r.Name.String() != want || ok != (want != "") || (ok && r.From == "") {
			t.Errorf("%s: %+v %v, want %q", in, r, ok, want)
		}
	}
	for _, form := range forms {
		if _, ok := FamilyByID(form.family); !ok {
			t.Errorf("%s: no family %s", form.prefix, form.family)
		}
	}
	if n := GEMM(6144, 4096); n.Underscored() != "gemm_n_6144_k_4096" || Of("rmsnorm", 1).Underscored() != "rmsnorm_h1" {
		t.Error(n.Underscored())
	}
}

func TestOf(t *testing.T) {
	for _, n := range []Name{Of("rmsnorm", 0), GEMM(1, -1), {}} {
		if !n.IsZero() || n.String() != "" || n.OpType() != "" || Explain(n) != "" || n.Notes() != nil {
			t.Errorf("%q is not the zero name", n)
		}
	}
	for _, wrong := range []func(){
		func() { Of("gemm", 1) }, func() { Of("gemm", 1, 2, 3) }, func() { Of("gem", 1, 2) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a name of no family was made")
				}
			}()
			wrong()
		}()
	}
}

func TestDivide(t *testing.T) {
	for _, test := range []struct {
		d             Divisor
		total, tp, ep int64
		want          int64
		ok            bool
	}{
		{ByTP, 64, 8, 1, 8, true}, {ByTP, 64, 7, 1, 9, false}, {ByTPFloor1, 4, 8, 1, 1, true},
		{ByTPFloor1, 8, 4, 1, 2, true}, {ByTPFloor1, 10, 4, 1, 2, false}, {ByTPFloor1, 3, 8, 1, 0, false},
		{ByEP, 256, 8, 8, 32, true}, {Undivided, 5, 8, 8, 5, true}, {ByTP, 0, 1, 1, 0, false},
	} {
		if v, ok := test.d.Divide(test.total, test.tp, test.ep); v != test.want || ok != test.ok {
			t.Errorf("%v: %d %v", test, v, ok)
		}
	}
}

func TestNotes(t *testing.T) {
	for in, want := range map[string]string{
		"gdn_decode_qk16_v32_d128_v_last":           "gdn_decode_qk16_v32_d128_k_last",
		"mla_paged_decode_h16_ckv576_kpe64_ps1":     "mla_paged_decode_h16_ckv512_kpe64_ps1",
		"gqa_paged_decode_h30_kv8_d128_ps1":         "multiple",
		"gdn_decode_qk16_v30_d128_k_last":           "multiple",
		"dsa_topk_indexer_fp8_h64_d128_topk256_ps1": "ps64",
		"mla_paged_decode_h16_ckv512_kpe64_ps1":     "",
	} {
		n, err := Parse(in)
		if err != nil {
			t.Error(err)
			continue
		}
		got := strings.Join(n.Notes(), "\n")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, family := range Families() {
		f.Add(family.Example)
	}
	for _, s := range []string{"gemm_n_1_k_2", "gemm_n?_k1", "rmsnorm_h", "moe_fp4_block_scale_ds_routing_topk8_e32_h7168_i2048_ng8_kg4", "Gemm_n1_k\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err == nil && n.String() != s {
			t.Errorf("%q prints as %q", s, n)
		}
		if err != nil {
			var pe *ParseError
			if !errors.As(err, &pe) {
				t.Fatalf("%q: %T", s, err)
			}
			if pe.Suggestion != "" {
				if _, err := Parse(pe.Suggestion); err != nil {
					t.Errorf("%q: the suggestion %q does not parse", s, pe.Suggestion)
				}
			}
		}
		if r, ok := Respell(s); ok {
			if again, err := Parse(r.Name.String()); err != nil || again.String() == s {
				t.Errorf("%q: another spelling of %q: %v", s, r.Name, err)
			}
		}
	})
}
