package phases

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// TestRefreshDataset: the Hub is asked for its list once an hour, only for the
// commit while nothing changed, and not again and again when it does not
// answer; what is at hand is used until then, and says what it is.
func TestRefreshDataset(t *testing.T) {
	s, err := fakehub.Start(fakehub.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	fakehub.Populate(s)
	home := t.TempDir()
	vars := map[string]string{}
	for _, pair := range s.Env(home) {
		name, value, _ := strings.Cut(pair, "=")
		vars[name] = value
	}
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	cache := filepath.Join(home, "fib-ls")
	env := func(offline bool) *Env { // as each run makes its own
		e := &Env{Getenv: func(name string) string { return vars[name] }, WorkDir: home, CacheDir: cache, Now: func() time.Time { return now }}
		e.ConnectHub("test", offline, 0)
		return e
	}
	// ask refreshes, and says how many requests that took, which list is used
	// and whether it has two names.
	ask := func(offline bool) (requests int, listed string, has, hasNew bool) {
		t.Helper()
		s.ClearRequests()
		env(offline).RefreshDataset(t.Context(), "", home)
		d, err := env(offline).KnownDataset("", home)
		if err != nil {
			t.Fatal(err)
		}
		_, has = d.Get("rmsnorm_h256")
		_, hasNew = d.Get("rmsnorm_h1024")
		return len(s.Requests()), d.Listed, has, hasNew
	}
	expect := func(what string, offline bool, wantRequests func(n int) bool, wantListed string, wantHas, wantNew bool) {
		t.Helper()
		n, listed, has, hasNew := ask(offline)
		if !wantRequests(n) || listed != wantListed || has != wantHas || hasNew != wantNew {
			t.Errorf("%s: %d requests, %q, %v %v\n%s", what, n, listed, has, hasNew, s.LogText())
		}
	}
	exactly := func(want int) func(int) bool { return func(n int) bool { return n == want } }
	const builtin, first = "the built-in list of 2026-04-30", "the Hub's list of 2026-11-28 12:00 UTC"
	expect("offline, nothing at hand", true, exactly(0), builtin, false, false)
	expect("the first time", false, func(n int) bool { return n > 2 }, first, true, false)
	expect("at once again", false, exactly(0), first, true, false)
	expect("offline", true, exactly(0), first, true, false)
	now = now.Add(90 * time.Minute)
	expect("unchanged", false, exactly(1), "the Hub's list of 2026-11-28 13:30 UTC", true, false)
	now = now.Add(50 * time.Hour)
	expect("offline, old", true, exactly(0), "the Hub's list of 2026-11-28 13:30 UTC (2 days old)", true, false)
	s.On(fakehub.Rule{Path: "/api/datasets/", Times: 1, Do: fakehub.Refuse(http.StatusBadGateway, "", "down")})
	expect("the Hub is down", false, exactly(1), "the Hub's list of 2026-11-28 13:30 UTC (2 days old)", true, false)
	expect("and is not asked again at once", false, exactly(0), "the Hub's list of 2026-11-28 13:30 UTC (2 days old)", true, false)
	s.Update("datasets/"+fakehub.DemoDataset, func(r *fakehub.Repo) {
		r.Refs["main"] = fakehub.NewCommit(map[string]fakehub.File{"definitions/rmsnorm/rmsnorm_h1024.json": {}})
	})
	now = now.Add(time.Hour)
	expect("changed", false, func(n int) bool { return n > 1 }, "the Hub's list of 2026-11-30 16:30 UTC", false, true)
	s.Update("datasets/"+fakehub.DemoDataset, func(r *fakehub.Repo) {
		r.Refs["main"] = fakehub.NewCommit(map[string]fakehub.File{"README.md": {}})
	})
	now = now.Add(time.Hour)
	expect("another repository in its place", false, func(n int) bool { return n > 0 }, "the Hub's list of 2026-11-30 16:30 UTC", false, true)
	// A clone takes its place, and nobody is asked.
	if err := os.MkdirAll(filepath.Join(home, "tmp", "flashinfer-trace", "definitions"), 0o750); err != nil {
		t.Fatal(err)
	}
	now = now.Add(24 * time.Hour)
	expect("a clone", false, exactly(0), "", false, false)
}

// TestDatasetListBroken: a cache that somebody wrote into is not a list.
func TestDatasetListBroken(t *testing.T) {
	home := t.TempDir()
	env := &Env{Getenv: func(string) string { return "" }, WorkDir: home, CacheDir: home}
	env.ConnectHub("test", true, 0)
	lists := env.Hub.lists
	for _, text := range []string{"{", `{"commit": "x", "asked": "2099-01-01T00:00:00Z", "files": ["definitions/a/b.json"]}`, `{"files": 7}`} {
		lists.file.Put(lists.key, []byte(text))
		d, err := env.KnownDataset("", home)
		if err != nil || d.Listed != "the built-in list of 2026-04-30" {
			t.Errorf("%s: %v, %v", text, d.Listed, err)
		}
	}
}
