package repo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// Bounds of what a hostile repository may make us read.
const (
	maxTreeObject = 16 << 20
	maxCommit     = 1 << 20
	maxTagDepth   = 8
	maxTreeDepth  = 40
	maxTrees      = 20_000
)

// objectStore reads objects from a repository and its alternates. go-git's
// storage is not made for several goroutines: one lock around it.
type objectStore struct {
	mu     sync.Mutex
	stores []*filesystem.Storage
}

// addAlternates opens the object directories that objects/info/alternates
// names, ourselves: go-git cuts relative ones at its root.
func (s *objectStore) addAlternates(objects string, lru cache.Object) {
	seen := map[string]bool{objects: true}
	var add func(objects string, depth int)
	add = func(objects string, depth int) {
		text, err := readSmall(filepath.Join(objects, "info", "alternates"))
		if err != nil || depth == 0 {
			return
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			alt := absolute(objects, line)
			if st, err := os.Stat(alt); seen[alt] || err != nil || !st.IsDir() || filepath.Base(alt) != "objects" {
				continue
			}
			seen[alt] = true
			s.stores = append(s.stores, filesystem.NewStorage(openGit(filepath.Dir(alt)), lru))
			add(alt, depth-1)
		}
	}
	add(objects, maxAlternates)
}

// read returns an object's content. The error is ErrIncomplete when no store has
// it, ErrTooLarge beyond limit, ErrCorrupt when what is stored is not what the
// hash says.
func (s *objectStore) read(kind plumbing.ObjectType, h plumbing.Hash, limit int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err := s.readOnce(kind, h, limit)
	if err == nil || errors.Is(err, ErrTooLarge) {
		return data, err
	}
	// Somebody may have repacked under us: look at the packs again, once.
	for _, st := range s.stores {
		st.Reindex()
	}
	return s.readOnce(kind, h, limit)
}

func (s *objectStore) readOnce(kind plumbing.ObjectType, h plumbing.Hash, limit int64) (data []byte, err error) {
	defer recovered(&err)
	for _, st := range s.stores {
		size, err := st.EncodedObjectSize(h)
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%w: object %s: %w", ErrCorrupt, h, err)
		}
		if size > limit {
			return nil, fmt.Errorf("%w: object %s has %d bytes", ErrTooLarge, h, size)
		}
		return readObject(st, kind, h, limit)
	}
	return nil, fmt.Errorf("%w: %s %s", ErrIncomplete, kind, h)
}

func readObject(st *filesystem.Storage, kind plumbing.ObjectType, h plumbing.Hash, limit int64) ([]byte, error) {
	obj, err := st.EncodedObject(plumbing.AnyObject, h)
	if err != nil {
		return nil, fmt.Errorf("%w: object %s: %w", ErrCorrupt, h, err)
	}
	if obj.Type() != kind {
		return nil, fmt.Errorf("%w: %s is a %s, not a %s", ErrCorrupt, h, obj.Type(), kind)
	}
	r, err := obj.Reader()
	if err != nil {
		return nil, fmt.Errorf("%w: object %s: %w", ErrCorrupt, h, err)
	}
	defer func() { _ = r.Close() }() // only read
	data, err := readLimited(r, limit)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", h, err)
	}
	if plumbing.ComputeHash(kind, data) != h {
		return nil, fmt.Errorf("%w: object %s has another content", ErrCorrupt, h)
	}
	return data, nil
}

// recovered turns a panic of the object reader on damaged data into an error.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: reading objects: %v", ErrCorrupt, r)
	}
}

// has reports whether an object is there.
func (s *objectStore) has(h plumbing.Hash) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return slices.ContainsFunc(s.stores, func(st *filesystem.Storage) bool { return st.HasEncodedObject(h) == nil })
}

// close closes the file descriptors.
func (s *objectStore) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []error
	for _, st := range s.stores {
		all = append(all, st.Close())
	}
	return errors.Join(all...)
}

// abbreviated finds the one commit or tag whose hash starts so.
func (s *objectStore) abbreviated(prefix string) (plumbing.Hash, bool) {
	s.mu.Lock()
	var found []plumbing.Hash
	padded := prefix[:len(prefix)&^1]
	half := plumbing.NewHash(padded + strings.Repeat("0", 40-len(padded)))
	for _, st := range s.stores {
		list, err := st.HashesWithPrefix(half[:len(padded)/2])
		if err != nil {
			continue
		}
		found = append(found, list...)
	}
	s.mu.Unlock()
	var match plumbing.Hash
	for _, h := range found {
		if !strings.HasPrefix(h.String(), strings.ToLower(prefix)) || h == match {
			continue
		}
		if _, err := s.commit(h); err != nil {
			continue
		}
		if !match.IsZero() {
			return plumbing.ZeroHash, false // ambiguous
		}
		match = h
	}
	return match, !match.IsZero()
}

