package phases

import (
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
)

// Summary writes model_addition_summary.md: the sections of the original
// workflow's template, computed, and what we know beyond it.
func Summary(r *Result) string {
	var b strings.Builder
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		b.WriteString("\n## " + title + "\n\n")
		b.WriteString(strings.Join(lines, "\n") + "\n")
	}
	b.WriteString("# Model Addition Summary: " + r.Model.ID + "\n")
	section("Model Information", summaryInformation(r))
	section("Architecture Overview", summaryArchitecture(r))
	section("Layer Schedule", summarySchedule(r.Architecture))
	section("Generated Modules", summaryModules(r))
	section("Module Tree", mermaid(r.Model))
	section("Required Definitions", summaryDefinitions(r))
	section("Layers Without a Definition", bullets(r.unmapped()))
	section("SGLang Baseline", summaryBaseline(r))
	section("Defaulted and Inferred Fields", summaryFields(r.Architecture))
	section("Warnings", bullets(r.Warnings))
	section("Validation Results", summaryValidation(r))
	section("Next Steps", summaryNextSteps(r))
	section("Notes", summaryNotes(r))
	return b.String()
}

func (r *Result) unmapped() []string {
	if r.Generated == nil {
		return nil
	}
	return r.Generated.Unmapped
}

func summaryInformation(r *Result) []string {
	a := r.Architecture
	lines := []string{
		"- **Model ID**: " + inline(r.Model.ID),
		"- **HuggingFace Repo**: " + orNone(a.Source.RepoID),
		"- **Display Name**: " + inline(r.Model.Name),
		"- **Architecture Type**: " + inline(a.ArchitectureType),
		"- **Pattern**: " + string(r.Pattern),
		fmt.Sprintf("- **Parallelism**: TP=%d, EP=%d (%s)", r.Parallelism.TP, r.Parallelism.EP, parallelismFrom(r.Parallelism.From)),
		"- **Config**: " + configOrigin(a.Source, inline, code),
	}
	if r.Updated {
		lines = append(lines, "- **Change**: the entry that was there was refreshed")
	}
	return lines
}

// parallelismFrom says where TP and EP come from.
func parallelismFrom(from string) string {
	switch from {
	case "flag":
		return "as asked for"
	case "cookbook":
		return "recommended by sgl-cookbook"
	}
	return "default: one device"
}

// configOrigin says which config.json was read; text and hash make its parts
// safe for where they are printed.
func configOrigin(s extract.Source, text, hash func(string) string) string {
	words := map[string]string{
		"file": "a file", "hub": "the HuggingFace Hub", "cache": "the local HuggingFace cache", "catalogue": "fib-ls's built-in catalogue",
	}
	origin := words[s.From]
	if origin == "" {
		origin = text(s.From)
	}
	if s.Commit != "" {
		origin += " at " + hash(s.Commit)
	}
	if s.Note != "" {
		origin += " (" + text(s.Note) + ")"
	}
	return origin
}

func summaryArchitecture(r *Result) []string {
	a := r.Architecture
	lines := []string{
		fmt.Sprintf("- **Layers**: %d", a.NumLayers),
		fmt.Sprintf("- **Hidden Size**: %d", a.HiddenSize),
		"- **Attention Heads**: " + numberOrNone(a.Attention.NumHeads),
		"- **KV Heads**: " + numberOrNone(a.Attention.NumKVHeads),
		"- **Intermediate Size**: " + numberOrNone(a.MLP.IntermediateSize),
		"- **Attention Type**: " + inline(strings.ToUpper(a.Attention.Type)),
		"- **MLP Type**: " + mlpType(a),
		fmt.Sprintf("- **Vocabulary**: %d", a.VocabSize),
		"- **Normalization**: " + inline(a.Normalization.Type),
	}
	if a.MoE != nil {
		m := a.MoE
		text := fmt.Sprintf("- **Experts**: %d routed, top-%d, intermediate size %d", m.NumExperts, m.NumExpertsPerTok, m.MoEIntermediateSize)
		if m.SharedExperts > 0 {
			text += fmt.Sprintf(", %d shared", m.SharedExperts)
		}
		lines = append(lines, text)
	}
	if a.Quantization != nil {
		lines = append(lines, "- **Quantization**: "+inline(quantizationText(a.Quantization)))
	}
	if a.MTPLayers > 0 {
		lines = append(lines, fmt.Sprintf("- **Next-token-prediction layers**: %d, not counted among the decoder layers", a.MTPLayers))
	}
	if len(a.Towers) > 0 {
		lines = append(lines, "- **Other towers, not part of this entry**: "+inline(strings.Join(a.Towers, ", ")))
	}
	if len(a.SpecialFeatures) > 0 {
		lines = append(lines, "- **Special features**: "+inline(strings.Join(a.SpecialFeatures, ", ")))
	}
	return lines
}

