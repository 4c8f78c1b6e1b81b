package hub

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// fakeClock stands still until somebody sleeps or Advance is called.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[int]fakeTimer
	next   int
	slept  []time.Duration
}

type fakeTimer struct {
	at time.Time
	f  func()
}

func newFakeClock() *fakeClock {
	return &fakeClock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), timers: map[int]fakeTimer{}}
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.slept = append(c.slept, d)
	c.mu.Unlock()
	c.Advance(d)
	return context.Cause(ctx)
}

func (c *fakeClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.next
	c.next++
	c.timers[id] = fakeTimer{c.now.Add(d), f}
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, ok := c.timers[id]
		delete(c.timers, id)
		return ok
	}
}

// Advance moves the time on and runs the timers that are due, earliest first.
func (c *fakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []fakeTimer
	for id, t := range c.timers {
		if !t.at.After(c.now) {
			due = append(due, t)
			delete(c.timers, id)
		}
	}
	c.mu.Unlock()
	sort.Slice(due, func(i, j int) bool { return due[i].at.Before(due[j].at) })
	for _, t := range due {
		t.f()
	}
}

// bench is a fake Hub, a home and a Client for them.
type bench struct {
	t      testing.TB
	s      *fakehub.Server
	home   string
	vars   map[string]string
	clock  *fakeClock
	logs   *syncBuffer
	opts   Options
	gotAny chan struct{} // the client has part of a body
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newBench(t testing.TB, sc fakehub.Scenario) *bench {
	t.Helper()
	b := &bench{t: t, home: t.TempDir(), clock: newFakeClock(), logs: &syncBuffer{}, gotAny: make(chan struct{}, 1000)}
	s, err := fakehub.Start(fakehub.Config{TLS: sc.TLS, OnStall: func(sent string) {
		if sent == "half" {
			<-b.gotAny
		}
		b.clock.Advance(10 * time.Second)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	b.s = s
	sc.Prepare(s)
	b.vars = map[string]string{"HF_ENDPOINT": s.URL, "HF_HOME": filepath.Join(b.home, "hf"), "HF_TOKEN": sc.Token}
	if pem := s.CAPEM(); pem != nil {
		b.vars["SSL_CERT_FILE"] = filepath.Join(b.home, "ca.pem")
		if err := os.WriteFile(b.vars["SSL_CERT_FILE"], pem, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.opts = Options{
		Home: b.home, Version: "1.0", Clock: b.clock, Jitter: func() float64 { return 0.5 },
		Getenv: func(name string) string { return b.vars[name] },
		Logger: slog.New(slog.NewTextHandler(b.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Progress: func(p Progress) {
			if p.Stage == StageDownload && p.Done > 0 {
				select {
				case b.gotAny <- struct{}{}:
				default:
				}
			}
		},
	}
	return b
}

func (b *bench) client() *Client {
	c := New(b.opts)
	b.t.Cleanup(c.Close)
	return c
}

func (b *bench) root() string { return filepath.Join(b.home, "hf", "hub") }

// tree lists the files below a cache root, links with their targets, contents
// of refs; temporary probes never remain.
func tree(t testing.TB, root string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		line := rel
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(path)
			line += " -> " + filepath.ToSlash(target)
		case strings.Contains(rel, "/refs/"):
			data, _ := os.ReadFile(path)
			line += fmt.Sprintf(" %q", data)
		case strings.HasPrefix(rel, ".locks/") || strings.Contains(rel, "/.no_exist/"):
			if info, _ := d.Info(); info.Size() != 0 {
				line += " NOT EMPTY"
			}
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n") + "\n"
}

// outcome writes a result as a user would get to read it.
func outcome(f *File, err error) string {
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
		if he, ok := err.(Error); ok { //nolint:errorlint // the tests want the very type
			fmt.Fprintf(&b, "kind: %s, exit %d\nhint: %s\n", he.Kind(), he.ExitCode(), he.Hint())
		}
		return b.String()
	}
	fmt.Fprintf(&b, "file: %d bytes, from %s, verified %t\nnote: %s\n", len(f.Bytes), f.From, f.Verified, f.Note)
	if f.RepoID != f.AskedID {
		fmt.Fprintf(&b, "repo: %s\n", f.RepoID)
	}
	for _, w := range f.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	for _, r := range f.Retries {
		fmt.Fprintf(&b, "retry: %s\n", r)
	}
	return b.String()
}
