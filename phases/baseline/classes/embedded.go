package classes

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/baseline/index"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
)

// KindEmbedded is what Embedded.Kind says, as opposed to repo.KindClone.
const KindEmbedded = "embedded"

// Embedded is the Source inside the binary: compiled syntax trees instead of
// text, so that code snippets cannot be cut from it.
type Embedded struct {
	open func() (*opened, error)
}

// NewEmbedded returns the index that ships in the binary. It is unpacked when
// it is first read.
func NewEmbedded() *Embedded { return ReadEmbedded(index.Data()) }

// ReadEmbedded is the Source of an index file.
func ReadEmbedded(data []byte) *Embedded {
	return &Embedded{sync.OnceValues(func() (*opened, error) { return readIndex(data) })}
}

// ReadFile implements Source: the index holds no text.
func (e *Embedded) ReadFile(path string) ([]byte, error) {
	return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("the embedded index holds no source text: %w", fs.ErrNotExist)}
}

// List implements Source.
func (e *Embedded) List(dir string) ([]repo.Entry, error) {
	x, err := e.open()
	if err != nil {
		return nil, err
	}
	var out []repo.Entry
	for p := range x.byPath {
		if strings.HasPrefix(p, dir+"/") {
			out = append(out, repo.Entry{Path: p})
		}
	}
	if len(out) == 0 {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: fs.ErrNotExist}
	}
	slices.SortFunc(out, func(a, b repo.Entry) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// Commit implements Source.
func (e *Embedded) Commit() (hash, date string) {
	x, _ := e.open() // one that cannot be read has no facts
	return x.facts.Commit, x.facts.Date
}

// Kind implements Source.
func (e *Embedded) Kind() string { return KindEmbedded }

// Notes implements Source.
func (e *Embedded) Notes() []string {
	hash, date := e.Commit()
	const short = 8
	return []string{fmt.Sprintf("SGLang as built in: commit %s of %s", hash[:min(len(hash), short)], date[:min(len(date), len("2006-01-02"))])}
}

// Syntax returns a file's syntax tree; nil, nil when the index has none.
func (e *Embedded) Syntax(path string) (*pysrc.Module, error) {
	x, err := e.open()
	if err != nil {
		return nil, err
	}
	return x.syntax(path)
}

// Classes lists the registered classes.
func (e *Embedded) Classes() ([]ClassInfo, error) {
	x, err := e.open()
	return x.facts.Classes, err
}

// ConfigClasses are the dotted names of SGLang's configuration classes by
// model_type.
func (e *Embedded) ConfigClasses() map[string]string {
	x, _ := e.open() // one that cannot be read has no facts
	return x.facts.Configs
}
