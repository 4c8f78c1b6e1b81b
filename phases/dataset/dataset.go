// Package dataset reads a clone of flashinfer-trace: which Definitions it
// has, and how many workloads were collected for each. It also writes the
// first version of a missing Definition. It never leaves the clone's folder
// and bounds what it reads.
package dataset

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/regular"
)

// Bounds of what is read: a clone has some hundred Definitions of a few
// kilobytes, and workload files of some hundred lines.
const (
	maxFiles      = 100_000
	maxDepth      = 8
	maxDefinition = 4 << 20
	maxWorkloads  = 64 << 20
)

// Folders of a clone.
const (
	definitionsDir = "definitions"
	workloadsDir   = "workloads"
)

// Entry is what the dataset has for one Definition name.
type Entry struct {
	Name   string
	OpType string // as the file says, else its folder
	// Path is the Definition JSON, relative to the dataset with "/"; "" when
	// there are only workloads.
	Path string
	// Workloads is the number of workloads; a file whose lines cannot be
	// counted (a Git LFS pointer, a link that leads out of the clone, a file
	// that is too large) counts as one.
	Workloads int
}

// Dataset is the index of one clone. It is not changed after Open; a clone
// that changed is opened again.
type Dataset struct {
	Dir string
	// Listed says, for a dataset that is not a clone, where its names are from;
	// "" for a clone.
	Listed string
	// Commit is the state of the dataset that a list is of, "" when it is not
	// known.
	Commit string
	// ListsWorkloads: the list tells Definitions with workloads from those
	// without.
	ListsWorkloads bool
	// Problems are files that could not be read, in words.
	Problems []string
	entries  map[string]*Entry
}

// ErrNoDefinitions says that a folder is not a clone of flashinfer-trace.
var ErrNoDefinitions = errors.New(`it has no folder "definitions"`)

// Open indexes a clone. Files that cannot be read are in Problems; the error
// is for the folder itself (it wraps fs.ErrNotExist or ErrNoDefinitions).
func Open(dir string) (*Dataset, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the dataset: %w", err)
	}
	defer func() { _ = root.Close() }() // only read from
	if info, err := root.Stat(definitionsDir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("opening the dataset %s: %w", dir, ErrNoDefinitions)
	}
	d := &Dataset{Dir: dir, entries: map[string]*Entry{}}
	files := 0
	d.walk(root, definitionsDir, ".json", &files, d.definition)
	d.walk(root, workloadsDir, ".jsonl", &files, d.workloads)
	return d, nil
}

// walk visits the files of one folder with one ending, in lexical order.
func (d *Dataset) walk(root *os.Root, folder, ending string, files *int, visit func(root *os.Root, name string)) {
	if _, err := root.Stat(folder); err != nil {
		return
	}
	err := fs.WalkDir(root.FS(), folder, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			d.problem(name, err)
			return nil
		case entry.IsDir():
			if strings.Count(name, "/") >= maxDepth || (strings.HasPrefix(entry.Name(), ".") && name != ".") {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(name, ending):
			return nil
		}
		if *files++; *files > maxFiles {
			return fmt.Errorf("more than %d files", maxFiles)
		}
		visit(root, name)
		return nil
	})
	if err != nil {
		d.problem(folder, err)
	}
}

func (d *Dataset) problem(name string, err error) {
	const most = 100
	if len(d.Problems) < most {
		d.Problems = append(d.Problems, fmt.Sprintf("%s: %v", name, err))
	}
}

func (d *Dataset) entry(name string) *Entry {
	e, ok := d.entries[name]
	if !ok {
		e = &Entry{Name: name}
		d.entries[name] = e
	}
	return e
}

