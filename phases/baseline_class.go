package phases

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/report"
)

// ClassReport reports whether SGLang's source decided a class.
type ClassReport struct {
	baseline.ClassInfo
	// Config says what it was read with: "config.json", "defaults of its
	// configuration class", or "none".
	Config    string               `json:"config"`
	Decided   bool                 `json:"decided"`
	Modules   int                  `json:"modules"`
	Undecided []baseline.Undecided `json:"undecided"`
	Error     string               `json:"error,omitempty"`
}

// SurveyBaseline reads every registered text causal LM and reports
// of each whether it was decided. configs are configs to read classes with, by class
// name; the others get the defaults of their configuration class.
func SurveyBaseline(ctx context.Context, env *Env, req Request, configs map[string]*extract.Object) ([]ClassReport, error) {
	if err := env.checkNamed(&req); err != nil {
		return nil, err
	}
	tree, err := env.reader(ctx, &req)
	if err != nil {
		return nil, err
	}
	classes, err := tree.reader.Classes()
	if err != nil {
		return nil, fmt.Errorf("listing SGLang's classes: %w", err)
	}
	var reports []ClassReport
	for _, c := range classes {
		if c.Category != baseline.TextCausalLM {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		reports = append(reports, surveyClass(ctx, tree.reader, c, configs[c.Name]))
	}
	return reports, nil
}

func surveyClass(ctx context.Context, reader *baseline.Reader, c baseline.ClassInfo, config *extract.Object) ClassReport {
	report := ClassReport{ClassInfo: c, Config: "none", Undecided: []baseline.Undecided{}}
	configs := []classConfig{{object: config, from: "config.json"}}
	if config == nil {
		configs = classConfigs(reader, c.Name)
	}
	impl, used, err := analyseWith(ctx, reader, c.Name, configs)
	if used != nil {
		report.Config = used.from
	}
	if err != nil {
		report.Error = err.Error()
		return report
	}
	report.Decided, report.Modules = impl.Decided, len(impl.Modules)
	report.Undecided = append(report.Undecided, impl.Undecided...)
	return report
}

// AmbiguousClassError says that a keyword means several classes.
type AmbiguousClassError struct {
	Keyword string
	Classes []baseline.ClassInfo
}

func (e *AmbiguousClassError) Error() string {
	text := fmt.Sprintf("%q is not a registered class; classes like it:", e.Keyword)
	for _, c := range e.Classes {
		text += fmt.Sprintf("\n  %-48s %s", c.Name, c.File)
	}
	return text
}

// RunBaselineOf is phase 2 for a class or a keyword instead of an
// architecture: a keyword that fits one class alone stands for it. The config
// is the request's, else the first that decides the class of those that
// SurveyBaseline reads it with.
func RunBaselineOf(ctx context.Context, env *Env, req Request, keyword string) (*Result, error) {
	given := req.Config != "" || req.HFRepoID != ""
	if !given {
		req.HFRepoID = keyword
	}
	if req.ModelName == "" {
		req.ModelName = SuggestModelName(keyword)
	}
	if err := req.Complete(env); err != nil {
		return nil, err
	}
	if err := env.checkNamed(&req); err != nil {
		return nil, err
	}
	r := newResult(req)
	tree, err := env.reader(ctx, &req)
	if err != nil {
		return nil, err
	}
	class, err := findClass(tree.reader, keyword)
	if err != nil {
		if len(tree.notes) > 0 { // which tree lacks it, and why that one
			err = fmt.Errorf("%w\n%s", err, joinNotes(tree.notes))
		}
		return nil, err
	}
	var configs []classConfig
	if given {
		if r.Architecture, r.ConfigBytes, err = ExtractStep(ctx, env, &r.Request); err != nil {
			return nil, err
		}
		configs = []classConfig{{object: r.Architecture.Config, from: "the config given"}}
	} else {
		configs = classConfigs(tree.reader, class.Name)
	}
	env.progress(2, 0.5, "reading "+class.Name)
	impl, used, err := analyseWith(ctx, tree.reader, class.Name, configs)
	if err != nil {
		return nil, err
	}
	if !given {
		impl.Notes = append(impl.Notes, "read with the "+used.from)
		r.Architecture = used.architecture()
	}
	r.Implementation, r.Baseline = impl, baselineOf(impl, tree.notes)
	env.progress(2, 1, describeImplementation(impl, used))
	if err := r.cutSnippets(ctx, env); err != nil {
		return nil, err
	}
	if req.DryRun {
		return r, nil
	}
	return r, r.write(env, report.BaselineFiles)
}

// describeImplementation says in one line what a class was read with and
// whether its source decides it.
func describeImplementation(impl *baseline.Implementation, used *classConfig) string {
	text := fmt.Sprintf("%s in %s, read with the %s: ", impl.Class, impl.File, strings.TrimPrefix(used.from, "the "))
	if impl.Decided {
		return text + fmt.Sprintf("%d modules, all decided", len(impl.Modules))
	}
	return text + undecidedReason(impl)
}

// findClass finds a registered class by its name, else by a keyword: the only
// class that has it in its name or its file's, or the one text model whose
// name it is ("qwen3" is Qwen3ForCausalLM, for all the others of that family).
// What merely looks like a class is proposed, not taken.
func findClass(reader *baseline.Reader, keyword string) (baseline.ClassInfo, error) {
	class, err := reader.Find(keyword)
	var unregistered *baseline.UnregisteredError
	if err == nil || !errors.As(err, &unregistered) {
		return class, err
	}
	matches, err := reader.Match(keyword)
	if err != nil {
		return class, err
	}
	var holding, named []baseline.ClassInfo
	word := plainWord(keyword)
	for _, m := range matches {
		file := strings.TrimSuffix(path.Base(m.File), ".py")
		if strings.Contains(plainWord(m.Name), word) || strings.Contains(plainWord(file), word) {
			holding = append(holding, m)
		}
		if m.Category == baseline.TextCausalLM && plainWord(strings.TrimSuffix(strings.TrimSuffix(m.Name, "ForCausalLM"), "LMHeadModel")) == word {
			named = append(named, m)
		}
	}
	const most = 12
	switch {
	case word == "":
	case len(holding) == 1:
		return holding[0], nil
	case len(named) == 1:
		return named[0], nil
	case len(holding) > 1:
		return class, &AmbiguousClassError{Keyword: keyword, Classes: holding[:min(len(holding), most)]}
	case len(matches) > 0 && len(unregistered.Near) == 0:
		for _, m := range matches[:min(len(matches), 5)] {
			unregistered.Near = append(unregistered.Near, m.Name)
		}
	}
	return class, &fault.Missing{Err: unregistered}
}

// plainWord is a name without what class names, file names and model names
// spell differently.
func plainWord(s string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(s))
}
