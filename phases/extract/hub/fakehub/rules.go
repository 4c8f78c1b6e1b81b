package fakehub

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
)

// Rule changes the answers to the requests that it matches.
type Rule struct {
	// Kind is Resolve, Content, Store or API; "" matches all.
	Kind string
	// Method is HEAD or GET; "" matches both.
	Method string
	// Path is a part of the path; "" matches all.
	Path string
	// Skip lets that many matching requests pass first.
	Skip int
	// Times is how many are changed after that; 0 means all.
	Times int
	// Do answers.
	Do Action

	seen int
}

// Action answers one request.
type Action func(x *Exchange)

// Exchange is a request that a rule answers.
type Exchange struct {
	S *Server
	W http.ResponseWriter
	R *http.Request

	next http.HandlerFunc
}

// answer lets the first rule that matches answer, or else the Hub itself.
func (s *Server) answer(kind string, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	if rule := s.match(kind, r); rule != nil {
		rule.Do(&Exchange{S: s, W: w, R: r, next: next})
		return
	}
	next(w, r)
}

func (s *Server) match(kind string, r *http.Request) *Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rule := range s.rules {
		if rule.Kind != "" && rule.Kind != kind || rule.Method != "" && rule.Method != r.Method ||
			!strings.Contains(r.URL.EscapedPath(), rule.Path) {
			continue
		}
		if rule.seen++; rule.seen > rule.Skip && (rule.Times == 0 || rule.seen <= rule.Skip+rule.Times) {
			return rule
		}
	}
	return nil
}

// Next answers as the Hub does.
func (x *Exchange) Next() { x.next(x.W, x.R) }

// Usual returns the Hub's answer without sending it.
func (x *Exchange) Usual() *httptest.ResponseRecorder {
	a := httptest.NewRecorder()
	x.next(a, x.R)
	return a
}

// Send sends an answer.
func (x *Exchange) Send(a *httptest.ResponseRecorder) {
	maps.Copy(x.W.Header(), a.Header())
	x.W.WriteHeader(a.Code)
	if x.R.Method != http.MethodHead {
		_, _ = x.W.Write(a.Body.Bytes()) // the client may be gone
	}
}

// Refuse answers with a status, the Hub's error headers and more headers in
// pairs of name and value.
func Refuse(status int, code, message string, more ...string) Action {
	return func(x *Exchange) {
		for i := 0; i+1 < len(more); i += 2 {
			x.W.Header().Set(more[i], more[i+1])
		}
		refuse(x.W, x.R, status, code, message)
	}
}

// EditHeaders changes the headers of the usual answer.
func EditHeaders(edit func(h http.Header)) Action {
	return func(x *Exchange) {
		a := x.Usual()
		edit(a.Header())
		x.Send(a)
	}
}

// SetHeaders sets headers of the usual answer, in pairs of name and value; an
// empty value removes one.
func SetHeaders(pairs ...string) Action {
	return EditHeaders(func(h http.Header) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if h.Del(pairs[i]); pairs[i+1] != "" {
				h.Set(pairs[i], pairs[i+1])
			}
		}
	})
}

// EditBody changes the body of the usual answer, and its length with it.
func EditBody(edit func(body []byte) []byte) Action {
	return func(x *Exchange) {
		a := x.Usual()
		if x.R.Method != http.MethodHead {
			a.Body = bytes.NewBuffer(edit(a.Body.Bytes()))
			a.Header().Set("Content-Length", strconv.Itoa(a.Body.Len()))
		}
		x.Send(a)
	}
}

// RedirectTo answers with a redirect, keeping the usual headers that are
// named. Where to is asked per request.
func RedirectTo(status int, to func(x *Exchange) string, keep ...string) Action {
	return func(x *Exchange) {
		usual := x.Usual()
		for _, name := range keep {
			if v := usual.Header().Get(name); v != "" {
				x.W.Header().Set(name, v)
			}
		}
		redirect(x.W, x.R, status, to(x))
	}
}

// Metadata are the headers that a redirect to a storage host keeps.
var Metadata = []string{"X-Repo-Commit", "X-Linked-ETag", "X-Linked-Size"}

