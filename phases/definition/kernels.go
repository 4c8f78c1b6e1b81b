package definition

import (
	"slices"
	"strings"
)

// apisWithoutTemplate are FlashInfer's APIs of dataset families that no template names, or
// whose template no API carries: the kernel, or the parts that make it up.
var apisWithoutTemplate = map[string][]string{
	"dsa_topk_indexer_fp8":       {"flashinfer.paged_mqa.fp8_paged_mqa_logits", "flashinfer.topk.top_k_page_table_transform"},
	"trtllm_fp4_block_scale_moe": {"flashinfer.fused_moe.core.trtllm_fp4_block_scale_moe"},
	"mla_paged_prefill_causal":   {"flashinfer.mla._batch_mla._wrapper.BatchMLAPagedAttentionWrapper.run"},
	"dsa_sparse_attention":       {"flashinfer.mla._core.trtllm_batch_decode_with_kv_cache_mla"},
}

// plainLayers are families whose kernel SGLang does not take from FlashInfer
// but from PyTorch: linear layers in half precision.
var plainLayers = []string{"gemm"}

// Kernel is what FlashInfer has for a Definition, and what SGLang calls of it.
type Kernel struct {
	APIs []API
	// Templates are the names under which a trace dump writes it.
	Templates []string
	// Traced says that one of the APIs carries a trace template. A kernel that
	// several APIs make up is dumped by none of them.
	Traced bool
	// Plain says that SGLang runs it without FlashInfer by design.
	Plain bool
}

// Served are the files of SGLang's server that call one of the APIs; code of
// image and video models does not count.
func (k Kernel) Served() []string {
	var files []string
	for _, api := range k.APIs {
		for _, f := range api.SGLang {
			if !strings.HasPrefix(f, "multimodal_gen/") && !strings.Contains(f, "/diffusion/") {
				files = append(files, f)
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// Kernel finds what FlashInfer has for a Definition of either vocabulary.
func (t *Table) Kernel(n Name) Kernel {
	k := Kernel{Plain: slices.Contains(plainLayers, n.Family.ID)}
	for _, c := range t.Counterparts(n) {
		if text := c.Name.String(); text != "" {
			k.Templates = append(k.Templates, text)
		}
	}
	if n.Family.Vocabulary == FlashInferNames {
		k.Templates = []string{n.String()}
	}
	known := map[string]bool{}
	for _, name := range slices.Concat(t.apisOf(n), apisWithoutTemplate[n.Family.ID]) {
		if api, ok := t.apis[name]; ok && !known[name] {
			known[name] = true
			k.APIs = append(k.APIs, api)
		}
	}
	// What two APIs make up, neither of them dumps.
	k.Traced = len(apisWithoutTemplate[n.Family.ID]) < 2 && t.traced(known)
	return k
}

// apisOf are the APIs that dump under a name or under a counterpart of it, each
// once.
func (t *Table) apisOf(n Name) []string {
	families := []*Family{n.Family}
	for _, c := range t.Counterparts(n) {
		families = append(families, c.Family)
	}
	var apis []string
	for _, f := range families {
		if template := t.Template(f); template != nil {
			apis = append(apis, slices.DeleteFunc(slices.Clone(template.APIs), func(api string) bool { return slices.Contains(apis, api) })...)
		}
	}
	return apis
}

// traced reports whether one of some APIs carries a trace template.
func (t *Table) traced(apis map[string]bool) bool {
	carries := func(template *TemplateRow) bool {
		return slices.ContainsFunc(template.APIs, func(api string) bool { return apis[api] })
	}
	for _, template := range t.same {
		if carries(template) {
			return true
		}
	}
	return slices.ContainsFunc(t.Families, func(f *Family) bool { return carries(f.template) })
}
