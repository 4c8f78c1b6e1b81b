package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/dispatch"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// summaryKernels is what each layer runs, one line for each way.
func summaryKernels(r *Run) []string {
	if r.Implementation == nil {
		return nil
	}
	v := dispatch.Versions()
	lines := []string{
		fmt.Sprintf("By the defaults of SGLang %s with FlashInfer %s; FlashInfer's kernels by the name that a trace dump gives them.", v.SGLang, v.FlashInfer),
		"", "| layer | call | sm90 | sm100 |", "|---|---|---|---|",
	}
	head := len(lines)
	for _, row := range r.kernels().Rows(r.Implementation.Calls, r.DefinitionsOf) {
		if row.Runs == nil {
			continue
		}
		line := fmt.Sprintf("| %s | %s | %s | %s |", prose.Code(row.Module), prose.Cell(row.Kernel), runsText(row.Runs[dispatch.SM90]), runsText(row.Runs[dispatch.SM100]))
		if !slices.Contains(lines[head:], line) {
			lines = append(lines, line)
		}
	}
	if n := definition.Of("top_k_top_p_sampling_from_probs", r.Architecture.VocabSize); !n.IsZero() {
		for _, c := range n.DumpNames() {
			text := prose.Code(c.Name.String())
			lines = append(lines, "| (sampling) | "+n.OpType()+" | "+text+" | "+text+" |", "",
				"Of the sampling kernels SGLang calls the joint one alone; top-k and top-p by themselves are not called.")
		}
	}
	return lines
}

// runsText is what runs on one GPU: names of trace templates, else the backend
// or the function itself.
func runsText(runs []dispatch.Run) string {
	var parts []string
	for _, run := range runs {
		text := prose.Code(run.Function)
		switch {
		case len(run.TraceNames) > 0:
			names := make([]string, len(run.TraceNames))
			for i, name := range run.TraceNames {
				names[i] = prose.Code(name)
			}
			text = strings.Join(names, ", ")
		case run.Backend != "":
			text = prose.Cell(run.Backend) + " (" + prose.Code(run.Function[strings.LastIndexByte(run.Function, '.')+1:]) + ")"
		}
		if run.Phase != "" {
			text = run.Phase + " " + text
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "–"
	}
	return strings.Join(parts, "; ")
}