// quantizationText says how the weights are quantised, and which kernels for
// mixtures of experts that decides.
func quantizationText(q *extract.Quantization) string {
	text := q.Method
	if q.Format != "" && q.Format != q.Method {
		text += " " + q.Format
	}
	if q.Bits > 0 {
		text += fmt.Sprintf(", %d bits", q.Bits)
	}
	if len(q.BlockSize) == 2 {
		text += fmt.Sprintf(", blocks of %d×%d", q.BlockSize[0], q.BlockSize[1])
	}
	if q.Kernel != "" {
		return text + "; MoE kernels: " + q.Kernel
	}
	return text + "; it decides no MoE kernel that has a Definition"
}

func mlpType(a *extract.Architecture) string {
	if a.MoE == nil {
		return "Dense"
	}
	for _, k := range a.MLPKinds {
		if k.Family == extract.DenseMLP {
			return "Dense and MoE"
		}
	}
	return "MoE"
}

func summarySchedule(a *extract.Architecture) []string {
	lines := []string{"| layers | count | attention | MLP |", "|---|---|---|---|"}
	for _, run := range a.LayerSchedule {
		layers := fmt.Sprint(run.First)
		if run.Count > 1 {
			layers = fmt.Sprintf("%d–%d", run.First, run.First+run.Count-1)
		}
		lines = append(lines, fmt.Sprintf("| %s | %d | %s | %s |", layers, run.Count, cell(run.Attention), cell(run.MLP)))
	}
	return lines
}

// summaryGroups are the groups of the original template, and the rest.
var summaryGroups = []struct{ group, title string }{
	{"normalization", "Normalization Layers"},
	{"attention", "Attention Layers"},
	{"mlp", "MLP Layers"},
	{"other", "Other Modules"},
}

func summaryModules(r *Result) []string {
	var lines []string
	for _, g := range summaryGroups {
		var rows []string
		for _, m := range r.Model.Modules {
			if groupOf(m) == g.group {
				rows = append(rows, "- "+code(m.Name)+fmt.Sprintf(" ×%d", m.Count)+": "+definitionsText(m))
			}
		}
		if len(rows) == 0 {
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		lines = append(append(lines, "### "+g.title, ""), rows...)
	}
	return lines
}

func groupOf(m generate.Module) string {
	for _, g := range summaryGroups {
		if m.Group == g.group {
			return m.Group
		}
	}
	return "other"
}

func definitionsText(m generate.Module) string {
	if m.Type == "block" {
		return "block"
	}
	if len(m.Definitions) == 0 {
		return "no Definition"
	}
	names := make([]string, len(m.Definitions))
	for i, d := range m.Definitions {
		names[i] = code(d)
	}
	return strings.Join(names, ", ")
}

func summaryDefinitions(r *Result) []string {
	lines := []string{"| Definition | op type | modules | in the dataset |", "|---|---|---|---|"}
	for _, d := range r.Definitions {
		state := "unknown"
		if d.InDataset != nil {
			state = map[bool]string{true: "present", false: "**missing**"}[*d.InDataset]
		}
		modules := "(sampling)"
		if len(d.Modules) > 0 {
			modules = strings.Join(d.Modules, ", ")
		}
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s |", code(d.Name), cell(d.OpType), cell(modules), state))
	}
	return lines
}

func summaryBaseline(r *Result) []string {
	b := r.Baseline
	if b.Source == "none" || b.Source == "" {
		return []string{"- " + inline(orText(b.Note, "SGLang was not consulted: the entry rests on the config alone."))}
	}
	lines := []string{
		"- **Class**: " + code(b.Class),
		"- **File**: " + code(b.File),
		"- **Source**: " + map[string]string{"clone": "an SGLang source tree", "embedded": "the index built into fib-ls"}[b.Source],
	}
	if b.Commit != "" {
		lines = append(lines, "- **Commit**: "+code(b.Commit)+dateSuffix(b.Date))
	}
	if b.Note != "" {
		lines = append(lines, "- "+inline(b.Note))
	}
	return lines
}

func summaryFields(a *extract.Architecture) []string {
	if len(a.Defaults)+len(a.Inferred) == 0 {
		return nil
	}
	lines := []string{"| field | value | why |", "|---|---|---|"}
	for _, list := range [][]extract.FieldNote{a.Defaults, a.Inferred} {
		for _, n := range list {
			lines = append(lines, fmt.Sprintf("| %s | %s | %s |", code(n.Field), cell(fmt.Sprint(n.Value)), cell(n.Why)))
		}
	}
	return lines
}
