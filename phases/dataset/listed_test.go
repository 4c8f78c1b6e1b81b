package dataset

import (
	"testing"

	"github.com/fib-ls/fib-ls/phases/definition"
)

func TestEmbedded(t *testing.T) {
	d := Embedded()
	names := d.Names()
	if len(names) != 203 || d.Listed == "" || d.Dir != "" {
		t.Errorf("%d names, %q", len(names), d.Listed)
	}
	for _, name := range names {
		if n, err := definition.Parse(name); err != nil || n.Family.Vocabulary != definition.Dataset {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]bool{
		"rmsnorm_h4096": true, "rmsnorm_h4097": false,
		"gqa_paged_prefill_h32_kv8_d128_ps64": true, // as a trace dump of FlashInfer has it
		"gemm_n_6144_k_4096":                  true, // as it was
		"gemma_rmsnorm_h4096":                 false,
	} {
		if _, ok := d.Get(name); ok != want {
			t.Errorf("%s is there: %v", name, ok)
		}
	}
}

// TestSpellings: a dataset that a trace dump made has FlashInfer's names, and
// a name of either vocabulary finds them; one that has both gives each itself.
func TestSpellings(t *testing.T) {
	dump := FromNames([]string{"gdn_decode_qk16_v32_d128", "top_p_sampling_v32000", "gemm_bf16_N256_K512"}, "a dump")
	for name, want := range map[string]string{
		"gdn_decode_qk16_v32_d128_k_last":  "gdn_decode_qk16_v32_d128",
		"gdn_decode_qk16_v32_d128":         "gdn_decode_qk16_v32_d128",
		"top_p_sampling_from_probs_v32000": "top_p_sampling_v32000",
		"gemm_n256_k512":                   "", // the template's is another type and layout
	} {
		if e, _ := dump.Get(name); e.Name != want {
			t.Errorf("%s is %q, want %q", name, e.Name, want)
		}
	}
	both := FromNames([]string{"gdn_decode_qk16_v32_d128", "gdn_decode_qk16_v32_d128_k_last"}, "both")
	for _, name := range both.Names() {
		if e, _ := both.Get(name); e.Name != name {
			t.Errorf("%s is %s", name, e.Name)
		}
	}
}

// TestFromFiles: of a list of files, the folders say what each is.
func TestFromFiles(t *testing.T) {
	d := FromFiles([]string{
		"definitions/rmsnorm/rmsnorm_h256.json", "definitions/rmsnorm/rmsnorm_h512.json", "definitions/rmsnorm/notes.md",
		"workloads/rmsnorm/rmsnorm_h512.jsonl", "workloads/gemm/gemm_n1_k1.jsonl", "solutions/x/rmsnorm_h1.json", "definitions/x/<b>.json",
	}, "a list")
	if names := d.Names(); len(names) != 2 || names[0] != "rmsnorm_h256" || names[1] != "rmsnorm_h512" {
		t.Errorf("%q", names)
	}
	if present, workloads := d.Lookup("rmsnorm_h512"); !present || workloads != 1 {
		t.Errorf("rmsnorm_h512: %v %d", present, workloads)
	}
	if e, _ := d.Get("rmsnorm_h256"); e.OpType != "rmsnorm" || e.Workloads != 0 || !d.KnowsWorkloads() {
		t.Errorf("%+v", e)
	}
	if Embedded().KnowsWorkloads() {
		t.Error("a list of names does not tell of workloads")
	}
}
