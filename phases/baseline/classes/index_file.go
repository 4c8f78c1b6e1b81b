package classes

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// The index file: a magic line; the lengths of the two parts that follow, as
// varints; the facts as compressed JSON; the table of strings, compressed;
// then the syntax trees, each compressed, at the offsets that the facts give.

const indexMagic = "fib-ls index 2\n"

// errIndex says that a file is not an index of this version.
var errIndex = errors.New("not an SGLang index of this version")

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
	Files   []indexedFile     `json:"files"`
}

// indexedFile is one syntax tree in an index.
type indexedFile struct {
	Path   string `json:"path"`
	Offset int    `json:"offset"` // after the two parts
	Length int    `json:"length"`
}

// writeIndex makes an index file of syntax trees by path.
func writeIndex(facts indexFacts, trees map[string]*pysrc.Module) ([]byte, error) {
	paths := make([]string, 0, len(trees))
	for p := range trees {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	table := pysrc.NewStrings()
	var blobs []byte
	for _, p := range paths {
		packed, err := deflate(pysrc.Encode(trees[p], table))
		if err != nil {
			return nil, err
		}
		facts.Files = append(facts.Files, indexedFile{p, len(blobs), len(packed)})
		blobs = append(blobs, packed...)
	}
	meta, err := json.Marshal(facts)
	if err != nil {
		return nil, fmt.Errorf("writing the index: %w", err)
	}
	var text []byte
	for _, s := range table.List() {
		text = binary.AppendUvarint(text, uint64(len(s)))
		text = append(text, s...)
	}
	packedMeta, err := deflate(meta)
	if err != nil {
		return nil, err
	}
	packedText, err := deflate(text)
	if err != nil {
		return nil, err
	}
	out := []byte(indexMagic)
	out = binary.AppendUvarint(out, uint64(len(packedMeta)))
	out = binary.AppendUvarint(out, uint64(len(packedText)))
	out = append(out, packedMeta...)
	out = append(out, packedText...)
	return append(out, blobs...), nil
}

func deflate(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compressing the index: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("compressing the index: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compressing the index: %w", err)
	}
	return b.Bytes(), nil
}

func inflate(data []byte) ([]byte, error) {
	r := flate.NewReader(bytes.NewReader(data))
	out, err := io.ReadAll(io.LimitReader(r, maxIndexPart))
	if err != nil {
		return nil, fmt.Errorf("unpacking the index: %w", errors.Join(errIndex, err))
	}
	return out, nil
}

// opened is an index file made ready for reading.
type opened struct {
	facts   indexFacts
	byPath  map[string]indexedFile
	strings []string
	blobs   []byte
}

func readIndex(data []byte) (*opened, error) {
	rest, ok := bytes.CutPrefix(data, []byte(indexMagic))
	if !ok {
		return nil, fmt.Errorf("reading the index: %w", errIndex)
	}
	var parts [2][]byte
	var sizes [2]int
	for i := range sizes {
		n, used := binary.Uvarint(rest)
		if used <= 0 || n > uint64(len(rest)) {
			return nil, fmt.Errorf("reading the index: %w", errIndex)
		}
		sizes[i], rest = int(n), rest[used:]
	}
	for i := range parts {
		if sizes[i] > len(rest) {
			return nil, fmt.Errorf("reading the index: %w", errIndex)
		}
		part, err := inflate(rest[:sizes[i]])
		if err != nil {
			return nil, err
		}
		parts[i], rest = part, rest[sizes[i]:]
	}
	x := &opened{byPath: map[string]indexedFile{}, blobs: rest}
	if err := json.Unmarshal(parts[0], &x.facts); err != nil {
		return nil, fmt.Errorf("reading the index: %w", errors.Join(errIndex, err))
	}
	for _, f := range x.facts.Files {
		if f.Offset < 0 || f.Length < 0 || f.Offset > len(rest)-f.Length {
			return nil, fmt.Errorf("reading the index: %w", errIndex)
		}
		x.byPath[f.Path] = f
	}
	text := string(parts[1])
	for at := 0; at < len(text); {
		n, used := binary.Uvarint(parts[1][at:])
		at += used
		if used <= 0 || n > uint64(len(text)-at) {
			return nil, fmt.Errorf("reading the index: %w", errIndex)
		}
		x.strings = append(x.strings, text[at:at+int(n)])
		at += int(n)
	}
	return x, nil
}

// syntax returns a file's tree; nil, nil when the index has none.
func (x *opened) syntax(path string) (*pysrc.Module, error) {
	f, ok := x.byPath[path]
	if !ok {
		return nil, nil
	}
	packed, err := inflate(x.blobs[f.Offset : f.Offset+f.Length])
	if err != nil {
		return nil, err
	}
	tree, err := pysrc.Decode(packed, x.strings)
	if err != nil {
		return nil, fmt.Errorf("reading %s in the index: %w", path, err)
	}
	return tree, nil
}
