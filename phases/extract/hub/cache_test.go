package hub

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// filled makes a bench whose cache has main of DemoRepo, and moves the Hub's
// main on when moved is set.
func filled(t *testing.T, moved bool) (b *bench, old *File) {
	t.Helper()
	sc, _ := fakehub.Find("good")
	b = newBench(t, sc)
	old, err := b.client().Fetch(context.Background(), fakehub.DemoRepo, "main", "config.json")
	if err != nil {
		t.Fatal(err)
	}
	if moved {
		b.s.Update(fakehub.DemoRepo, func(r *fakehub.Repo) {
			r.Old = append(r.Old, r.Refs["main"])
			r.Refs["main"] = fakehub.NewCommit(map[string]fakehub.File{"config.json": {Content: []byte(newContent)}})
		})
	}
	b.s.ClearRequests()
	return b, old
}

var newContent = strings.Replace(fakehub.Demo, "512", "1024", 1)

func (b *bench) fetch(c *Client) (*File, error) {
	return c.Fetch(context.Background(), fakehub.DemoRepo, "main", "config.json")
}

func TestCachedAndUnchanged(t *testing.T) {
	b, old := filled(t, false)
	f, err := b.fetch(b.client())
	if err != nil || f.From != FromCache || !f.Verified || string(f.Bytes) != string(old.Bytes) {
		t.Fatalf("%+v %v", f, err)
	}
	for _, r := range b.s.Requests() {
		if r.Method != http.MethodHead {
			t.Errorf("unchanged, yet %s", r)
		}
	}
	if !strings.HasPrefix(f.Note, "from the cache, commit 0c35d9a, fetched 20") || !strings.HasSuffix(f.Note, ", verified") {
		t.Errorf("note: %s", f.Note)
	}
}

func TestExactCommitNeedsNoNetwork(t *testing.T) {
	b, old := filled(t, true)
	f, err := b.client().Fetch(context.Background(), fakehub.DemoRepo, old.Commit, "config.json")
	if err != nil || !f.Verified || f.From != FromCache || len(b.s.Requests()) != 0 {
		t.Errorf("%+v %v, %d requests", f, err, len(b.s.Requests()))
	}
	// Only full lowercase commits are exact: a short one asks the Hub.
	f, err = b.client().Fetch(context.Background(), fakehub.DemoRepo, old.Commit[:10], "config.json")
	if err != nil || f.Commit != old.Commit || len(b.s.Requests()) == 0 {
		t.Errorf("%+v %v, %d requests", f, err, len(b.s.Requests()))
	}
}

