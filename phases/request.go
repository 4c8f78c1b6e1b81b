package phases

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/hub"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// Request is everything that add takes: a flag of the command line, a field
// of a batch file and a parameter of the editor's command each. What a batch
// file may write in several ways ("-") is read by batchItem.
type Request struct {
	ModelName    string            `yaml:"model_name" json:"modelName"`
	HFRepoID     string            `yaml:"hf_repo_id" json:"repoId"`
	DisplayName  string            `yaml:"display_name" json:"displayName"`
	Description  string            `yaml:"description" json:"description"`
	SGLangPath   string            `yaml:"sglang_path" json:"sglangPath"`
	OutputDir    string            `yaml:"output_dir" json:"outputDir"`
	SkipSGLang   bool              `yaml:"skip_sglang" json:"skipSglang"`
	ModelsTS     string            `yaml:"models_ts" json:"modelsTs"`
	Revision     string            `yaml:"revision" json:"revision"`
	Config       string            `yaml:"config" json:"config"` // a file, or "-"
	TP           int               `yaml:"-" json:"tp"`          // 0 means auto
	EP           int               `yaml:"-" json:"ep"`          // 0 means auto
	PageSizes    []int             `yaml:"-" json:"pageSizes"`
	Set          map[string]string `yaml:"-" json:"set"`
	Infer        bool              `yaml:"infer" json:"infer"`
	Quantization string            `yaml:"quantization" json:"quantization"`
	SGLangURL    string            `yaml:"sglang_url" json:"sglangUrl"`
	SGLangRef    string            `yaml:"sglang_ref" json:"sglangRef"`
	Dataset      string            `yaml:"dataset" json:"dataset"`
	Gemm         string            `yaml:"gemm" json:"gemm"`               // compact|underscored|auto
	Weights      string            `yaml:"weights" json:"weights"`         // auto|off
	Definitions  string            `yaml:"definitions" json:"definitions"` // all|dataset
	Update       bool              `yaml:"update" json:"update"`
	Offline      bool              `yaml:"offline" json:"offline"`
	DryRun       bool              `yaml:"dry_run" json:"dryRun"`
	// TypeCheck runs the web app's own TypeScript on the edited file.
	TypeCheck typecheck.Mode `yaml:"-" json:"-"`
	// OwnOutputDir reports that fib-ls named OutputDir: git is told to ignore it.
	OwnOutputDir bool `yaml:"-" json:"-"`
}

// ValidateModelName says what is wrong with a model name, if anything.
func ValidateModelName(name string) error {
	switch {
	case name == "":
		return &fault.Usage{Message: "no model name", Hint: "give one with --model-name, for example --model-name llama-3.3-70b"}
	case len(name) > 96:
		return &fault.Usage{Message: fmt.Sprintf("model name %q is %d characters long; at most 96 are allowed", name, len(name))}
	case !validate.IDFormat.MatchString(name) || strings.Contains(name, ".."):
		return &fault.Usage{
			Message: fmt.Sprintf("model name %q: only lowercase letters, digits, \".\" and \"-\" are allowed, beginning and ending with a letter or digit", name),
			Hint:    fmt.Sprintf("try --model-name %s", SuggestModelName(name)),
		}
	}
	return nil
}

// SuggestModelName makes a model name of a repo id or of any text:
// "meta-llama/Llama-3.3-70B-Instruct" gives "llama-3.3-70b-instruct".
func SuggestModelName(text string) string {
	if i := strings.LastIndexByte(text, '/'); i >= 0 {
		text = text[i+1:]
	}
	name := validate.Slug(text)
	for strings.Contains(name, "..") {
		name = strings.ReplaceAll(name, "..", ".")
	}
	if len(name) > 96 {
		name = strings.Trim(name[:96], "-.")
	}
	if name == "" {
		return "model"
	}
	return name
}

// isAddress reports whether a text is a web address of a repository.
func isAddress(s string) bool {
	low := strings.ToLower(s)
	for _, host := range []string{"huggingface.co/", "www.huggingface.co/", "hf.co/"} {
		if strings.HasPrefix(low, host) {
			return true
		}
	}
	return strings.Contains(low, "://")
}

// readAddress takes the repository, and the revision when none is given, from
// the address of a page of the Hub or of the endpoint in use.
func (r *Request) readAddress(endpoint string) error {
	if !isAddress(r.HFRepoID) {
		return nil
	}
	ref, err := hub.ParseRef(r.HFRepoID, endpoint)
	if err != nil {
		return err
	}
	r.HFRepoID = ref.RepoID
	if r.Revision == "" {
		r.Revision = ref.Revision
	}
	return nil
}

