package validate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/tsast"
)

// definitions compares the numbers of every Definition name with the model's.
func (c *comparison) definitions() {
	for j, m := range c.p.model.Modules {
		for i, s := range c.p.definitions[j] {
			if (s.current || s.legacy) && s.name.Family.Vocabulary == definition.Dataset && !c.tree.foreign(m) && !c.expectedHas(m.Name, s.name.String()) {
				c.definition(m, m.Definitions.Items[i], s.name)
			}
		}
	}
}

func (c *comparison) definition(m *tsast.Module, d tsast.String, n definition.Name) {
	switch n.Family.OpType {
	case "gemm":
		c.gemm(m, d, n)
	case "rmsnorm":
		c.norm(m, d, n)
	case "sampling":
		c.sampling(m, d, n)
	case "rope":
		c.rope(m, d, n)
	case "moe":
		c.experts(m, d, n)
	default:
		if len(mixersOf[n.Family.OpType]) > 0 { // else nothing here knows its sizes
			c.attention(m, d, n)
		}
	}
}

// expectedHas reports whether the generated entry has this name in this module.
func (c *comparison) expectedHas(module, name string) bool {
	return slices.ContainsFunc(c.expected.Modules, func(e ExpectedModule) bool {
		return e.Name == module && slices.Contains(e.Definitions, name)
	})
}

// rename is the finding about a name and the name it should be; expected ""
// when that is not known.
func (c *comparison) rename(m *tsast.Module, d tsast.String, rule, message, expected string, sure bool, fields []string) {
	problem := Problem{Rule: rule, Span: d.Span, Message: d.Value + ": " + message, Expected: expected}
	if n, err := definition.Parse(expected); err == nil {
		twice := slices.ContainsFunc(m.Definitions.Items, func(s tsast.String) bool { return s.Value == expected })
		if !twice {
			problem.Fixes = []Fix{c.p.restate("Change to "+c.p.spelled(n), d.Span, c.p.spelled(n), sure)}
		}
	}
	c.find(m, problem, fields...)
}

func (c *comparison) gemm(m *tsast.Module, d tsast.String, n definition.Name) {
	byKey := slices.DeleteFunc(c.dimensionsFor(m), func(d dimension) bool { return d.Type == "norm" || d.K == 0 })
	has := func(list []dimension) bool {
		return slices.ContainsFunc(list, func(dim dimension) bool { return int64(dim.N) == n.Values[0] && int64(dim.K) == n.Values[1] })
	}
	if has(byKey) {
		return
	}
	if len(byKey) == 0 {
		c.gemmAnywhere(m, d, n)
		return
	}
	dim := nearestDimension(byKey, n)
	expected := definition.GEMM(dim.N, dim.K).String()
	message := fmt.Sprintf("%s has %d output and %d input features (%s)", q(m.Name), dim.N, dim.K, dim.Formula)
	if slip := c.slipOf(n, dim); slip != "" {
		message = slip + message
	} else if tp := shardOf(n, dim); tp > 1 {
		message += fmt.Sprintf("; this is its share under TP=%d, but GEMM names hold the whole layer", tp)
	}
	c.rename(m, d, "config-gemm", message, expected, len(byKey) == 1, dim.Fields)
}

// gemmAnywhere is for layers whose key says nothing: the size must be that of
// some layer of the model, fused or not.
func (c *comparison) gemmAnywhere(m *tsast.Module, d tsast.String, n definition.Name) {
	inside := c.tree.within[m.Name]
	if c.known[n.String()] || inside == nil || len(c.facts.layers) == 0 {
		return
	}
	all := slices.DeleteFunc(c.facts.dimensions(c.facts.all()), func(d dimension) bool { return d.Type == "norm" || d.K == 0 })
	if len(all) == 0 {
		return
	}
	a := c.arch
	sizes := map[[2]int]bool{}
	for _, dim := range all {
		sizes[[2]int{dim.N, dim.K}] = true
		sizes[[2]int{dim.N / 2, dim.K}] = true // half of a fused pair
	}
	for i := range a.AttentionKinds {
		k := &a.AttentionKinds[i]
		for _, heads := range []int{k.NumHeads, 2 * k.NumHeads, k.NumKVHeads, 2 * k.NumKVHeads} {
			for _, width := range []int{k.HeadDim, k.VHeadDim} {
				sizes[[2]int{heads * width, a.HiddenSize}] = true
			}
		}
	}
	if sizes[[2]int{int(n.Values[0]), int(n.Values[1])}] {
		return
	}
	dim := nearestDimension(all, n)
	if slip := c.slipOf(n, dim); slip != "" {
		c.rename(m, d, "config-gemm", slip+"no layer of the model has this size", definition.GEMM(dim.N, dim.K).String(), false, dim.Fields)
	}
}

