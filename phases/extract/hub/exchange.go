package hub

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"time"
)

const maxRedirects = 10

// call is one Fetch: what it is about, and what has happened so far.
type call struct {
	c                          *Client
	repoID, revision, filename string
	deadline                   time.Time
	span                       string // of a GET: the Range header; "" for the whole file
	retries                    []string
	warnings                   []string
}

// answer is the response at the end of a chain of redirects.
type answer struct {
	*http.Response
	at      *url.URL                // where this response came from
	trusted bool                    // every hop up to here was the Hub's own origin
	next    *url.URL                // of a redirect that HEAD does not follow; nil otherwise
	repoID  string                  // as the last hop's path spells it; "" unknown
	cancel  context.CancelCauseFunc // ends the exchange
	cause   func() error            // why the exchange was ended
}

func (a *answer) close() {
	_ = a.Body.Close() // nothing to learn: the body was read or is not wanted
	a.cancel(context.Canceled)
}

// trusted reports whether an origin may see the token: the endpoint's own or the
// public Hub's. Scheme, host and port all count.
func (c *Client) trusted(u *url.URL) bool {
	o := origin(u)
	return o == origin(c.set.endpoint) || isOfficial(o)
}

// mayAuthorize reports whether a request to u carries the token.
func (c *Client) mayAuthorize(u *url.URL, trusted bool) bool {
	return c.set.token != "" && trusted && (u.Scheme == "https" || isLoopback(u.Hostname()))
}

// follow sends a request and follows redirects hop by hop. A HEAD stops at the
// redirect that leaves the Hub, whose headers carry the file's metadata; a GET
// goes there without the token and never gets it back.
func (k *call) follow(ctx context.Context, method string, u *url.URL, trusted bool) (*answer, error) {
	seen := map[string]bool{}
	repoID := ""
	for hops := 0; ; hops++ {
		trusted = trusted && k.c.trusted(u)
		if id := repoFromURL(k.c.set.endpoint, u); id != "" {
			repoID = id
		}
		a, err := k.send(ctx, method, u, trusted)
		if err != nil {
			return nil, err
		}
		a.repoID = repoID
		k.collectWarnings(a.Header)
		location := a.Header.Get("Location")
		if a.StatusCode/100 != 3 || location == "" {
			return k.checked(a, method)
		}
		next, reason := redirectTarget(u, location)
		seen[u.String()] = true
		switch {
		case reason != "":
		case seen[next.String()]:
			reason = "it leads back to itself"
		case hops == maxRedirects:
			reason = "it does not end"
		}
		if reason != "" {
			a.close()
			return nil, badRedirect(k.subject(a), reason)
		}
		if method == http.MethodHead && !k.c.trusted(next) {
			a.next = next
			return a, nil
		}
		a.close()
		u = next
	}
}

// checked turns an answer with an error status into that error.
func (k *call) checked(a *answer, method string) (*answer, error) {
	if a.StatusCode/100 == 2 {
		return a, nil
	}
	defer a.close()
	return nil, k.statusError(a, method)
}

// redirectTarget resolves a Location against the address that sent it. The
// query is kept; user, password and fragment are not.
func redirectTarget(from *url.URL, location string) (*url.URL, string) {
	next, err := from.Parse(location)
	switch {
	case err != nil:
		return nil, "its Location cannot be read"
	case next.Scheme != "http" && next.Scheme != "https", next.Hostname() == "":
		return nil, "its Location is not a web address"
	case from.Scheme == "https" && next.Scheme == "http":
		return nil, "it leaves https for http"
	}
	next.User, next.Fragment, next.RawFragment = nil, "", ""
	return next, ""
}

// send makes one exchange. It gives up when no answer has begun in time: the
// timeout of metadata for HEAD, of reading for GET.
func (k *call) send(ctx context.Context, method string, u *url.URL, trusted bool) (*answer, error) {
	c := k.c
	ctx, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		cancel(context.Canceled)
		return nil, badRedirect(k.subjectOf(u), "the address cannot be requested")
	}
	auth := c.mayAuthorize(u, trusted)
	trace := setHeaders(req, c.set, auth)
	if k.span != "" && method == http.MethodGet {
		req.Header.Set("Range", k.span)
		req.Header.Set("Accept-Encoding", "identity") // positions are those of the file itself
	}
	wait := c.set.HeadTimeout
	if method == http.MethodGet {
		wait = c.set.ReadTimeout
	}
	stop := c.clock.AfterFunc(wait, func() { cancel(errNoAnswer) })
	started := c.clock.Now()
	res, err := c.http.RoundTrip(req) //nolint:bodyclose // answer.close does
	stop()
	log := c.log.With("method", method, "url", displayURL(u), "authorized", auth, "trace", trace, "took", c.clock.Now().Sub(started))
	if err != nil {
		err = k.networkError(ctx, u, err, wait)
		cancel(context.Canceled)
		log.Info("hub request failed", "error", err)
		return nil, err
	}
	log.Debug("hub request", "status", res.StatusCode, "request", res.Header.Get("X-Request-Id"))
	a := &answer{Response: res, at: u, trusted: trusted, cancel: cancel, cause: func() error { return context.Cause(ctx) }}
	return a, nil
}

func setHeaders(req *http.Request, s *settings, auth bool) (trace string) {
	if req.Method == http.MethodHead {
		req.Header.Set("Accept-Encoding", "identity") // the file's own length, not the compressed one's
	}
	req.Header.Set("User-Agent", s.UserAgent)
	trace = newTrace()
	req.Header.Set("X-Amzn-Trace-Id", trace)
	if auth {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	return trace
}

// newTrace makes a random UUID, by which the Hub's operators find a request.
func newTrace() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