// TestFallback: which failures a cached copy stands in for, and what is said.
func TestFallback(t *testing.T) {
	const cacheNote = "from the cache, commit 0c35d9a, fetched DAY, not verified: "
	for _, tc := range []struct {
		name, token string
		rule        fakehub.Rule
		note        string // after cacheNote; "" for an error
	}{
		{name: "500", rule: fakehub.Rule{Do: fakehub.Refuse(500, "", "")}, note: "HUB answers 500 Internal Server Error [request Root=1-fake]"},
		{name: "reset", rule: fakehub.Rule{Do: fakehub.Reset}, note: "the connection to HUB broke: connection reset"},
		{name: "timeout", rule: fakehub.Rule{Do: fakehub.StallHeaders}, note: "HUB sent no answer for 10 s"},
		{name: "401", rule: fakehub.Rule{Do: fakehub.Refuse(401, "", "")}, note: "acme/tiny-llm does not exist on HUB, or it is private [request Root=1-fake]"},
		{name: "gated", rule: fakehub.Rule{Do: fakehub.Refuse(401, "GatedRepo", "")}, note: "acme/tiny-llm is gated and no token was sent [request Root=1-fake]"},
		{name: "429", rule: fakehub.Rule{Do: fakehub.Refuse(429, "", "")}, note: "the Hub's rate limit is used up [request Root=1-fake]"},
		{name: "html", rule: fakehub.Rule{Do: fakehub.HTML}, note: "HUB does not answer like a HuggingFace Hub: it sends a web page without an X-Repo-Commit header"},
		{name: "get", rule: fakehub.Rule{Method: "GET", Do: fakehub.Truncate}, note: "the connection to HUB broke: it was closed too early"},
		{name: "revision", rule: fakehub.Rule{Do: fakehub.Refuse(404, "RevisionNotFound", "")}},
		{name: "entry", rule: fakehub.Rule{Do: fakehub.Refuse(404, "EntryNotFound", "")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, old := filled(t, true)
			b.s.On(tc.rule)
			f, err := b.fetch(b.client())
			if tc.note == "" {
				if err == nil {
					t.Errorf("a cached copy stood in: %s", f.Note)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Replace(cacheNote, "DAY", time.Now().UTC().Format("2006-01-02"), 1) + tc.note
			if got := b.s.Plain(f.Note); got != want {
				t.Errorf("note %q, want %q", got, want)
			}
			if f.Verified || f.Commit != old.Commit || len(f.Warnings) != 1 ||
				!strings.Contains(b.s.Plain(f.Warnings[0]), tc.note+"; the cached copy is used. ") {
				t.Errorf("%+v", f)
			}
			heads := 0
			for _, r := range b.s.Requests() {
				if r.Method == "HEAD" && strings.Contains(r.URI, "/resolve/main/") {
					heads++
				}
			}
			if heads != 1 {
				t.Errorf("%d HEADs although a copy is at hand", heads)
			}
			b.opts.Offline = true // the older copy is still what offline readers get
			if f, err := b.fetch(b.client()); err != nil || f.Commit != old.Commit {
				t.Errorf("offline afterwards: %v %v", f, err)
			}
		})
	}
}

func TestOffline(t *testing.T) {
	b, old := filled(t, false)
	_ = b.s.Close()
	for name, vars := range map[string]map[string]string{
		"HF_HUB_OFFLINE=1":         {"HF_HUB_OFFLINE": "1"},
		"TRANSFORMERS_OFFLINE=yes": {"TRANSFORMERS_OFFLINE": "yes"},
	} {
		c := New(Options{Home: b.home, Getenv: func(n string) string {
			if v, ok := vars[n]; ok {
				return v
			}
			return b.vars[n]
		}})
		f, err := b.fetch(c)
		if err != nil || f.Verified || !strings.HasSuffix(f.Note, ", not verified: "+name) {
			t.Errorf("%s: %+v %v", name, f, err)
		}
		_, err = c.Fetch(context.Background(), fakehub.DemoRepo, "v9", "config.json")
		want := "config.json of acme/tiny-llm@v9 is not in the cache and the network is off (" + name + ")"
		var off *OfflineError
		if !errors.As(err, &off) || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		} else if hint := "The cache has it for commit " + old.Commit + ": name one with --revision, or go online."; off.Hint() != hint {
			t.Errorf("hint %q", off.Hint())
		}
	}
}

// TestRefsByHand: refs with a trailing newline, refs to names made by hand,
// refs that try to leave the cache.
func TestRefsByHand(t *testing.T) {
	b, old := filled(t, false)
	repo := filepath.Join(b.root(), "models--acme--tiny-llm")
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(repo, "refs", "newline"), old.Commit+"\n")
	write(filepath.Join(repo, "refs", "hand"), "local")
	write(filepath.Join(repo, "snapshots", "local", "config.json"), `{"by": "hand"}`)
	write(filepath.Join(repo, "refs", "evil"), "../../../outside")
	write(filepath.Join(b.root(), "..", "outside", "config.json"), `{"evil": 1}`)
	write(filepath.Join(repo, "refs", "huge"), strings.Repeat("a", 5000))
	b.opts.Offline = true
	c := b.client()
	for rev, want := range map[string]string{"newline": fakehub.Demo, "hand": `{"by": "hand"}`, "evil": "", "huge": ""} {
		f, err := c.Fetch(context.Background(), fakehub.DemoRepo, rev, "config.json")
		switch {
		case want == "" && err == nil:
			t.Errorf("%s: read %q", rev, f.Bytes)
		case want != "" && (err != nil || string(f.Bytes) != want):
			t.Errorf("%s: %v %v", rev, f, err)
		}
	}
}

func TestDanglingLinkIsAbsent(t *testing.T) {
	b, old := filled(t, false)
	blob := filepath.Join(b.root(), "models--acme--tiny-llm", "blobs", old.ETag)
	if err := os.Remove(blob); err != nil {
		t.Fatal(err)
	}
	b.opts.Offline = true
	if f, err := b.fetch(b.client()); err == nil {
		t.Errorf("read through a dangling link: %+v", f)
	}
	b.opts.Offline = false
	if f, err := b.fetch(b.client()); err != nil || f.From != FromHub {
		t.Errorf("%v %v", f, err)
	}
	if _, err := os.Stat(blob); err != nil {
		t.Error("the blob was not put back:", err)
	}
}