// Complete checks a request and fills what it leaves out. The environment may
// name another endpoint, whose addresses are read, too.
func (r *Request) Complete(env *Env) error {
	if r.Config != "" && r.Revision != "" {
		return &fault.Usage{Message: "--revision " + r.Revision + " is of a repository on the Hub, and --config reads a file", Hint: "leave one of them away"}
	}
	endpoint := ""
	if env.Getenv != nil {
		endpoint = env.Getenv("HF_ENDPOINT")
	}
	if err := r.readAddress(endpoint); err != nil {
		return err
	}
	if r.HFRepoID == "" && r.Config == "" {
		return &fault.Usage{Message: "no model to add", Hint: "give a HuggingFace repository (--hf-repo-id ORG/NAME) or a config.json (--config FILE)"}
	}
	if r.ModelName == "" {
		r.ModelName = SuggestModelName(r.HFRepoID)
		if r.HFRepoID == "" {
			return ValidateModelName("")
		}
	}
	if err := ValidateModelName(r.ModelName); err != nil {
		return err
	}
	for _, p := range []struct {
		flag  string
		value int
	}{{"tp", r.TP}, {"ep", r.EP}} {
		if p.value < 0 || p.value > 4096 {
			return &fault.Usage{Message: fmt.Sprintf("--%s %d: give a number from 1 to 4096, or auto", p.flag, p.value)}
		}
	}
	if len(r.PageSizes) == 0 {
		r.PageSizes = []int{1, 64}
	}
	r.PageSizes = appendNew(nil, r.PageSizes)
	for _, p := range r.PageSizes {
		if p < 1 || p > 65536 {
			return &fault.Usage{Message: fmt.Sprintf("--page-size %d: give sizes from 1 to 65536, for example --page-size 1,64", p)}
		}
	}
	if err := oneOf("quantization", &r.Quantization, "auto", "none", "fp8", "nvfp4"); err != nil {
		return err
	}
	if err := oneOf("gemm", &r.Gemm, "auto", "compact", "underscored"); err != nil {
		return err
	}
	if err := oneOf("weights", &r.Weights, WeightsAuto, WeightsOff); err != nil {
		return err
	}
	if err := oneOf("definitions", &r.Definitions, "all", DefinitionsDataset); err != nil {
		return err
	}
	if r.OutputDir == "" {
		r.OutputDir, r.OwnOutputDir = report.DirPrefix+r.ModelName, true
		if r.ModelsTS == "" {
			r.OutputDir = modelsfile.DefaultDir(env.WorkDir, r.OutputDir)
		}
	}
	r.ModelsTS = env.ModelsTS(r.ModelsTS)
	if strings.ContainsRune(r.OutputDir, 0) || strings.ContainsRune(r.ModelsTS, 0) {
		return errors.New("a path holds a NUL character")
	}
	return nil
}

// DefinitionsDataset lists those Definitions in an entry that the dataset has:
// the web app links each name to its page.
const DefinitionsDataset = "dataset"

// oneOf sets an empty value to the first choice and refuses other values.
func oneOf(flag string, value *string, choices ...string) error {
	if *value == "" {
		*value = choices[0]
	}
	if slices.Contains(choices, *value) {
		return nil
	}
	return &fault.Usage{Message: fmt.Sprintf("--%s %s: choose one of %s", flag, *value, strings.Join(choices, ", "))}
}

// Clone copies a request so that items do not share maps or slices.
func (r Request) Clone() Request {
	c := r
	c.PageSizes = append([]int(nil), r.PageSizes...)
	c.Set = make(map[string]string, len(r.Set))
	maps.Copy(c.Set, r.Set)
	return c
}

// checkNamed refuses paths that were named and lead nowhere, before anything
// is fetched or written: a typing error must neither be passed over nor be
// fetched into.
func (e *Env) checkNamed(req *Request) error {
	if req.SGLangPath != "" && !req.SkipSGLang {
		if err := checkSGLangPath(e.Path(req.SGLangPath), req.DryRun); err != nil {
			return err
		}
	}
	if req.Dataset != "" {
		_, err := e.OpenDataset(req.Dataset, filepath.Dir(e.Path(req.ModelsTS)))
		return err
	}
	return nil
}

// checkSGLangPath refuses what cannot be an SGLang tree. SGLang is fetched into
// an empty directory, but not by a dry run.
func checkSGLangPath(path string, dryRun bool) error {
	entries, err := os.ReadDir(path)
	switch {
	case os.IsNotExist(err):
		return &fault.Missing{Err: fmt.Errorf("--sglang-path: there is no %s\nname a clone of SGLang, an unpacked archive or an installed sglang package; SGLang is fetched into a directory that is there and empty", path)}
	case err != nil:
		return &fault.Missing{Err: fmt.Errorf("--sglang-path: %w", err)}
	case len(entries) == 0 && dryRun:
		return &fault.Missing{Err: fmt.Errorf("--sglang-path: %s is empty, and --dry-run fetches nothing into it", path)}
	}
	return nil
}
