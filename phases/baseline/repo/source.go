package repo

import (
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// BlobID is git's name of a file's content.
func BlobID(text []byte) string { return plumbing.ComputeHash(plumbing.BlobObject, text).String() }

// KindClone is what Source.Kind says: a tree of source files, as opposed to
// the index in the binary.
const KindClone = "clone"

// Origin says what sort of tree a Source reads.
type Origin string

// The sorts of tree.
const (
	OriginWorkTree  Origin = "work tree"         // the files of a clone that somebody made
	OriginObjects   Origin = "clone"             // the objects of a clone that somebody made
	OriginDirectory Origin = "directory"         // plain files
	OriginPackage   Origin = "installed package" // the sglang package of a Python environment
	OriginFetched   Origin = "fetched copy"      // a copy that we made, in the cache or at --sglang-path
)

// maxFile bounds one source file (SGLang's largest is 0.4 MB).
const maxFile = 8 << 20

// maxEntries bounds the files of one tree (SGLang has 3200 Python files).
const maxEntries = 200_000

// backend reads one sort of tree; its paths are the interface's.
type backend interface {
	readFile(path string) ([]byte, error)
	list(dir string) ([]Entry, error)
	close() error
}

// Source is an SGLang tree. Paths are slash separated and start at the top of
// the repository, whatever the tree looks like on disk. It is safe for use by
// several goroutines.
type Source struct {
	backend
	origin  Origin
	dir     string
	commit  string
	date    time.Time
	version string
	notes   []string
	release func() // of the lock that keeps a copy of ours in place
}

// ReadFile returns a file's bytes; fs.ErrNotExist when the tree has no such
// file, ErrIncomplete when the clone lacks its content, ErrTooLarge beyond
// 8 MiB.
func (s *Source) ReadFile(name string) ([]byte, error) {
	clean, err := cleanPath("read", name)
	if err != nil {
		return nil, err
	}
	return s.readFile(clean)
}

// List returns the files at any depth below a directory, sorted by path;
// fs.ErrNotExist when there is no such directory. Symbolic links are left
// out, and so are files whose content a partial clone lacks.
func (s *Source) List(dir string) ([]Entry, error) {
	clean, err := cleanPath("list", dir)
	if err != nil {
		return nil, err
	}
	list, err := s.list(clean)
	if err != nil {
		return nil, err
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Path < list[j].Path })
	return list, nil
}

// Commit returns the commit's hash and its date (committer, UTC, RFC 3339); ""
// where unknown. A work tree's files may differ from it: Notes says so.
func (s *Source) Commit() (hash, date string) {
	if !s.date.IsZero() {
		date = s.date.UTC().Format(time.RFC3339)
	}
	return s.commit, date
}

// Kind is KindClone.
func (s *Source) Kind() string { return KindClone }

// Dir is where the tree is.
func (s *Source) Dir() string { return s.dir }

// Notes are remarks for the summary: which tree was used, how old it is, and
// why not another one.
func (s *Source) Notes() []string { return append([]string(nil), s.notes...) }

// Close releases what is held open. A Source that is never closed only
// keeps a copy of ours from being replaced until the process ends.
func (s *Source) Close() error {
	if s.release != nil {
		s.release()
		s.release = nil
	}
	return s.close()
}

// describe is the first note: which tree it is.
func (s *Source) describe(extra string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SGLang from the %s %s", s.origin, s.dir)
	if s.version != "" {
		b.WriteString(", version " + s.version)
	}
	if s.commit != "" {
		b.WriteString(", commit " + short(s.commit))
	}
	if !s.date.IsZero() {
		b.WriteString(" of " + s.date.UTC().Format(time.DateOnly))
	}
	if extra != "" {
		b.WriteString(" (" + extra + ")")
	}
	return b.String()
}

func short(hash string) string { return hash[:min(len(hash), 10)] }

// cleanPath refuses every path that is not plainly inside the tree.
func cleanPath(op, name string) (string, error) {
	clean := path.Clean(name)
	if !fs.ValidPath(clean) || strings.ContainsAny(clean, "\\\x00") {
		return "", notExist(op, name)
	}
	return clean, nil
}

func notExist(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}
