package onboard

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/coverage"
	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/diff"
	"github.com/fib-ls/fib-ls/phases/disk"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
)

// file is one file that follows from a plan.
type file = report.Following

// WriteFiles writes what follows from the plan below a directory, each file to
// be reviewed, and an index of them. Files that are there are replaced only
// when force is given. A directory that the user did not name gets a
// .gitignore. It returns the paths, the index first.
func (p *Plan) WriteFiles(dir string, force, ignore bool) (written []string, err error) {
	files, err := p.files()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("writing the plan's files: %w", err)
	}
	root, err := os.OpenRoot(dir) // no planted link leads out of the directory
	if err != nil {
		return nil, fmt.Errorf("writing the plan's files: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if !force {
		for _, f := range files {
			if _, err := root.Lstat(filepath.FromSlash(f.Name)); err == nil {
				return nil, fmt.Errorf("%s is there already (--force replaces it): %w", filepath.Join(dir, f.Name), fs.ErrExist)
			}
		}
	}
	if ignore {
		if err := root.WriteFile(".gitignore", []byte("*\n"), 0o644); err != nil {
			return nil, fmt.Errorf("writing the plan's files: %w", err)
		}
	}
	for _, f := range files {
		name := filepath.FromSlash(f.Name)
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return nil, fmt.Errorf("writing %s: %w", f.Name, err)
		}
		if err := root.WriteFile(name, f.Data, 0o644); err != nil {
			return nil, fmt.Errorf("writing %s: %w", f.Name, err)
		}
		written = append(written, filepath.Join(dir, name))
	}
	return written, nil
}

