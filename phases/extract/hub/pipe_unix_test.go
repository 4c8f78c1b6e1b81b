//go:build unix

package hub

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// TestPipes plants a pipe in the place of every file that a fetch opens in the
// cache. A wait would hold the test until its timeout.
func TestPipes(t *testing.T) {
	clean := newBench(t, fakehub.Scenario{})
	if _, err := clean.client().Fetch(context.Background(), fakehub.DemoRepo, "main", "config.json"); err != nil {
		t.Fatal(err)
	}
	var files []string
	err := filepath.WalkDir(clean.root(), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(clean.root(), path)
			files = append(files, rel)
		}
		return err
	})
	if err != nil || len(files) < 4 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, fakehub.Scenario{})
			path := filepath.Join(b.root(), name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := unix.Mkfifo(path, 0o644); err != nil {
				t.Fatal(err)
			}
			f, err := b.client().Fetch(context.Background(), fakehub.DemoRepo, "main", "config.json")
			if err != nil || string(f.Bytes) != fakehub.Demo {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestLinkedCache: directories of a cache may be links, as of one that was
// moved to another disk. What is written through them is the cache's own files,
// and no file that was there is overwritten.
func TestLinkedCache(t *testing.T) {
	b := newBench(t, fakehub.Scenario{})
	elsewhere := t.TempDir()
	folder := filepath.Join(b.root(), repoFolder(fakehub.DemoRepo))
	precious := map[string]string{}
	for _, dir := range []string{"blobs", "refs", "snapshots"} {
		target := filepath.Join(elsewhere, dir)
		for _, d := range []string{target, folder} {
			if err := os.MkdirAll(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		precious[filepath.Join(target, "notes.txt")] = dir
		if err := os.WriteFile(filepath.Join(target, "notes.txt"), []byte(dir), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(folder, dir)); err != nil {
			t.Fatal(err)
		}
	}
	// A link in the place of a blob or a ref is replaced, not written through.
	victim := filepath.Join(elsewhere, "victim")
	precious[victim] = "mine"
	if err := os.WriteFile(victim, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	etag := fakehub.File{Content: []byte(fakehub.Demo)}.ETag()
	for _, at := range []string{filepath.Join(folder, "blobs", etag), filepath.Join(folder, "refs", "main")} {
		if err := os.Symlink(victim, at); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.client().Fetch(context.Background(), fakehub.DemoRepo, "main", "config.json"); err != nil {
		t.Fatal(err)
	}
	for path, want := range precious {
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if listed, err := os.ReadDir(filepath.Join(elsewhere, "blobs")); err != nil || len(listed) < 2 {
		t.Errorf("the blob is not where the link leads: %v, %v", listed, err)
	}
	if !strings.Contains(tree(t, elsewhere), etag) {
		t.Error("no blob")
	}
}
