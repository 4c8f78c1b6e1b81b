package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/file"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
)

// errRefused is a remote that does not give the objects that were asked for
// by their names.
var errRefused = errors.New("the remote refused the request")

// maxErrorBody bounds what is read of a failed answer.
const maxErrorBody = 64 << 10

// remote is one repository to fetch from, for one fetch.
type remote struct {
	url      string // without credentials, for people
	endpoint *transport.Endpoint
	client   transport.Transport
	http     bool
	session  transport.UploadPackSession // not yet used up
	refs     *packp.AdvRefs
	tune     *tuning
	report   func(Progress)
	received atomic.Int64
}

// newRemote checks the URL; nothing is sent yet.
func newRemote(o Options) (*remote, error) {
	r := &remote{url: redactURL(o.URL), tune: o.tune, report: o.Progress}
	if r.report == nil {
		r.report = func(Progress) {}
	}
	bad := func(err error, hint string) error {
		return &Error{Op: "fetching", Subject: r.url, Kind: ErrURL, Err: err, Hint: hint}
	}
	if strings.HasPrefix(o.URL, "-") || strings.ContainsAny(o.URL, "\x00\r\n") {
		return nil, bad(nil, "give an https:// URL or a path")
	}
	ep, err := transport.NewEndpoint(o.URL)
	if err != nil {
		return nil, bad(nil, "give an https:// URL or a path")
	}
	r.endpoint = ep
	switch ep.Protocol {
	case "https", "http":
		r.http = true
		r.client = githttp.NewClient(&http.Client{Transport: &boundedTransport{base: newHTTPTransport(o.tune.stall), limit: o.tune.maxRefs}})
	case "file":
		if !filepath.IsAbs(ep.Path) {
			ep.Path = filepath.Join(o.WorkDir, ep.Path)
		}
		r.client = file.DefaultClient
	default:
		return nil, bad(nil, "only https, http and local repositories are fetched; clone it with git and name the clone with --sglang-path")
	}
	return r, nil
}

// redactURL is a URL without its user and password.
func redactURL(raw string) string {
	u, err := url.Parse(raw)
	if err == nil && u.User == nil {
		return raw
	}
	if err != nil || u.Host == "" {
		if at := strings.LastIndexByte(raw, '@'); at >= 0 {
			return raw[at+1:]
		}
		return raw
	}
	u.User = nil
	return u.String()
}

// newHTTPTransport has the waiting times that http.DefaultTransport lacks.
func newHTTPTransport(stall time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: min(15*time.Second, stall), KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   min(15*time.Second, stall),
		ResponseHeaderTimeout: stall,
		ForceAttemptHTTP2:     true,
		IdleConnTimeout:       30 * time.Second,
	}
}

// boundedTransport bounds the answers that go-git reads whole: lists of refs
// and error pages.
type boundedTransport struct {
	base  http.RoundTripper
	limit int64
}

// RoundTrip implements http.RoundTripper.
func (t *boundedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	switch {
	case res.StatusCode < 200 || res.StatusCode > 299:
		res.Body = bound(res.Body, maxErrorBody, io.EOF)
	case req.Method == http.MethodGet:
		res.Body = bound(res.Body, t.limit, ErrTooLarge)
	}
	return res, nil
}

// bound ends a body after limit bytes with the error given.
func bound(body io.ReadCloser, limit int64, end error) io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{&boundedReader{r: body, left: limit, end: end}, body}
}

