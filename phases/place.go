package phases

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// DuplicateError says that models.ts has an entry of this id already.
type DuplicateError struct {
	ID   string
	Line int
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("models.ts has an entry %q already (line %d); add --update to refresh it, or choose another --model-name", e.ID, e.Line)
}

// PlacementError says that the entry could not be put into the file, which is
// left alone. The entry itself stands in generated_entry.ts.
type PlacementError struct {
	Path string // of models.ts
	Err  error
}

func (e *PlacementError) Error() string {
	return fmt.Sprintf("%s was left alone: %v\nTo add the entry by hand: repair the file, then copy generated_entry.ts into the models array before its closing \"]\"", e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *PlacementError) Unwrap() error { return e.Err }

// refuseDuplicate finds an entry of the request's id in the file.
func refuseDuplicate(f *tsast.File, req Request) error {
	i := modelsfile.Find(f, req.ModelName)
	if i < 0 || req.Update {
		return nil
	}
	return &DuplicateError{ID: req.ModelName, Line: modelsfile.LineOf(f.Src(), f.Entries[i].Offset)}
}

// Place puts the prepared entry into a text (nil: there is no file yet),
// without touching any other byte, and runs phase 4 on what comes out. It
// fills Original, Edited, EntryText and Problems. It is pure: the
// editor calls it with its buffer's text, the command line with the file's.
func Place(r *Result, text []byte) error {
	doc := tsast.Open(text)
	defer doc.Close()
	return PlaceIn(r, doc)
}

// PlaceIn is Place on an open document, which has the entry afterwards; after
// an error it is as it was.
func PlaceIn(r *Result, doc *tsast.Document) error {
	f := doc.File()
	if err := refuseDuplicate(f, r.Request); err != nil {
		return err
	}
	if err := r.refuseOther(f); err != nil {
		return err
	}
	if err := r.respell(f.Style); err != nil {
		return err
	}
	entry := generate.ToNewModel(r.Model, sourceRepo(r.Architecture))
	r.Original, r.EntryText = f.Src(), tsast.Print(entry, f.Style, 0)
	edits, err := r.edits(f, entry)
	if err != nil {
		return &PlacementError{Path: r.Request.ModelsTS, Err: err}
	}
	after, err := apply(doc, edits)
	if err != nil {
		return &PlacementError{Path: r.Request.ModelsTS, Err: err}
	}
	r.Edited = after.Src()
	if err := r.check(f, after); err != nil {
		doc.Replace(f.Src())
		return err
	}
	return nil
}

// apply makes edits of a document's text. An insertion is the common case, in
// which the document need not look for what changed.
func apply(doc *tsast.Document, edits []tsast.TextEdit) (*tsast.File, error) {
	f := doc.File()
	if len(edits) == 1 && edits[0].Span.Start <= edits[0].Span.End && edits[0].Span.Start >= 0 && edits[0].Span.End <= len(f.Src()) {
		return doc.Edit(edits[0]), nil
	}
	text, err := tsast.Apply(f.Src(), edits...)
	if err != nil {
		return nil, err
	}
	return doc.Replace(text), nil
}

// respell makes the entry again when the file writes gemm names the older
// way and the request follows the file.
func (r *Result) respell(style tsast.Style) error {
	underscored := r.Request.Gemm == "underscored" || r.Request.Gemm == "auto" && style.GemmUnderscored
	if !underscored || r.Architecture == nil {
		return nil
	}
	g, err := Generate(r.Architecture, r.Implementation, r.Witness.Sorted(r.Architecture), r.Request, true)
	if err != nil {
		return err
	}
	r.adopt(g)
	r.respelled = r.Request.Gemm != "underscored"
	return nil
}

// edits are the changes that insert or refresh the entry.
func (r *Result) edits(f *tsast.File, entry tsast.NewModel) ([]tsast.TextEdit, error) {
	if i := modelsfile.Find(f, r.Model.ID); i >= 0 {
		r.Updated = true
		if r.handwritten(f.Entries[i].Model) {
			return r.repair(f, i)
		}
		return tsast.ReplaceEntry(f, i, entry)
	}
	if len(bytes.TrimSpace(f.Src())) == 0 {
		all := tsast.Span{Start: 0, End: len(f.Src())}
		return []tsast.TextEdit{{Span: all, NewText: string(tsast.NewFile(entry))}}, nil
	}
	return tsast.Insert(f, entry)
}

// errUnparsable is a text that the edit broke: it never reaches the disk.
var errUnparsable = errors.New("the file with the new entry would not parse")

// check is phase 4: the rules on the edited text, of which the new entry's
// findings and the file's syntax are reported.
func (r *Result) check(before, after *tsast.File) error {
	if len(after.Problems) > len(before.Problems) {
		p := after.Problems[0]
		return &PlacementError{Path: r.Request.ModelsTS, Err: fmt.Errorf("%w: line %d: %s", errUnparsable, modelsfile.LineOf(after.Src(), p.Span.Start), p.Message)}
	}
	r.Problems = []report.Problem{}
	i := modelsfile.Find(after, r.Model.ID)
	if i < 0 {
		return &PlacementError{Path: r.Request.ModelsTS, Err: errUnparsable}
	}
	found := validate.CheckEntry(after, i, validate.Options{})
	for _, p := range validate.CheckFile(after, validate.Options{}) {
		if p.Model == r.Model.ID || p.Model == "" {
			found = append(found, p)
		}
	}
	validate.Sort(found)
	for _, p := range found {
		r.Problems = append(r.Problems, report.Problem{
			Rule: p.Rule, Severity: string(p.Severity), Message: p.Message, Module: p.Module, Line: modelsfile.LineOf(after.Src(), p.Span.Start), Column: modelsfile.ColumnOf(after.Src(), p.Span.Start),
		})
	}
	r.addDisagreements()
	return nil
}

// addDisagreements reports where the config alone and SGLang's source differ,
// and where the checkpoint contradicts the entry.
func (r *Result) addDisagreements() {
	for _, d := range r.Generated.Disagreements {
		message := r.disagreement(d) + "; " + r.followed(d)
		r.Problems = append(r.Problems, report.Problem{Rule: report.RuleDisagreement, Severity: string(validate.Warning), Message: message})
	}
	for _, d := range r.Generated.Contradicted {
		r.Problems = append(r.Problems, report.Problem{
			Rule: report.RuleContradiction, Severity: string(validate.Error), Message: contradictionText(d),
		})
	}
}

// followed says whom the entry follows, and why.
func (r *Result) followed(d generate.Disagreement) string {
	if len(d.Ignored) > 0 && r.Generated.Follows == generate.WitnessConfig {
		return fmt.Sprintf("SGLang's class does not read %s, which config.json states: the entry follows the config", strings.Join(d.Ignored, ", "))
	}
	text := "the entry follows the " + r.Generated.Follows
	if r.Confidence.Checkpoint != nil && len(r.Generated.Contradicted) == 0 {
		text += ", as the checkpoint does"
	}
	return text
}

// contradictionText is a doubt in one line, with what every witness says.
func contradictionText(d generate.Doubt) string {
	text := cmp.Or(d.Module, "the model") + ": " + d.Why
	for _, v := range []struct{ who, says string }{{"the config", d.Values.Config}, {"SGLang's source", d.Values.Source}, {"the checkpoint", d.Values.Checkpoint}} {
		if v.says != "" {
			text += "; " + v.who + " says " + v.says
		}
	}
	return text
}

// disagreement says what both readers have, and where each has it from.
func (r *Result) disagreement(d generate.Disagreement) string {
	switch d.What {
	case "missing":
		return fmt.Sprintf("%s: the config says %s (%s), SGLang's source has %s (%s)", d.Path, d.FromConfig, d.ConfigField, d.FromSource, cmp.Or(r.Baseline.File, r.Baseline.Class))
	case "extra":
		const none = "no such layer"
		if d.FromConfig != none {
			return fmt.Sprintf("%s: SGLang's source has %s (%s), the config says %s", d.Path, d.FromSource, d.SourceLine, d.FromConfig)
		}
		return fmt.Sprintf("%s: SGLang's source has %s (%s), of which the config says nothing", d.Path, d.FromSource, d.SourceLine)
	}
	return fmt.Sprintf("%s of %s: the config says %s (%s), SGLang's source %s (%s)", d.What, d.Path, d.FromConfig, d.ConfigField, d.FromSource, d.SourceLine)
}
