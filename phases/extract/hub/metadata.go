package hub

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// metadata is what a HEAD tells about a file.
type metadata struct {
	commit   string   // 40 hex
	etag     string   // normalised
	size     int64    // bytes; -1 unknown
	location *url.URL // where to GET it
	trusted  bool     // of the location
	repoID   string   // as the Hub spells it now; "" unknown
}

// askMetadata sends the HEAD, with up to tries tries.
func (k *call) askMetadata(ctx context.Context, tries int) (*metadata, error) {
	u, err := url.Parse(resolveURL(k.c.set.endpoint.String(), k.repoID, k.revision, k.filename))
	if err != nil {
		return nil, badVariable("HF_ENDPOINT", "it cannot be read as a web address")
	}
	k.c.report(Progress{RepoID: k.repoID, Filename: k.filename, Stage: StageAsk, Total: -1,
		Text: "asking " + displayOrigin(u) + " for " + k.filename + " of " + k.repoID})
	var m *metadata
	err = k.again(ctx, tries, func() error {
		a, err := k.follow(ctx, http.MethodHead, u, true)
		if err != nil {
			return err
		}
		defer a.close()
		m, err = k.readMetadata(a)
		return err
	})
	return m, err
}

func (k *call) readMetadata(a *answer) (*metadata, error) {
	m := &metadata{commit: a.Header.Get("X-Repo-Commit"), size: -1, trusted: a.trusted, repoID: a.repoID}
	if !IsCommit(m.commit) {
		reason := "its answer has no X-Repo-Commit header"
		if m.commit != "" {
			reason = "its X-Repo-Commit header is not a commit"
		} else if strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			reason = "it sends a web page without an X-Repo-Commit header"
		}
		return nil, notHub(k.subject(a), reason)
	}
	m.etag = normalizeETag(a.Header.Get("X-Linked-ETag"))
	if m.etag == "" {
		m.etag = normalizeETag(a.Header.Get("ETag"))
	}
	if m.etag == "" {
		return nil, notHub(k.subject(a), "its answer has no ETag header")
	}
	m.size = headerSize(a.Header.Get("X-Linked-Size"))
	if m.size < 0 && a.next == nil {
		m.size = headerSize(a.Header.Get("Content-Length"))
	}
	if limit := sizeLimit(k.filename); m.size > limit {
		return nil, tooLarge(k.subject(a), limit)
	}
	m.location = a.next
	if m.location == nil {
		// The branch may move before the GET; the commit does not.
		m.location = pinCommit(a.at, k.revision, m.commit)
	} else {
		m.trusted = false
	}
	return m, nil
}

func headerSize(v string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// sizeLimit is the cap of a file of this name, in bytes.
func sizeLimit(filename string) int64 {
	switch {
	case strings.HasSuffix(filename, ".index.json"):
		return maxIndexBytes
	case strings.HasSuffix(filename, safetensorsSuffix):
		return math.MaxInt64 // only its header is read, which has a bound of its own
	}
	return maxConfigBytes
}
