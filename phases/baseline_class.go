package phases

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

// ClassReport says whether SGLang's source decided a class.
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

// SurveyBaseline reads every registered text causal LM and says of each
// whether it was decided. configs are configs to read classes with, by class
// name; the others get the defaults of their configuration class.
func SurveyBaseline(ctx context.Context, env *Env, req Request, configs map[string]*extract.Object) ([]ClassReport, error) {
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
	report := ClassReport{ClassInfo: c, Config: "config.json", Undecided: []baseline.Undecided{}}
	if config == nil {
		config, report.Config = catalogueConfig(c.Name)
	}
	if config == nil {
		config, report.Config = reader.DefaultConfig(c.Name), "defaults of its configuration class"
	}
	if config == nil {
		report.Config, report.Error = "none", "no config is known for it"
		return report
	}
	impl, err := reader.Analyse(ctx, c.Name, config, nil, baseline.Options{TP: 1})
	if err != nil {
		report.Error = err.Error()
		return report
	}
	report.Decided, report.Modules = impl.Decided, len(impl.Modules)
	report.Undecided = append(report.Undecided, impl.Undecided...)
	return report
}

// catalogueConfig gives the built-in config of a model of a class, and says
// whose it is: a model that names the class itself, else one whose class has
// the same stem (BailingMoE and BailingMoe, QuantMixtral and Mixtral, a
// language model and the multimodal model around it).
func catalogueConfig(class string) (*extract.Object, string) {
	for _, exact := range []bool{true, false} {
		for _, id := range catalog.IDs() {
			entry, ok := catalog.Lookup(id)
			if !ok || (exact && !bytes.Contains(entry.Config, []byte(strconv.Quote(class)))) {
				continue
			}
			if config := configServing(class, entry.Config, exact); config != nil {
				return config, "built-in facts of " + id
			}
		}
	}
	return nil, ""
}

// configServing gives a config, or the language model's config inside of it,
// when it is one of a class; nil when it is not.
func configServing(class string, data []byte, exact bool) *extract.Object {
	config, _, err := extract.ParseConfig(data)
	if err != nil {
		return nil
	}
	names, _ := config.Strings("architectures")
	if slices.Contains(names, class) {
		return config
	}
	if exact || len(names) == 0 || classStem(names[0]) != classStem(class) {
		return nil
	}
	if text := config.Object("text_config"); text != nil {
		config = text
	}
	out := &extract.Object{Keys: slices.Clone(config.Keys), Values: maps.Clone(config.Values)}
	if _, stated := out.Values["architectures"]; !stated {
		out.Keys = append(out.Keys, "architectures")
	}
	out.Values["architectures"] = []extract.Value{class}
	return out
}

// classStem reduces a class name to its model family: SGLang has classes that
// load the same checkpoints under another name.
func classStem(class string) string {
	name := strings.TrimPrefix(strings.TrimPrefix(class, "TorchNative"), "Quant")
	name = strings.TrimSuffix(strings.TrimSuffix(name, "ForConditionalGeneration"), "ForCausalLM")
	return strings.ToLower(strings.TrimSuffix(name, "Model"))
}

// AmbiguousClassError says that a keyword means several classes.
type AmbiguousClassError struct {
	Keyword string
	Classes []baseline.ClassInfo
}

func (e *AmbiguousClassError) Error() string {
	text := fmt.Sprintf("%q is no registered class; classes like it:", e.Keyword)
	for _, c := range e.Classes {
		text += fmt.Sprintf("\n  %-48s %s", c.Name, c.File)
	}
	return text
}

// RunBaselineOf is phase 2 for a class or a keyword instead of an
// architecture: a keyword that fits one class alone stands for it. The config
// is the request's, else the defaults of the class's configuration class.
func RunBaselineOf(ctx context.Context, env *Env, req Request, keyword string) (*Result, error) {
	given := req.Config != "" || req.HFRepoID != ""
	if !given {
		req.HFRepoID = keyword
	}
	if req.ModelName == "" {
		req.ModelName = SuggestModelName(keyword)
	}
	if err := req.complete(); err != nil {
		return nil, err
	}
	r := newResult(req)
	tree, err := env.reader(ctx, &req)
	if err != nil {
		return nil, err
	}
	class, err := findClass(tree.reader, keyword)
	if err != nil {
		return nil, err
	}
	config := tree.reader.DefaultConfig(class.Name)
	if given {
		if r.Architecture, r.ConfigBytes, err = ExtractStep(ctx, env, &r.Request); err != nil {
			return nil, err
		}
		config = r.Architecture.Config
	}
	if config == nil {
		return nil, &UsageError{Message: "no default config is known for " + class.Name, Hint: "give one with --config FILE or --hf-repo-id ORG/NAME"}
	}
	r.Implementation, err = tree.reader.Analyse(ctx, class.Name, config, nil, baseline.Options{TP: 1})
	if err != nil {
		return nil, fmt.Errorf("reading %s in SGLang's source: %w", class.Name, err)
	}
	r.Baseline = baselineOf(r.Implementation, tree.notes)
	if err := r.cutSnippets(ctx, env); err != nil {
		return nil, err
	}
	if req.DryRun {
		return r, nil
	}
	return r, r.write(env, writeBaseline)
}

// findClass finds a registered class by its name, else by a keyword.
func findClass(reader *baseline.Reader, keyword string) (baseline.ClassInfo, error) {
	class, err := reader.Find(keyword)
	var unregistered *baseline.UnregisteredError
	if err == nil || !errors.As(err, &unregistered) {
		return class, err
	}
	matches, matchErr := reader.Match(keyword)
	switch {
	case matchErr != nil:
		return class, matchErr
	case len(matches) == 1:
		return matches[0], nil
	case len(matches) > 1:
		const most = 12
		return class, &AmbiguousClassError{Keyword: keyword, Classes: matches[:min(len(matches), most)]}
	}
	return class, &MissingInputError{Err: err}
}
