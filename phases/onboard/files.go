package onboard

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/diff"
	"github.com/fib-ls/fib-ls/phases/disk"
)

// file is one file that follows from a plan, with what it is for.
type file struct {
	name, what string
	data       []byte
}

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
			if _, err := root.Lstat(filepath.FromSlash(f.name)); err == nil {
				return nil, fmt.Errorf("%s is there already (--force replaces it): %w", filepath.Join(dir, f.name), fs.ErrExist)
			}
		}
	}
	if ignore {
		if err := root.WriteFile(".gitignore", []byte("*\n"), 0o644); err != nil {
			return nil, fmt.Errorf("writing the plan's files: %w", err)
		}
	}
	for _, f := range files {
		name := filepath.FromSlash(f.name)
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return nil, fmt.Errorf("writing %s: %w", f.name, err)
		}
		if err := root.WriteFile(name, f.data, 0o644); err != nil {
			return nil, fmt.Errorf("writing %s: %w", f.name, err)
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
	list = append(list, configs,
		file{"model_coverage.md", "rows and sentence for docs/model_coverage.mdx", p.coverage()},
		file{"pull_request_flashinfer_trace.md", "text of the pull request to flashinfer-trace", p.pullRequest(true)},
		file{"pull_request_flashinfer_bench.md", "text of the pull request to flashinfer-bench", p.pullRequest(false)},
	)
	return append([]file{{"index.md", "this list", p.index(list)}}, list...), nil
}

// kernelFiles are the Definition and its test of a new kernel, and the request
// for one that FlashInfer lacks.
func (p *Plan) kernelFiles(k Kernel) ([]file, error) {
	var list []file
	if k.FI == FIMissing {
		list = append(list, file{"kernel_requests/" + k.Name + ".md", "text of a kernel request to FlashInfer", p.request(k)})
	}
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
		file{d.Path(), "Definition", data},
		file{path.Join("tests", "references", "test_"+k.Name+".py"), "test of its reference", referenceTest(d)},
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

// servingFile is the change of the clone's serving configs; where there is no
// clone, the entries alone.
func (p *Plan) servingFile() (file, error) {
	text, err := disk.Read(filepath.Join(p.root, filepath.FromSlash(ServingConfigsPath)), maxServingConfigs)
	if p.root == "" || err != nil {
		data, _, err := p.InsertServers(noServers())
		return file{"model_configs.json", "entries for " + ServingConfigsPath, data}, err
	}
	after, _, err := p.InsertServers(text)
	if err != nil {
		return file{}, err
	}
	patch := diff.Unified(ServingConfigsPath, string(text), string(after))
	return file{"model_configs.diff", "the change of " + ServingConfigsPath + " (fib-ls plan --in-place makes it)", []byte(patch)}, nil
}

// coverage is the model's section of upstream's coverage document.
func (p *Plan) coverage() []byte {
	var required []dataset.Required
	for _, k := range p.Kernels {
		required = append(required, dataset.Required{Name: k.Name, OpType: k.OpType, Note: k.words()})
	}
	c := dataset.Cover(required, p.set.Lookup)
	note := ""
	if p.set.Listed != "" {
		note = "\nBy " + p.set.Listed + ", which does not tell Definitions with workloads from those without: give --dataset DIR before this is published.\n"
	}
	return fmt.Appendf(nil, "### %s\n\n%s\n%s\n%s", p.Result.Model.Name, c.Markdown(), c.Sentence(), note)
}

// request is the text of a kernel request for what FlashInfer lacks.
func (p *Plan) request(k Kernel) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Kernel request: `%s`\n\n`%s` needs a kernel that FlashInfer %s does not have.\n\n", k.Name, p.Repo, p.Versions.FlashInfer)
	n, err := definition.Parse(k.Name)
	if err == nil {
		fmt.Fprintf(&b, "%s\n\n| field | value | meaning |\n|---|---|---|\n", n.Family.Doc)
		for i, f := range n.Family.Fields {
			fmt.Fprintf(&b, "| `%s` | %d | %s |\n", f.Abbrev, n.Values[i], f.Meaning)
		}
	}
	fmt.Fprintf(&b, "\nOp type `%s`; in the model's modules %s.\n", k.OpType, strings.Join(k.Modules, ", "))
	return []byte(b.String())
}

func (p *Plan) pullRequest(trace bool) []byte {
	var b strings.Builder
	count := map[string]int{}
	for _, k := range p.Kernels {
		count[k.Group()]++
	}
	if trace {
		fmt.Fprintf(&b, "# Definitions for %s\n\nNew Definitions that `%s` needs:\n\n", p.Slug, p.Repo)
		for _, k := range p.Kernels {
			if k.Phase1 == New {
				fmt.Fprintf(&b, "- `%s` (%s)\n", k.Name, k.OpType)
			}
		}
	} else {
		fmt.Fprintf(&b, "# Add %s\n\nAdds `%s` to `web/apps/web/data/models.ts`, its rows to `docs/model_coverage.mdx` and its serving configs to `examples/sglang_bench/model_configs.json`.\n\n", p.Slug, p.Repo)
		for _, group := range groups {
			fmt.Fprintf(&b, "- %s: %d\n", group, count[group])
		}
	}
	fmt.Fprintf(&b, "\nClassified by FlashInfer %s and SGLang %s; the dataset by %s.\n", p.Versions.FlashInfer, p.Versions.SGLang, p.Versions.Dataset)
	return []byte(b.String())
}

func (p *Plan) index(list []file) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Onboarding %s\n\nFiles to review; nothing was sent anywhere. The entry of models.ts is `fib-ls add --hf-repo-id %s`.\n\n| file | what |\n|---|---|\n", p.Slug, p.Repo)
	for _, f := range list {
		fmt.Fprintf(&b, "| [%s](%s) | %s |\n", f.name, f.name, f.what)
	}
	b.WriteString("\n```\n" + strings.ReplaceAll(p.Text(), "`", "'") + "```\n")
	return []byte(b.String())
}
