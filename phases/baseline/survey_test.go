package baseline_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/classes"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// TestSurveyTextModels says what share of the text causal LMs gives a complete
// tree, with a real configuration where there is one, else with the defaults
// of the configuration class.
func TestSurveyTextModels(t *testing.T) {
	t.Run("index", func(t *testing.T) { surveyTextModels(t, baseline.NewReader(baseline.NewEmbedded(), nil)) })
	if tree := sglangTree(t); tree != nil {
		t.Run("source", func(t *testing.T) { surveyTextModels(t, baseline.NewReader(tree, nil)) })
	}
}

func surveyTextModels(t *testing.T, r *baseline.Reader) {
	t.Helper()
	configs := realConfigs(t)
	classes, err := r.Classes()
	if err != nil {
		t.Fatal(err)
	}
	decided, all := 0, 0
	for _, c := range classes {
		if c.Category != baseline.TextCausalLM {
			continue
		}
		all++
		cfg := configs[c.Name]
		if cfg == nil {
			cfg = r.DefaultConfig(c.Name)
		}
		if cfg == nil {
			t.Logf("%s: no configuration known", c.Name)
			continue
		}
		impl, err := r.Analyse(context.Background(), c.Name, cfg, nil, baseline.Options{})
		if err != nil {
			t.Logf("%s: %v", c.Name, err)
			continue
		}
		if impl.Decided && len(impl.Modules) > minRows {
			decided++
			continue
		}
		t.Logf("%s: %d undecided, %d rows", c.Name, len(impl.Undecided), len(impl.Modules))
		for _, u := range impl.Undecided[:min(len(impl.Undecided), maxShown)] {
			t.Logf("      %s: %s missing %v at %s (%s)", u.Path, u.Expression, u.Missing, u.Location, u.Reason)
		}
	}
	t.Logf("decided %d of %d text causal LMs", decided, all)
	const share = 0.943 // 116 of 123, with the configs of testdata alone
	if float64(decided) < share*float64(all) {
		t.Errorf("decided %d of %d, less than %.1f %%", decided, all, 100*share)
	}
}

// realConfigs are configs of real models by class: those of testdata/models,
// and the gold's where it is.
func realConfigs(t *testing.T) map[string]*extract.Object {
	t.Helper()
	configs := map[string]*extract.Object{}
	if dir := goldDir(t); dir != "" {
		files, err := filepath.Glob(filepath.Join(dir, "configs", "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			cfg := readConfig(t, f)
			for _, a := range architecturesOf(cfg) {
				configs[a] = cfg
			}
		}
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "models", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no models in testdata: %v", err)
	}
	for _, f := range files {
		archive, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range archive.Files {
			if part.Name != "config.json" {
				continue
			}
			cfg, _, err := extract.ParseConfig(part.Data)
			if err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			for _, a := range architecturesOf(cfg) {
				configs[a] = cfg
			}
		}
	}
	return configs
}

// minRows is the least that a complete tree has.
const minRows = 8

// isUnregistered reports whether a class could not be read because SGLang has
// none of its name, the one reason that a published config may have.
func isUnregistered(err error) bool {
	var unregistered *classes.UnregisteredError
	return errors.As(err, &unregistered)
}
