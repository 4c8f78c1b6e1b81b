package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/fib-ls/fib-ls/phases/regular"
)

const (
	maxHeaderBytes  = 256 << 10
	maxCertificates = 16 << 20 // of one file; a system's bundle has 250 KB
)

// readProxies reads the proxy variables; ALL_PROXY fills in for either scheme,
// as it does in httpx.
func (s *settings) readProxies(e env) {
	get := func(name string) (string, string) { return e.first(name, strings.ToLower(name)) }
	all, allName := get("ALL_PROXY")
	httpProxy, httpName := get("HTTP_PROXY")
	if e("REQUEST_METHOD") != "" && httpName == "HTTP_PROXY" {
		httpProxy, httpName = "", "" // in a CGI program a client's Proxy header sets it
	}
	httpsProxy, httpsName := get("HTTPS_PROXY")
	if httpProxy == "" {
		httpProxy, httpName = all, allName
	}
	if httpsProxy == "" {
		httpsProxy, httpsName = all, allName
	}
	noProxy, _ := get("NO_PROXY")
	cfg := httpproxy.Config{HTTPProxy: httpProxy, HTTPSProxy: httpsProxy, NoProxy: noProxy}
	s.proxy = cfg.ProxyFunc()
	for _, p := range []struct{ scheme, value, name string }{
		{"https", httpsProxy, httpsName}, {"http", httpProxy, httpName},
	} {
		if p.value != "" {
			s.Proxies = append(s.Proxies, fmt.Sprintf("%s: %s (%s)", p.scheme, displayProxy(p.value), p.name))
		}
	}
	if noProxy != "" && len(s.Proxies) > 0 {
		s.Proxies = append(s.Proxies, "direct: "+noProxy+" (NO_PROXY)")
	}
}

// displayProxy is a proxy's address without user and password.
func displayProxy(v string) string {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" {
		if u, err = url.Parse("http://" + v); err != nil {
			return "[unreadable address]"
		}
	}
	return displayOrigin(u)
}

// trust is which certificate authorities are trusted. To read them takes tens of
// milliseconds, and most runs ask the Hub nothing.
type trust struct {
	roots    *x509.CertPool // nil: the system's
	from     string         // the variables that name them
	problems []string
}

// readTrust loads the certificate authorities that the variables name.
// Go itself reads SSL_CERT_FILE on some systems only. As with httpx a named
// bundle takes the place of the system's; verification is never disabled.
func readTrust(e env, home string) (t trust) {
	pool, from := x509.NewCertPool(), []string{}
	for _, name := range []string{"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"} {
		path := e(name)
		if path == "" || len(from) > 0 {
			continue
		}
		path = expand(e, home, path)
		ok, err := addCertificates(pool, path)
		if err != nil || !ok {
			t.problems = append(t.problems, fmt.Sprintf("%s=%s holds no usable certificates%s", name, path, becauseOf(err)))
			continue
		}
		from = append(from, name+"="+path)
	}
	if dirs := e("SSL_CERT_DIR"); dirs != "" {
		for _, dir := range filepath.SplitList(dirs) {
			if ok, err := addCertificates(pool, expand(e, home, dir)); err == nil && ok {
				from = append(from, "SSL_CERT_DIR="+dir)
			}
		}
	}
	if len(from) > 0 {
		t.roots, t.from = pool, strings.Join(from, ", ")
	}
	return t
}

func becauseOf(err error) string {
	if err == nil {
		return ""
	}
	return ": " + errText(err)
}

// addCertificates adds the PEM certificates of a file or of a directory's files.
func addCertificates(pool *x509.CertPool, path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	files := []string{path}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return false, err
		}
		files = files[:0]
		for _, en := range entries {
			files = append(files, filepath.Join(path, en.Name()))
		}
	}
	added := false
	for _, f := range files {
		data, err := regular.Read(f, maxCertificates)
		if err != nil {
			if !info.IsDir() {
				return false, err
			}
			continue
		}
		added = pool.AppendCertsFromPEM(data) || added
	}
	return added, nil
}

// ownTransport is the Client's own, made with the first request.
type ownTransport func() *http.Transport

// RoundTrip implements http.RoundTripper.
func (t ownTransport) RoundTrip(r *http.Request) (*http.Response, error) { return t().RoundTrip(r) }

// CloseIdleConnections is what Client.Close asks for.
func (t ownTransport) CloseIdleConnections() { t().CloseIdleConnections() }

// newTransport makes the Client's own transport. Redirects are not its
// business: every hop is built by hand (see exchange.go).
func newTransport(s *settings) *http.Transport {
	dialer := &net.Dialer{Timeout: s.HeadTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return s.proxy(r.URL) },
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    s.HeadTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		TLSClientConfig:        &tls.Config{RootCAs: s.trust().roots, MinVersion: tls.VersionTLS12},
		OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, res *http.Response) error {
			if res.StatusCode != http.StatusOK {
				return &proxyRefusal{proxy: displayOrigin(proxy), status: res.Status}
			}
			return nil
		},
	}
}

// proxyRefusal is a proxy's own answer to CONNECT.
type proxyRefusal struct{ proxy, status string }

func (e *proxyRefusal) Error() string { return "the proxy answered " + e.status }
