// Package hub fetches single small files (config.json, weight indexes) of
// model repositories from the HuggingFace Hub the way Python's
// huggingface_hub does: same environment variables, same cache on disk, same
// rules for which file a revision means. Beyond it, every file is checked
// against the hash that the Hub gives, redirects never carry the token to
// another origin, and an answer says where it came from.
//
// A Client is safe for concurrent use. Nothing here writes to standard output
// or to a global logger.
package hub

import "time"

// File is one file of a repository and where it came from.
type File struct {
	// Bytes is the content, decoded (never gzip), at most the size cap of its kind.
	Bytes []byte
	// RepoID is the repository's id as the Hub spells it now (after renames).
	RepoID string
	// AskedID is the id that was asked for; it differs from RepoID after a rename.
	AskedID string
	// Revision is the branch, tag or commit that was asked for.
	Revision string
	// Filename is the path in the repository.
	Filename string
	// Commit is the 40-hex commit that the bytes belong to.
	Commit string
	// ETag is the git SHA-1 (40 hex) or SHA-256 (64 hex) of the content, as the
	// Hub named it; empty when the server gave none that can be checked.
	ETag string
	// From is FromHub or FromCache.
	From string
	// Verified says that the Hub named this hash for this revision now (or that
	// the revision is an exact commit) and that the bytes have this hash.
	Verified bool
	// FetchedAt is when the bytes were downloaded.
	FetchedAt time.Time
	// Note says in one sentence where the file came from and how sure that is.
	Note string
	// Warnings are what the user should read beside the result: the server's
	// own warnings, a rename, why a cached copy was used.
	Warnings []string
	// Retries says what went wrong before it worked, one line per repeated request.
	Retries []string
}

// The values of File.From.
const (
	FromHub   = "hub"
	FromCache = "cache"
	FromDisk  = "file"
)

// DefaultRevision is the branch that is meant when none is named.
const DefaultRevision = "main"

// DefaultEndpoint is the public Hub.
const DefaultEndpoint = "https://huggingface.co"

// Size caps of a body, in bytes: the largest config.json that is published has
// 3.1 MB (and phase 1 reads as much), a weight index has less than 20 MiB.
const (
	maxConfigBytes = 16 << 20
	maxIndexBytes  = 64 << 20
)

// Budgets for one Fetch, retries included.
const (
	BudgetCLI    = 60 * time.Second
	BudgetEditor = 10 * time.Second
)
