package extract

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

// essence is what must not depend on where a config came from.
func essence(t *testing.T, a *Architecture) string {
	t.Helper()
	b := *a
	b.Defaults, b.Inferred, b.Warnings, b.Source, b.Towers, b.SpecialFeatures = nil, nil, nil, Source{}, nil, nil
	if b.Quantization != nil {
		q := *b.Quantization
		b.Quantization = &q
	}
	data, err := json.Marshal(&b)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestCatalogueAgreesWithTheRealConfigs(t *testing.T) {
	compared := 0
	for _, f := range goldConfigs(t) {
		id := repoOf(f)
		e, ok := catalog.Lookup(id)
		if !ok {
			continue
		}
		if e.RepoID != id {
			t.Errorf("%s is spelled %s", id, e.RepoID)
		}
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		real, err := Read(data, Options{RepoID: id})
		if err != nil {
			t.Fatal(err)
		}
		ours, err := Read(e.Config, Options{RepoID: id})
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		compared++
		if a, b := essence(t, real), essence(t, ours); a != b {
			i := 0
			for i < len(a) && i < len(b) && a[i] == b[i] {
				i++
			}
			from := max(0, i-80)
			t.Errorf("%s differs:\n real %s\n ours %s", filepath.Base(f), a[from:min(len(a), i+120)], b[from:min(len(b), i+120)])
		}
	}
	t.Logf("%d models compared", compared)
}

func TestProposalsComeFromTheNamesake(t *testing.T) {
	e, ok := catalog.Lookup("meta-llama/Llama-3.1-70B")
	if !ok {
		t.Fatal("no such model in the catalogue")
	}
	cut := strings.Replace(string(e.Config), `"model_type":"llama"`, `"model_type":"somebodys_llama"`, 1)
	cut = strings.Replace(cut, `"num_hidden_layers":80,`, "", 1)
	cut = strings.Replace(cut, `"LlamaForCausalLM"`, `"SomebodysForCausalLM"`, 1)
	_, err := Read([]byte(cut), Options{RepoID: "somebody/Llama-3.1-70B"})
	var missing *MissingFieldsError
	if !errors.As(err, &missing) {
		t.Fatalf("error = %v, want missing fields", err)
	}
	if len(missing.Fields) != 1 || missing.Fields[0] != "num_hidden_layers" {
		t.Errorf("missing = %v", missing.Fields)
	}
	if len(missing.Proposals) != 1 || missing.Proposals[0].Value != "80" || missing.Proposals[0].From != "meta-llama/Llama-3.1-70B" {
		t.Errorf("proposals = %+v", missing.Proposals)
	}
	for _, part := range []string{"--set num_hidden_layers=80", "from: model name", "--infer"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error lacks %q:\n%v", part, err)
		}
	}
	a, err := Read([]byte(cut), Options{ModelName: "llama-3.1-70b", Infer: true})
	if err != nil || a.NumLayers != 80 {
		t.Fatalf("with --infer: %v", err)
	}
	var why []string
	for _, n := range a.Inferred {
		if n.Field == "num_hidden_layers" {
			why = append(why, n.Why)
		}
	}
	if len(why) != 1 || why[0] != "from: model name, meta-llama/Llama-3.1-70B" {
		t.Errorf("inferred = %+v", a.Inferred)
	}
	// What was inferred is there again for the phases that read the files.
	back := &Architecture{Inferred: a.Inferred}
	if err := back.AttachConfig([]byte(cut), nil); err != nil {
		t.Fatal(err)
	}
	if n, _, _ := back.TextConfig.Int("num_hidden_layers"); n != 80 {
		t.Errorf("the config that was attached has %d layers", n)
	}
}

// A size for which the class's default is taken is held to the namesake's, and
// --infer prefers that.
func TestSilentSizesOfTheClassAreCompared(t *testing.T) {
	e, _ := catalog.Lookup("meta-llama/Llama-3.1-70B")
	cut := strings.Replace(string(e.Config), `"vocab_size":128256`, `"x":0`, 1)
	a, err := Read([]byte(cut), Options{RepoID: "meta-llama/Llama-3.1-70B"})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(a.Warnings, "\n")
	if a.VocabSize != 32000 || !strings.Contains(text, "class default 32000") || !strings.Contains(text, "vocab_size 128256") {
		t.Errorf("vocabulary %d, warnings:\n%s", a.VocabSize, text)
	}
	a, err = Read([]byte(cut), Options{RepoID: "meta-llama/Llama-3.1-70B", Infer: true})
	if err != nil || a.VocabSize != 128256 || len(a.Warnings) > 0 {
		t.Errorf("--infer: vocabulary %d, %v, warnings %v", a.VocabSize, err, a.Warnings)
	}
	if last := a.Inferred[len(a.Inferred)-1]; last.Field != "vocab_size" || !strings.HasPrefix(last.Why, "from: model name") {
		t.Errorf("inferred = %+v", a.Inferred)
	}
}
