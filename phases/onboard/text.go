package onboard

import (
	"fmt"
	"strings"
)

// layoutWords are the layouts of the plan: "TP=2; TP=8 EP=4".
func (p *Plan) layoutWords() string {
	var words []string
	for _, l := range p.Layouts {
		text := fmt.Sprintf("TP=%d", l.TP)
		if l.EP > 1 {
			text += fmt.Sprintf(" EP=%d", l.EP)
		}
		words = append(words, text)
	}
	return strings.Join(words, "; ")
}

// Text is the inventory for people, by upstream's four groups.
func (p *Plan) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s), class %s\n", p.Repo, p.Slug, p.Class)
	fmt.Fprintf(&b, "FlashInfer %s, SGLang %s; the dataset: %s\n", p.Versions.FlashInfer, p.Versions.SGLang, p.Versions.Dataset)
	fmt.Fprintf(&b, "for %s\n", p.layoutWords())
	for _, group := range groups {
		var rows []Kernel
		width := 0
		for _, k := range p.Kernels {
			if k.Group() == group {
				rows = append(rows, k)
				width = max(width, len(k.Name))
			}
		}
		fmt.Fprintf(&b, "\n%s: %d\n", group, len(rows))
		for _, k := range rows {
			template := "no trace template"
			if k.Template {
				template = "trace template"
			}
			line := fmt.Sprintf("  %-*s  %-10s %-8s %s, %s, %s", width, k.Name, k.OpType, k.words(), k.FI, template, k.SGL)
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	if len(p.Remarks) > 0 {
		b.WriteString("\nRemarks:\n")
		for _, r := range p.Remarks {
			fmt.Fprintf(&b, "  - %s\n", r)
		}
	}
	return b.String()
}
