package dispatch

import (
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/definition"
)

// TestKernelsAreInTheTable holds the kernels to what is read out of the
// packages: each function of FlashInfer is one of its APIs that SGLang calls,
// and dumps under the template that is named beside it.
func TestKernelsAreInTheTable(t *testing.T) {
	table := definition.FlashInfer()
	seen := 0
	for _, k := range kernels {
		if !(Run{Function: k.function}).FromFlashInfer() {
			if k.template != "" {
				t.Errorf("%s is none of FlashInfer's and has a template", k.function)
			}
			continue
		}
		seen++
		api, ok := table.API(k.function)
		if !ok {
			t.Errorf("FlashInfer %s has no %s", table.FlashInfer, k.function)
			continue
		}
		if len(api.SGLang) == 0 {
			t.Errorf("SGLang %s does not call %s", table.SGLang, k.function)
		}
		words := []string{""}
		if strings.Contains(k.template, routingWord) {
			words = nil
			for _, r := range routings {
				words = append(words, r.word)
			}
		}
		for _, word := range words {
			if k.template == "" {
				continue
			}
			prefix := strings.ReplaceAll(k.template, routingWord, word)
			family := table.TemplateFamily(prefix)
			if family == nil {
				t.Errorf("%s: FlashInfer %s has no template %q", k.function, table.FlashInfer, prefix)
				continue
			}
			if apis := table.Template(family).APIs; !slices.Contains(apis, k.function) {
				t.Errorf("%s dumps under another template than %s, which is for %v", k.function, prefix, apis)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d kernels of FlashInfer", seen)
	}
}

// TestChoicesHaveKernels: what SGLang may choose is a backend that the table of
// kernels knows, so that no choice is silently nothing.
func TestChoicesHaveKernels(t *testing.T) {
	for _, rows := range [][]choice{softmaxBackends, latentBackends, sparseBackends, expertBackends, linearBackends} {
		if last := rows[len(rows)-1]; len(last.classes) > 0 || len(last.quant) > 0 {
			t.Errorf("the last of %d rows does not hold for all", len(rows))
		}
		for _, row := range rows {
			for _, backend := range []string{row.sm90, row.sm100} {
				if backend != "" && !slices.ContainsFunc(kernels, func(k kernel) bool { return k.backend == backend }) {
					t.Errorf("nothing runs for the backend %q", backend)
				}
			}
		}
	}
}
