package repo

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestLocalTrees(t *testing.T) {
	up := newUpstream(t)
	head := git(t, up, "rev-parse", "HEAD")
	for _, c := range localCases() {
		t.Run(c.name, func(t *testing.T) {
			dir := c.make(t, up, filepath.Join(t.TempDir(), "tree"))
			o := options(t, "file:///nowhere")
			o.Path = dir
			before := snapshot(t, dir)
			s, err := Open(context.Background(), o)
			if c.err != nil {
				var e *Error
				if !errors.Is(err, c.err) || !errors.As(err, &e) || e.Hint == "" || errors.Is(err, ErrNone) {
					t.Fatalf("got %v, want %v with a hint and no fallback", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkLocal(t, s, c, head)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if after := snapshot(t, dir); after != before {
				t.Errorf("the tree was changed:\n%s\nnow\n%s", before, after)
			}
		})
	}
}

func checkLocal(t *testing.T, s *Source, c localCase, head string) {
	t.Helper()
	if s.origin != c.origin {
		t.Errorf("origin %q, want %q", s.origin, c.origin)
	}
	hash, date := s.Commit()
	if c.commit == "HEAD" && (hash != head || (date != testDate && c.note != "reftable")) || c.commit == "" && hash != "" {
		t.Errorf("commit %q of %q, want %q", hash, date, head)
	}
	if notes := strings.Join(s.Notes(), "\n"); !strings.Contains(notes, c.note) || notes == "" {
		t.Errorf("notes %q lack %q", notes, c.note)
	}
	if list := paths(t, s, "python/sglang/srt/models"); len(list) != 12 || list[3] != model(3) {
		t.Errorf("models: %q", list)
	}
	if text := read(t, s, model(5)); !strings.Contains(text, "Model05ForCausalLM") {
		t.Errorf("read %q", text)
	}
	if text := read(t, s, "python/sglang/srt/layers/moe/topk.py"); text != "class TopK: pass\n" {
		t.Errorf("read %q", text)
	}
	for _, bad := range []string{"python/sglang/srt/models/none.py", "../x", "/etc/passwd", "python/../../x", "python/sglang/srt/models", ""} {
		if _, err := s.ReadFile(bad); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("ReadFile(%q): %v, want fs.ErrNotExist", bad, err)
		}
		if bad == "python/sglang/srt/models" {
			continue
		}
		if _, err := s.List(bad); bad != "" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("List(%q): %v, want fs.ErrNotExist", bad, err)
		}
	}
}

func TestSHA256Clones(t *testing.T) {
	needGit(t)
	dir := filepath.Join(t.TempDir(), "tree")
	if out, err := tryGit(t, ".", "init", "-q", "--object-format=sha256", dir); err != nil {
		t.Skipf("this git has no SHA-256 repositories: %s", out)
	}
	writeFiles(t, dir, sglangFiles())
	head := commitAll(t, dir, "x")
	o := options(t, "file:///nowhere")
	o.Path = dir
	s := open(t, o)
	if hash, date := s.Commit(); hash != head || date != "" || !strings.Contains(strings.Join(s.Notes(), " "), "SHA-256") {
		t.Errorf("commit %q %q, notes %q", hash, date, s.Notes())
	}
	git(t, dir, "pack-refs", "--all")
	if hash, _ := open(t, o).Commit(); hash != head {
		t.Errorf("commit of packed refs: %q", hash)
	}
	o.Path = filepath.Join(dir, ".git")
	if _, err := Open(context.Background(), o); !errors.Is(err, ErrUnsupported) {
		t.Errorf("bare: %v, want ErrUnsupported", err)
	}
}

func TestLocalRefs(t *testing.T) {
	up := newUpstream(t)
	first, second := git(t, up, "rev-parse", "HEAD~1"), git(t, up, "rev-parse", "HEAD")
	dir := clone()(t, up, filepath.Join(t.TempDir(), "tree"))
	for ref, want := range map[string]string{
		"main": second, "HEAD": second, "v0.5.1": first, "v0.5.2": second, "release/v0.5": first, "origin/release/v0.5": first,
		"refs/tags/v0.5.1": first, "tags/v0.5.1": first, first: first, first[:8]: first, strings.ToUpper(first[:9]): first, second[:7]: second,
	} {
		o := options(t, "file:///nowhere")
		o.Path, o.Ref = dir, ref
		s := open(t, o)
		if hash, _ := s.Commit(); hash != want {
			t.Errorf("%s is %s, want %s", ref, hash, want)
		}
		if text := read(t, s, model(0)); strings.Contains(text, "Second") != (want == second) {
			t.Errorf("%s reads %q", ref, text)
		}
	}
	for ref, want := range map[string]error{
		"v0.5.3": ErrRefNotFound, strings.Repeat("0", 40): ErrRefNotFound, "0000000": ErrRefNotFound, "--upload-pack=x": ErrRefName, "a..b": ErrRefName,
		"../../../etc/passwd": ErrRefName, "HEAD~1": ErrRefName, "a b": ErrRefName, "refs/heads/../../config": ErrRefName, "x.lock": ErrRefName, "a\x00b": ErrRefName,
	} {
		o := options(t, "file:///nowhere")
		o.Path, o.Ref = dir, ref
		_, err := Open(context.Background(), o)
		if !errors.Is(err, want) || errors.Is(err, ErrNone) {
			t.Errorf("%q: %v, want %v", ref, err, want)
		}
		var e *Error
		if ref == "v0.5.3" && (!errors.As(err, &e) || !slices.Contains(e.Nearest, "v0.5.2") || slices.Contains(e.Nearest, "HEAD")) {
			t.Errorf("nearest: %+v", e)
		}
	}
	plain := filepath.Join(t.TempDir(), "plain")
	writeFiles(t, plain, sglangFiles())
	o := options(t, "file:///nowhere")
	o.Path, o.Ref = plain, "main"
	if _, err := Open(context.Background(), o); !errors.Is(err, ErrRefNotFound) {
		t.Errorf("plain directory with a ref: %v", err)
	}
}

func TestWorkTreeChanges(t *testing.T) {
	up := newUpstream(t)
	dir := clone()(t, up, filepath.Join(t.TempDir(), "tree"))
	writeFiles(t, dir, map[string]string{model(1): "class Mine: pass\n", model(40): "class New: pass\n"})
	if err := os.Remove(filepath.Join(dir, model(2))); err != nil {
		t.Fatal(err)
	}
	o := options(t, "file:///nowhere")
	o.Path = dir
	s := open(t, o)
	if notes := strings.Join(s.Notes(), "\n"); !strings.Contains(notes, "2 file(s)") || !strings.Contains(notes, model(1)) || !strings.Contains(notes, model(2)) {
		t.Errorf("notes %q", notes)
	}
	if text := read(t, s, model(1)); text != "class Mine: pass\n" {
		t.Errorf("read %q", text)
	}
	list, err := s.List("python/sglang/srt/models")
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(list))
	for _, e := range list {
		names = append(names, e.Path)
	}
	if slices.Contains(names, model(2)) || !slices.Contains(names, model(40)) {
		t.Errorf("lists %q: not without the deleted file, with the new one", names)
	}
}

func TestLinksAndOddFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links and named pipes need privileges on Windows")
	}
	needGit(t)
	dir := filepath.Join(t.TempDir(), "tree")
	secret := filepath.Join(filepath.Dir(dir), "secret.py")
	writeFiles(t, dir, sglangFiles())
	writeFiles(t, filepath.Dir(dir), map[string]string{"secret.py": "secret"})
	for name, target := range map[string]string{"abs.py": secret, "rel.py": "../../../../../secret.py", "dir": filepath.Dir(dir), "loop.py": "loop.py"} {
		if err := os.Symlink(target, filepath.Join(dir, "python/sglang/srt/models", name)); err != nil {
			t.Fatal(err)
		}
	}
	writeFiles(t, dir, map[string]string{"python/sglang/srt/models/huge.py": strings.Repeat("x", maxFile+1)})
	git(t, ".", "init", "-q", dir)
	commitAll(t, dir, "x")
	makePipe(t, filepath.Join(dir, "python/sglang/srt/models/pipe.py"))
	for _, path := range []string{dir, filepath.Join(dir, ".git")} {
		o := options(t, "file:///nowhere")
		o.Path = path
		s := open(t, o)
		for _, name := range []string{"abs.py", "rel.py", "dir/secret.py", "loop.py", "pipe.py"} {
			if data, err := s.ReadFile("python/sglang/srt/models/" + name); err == nil || strings.Contains(string(data), "secret") {
				t.Errorf("%s: read %s: %q, %v", path, name, data, err)
			}
		}
		if _, err := s.ReadFile("python/sglang/srt/models/huge.py"); !errors.Is(err, ErrTooLarge) {
			t.Errorf("huge file: %v", err)
		}
		if list := paths(t, s, "python/sglang/srt/models"); len(list) != 13 {
			t.Errorf("listed %q", list)
		}
	}
}

func TestImplicitTree(t *testing.T) {
	up := newUpstream(t)
	o := options(t, up)
	clone()(t, up, filepath.Join(o.WorkDir, "sglang"))
	if s := open(t, o); s.origin != OriginWorkTree {
		t.Errorf("./sglang is there, but %q was used", s.origin)
	}
	o.Ref = "v0.5.1"
	if s := open(t, o); s.origin != OriginObjects {
		t.Errorf("./sglang has the tag, but %q was used", s.origin)
	}
	git(t, up, "branch", "later")
	o.Ref = "later"
	s := open(t, o)
	if s.origin != OriginFetched || !strings.Contains(strings.Join(s.Notes(), "\n"), "is not used") {
		t.Errorf("./sglang lacks the branch: %q %q", s.origin, s.Notes())
	}
	// A ./sglang that is something else is not a concern of ours.
	o = options(t, up)
	writeFiles(t, o.WorkDir, map[string]string{"sglang/notes.txt": "mine"})
	if s := open(t, o); s.origin != OriginFetched || len(s.Notes()) != 1 {
		t.Errorf("%q %q", s.origin, s.Notes())
	}
}

func TestConcurrentReads(t *testing.T) {
	up := newUpstream(t)
	for _, path := range []string{up, filepath.Join(up, ".git")} {
		o := options(t, "file:///nowhere")
		o.Path = path
		s := open(t, o)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for n := range 12 {
					if _, err := s.ReadFile(model((i + n) % 12)); err != nil {
						t.Error(err)
					}
				}
				if _, err := s.List("python"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}
