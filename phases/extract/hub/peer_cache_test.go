package hub

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// shared are scenarios that end with a file in the cache.
func shared() []string {
	return []string{"good", "direct", "pull-request", "subfolder", "lfs", "renamed", "private-token", "bom", "gzip"}
}

// forShared runs a test for each of them, with and without symbolic links.
func forShared(t *testing.T, run func(t *testing.T, b *bench, sc fakehub.Scenario)) {
	for _, name := range shared() {
		for _, links := range []string{"links", "copies"} {
			t.Run(name+"/"+links, func(t *testing.T) {
				sc, ok := fakehub.Find(name)
				if !ok {
					t.Fatal("no such scenario")
				}
				b := newBench(t, sc)
				if links == "copies" {
					b.vars["HF_HUB_DISABLE_SYMLINKS"] = "1"
				}
				run(t, b, sc)
			})
		}
	}
}

// TestPeerReadsOurCache: Go fills, Python reads with the Hub gone.
func TestPeerReadsOurCache(t *testing.T) {
	p := startPeer(t)
	forShared(t, func(t *testing.T, b *bench, sc fakehub.Scenario) {
		p.t = t
		repo, revision, file := sc.Asks()
		f, err := b.client().Fetch(context.Background(), repo, revision, file)
		if err != nil {
			t.Fatal(err)
		}
		_ = b.s.Close()
		r := p.run(peerJob{Env: b.offlineEnv(sc), Repo: repo, Revision: revision, File: file, Scan: true})
		if r.Content != string(f.Bytes) {
			t.Errorf("Python read %q (%v %s)", r.Content, r.Error, r.Message)
		}
		if len(r.ScanWarnings) > 0 || len(r.Scan) != 1 {
			t.Errorf("Python's scan of the cache: %q, warnings %q", r.Scan, r.ScanWarnings)
		}
	})
}

// TestPeerFillsOurCache: Python fills, Go reads with the Hub gone.
func TestPeerFillsOurCache(t *testing.T) {
	p := startPeer(t)
	forShared(t, func(t *testing.T, b *bench, sc fakehub.Scenario) {
		p.t = t
		repo, revision, file := sc.Asks()
		env := b.peerEnv(b.vars["HF_HOME"], sc)
		env["HF_HUB_DISABLE_SYMLINKS"] = b.vars["HF_HUB_DISABLE_SYMLINKS"]
		r := p.run(peerJob{Env: env, Repo: repo, Revision: revision, File: file})
		if r.Error != nil {
			t.Fatalf("%v: %s", r.Error, r.Message)
		}
		_ = b.s.Close()
		b.opts.Offline = true
		c := b.client()
		f, err := c.Fetch(context.Background(), repo, revision, file)
		if err != nil {
			t.Fatal(err)
		}
		if string(f.Bytes) != r.Content || !strings.Contains(r.Path, f.Commit) {
			t.Errorf("read %q of %s, Python has %s", f.Bytes, f.Commit, r.Path)
		}
		if list := c.ListCached(); len(list) != 1 || list[0].ID != repo {
			t.Errorf("the list of the cache: %+v", list)
		}
	})
}

func (b *bench) offlineEnv(sc fakehub.Scenario) map[string]string {
	env := b.peerEnv(b.vars["HF_HOME"], sc)
	env["HF_HUB_OFFLINE"] = "1"
	return env
}

// TestPeerAbsence: what either client learned to be absent, the other knows.
func TestPeerAbsence(t *testing.T) {
	p := startPeer(t)
	sc, _ := fakehub.Find("no-entry")
	repo, revision, file := sc.Asks()
	t.Run("ours", func(t *testing.T) {
		p.t = t
		b := newBench(t, sc)
		_, err := b.client().Fetch(context.Background(), repo, revision, file)
		if err == nil {
			t.Fatal("found")
		}
		r := p.run(peerJob{Env: b.offlineEnv(sc), Repo: repo, Revision: revision, File: file, Scan: true})
		if r.Cached != "known to be absent" {
			t.Errorf("Python's cache says %q", r.Cached)
		}
	})
	t.Run("theirs", func(t *testing.T) {
		p.t = t
		b := newBench(t, sc)
		p.run(peerJob{Env: b.peerEnv(b.vars["HF_HOME"], sc), Repo: repo, Revision: revision, File: file})
		b.opts.Offline = true
		_, err := b.client().Fetch(context.Background(), repo, revision, file)
		if e, ok := err.(*EntryNotFoundError); !ok || !e.FromCache { //nolint:errorlint // the very type
			t.Errorf("offline: %v", err)
		}
	})
}

// TestPeerRepairsDamage: Python keeps content that does not have its hash; we
// do not believe it, and put the right one in its place.
func TestPeerRepairsDamage(t *testing.T) {
	p := startPeer(t)
	sc, _ := fakehub.Find("corrupt")
	b := newBench(t, sc)
	repo, revision, file := sc.Asks()
	r := p.run(peerJob{Env: b.peerEnv(b.vars["HF_HOME"], sc), Repo: repo, Revision: revision, File: file})
	if r.Error != nil || r.Content == fakehub.Demo {
		t.Fatalf("Python noticed: %v", r.Error)
	}
	if f, err := b.client().Cached(repo, revision, file); err == nil {
		t.Errorf("damaged content was believed: %s", f.Note)
	}
	b.s.ClearRules()
	f, err := b.client().Fetch(context.Background(), repo, revision, file)
	if err != nil || !f.Verified {
		t.Fatal(f, err)
	}
	r = p.run(peerJob{Env: b.offlineEnv(sc), Repo: repo, Revision: revision, File: file})
	if r.Content != fakehub.Demo {
		t.Errorf("Python still reads %q", r.Content)
	}
}

// TestPeerWaitsForOurLock: Python waits while we hold a blob's lock, and then
// uses the blob that we made.
func TestPeerWaitsForOurLock(t *testing.T) {
	p := startPeer(t)
	sc, _ := fakehub.Find("good")
	b := newBench(t, sc)
	repo, revision, file := sc.Asks()
	content := []byte(fakehub.Demo)
	etag := fakehub.File{Content: content}.ETag()
	c := b.client()
	release, err := c.cache.lock(context.Background(), repo, etag, func() {})
	if err != nil {
		t.Fatal(err)
	}
	waiting := filepath.Join(b.home, "waiting")
	done := make(chan peerResult)
	go func() {
		done <- p.run(peerJob{Env: b.peerEnv(b.vars["HF_HOME"], sc), Repo: repo, Revision: revision, File: file, TellSleep: waiting})
	}()
	for start := time.Now(); ; { // until Python says that it waits
		if _, err := os.Stat(waiting); err == nil {
			break
		}
		if time.Since(start) > time.Minute {
			t.Fatal("Python does not wait for the lock")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := c.cache.store(repo, "elsewhere", strings.Repeat("1", 40), file, etag, content); err != nil {
		t.Fatal(err)
	}
	release()
	if r := <-done; r.Content != fakehub.Demo {
		t.Errorf("Python: %v %s", r.Error, r.Message)
	}
	for _, r := range b.s.Requests() {
		if r.Method == "GET" {
			t.Errorf("Python downloaded what was there: %s", r)
		}
	}
}
