package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// faulty stands before git and fails in some way for the first requests.
type faulty struct {
	next http.Handler
	left atomic.Int64
	fail func(w http.ResponseWriter, r *http.Request, next http.Handler)
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.left.Add(-1) >= 0 {
		f.fail(w, r, f.next)
		return
	}
	f.next.ServeHTTP(w, r)
}

func status(code int) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { http.Error(w, "secret page", code) }
}

// cut answers rightly and ends in the middle.
func cut(w http.ResponseWriter, r *http.Request, next http.Handler) {
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body[:len(body)*2/3])
	panic(http.ErrAbortHandler)
}

// garble answers with one byte wrong.
func garble(w http.ResponseWriter, r *http.Request, next http.Handler) {
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	if len(body) > 0 {
		body[len(body)*3/4] ^= 0x20
	}
	w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
	_, _ = w.Write(body)
}

func TestFaultyServer(t *testing.T) {
	up := newUpstream(t)
	for _, c := range []struct {
		name  string
		times int64
		fail  func(http.ResponseWriter, *http.Request, http.Handler)
		want  error // nil: it works in the end
	}{
		{"unavailable at first", 2, status(503), nil},
		{"too many requests at first", 1, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(429)
		}, nil},
		{"cut at first", 3, cut, nil},
		{"unavailable", 1000, status(500), ErrNetwork},
		{"cut", 1000, cut, ErrNetwork},
		{"login", 1000, status(401), ErrAuth},
		{"forbidden", 1000, status(403), ErrAuth},
		{"not found", 1000, status(404), ErrRemoteNotFound},
		{"a web page", 1000, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			_, _ = io.WriteString(w, "<html>hello</html>")
		}, ErrNetwork},
		{"an endless page", 1000, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			line := []byte(strings.Repeat("0032want\n", 10))
			for {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}, ErrNetwork},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &faulty{fail: c.fail}
			f.left.Store(c.times)
			server := gitServer(t, filepath.Dir(up), func(h http.Handler) http.Handler { f.next = h; return f })
			var log bytes.Buffer
			o := options(t, strings.Replace(server.URL, "http://", "http://user:hunter2@", 1)+"/upstream/.git")
			o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			o.Progress = func(p Progress) { log.WriteString(p.Message) }
			s, err := Open(context.Background(), o)
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				_ = read(t, s, model(0))
				log.WriteString(strings.Join(s.Notes(), " "))
				state, _ := os.ReadFile(filepath.Join(s.Dir(), stateFile))
				config, _ := os.ReadFile(filepath.Join(s.Dir(), "config"))
				log.Write(append(state, config...))
			} else {
				if !errors.Is(err, c.want) || !errors.Is(err, ErrNone) {
					t.Fatalf("got %v, want %v", err, c.want)
				}
				log.WriteString(err.Error())
			}
			if strings.Contains(log.String(), "hunter2") {
				t.Errorf("the password is in what people read:\n%s", log.String())
			}
			if left := unfinished(t, filepath.Dir(o.CacheDir)); len(left) > 0 {
				t.Errorf("left behind %q", left)
			}
		})
	}
}

// TestGarbledAnswers: one wrong byte in any answer never makes a wrong file.
func TestGarbledAnswers(t *testing.T) {
	up := newUpstream(t)
	for at := range 3 {
		server := gitServer(t, filepath.Dir(up), func(h http.Handler) http.Handler {
			n := 0
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if n++; n == at+1 {
					garble(w, r, h)
					return
				}
				h.ServeHTTP(w, r)
			})
		})
		o := options(t, server.URL+"/upstream/.git")
		s, err := Open(context.Background(), o)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Errorf("answer %d: untyped %v", at, err)
			}
			continue
		}
		if text := read(t, s, model(0)); text != "class Second: pass\n" {
			t.Errorf("answer %d: read %q", at, text)
		}
		_ = s.Close()
	}
}

func TestStall(t *testing.T) {
	up := newUpstream(t)
	release := make(chan struct{})
	server := gitServer(t, filepath.Dir(up), func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusOK)
				w.(http.Flusher).Flush()
				select {
				case <-release:
				case <-r.Context().Done():
				}
				return
			}
			h.ServeHTTP(w, r)
		})
	})
	defer close(release)
	o := options(t, server.URL+"/upstream/.git")
	o.tune.stall = 100 * time.Millisecond // with all its tries: silence is not tried again
	if _, err := Open(context.Background(), o); !errors.Is(err, ErrNetwork) || !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "no data") {
		t.Errorf("got %v", err)
	}
}

// TestSilentRemote: a remote that takes the connection and says nothing is
// waited for once, whether there is a copy or not.
func TestSilentRemote(t *testing.T) {
	var asked atomic.Int32
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(release)
	o := options(t, server.URL+"/sglang.git")
	o.tune.checkBudget = 100 * time.Millisecond
	_, err := Open(context.Background(), o)
	if !errors.Is(err, ErrNetwork) || !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "no answer within 100ms") || asked.Load() != 1 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
	if tune := defaultTuning(); tune.checkBudget+tune.stall > time.Minute {
		t.Errorf("a silent remote is waited for %s", tune.checkBudget+tune.stall)
	}
}

// TestTooLargeDownload: a remote that sends without end is cut off, and its
// process does not keep us.
func TestTooLargeDownload(t *testing.T) {
	eachServer(t, func(t *testing.T, up, url string) {
		noise := make([]byte, 2<<20) // more than any pipe holds
		_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
		writeFiles(t, up, map[string]string{model(3): fmt.Sprintf("x = %x\n", noise)})
		commitAll(t, up, "noise")
		o := options(t, url)
		o.tune.maxPack = 50_000
		if _, err := Open(context.Background(), o); !errors.Is(err, ErrTooLarge) || !errors.Is(err, ErrNone) {
			t.Errorf("got %v", err)
		}
	})
}