// files are what follows from a plan, the index first.
func (p *Plan) files() ([]file, error) {
	var list []file
	for _, k := range p.Kernels {
		if k.Phase1 == Existing {
			continue
		}
		more, err := p.kernelFiles(k)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	configs, err := p.servingFile()
	if err != nil {
		return nil, err
	}
	covered, err := p.coverageFile()
	if err != nil {
		return nil, err
	}
	list = append([]file{
		{Name: "pull_request.md", What: "text of the pull request that adds the model to flashinfer-bench", Data: p.pullRequest()},
		configs, covered,
	}, list...)
	return append([]file{{Name: "index.md", What: "this list", Data: p.index(list)}}, list...), nil
}

// kernelFiles are the Definition and its test of a new kernel, and the request
// for one that FlashInfer lacks.
func (p *Plan) kernelFiles(k Kernel) ([]file, error) {
	var list []file
	if k.FI == FIMissing {
		list = append(list, file{Name: "kernel_requests/" + k.Name + ".md", What: "text of a kernel request to FlashInfer", Data: p.request(k)})
	}
	list = append(list, file{Name: "pull_requests/" + k.Name + ".md", What: "texts of the pull requests of this Definition", Data: p.pullRequests(k)})
	n, err := definition.Parse(k.Name)
	if err != nil {
		return list, nil //nolint:nilerr // a name of no known family: there is no Definition to write
	}
	if !dataset.Definable(n) {
		return list, nil
	}
	opts := dataset.DefineOptions{Models: []string{p.Slug}, Epsilon: p.Result.Architecture.Normalization.Epsilon}
	if len(k.Layouts) == 1 {
		opts.TP = k.Layouts[0].TP
	}
	d, err := dataset.Define(n, opts)
	if err != nil {
		return nil, err
	}
	data, err := d.JSON()
	if err != nil {
		return nil, err
	}
	return append(list,
		file{Name: d.Path(), What: "Definition", Data: data},
		file{Name: path.Join("tests", "references", "test_"+k.Name+".py"), What: "test of its reference", Data: referenceTest(d)},
	), nil
}

// referenceTest loads a Definition as FlashInfer-Bench does and holds its
// reference to it; the comparison with the kernel needs a GPU and its inputs.
func referenceTest(d *dataset.Definition) []byte {
	return fmt.Appendf(nil, `"""Reference test of %[1]s."""

import inspect
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
data = pytest.importorskip("flashinfer_bench.data")

NAME = "%[1]s"
DEFINITION = Path(__file__).resolve().parents[2] / "definitions" / "%[2]s" / (NAME + ".json")


@pytest.fixture
def definition():
    return data.load_json_file(data.Definition, DEFINITION)


def test_reference_takes_the_declared_inputs(definition):
    scope = {}
    exec(compile(definition.reference, NAME, "exec"), scope)
    assert list(inspect.signature(scope["run"]).parameters) == list(definition.inputs)


def test_constant_axes_are_the_name(definition):
    assert definition.name == NAME
    assert definition.op_type == "%[2]s"
    for axis in definition.axes.values():
        assert getattr(axis, "value", 1) >= 1
`, d.Name, d.OpType)
}

// change is the change of a file of the clone, as a diff; how says what makes it.
func (p *Plan) change(name, path, how string, text []byte, edit func([]byte) ([]byte, error)) (file, error) {
	after, err := edit(text)
	return file{
		Name: name, What: "the change of " + path + " (" + how + ")", Data: []byte(diff.Unified(path, string(text), string(after))),
		Path: path, Root: p.root, Before: text, Edit: edit,
	}, err
}

// servingFile is the change of the clone's serving configs; where there is no
// clone, the entries alone.
func (p *Plan) servingFile() (file, error) {
	edit := func(text []byte) ([]byte, error) {
		after, _, err := p.InsertServers(text)
		return after, err
	}
	text, err := disk.ReadRegular(filepath.Join(p.root, filepath.FromSlash(ServingConfigsPath)), maxServingConfigs)
	if p.root == "" || err != nil {
		data, err := edit(noServers())
		return file{Name: "model_configs.json", What: "entries for " + ServingConfigsPath, Data: data}, err
	}
	return p.change(report.FileServing, ServingConfigsPath, p.inPlace(), text, edit)
}

// inPlace says how the serving configs are changed. A diff fits the file as it
// was: of several models, added one by one, the command does what git apply does
// for the first alone; a batch has one diff for all.
func (p *Plan) inPlace() string {
	if p.Repo == "" {
		return "git apply makes it"
	}
	command := "fib-ls plan " + p.Repo + " --in-place"
	if p.Slug != phases.SuggestModelName(p.Repo) {
		command += " --model-name " + p.Slug
	}
	return "git apply makes it, or " + command
}

// Following are the changes of a clone's other files that a pull request of
// upstream's makes when it adds a model: the serving configs and the coverage
// document, of those that the clone of models.ts has. It is env.Following of
// the commands and of the language server.
func Following(env *phases.Env, r *phases.Result) ([]report.Following, error) {
	root := modelsfile.Root(filepath.Dir(env.Path(r.Request.ModelsTS)))
	has := func(path string) bool {
		info, err := os.Stat(filepath.Join(root, filepath.FromSlash(path)))
		return err == nil && info.Mode().IsRegular()
	}
	if root == "" || !has(ServingConfigsPath) && !has(CoveragePath) {
		return nil, nil
	}
	o := Options{Request: r.Request}
	if r.Request.TP > 0 {
		o.TP = []int{r.Request.TP}
	}
	if r.Request.EP > 0 {
		o.EP = []int{r.Request.EP}
	}
	p, err := planFor(env, o, r, definition.FlashInfer())
	if err != nil {
		return nil, err
	}
	var all []file
	if has(ServingConfigsPath) {
		serving, err := p.servingFile()
		if err == nil && serving.Before == nil { // entries alone, under the name of the clone's own file
			err = fmt.Errorf("%s cannot be read", ServingConfigsPath)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, serving)
	}
	if has(CoveragePath) {
		covered, err := p.coverageFile()
		if err != nil {
			return nil, err
		}
		all = append(all, covered)
	}
	return slices.DeleteFunc(all, func(f file) bool { return len(f.Data) == 0 }), nil // the file says it already
}

// CoveragePath is where a clone of FlashInfer-Bench keeps its coverage document.
const CoveragePath = "docs/model_coverage.mdx"

// maxCoverage bounds that document: upstream's has 40 KB.
const maxCoverage = 4 << 20

// coverageFile is the change of the clone's coverage document; where there is
// no clone, or the dataset's workloads are not known, the model's row and
// section alone.
func (p *Plan) coverageFile() (file, error) {
	text, err := disk.ReadRegular(filepath.Join(p.root, filepath.FromSlash(CoveragePath)), maxCoverage)
	if p.root != "" && err == nil && p.set.KnowsWorkloads() {
		return p.change(report.FileCoverage, CoveragePath, "git apply makes it", text, func(text []byte) ([]byte, error) {
			doc := coverage.Report{Models: []coverage.Model{p.covered()}}
			after, _ := doc.Update(string(text), p.set.Lookup)
			return []byte(after), nil
		})
	}
	note := ""
	if !p.set.KnowsWorkloads() {
		note = "\nBy " + p.set.Listed + ", which does not tell Definitions with workloads from those without: give --dataset DIR before this is published.\n"
	}
	return file{Name: report.FileCoverageNew, What: "row of the summary and section for " + CoveragePath, Data: []byte(p.covered().Section() + note)}, nil
}

// covered is the model against the dataset.
func (p *Plan) covered() coverage.Model {
	var required []dataset.Row
	for _, k := range p.Kernels {
		required = append(required, dataset.Row{Definition: k.Name, OpType: k.OpType, Note: k.words()})
	}
	a := p.Result.Architecture
	covered := dataset.Cover(required, p.set.Lookup)
	covered.WorkloadsUnknown = !p.set.KnowsWorkloads()
	return coverage.ModelOf(p.Slug, p.Result.Model.Name, a, covered)
}

// request is the text of a kernel request for what FlashInfer lacks, in the
// sections of upstream's own.
func (p *Plan) request(k Kernel) []byte {
	var b strings.Builder
	name := p.Result.Model.Name
	fmt.Fprintf(&b, "# Kernel request: %s for %s\n\n**Model**: %s (`%s`)\n**Op type**: %s\n**Definition name**: `%s`\n\n", k.OpType, name, name, p.Repo, k.OpType, k.Name)
	fmt.Fprintf(&b, "## Motivation\n\nServing `%s` needs this kernel in its modules %s; FlashInfer %s does not have it.\n", p.Repo, strings.Join(k.Modules, ", "), p.Versions.FlashInfer)
	n, err := definition.Parse(k.Name)
	if err == nil {
		fmt.Fprintf(&b, "\n## Kernel parameters\n\n%s\n\n| field | value | meaning |\n|---|---|---|\n", n.Family.Doc)
		for i, f := range n.Family.Fields {
			fmt.Fprintf(&b, "| `%s` | %d | %s |\n", f.Abbrev, n.Values[i], prose.Cell(f.Meaning))
		}
		if dataset.Definable(n) {
			fmt.Fprintf(&b, "\n## Reference implementation\n\nA plain PyTorch `run()` stands in the Definition `definitions/%s/%s.json`.\n", k.OpType, k.Name)
		}
	}
	fmt.Fprintf(&b, "\n## Requested work\n\n- [ ] a kernel that does what the Definition says\n- [ ] a Python API that carries a trace template\n- [ ] a unit test\n\n## Links\n\n- https://huggingface.co/%s\n", p.Repo)
	return []byte(b.String())
}

// pullRequests are the texts of the two pull requests of one new Definition, as
// upstream has them: the dataset's first, then the document's, which links to it.
func (p *Plan) pullRequests(k Kernel) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Pull request to %s\n\nTitle: Add %s: definition + reference test + baseline solution + workloads + traces\n\n", phases.DatasetRepo, k.Name)
	fmt.Fprintf(&b, "- Model: `%s` (%s)\n- SGLang: %s\n- FlashInfer: %s\n- Status: %s, %s\n- Workload entries: (fill in)\n", p.Repo, strings.Join(k.Modules, ", "), p.commits["sglang"], p.commits["flashinfer"], k.FI, k.SGL)
	if k.FI == FIMissing {
		fmt.Fprintf(&b, "- FlashInfer has no such kernel: link the issue made of kernel_requests/%s.md\n", k.Name)
	}
	if len(k.APIs) > 0 {
		fmt.Fprintf(&b, "- FlashInfer's API: `%s`\n", strings.Join(k.APIs, "`, `"))
	}
	b.WriteString("\n## Reference test\n\n(output of pytest)\n\n## SGLang Collection Log\n\n(output of the collection)\n")
	fmt.Fprintf(&b, "\n# Pull request to flashinfer-bench\n\nTitle: docs: mark %s as covered for %s\n\n- Marks `%s` (%s) as covered for **%s** in `%s`.\n- The Definition, its reference test, solution, workloads and traces are in the dataset: (link)\n",
		k.Name, p.Result.Model.Name, k.Name, k.OpType, p.Result.Model.Name, CoveragePath)
	return []byte(b.String())
}

