package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/fib-ls/fib-ls/phases/prose"
	"golang.org/x/sync/errgroup"
)

// The files of a checkpoint: one, or an index and the shards that it names.
const (
	safetensorsSuffix = ".safetensors"
	singleFile        = "model.safetensors"
	indexFile         = "model.safetensors.index.json"
)

// Bounds of a checkpoint: the largest published ones have some 200 shards and
// 25 MB of headers.
const (
	maxAllHeaders  = 64 << 20
	maxShards      = 512
	parallelShards = 8
	// bytesPerTensor is what a header says of a tensor beside its name.
	bytesPerTensor = 96
)

// Checkpoint is what the safetensors files of a repository say of themselves.
type Checkpoint struct {
	RepoID, Commit string
	// From is FromHub, FromCache or FromDisk.
	From string
	// WeightMap says which file has a tensor, as the index does; nil when the
	// checkpoint is one file.
	WeightMap map[string]string
	// Headers are those that were read, in the order of the files' names.
	Headers []Header
	// Files is how many files the checkpoint has.
	Files int
	// Partial says in one sentence why not all headers were read; "" when they
	// were.
	Partial string
	// Parameters are the Hub's own totals by type; nil where it was not asked
	// or does not know.
	Parameters map[string]int64
	Warnings   []string
}

// HeaderCache keeps headers and the ETags of files by keys of any text.
type HeaderCache interface {
	Get(key string) ([]byte, bool)
	Put(key string, data []byte)
}

// Cover chooses the fewest files of a weight map that have every kind of
// tensor at least once, for a checkpoint that is too large to be read whole.
type Cover func(weightMap map[string]string) []string

// Checkpoint reads the headers of a repository's safetensors files at a
// revision: from the cache's snapshot if it has the files, from headers that
// were read before, else from the Hub by range requests.
func (c *Client) Checkpoint(ctx context.Context, repoID, revision string, offline bool, cover Cover) (*Checkpoint, error) {
	if revision == "" {
		revision = DefaultRevision
	}
	ctx, cancel := withTimeout(ctx, c.clock, c.budget, errBudget)
	defer cancel()
	r := &checkpointReader{c: c, repoID: repoID, revision: revision, offline: offline || c.set.Offline}
	single, err := r.read(ctx, singleFile)
	if err == nil {
		return r.finish(ctx, &Checkpoint{Headers: []Header{*single}, Files: 1}), nil
	}
	if !absent(err) {
		return nil, err
	}
	index, err := r.index(ctx)
	if err != nil {
		if absent(err) {
			err = newNoCheckpointError(Subject{RepoID: repoID, Revision: revision}, repoID)
		}
		return nil, err
	}
	ck, err := readSharded(ctx, index, Subject{RepoID: repoID, Revision: revision}, cover, r.read)
	if err != nil {
		return nil, err
	}
	return r.finish(ctx, ck), nil
}

// absent reports whether an error means that the repository, or the cache where
// nothing else may be asked, has no such file.
func absent(err error) bool {
	var missing *EntryNotFoundError
	var offline *OfflineError
	return errors.As(err, &missing) || errors.As(err, &offline)
}

// checkpointReader reads the files of one checkpoint.
type checkpointReader struct {
	c                *Client
	repoID, revision string
	offline          bool
	budget           headerBudget

	mu       sync.Mutex
	commit   string
	warnings []string
}

// errHeadersFull ends the reading at the bound of all headers together.
var errHeadersFull = errors.New("the headers have more than 64 MB together")

// headerBudget counts the bytes of all headers of a checkpoint.
type headerBudget struct{ spent atomic.Int64 }

func (b *headerBudget) spend(n int64) error {
	if b.spent.Add(n) > maxAllHeaders {
		return errHeadersFull
	}
	return nil
}

