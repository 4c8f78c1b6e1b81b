package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// datasetHasNone says of a kernel without a Definition what FlashInfer has for
// it: names of its trace templates with the model's numbers. A name that the
// known version does not have is left out.
func datasetHasNone(names ...string) string {
	table := definition.FlashInfer()
	names = slices.DeleteFunc(names, func(name string) bool { _, err := definition.Parse(name); return err != nil })
	if len(names) == 0 {
		return "the dataset has none, nor has FlashInfer " + table.FlashInfer
	}
	return "the dataset has none; FlashInfer " + table.FlashInfer + " has " + strings.Join(names, " and ")
}

// describesPlainSoftmax are remarks where a model's attention is not the plain
// causal softmax of the gqa references.
func (m *namer) describesPlainSoftmax(key string, kind *extract.AttentionKind) {
	if kind == nil {
		return
	}
	var more []string
	if kind.Sinks {
		more = append(more, "attention sinks")
	}
	if kind.SlidingWindow > 0 {
		more = append(more, fmt.Sprintf("a window of %d tokens", kind.SlidingWindow))
	}
	if kind.LogitSoftcap > 0 {
		more = append(more, fmt.Sprintf("a softcap of %v", kind.LogitSoftcap))
	}
	if len(more) > 0 {
		m.unmapped.add("%s: the references of the gqa Definitions are plain causal softmax, this attention has %s", key, strings.Join(more, " and "))
	}
}

// describesHalfPrecision is a remark, once for a model, where SGLang does not
// run its linear layers in half precision, as the gemm Definitions do.
func (m *namer) describesHalfPrecision(row baseline.Module) {
	q := m.a.Quantization
	if m.opts.Quantization == "none" || q == nil || q.Method == "mxfp4" || q.Experts != "" || row.Type != baseline.TypeLinear || q.LeavesOut(row.Path, row.Layers) {
		return // OpenAI's mxfp4 is of the experts alone
	}
	n, k := *row.N, *row.K
	var has []string
	switch q.Kernel {
	case "fp8_block_scale":
		has = []string{fmt.Sprintf("gemm_fp8_nt_groupwise_n%d_k%d", n, k)}
	case "fp8_per_tensor":
		has = []string{fmt.Sprintf("bmm_fp8_N%d_K%d", n, k)}
	case "nvfp4":
		has = []string{fmt.Sprintf("gemm_fp4_N%d_K%d_block_size16", n, k)}
	}
	if m.halfPrecision {
		return
	}
	m.halfPrecision = true
	m.unmapped.add("linear layers in %s: the gemm Definitions are float16, SGLang runs other kernels; for %s %s", quantizedAs(q), definition.GEMM(n, k), datasetHasNone(has...))
}

// quantizedAs is the quantisation of linear layers in words.
func quantizedAs(q *extract.Quantization) string {
	if q.Format == "" || strings.EqualFold(q.Format, q.Method) {
		return q.Method
	}
	return q.Method + " " + q.Format
}

// Sizes that FlashInfer's selective_state_update takes.
var (
	ssuWidths = []int{64, 128, 256}
	ssuRatios = []int{1, 8, 16}
)

// ssuLimits is a remark where FlashInfer's state update cannot run a shape.
func (m *namer) ssuLimits(key string, heads, groups, width, state int) {
	var out []string
	if !slices.Contains(ssuWidths, width) {
		out = append(out, fmt.Sprintf("heads of width %d (it takes 64, 128, 256)", width))
	}
	if !slices.Contains(ssuWidths, state) {
		out = append(out, fmt.Sprintf("a state of %d (it takes 64, 128, 256)", state))
	}
	if groups > 0 && !slices.Contains(ssuRatios, heads/groups) {
		out = append(out, fmt.Sprintf("%d heads for each group (it takes 1, 8, 16)", heads/groups))
	}
	if len(out) > 0 {
		m.unmapped.add("%s: FlashInfer's selective_state_update does not run %s", key, strings.Join(out, " and "))
	}
}