// pullRequest is the text of the pull request that adds the model.
func (p *Plan) pullRequest() []byte {
	var b strings.Builder
	count := map[string]int{}
	for _, k := range p.Kernels {
		count[k.Group()]++
	}
	fmt.Fprintf(&b, "# Add %s\n\nAdds `%s` to `web/apps/web/data/models.ts`, its rows to `%s` and its serving configs to `%s`.\n\nDefinitions it needs, for %s:\n\n", p.Result.Model.Name, p.Repo, CoveragePath, ServingConfigsPath, p.layoutWords())
	for _, group := range groups {
		fmt.Fprintf(&b, "- %s: %d\n", group, count[group])
	}
	fmt.Fprintf(&b, "\nClassified by FlashInfer %s and SGLang %s; the dataset by %s.\n", p.Versions.FlashInfer, p.Versions.SGLang, p.Versions.Dataset)
	return []byte(b.String())
}

func (p *Plan) index(list []file) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Onboarding %s\n\nFiles to review; nothing was sent anywhere. The entry of models.ts is `fib-ls add --hf-repo-id %s`.\n\n| file | what |\n|---|---|\n", p.Slug, p.Repo)
	for _, f := range list {
		fmt.Fprintf(&b, "| [%s](%s) | %s |\n", f.Name, f.Name, f.What)
	}
	b.WriteString("\n```\n" + strings.ReplaceAll(p.Text(), "`", "'") + "```\n")
	return []byte(b.String())
}
