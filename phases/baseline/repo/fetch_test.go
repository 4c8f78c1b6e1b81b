package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// eachServer runs a test against every way in which a remote can serve.
func eachServer(t *testing.T, f func(t *testing.T, up, url string)) {
	for _, c := range []struct {
		name           string
		http           bool
		filter, single bool
	}{
		{"file", false, true, true},
		{"file, no filter", false, false, false},
		{"file, filter but no single files", false, true, false},
		{"http", true, true, true},
		{"http, no filter", true, false, false},
		{"http, filter but no single files", true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := newUpstream(t)
			git(t, up, "config", "uploadpack.allowFilter", fmt.Sprint(c.filter))
			git(t, up, "config", "uploadpack.allowAnySHA1InWant", fmt.Sprint(c.single))
			url := "file://" + up
			if c.http {
				url = gitServer(t, filepath.Dir(up), nil).URL + "/upstream/.git"
			}
			f(t, up, url)
		})
	}
}

func TestFetch(t *testing.T) {
	eachServer(t, func(t *testing.T, up, url string) {
		o := options(t, url)
		s := open(t, o)
		head := git(t, up, "rev-parse", "HEAD")
		if hash, date := s.Commit(); hash != head || date != testDate {
			t.Errorf("commit %q %q, want %q", hash, date, head)
		}
		if s.origin != OriginFetched || s.Kind() != KindClone || !strings.Contains(s.Notes()[0], "main") {
			t.Errorf("%q %q", s.origin, s.Notes())
		}
		if text := read(t, s, model(0)); text != "class Second: pass\n" {
			t.Errorf("read %q", text)
		}
		all := paths(t, s, ".")
		for _, name := range []string{"README.md", "docs/llama.py", "python/sglang/srt/lora/lora.py", "python/sglang/srt/layers/moe/tuned.json"} {
			if slices.Contains(all, name) {
				t.Errorf("%s is not wanted, but listed", name)
			}
		}
		if len(all) != 12+8 {
			t.Errorf("%d files: %q", len(all), all)
		}
		checkUpdate(t, o, up)
		if left := unfinished(t, filepath.Dir(o.CacheDir)); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
		if out, err := tryGit(t, s.Dir(), "fsck", "--connectivity-only"); err != nil {
			t.Errorf("git does not like the copy: %s", out)
		}
	})
}

// checkUpdate moves the remote on, and back to an older content (which a
// shallow fetch loses), and looks at the copy each time.
func checkUpdate(t *testing.T, o Options, up string) {
	t.Helper()
	for i, text := range []string{"class Third: pass\n", sglangFiles()[model(0)], "class Third: pass\n"} {
		writeFiles(t, up, map[string]string{model(0): text, model(20 + i): "class New: pass\n"})
		head := commitAll(t, up, "more")
		git(t, up, "repack", "-adq", "--write-bitmap-index")
		old := o
		old.Offline = true
		if hash, _ := open(t, old).Commit(); hash == head {
			t.Error("an offline run has seen the remote")
		}
		s := open(t, o)
		if hash, _ := s.Commit(); hash != head {
			t.Errorf("commit %s, want %s", hash, head)
		}
		if got := read(t, s, model(0)); got != text {
			t.Errorf("read %q, want %q", got, text)
		}
		for n := range 12 {
			_ = read(t, s, model(n))
		}
	}
}

func TestFetchRefs(t *testing.T) {
	eachServer(t, func(t *testing.T, up, url string) {
		first, second := git(t, up, "rev-parse", "HEAD~1"), git(t, up, "rev-parse", "HEAD")
		o := options(t, url)
		for ref, want := range map[string]string{"": second, "HEAD": second, "main": second, "refs/heads/main": second, "origin/main": second, "v0.5.1": first, "v0.5.2": second,
			"release/v0.5": first, first: first, first[:10]: first, second: second} {
			o.Ref = ref
			if hash, _ := open(t, o).Commit(); hash != want {
				t.Errorf("%q is %s, want %s", ref, hash, want)
			}
			o.Offline = true
			if hash, _ := open(t, o).Commit(); hash != want {
				t.Errorf("offline, %q is %s, want %s", ref, hash, want)
			}
			o.Offline = false
		}
		for _, ref := range []string{"mian", "v0.5.9", strings.Repeat("1", 40), "1111111"} {
			o.Ref = ref
			_, err := Open(context.Background(), o)
			if !errors.Is(err, ErrRefNotFound) || errors.Is(err, ErrNone) {
				t.Errorf("%q: %v", ref, err)
			}
			var e *Error
			if ref == "mian" && (!errors.As(err, &e) || !slices.Equal(e.Nearest, []string{"main"})) {
				t.Errorf("nearest to %q: %v", ref, err)
			}
		}
		if left := unfinished(t, filepath.Dir(o.CacheDir)); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	})
}