// index fetches the index: like a config.json, it is small and verified.
func (r *checkpointReader) index(ctx context.Context) ([]byte, error) {
	var f *File
	var err error
	if r.offline {
		f, err = r.c.Cached(r.repoID, r.revision, indexFile)
	} else {
		f, err = r.c.Fetch(ctx, r.repoID, r.revision, indexFile)
	}
	if err != nil {
		return nil, err
	}
	r.note(f.Commit, f.Warnings)
	return f.Bytes, nil
}

func (r *checkpointReader) note(commit string, warnings []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if commit != "" {
		r.commit = commit
	}
	for _, w := range warnings {
		if !slices.Contains(r.warnings, w) {
			r.warnings = append(r.warnings, w)
		}
	}
}

// parseIndex reads the weight map of an index.
func parseIndex(data []byte, s Subject) (map[string]string, []string, error) {
	s.Filename = indexFile
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, nil, badHeader(s, "it is not the JSON of an index", false)
	}
	if len(index.WeightMap) == 0 {
		return nil, nil, badHeader(s, "its weight_map is empty", false)
	}
	seen := map[string]bool{}
	var files []string
	for _, file := range index.WeightMap {
		if seen[file] {
			continue
		}
		seen[file] = true
		if ValidateFilename(file) != nil || !strings.HasSuffix(file, safetensorsSuffix) {
			return nil, nil, badHeader(s, fmt.Sprintf("it names %q, which is not a safetensors file", prose.Clip(file, 80)), false)
		}
		files = append(files, file)
	}
	slices.Sort(files)
	return index.WeightMap, files, nil
}

// chosen are the files whose headers are read, and why not all of them.
func chosen(weightMap map[string]string, files []string, cover Cover) ([]string, string) {
	estimate := 0
	for name := range weightMap {
		estimate += len(name) + bytesPerTensor
	}
	if cover == nil || len(files) <= maxShards && estimate <= maxAllHeaders {
		return files, ""
	}
	few := cover(weightMap)
	slices.Sort(few)
	why := fmt.Sprintf("the checkpoint has %d files with about %d MB of headers: %d of them were read, which have every kind of tensor",
		len(files), estimate>>20, len(few))
	if len(few) > maxShards {
		few = few[:maxShards]
		why = fmt.Sprintf("the checkpoint has %d files: the first %d that have every kind of tensor were read", len(files), maxShards)
	}
	return few, why
}

// readSharded reads the headers of the files that an index names, some at a time.
func readSharded(ctx context.Context, index []byte, s Subject, cover Cover, read func(ctx context.Context, file string) (*Header, error)) (*Checkpoint, error) {
	weightMap, files, err := parseIndex(index, s)
	if err != nil {
		return nil, err
	}
	wanted, partial := chosen(weightMap, files, cover)
	ck := &Checkpoint{WeightMap: weightMap, Files: len(files), Partial: partial}
	headers := make([]*Header, len(wanted))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelShards)
	for i, file := range wanted {
		group.Go(func() (err error) {
			headers[i], err = read(ctx, file)
			return err
		})
	}
	err = group.Wait()
	if err != nil && !errors.Is(err, errHeadersFull) {
		return nil, err
	}
	for _, h := range headers {
		if h != nil {
			ck.Headers = append(ck.Headers, *h)
		}
	}
	if err != nil {
		ck.Partial = fmt.Sprintf("%v: %d of %d files were read", errHeadersFull, len(ck.Headers), len(files))
	}
	return ck, nil
}