// Direct answers /resolve/ with the file itself, as mirrors do.
func Direct(x *Exchange) {
	a := x.Usual()
	location := a.Header().Get("Location")
	u, err := x.R.URL.Parse(location)
	if err != nil || a.Code != http.StatusTemporaryRedirect || !strings.HasPrefix(location, "/api/") {
		x.Send(a)
		return
	}
	r := x.R.Clone(x.R.Context())
	r.URL = u
	x.S.answerContent(x.W, r)
}

const loginPage = "<!DOCTYPE html>\n<html><head><title>Welcome to Hotel WiFi</title></head><body>Log in</body></html>\n"

// HTML answers 200 with the login page of a network.
func HTML(x *Exchange) {
	x.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	x.W.Header().Set("Content-Length", strconv.Itoa(len(loginPage)))
	x.W.WriteHeader(http.StatusOK)
	if x.R.Method != http.MethodHead {
		_, _ = x.W.Write([]byte(loginPage))
	}
}

// HTMLBody answers GET with the login page and HEAD as usual.
func HTMLBody(x *Exchange) {
	if x.R.Method == http.MethodHead {
		x.Next()
		return
	}
	HTML(x)
}

// Reset breaks the connection before an answer.
func Reset(x *Exchange) {
	conn, _, err := http.NewResponseController(x.W).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // close with RST
	}
	_ = conn.Close()
}

// stall holds the connection until the client gives up.
func (x *Exchange) stall(sent string) {
	if x.S.cfg.OnStall != nil {
		x.S.cfg.OnStall(sent)
	}
	<-x.R.Context().Done()
}

// StallHeaders never answers.
func StallHeaders(x *Exchange) {
	x.stall("nothing")
	panic(http.ErrAbortHandler)
}

// half sends headers and the first half of the usual body.
func (x *Exchange) half() {
	a := x.Usual()
	a.Body.Truncate(a.Body.Len() / 2)
	x.Send(a)
	_ = http.NewResponseController(x.W).Flush() // the client may be gone
}

// StallBody sends half a body and then nothing.
func StallBody(x *Exchange) {
	x.half()
	x.stall("half")
	panic(http.ErrAbortHandler)
}

// Truncate sends half a body and closes the connection.
func Truncate(x *Exchange) {
	x.half()
	panic(http.ErrAbortHandler)
}

// ResetBody sends half a body and breaks the connection.
func ResetBody(x *Exchange) {
	x.half()
	Reset(x)
}

// Gzip sends the usual body compressed and in chunks, to clients that take it.
func Gzip(x *Exchange) {
	a := x.Usual()
	if x.R.Method == http.MethodHead || !strings.Contains(x.R.Header.Get("Accept-Encoding"), "gzip") {
		x.Send(a)
		return
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(a.Body.Bytes()) // to memory
	_ = z.Close()                  // to memory
	a.Header().Del("Content-Length")
	a.Header().Set("Content-Encoding", "gzip")
	a.Header().Set("Vary", "Accept-Encoding")
	a.Body.Reset()
	x.Send(a)
	flush := http.NewResponseController(x.W)
	for _, part := range [][]byte{b.Bytes()[:b.Len()/2], b.Bytes()[b.Len()/2:]} {
		_, _ = x.W.Write(part) // the client may be gone
		_ = flush.Flush()
	}
}

// IgnoreRange answers a request for a part with the whole file.
func IgnoreRange(x *Exchange) {
	x.R.Header.Del("Range")
	x.Next()
}

// EndlessFile answers a request for a part with the whole file, and goes on
// after its end until the client breaks the connection.
func EndlessFile(x *Exchange) {
	x.R.Header.Del("Range")
	Endless(x)
}

// Endless sends a body that does not end.
func Endless(x *Exchange) {
	a := x.Usual()
	a.Header().Del("Content-Length")
	x.Send(a)
	if x.R.Method == http.MethodHead {
		return
	}
	block := bytes.Repeat([]byte(" "), 1<<16)
	for x.R.Context().Err() == nil {
		if _, err := x.W.Write(block); err != nil {
			return
		}
	}
}
