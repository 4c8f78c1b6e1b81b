package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// asHost lets a bench's Client reach the fake Hub under another name.
func (b *bench) asHost(endpoint string) *Client {
	b.vars["HF_ENDPOINT"] = endpoint
	c := b.client()
	hub, err := url.Parse(b.s.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	tr := c.http.(ownTransport)()
	tr.TLSClientConfig.ServerName = "example.com" // that of the fake's certificate
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(addr)
		if host != "localhost" && host != "127.0.0.1" {
			addr = hub.Host
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	return c
}

func scenario(name string) fakehub.Scenario {
	sc, ok := fakehub.Find(name)
	if !ok {
		panic("no scenario " + name)
	}
	return sc
}

// TestOfficialHost: what a mirror may get wrong is an error at huggingface.co.
func TestOfficialHost(t *testing.T) {
	for _, name := range []string{"corrupt", "invented-etag"} {
		sc := scenario(name)
		sc.TLS = true
		b := newBench(t, sc)
		_, err := b.fetch(b.asHost("https://huggingface.co"))
		var damaged *failure
		if !errors.As(err, &damaged) || damaged.Kind() != "integrity" || !strings.HasPrefix(err.Error(), "config.json of acme/tiny-llm arrived damaged: its hash is ") ||
			!strings.HasSuffix(err.Error(), "…, twice") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMirrorToHub: the token goes along from a mirror to huggingface.co, and
// nowhere else.
func TestMirrorToHub(t *testing.T) {
	for target, auth := range map[string]bool{
		"https://huggingface.co": true, "https://hf.co": true, "https://huggingface.co:8443": false,
		"https://evil.huggingface.co": false, "https://huggingface.co.evil.test": false, "https://hub-ci.huggingface.co": false,
	} {
		b := newBench(t, fakehub.Scenario{TLS: true, Token: fakehub.DemoToken})
		b.s.On(fakehub.Rule{Kind: fakehub.Resolve, Times: 1, Do: fakehub.RedirectTo(http.StatusPermanentRedirect,
			func(x *fakehub.Exchange) string { return target + x.R.URL.EscapedPath() }, fakehub.Metadata...)})
		c := b.asHost("https://localhost.localdomain")
		tr := c.http.(ownTransport)()
		tr.TLSClientConfig.InsecureSkipVerify = true
		f, err := b.fetch(c)
		for _, r := range b.s.Requests()[1:] {
			if r.Authorized() != auth {
				t.Errorf("%s: %s (%v %v)", target, r, f, err)
			}
		}
		if auth && (err != nil || !f.Verified) {
			t.Errorf("%s: %+v %v", target, f, err)
		}
	}
}

// TestPlainHTTP: no token over http but to this machine.
func TestPlainHTTP(t *testing.T) {
	b := newBench(t, fakehub.Scenario{Token: fakehub.DemoToken})
	c := b.asHost("http://mirror.test")
	if f, err := b.fetch(c); err != nil || !f.Verified {
		t.Fatalf("%+v %v", f, err)
	}
	for _, r := range b.s.Requests() {
		if r.Authorized() {
			t.Errorf("%s", r)
		}
	}
	want := "HF_TOKEN is not sent to http://mirror.test: http would show it to the network"
	if d := c.Describe(); d.TokenNote != want || len(d.Problems) != 1 {
		t.Errorf("%+v", d)
	}
	_, err := c.Fetch(context.Background(), "acme/private-llm", "", "config.json")
	var missing *failure
	if !errors.As(err, &missing) || missing.Kind() != "missing-or-private" || !strings.HasSuffix(missing.Hint(), " Note: "+want+".") {
		t.Errorf("%v", err)
	}
}

// TestEndpointPath: a mirror below a path.
func TestEndpointPath(t *testing.T) {
	b := newBench(t, scenario("direct"))
	hub, _ := url.Parse(b.s.URL)
	front := httptest.NewServer(http.StripPrefix("/api/hf", forward(hub.Host)))
	defer front.Close()
	b.vars["HF_ENDPOINT"] = front.URL + "/api/hf/"
	f, err := b.fetch(b.client())
	if err != nil || !f.Verified || f.RepoID != fakehub.DemoRepo {
		t.Errorf("%+v %v", f, err)
	}
}

func forward(host string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Scheme, r.URL.Host, r.RequestURI = "http", host, ""
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer func() { _ = res.Body.Close() }()
		maps.Copy(w.Header(), res.Header)
		w.WriteHeader(res.StatusCode)
		_, _ = fmt.Fprint(w, "") // headers first
		buf := make([]byte, 4096)
		for {
			n, err := res.Body.Read(buf)
			_, _ = w.Write(buf[:n])
			if err != nil {
				return
			}
		}
	})
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// TestNetworkErrors: the text for each way in which there is no answer.
func TestNetworkErrors(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, tc := range []struct {
		name, text, kind string
		err              error
		pauses           int
	}{
		{"no such name", "the host name hub.test does not exist", "dns",
			dial(&net.DNSError{Name: "hub.test", IsNotFound: true}), 0},
		{"no resolver", "the host name hub.test cannot be looked up", "dns",
			dial(&net.DNSError{Name: "hub.test", IsTemporary: true}), 2},
		{"refused", "https://hub.test cannot be reached: connection refused", "connection",
			dial(os.NewSyscallError("connect", errnoRefused[0])), 2},
		{"unreachable", "https://hub.test cannot be reached: no route to it", "connection",
			dial(os.NewSyscallError("connect", errnoNoRoute[0])), 2},
		{"proxy", "the proxy in use failed: connection refused", "proxy",
			&net.OpError{Op: "proxyconnect", Net: "tcp", Err: dial(os.NewSyscallError("connect", errnoRefused[0]))}, 0},
		{"odd", "the connection to https://hub.test broke: strange [token] thing", "connection",
			errors.New("strange hf_abcdefghijkl thing"), 5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			clock := newFakeClock()
			c := New(Options{Home: t.TempDir(), Clock: clock, Transport: failing{tc.err},
				Getenv: func(n string) string { return map[string]string{"HF_ENDPOINT": "https://hub.test"}[n] }})
			_, err := c.Fetch(context.Background(), "a/b", "", "config.json")
			var he Error
			if !errors.As(err, &he) || he.Error() != tc.text || he.Kind() != tc.kind || he.ExitCode() != 3 || he.Hint() == "" {
				t.Errorf("%T %v", err, err)
			}
			if len(clock.slept) != tc.pauses {
				t.Errorf("pauses %v", clock.slept)
			}
		})
	}
}

func TestUntrustedCertificate(t *testing.T) {
	b := newBench(t, fakehub.Scenario{TLS: true})
	delete(b.vars, "SSL_CERT_FILE")
	_, err := b.fetch(b.client())
	var te *failure
	if !errors.As(err, &te) || te.Kind() != "tls" || b.s.Plain(err.Error()) != "no secure connection to HUB: its certificate is signed by an authority that is not trusted" ||
		te.Hint() != "If a company proxy signs the traffic anew, let SSL_CERT_FILE name its certificate bundle (SSL_CERT_DIR, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE are read too)." {
		t.Errorf("%v", err)
	}
	if len(b.clock.slept) != 0 {
		t.Errorf("a bad certificate was asked again: %v", b.clock.slept)
	}
	b.vars["HF_ENDPOINT"] = strings.Replace(newBench(t, fakehub.Scenario{}).s.URL, "http:", "https:", 1)
	_, err = b.fetch(b.client())
	if !errors.As(err, &te) || te.Kind() != "tls" || !strings.HasSuffix(err.Error(), ": it does not speak TLS there") {
		t.Errorf("%v", err)
	}
}

// TestProxyAnswers: proxies that refuse or are gone, named without password.
func TestProxyAnswers(t *testing.T) {
	px := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	defer px.Close()
	for _, tc := range []struct{ endpoint, proxy, want string }{
		{"https://hub.test", px.URL, "the proxy PROXY failed: the proxy answered 407 Proxy Authentication Required"},
		{"http://hub.test", px.URL, "the proxy PROXY failed: it answers 407 Proxy Authentication Required"},
		{"https://hub.test", gone.URL, "the proxy PROXY failed: connection refused"},
	} {
		with := strings.Replace(tc.proxy, "http://", "http://user:hush@", 1)
		c := New(Options{Home: t.TempDir(), Clock: newFakeClock(), Getenv: func(n string) string {
			return map[string]string{"HF_ENDPOINT": tc.endpoint, "HTTPS_PROXY": with, "HTTP_PROXY": with}[n]
		}})
		_, err := c.Fetch(context.Background(), "a/b", "", "config.json")
		var pe *failure
		if !errors.As(err, &pe) || pe.Kind() != "proxy" || strings.Replace(err.Error(), tc.proxy, "PROXY", 1) != tc.want {
			t.Errorf("%s: %v", tc.endpoint, err)
		}
		c.Close()
	}
}

func TestSearchAndProbe(t *testing.T) {
	b := newBench(t, fakehub.Scenario{})
	c := b.client()
	hits, err := c.Search(context.Background(), "llm", 2)
	if err != nil || len(hits) != 2 || hits[0].ID != fakehub.DemoRepo || hits[0].Downloads != 1000 {
		t.Errorf("%+v %v", hits, err)
	}
	if r, err := c.Probe(context.Background()); err != nil || r.Account != "" {
		t.Errorf("%+v %v", r, err)
	}
	b.vars["HF_TOKEN"] = fakehub.DemoToken
	if r, err := b.client().Probe(context.Background()); err != nil || r.Account != "tester" {
		t.Errorf("%+v %v", r, err)
	}
	b.vars["HF_TOKEN"] = "hf_wrongTokenForTests"
	var bad *failure
	if _, err := b.client().Probe(context.Background()); !errors.As(err, &bad) || bad.Kind() != "bad-token" {
		t.Errorf("%v", err)
	}
	b.s.On(fakehub.Rule{Do: fakehub.HTML})
	var nh *failure
	if _, err := c.Search(context.Background(), "x", 2); !errors.As(err, &nh) || nh.Kind() != "not-a-hub" {
		t.Errorf("%v", err)
	}
	b.opts.Offline = true
	var off *OfflineError
	if _, err := b.client().Search(context.Background(), "x", 2); !errors.As(err, &off) {
		t.Errorf("%v", err)
	}
}

func TestErrorBody(t *testing.T) {
	b := newBench(t, fakehub.Scenario{})
	for body, want := range map[string]string{
		`{"error": "first \u001b[31mred\u001b[0m\nline"}`: "first red line",
		`{"errors": [{"message": "second"}]}`:             "second",
		`{"error": {"deep": 1}}`:                          "",
		`<html>`:                                          "",
	} {
		b.s.ClearRules()
		b.s.On(fakehub.Rule{Kind: fakehub.API, Do: func(x *fakehub.Exchange) {
			x.W.Header().Set("Content-Type", "application/json")
			x.W.WriteHeader(http.StatusForbidden)
			_, _ = x.W.Write([]byte(body))
		}})
		_, err := b.client().Search(context.Background(), "x", 1)
		var fe *failure
		if !errors.As(err, &fe) || fe.Kind() != "forbidden" || fe.ServerText != want {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestRedaction(t *testing.T) {
	r := newRedactor("s3cretValue")
	for in, want := range map[string]string{
		"x s3cretValue y":                                  "x [token] y",
		"Authorization: Bearer abcdef.ghijk":               "Authorization: Bearer [token]",
		"hf_abcdefghijkl and api_org_aaaaaaaaaaaaaaaaaaaa": "[token] and [token]",
		"get https://cdn/x/y?Signature=a&b=c now":          "get https://cdn/x/y?[redacted] now",
		"proxy http://me:hush@px:1 fails":                  "proxy http://px:1 fails",
	} {
		if got := r.clean(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if got := r.server("a\x1b]0;title\x07b\u202ec\x00\td " + strings.Repeat("é", 400)); !strings.HasPrefix(got, "abc d é") || len([]rune(got)) != maxServerText+1 {
		t.Errorf("%q", got)
	}
	var out strings.Builder
	log := slog.New(&redactHandler{next: slog.NewTextHandler(&out, nil), r: r}).With("a", "s3cretValue").WithGroup("g")
	log.Info("s3cretValue", "b", errors.New("s3cretValue"), slog.Group("h", "c", "s3cretValue"), "d", []string{"s3cretValue"}, "e", time.Second)
	if strings.Contains(out.String(), "s3cret") || strings.Count(out.String(), "[token]") != 5 {
		t.Errorf("%s", out.String())
	}
}