// TestUpdateIsSmall: only what changed comes again.
func TestUpdateIsSmall(t *testing.T) {
	up := newUpstream(t)
	big := bytes.NewBuffer(nil)
	for i := range 40_000 {
		fmt.Fprintf(big, "x%d = %d\n", i, i*2654435761%999983)
	}
	writeFiles(t, up, map[string]string{model(3): big.String()})
	commitAll(t, up, "big")
	var received atomic.Int64
	o := options(t, up)
	o.Progress = func(p Progress) { received.Store(p.Bytes) }
	_ = open(t, o)
	full := received.Load()
	writeFiles(t, up, map[string]string{model(4): "class New: pass\n"})
	commitAll(t, up, "small")
	_ = open(t, o)
	if small := received.Load(); small > full/10 || full < 50_000 {
		t.Errorf("first %d bytes, update %d bytes", full, small)
	}
}

// TestMaxAge: within it the remote is left alone; a commit named by its hash
// never moves.
func TestMaxAge(t *testing.T) {
	up := newUpstream(t)
	var requests atomic.Int64
	server := gitServer(t, filepath.Dir(up), func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { requests.Add(1); h.ServeHTTP(w, r) })
	})
	o := options(t, server.URL+"/upstream/.git")
	o.MaxAge = time.Hour
	now := time.Now()
	o.tune.now = func() time.Time { return now }
	count := func() int64 { _ = open(t, o); return requests.Swap(0) }
	if n := count(); n != 3 {
		t.Errorf("a first fetch made %d requests, want 3", n)
	}
	if n := count(); n != 0 {
		t.Errorf("%d requests within MaxAge", n)
	}
	now = now.Add(2 * time.Hour)
	if n := count(); n != 1 {
		t.Errorf("%d requests for a look at a remote that stands still, want 1", n)
	}
	if n := count(); n != 0 {
		t.Errorf("%d requests right after it", n)
	}
	o.Ref = git(t, up, "rev-parse", "HEAD")
	now = now.Add(20000 * time.Hour)
	if n := count(); n != 0 {
		t.Errorf("%d requests for a commit that is there", n)
	}
}

func TestGivenPathIsFetchedInto(t *testing.T) {
	up := newUpstream(t)
	o := options(t, up)
	o.Path = "deep/er/sglang"
	dir := filepath.Join(o.WorkDir, "deep/er/sglang")

	o.Offline = true
	if _, err := Open(context.Background(), o); !errors.Is(err, ErrOffline) || !errors.Is(err, ErrNone) {
		t.Errorf("offline: %v", err)
	}
	o.Offline = false
	bad := o
	bad.URL = up + "-gone"
	if _, err := Open(context.Background(), bad); !errors.Is(err, ErrNone) || !errors.Is(err, ErrRemoteNotFound) {
		t.Errorf("remote gone: %v", err)
	}
	if _, err := os.Stat(filepath.Join(o.WorkDir, "deep")); !errors.Is(err, os.ErrNotExist) {
		t.Error("a failed fetch left directories behind")
	}
	if s := open(t, o); s.Dir() != dir {
		t.Errorf("fetched into %s", s.Dir())
	}
	writeFiles(t, up, map[string]string{model(0): "class Third: pass\n"})
	commitAll(t, up, "third")
	if text := read(t, open(t, o), model(0)); text != "class Third: pass\n" {
		t.Errorf("our copy at --sglang-path was not updated: %q", text)
	}
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the copy: %v %v", entries, err)
	}
	// An empty directory is as good as none.
	o.Path = t.TempDir()
	_ = open(t, o)
}

func TestRemoteGoneWithCopy(t *testing.T) {
	up := newUpstream(t)
	o := options(t, up)
	_ = open(t, o)
	if err := os.Rename(up, up+".away"); err != nil {
		t.Fatal(err)
	}
	s := open(t, o)
	if notes := strings.Join(s.Notes(), "\n"); !strings.Contains(notes, "could not be updated") {
		t.Errorf("notes %q", notes)
	}
	_ = read(t, s, model(0))
	o.Ref = "v0.5.1"
	if _, err := Open(context.Background(), o); !errors.Is(err, ErrNone) {
		t.Errorf("a ref that the copy lacks: %v", err)
	}
}

