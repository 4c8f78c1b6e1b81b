//go:build unix

package repo

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPlantedPipes puts a pipe in the place of every file of a .git directory,
// one after the other: opening the tree may fail, but never waits. (A wait holds
// the test until its timeout.)
func TestPlantedPipes(t *testing.T) {
	needGit(t)
	up := newUpstream(t)
	loose, packed := filepath.Join(t.TempDir(), "loose.git"), filepath.Join(t.TempDir(), "packed.git")
	git(t, ".", "clone", "-q", "--bare", "file://"+up, packed)
	git(t, packed, "gc", "-q")
	git(t, packed, "pack-refs", "--all")
	git(t, ".", "init", "-q", "--bare", loose)
	git(t, loose, "-c", "transfer.unpackLimit=100000", "fetch", "-q", "file://"+up, "+HEAD:refs/heads/main")
	git(t, loose, "symbolic-ref", "HEAD", "refs/heads/main")
	opened := 0
	for _, dir := range []string{loose, packed} {
		var files []string
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && !strings.HasSuffix(path, ".sample") {
				files = append(files, path)
			}
			return err
		})
		if err != nil || len(files) < 4 {
			t.Fatalf("%v: %v", files, err)
		}
		for _, path := range files {
			saved := path + ".saved"
			if err := os.Rename(path, saved); err != nil {
				t.Fatal(err)
			}
			makePipe(t, path)
			o := options(t, "")
			o.Path = dir
			if s, err := Open(context.Background(), o); err == nil {
				opened++
				_, _ = s.ReadFile("python/sglang/srt/models/llama.py") // may fail, must not wait
				_, _ = s.List("python/sglang/srt/models")
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(saved, path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if opened == 0 {
		t.Error("no tree was opened at all")
	}
}