func TestReadOnlyCache(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		b, _ := filled(t, true)
		// Root writes anywhere: a file in the folder's place has the same effect.
		snapshots := filepath.Join(b.root(), "models--acme--tiny-llm", "blobs")
		if err := os.RemoveAll(snapshots); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(snapshots, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		checkUncached(t, b)
		return
	}
	b, _ := filled(t, true)
	dir := filepath.Join(b.root(), "models--acme--tiny-llm", "blobs")
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	checkUncached(t, b)
}

func checkUncached(t *testing.T, b *bench) {
	t.Helper()
	f, err := b.fetch(b.client())
	if err != nil || !f.Verified || string(f.Bytes) != newContent {
		t.Fatalf("%+v %v", f, err)
	}
	if len(f.Warnings) != 1 || !strings.HasPrefix(f.Warnings[0], "the file is not cached: ") {
		t.Errorf("warnings %q", f.Warnings)
	}
}

// TestSameBlobTwice: a second commit with the same content is linked, not downloaded.
func TestSameBlobTwice(t *testing.T) {
	b, _ := filled(t, false)
	b.s.Update(fakehub.DemoRepo, func(r *fakehub.Repo) {
		files := map[string]fakehub.File{"config.json": {Content: []byte(fakehub.Demo)}, "new.txt": {}}
		r.Refs["main"] = fakehub.NewCommit(files)
	})
	f, err := b.fetch(b.client())
	if err != nil || !f.Verified || f.From != FromCache {
		t.Fatalf("%+v %v", f, err)
	}
	for _, r := range b.s.Requests() {
		if r.Method == "GET" {
			t.Errorf("downloaded again: %s", r)
		}
	}
	if commits, _ := b.client().cache.commits(fakehub.DemoRepo, "config.json"); len(commits) != 2 {
		t.Errorf("commits %v", commits)
	}
}

func TestAbsentExactCommit(t *testing.T) {
	sc, _ := fakehub.Find("no-entry")
	b := newBench(t, sc)
	c := b.client()
	repo, _, file := sc.Asks()
	_, err := c.Fetch(context.Background(), repo, "main", file)
	var missing *EntryNotFoundError
	if !errors.As(err, &missing) || missing.FromCache {
		t.Fatal(err)
	}
	before := len(b.s.Requests())
	_, err = c.Fetch(context.Background(), repo, missing.Commit, file)
	if !errors.As(err, &missing) || !missing.FromCache || len(b.s.Requests()) != before {
		t.Errorf("%v, %d requests more", err, len(b.s.Requests())-before)
	}
	// A branch may have got the file since: it is asked again.
	if _, err = c.Fetch(context.Background(), repo, "main", file); err == nil || len(b.s.Requests()) == before {
		t.Errorf("%v, %d requests", err, len(b.s.Requests()))
	}
}

// TestAbsenceKeepsOlderSnapshot: a missing file of a newer commit does not take
// the older commit's files away from offline readers.
func TestAbsenceKeepsOlderSnapshot(t *testing.T) {
	b, old := filled(t, true)
	c := b.client()
	if _, err := c.Fetch(context.Background(), fakehub.DemoRepo, "main", "generation_config.json"); err == nil {
		t.Fatal("found")
	}
	if f, err := c.Cached(fakehub.DemoRepo, "main", "config.json"); err != nil || f.Commit != old.Commit {
		t.Errorf("%v %v", f, err)
	}
}

func TestUnwritableLockFolder(t *testing.T) {
	sc, _ := fakehub.Find("good")
	b := newBench(t, sc)
	if err := os.MkdirAll(b.root(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.root(), ".locks"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := b.fetch(b.client()); err != nil || !f.Verified {
		t.Errorf("%+v %v", f, err)
	}
}

// TestLockHeld: another process that never lets go costs five seconds, no more.
func TestLockHeld(t *testing.T) {
	sc, _ := fakehub.Find("good")
	b := newBench(t, sc)
	other := b.client()
	etag := fakehub.File{Content: []byte(fakehub.Demo)}.ETag()
	release, err := other.cache.lock(context.Background(), fakehub.DemoRepo, etag, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	var stages []string
	b.opts.Progress = func(p Progress) { stages = append(stages, p.Stage) }
	f, err := b.fetch(b.client())
	if err != nil || !f.Verified {
		t.Fatalf("%+v %v", f, err)
	}
	var total time.Duration
	for _, d := range b.clock.slept {
		total += d
	}
	if total != lockWait {
		t.Errorf("waited %s", total)
	}
	if want := "ask lock download download done"; strings.Join(stages, " ") != want && strings.Join(stages, " ") != "ask lock download done" {
		t.Errorf("stages %v", stages)
	}
}
