package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// Summary writes model_addition_summary.md: the sections of the original
// workflow's template, computed, and what we know beyond it.
func Summary(r *Run) string {
	var b strings.Builder
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		b.WriteString("\n## " + title + "\n\n")
		b.WriteString(strings.Join(lines, "\n") + "\n")
	}
	b.WriteString("# Model Addition Summary: " + prose.Markdown(r.Model.ID) + "\n")
	section("Model Information", summaryInformation(r))
	section("Doubts", DoubtsTable(&r.Confidence))
	section("Architecture Overview", summaryArchitecture(r))
	section("Layer Schedule", summarySchedule(r.Architecture))
	section("Generated Modules", summaryModules(r))
	section("Module Tree", mermaid(r.Model))
	section("Required Definitions", summaryDefinitions(r))
	section("Layers Without a Definition", bullets(r.Unmapped))
	section("Kernels That Run", summaryKernels(r))
	section("SGLang Baseline", summaryBaseline(r))
	section("Defaulted and Inferred Fields", summaryFields(r.Architecture))
	section("Warnings", bullets(r.Warnings))
	section("Validation Results", summaryValidation(r))
	section("Next Steps", summaryNextSteps(r))
	section("Notes", summaryNotes(r))
	return b.String()
}

func summaryInformation(r *Run) []string {
	a := r.Architecture
	lines := []string{
		"- **Model ID**: " + prose.Markdown(r.Model.ID),
		"- **HuggingFace Repo**: " + prose.Markdown(cmp.Or(a.Source.RepoID, "none")),
		"- **Display Name**: " + prose.Markdown(r.Model.Name),
		"- **Architecture Type**: " + prose.Markdown(a.ArchitectureType),
		"- **Pattern**: " + prose.Markdown(string(r.Pattern)),
		fmt.Sprintf("- **Parallelism**: TP=%d, EP=%d (%s)", r.Parallelism.TP, r.Parallelism.EP, ParallelismFrom(r.Parallelism)),
		"- **Config**: " + configOrigin(a.Source, prose.Markdown, prose.Code),
		"- **Confidence**: " + prose.Markdown(ConfidenceLine(&r.Confidence, "no checkpoint was seen")),
	}
	if r.Updated {
		lines = append(lines, "- **Change**: the entry that was there was refreshed")
	}
	return lines
}

