package classes

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// An index is a zip archive of syntax trees, each at the path of its file, and of
// the facts.
const factsFile = "facts.json"

// errIndex says that a file is not an index.
var errIndex = errors.New("not an SGLang index")

// maxIndexPart bounds each part of an index when it is unpacked.
const maxIndexPart = 64 << 20

// indexFacts is what an index knows besides the syntax trees.
type indexFacts struct {
	Commit  string      `json:"commit"`
	Date    string      `json:"date"`
	Classes []ClassInfo `json:"classes"`
	// Configs are SGLang's own configuration classes by model_type:
	// "module.Class".
	Configs map[string]string `json:"configs"`
}

// writeIndex makes an index file of syntax trees by path.
func writeIndex(facts indexFacts, trees map[string]*pysrc.Module) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	add := func(name string, data []byte) error {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
	text, err := json.Marshal(facts)
	if err == nil {
		err = add(factsFile, text)
	}
	for _, p := range slices.Sorted(maps.Keys(trees)) {
		if err == nil {
			err = add(p, pysrc.Marshal(trees[p]))
		}
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("writing the index: %w", err)
	}
	return b.Bytes(), nil
}

// opened is an index file made ready for reading.
type opened struct {
	facts  indexFacts
	byPath map[string]*zip.File
}

// readIndex opens an index; one that cannot be read is empty.
func readIndex(data []byte) (*opened, error) {
	x := &opened{byPath: map[string]*zip.File{}}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return x, fmt.Errorf("reading the index: %w", errors.Join(errIndex, err))
	}
	for _, f := range z.File {
		x.byPath[f.Name] = f
	}
	text, err := x.read(factsFile)
	if err == nil {
		err = json.Unmarshal(text, &x.facts)
	}
	if err != nil {
		return x, fmt.Errorf("reading the index: %w", errors.Join(errIndex, err))
	}
	delete(x.byPath, factsFile)
	return x, nil
}

// read unpacks a part of the index.
func (x *opened) read(name string) ([]byte, error) {
	f, ok := x.byPath[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // only read
	return io.ReadAll(io.LimitReader(r, maxIndexPart))
}

// syntax returns a file's tree; nil, nil when the index has none.
func (x *opened) syntax(path string) (*pysrc.Module, error) {
	data, err := x.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s in the index: %w", path, errors.Join(errIndex, err))
	}
	tree, err := pysrc.Unmarshal(data)
	if err != nil {
		return nil, fmt.Errorf("reading %s in the index: %w", path, err)
	}
	return tree, nil
}
