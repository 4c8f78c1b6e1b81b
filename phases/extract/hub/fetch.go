package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fetch returns a file of a model repository at a revision ("" is main): from
// the cache if the Hub says that it is still the one, from the Hub otherwise,
// and from the cache unverified when the Hub cannot be asked. An exact commit
// that is in the cache needs no network.
//
// The error implements Error, except that of a cancelled context.
func (c *Client) Fetch(ctx context.Context, repoID, revision, filename string) (*File, error) {
	if revision == "" {
		revision = DefaultRevision
	}
	if err := validate(repoID, revision, filename); err != nil {
		return nil, err
	}
	if IsCommit(revision) {
		if f, err := c.pinned(repoID, revision, filename); f != nil || err != nil {
			return f, err
		}
	}
	if c.set.Offline {
		return c.Cached(repoID, revision, filename)
	}
	if c.set.endpointErr != nil {
		return nil, c.set.endpointErr
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("fetching %s of %s: %w", filename, repoID, context.Cause(ctx))
	}
	key := strings.Join([]string{repoID, revision, filename}, "\x00")
	return c.downloads.do(ctx, key, func(ctx context.Context) (*File, error) {
		return c.online(ctx, repoID, revision, filename)
	})
}

func validate(repoID, revision, filename string) error {
	if err := ValidateRepoID(repoID); err != nil {
		return err
	}
	if err := ValidateRevision(revision); err != nil {
		return err
	}
	return ValidateFilename(filename)
}

// pinned answers for an exact commit from the cache; nil, nil when the cache
// does not know.
func (c *Client) pinned(repoID, commit, filename string) (*File, error) {
	k := &call{c: c, repoID: repoID, revision: commit, filename: filename}
	if e, err := c.cache.read(repoID, commit, filename); err == nil {
		return k.fromCache(e, e.hashed, ""), nil
	}
	if c.cache.knownAbsent(repoID, commit, filename) {
		return nil, newEntryNotFoundError(k.subjectOf(c.set.endpoint), commit, true)
	}
	return nil, nil
}

// Cached returns a file from the cache without any request. The error is an
// *OfflineError, or an *EntryNotFoundError where the cache remembers that the
// repository has no such file.
func (c *Client) Cached(repoID, revision, filename string) (*File, error) {
	if revision == "" {
		revision = DefaultRevision
	}
	if err := validate(repoID, revision, filename); err != nil {
		return nil, err
	}
	k := &call{c: c, repoID: repoID, revision: revision, filename: filename}
	e, err := c.cache.lookup(repoID, revision, filename)
	if err == nil {
		return k.fromCache(e, e.hashed && IsCommit(revision), c.offlineReason()), nil
	}
	s := k.subjectOf(c.set.endpoint)
	if commit, ok := c.cache.commitOf(repoID, revision); ok && c.cache.knownAbsent(repoID, commit, filename) {
		return nil, newEntryNotFoundError(s, commit, true)
	}
	commits, _ := c.cache.commits(repoID, filename)
	return nil, newOfflineError(s, c.offlineReason(), commits)
}

func (c *Client) offlineReason() string {
	if c.set.OfflineBecause == "" {
		return "the cache alone was asked"
	}
	return c.set.OfflineBecause
}

// online asks the Hub, within the budget.
func (c *Client) online(ctx context.Context, repoID, revision, filename string) (*File, error) {
	ctx, cancel := withTimeout(ctx, c.clock, c.budget, errBudget)
	defer cancel()
	k := &call{c: c, repoID: repoID, revision: revision, filename: filename, deadline: c.clock.Now().Add(c.budget)}
	cached, err := c.cache.lookup(repoID, revision, filename)
	tries := maxTries
	if err == nil {
		tries = 1 // a copy at hand is worth more than a wait
	}
	m, err := k.askMetadata(ctx, tries)
	if err != nil {
		k.remember(err)
		return k.orCached(cached, err)
	}
	if f := k.unchanged(m); f != nil {
		return f, nil
	}
	f, err := k.fetchContent(ctx, m)
	if err != nil {
		return k.orCached(cached, err)
	}
	c.report(Progress{RepoID: repoID, Filename: filename, Stage: StageDone,
		Done: int64(len(f.Bytes)), Total: int64(len(f.Bytes)), Text: f.Note})
	return f, nil
}

// remember writes down that the Hub has no such file.
func (k *call) remember(err error) {
	var missing *EntryNotFoundError
	if !errors.As(err, &missing) || missing.Commit == "" {
		return
	}
	if err := k.c.cache.rememberAbsent(k.repoID, k.revision, missing.Commit, k.filename); err != nil {
		k.c.log.Info("cache not written", "error", err)
	}
}

// unchanged answers from the cache when it has what the metadata names; nil
// otherwise.
func (k *call) unchanged(m *metadata) *File {
	cache := k.c.cache
	e, err := cache.read(k.repoID, m.commit, k.filename)
	if err != nil || !isHash(m.etag) || !hashMatches(e.bytes, m.etag) {
		return nil
	}
	k.keepRef(m)
	e.etag = m.etag
	return k.finish(k.fromCache(e, true, ""), m)
}

