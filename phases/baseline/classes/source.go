package classes

import "github.com/fib-ls/fib-ls/phases/baseline/repo"

// Source is an SGLang tree that can be read: a clone, an unpacked directory,
// an installed package, or the index inside the binary. Paths are slash
// separated and start at the top of the tree
// ("python/sglang/srt/models/llama.py"), whatever the tree looks like on disk.
// A Source is safe for use by several goroutines.
type Source interface {
	// ReadFile returns a file's bytes; an error that is fs.ErrNotExist when
	// the tree has no such file.
	ReadFile(path string) ([]byte, error)
	// List returns the files (not directories) at any depth below a directory,
	// sorted by path; an error that is fs.ErrNotExist when there is none.
	List(dir string) ([]Entry, error)
	// Commit returns the tree's commit hash and its date (RFC 3339); empty
	// when unknown.
	Commit() (hash, date string)
	// Kind is repo.KindClone or KindEmbedded.
	Kind() string
	// Notes are remarks for the summary: which tree was used and why.
	Notes() []string
}

// Entry is one file of a tree: Path, and BlobID, which identifies its content
// (a git blob hash); "" when the source does not know it without reading.
type Entry = repo.Entry

// A fetched copy, a clone, plain files and an installed package come from repo.
var _ Source = (*repo.Source)(nil)
