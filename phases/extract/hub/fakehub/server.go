package fakehub

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says how a Server listens.
type Config struct {
	// Addr is the Hub's address; "" is a free port of 127.0.0.1.
	Addr string
	// TLS serves the Hub over https with a certificate of its own authority.
	TLS bool
	// OnRequest is called with every request before it is answered; may be nil.
	OnRequest func(Request)
	// OnStall is called when an answer stops on purpose, after what of it was
	// sent: "nothing" or "half"; may be nil.
	OnStall func(sent string)
	// OnAnswer is called after every answer, for a log on a terminal; may be nil.
	OnAnswer func(Request)
}

// Server is a running fake Hub: the Hub itself and a storage host.
type Server struct {
	// URL is the Hub's origin, http://127.0.0.1:PORT.
	URL string
	// StoreURL is the storage host's origin, http://localhost:PORT2.
	StoreURL string
	// SamehostURL is the storage host under the Hub's host name: another port only.
	SamehostURL string

	cfg     Config
	servers []*httptest.Server

	mu     sync.Mutex
	repos  map[string]*Repo
	tokens map[string]string // token -> account
	rules  []*Rule
	log    []Request
}

// Start runs a Server until Close.
func Start(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, repos: map[string]*Repo{}, tokens: map[string]string{}}
	addr := cfg.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	for _, origin := range []struct {
		name, addr string
		serve      http.HandlerFunc
	}{{"hub", addr, s.serveHub}, {"store", "127.0.0.1:0", s.serveStore}} {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", origin.addr)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listening for the fake %s: %w", origin.name, err), s.Close())
		}
		srv := &httptest.Server{Listener: l, Config: &http.Server{
			Handler:           s.logged(origin.name, origin.serve),
			ReadHeaderTimeout: time.Minute,
			ErrorLog:          log.New(io.Discard, "", 0), // connections are broken on purpose
		}}
		if cfg.TLS && origin.name == "hub" {
			srv.StartTLS()
		} else {
			srv.Start()
		}
		s.servers = append(s.servers, srv)
	}
	s.URL, s.SamehostURL = s.servers[0].URL, s.servers[1].URL
	s.StoreURL = strings.Replace(s.SamehostURL, "127.0.0.1", "localhost", 1)
	return s, nil
}

// Close stops both origins and breaks their connections. It does not wait for
// answers that never end.
func (s *Server) Close() error {
	var all error
	for _, srv := range s.servers {
		all = errors.Join(all, srv.Config.Close())
	}
	return all
}

// CAPEM is the certificate of a TLS server, for SSL_CERT_FILE; nil without TLS.
func (s *Server) CAPEM() []byte {
	c := s.servers[0].Certificate()
	if c == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// Add puts repositories on the Hub, in place of those of the same id.
func (s *Server) Add(repos ...*Repo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range repos {
		s.repos[r.key()] = r
	}
}

// Update changes a repository while the Server runs; that of a dataset is
// named datasets/ORG/NAME.
func (s *Server) Update(id string, change func(*Repo)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.repos[id]; r != nil {
		change(r)
	}
}

// AddToken makes a token valid.
func (s *Server) AddToken(token, account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = account
}

// On adds a rule; rules are tried in the order in which they were added.
func (s *Server) On(rules ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range rules {
		r := rules[i]
		s.rules = append(s.rules, &r)
	}
}

// ClearRules removes all rules.
func (s *Server) ClearRules() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Requests returns the log so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// ClearRequests empties the log.
func (s *Server) ClearRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = nil
}

// LogText is the log as golden files hold it: one line per request, ports
// replaced by names.
func (s *Server) LogText() string {
	var b strings.Builder
	for _, r := range s.Requests() {
		b.WriteString(s.Plain(r.String()))
		b.WriteByte('\n')
	}
	return b.String()
}

// Plain replaces the origins in text, whose ports differ from run to run.
func (s *Server) Plain(text string) string {
	return strings.NewReplacer(
		s.URL, "HUB", s.StoreURL, "STORE", s.SamehostURL, "SAMEHOST",
		strings.TrimPrefix(strings.TrimPrefix(s.URL, "https://"), "http://"), "HUBHOST",
	).Replace(text)
}

// Env are the variables that make a client use this Hub and a home of its own.
func (s *Server) Env(home string) []string {
	return []string{
		"HF_ENDPOINT=" + s.URL, "HF_HOME=" + home, "HF_TOKEN=", "HF_TOKEN_PATH=", "HF_HUB_CACHE=",
		"HUGGINGFACE_HUB_CACHE=", "HUGGING_FACE_HUB_TOKEN=", "HF_HUB_OFFLINE=", "TRANSFORMERS_OFFLINE=",
		"HF_HUB_DISABLE_XET=1", "HF_HUB_DISABLE_TELEMETRY=1",
		"HTTP_PROXY=", "HTTPS_PROXY=", "ALL_PROXY=", "http_proxy=", "https_proxy=", "all_proxy=",
	}
}

// logged records a request when its answer is known, in order of arrival.
func (s *Server) logged(origin string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry := Request{Origin: origin, Method: r.Method, URI: r.URL.RequestURI(), Host: r.Host, Header: r.Header.Clone()}
		s.mu.Lock()
		at := len(s.log)
		s.log = append(s.log, entry)
		s.mu.Unlock()
		if s.cfg.OnRequest != nil {
			s.cfg.OnRequest(entry)
		}
		rec := &recorder{ResponseWriter: w, note: func(status int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if at < len(s.log) && s.log[at].Status == 0 {
				s.log[at].Status = status
			}
		}}
		h.ServeHTTP(rec, r)
		if s.cfg.OnAnswer != nil {
			s.mu.Lock()
			entry = s.log[min(at, len(s.log)-1)]
			s.mu.Unlock()
			s.cfg.OnAnswer(entry)
		}
	})
}

// recorder notes the status of an answer before it is sent.
type recorder struct {
	http.ResponseWriter
	note func(int)
}

func (r *recorder) WriteHeader(status int) {
	r.note(status)
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.note(http.StatusOK)
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush and hijack.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