// slipOf asks whether the numbers of a GEMM are slips for those of a layer,
// and says what these are.
func (c *comparison) slipOf(n definition.Name, dim dimension) string {
	words := ""
	for i, want := range []int{dim.N, dim.K} {
		if slipWords(n.Values[i], int64(want)) == "" {
			continue
		}
		is := strings.ReplaceAll(dim.Formula, "*", " x ")
		if want == c.arch.HiddenSize {
			is = "hidden_size"
		}
		words += fmt.Sprintf("%d: did you mean %d = %s? ", n.Values[i], want, is)
	}
	return words
}

// nearestDimension prefers the dimension with the fewest wrong digits.
func nearestDimension(list []dimension, n definition.Name) dimension {
	return slices.MinFunc(list, func(a, b dimension) int { return wrongDigits(a, n) - wrongDigits(b, n) })
}

func wrongDigits(d dimension, n definition.Name) int {
	return digitsApart(int64(d.N), n.Values[0]) + digitsApart(int64(d.K), n.Values[1])
}

// digitsApart counts the places at which two numbers differ; 100 when they
// have different lengths.
func digitsApart(a, b int64) int {
	x, y := strconv.FormatInt(a, 10), strconv.FormatInt(b, 10)
	if len(x) != len(y) {
		return 100
	}
	n := 0
	for i := range x {
		if x[i] != y[i] {
			n++
		}
	}
	return n
}

// slipWords names a slip of one digit, or two neighbours exchanged.
func slipWords(got, want int64) string {
	if got == want {
		return ""
	}
	n := digitsApart(got, want)
	x, y := strconv.FormatInt(got, 10), strconv.FormatInt(want, 10)
	swapped := false
	for i := 0; n == 2 && i+1 < len(x); i++ {
		swapped = swapped || x[i] == y[i+1] && x[i+1] == y[i] && x[i] != x[i+1]
	}
	if n != 1 && !swapped || len(x) < 3 {
		return ""
	}
	return fmt.Sprintf("%d is a slip for %d, ", got, want)
}

// shardOf returns the TP under which a GEMM is a share of a layer; 0 when it is
// none.
func shardOf(n definition.Name, d dimension) int64 {
	for _, tp := range []int64{2, 4, 8, 16} {
		if n.Values[0]*tp == int64(d.N) && n.Values[1] == int64(d.K) || n.Values[0] == int64(d.N) && n.Values[1]*tp == int64(d.K) {
			return tp
		}
	}
	return 0
}

func (c *comparison) norm(m *tsast.Module, d tsast.String, n definition.Name) {
	h := n.Values[0]
	byKey := slices.DeleteFunc(c.dimensionsFor(m), func(d dimension) bool { return d.Type != "norm" })
	widths := map[int64]bool{}
	for _, dim := range byKey {
		widths[int64(dim.N)] = true
	}
	if widths[h] {
		return
	}
	if len(byKey) > 0 {
		dim := byKey[0]
		expected := n.With("h", int64(dim.N)).String()
		c.rename(m, d, "config-norm", slipWords(h, int64(dim.N))+fmt.Sprintf("%s has the width %d (%s)", q(m.Name), dim.N, dim.Formula), expected, len(widths) == 1, dim.Fields)
		return
	}
	if c.known[n.String()] || h == int64(c.arch.HiddenSize) || len(c.tree.decoders) == 0 || c.tree.within[m.Name] != nil && c.normWidth(h) {
		return
	}
	expected := n.With("h", int64(c.arch.HiddenSize)).String()
	c.rename(m, d, "config-norm", slipWords(h, int64(c.arch.HiddenSize))+fmt.Sprintf("no norm of the model has this width; its hidden size is %d", c.arch.HiddenSize), expected, false, []string{"hidden_size"})
}

// normWidth reports whether some norm inside the layers may have a width.
func (c *comparison) normWidth(h int64) bool {
	for _, dim := range c.facts.dimensions(c.facts.all()) {
		if dim.Type == "norm" && int64(dim.N) == h {
			return true
		}
	}
	return slices.ContainsFunc(c.arch.AttentionKinds, func(k extract.AttentionKind) bool {
		return slices.Contains([]int{k.HeadDim, k.VHeadDim, k.LinearValueHeadDim, k.MambaIntermediate, k.NumHeads * k.HeadDim, k.NumKVHeads * k.HeadDim}, int(h))
	})
}

func (c *comparison) sampling(m *tsast.Module, d tsast.String, n definition.Name) {
	v := int64(c.arch.VocabSize)
	if v == 0 || n.Values[0] == v {
		return
	}
	c.rename(m, d, "config-vocab", slipWords(n.Values[0], v)+fmt.Sprintf("the model's vocabulary has %d tokens", v), n.With("v", v).String(), true, []string{"vocab_size"})
}

