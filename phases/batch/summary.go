package batch

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
)

// FileSummary is the report of a whole batch.
const FileSummary = "model_addition_batch_summary.md"

// Name is the model's id, or what it was asked for as.
func (item *Item) Name() string {
	if item.Result != nil {
		return item.Result.Model.ID
	}
	return cmp.Or(item.Request.ModelName, item.Request.HFRepoID)
}

// Outcome says in a word or a line what became of the model.
func (item *Item) Outcome() string {
	switch {
	case item.Err != nil:
		return "failed: " + prose.FirstLine(item.Err)
	case item.Skipped != "":
		return "skipped: " + item.Skipped
	case item.Result == nil:
		return "not begun"
	}
	done := map[bool]string{false: "added", true: "refreshed"}
	if item.Request.DryRun {
		done = map[bool]string{false: "would add", true: "would refresh"}
	}
	outcome := done[item.Result.Updated]
	if item.Result.HasErrors() {
		outcome += ", with errors"
	}
	return outcome
}

// notes are what is to be known of a model that was added: which config and
// which source of layers it rests on, and what a single add warns of.
func (item *Item) notes() []string {
	if item.Err != nil || item.Result == nil {
		return nil
	}
	run := item.Result.Report()
	notes := report.Origins(run)
	for _, p := range run.Problems {
		notes = append(notes, prose.Line(fmt.Sprintf("%s: %s [%s]", p.Severity, p.Message, p.Rule)))
	}
	return append(notes, report.Notes(run)...)
}

// Text is the summary for a terminal.
func (b *Batch) Text() string { return prose.Terminal(b.summary(textCell, prose.Line)) }

// textCell is a text in a table of a terminal.
func textCell(s string) string { return strings.ReplaceAll(prose.Line(s), "|", "\\|") }

// Markdown is the summary for a file, or for a pull request.
func (b *Batch) Markdown() string { return b.summary(prose.Cell, prose.Markdown) }

// summary makes a table of the models and the notes of each below it; cell and
// line make texts from outside safe in it.
func (b *Batch) summary(cell, line func(string) string) string {
	var t strings.Builder
	counts := map[string]int{}
	t.WriteString("| model | repository | outcome | layers | pattern | Definitions | confidence |\n|---|---|---|---|---|---|---|\n")
	for _, item := range b.Items {
		layers, pattern, definitions, confidence := "", "", "", ""
		switch {
		case item.Err != nil || item.Result == nil && item.Skipped == "":
			counts["failed"]++
		case item.Skipped != "":
			counts["skipped"]++
		default:
			counts[map[bool]string{false: "added", true: "would be added"}[item.Request.DryRun]]++
			layers = fmt.Sprint(item.Result.Architecture.NumLayers)
			pattern = string(item.Result.Pattern)
			definitions = fmt.Sprint(len(item.Result.Definitions))
			confidence = string(item.Result.Confidence.Level)
		}
		fmt.Fprintf(&t, "| %s | %s | %s | %s | %s | %s | %s |\n", cell(item.Name()), cell(item.Request.HFRepoID), cell(item.Outcome()), layers, pattern, definitions, confidence)
	}
	added := fmt.Sprintf("%d added", counts["added"])
	if n := counts["would be added"]; n > 0 && counts["added"] == 0 {
		added = fmt.Sprintf("%d would be added", n)
	} else if n > 0 {
		added += fmt.Sprintf(", %d would be added", n)
	}
	fmt.Fprintf(&t, "\n%s, %d skipped, %d failed\n", added, counts["skipped"], counts["failed"])
	for _, item := range b.Items {
		notes := item.notes()
		if len(notes) == 0 {
			continue
		}
		fmt.Fprintf(&t, "\n%s\n", line(item.Name()))
		for _, n := range notes {
			fmt.Fprintf(&t, "- %s\n", line(n))
		}
	}
	return t.String()
}