type boundedReader struct {
	r    io.Reader
	left int64
	end  error
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, b.end
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// close ends what is still open.
func (r *remote) close() {
	if r.session != nil {
		_ = r.session.Close() // nothing was asked of it
		r.session = nil
	}
}

// connect asks for the list of refs.
func (r *remote) connect(ctx context.Context) error {
	r.report(Progress{Phase: "connecting", Message: r.url})
	ctx, beat, stop := r.watch(ctx)
	defer stop()
	session, err := r.newSession(ctx)
	if err != nil {
		return r.failed(ctx, err)
	}
	beat(0)
	if r.refs.Capabilities.Supports("object-format") {
		if v := r.refs.Capabilities.Get("object-format"); len(v) > 0 && v[0] != "sha1" {
			_ = session.Close() // nothing was asked of it
			return &Error{Op: "fetching", Subject: r.url, Kind: ErrUnsupported, Hint: "its objects are named by " + quote(v[0])}
		}
	}
	r.session = session
	return nil
}

func (r *remote) newSession(ctx context.Context) (transport.UploadPackSession, error) {
	session, err := r.client.NewUploadPackSession(r.endpoint, nil)
	if err != nil {
		return nil, err
	}
	refs, err := session.AdvertisedReferencesContext(ctx)
	if err != nil {
		_ = session.Close() // the first error is the one to tell
		return nil, err
	}
	r.refs = refs
	return session, nil
}

// watch cancels a transfer that has gone silent. beat tells of bytes.
func (r *remote) watch(parent context.Context) (ctx context.Context, beat func(int), stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	timer := time.AfterFunc(r.tune.stall, func() {
		cancel(&Error{Op: "fetching", Subject: r.url, Kind: ErrNetwork, Err: fmt.Errorf("no data for %s: %w", r.tune.stall, errSlow)})
	})
	beat = func(n int) {
		r.received.Add(int64(n))
		timer.Reset(r.tune.stall)
	}
	return ctx, beat, func() { timer.Stop(); cancel(nil) }
}

// request is one download of objects.
type request struct {
	wants []plumbing.Hash
	depth int
	// filter leaves file contents out.
	filter bool
	phase  string
}

// download asks for objects and writes them as a pack.
func (r *remote) download(parent context.Context, q request, dst storer.Storer) error {
	ctx, beat, stop := r.watch(parent)
	defer stop()
	session := r.session
	if session == nil {
		var err error
		if session, err = r.newSession(ctx); err != nil {
			return r.failed(ctx, err)
		}
	}
	if !r.http {
		r.session = nil // git-upload-pack answers once
	}
	defer func() { _ = session.Close() }() // the answer's own error counts
	req := r.newRequest(q)
	res, err := session.UploadPack(ctx, req)
	if err != nil {
		return r.refused(ctx, q, err)
	}
	in := &watchedReader{r: &boundedReader{r: res, left: r.tune.maxPack, end: ErrTooLarge}, ctx: ctx, beat: beat}
	pack := r.demux(in, req, q.phase)
	if err := storePack(dst, pack); err != nil {
		err = r.failed(ctx, err)
		// A git-upload-pack that is still writing would never end: the
		// transport kills it when a read, past what is buffered, finds the
		// context cancelled.
		stop()
		_, _ = io.Copy(io.Discard, res) // only for that
		_ = res.Close()                 // the first error counts
		return err
	}
	if err := res.Close(); err != nil {
		return r.failed(ctx, err)
	}
	r.report(Progress{Phase: q.phase, Message: "received", Done: len(q.wants), Total: len(q.wants), Bytes: r.received.Load()})
	return nil
}

// storePack keeps a panic of the pack parser on hostile data from ours.
func storePack(dst storer.Storer, pack io.Reader) (err error) {
	defer recovered(&err)
	return packfile.UpdateObjectStorage(dst, pack)
}

func (r *remote) newRequest(q request) *packp.UploadPackRequest {
	req := packp.NewUploadPackRequestFromCapabilities(r.refs.Capabilities)
	req.Wants = q.wants
	if q.depth > 0 {
		req.Depth = packp.DepthCommits(q.depth)
		_ = req.Capabilities.Set(capability.Shallow) // has no argument, cannot fail
	}
	if q.filter {
		req.Filter = packp.FilterBlobNone()
		_ = req.Capabilities.Set(capability.Filter) // has no argument, cannot fail
	}
	return req
}

// demux takes the pack out of the side band, with progress where there is one.
func (r *remote) demux(in io.Reader, req *packp.UploadPackRequest, phase string) io.Reader {
	var d *sideband.Demuxer
	switch {
	case req.Capabilities.Supports(capability.Sideband64k):
		d = sideband.NewDemuxer(sideband.Sideband64k, in)
	case req.Capabilities.Supports(capability.Sideband):
		d = sideband.NewDemuxer(sideband.Sideband, in)
	default:
		return in
	}
	d.Progress = &progressWriter{report: r.report, phase: phase, bytes: r.received.Load}
	return d
}

// watchedReader ends with the context and tells of every byte.
type watchedReader struct {
	r    io.Reader
	ctx  context.Context
	beat func(int)
}

func (w *watchedReader) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.r.Read(p)
	w.beat(n)
	return n, err
}