func TestRemoteIsNotSGLang(t *testing.T) {
	needGit(t)
	up := filepath.Join(t.TempDir(), "up")
	o := options(t, up)
	check := func(name string, want error, none bool) {
		t.Helper()
		_, err := Open(context.Background(), o)
		if !errors.Is(err, want) || errors.Is(err, ErrNone) != none {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if left := unfinished(t, filepath.Dir(o.CacheDir)); len(left) > 0 {
			t.Errorf("%s left behind %q", name, left)
		}
	}
	check("nothing there", ErrRemoteNotFound, true)
	git(t, ".", "init", "-q", "-b", "main", up)
	check("empty", ErrRemoteNotFound, true)
	writeFiles(t, up, map[string]string{"a/b.py": ""})
	commitAll(t, up, "x")
	serve(t, up, true)
	check("another repository", ErrNotSGLang, false)
	for url, want := range map[string]error{"ssh://git@example.org/x": ErrURL, "git@example.org:x/y.git": ErrURL, "--upload-pack=touch x": ErrURL, "ftp://example.org": ErrURL, "git://example.org/x": ErrURL} {
		o.URL = url
		check(url, want, false)
	}
}

func TestDamagedCopyHeals(t *testing.T) {
	up := newUpstream(t)
	o := options(t, up)
	o.MaxAge = time.Hour
	s := open(t, o)
	_ = s.Close()
	damage := map[string]func() error{
		"no packs":    func() error { return os.RemoveAll(filepath.Join(s.Dir(), "objects", "pack")) },
		"no HEAD":     func() error { return os.Remove(filepath.Join(s.Dir(), "HEAD")) },
		"no marker":   func() error { return os.Remove(filepath.Join(s.Dir(), stateFile)) },
		"wrong state": func() error { return os.WriteFile(filepath.Join(s.Dir(), stateFile), []byte("{"), 0o644) },
		"wrong commit": func() error {
			state, err := os.ReadFile(filepath.Join(s.Dir(), stateFile))
			if err != nil {
				return err
			}
			head := git(t, up, "rev-parse", "HEAD")
			return os.WriteFile(filepath.Join(s.Dir(), stateFile), bytes.ReplaceAll(state, []byte(head), []byte(strings.Repeat("2", 40))), 0o644)
		},
	}
	for _, name := range slices.Sorted(maps.Keys(damage)) {
		if err := damage[name](); err != nil {
			t.Fatal(err)
		}
		healed, err := Open(context.Background(), o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = read(t, healed, model(0))
		_ = healed.Close()
	}
}

// TestReplace: after many updates the copy is made anew, but not under a
// reader.
func TestReplace(t *testing.T) {
	up := newUpstream(t)
	o := options(t, up)
	o.tune.maxPacks = 4
	reader := open(t, o)
	for i := range 4 {
		writeFiles(t, up, map[string]string{model(1): fmt.Sprintf("x = %d\n", i)})
		commitAll(t, up, "more")
		s := open(t, o)
		if text := read(t, s, model(1)); text != fmt.Sprintf("x = %d\n", i) {
			t.Errorf("read %q", text)
		}
		if text := read(t, reader, model(0)); text != "class Second: pass\n" {
			t.Errorf("the first reader reads %q", text)
		}
		_ = s.Close()
	}
	if n := len(packFiles(reader.Dir(), ".pack")); n <= 4 {
		t.Errorf("%d packs: replaced under a reader", n)
	}
	_ = reader.Close()
	writeFiles(t, up, map[string]string{model(1): "x = 9\n"})
	commitAll(t, up, "more")
	s := open(t, o)
	if text := read(t, s, model(1)); text != "x = 9\n" || len(packFiles(s.Dir(), ".pack")) > 2 {
		t.Errorf("read %q, %d packs", text, len(packFiles(s.Dir(), ".pack")))
	}
}

func TestConcurrentOpen(t *testing.T) {
	eachServer(t, func(t *testing.T, _, url string) {
		o := options(t, url)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := Open(context.Background(), o)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := s.ReadFile(model(0)); err != nil {
					t.Error(err)
				}
				_ = s.Close()
			})
		}
		wg.Wait()
		if left := unfinished(t, filepath.Dir(o.CacheDir)); len(left) > 0 {
			t.Errorf("left behind %q", left)
		}
	})
}
