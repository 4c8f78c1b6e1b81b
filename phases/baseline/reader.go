package baseline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	pathpkg "path"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// classReader reads the model classes of one SGLang tree. It keeps the files it
// has parsed; it is safe for use by several goroutines.
type classReader struct {
	src   Source
	cache Cache

	mu     sync.Mutex
	parsed map[string]*parsedFile
	index  func() (*classIndex, error) // the whole index, made once
	facts  programFacts
}

// parsedFile is one file, parsed once.
type parsedFile struct {
	once sync.Once
	tree *pysrc.Module
	err  error
}

// Cache keeps what was worked out about a file between runs, by the identity
// of its content. A nil Cache keeps nothing.
type Cache interface {
	// Get gives what Put stored; false when there is nothing.
	Get(key string) ([]byte, bool)
	// Put stores data; failures are the cache's own business.
	Put(key string, data []byte)
}

// newClassReader makes a reader of a tree; cache may be nil.
func newClassReader(src Source, cache Cache) *classReader {
	r := &classReader{src: src, cache: cache, parsed: map[string]*parsedFile{}}
	r.index = sync.OnceValues(r.buildIndex)
	return r
}

// syntaxSource is a Source that has syntax trees rather than text.
type syntaxSource interface {
	Syntax(path string) (*pysrc.Module, error)
}

// Paths are the files that may hold a module of the tree.
func (r *classReader) Paths(module string) []string { return modulePaths(module) }

// Syntax gives a file's tree; nil, nil when there is no such file.
func (r *classReader) Syntax(path string) (*pysrc.Module, error) {
	r.mu.Lock()
	f, ok := r.parsed[path]
	if !ok {
		f = &parsedFile{}
		r.parsed[path] = f
	}
	r.mu.Unlock()
	f.once.Do(func() { f.tree, f.err = r.load(path) })
	return f.tree, f.err
}

// Files lists the Python files directly in a directory; none when there is no
// such directory.
func (r *classReader) Files(dir string) []string {
	all, err := r.src.List(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range all {
		if pathpkg.Dir(e.Path) == dir && strings.HasSuffix(e.Path, ".py") {
			out = append(out, e.Path)
		}
	}
	return out
}

func (r *classReader) load(path string) (*pysrc.Module, error) {
	if s, ok := r.src.(syntaxSource); ok {
		return s.Syntax(path)
	}
	text, err := r.src.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	key := treeVersion + blobID(text)
	if r.cache != nil {
		if data, ok := r.cache.Get(key); ok {
			if tree, err := pysrc.Unmarshal(data); err == nil {
				return tree, nil
			}
		}
	}
	tree, err := pysrc.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("parsing %s: %w", path, err)
	}
	if r.cache != nil {
		r.cache.Put(key, pysrc.Marshal(tree))
	}
	return tree, nil
}

// treeVersion changes when the trees that pysrc makes do.
const treeVersion = "tree3-"

// engine makes an evaluation of the tree that finds its classes.
func (r *classReader) engine(ctx context.Context, limits Limits, env Settings) *engine {
	e := newEngine(ctx, r, &r.facts, limits, env)
	e.modelClass = func(name string) (module, class string, ok bool) {
		c, err := r.Find(name)
		return moduleName(c.File), c.Name, err == nil
	}
	e.configClass = func(modelType string) *class { return r.configClassOf(e, modelType) }
	return e
}

// source is the tree that is read.
func (r *classReader) source() Source { return r.src }
