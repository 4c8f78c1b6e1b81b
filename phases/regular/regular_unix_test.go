//go:build unix

package regular

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOnlyFiles opens everything that a path can name. A wait would hold the
// test until its timeout.
func TestOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	file, pipe, link, dangling := filepath.Join(dir, "file"), filepath.Join(dir, "pipe"), filepath.Join(dir, "link"), filepath.Join(dir, "dangling")
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for at, to := range map[string]string{link: file, filepath.Join(dir, "toPipe"): pipe, dangling: filepath.Join(dir, "nothing")} {
		if err := os.Symlink(to, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{file, link} {
		if data, err := Read(path, 7); err != nil || string(data) != "content" {
			t.Errorf("Read(%s) = %q, %v", path, data, err)
		}
		if _, err := Read(path, 6); !errors.Is(err, ErrTooLarge) {
			t.Errorf("Read(%s) of 6 bytes: %v", path, err)
		}
	}
	for _, path := range []string{pipe, filepath.Join(dir, "toPipe"), dir, "/dev/zero"} {
		if _, err := Open(path); !errors.Is(err, ErrNotRegular) {
			t.Errorf("Open(%s): %v", path, err)
		}
		if err := CheckOrAbsent(path); !errors.Is(err, ErrNotRegular) {
			t.Errorf("CheckOrAbsent(%s): %v", path, err)
		}
	}
	if err := CheckOrAbsent(dangling); err != nil {
		t.Errorf("CheckOrAbsent of nothing: %v", err)
	}
	files := Dir(dir)
	if data, err := fs.ReadFile(files, "link"); err != nil || string(data) != "content" {
		t.Errorf("link of Dir: %q, %v", data, err)
	}
	for _, name := range []string{"pipe", "toPipe"} {
		if _, err := files.Open(name); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s of Dir: %v", name, err)
		}
	}
	for name, want := range map[string]error{"dangling": fs.ErrNotExist, "../x": fs.ErrInvalid} {
		if _, err := files.Open(name); !errors.Is(err, want) {
			t.Errorf("%s of Dir: %v", name, err)
		}
	}
	if entries, err := fs.ReadDir(files, "."); err != nil || len(entries) != 5 {
		t.Errorf("%d entries of Dir: %v", len(entries), err)
	}
	if _, err := Open(dangling); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of nothing: %v", err)
	}
}

// TestSwapped: a pipe that takes the file's place after the look is opened
// without a wait.
func TestSwapped(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(pipe, os.O_RDONLY|NonBlocking, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if _, err := ReadFrom(strings.NewReader("abc"), "x", 2); !errors.Is(err, ErrTooLarge) {
		t.Errorf("ReadFrom: %v", err)
	}
}
