package dataset

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fib-ls/fib-ls/phases/definition"
)

//go:embed reference/*.py
var references embed.FS

// ErrNotFixed says that no Definition can be written for a family: fib-ls has
// no reference for it.
var ErrNotFixed = errors.New("fib-ls has no reference for this family")

// ErrExists says that a Definition's file is there already; fs.ErrExist can be of
// a file in the way of a directory, too.
var ErrExists = errors.New("is there already")

// DefineOptions are what a Definition says beyond its name.
type DefineOptions struct {
	// Models become tags model:NAME.
	Models []string
	// TP becomes the tag tp:N where TP divides a field; 0 leaves it out.
	TP int
	// Epsilon of norms; 0 means 1e-6.
	Epsilon float64
}

// Definition is a Definition JSON, in the order in which it is written.
type Definition struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	OpType      string          `json:"op_type"`
	Tags        []string        `json:"tags"`
	Axes        Members[Axis]   `json:"axes"`
	Inputs      Members[Tensor] `json:"inputs"`
	Outputs     Members[Tensor] `json:"outputs"`
	Constraints []string        `json:"constraints,omitempty"`
	// Reference is Python: a function run that takes the inputs in order.
	Reference string `json:"reference"`
}

// Axis is one dimension: var, or const with its value.
type Axis struct {
	Type  string `json:"type"`
	Value int64  `json:"value,omitzero"`
}

const constant = "const"

// Tensor is one input or output. A nil Shape is a scalar.
type Tensor struct {
	Shape    []string `json:"shape"`
	DType    string   `json:"dtype"`
	Optional bool     `json:"optional,omitzero"`
}

// Definable reports whether Define can write a name's Definition.
func Definable(n definition.Name) bool {
	if n.IsZero() {
		return false
	}
	_, err := fs.Stat(templates, templateOf(n.Family.ID))
	return err == nil
}

// Define writes the Definition of a name whose axes are fixed by it. The
// status tag is always unverified: nobody has run it yet.
func Define(n definition.Name, opts DefineOptions) (*Definition, error) {
	if n.IsZero() {
		return nil, errors.New("no name")
	}
	d, err := fromTemplate(n)
	if err != nil {
		return nil, err
	}
	d.Name, d.OpType = n.String(), n.OpType()
	if len(opts.Models) > 0 {
		d.Description += " For " + strings.Join(opts.Models, ", ") + "."
	}
	d.tag(n, opts)
	source, err := references.ReadFile("reference/" + d.Reference + ".py")
	if err != nil {
		return nil, fmt.Errorf("reference of %s: %w", n, err)
	}
	d.Reference = d.fill(string(source), opts)
	return d, nil
}

// tag puts the stage first, then status, models, the kernel's address and TP,
// as the dataset does.
func (d *Definition) tag(n definition.Name, opts DefineOptions) {
	api := d.Tags
	d.Tags = nil
	switch id := n.Family.ID; {
	case strings.Contains(id, "_decode"):
		d.Tags = append(d.Tags, "stage:decode")
	case strings.HasSuffix(id, "_mtp"):
		d.Tags = append(d.Tags, "stage:mtp")
	case strings.Contains(id, "indexer"):
		d.Tags = append(d.Tags, "stage:indexer")
	case strings.Contains(id, "_prefill"):
		d.Tags = append(d.Tags, "stage:prefill")
	}
	d.Tags = append(d.Tags, "status:unverified")
	for _, m := range opts.Models {
		d.Tags = append(d.Tags, "model:"+m)
	}
	d.Tags = append(d.Tags, api...)
	for _, f := range n.Family.Fields {
		if opts.TP > 0 && (f.Divisor == definition.ByTP || f.Divisor == definition.ByTPFloor1) {
			d.Tags = append(d.Tags, "tp:"+strconv.Itoa(opts.TP))
			break
		}
	}
}

// fill completes a reference: the checks of the constant axes, and epsilon.
func (d *Definition) fill(source string, opts DefineOptions) string {
	eps := opts.Epsilon
	if eps <= 0 {
		eps = 1e-6
	}
	if topk, ok := d.topk(); ok {
		source = topkLine.ReplaceAllString(source, "TOPK = "+strconv.FormatInt(topk, 10))
	}
	source = strings.ReplaceAll(source, "EPSILON = 1e-6", "EPSILON = "+strconv.FormatFloat(eps, 'g', -1, 64))
	var checks strings.Builder
	for _, a := range d.Axes {
		if at := d.where(a.Name); a.Is.Value > 0 && at != "" {
			fmt.Fprintf(&checks, "    assert %s == %d  # %s\n", at, a.Is.Value, a.Name)
		}
	}
	return strings.Replace(source, "    # constant axes\n", checks.String(), 1)
}

// topkLine is the constant of a reference whose limit is not an axis of an input.
var topkLine = regexp.MustCompile(`(?m)^TOPK = \d+$`)

// topk is the limit of a routing or of an indexer.
func (d *Definition) topk() (int64, bool) {
	for _, a := range d.Axes {
		if a.Name == "topk" || a.Name == "top_k" {
			return a.Is.Value, a.Is.Value > 0
		}
	}
	return 0, false
}

// where finds an axis among the inputs: "q.shape[1]".
func (d *Definition) where(axis string) string {
	for _, in := range d.Inputs {
		for i, a := range in.Is.Shape {
			if a == axis && !in.Is.Optional {
				return fmt.Sprintf("%s.shape[%d]", in.Name, i)
			}
		}
	}
	return ""
}

// Path is where a Definition belongs in a dataset, with "/".
func (d *Definition) Path() string {
	return path.Join(definitionsDir, d.OpType, d.Name+".json")
}

// JSON is the file, with two spaces of indentation and a final newline.
func (d *Definition) JSON() ([]byte, error) {
	type file Definition // without MarshalJSON
	data, err := json.Marshal((*file)(d), json.FormatNilSliceAsNull(true), jsontext.AllowInvalidUTF8(true), jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("the JSON of %s: %w", d.Name, err)
	}
	return append(data, '\n'), nil
}

// Write puts a Definition into a dataset, below dir, and returns its path. A file
// that is there already is left alone unless replace is given: the error wraps
// ErrExists.
func (d *Definition) Write(dir string, replace bool) (file string, err error) {
	name := filepath.FromSlash(d.Path())
	file = filepath.Join(dir, name)
	defer func() {
		if err != nil && !errors.Is(err, ErrExists) {
			err = fmt.Errorf("writing %s: %w", d.Name, err)
		}
	}()
	data, err := d.JSON()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(dir) // no symbolic link leads out of the directory
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }() // what was written is closed
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return "", err
	}
	if _, err := root.Lstat(name); err == nil && !replace {
		return file, fmt.Errorf("%s: %w", file, ErrExists)
	}
	return file, root.WriteFile(name, data, 0o644)
}

// MarshalJSON is the file's text, so that no other form can be written.
func (d *Definition) MarshalJSON() ([]byte, error) { return d.JSON() }
