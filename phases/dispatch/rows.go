package dispatch

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// Row is one entry of kernel_calls.json.
type Row struct {
	Module       string `json:"module"`
	Kernel       string `json:"kernel"`
	BaselineImpl string `json:"baseline_impl"`
	// Equivalent is the FlashInfer-Bench Definition that does what the call
	// does, the first where there are several; all are in Definitions.
	Equivalent  string   `json:"flashinfer_equivalent"`
	Definitions []string `json:"definitions"`
	// FlashInfer are the functions of FlashInfer that do the same, whether
	// SGLang calls them or not, TraceNames what a trace dump calls the
	// Definitions then.
	FlashInfer []string `json:"flashinfer_api,omitempty"`
	TraceNames []string `json:"trace_names,omitempty"`
	// Runs are the kernels that run by SGLang's defaults, by GPU.
	Runs         map[string][]Run `json:"runs,omitempty"`
	CodeLocation string           `json:"code_location"`
}

// definitionsOf are the families of Definitions that do what a kind of call
// does; a call that is not listed has none.
var definitionsOf = map[string][]string{
	"rmsnorm":                 {"rmsnorm"},
	"gemma_rmsnorm":           {"rmsnorm"},
	"fused_add_rmsnorm":       {"fused_add_rmsnorm"},
	"gemma_fused_add_rmsnorm": {"fused_add_rmsnorm"},
	"linear_attention":        {"gdn_prefill", "gdn_decode", "gdn_mtp"},
	"mamba":                   {"mamba_ssu_decode"},
	baseline.CallGEMM:         {"gemm"},
	baseline.CallAttention:    {"gqa_paged_prefill_causal", "gqa_paged_decode", "gqa_ragged_prefill_causal"},
	baseline.CallLatentPaged:  {"mla_paged_prefill_causal", "mla_paged_decode"},
	baseline.CallLatentRagged: {"mla_ragged_prefill_causal"},
	baseline.CallSparse:       {"dsa_sparse_attention"},
	baseline.CallIndexer:      {"dsa_topk_indexer_fp8"},
	baseline.CallRope:         {"rope_with_cos_sin_cache_neox_style", "rope_with_cos_sin_cache_gptj_style"},
	baseline.CallMoE:          moeFamilies,
	baseline.CallTopK:         moeFamilies, // the kernel takes the router's logits
}

var moeFamilies = []string{
	"moe_fp8_block_scale_ds_routing", "moe_fp8_block_scale_renorm", "trtllm_fp4_block_scale_moe", "trtllm_fp4_block_scale_routed_moe", "trtllm_fp8_per_tensor_scale_moe",
}

// Rows makes the rows of kernel_calls.json; definitions gives the Definitions
// of a module by its path.
func (m *Model) Rows(calls []baseline.KernelCall, definitions func(path string) []string) []Row {
	out := []Row{}
	for _, c := range calls {
		row := Row{
			Module: c.Path, Kernel: c.Function, BaselineImpl: c.BaselineImpl, FlashInfer: c.FlashInfer, CodeLocation: c.Location,
			Definitions: m.definitions(c, definitions),
		}
		if len(row.Definitions) > 0 {
			row.Equivalent = row.Definitions[0]
		}
		for _, d := range row.Definitions {
			if n, err := definition.Parse(d); err == nil {
				row.TraceNames = append(row.TraceNames, m.traceNames(c, n)...)
			}
		}
		slices.Sort(row.TraceNames)
		row.TraceNames = slices.Compact(row.TraceNames)
		for _, gpu := range GPUs {
			if runs := m.Runs(c, gpu); len(runs) > 0 {
				if row.Runs == nil {
					row.Runs = map[string][]Run{}
				}
				row.Runs[gpu] = runs
			}
		}
		out = append(out, row)
	}
	return out
}

// traceNames are what a trace dump calls a Definition that stands for a call:
// by FlashInfer's template of it, or, where another function of FlashInfer does
// what the call does (gemma_rmsnorm for rmsnorm), by that function's.
func (m *Model) traceNames(c baseline.KernelCall, n definition.Name) []string {
	has := m.table.Kernel(n)
	if slices.ContainsFunc(has.APIs, func(a definition.API) bool { return slices.Contains(c.FlashInfer, a.Name) }) {
		return has.Templates
	}
	var others []string
	for _, k := range kernels {
		if k.call == c.Function && k.template != "" && slices.Contains(c.FlashInfer, k.function) {
			others = append(others, m.names(k, c)...)
		}
	}
	if len(others) > 0 {
		return others
	}
	return has.Templates
}

// definitions are those of the module that do what the call does.
func (m *Model) definitions(c baseline.KernelCall, of func(path string) []string) []string {
	out := []string{}
	families := definitionsOf[c.Function]
	names := of(c.Path)
	if len(names) == 0 && c.Function == baseline.CallGEMM { // a bare weight stands for its module
		names = of(strings.TrimSuffix(c.Path, ".weight"))
	}
	for _, d := range names {
		if n, err := definition.Parse(d); err == nil && slices.Contains(families, n.Family.ID) {
			out = append(out, d)
		}
	}
	for _, row := range m.layers(c.Path) {
		if n := m.unlisted(c.Function, row); len(out) == 0 && !n.IsZero() {
			out = append(out, n.String())
		}
	}
	return out
}

// unlisted is the Definition of a call of sparse attention that an entry lists
// elsewhere (the choice of tokens) or not at all (short prompts).
func (m *Model) unlisted(function string, row baseline.Module) definition.Name {
	switch kind := m.kind(extract.DSA); {
	case kind == nil:
	case function == baseline.CallLatentRagged:
		return m.latentRagged(row)
	case function == baseline.CallIndexer:
		return definition.Of("dsa_topk_indexer_fp8", kind.IndexNHeads, kind.IndexHeadDim, kind.IndexTopK, indexerPages)
	}
	return definition.Name{}
}

// indexerPages is the only page size that the indexer's cache has.
const indexerPages = 64

func (m *Model) latentRagged(row baseline.Module) definition.Name {
	if row.NumHeads == nil || row.HeadDim == nil || row.VHeadDim == nil || *row.NumHeads%m.tp != 0 {
		return definition.Name{}
	}
	return definition.Of("mla_ragged_prefill_causal", *row.NumHeads/m.tp, *row.HeadDim, *row.VHeadDim)
}
