package report

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/fib-ls/fib-ls/phases/prose"
)

// Text is what add prints for people when it is done.
func Text(r *Run) string {
	var b strings.Builder
	verb := "Added"
	switch {
	case r.DryRun && r.Updated:
		verb = "Would refresh"
	case r.DryRun:
		verb = "Would add"
	case r.Updated:
		verb = "Refreshed"
	}
	fmt.Fprintf(&b, "%s %s (%s) in %s\n", verb, r.Model.ID, prose.Line(r.Model.Name), r.ModelsTS)
	a := r.Architecture
	fmt.Fprintf(&b, "  %s, %d layers, hidden size %d, pattern %s, TP=%d EP=%d (%s)\n",
		prose.Line(a.ArchitectureType), a.NumLayers, a.HiddenSize, r.Pattern, r.Parallelism.TP, r.Parallelism.EP, ParallelismFrom(r.Parallelism))
	for _, origin := range Origins(r) {
		fmt.Fprintf(&b, "  %s\n", origin)
	}
	known, present := 0, 0
	for _, d := range r.Definitions {
		if d.InDataset != nil {
			known++
			if *d.InDataset {
				present++
			}
		}
	}
	fmt.Fprintf(&b, "  %d modules, %d Definitions", len(r.Model.Modules), len(r.Definitions))
	if known > 0 {
		by := ""
		if r.DatasetList != "" {
			by = ", by " + r.DatasetList
		}
		fmt.Fprintf(&b, " (%d in the dataset, %d missing%s)", present, known-present, by)
	}
	b.WriteString("\n")
	b.WriteString(Findings(r.Problems))
	for _, note := range Notes(r) {
		fmt.Fprintf(&b, "  note: %s\n", note)
	}
	if path := r.Files[FileSummary]; path != "" {
		fmt.Fprintf(&b, "  summary: %s\n", path)
		if r.Ignored {
			fmt.Fprintf(&b, "  files of each phase: %s (git ignores it; --output-dir names another place)\n", filepath.Dir(path))
		}
	}
	for _, f := range r.Following {
		if path := r.Files[f.Name]; path != "" {
			fmt.Fprintf(&b, "  to review: %s, %s\n", path, f.What)
		}
	}
	fmt.Fprintf(&b, "  %s\n", prose.Line(ConfidenceLine(&r.Confidence, r.NoCheckpoint)))
	// What is not from us by construction was made one line above; paths and
	// names of modules pass here.
	return prose.Terminal(b.String())
}

// Origins say, a line each, which config and which source of layers a run read.
func Origins(r *Run) []string {
	return []string{"config from " + configOrigin(r.Architecture.Source, prose.Line, prose.Line), "layers from " + layersOrigin(r.Baseline)}
}

// Notes are what a run warns of, a line each.
func Notes(r *Run) []string {
	var notes []string
	if r.NewFile != "" {
		notes = append(notes, prose.Line(r.NewFile))
	}
	for _, w := range r.Warnings {
		notes = append(notes, prose.Line(w))
	}
	if r.TypeScript.Note != "" {
		notes = append(notes, prose.Line(r.TypeScript.Note))
	}
	return notes
}

// Findings are phase 4's, a line each.
func Findings(problems []Problem) string {
	var b strings.Builder
	for _, p := range problems {
		where := ""
		if p.Module != "" {
			where = " " + p.Module + ":"
		}
		fmt.Fprintf(&b, "  %s:%s %s [%s]\n", p.Severity, where, prose.Line(p.Message), p.Rule)
	}
	return prose.Terminal(b.String())
}

func layersOrigin(b Baseline) string {
	switch b.Source {
	case "clone":
		return fmt.Sprintf("SGLang's source, %s in %s%s", b.Class, b.File, AtCommit(b.Commit))
	case "embedded":
		why := ""
		if b.Note != "" {
			why = " (" + prose.Line(b.Note) + ")"
		}
		return fmt.Sprintf("the built-in SGLang index, %s in %s%s%s", b.Class, b.File, AtCommit(b.Commit), why)
	}
	if b.Note != "" {
		return "the config alone (" + prose.Line(b.Note) + ")"
	}
	return "the config alone"
}

// AtCommit is " at " and a commit's short hash, "" for none.
func AtCommit(hash string) string {
	if len(hash) > 8 {
		hash = hash[:8]
	}
	if hash == "" {
		return ""
	}
	return " at " + hash
}
