package phases_test

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/extract/hub"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
	"github.com/fib-ls/fib-ls/phases/generate"
)

// TestCheckpoints adds tiny models from the directories that transformers saved
// them in: every decoder class that can be built small (scripts/checkpoints.sh
// makes them). testdata/checkpoints has what their headers say, from which the
// files are made again here; FIB_LS_CHECKPOINTS names the directories
// themselves, which must have just that.
func TestCheckpoints(t *testing.T) {
	dirs := checkpointDirs(t)
	if len(dirs) < 150 {
		t.Errorf("only %d checkpoints", len(dirs))
	}
	outcomes := map[generate.Level]int{}
	refused := 0
	for _, dir := range dirs {
		r, err := phases.Prepare(t.Context(), closedEnv(t), phases.Request{ModelName: "tiny", HFRepoID: dir, Offline: true, TP: 1, EP: 1})
		if err != nil {
			refused++
			continue
		}
		c := r.Confidence
		outcomes[c.Level]++
		name := filepath.Base(dir)
		if c.Checkpoint == nil {
			t.Errorf("%s: the checkpoint was not seen: %s", name, r.Witness.Note)
			continue
		}
		if c.Level != generate.Verified {
			t.Logf("%s is %s: %s", name, c.Level, firstDoubt(c))
			if len(c.Doubts) == 0 {
				t.Errorf("%s is %s without a doubt that says why", name, c.Level)
			}
			continue
		}
		// What is verified has the checkpoint's weights, but for biases,
		// embeddings of positions and the like.
		if off := c.Checkpoint.Parameters - c.Checkpoint.EntryParameters; c.Checkpoint.Confirmed != c.Checkpoint.Modules || off < -c.Checkpoint.Parameters/50 || off > c.Checkpoint.Parameters/10 {
			t.Errorf("%s is verified with %+v", name, *c.Checkpoint)
		}
	}
	accepted := len(dirs) - refused
	t.Logf("%d checkpoints: %d refused, %v", len(dirs), refused, outcomes)
	if outcomes[generate.Verified]*100 < leastVerified*accepted {
		t.Errorf("%d of %d accepted checkpoints are verified, less than %d %%", outcomes[generate.Verified], accepted, leastVerified)
	}
}

// leastVerified is the share of checkpoints, in percent, that must be verified:
// it only ever goes up.
const leastVerified = 98

func firstDoubt(c generate.Confidence) string {
	for _, d := range c.Doubts {
		if !d.Settled {
			return d.Module + " " + d.What + ": " + d.Why
		}
	}
	return ""
}

