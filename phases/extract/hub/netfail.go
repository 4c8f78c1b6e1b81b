package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Causes with which this package ends an exchange itself.
var (
	errNoAnswer = errors.New("no answer in time")
	errNoData   = errors.New("no data in time")
	errBudget   = errors.New("the time for this request is over")
)

// networkError names what went wrong below HTTP. waited is the timeout that
// was running.
func (k *call) networkError(ctx context.Context, u *url.URL, err error, waited time.Duration) error {
	s := k.subjectOf(u)
	if ended := k.endedBy(s, context.Cause(ctx), waited); ended != nil {
		return ended
	}
	if e := k.proxyError(s, u, err); e != nil {
		return e
	}
	if reason := tlsReason(err); reason != "" {
		return insecure(s, reason, k.c.set.trust().from)
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return unknownHost(s, k.c.redact.server(dns.Name), dns.IsNotFound)
	}
	var ne net.Error
	var op *net.OpError
	dial := errors.As(err, &op) && op.Op == "dial"
	if errors.As(err, &ne) && ne.Timeout() {
		return timedOut(s, waitAnswer, waited)
	}
	return connectionFailed(s, k.c.connectionReason(err), dial)
}

// endedBy names the cause with which an exchange was ended; nil when it was
// not. waited is the timeout that was running.
func (k *call) endedBy(s Subject, cause error, waited time.Duration) error {
	switch {
	case cause == nil:
		return nil
	case errors.Is(cause, errNoAnswer):
		return timedOut(s, waitAnswer, waited)
	case errors.Is(cause, errNoData):
		return timedOut(s, waitData, waited)
	case errors.Is(cause, errBudget):
		return newBudgetError(s, k.c.budget)
	}
	return fmt.Errorf("fetching %s of %s: %w", k.filename, k.repoID, cause)
}

// proxyError names the proxy that a failed connection would have gone through;
// nil when the failure lies elsewhere.
func (k *call) proxyError(s Subject, u *url.URL, err error) error {
	proxy := k.c.proxyName(u)
	if _, perr := k.c.set.proxy(u); perr != nil {
		return proxyFailed(s, proxy, "its address cannot be read")
	}
	var refusal *proxyRefusal
	if errors.As(err, &refusal) {
		return proxyFailed(s, refusal.proxy, refusal.Error())
	}
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")) {
		reason := k.c.connectionReason(op.Err)
		var dns *net.DNSError
		if errors.As(op.Err, &dns) {
			reason = "its host name cannot be looked up"
		}
		return proxyFailed(s, proxy, reason)
	}
	return nil
}

// proxyName is the proxy for requests to u, without user and password.
func (c *Client) proxyName(u *url.URL) string {
	p, err := c.set.proxy(u)
	if err != nil || p == nil {
		return "in use"
	}
	return displayOrigin(p)
}

// tlsReason says what is wrong with a certificate or a handshake; "" if err is
// about something else.
func tlsReason(err error) string {
	var (
		unknown  x509.UnknownAuthorityError
		host     x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		op       *net.OpError
		rootsErr x509.SystemRootsError
	)
	switch {
	case errors.As(err, &unknown):
		return "its certificate is signed by an authority that is not trusted"
	case errors.As(err, &host):
		return "its certificate is for another host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not valid yet"
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "its certificate is not valid"
	case errors.As(err, &rootsErr):
		return "the system's trusted certificates cannot be read"
	case errors.As(err, &record):
		return "it does not speak TLS there"
	case errors.As(err, &op) && op.Op == "remote error": // a TLS alert
		return "it refused the TLS handshake (" + op.Err.Error() + ")"
	}
	return ""
}

func isErrno(err error, any []syscall.Errno) bool {
	return slices.ContainsFunc(any, func(e syscall.Errno) bool { return errors.Is(err, e) })
}

func (c *Client) connectionReason(err error) string {
	switch {
	case isErrno(err, errnoRefused):
		return "connection refused"
	case isErrno(err, errnoBroken):
		return "connection reset"
	case isErrno(err, errnoNoRoute):
		return "no route to it"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it was closed too early"
	}
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		return "no answer in time"
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	return c.redact.server(err.Error())
}
