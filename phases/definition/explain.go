package definition

import (
	"fmt"
	"slices"
	"strings"
)

// Explain tells in plain text what a name means: its op type, every field
// with its meaning, where in config.json it comes from and what divides it.
func Explain(n Name) string {
	if n.IsZero() {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\nop type: %s\npattern: %s\n\n", n, n.Family.Doc, n.Family.OpType, n.Family.Pattern())
	width := 0
	for i, f := range n.Family.Fields {
		width = max(width, len(fmt.Sprintf("%s = %d", f.Abbrev, n.Values[i])))
	}
	for i, f := range n.Family.Fields {
		value := fmt.Sprintf("%s = %d", f.Abbrev, n.Values[i])
		fmt.Fprintf(&b, "  %-*s  %s\n", width, value, f.Meaning)
		fmt.Fprintf(&b, "  %*s  %s; %s; %s\n", width, "", f.From(), f.Divisor.Words(), f.AxisWords())
	}
	b.WriteString(legend(n.Family))
	b.WriteString("\n")
	for _, line := range n.Elsewhere() {
		b.WriteString(line + "\n")
	}
	for _, note := range n.Notes() {
		fmt.Fprintf(&b, "\nNote: %s\n", note)
	}
	return b.String()
}

// Elsewhere says, a line each, what the other vocabulary calls the kernel of a
// name, which of FlashInfer's APIs runs it, and whether SGLang calls that.
func (n Name) Elsewhere() []string {
	table := FlashInfer()
	var lines []string
	counterparts := n.Counterparts()
	for _, c := range counterparts {
		lines = append(lines, n.elsewhere(c, table))
	}
	switch {
	case len(counterparts) > 0:
	case n.Family.Vocabulary == FlashInferNames:
		lines = append(lines, "The dataset has no family for it; FlashInfer "+table.FlashInfer+" has this name.")
	default:
		lines = append(lines, "FlashInfer "+table.FlashInfer+" has no trace template of this kernel: a trace dump does not write it.")
	}
	for _, api := range table.apisOf(n) {
		lines = append(lines, table.apiLine(api))
	}
	return lines
}

func (n Name) elsewhere(c Counterpart, table *Table) string {
	name := c.Name.String()
	if c.Name.IsZero() {
		name = c.Family.Pattern()
	}
	var line string
	switch {
	case c.Relation == Same:
		line = "A trace dump of FlashInfer " + table.FlashInfer + " has the same name"
	case n.Family.Vocabulary == Dataset:
		line = "A trace dump of FlashInfer " + table.FlashInfer + " calls it " + name
	default:
		line = "It is FlashInfer's name; the dataset's is " + name
	}
	if c.Note != "" {
		line += " (" + c.Relation.Words() + ": " + c.Note + ")"
	}
	return line + "."
}

func (t *Table) apiLine(name string) string {
	line := "API: " + name
	switch files := t.apis[name].SGLang; len(files) {
	case 0:
		return line + ", which SGLang " + t.SGLang + " does not call"
	case 1:
		return line + ", called by SGLang " + t.SGLang + " in " + files[0]
	default:
		return fmt.Sprintf("%s, called by SGLang %s in %s and %d more files", line, t.SGLang, files[0], len(files)-1)
	}
}

// From says where a field's number comes from: "from hidden_size".
func (f Field) From() string {
	return "from " + strings.Join(slices.DeleteFunc([]string{f.Origin, f.Config}, func(s string) bool { return s == "" }), " ")
}

// AxisWords says which axis of the Definition's JSON a field sets.
func (f Field) AxisWords() string {
	if f.Axis == "" {
		return "no axis: a constant inside the reference"
	}
	return "axis " + f.Axis
}

// legend spells out the abbreviations of what divides a family's fields.
func legend(f *Family) string {
	tp := slices.ContainsFunc(f.Fields, func(f Field) bool { return f.Divisor == ByTP || f.Divisor == ByTPFloor1 })
	ep := slices.ContainsFunc(f.Fields, func(f Field) bool { return f.Divisor == ByEP })
	switch {
	case tp:
		return "\nTP (tensor parallelism): the number of devices among which the heads are shared out.\n"
	case ep:
		return "\nEP (expert parallelism): the number of devices among which the experts are shared out.\n"
	}
	return ""
}

// Note is a remark on a name that is spelled rightly but is probably not what
// was meant.
type Note struct {
	Text string
	// Instead is the name that was probably meant; zero where the remark gives
	// none.
	Instead Name
}

// Notes are the remarks on a name as sentences.
func (n Name) Notes() []string {
	var texts []string
	for _, note := range n.Remarks() {
		texts = append(texts, note.Text)
	}
	return texts
}

// Remarks are the remarks on a name.
func (n Name) Remarks() []Note {
	if n.IsZero() {
		return nil
	}
	var notes []Note
	if n.Family.Suffix == "_v_last" {
		family, _ := FamilyByID(strings.TrimSuffix(n.Family.ID, "_v_last"))
		modern := Name{Family: family, Values: n.Values}
		notes = append(notes, Note{fmt.Sprintf("no Definition with the state layout _v_last has ever existed; the dataset has %s", modern), modern})
	}
	if n.Family.Vocabulary == FlashInferNames {
		if c := n.Counterparts(); len(c) > 0 && c[0].Relation == Lossy {
			notes = append(notes, Note{Text: fmt.Sprintf("FlashInfer's name says less than the dataset's %s: %s", c[0].Family.Pattern(), c[0].Note)})
		}
	}
	ckv, hasLatent := n.Value("ckv")
	kpe, _ := n.Value("kpe")
	if hasLatent && ckv == 512+64 && kpe == 64 {
		notes = append(notes, Note{fmt.Sprintf("ckv is kv_lora_rank alone, without the rotary part: %s", n.With("ckv", 512)), n.With("ckv", 512)})
	}
	if qk, ok := n.Value("qk"); ok && n.Family.OpType == "gdn" {
		if v, _ := n.Value("v"); v%qk != 0 {
			notes = append(notes, Note{Text: fmt.Sprintf("the value heads (%d) must be a multiple of the query heads (%d)", v, qk)})
		}
	}
	if kv, ok := n.Value("kv"); ok {
		if h, _ := n.Value("h"); h%kv != 0 {
			notes = append(notes, Note{Text: fmt.Sprintf("the query heads (%d) must be a multiple of the KV heads (%d)", h, kv)})
		}
	}
	if ps, ok := n.Value("ps"); ok && n.Family.ID == "dsa_topk_indexer_fp8" && ps != 64 {
		notes = append(notes, Note{fmt.Sprintf("the indexer works on pages of 64: %s", n.With("ps", 64)), n.With("ps", 64)})
	}
	return notes
}
