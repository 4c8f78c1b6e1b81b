package repo

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRepackUnderReader: somebody's git may repack while we read.
func TestRepackUnderReader(t *testing.T) {
	up := newUpstream(t)
	dir := clone("--bare")(t, up, filepath.Join(t.TempDir(), "tree"))
	o := options(t, "file:///nowhere")
	o.Path = dir
	s := open(t, o)
	_ = read(t, s, model(0))
	writeFiles(t, up, map[string]string{model(0): "class Third: pass\n"})
	commitAll(t, up, "third")
	git(t, dir, "fetch", "-q", "origin", "main:main")
	git(t, dir, "repack", "-adfq")
	if text := read(t, s, model(7)); !strings.Contains(text, "Model07") {
		t.Errorf("read %q", text)
	}
}

// TestDamagedObjects: whatever byte of a pack is wrong, reading gives the
// right text or an error.
func TestDamagedObjects(t *testing.T) {
	up := newUpstream(t)
	dir := clone("--bare", "--depth", "1")(t, up, filepath.Join(t.TempDir(), "tree"))
	packs, err := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatalf("packs %q, %v", packs, err)
	}
	for _, file := range []string{packs[0], strings.TrimSuffix(packs[0], "pack") + "idx"} {
		good, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_ = os.Chmod(file, 0o644)
		for i := 0; i < len(good); i += 1 + len(good)/300 {
			bad := slices.Clone(good)
			bad[i] ^= 0x41
			if err := os.WriteFile(file, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			s, err := openLocal(dir, "")
			if err != nil {
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("byte %d: an untyped error %v", i, err)
				}
				continue
			}
			for n := range 12 {
				data, err := s.ReadFile(model(n))
				want := sglangFiles()[model(n)]
				if n == 0 {
					want = "class Second: pass\n"
				}
				if err == nil && string(data) != want {
					t.Fatalf("byte %d: %s reads %q", i, model(n), data)
				}
			}
			_ = s.Close()
		}
		if err := os.WriteFile(file, good, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestForgedObject: a loose object with another content than its name says.
func TestForgedObject(t *testing.T) {
	up := newUpstream(t)
	dir := clone("--bare")(t, up, filepath.Join(t.TempDir(), "tree"))
	loose := func(hash string) string { return filepath.Join(dir, "objects", hash[:2], hash[2:]) }
	victim := git(t, dir, "rev-parse", "HEAD:"+model(3))
	if err := os.WriteFile(filepath.Join(dir, "evil"), []byte("class Evil: pass\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	evil := git(t, dir, "hash-object", "-w", "evil")
	for _, pack := range []string{"pack", "idx", "rev"} { // only loose objects are left
		files, err := filepath.Glob(filepath.Join(dir, "objects/pack/*."+pack))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.Rename(f, filepath.Join(dir, filepath.Base(f))); err != nil {
				t.Fatal(err)
			}
		}
	}
	packs, err := filepath.Glob(filepath.Join(dir, "*.pack"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range packs {
		in, err := os.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("git", "unpack-objects", "-q")
		cmd.Dir, cmd.Env, cmd.Stdin = dir, gitEnv(dir), in
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		_ = in.Close()
	}
	data, err := os.ReadFile(loose(evil))
	if err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(loose(victim))
	if err := os.WriteFile(loose(victim), data, 0o644); err != nil {
		t.Fatal(err)
	}
	o := options(t, "file:///nowhere")
	o.Path = dir
	s := open(t, o)
	if data, err := s.ReadFile(model(3)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("read %q, %v", data, err)
	}
	_ = read(t, s, model(4))
}
