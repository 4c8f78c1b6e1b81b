package repo

import (
	"errors"
	"net"
	"net/url"
	"testing"

	"github.com/cenkalti/backoff/v5"
)

// TestUnknownHost: a machine without a network is told in plain words, and is
// not made to wait for further tries.
func TestUnknownHost(t *testing.T) {
	cause := &url.Error{Op: "Get", URL: "https://git.test/x.git/info/refs", Err: &net.OpError{
		Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "git.test", Server: "10.0.0.1:53", IsNotFound: true},
	}}
	r := &remote{url: "https://git.test/x.git"}
	err := r.failed(t.Context(), cause)
	const want = "fetching https://git.test/x.git: the remote cannot be reached: the host name git.test does not exist"
	if err.Error() != want {
		t.Errorf("it says\n%s\nnot\n%s", err, want)
	}
	var permanent *backoff.PermanentError
	if !errors.Is(err, ErrNetwork) || !errors.As(retryable(err), &permanent) {
		t.Error("it is tried again, or of another kind")
	}
	if again := retryable(r.failed(t.Context(), &net.DNSError{Err: "server misbehaving", Name: "git.test", IsTemporary: true})); errors.As(again, &permanent) {
		t.Error("a name server's bad moment is not tried again")
	}
}