// keepRef writes down which commit the revision is now.
func (k *call) keepRef(m *metadata) {
	if err := k.c.cache.writeRef(k.repoID, k.revision, m.commit); err != nil {
		k.c.log.Info("cache ref not written", "error", err)
	}
}

// fetchContent downloads under the blob's lock, and keeps in the cache what is
// verified.
func (k *call) fetchContent(ctx context.Context, m *metadata) (*File, error) {
	if isHash(m.etag) {
		release, err := k.c.cache.lock(ctx, k.repoID, m.etag, func() {
			k.c.report(Progress{RepoID: k.repoID, Filename: k.filename, Stage: StageLock, Total: -1,
				Text: "waiting for another process that downloads " + k.filename + " of " + k.repoID})
		})
		defer release()
		if cause := context.Cause(ctx); cause != nil {
			return nil, k.networkError(ctx, m.location, cause, 0)
		}
		if err != nil {
			k.c.log.Info("cache lock not taken", "error", err)
		}
		if f := k.fromBlob(m); f != nil {
			return f, nil
		}
	}
	got, err := k.download(ctx, m)
	if err != nil {
		return nil, err
	}
	f := k.file(got.bytes, m.commit, FromHub)
	f.Verified, f.FetchedAt = got.verified, k.c.clock.Now()
	where := "from " + displayOrigin(k.c.set.endpoint) + ", commit " + short(m.commit)
	if !got.verified {
		f.Note = where + ", not verified: " + got.doubt
		f.Warnings = append(f.Warnings, fmt.Sprintf("%s is not verified and not cached: %s", k.filename, got.doubt))
		return k.finish(f, m), nil
	}
	f.ETag, f.Note = m.etag, where+", verified"
	if err := k.c.cache.store(k.repoID, k.revision, m.commit, k.filename, m.etag, got.bytes); err != nil {
		k.c.log.Warn("cache not written", "error", err)
		f.Warnings = append(f.Warnings, "the file is not cached: "+k.c.redact.server(err.Error()))
	}
	return k.finish(f, m), nil
}

// fromBlob links a blob that another commit brought, or that another process
// downloaded while this one waited; nil when there is none.
func (k *call) fromBlob(m *metadata) *File {
	cache := k.c.cache
	content, err := readSmall(cache.blob(k.repoID, m.etag), sizeLimit(k.filename))
	if cache.root == "" || err != nil || !hashMatches(content, m.etag) {
		return k.unchanged(m) // another process may have moved its blob into the snapshot
	}
	if err := cache.link(k.repoID, m.commit, k.filename, m.etag, false); err != nil {
		k.c.log.Info("cache not linked", "error", err)
	} else {
		k.keepRef(m)
	}
	e := &entry{bytes: content, commit: m.commit, etag: m.etag, hashed: true, fetchedAt: k.c.clock.Now()}
	return k.finish(k.fromCache(e, true, ""), m)
}

// orCached lets a cached copy stand in for an error that allows it.
func (k *call) orCached(cached *entry, err error) (*File, error) {
	var he Error
	if cached == nil || !errors.As(err, &he) || !he.cacheOK() {
		return nil, err
	}
	f := k.fromCache(cached, false, he.Error())
	f.Warnings = append(f.Warnings, he.Error()+"; the cached copy is used. "+he.Hint())
	return k.finish(f, nil), nil
}

// fromCache makes the answer for a cached file. why is the reason for not
// having asked the Hub, if there is one.
func (k *call) fromCache(e *entry, verified bool, why string) *File {
	f := k.file(e.bytes, e.commit, FromCache)
	f.ETag, f.Verified, f.FetchedAt = e.etag, verified, e.fetchedAt
	f.Note = fmt.Sprintf("from the cache, commit %s, fetched %s", short(e.commit), e.fetchedAt.UTC().Format("2006-01-02"))
	switch {
	case verified:
		f.Note += ", verified"
	case why != "":
		f.Note += ", not verified: " + why
	default:
		f.Note += ", not verified: the cache keeps no hash of it"
	}
	return f
}

func (k *call) file(content []byte, commit, from string) *File {
	return &File{
		Bytes: content, RepoID: k.repoID, AskedID: k.repoID, Revision: k.revision, Filename: k.filename,
		Commit: commit, From: from,
	}
}

// finish adds what happened on the way.
func (k *call) finish(f *File, m *metadata) *File {
	if m != nil && m.repoID != "" && m.repoID != k.repoID {
		f.RepoID = m.repoID
		f.Warnings = append(f.Warnings, fmt.Sprintf("%s is %s now: the Hub redirects there", k.repoID, m.repoID))
	}
	f.Warnings = append(f.Warnings, k.warnings...)
	f.Retries = append(f.Retries, k.retries...)
	return f
}

func (f *File) clone() *File {
	g := *f
	g.Bytes = bytes.Clone(f.Bytes)
	g.Warnings = slices.Clone(f.Warnings)
	g.Retries = slices.Clone(f.Retries)
	return &g
}