// checkpointDirs are the directories to add: those that FIB_LS_CHECKPOINTS has,
// and of the others what testdata keeps. With -update testdata is written from
// them.
func checkpointDirs(t *testing.T) []string {
	t.Helper()
	var dirs []string
	saved := map[string]bool{}
	if root := os.Getenv("FIB_LS_CHECKPOINTS"); root != "" {
		configs, err := filepath.Glob(filepath.Join(root, "*", "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		if len(configs) == 0 {
			t.Fatalf("no checkpoint is in %s", root)
		}
		for _, c := range configs {
			dir := filepath.Dir(c)
			dirs = append(dirs, dir)
			saved[filepath.Base(dir)] = true
			compareKept(t, dir)
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "checkpoints", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".txtar"); !saved[name] {
			restore(t, f, filepath.Join(root, name))
			dirs = append(dirs, filepath.Join(root, name))
		}
	}
	t.Logf("%d checkpoints as transformers saved them, %d from testdata", len(saved), len(dirs)-len(saved))
	return dirs
}

// compareKept holds what testdata keeps of a directory to the directory: its
// config and what its headers say. With -update it writes it.
func compareKept(t *testing.T, dir string) {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	var a txtar.Archive
	a.Files = []txtar.File{{Name: "config.json", Data: config}, {Name: "tensors", Data: []byte(weights.Facts(tensorsOf(t, dir)))}}
	name := filepath.Join("testdata", "checkpoints", filepath.Base(dir)+".txtar")
	if !*update {
		kept, err := os.ReadFile(name)
		if err != nil || string(kept) != string(txtar.Format(&a)) {
			t.Errorf("%s is not what transformers saves (scripts/checkpoints.sh --update): %v", name, err)
		}
		return
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, txtar.Format(&a), 0o644); err != nil {
		t.Fatal(err)
	}
}

func tensorsOf(t testing.TB, dir string) []weights.Tensor {
	t.Helper()
	ck, err := hub.ReadCheckpoint(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []weights.Tensor
	for _, h := range ck.Headers {
		tensors, err := weights.ParseHeader(h.JSON, h.Size)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tensors...)
	}
	return all
}

// restore makes a directory from what testdata keeps of it.
func restore(t testing.TB, file, dir string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := weights.ParseFacts(string(a.Files[1].Data))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	writeCheckpoint(t, dir, a.Files[0].Data, tensors)
}

// widths are the bytes of the types that the tests' checkpoints have.
var widths = map[string]int{"F32": 4, "I64": 8, "BOOL": 1, "BF16": 2, "F16": 2, "I32": 4, "U8": 1, "F8_E4M3": 1}

// writeCheckpoint makes a model's directory with a file of these tensors. The
// weights are a hole in the file: nobody reads them.
func writeCheckpoint(t testing.TB, dir string, config []byte, tensors []weights.Tensor) {
	t.Helper()
	entries := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	at := 0
	for _, x := range tensors {
		size := x.Elements() * widths[x.DType]
		if widths[x.DType] == 0 {
			t.Fatalf("%s has the type %s", x.Name, x.DType)
		}
		entries[x.Name] = map[string]any{"dtype": x.DType, "shape": append([]int{}, x.Shape...), "data_offsets": []int{at, at + size}}
		at += size
	}
	header, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model.safetensors")
	start := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
	for name, data := range map[string][]byte{path: start, filepath.Join(dir, "config.json"): config} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(path, int64(len(start)+at)); err != nil {
		t.Fatal(err)
	}
}

// llama is a small model of a known family, and its checkpoint.
func llama(t testing.TB) (config map[string]any, tensors []weights.Tensor) {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", "checkpoints", "llama--LlamaForCausalLM.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(a.Files[0].Data, &config); err != nil {
		t.Fatal(err)
	}
	if tensors, err = weights.ParseFacts(string(a.Files[1].Data)); err != nil {
		t.Fatal(err)
	}
	return config, tensors
}

// TestContradictions: a config and a checkpoint that disagree on purpose. Each
// is told as it is, as an error of the entry with what every witness says.
func TestContradictions(t *testing.T) {
	for _, c := range []struct {
		name    string
		config  func(map[string]any)
		tensors func([]weights.Tensor) []weights.Tensor
		raw     func(t *testing.T, dir string)
		level   generate.Level
		want    []string // parts of the doubts
		note    string   // why the checkpoint was not heard
	}{
		{name: "nothing", level: generate.Verified},
		{name: "head_dim", config: func(c map[string]any) { c["head_dim"] = 32 }, level: generate.Disputed, want: []string{"qkv_proj", "o_proj"}},
		{name: "layers", config: func(c map[string]any) { c["num_hidden_layers"] = 5 }, level: generate.Disputed, want: []string{"the checkpoint lacks layer 4"}},
		{name: "missing layer", level: generate.Disputed, want: []string{"the checkpoint lacks layer 2"}, tensors: func(list []weights.Tensor) []weights.Tensor {
			return slices.DeleteFunc(list, func(x weights.Tensor) bool { return strings.HasPrefix(x.Name, "model.layers.2.") })
		}},
		{name: "vocabulary", config: func(c map[string]any) { c["vocab_size"] = 2000 }, level: generate.Disputed, want: []string{"embed_tokens"}},
		{name: "renamed", level: generate.Disputed, want: []string{"called otherwise"}, tensors: func(list []weights.Tensor) []weights.Tensor {
			for i := range list {
				list[i].Name = strings.Replace(list[i].Name, "layers.1.mlp.up_proj", "layers.1.mlp.pu_proj", 1)
			}
			return list
		}},
		{name: "cut short", level: generate.Agreed, note: "cut short", raw: func(t *testing.T, dir string) {
			path := filepath.Join(dir, "model.safetensors")
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, info.Size()-1); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "header cut", level: generate.Agreed, note: "more than the file's", raw: func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "model.safetensors"), 500); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "no checkpoint", level: generate.Agreed, note: "no checkpoint was seen", raw: func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "model.safetensors")); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, tensors := llama(t)
			if c.config != nil {
				c.config(config)
			}
			if c.tensors != nil {
				tensors = c.tensors(tensors)
			}
			text, err := json.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "tiny")
			writeCheckpoint(t, dir, text, tensors)
			if c.raw != nil {
				c.raw(t, dir)
			}
			r, err := phases.Prepare(t.Context(), closedEnv(t), phases.Request{ModelName: "tiny", HFRepoID: dir, Offline: true})
			if err != nil {
				t.Fatal(err)
			}
			if r.Confidence.Level != c.level {
				t.Errorf("%s, want %s: %+v", r.Confidence.Level, c.level, r.Confidence.Doubts)
			}
			if !strings.Contains(r.Witness.Note, c.note) || c.note != "" && r.Confidence.Checkpoint != nil {
				t.Errorf("the witness says %q", r.Witness.Note)
			}
			if err := phases.Place(r, nil); err != nil {
				t.Fatal(err)
			}
			if (c.level == generate.Disputed) != r.HasErrors() {
				t.Errorf("problems: %+v", r.Problems)
			}
			said := ""
			for _, p := range r.Problems {
				said += p.Message + "\n"
			}
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("nothing of %q in:\n%s", want, said)
				}
			}
		})
	}
}

