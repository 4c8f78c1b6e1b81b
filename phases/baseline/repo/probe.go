package repo

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// Probe asks whether a repository (Options.URL, by default SGLang's) answers,
// and how long that took. It reads the head of the answer only, and downloads
// nothing.
func Probe(ctx context.Context, o Options) (took time.Duration, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return 0, err
	}
	r, err := newRemote(o)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if !r.http {
		if _, err := os.Stat(r.endpoint.Path); err != nil {
			return 0, &Error{Op: "asking", Subject: r.url, Kind: ErrRemoteNotFound, Err: err, Hint: "check --sglang-url"}
		}
		return time.Since(began), nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(o.URL, "/")+"/info/refs?service=git-upload-pack", nil)
	if err != nil {
		return 0, r.failed(ctx, err)
	}
	res, err := (&http.Client{Transport: newHTTPTransport(o.tune.stall)}).Do(req)
	if err != nil {
		return 0, r.failed(ctx, err)
	}
	defer func() { _ = res.Body.Close() }() // not read
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "application/x-git-upload-pack-advertisement") {
		e := &Error{Op: "asking", Subject: r.url, Kind: ErrNetwork, Err: fmt.Errorf("the answer is %s, of type %q, and no list of refs", res.Status, kind)}
		if res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusUnauthorized {
			e.Kind, e.Err, e.Hint = ErrRemoteNotFound, nil, "check --sglang-url"
		}
		return 0, e
	}
	return time.Since(began), nil
}