// read reads one file's header, wherever it is nearest.
func (r *checkpointReader) read(ctx context.Context, file string) (*Header, error) {
	if err := validate(r.repoID, r.revision, file); err != nil {
		return nil, err
	}
	if h, commit := r.kept(file); h != nil {
		r.note(commit, nil)
		return h, r.budget.spend(int64(len(h.JSON)))
	}
	if r.offline {
		return nil, newOfflineError(Subject{RepoID: r.repoID, Revision: r.revision, Filename: file, Endpoint: r.c.set.Endpoint}, r.c.offlineReason(), nil)
	}
	if r.c.set.endpointErr != nil {
		return nil, r.c.set.endpointErr
	}
	k := &call{c: r.c, repoID: r.repoID, revision: r.revision, filename: file, deadline: r.c.clock.Now().Add(r.c.budget)}
	m, err := k.askMetadata(ctx, maxTries)
	if err != nil {
		k.remember(err)
		return nil, err
	}
	h := &Header{Filename: file, ETag: m.etag, Size: m.size, From: FromHub}
	if text, ok := r.c.keptHeader(m.etag); ok {
		h.JSON = text
		err = r.budget.spend(int64(len(text)))
	} else {
		h.JSON, err = k.header(ctx, m, r.budget.spend)
	}
	if err != nil {
		return nil, err
	}
	r.c.keepHeader(h, r.repoID, m.commit)
	r.note(m.commit, k.warnings)
	return h, nil
}

// kept finds a header without a request: in the cache's snapshot, or among
// those that were read before. Only an exact commit is answered so, unless
// nothing else may be asked.
func (r *checkpointReader) kept(file string) (*Header, string) {
	if !IsCommit(r.revision) && !r.offline {
		return nil, ""
	}
	commit, ok := r.c.cache.commitOf(r.repoID, r.revision)
	if !ok {
		return nil, ""
	}
	if r.c.cache.root != "" {
		if h, err := headerOfFile(r.c.cache.pointer(r.repoID, commit, file), file, func(int64) error { return nil }); err == nil {
			h.From = FromCache
			return h, commit
		}
	}
	if r.c.headers == nil {
		return nil, ""
	}
	etag, ok := r.c.headers.Get(fileKey(r.repoID, commit, file))
	if !ok {
		return nil, ""
	}
	text, ok := r.c.keptHeader(string(etag))
	if !ok {
		return nil, ""
	}
	return &Header{Filename: file, JSON: text, ETag: string(etag), Size: -1, From: FromCache}, commit
}

func fileKey(repoID, commit, file string) string {
	return strings.Join([]string{"etag", repoID, commit, file}, "\x00")
}

func headerKey(etag string) string { return "header\x00" + etag }

func (c *Client) keptHeader(etag string) ([]byte, bool) {
	if c.headers == nil || !isHash(etag) {
		return nil, false
	}
	return c.headers.Get(headerKey(etag))
}

// keepHeader keeps a header under the hash of its file, and the hash under the
// commit and name of the file.
func (c *Client) keepHeader(h *Header, repoID, commit string) {
	if c.headers == nil || !isHash(h.ETag) {
		return
	}
	c.headers.Put(headerKey(h.ETag), h.JSON)
	c.headers.Put(fileKey(repoID, commit, h.Filename), []byte(h.ETag))
}

// finish adds what is known beside the headers.
func (r *checkpointReader) finish(ctx context.Context, ck *Checkpoint) *Checkpoint {
	ck.RepoID, ck.Commit, ck.Warnings = r.repoID, r.commit, r.warnings
	ck.From = FromCache
	for _, h := range ck.Headers {
		if h.From == FromHub {
			ck.From = FromHub
		}
	}
	if ck.From == FromHub && !r.offline {
		ck.Parameters = r.totals(ctx)
	}
	return ck
}

// totals asks the Hub for the number of parameters by type: one request
// without retries, since it only confirms what the headers say.
func (r *checkpointReader) totals(ctx context.Context) map[string]int64 {
	k := &call{c: r.c, repoID: r.repoID, revision: r.revision, filename: "the number of parameters", deadline: r.c.clock.Now().Add(searchBudget)}
	var info struct {
		Safetensors struct {
			Parameters map[string]int64 `json:"parameters"`
		} `json:"safetensors"`
	}
	path := "/api/models/" + r.repoID + "/revision/" + escape(r.commit)
	if err := r.c.getJSON(ctx, k, path, url.Values{"expand[]": {"safetensors"}}, &info); err != nil {
		r.c.log.Info("hub totals not had", "error", err)
		return nil
	}
	return info.Safetensors.Parameters
}
