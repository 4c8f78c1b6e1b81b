// Package dispatch says which kernel SGLang runs a call of forward() with on
// which generation of GPU, and what a trace dump of FlashInfer would call it.
// It knows SGLang's defaults alone: no flags, no environment variables, no
// speculative decoding. Where those leave it open, it says nothing.
package dispatch

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// The generations of GPUs that are told apart.
const (
	SM90  = "sm90"  // Hopper: H100, H200
	SM100 = "sm100" // Blackwell: B200, GB200
)

// GPUs are the generations, oldest first.
var GPUs = []string{SM90, SM100}

// Run is one kernel that a call runs.
type Run struct {
	// Phase is prefill or decode where the two run different kernels.
	Phase string `json:"phase,omitempty"`
	// Backend is what SGLang chose: its attention backend, MoE runner or GEMM
	// backend; "" where it has no choice.
	Backend string `json:"backend,omitempty"`
	// Function is the function or module that runs; "flashinfer.…" is an API of
	// FlashInfer, everything else is none.
	Function string `json:"function"`
	// TraceNames are the names of FlashInfer's trace template with the model's
	// numbers on one device, one for each size of the layer.
	TraceNames []string `json:"trace_names,omitempty"`
}

// FromFlashInfer reports whether the kernel is one of FlashInfer's.
func (r Run) FromFlashInfer() bool { return strings.HasPrefix(r.Function, "flashinfer.") }

// Options are how a model is served.
type Options struct {
	TP, EP int
	// Quantization is what was asked for: none, fp8 or nvfp4; otherwise it is
	// the checkpoint's.
	Quantization string
}

// Model is a model as it is served.
type Model struct {
	arch   *extract.Architecture
	tp, ep int
	quant  string
	table  *definition.Table
	rows   map[string][]baseline.Module // by path
}

// New takes a model and its tree. The facts of the table hold for SGLang's and
// FlashInfer's versions in Versions.
func New(a *extract.Architecture, impl *baseline.Implementation, o Options) *Model {
	if a == nil {
		a = &extract.Architecture{}
	}
	m := &Model{arch: a, tp: max(o.TP, 1), ep: max(o.EP, 1), quant: o.Quantization, table: definition.FlashInfer(), rows: map[string][]baseline.Module{}}
	for _, row := range impl.Modules {
		m.rows[row.Path] = append(m.rows[row.Path], row)
	}
	return m
}

// Versions are the packages that the facts were read off.
func Versions() definition.Versions { return definition.FlashInfer().Versions }

// Runs are the kernels that a call runs on a GPU by SGLang's defaults; none
// where they are not known.
func (m *Model) Runs(call baseline.KernelCall, gpu string) []Run {
	var out []Run
	backend, known := m.backend(call, gpu)
	if !known {
		return nil
	}
	for _, k := range kernels {
		if k.call != call.Function || k.backend != "" && k.backend != backend || k.gpu != "" && k.gpu != gpu || k.when != nil && !k.when(m, call) {
			continue
		}
		run := Run{Phase: k.phase, Backend: backend, Function: k.function}
		if k.template != "" {
			run.TraceNames = m.names(k, call)
		}
		out = append(out, run)
	}
	return out
}

// names are a template's names for the layers at a call's path.
func (m *Model) names(k kernel, call baseline.KernelCall) []string {
	template := k.template
	if strings.Contains(template, routingWord) {
		template = strings.ReplaceAll(template, routingWord, m.routing())
	}
	family := m.table.TemplateFamily(template)
	if family == nil {
		return nil
	}
	var out []string
	for _, row := range m.layers(call.Path) {
		sizes := m.sizes(call, row)
		sizes["ps"] = k.pages
		if name := family.Fill(sizes).String(); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// layers are the rows at a path, one for each size; a bare call has one row
// without sizes.
func (m *Model) layers(path string) []baseline.Module {
	if rows := m.rows[path]; len(rows) > 0 {
		return rows
	}
	return []baseline.Module{{Path: path}}
}