func (c *comparison) rope(m *tsast.Module, d tsast.String, n definition.Name) {
	var near *extract.AttentionKind
	for i := range c.arch.AttentionKinds {
		k := &c.arch.AttentionKinds[i]
		if k.RotaryDim == 0 {
			continue
		}
		if latent := k.Family == extract.MLA || k.Family == extract.DSA; latent || k.HeadDim == 0 {
			return // how a latent's rotary part is embedded is a choice
		}
		if int64(k.HeadDim) == n.Values[0] && int64(k.RotaryDim) == n.Values[1] {
			return
		}
		near = k
	}
	if near == nil || c.known[n.String()] {
		return
	}
	expected := n.With("d", int64(near.HeadDim)).With("rd", int64(near.RotaryDim)).String()
	c.rename(m, d, "config-rope", fmt.Sprintf("the head size is %d, of which %d dimensions are rotated", near.HeadDim, near.RotaryDim), expected, true,
		[]string{"head_dim", "rotary_dim", "partial_rotary_factor", "hidden_size", "num_attention_heads"})
}

// attention compares an attention kernel with the kinds of the layers that it
// runs in, under any TP.
func (c *comparison) attention(m *tsast.Module, d tsast.String, n definition.Name) {
	all := make([]*extract.AttentionKind, len(c.arch.AttentionKinds))
	for i := range all {
		all[i] = &c.arch.AttentionKinds[i]
	}
	best := closest(n, allTotals(c.kindsFor(m), n.Family))
	if best == nil {
		best = closest(n, allTotals(all, n.Family))
	}
	switch {
	case best == nil:
		c.noSuchMixer(m, d, n)
		return
	case len(best.fields) == 0:
		return
	}
	message := best.words(n)
	if v, ok := n.Value("d"); ok && n.Family.OpType != "gdn" && c.arch.Attention.NumHeads > 0 && best.has("d") && v*int64(c.arch.Attention.NumHeads) == int64(c.arch.HiddenSize) {
		message += "; hidden_size / num_attention_heads is not the head size where the config states one"
	}
	c.rename(m, d, "config-attention", message, best.expected.String(), best.sure, best.configFields())
}

// allTotals are the sizes of those kinds in whose layers a family's kernels run.
func allTotals(kinds []*extract.AttentionKind, f *definition.Family) []totals {
	var all []totals
	for _, k := range kinds {
		if t, ok := attentionTotals(k, f); ok {
			all = append(all, t)
		}
	}
	return all
}

func (c *comparison) kindsFor(m *tsast.Module) []*extract.AttentionKind {
	var kinds []*extract.AttentionKind
	if d := c.tree.within[m.Name]; d != nil {
		for _, i := range d.layers {
			if k := c.facts.layers[i].mixer; !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	return kinds
}

func (c *comparison) noSuchMixer(m *tsast.Module, d tsast.String, n definition.Name) {
	if c.known[n.String()] || len(c.arch.AttentionKinds) == 0 {
		return
	}
	var have []string
	for _, k := range c.arch.AttentionKinds {
		if !slices.Contains(have, k.Type) {
			have = append(have, k.Type)
		}
	}
	c.rename(m, d, "config-attention", fmt.Sprintf("no layer of the model has this kind of kernel (%s); its layers have %s", n.Family.OpType, strings.Join(have, ", ")), "", false,
		slices.Concat([]string{"architectures", "model_type"}, kindFields))
}

// experts compares a MoE kernel, under any EP.
func (c *comparison) experts(m *tsast.Module, d tsast.String, n definition.Name) {
	kinds := c.facts.sparseKinds()
	if len(kinds) == 0 {
		if !c.known[n.String()] {
			c.rename(m, d, "config-moe", "the model has no mixture of experts", "", false, []string{"architectures", "model_type", "num_experts", "num_local_experts", "n_routed_experts"})
		}
		return
	}
	var all []totals
	for _, k := range kinds {
		for _, hidden := range c.facts.expertWidths(k) {
			t := totals{}
			t.set("topk", k.NumExpertsPerTok, "num_experts_per_tok", "num_experts_per_token", "moe_topk", "top_k_experts")
			t.set("ng", k.NGroup, "n_group")
			t.set("kg", k.TopKGroup, "topk_group")
			t.set("e", k.NumExperts, "num_experts", "num_local_experts", "n_routed_experts")
			t.set("h", hidden, "hidden_size")
			t.set("i", k.MoEIntermediateSize, "moe_intermediate_size", "intermediate_size")
			all = append(all, t)
		}
	}
	if best := closest(n, all); len(best.fields) > 0 {
		c.rename(m, d, "config-moe", best.words(n), best.expected.String(), best.sure, best.configFields())
	}
}
