package phases

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
)

// notCompared are the classes for which the two readers rightly differ.
var notCompared = map[string]string{
	"BailingMoeV2_5ForCausalLM":             "the layers of transformers' default config are a cycle, which SGLang does not read",
	"Cohere2VisionForConditionalGeneration": "its default config has no language model in it",
	"Gemma4ForCausalLM":                     "SGLang moves the head sizes of full layers to where the class reads them only below a multimodal wrapper",
	"HrmTextForCausalLM":                    "two stacks of layers that run in turn; the entry follows the source",
}

// TestEveryClass holds the two readers of a model against each other for every
// class that SGLang registers for text and for images and text, with the
// built-in config of a model of it or with the defaults of its configuration
// class: both must see the same layers.
func TestEveryClass(t *testing.T) {
	reader := Embedded()
	classes, err := reader.Classes()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, c := range classes {
		if c.Category != baseline.TextCausalLM && c.Category != baseline.Multimodal || notCompared[c.Name] != "" {
			continue
		}
		_, used, err := analyseWith(t.Context(), reader, c.Name, classConfigs(reader, c.Name))
		if err != nil || used == nil {
			continue // the survey says so
		}
		config, from := used.object, used.from
		differences, err := readersDiffer(t, c.Name, config)
		var lacking *extract.MissingFieldsError
		switch {
		case errors.As(err, &lacking) && strings.Contains(from, "defaults"):
			t.Logf("%s (%s): %v", c.Name, from, err)
			continue
		case err != nil:
			t.Errorf("%s (%s): %v", c.Name, from, err)
			continue
		}
		compared++
		for _, d := range differences {
			t.Errorf("%s (%s): %s", c.Name, from, d)
		}
	}
	const least = 115
	if compared < least {
		t.Errorf("only %d classes were compared", compared)
	}
}

// readersDiffer gives what the config alone and SGLang's source say
// differently of a class.
func readersDiffer(t *testing.T, class string, config *extract.Object) (differences []string, err error) {
	t.Helper()
	data, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(data, []byte(`"architectures"`)) {
		data = append([]byte(fmt.Sprintf(`{"architectures":[%q],`, class)), data[1:]...)
	}
	a, err := extract.Read(data, extract.Options{RepoID: "example/" + class, ClassSizes: true})
	if err != nil {
		return nil, fmt.Errorf("phase 1: %w", err)
	}
	// The defaults are stated, so that what is compared is the layers, not
	// SGLang's own defaults with transformers'.
	stated := map[string]string{}
	for _, d := range a.Defaults {
		if text, err := json.Marshal(d.Value); err == nil && d.Value != nil && !strings.HasSuffix(d.Field, "layer_types") { // which is noted as a cycle
			stated[strings.TrimPrefix(d.Field, a.TextConfigPath+".")] = string(text)
		}
	}
	if a, err = extract.Read(data, extract.Options{RepoID: "example/" + class, Overrides: stated, ClassSizes: true}); err != nil {
		return nil, fmt.Errorf("phase 1 with its own defaults: %w", err)
	}
	impl, err := Embedded().Analyse(t.Context(), class, a.Config, a.TextConfig, baseline.Options{TP: 1})
	if err != nil {
		return nil, fmt.Errorf("phase 2: %w", err)
	}
	if !slices.ContainsFunc(impl.Modules, func(m baseline.Module) bool { return m.Layers != "" }) {
		return nil, nil // not decided: the survey says so
	}
	for _, d := range generate.Compare(generate.FromArchitecture(a), impl.Modules, a) {
		differences = append(differences, fmt.Sprintf("%s of %s: %s (%s), but %s at %s", d.What, d.Path, d.FromConfig, d.ConfigField, d.FromSource, d.SourceLine))
	}
	if a.Generic {
		differences = append(differences, "its layout is not known")
	}
	return differences, nil
}
