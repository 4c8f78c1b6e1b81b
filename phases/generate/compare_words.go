package generate

import (
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// words says what a fact is, for a disagreement.
func (f *fact) words() string {
	s := f.sizes
	switch f.kind {
	case "gemm":
		return fmt.Sprintf("%d × n=%d k=%d", f.count, s[0], s[1])
	case "heads":
		return fmt.Sprintf("%d × %d heads, %d kv heads, width %d, value width %d", f.count, s[0], s[1], s[2], s[3])
	case "experts":
		return fmt.Sprintf("%d × %d experts of %d", f.count, s[0], s[1])
	case "embedding":
		return fmt.Sprintf("%d × %d rows of %d", f.count, s[0], s[1])
	}
	return fmt.Sprintf("%d × width %d", f.count, s[0])
}

// all says what one side has of a size, those that the other has too included.
func (f *fact) all() string {
	g := *f
	g.count += f.inBoth
	return g.words()
}

// others says what the other side has of a size of which it lacks some.
func (f *fact) others() string {
	if f.inBoth == 0 {
		return "no such layer"
	}
	return fmt.Sprintf("%d of them", f.inBoth)
}

// field returns the formula and the config fields that a size came from.
func (c *comparison) field(f *fact) string {
	look := func(dims []extract.Dimension) string {
		for _, d := range dims {
			if lastSegment(d.Name) == lastSegment(strings.TrimSuffix(f.row.Path, ".weight")) && d.N == f.sizes[0] && (f.kind != "gemm" || d.K == f.sizes[1]) {
				return joinWords(": ", strings.Join(d.Fields, ", "), d.Formula)
			}
		}
		return ""
	}
	for i := range c.a.AttentionKinds {
		if text := look(c.a.AttentionKinds[i].Dimensions); text != "" {
			return text
		}
	}
	for i := range c.a.MLPKinds {
		if text := look(c.a.MLPKinds[i].Dimensions); text != "" {
			return text
		}
	}
	switch f.kind {
	case "heads":
		return "num_attention_heads, num_key_value_heads, head_dim"
	case "experts":
		return "num_experts, moe_intermediate_size"
	case "norm":
		return "hidden_size"
	case "embedding":
		return "vocab_size, hidden_size"
	}
	return ""
}

// sourceLine is "file:line" in the SGLang tree, "" for rows without a place.
func sourceLine(row baseline.Module) string {
	if row.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", row.File, row.Line)
}