// TestUnknownFamily: of a model that neither a family nor SGLang knows the entry
// has the checkpoint's own names and sizes, and a doubt.
func TestUnknownFamily(t *testing.T) {
	config, tensors := llama(t)
	config["model_type"], config["architectures"] = "nobody_knows", []string{"NobodyKnowsForCausalLM"}
	for i := range tensors {
		tensors[i].Name = strings.NewReplacer("self_attn", "mixer", "q_proj", "ask", "k_proj", "key_of", "v_proj", "value_of", "o_proj", "out_of").Replace(tensors[i].Name)
	}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "tiny")
	writeCheckpoint(t, dir, text, tensors)
	r, err := phases.Prepare(t.Context(), closedEnv(t), phases.Request{ModelName: "tiny", HFRepoID: dir, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for _, m := range r.Model.Modules {
		names[m.Name] = m.Count
	}
	layers := r.Architecture.NumLayers
	for name, count := range map[string]int{"ask": layers, "key_of": layers, "out_of": layers, "down_proj": layers, "input_layernorm": layers, "norm": 1} {
		if names[name] != count {
			t.Errorf("%s ×%d, want ×%d: %v", name, names[name], count, names)
		}
	}
	if !slices.ContainsFunc(r.Confidence.Doubts, func(d generate.Doubt) bool { return d.What == "family" }) {
		t.Errorf("no doubt: %+v", r.Confidence)
	}
	if r.Generated.Follows != generate.WitnessCheckpoint {
		t.Errorf("the entry follows the %s", r.Generated.Follows)
	}
}

// TestLocalConfig: a config that is named itself brings the checkpoint beside
// it; --weights off asks for none.
func TestLocalConfig(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tiny")
	restore(t, filepath.Join("testdata", "checkpoints", "llama--LlamaForCausalLM.txtar"), dir)
	req := phases.Request{ModelName: "tiny", HFRepoID: "org/tiny", Config: filepath.Join(dir, "config.json"), Offline: true}
	r, err := phases.Prepare(t.Context(), closedEnv(t), req)
	if err != nil || r.Confidence.Level != generate.Verified || r.Confidence.Checkpoint.From != "file" {
		t.Errorf("%v %+v", err, r.Confidence)
	}
	req.Weights = phases.WeightsOff
	if r, err = phases.Prepare(t.Context(), closedEnv(t), req); err != nil || r.Confidence.Level != generate.Agreed || !strings.Contains(r.Witness.Note, "--weights off") {
		t.Errorf("%v %+v %s", err, r.Confidence, r.Witness.Note)
	}
}
