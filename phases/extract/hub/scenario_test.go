package hub

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestScenarios runs every scenario of the fake Hub against an empty cache and
// compares all that can be seen of it: the user's text, the pauses, the request
// log, the files on disk.
func TestScenarios(t *testing.T) {
	for _, sc := range fakehub.Scenarios() {
		t.Run(sc.Name, func(t *testing.T) {
			b := newBench(t, sc)
			c := b.client()
			repo, revision, file := sc.Asks()
			f, err := c.Fetch(context.Background(), repo, revision, file)
			var out strings.Builder
			fmt.Fprintf(&out, "# %s\n%s", sc.Says, outcome(f, err))
			for _, d := range b.clock.slept {
				fmt.Fprintf(&out, "pause: %s\n", d)
			}
			out.WriteString("\n" + b.s.LogText() + "\n" + tree(t, b.root()))
			golden(t, "scenarios/"+sc.Name, b.s.Plain(out.String()))
			noLeak(t, b, sc, out.String())
			if f != nil && f.Verified && f.From == FromHub {
				readableOffline(t, b, repo, revision, file, f)
			}
		})
	}
}

// noLeak checks that neither the token nor a signature shows anywhere and that
// the storage host never saw the token.
func noLeak(t *testing.T, b *bench, sc fakehub.Scenario, seen string) {
	t.Helper()
	for _, text := range []string{seen[:strings.Index(seen, "\n\n")], b.logs.String()} {
		if sc.Token != "" && strings.Contains(text, sc.Token) {
			t.Errorf("the token shows in:\n%s", text)
		}
		if strings.Contains(text, "Signature=") || strings.Contains(text, "user:secret") {
			t.Errorf("a signed address shows in:\n%s", text)
		}
	}
	for _, r := range b.s.Requests() {
		if r.Origin == "store" && r.Authorized() {
			t.Errorf("the storage host got a credential: %s %v", r, r.Header)
		}
		if r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" {
			t.Errorf("unwanted header in %s: %v", r, r.Header)
		}
	}
}

// readableOffline checks that what was fetched is found again without network.
func readableOffline(t *testing.T, b *bench, repo, revision, file string, want *File) {
	t.Helper()
	before := len(b.s.Requests())
	b.opts.Offline = true
	got, err := b.client().Fetch(context.Background(), repo, revision, file)
	if err != nil {
		t.Fatalf("offline: %v", err)
	}
	if string(got.Bytes) != string(want.Bytes) || got.Commit != want.Commit || got.From != FromCache {
		t.Errorf("offline: %+v, want %+v", got, want)
	}
	if n := len(b.s.Requests()); n != before {
		t.Errorf("offline: %d requests", n-before)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name)+".golden")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update)", err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
