package hub

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // git's object hash, which the Hub names; SHA-256 files use SHA-256
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// content is a downloaded body.
type content struct {
	bytes    []byte
	verified bool   // it has the hash that the metadata named
	doubt    string // why it is not verified
}

// download GETs a file's content and checks it, with up to maxTries tries.
func (k *call) download(ctx context.Context, m *metadata) (*content, error) {
	var got *content
	var before string // hash of the previous content that did not match
	err := k.again(ctx, maxTries, func() error {
		body, contentType, a, err := k.get(ctx, m)
		if err != nil {
			return err
		}
		s := k.subject(a)
		if looksLikeHTML(body, contentType) {
			return notHub(s, "it sends a web page in place of "+k.filename)
		}
		got, err = k.check(body, m, s, &before)
		return err
	})
	return got, err
}

// check compares content with what the metadata announced. A mirror may give an
// ETag that is not a hash; then the content is used, unverified and uncached.
func (k *call) check(body []byte, m *metadata, s Subject, before *string) (*content, error) {
	if hashMatches(body, m.etag) {
		return &content{bytes: body, verified: true}, nil
	}
	if m.size >= 0 && int64(len(body)) != m.size {
		return nil, badContent(s, fmt.Sprintf("%d bytes came instead of %d", len(body), m.size), true)
	}
	if !isHash(m.etag) {
		return &content{bytes: body, doubt: "the server's ETag is not a hash of the file"}, nil
	}
	// An ETag in the form of a hash promises the content, a mirror's as well as
	// the Hub's: what breaks the promise twice is damaged or not the file.
	sum := blobHash(body, len(m.etag))
	first := *before == ""
	*before = sum
	reason := "its hash is " + short(sum) + "…, not " + short(m.etag) + "…"
	if !first {
		reason += ", twice"
	}
	return nil, badContent(s, reason, first)
}

// get makes one GET and reads its body whole.
func (k *call) get(ctx context.Context, m *metadata) ([]byte, string, *answer, error) {
	a, err := k.follow(ctx, http.MethodGet, m.location, m.trusted)
	if err != nil {
		return nil, "", nil, err
	}
	defer a.close()
	if a.StatusCode != http.StatusOK {
		return nil, "", nil, otherStatus(k.subject(a))
	}
	body, err := k.readBody(a, m)
	if err == nil {
		err = k.refuseEcho(k.subject(a), body)
	}
	return body, a.Header.Get("Content-Type"), a, err
}

// refuseEcho refuses a body that has the token in it: a run writes what it reads
// into files that people publish.
func (k *call) refuseEcho(from Subject, body []byte) error {
	if k.c.redact.echoed(body) {
		return notHub(from, "it sends the token back in "+k.filename)
	}
	return nil
}

// readBody reads a body up to the size cap.
func (k *call) readBody(a *answer, m *metadata) ([]byte, error) {
	limit := sizeLimit(k.filename)
	if a.ContentLength > limit {
		return nil, tooLarge(k.subject(a), limit)
	}
	total := m.size
	if total < 0 {
		total = a.ContentLength
	}
	return k.receive(a, min(max(total+1, 512), 1<<20), func(body []byte, _ int) (enough bool, err error) {
		if int64(len(body)) > limit {
			return true, tooLarge(k.subject(a), limit)
		}
		k.c.report(Progress{RepoID: k.repoID, Filename: k.filename, Stage: StageDownload,
			Done: int64(len(body)), Total: total, Text: "downloading " + k.filename + " of " + k.repoID})
		return false, nil
	})
}

// receive reads a body piece by piece, until it ends or what came is enough:
// arrived is told the whole and the length of the last piece. It gives up when
// nothing comes for as long as the read timeout, however slowly the rest came
// before.
func (k *call) receive(a *answer, room int64, arrived func(body []byte, n int) (enough bool, err error)) ([]byte, error) {
	watch := func() func() bool {
		return k.c.clock.AfterFunc(k.c.set.ReadTimeout, func() { a.cancel(errNoData) })
	}
	stop := watch()
	defer func() { stop() }()
	body := make([]byte, 0, room)
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := a.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if n > 0 {
			stop()
			stop = watch()
			if enough, failed := arrived(body, n); enough || failed != nil {
				return body, failed
			}
		}
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return body, nil
		}
		if err != nil {
			return nil, k.bodyError(a, err)
		}
	}
}

// bodyError names a failure in the middle of a body.
func (k *call) bodyError(a *answer, err error) error {
	s := k.subject(a)
	if ended := k.endedBy(s, a.cause(), k.c.set.ReadTimeout); ended != nil {
		return ended
	}
	return connectionFailed(s, k.c.connectionReason(err), false)
}

// blobHash is the hash of content that a Hub of the given hash length names:
// git's SHA-1 of a blob object (40 hex digits) or the SHA-256 (64).
func blobHash(content []byte, hexLen int) string {
	if hexLen == 64 {
		sum := sha256.Sum256(content)
		return hex.EncodeToString(sum[:])
	}
	h := sha1.New() //nolint:gosec // see the import
	_, _ = h.Write([]byte("blob " + strconv.Itoa(len(content)) + "\x00"))
	_, _ = h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// hashMatches reports whether content has the hash that etag is.
func hashMatches(content []byte, etag string) bool {
	return isHash(etag) && blobHash(content, len(etag)) == etag
}

// normalizeETag takes the weakness mark and the quotes off.
func normalizeETag(v string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(v), "W/"), `"`)
}

// looksLikeHTML reports whether a body is a web page where JSON was asked for.
func looksLikeHTML(content []byte, contentType string) bool {
	start := bytes.ToLower(bytes.TrimLeft(content[:min(len(content), 256)], " \t\r\n\xef\xbb\xbf"))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")) ||
		strings.HasPrefix(strings.ToLower(contentType), "text/html") && bytes.HasPrefix(start, []byte("<"))
}