// definition indexes one Definition JSON. The name is what the file says;
// a file that cannot be read is known by its own name.
func (d *Dataset) definition(root *os.Root, name string) {
	var file struct {
		Name   string `json:"name"`
		OpType string `json:"op_type"`
	}
	data, err := read(root, name, maxDefinition)
	if err == nil {
		err = json.Unmarshal(data, &file)
	}
	if err != nil && !outside(err) {
		d.problem(name, err)
	}
	if file.Name == "" {
		file.Name = strings.TrimSuffix(path.Base(name), ".json")
	}
	if file.OpType == "" {
		file.OpType = path.Base(path.Dir(name))
	}
	e := d.entry(file.Name)
	if e.Path != "" {
		d.problem(name, fmt.Errorf("%s is defined in %s too", file.Name, e.Path))
		if path.Base(name) != file.Name+".json" {
			return // the file that bears the name is the one
		}
	}
	e.OpType, e.Path = file.OpType, name
}

// workloads counts the workloads of one file, which are of the Definition
// that its lines name (all files hold one Definition's), else of its own name.
func (d *Dataset) workloads(root *os.Root, name string) {
	stem := strings.TrimSuffix(path.Base(name), ".jsonl")
	f, err := regular.OpenIn(root, name)
	if err != nil {
		if outside(err) {
			d.entry(stem).Workloads++
			return
		}
		d.problem(name, err)
		return
	}
	defer func() { _ = f.Close() }() // only read from
	count, first := 0, ""
	lines := bufio.NewReaderSize(io.LimitReader(f, maxWorkloads), 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		start := line
		for errors.Is(err, bufio.ErrBufferFull) { // the rest of a long line
			start = nil
			_, err = lines.ReadSlice('\n')
		}
		if start == nil || len(bytes.TrimSpace(start)) > 0 {
			if count++; count == 1 {
				first = definitionOf(start)
			}
			if count == 1 && bytes.HasPrefix(start, []byte("version https://git-lfs")) {
				break
			}
		}
		if err != nil {
			break
		}
	}
	if first == "" {
		first = stem
	}
	d.entry(first).Workloads += count
}

// definitionOf reads the Definition's name out of a workload line.
func definitionOf(line []byte) string {
	var w struct {
		Definition string `json:"definition"`
	}
	if json.Unmarshal(line, &w) != nil {
		return ""
	}
	return w.Definition
}

// outside reports whether a link leads out of the clone, as in HuggingFace's cache:
// the file is there, but is not read.
func outside(err error) bool {
	var pathErr *fs.PathError
	return errors.As(err, &pathErr) && strings.Contains(pathErr.Err.Error(), "escapes")
}

func read(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := regular.OpenIn(root, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	return regular.ReadFrom(f, name, limit)
}

// Get returns what the dataset has of a Definition: under the name as written
// first, then under the other spellings of the same kernel (one that a trace
// dump of FlashInfer made has FlashInfer's names). ok is false when it has no
// Definition JSON of it. A nil Dataset has nothing.
func (d *Dataset) Get(name string) (e Entry, ok bool) {
	if e, ok := d.exactly(name); ok {
		return e, true
	}
	for _, other := range definition.Spellings(name) {
		if e, ok := d.exactly(other); ok {
			return e, true
		}
	}
	return Entry{}, false
}

func (d *Dataset) exactly(name string) (e Entry, ok bool) {
	if d == nil {
		return Entry{}, false
	}
	found := d.entries[name]
	if found == nil || found.Path == "" {
		return Entry{}, false
	}
	return *found, true
}

// KnowsWorkloads reports whether Entry.Workloads means something: a list of
// names alone does not tell.
func (d *Dataset) KnowsWorkloads() bool { return d.Listed == "" || d.ListsWorkloads }

// Written reports whether the dataset has a Definition under exactly this name.
func (d *Dataset) Written(name string) bool {
	_, ok := d.exactly(name)
	return ok
}

// Lookup is Get in the shape that the rules take.
func (d *Dataset) Lookup(name string) (present bool, workloads int) {
	e, ok := d.Get(name)
	return ok, e.Workloads
}

// Names are the names of all Definitions, sorted.
func (d *Dataset) Names() []string {
	if d == nil {
		return nil
	}
	names := make([]string, 0, len(d.entries))
	for name, e := range d.entries {
		if e.Path != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