// failed says what a failure of a transfer means.
func (r *remote) failed(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	e := &Error{Op: "fetching", Subject: r.url, Kind: ErrNetwork, Err: redactError(err)}
	switch {
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		e.Kind, e.Err, e.Hint = ErrAuth, nil, "the repository is private, or does not exist"
	case errors.Is(err, transport.ErrRepositoryNotFound):
		e.Kind, e.Err, e.Hint = ErrRemoteNotFound, nil, "check --sglang-url"
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		e.Kind, e.Err, e.Hint = ErrRemoteNotFound, nil, "the repository is empty"
	case errors.Is(err, ErrTooLarge), errors.Is(err, ErrCorrupt):
		e.Kind = ErrCorrupt
		if errors.Is(err, ErrTooLarge) {
			e.Kind = ErrTooLarge
		}
	case errors.Is(err, exec.ErrNotFound):
		e.Kind, e.Hint = ErrUnsupported, "local repositories are fetched by git, which is not installed; name the clone with --sglang-path"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, fs.ErrPermission):
		e.Kind = ErrCache
	case isRefusal(err):
		e.Err = fmt.Errorf("%w: %s", errRefused, quote(err.Error()))
	}
	return e
}

// refused is a failure before any object came. A local git-upload-pack that
// does not give an object that it did not list dies while we still write, and
// its reason is lost in the broken pipe.
func (r *remote) refused(ctx context.Context, q request, err error) error {
	failure := r.failed(ctx, err)
	var e *Error
	if r.http || !errors.As(failure, &e) || !errors.Is(e.Kind, ErrNetwork) || errors.Is(e, errRefused) || r.listed(q.wants) || ctx.Err() != nil {
		return failure
	}
	e.Err = fmt.Errorf("%w: %w", errRefused, err)
	return e
}

// listed reports whether all objects are among the tips that the remote listed.
func (r *remote) listed(wants []plumbing.Hash) bool {
	tips := map[plumbing.Hash]bool{}
	for _, h := range r.refs.References {
		tips[h] = true
	}
	if r.refs.Head != nil {
		tips[*r.refs.Head] = true
	}
	return !slices.ContainsFunc(wants, func(h plumbing.Hash) bool { return !tips[h] })
}

// isRefusal recognises a remote that does not serve the objects asked for.
func isRefusal(err error) bool {
	reasons := []string{"not our ref", "unadvertised object", "filter-spec", "filtering not"}
	return slices.ContainsFunc(reasons, func(part string) bool { return strings.Contains(err.Error(), part) }) ||
		errors.Is(err, transport.ErrEmptyUploadPackRequest)
}

// redactError takes credentials out of the messages of net/http.
func redactError(err error) error {
	var name *net.DNSError
	if errors.As(err, &name) && name.IsNotFound {
		return &unknownHostError{name}
	}
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("%s %s: %w", u.Op, redactURL(u.URL), u.Err)
	}
	return err
}

// unknownHostError is a host name without an address: what a machine without
// a network sees. Another try does not mend it.
type unknownHostError struct{ err *net.DNSError }

func (e *unknownHostError) Error() string { return "the host name " + e.err.Name + " does not exist" }
func (e *unknownHostError) Unwrap() error { return e.err }
