// Package fakehub is a HuggingFace Hub for tests: two origins on this machine
// that answer as huggingface.co and its storage hosts do, a log of what they
// were asked, and every way in which a Hub, a mirror or a network is known to
// misbehave (see Scenarios). That it is faithful is shown by running Python's
// huggingface_hub against it.
//
// Run it by hand with
//
//	go run ./phases/extract/hub/cmd/fakehub [-scenario NAME]
package fakehub

import (
	"crypto/sha1" //nolint:gosec // git's object names
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// File is a file of a repository.
type File struct {
	Content []byte
	// LFS files are served by the storage host and known by their SHA-256.
	LFS bool
}

// ETag is the hash by which the Hub knows the file.
func (f File) ETag() string {
	if f.LFS {
		sum := sha256.Sum256(f.Content)
		return hex.EncodeToString(sum[:])
	}
	h := sha1.New() //nolint:gosec // git's object names
	_, _ = fmt.Fprintf(h, "blob %d\x00", len(f.Content))
	_, _ = h.Write(f.Content)
	return hex.EncodeToString(h.Sum(nil))
}

// Commit is a state of a repository.
type Commit struct {
	ID    string // 40 hex digits
	Files map[string]File
}

// NewCommit makes a commit whose id follows from its files.
func NewCommit(files map[string]File) *Commit {
	h := sha1.New() //nolint:gosec // only a name
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_, _ = fmt.Fprintf(h, "%s %s\n", name, files[name].ETag())
	}
	return &Commit{ID: hex.EncodeToString(h.Sum(nil)), Files: files}
}

// Repo is a model repository, or one of data.
type Repo struct {
	ID string
	// Dataset: its addresses begin with datasets/.
	Dataset bool
	// Page is how many entries a page of its tree has; 0 is 1000, as on the Hub.
	Page int
	// Refs are branches, tags and refs/pr/N; main must be there.
	Refs map[string]*Commit
	// Old are former commits that no ref names any more.
	Old []*Commit
	// Private: only for tokens with access.
	Private bool
	// Gated: everybody sees that it exists, only tokens with access read it.
	Gated bool
	// Disabled by the operators.
	Disabled bool
	// MovedTo is the new id of a renamed repository.
	MovedTo string
	// Access are the tokens that may read a private or gated repository.
	Access []string
	// Parameters are the totals by type that the API tells of the safetensors
	// files; nil for none.
	Parameters map[string]int64
	// Downloads is what the search sorts by.
	Downloads int
}

// NewRepo makes a public repository with one commit on main.
func NewRepo(id string, files map[string]string) *Repo {
	all := map[string]File{}
	for name, text := range files {
		all[name] = File{Content: []byte(text)}
	}
	return &Repo{ID: id, Refs: map[string]*Commit{"main": NewCommit(all)}}
}

// NewDataset makes a public dataset repository with one commit on main.
func NewDataset(id string, files map[string]string) *Repo {
	r := NewRepo(id, files)
	r.Dataset = true
	return r
}

// key is what tells repositories apart: a model and a dataset may have the
// same id.
func (r *Repo) key() string {
	if r.Dataset {
		return datasets + r.ID
	}
	return r.ID
}

const datasets = "datasets/"

// Commit returns the commit that a revision means; nil if there is none.
func (r *Repo) Commit(revision string) *Commit {
	if c := r.Refs[revision]; c != nil {
		return c
	}
	for _, c := range slices.AppendSeq(slices.Clone(r.Old), maps.Values(r.Refs)) {
		// The Hub takes short commits as well.
		if len(revision) >= 7 && len(revision) <= 40 && c.ID[:len(revision)] == revision {
			return c
		}
	}
	return nil
}

func (r *Repo) allows(token string) bool { return token != "" && slices.Contains(r.Access, token) }

// Request is one line of the request log.
type Request struct {
	Origin string // "hub" or "store"
	Method string
	URI    string // path and query as sent
	Host   string
	Status int // 0 when no answer was sent
	Header http.Header
}

// Authorized reports whether the request carried a token.
func (r Request) Authorized() bool { return r.Header.Get("Authorization") != "" }

// String is the request as the golden logs show it.
func (r Request) String() string {
	auth := ""
	if r.Authorized() {
		auth = " +token"
	}
	status := fmt.Sprint(r.Status)
	if r.Status == 0 {
		status = "---"
	}
	return fmt.Sprintf("%-5s %-4s %s %s%s", r.Origin, r.Method, status, r.URI, auth)
}
