// Package classes says which class of an SGLang tree serves an architecture: it
// reads the tree's files, indexes the classes that the models register, finds
// SGLang's own configuration classes, and compiles all of it into the index that
// ships in the binary.
package classes

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	pathpkg "path"
	"slices"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
)

// Reader reads the model classes of one SGLang tree. It keeps the files it
// has parsed; it is safe for use by several goroutines.
type Reader struct {
	src   Source
	cache Cache

	parsed sync.Map                   // path -> func() (*pysrc.Module, error), which parses the file once
	index  func() (classIndex, error) // the whole index, made once
	facts  pyeval.Facts
}

// Cache keeps what was worked out about a file between runs, by the identity
// of its content. A nil Cache keeps nothing.
type Cache interface {
	// Get returns what Put stored; false when there is nothing.
	Get(key string) ([]byte, bool)
	// Put stores data; failures are the cache's own business.
	Put(key string, data []byte)
}

// noCache keeps nothing.
type noCache struct{}

func (noCache) Get(string) ([]byte, bool) { return nil, false }
func (noCache) Put(string, []byte)        {}

// NewReader makes a reader of a tree; cache may be nil.
func NewReader(src Source, cache Cache) *Reader {
	if cache == nil {
		cache = noCache{}
	}
	r := &Reader{src: src, cache: cache}
	r.index = sync.OnceValues(r.buildIndex)
	return r
}

// Paths are the files that may hold a module of the tree.
func (r *Reader) Paths(module string) []string { return engine.ModulePaths(module) }

// Syntax returns a file's tree; nil, nil when there is no such file.
func (r *Reader) Syntax(path string) (*pysrc.Module, error) {
	parse, _ := r.parsed.LoadOrStore(path, sync.OnceValues(func() (*pysrc.Module, error) { return r.load(path) }))
	return parse.(func() (*pysrc.Module, error))()
}

// Files lists the Python files directly in a directory; none when there is no
// such directory.
func (r *Reader) Files(dir string) []string {
	all, err := r.pythonFiles(dir)
	if err != nil {
		return nil
	}
	out := make([]string, 0, len(all))
	for _, e := range all {
		out = append(out, e.Path)
	}
	return out
}

// pythonFiles lists the Python files directly in a directory, sorted.
func (r *Reader) pythonFiles(dir string) ([]Entry, error) {
	all, err := r.src.List(dir)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	return slices.DeleteFunc(slices.Clone(all), func(e Entry) bool {
		return pathpkg.Dir(e.Path) != dir || !strings.HasSuffix(e.Path, ".py")
	}), nil
}

func (r *Reader) load(path string) (*pysrc.Module, error) {
	if x, ok := r.src.(*Embedded); ok {
		return x.Syntax(path)
	}
	text, err := r.src.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	key := treeVersion + repo.BlobID(text)
	if data, ok := r.cache.Get(key); ok {
		if tree, err := pysrc.Unmarshal(data); err == nil {
			return tree, nil
		}
	}
	tree, err := pysrc.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("parsing %s: %w", path, err)
	}
	r.cache.Put(key, pysrc.Marshal(tree))
	return tree, nil
}

// treeVersion changes when the trees that pysrc makes do.
const treeVersion = "tree4-"

// Engine makes an evaluation of the tree that finds its classes.
func (r *Reader) Engine(ctx context.Context, limits pyeval.Limits) *engine.Engine {
	e := engine.New(ctx, r, &r.facts, limits)
	e.ModelClass = func(name string) (module, class string, ok bool) {
		c, err := r.Find(name)
		return engine.ModuleName(c.File), c.Name, err == nil
	}
	e.ConfigClass = func(modelType string) *pyeval.Class { return r.configClassOf(e, modelType) }
	return e
}

// Source is the tree that is read.
func (r *Reader) Source() Source { return r.src }

// plainEngine evaluates a part of the tree, apart from a model's configuration:
// SGLang's own classes are not asked for.
func (r *Reader) plainEngine() *engine.Engine {
	return engine.New(context.Background(), r, &r.facts, pyeval.Limits{})
}