// commitInfo is what we need of a commit.
type commitInfo struct {
	hash, tree plumbing.Hash
	parent     string    // the first one's hash as it is written; "" when there is none
	date       time.Time // the committer's
}

// commit reads a commit, through annotated tags.
func (s *objectStore) commit(h plumbing.Hash) (commitInfo, error) {
	for range maxTagDepth {
		data, err := s.read(plumbing.CommitObject, h, maxCommit)
		if err == nil {
			return parseCommit(h, data)
		}
		tag, tagErr := s.read(plumbing.TagObject, h, maxCommit)
		if tagErr != nil {
			return commitInfo{}, err
		}
		target, ok := headerValue(tag, "object")
		if !ok || !isHash(target) {
			return commitInfo{}, fmt.Errorf("%w: tag %s names no object", ErrCorrupt, h)
		}
		h = plumbing.NewHash(target)
	}
	return commitInfo{}, fmt.Errorf("%w: a tag of a tag of a tag…", ErrCorrupt)
}

func parseCommit(h plumbing.Hash, data []byte) (commitInfo, error) {
	tree, ok := headerValue(data, "tree")
	if !ok || !isHash(tree) {
		return commitInfo{}, fmt.Errorf("%w: commit %s names no tree", ErrCorrupt, h)
	}
	c := commitInfo{hash: h, tree: plumbing.NewHash(tree)}
	c.parent, _ = headerValue(data, "parent")
	who, _ := headerValue(data, "committer")
	if fields := strings.Fields(who[strings.LastIndexByte(who, '>')+1:]); len(fields) > 0 {
		if sec, err := strconv.ParseInt(fields[0], 10, 40); err == nil {
			c.date = time.Unix(sec, 0).UTC()
		}
	}
	return c, nil
}

// headerValue finds a line of an object's header.
func headerValue(data []byte, key string) (string, bool) {
	header, _, _ := bytes.Cut(data, []byte("\n\n"))
	for line := range bytes.Lines(header) {
		if rest, ok := bytes.CutPrefix(line, []byte(key+" ")); ok {
			return strings.TrimSpace(string(rest)), true
		}
	}
	return "", false
}

// treeFile is one regular file of a commit.
type treeFile struct {
	path string
	hash plumbing.Hash
}

// walkTree calls file for every regular file of a tree whose directories enter
// accepts; "" is the top. Symbolic links and submodules are left out.
func (s *objectStore) walkTree(tree plumbing.Hash, enter func(dir string) bool, file func(treeFile)) error {
	trees, files := 0, 0
	var walk func(h plumbing.Hash, dir string, depth int) error
	walk = func(h plumbing.Hash, dir string, depth int) error {
		if trees++; depth > maxTreeDepth || trees > maxTrees {
			return fmt.Errorf("%w: more than %d directories, or deeper than %d", ErrTooLarge, maxTrees, maxTreeDepth)
		}
		data, err := s.read(plumbing.TreeObject, h, maxTreeObject)
		if err != nil {
			return fmt.Errorf("directory %s: %w", quote(dir), err)
		}
		return eachTreeEntry(data, func(mode filemode.FileMode, name string, h plumbing.Hash) error {
			path := name
			if dir != "" {
				path = dir + "/" + name
			}
			switch mode {
			case filemode.Dir:
				if !enter(path) {
					return nil
				}
				return walk(h, path, depth+1)
			case filemode.Regular, filemode.Deprecated, filemode.Executable:
				if files++; files > maxEntries {
					return fmt.Errorf("%w: more than %d files", ErrTooLarge, maxEntries)
				}
				file(treeFile{path, h})
			}
			return nil
		})
	}
	return walk(tree, "", 0)
}

// eachTreeEntry reads a tree object: mode, space, name, NUL, 20 bytes.
func eachTreeEntry(data []byte, entry func(filemode.FileMode, string, plumbing.Hash) error) error {
	for len(data) > 0 {
		space := bytes.IndexByte(data, ' ')
		if space < 0 || space > 7 {
			return fmt.Errorf("%w: a tree entry without a mode", ErrCorrupt)
		}
		nul := bytes.IndexByte(data, 0)
		if nul < space || len(data) < nul+1+20 {
			return fmt.Errorf("%w: a tree entry is cut", ErrCorrupt)
		}
		mode, err := filemode.New(string(data[:space]))
		if err != nil {
			return fmt.Errorf("%w: tree entry: %w", ErrCorrupt, err)
		}
		name := string(data[space+1 : nul])
		var h plumbing.Hash
		copy(h[:], data[nul+1:nul+21])
		data = data[nul+21:]
		if name == "" || name == "." || name == ".." || strings.EqualFold(name, ".git") || strings.ContainsAny(name, "/\\") {
			return fmt.Errorf("%w: a tree entry is named %s", ErrCorrupt, quote(name))
		}
		if err := entry(mode, name, h); err != nil {
			return err
		}
	}
	return nil
}