// ParallelismFrom says where TP and EP come from.
func ParallelismFrom(p generate.Parallelism) string {
	switch {
	case p.From == "flag":
		return "as asked for"
	case p.Cookbook != generate.Layout{}:
		return fmt.Sprintf("recommended by FlashInfer-Bench's documents; sgl-cookbook's own configurations have TP=%d, EP=%d", p.Cookbook.TP, p.Cookbook.EP)
	case p.Documented:
		return "recommended by FlashInfer-Bench's documents"
	case p.From == "cookbook":
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

func summaryArchitecture(r *Run) []string {
	a := r.Architecture
	lines := []string{
		fmt.Sprintf("- **Layers**: %d", a.NumLayers),
		fmt.Sprintf("- **Hidden Size**: %d", a.HiddenSize),
		"- **Attention Heads**: " + numberOrNone(a.Attention.NumHeads),
		"- **KV Heads**: " + numberOrNone(a.Attention.NumKVHeads),
		"- **Intermediate Size**: " + numberOrNone(a.MLP.IntermediateSize),
		"- **Attention Type**: " + prose.Markdown(strings.ToUpper(a.Attention.Type)),
		"- **MLP Type**: " + mlpType(a),
		fmt.Sprintf("- **Vocabulary**: %d", a.VocabSize),
		"- **Normalization**: " + prose.Markdown(a.Normalization.Type),
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
		lines = append(lines, "- **Quantization**: "+prose.Markdown(quantizationText(a.Quantization)))
	}
	if a.MTPLayers > 0 {
		lines = append(lines, fmt.Sprintf("- **Next-token-prediction layers**: %d, not counted among the decoder layers", a.MTPLayers))
	}
	if len(a.Towers) > 0 {
		lines = append(lines, "- **Other towers, not part of this entry**: "+prose.Markdown(strings.Join(a.Towers, ", ")))
	}
	if len(a.SpecialFeatures) > 0 {
		lines = append(lines, "- **Special features**: "+prose.Markdown(strings.Join(a.SpecialFeatures, ", ")))
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
		lines = append(lines, fmt.Sprintf("| %s | %d | %s | %s |", layers, run.Count, prose.Cell(run.Attention), prose.Cell(run.MLP)))
	}
	return lines
}

func summaryDefinitions(r *Run) []string {
	lines := []string{"| Definition | op type | modules | in the dataset |", "|---|---|---|---|"}
	if r.DatasetList != "" {
		lines[0] = "| Definition | op type | modules | in the dataset (by " + prose.Cell(r.DatasetList) + ") |"
	}
	for _, d := range r.Definitions {
		state := "unknown"
		if d.InDataset != nil {
			state = map[bool]string{true: "present", false: "**missing**"}[*d.InDataset]
		}
		modules := "(sampling)"
		if len(d.Modules) > 0 {
			modules = strings.Join(d.Modules, ", ")
		}
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s |", prose.Code(d.Name), prose.Cell(d.OpType), prose.Cell(modules), state))
	}
	return append(lines, summaryLeftOut(r)...)
}

// summaryLeftOut are the Definitions that the entry does not list.
func summaryLeftOut(r *Run) []string {
	if len(r.LeftOut) == 0 {
		return nil
	}
	lines := []string{"", "Left out of the entry (--definitions dataset), since the dataset does not have them:", ""}
	for _, name := range r.LeftOut {
		lines = append(lines, "- "+prose.Code(name))
	}
	return lines
}

func summaryBaseline(r *Run) []string {
	b := r.Baseline
	if b.Source == "none" || b.Source == "" {
		return []string{"- " + prose.Markdown(cmp.Or(b.Note, "SGLang was not consulted: the entry rests on the config alone."))}
	}
	lines := []string{
		"- **Class**: " + prose.Code(b.Class),
		"- **File**: " + prose.Code(b.File),
		"- **Source**: " + map[string]string{"clone": "an SGLang source tree", "embedded": "the index built into fib-ls"}[b.Source],
	}
	if b.Commit != "" {
		lines = append(lines, "- **Commit**: "+prose.Code(b.Commit)+OfDate(b.Date))
	}
	if b.Note != "" {
		lines = append(lines, "- "+prose.Markdown(b.Note))
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
			lines = append(lines, fmt.Sprintf("| %s | %s | %s |", prose.Code(n.Field), prose.Cell(fmt.Sprint(n.Value)), prose.Cell(n.Why)))
		}
	}
	return lines
}

func summaryNextSteps(r *Run) []string {
	missing := ""
	for _, d := range r.Definitions {
		if d.InDataset != nil && !*d.InDataset {
			missing = ": the table above marks the missing ones"
			break
		}
	}
	steps := []string{
		"Review generated model in " + modelsfile.DefaultPath,
		"Start web UI: `cd web/apps/web && pnpm dev`",
		"Verify model appears in UI",
		"Create corresponding Definition JSON files if needed" + missing,
		"Run benchmarks: `flashinfer-bench run --local ./data`",
	}
	if r.ModelsTS != "" && r.ModelsTS != modelsfile.DefaultPath {
		steps[0] = "Review generated model in " + prose.Markdown(r.ModelsTS)
	}
	var other []string
	for _, f := range r.Following {
		other = append(other, fmt.Sprintf("Review `%s` beside this file: %s", f.Name, f.What))
	}
	steps = slices.Insert(steps, 1, other...)
	for i := range steps {
		steps[i] = fmt.Sprintf("%d. %s", i+1, steps[i])
	}
	return steps
}

func summaryNotes(r *Run) []string {
	notes := []string{
		"Review Definition mappings for accuracy",
		"Some custom architectures may need manual adjustment",
		"Ensure Definition JSONs exist in dataset",
		"For production use, create the corresponding Definition and Solution JSONs; missing kernels can be implemented with the kernel generator",
	}
	if r.Pattern == generate.Custom {
		notes = append(notes, "This architecture was not recognised, the generic transformer was used: review by hand, see model_architecture.json")
	}
	return bullets(notes)
}

func bullets(items []string) []string {
	lines := make([]string, 0, len(items))
	for _, item := range items {
		lines = append(lines, "- "+prose.Markdown(item))
	}
	return lines
}

func numberOrNone(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

// OfDate is " of " and a date, "" for none.
func OfDate(date string) string {
	if date == "" {
		return ""
	}
	return " of " + prose.Markdown(date)
}
