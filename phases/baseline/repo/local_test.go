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

// localCase is one way in which a tree can lie on somebody's disk.
type localCase struct {
	name   string
	make   func(t *testing.T, up, dir string) string // gives the path to open
	origin Origin
	// commit: "HEAD" is the upstream's, "" none, other text is a hash's form.
	commit string
	note   string // part of the notes
	err    error
}

func clone(args ...string) func(*testing.T, string, string) string {
	return func(t *testing.T, up, dir string) string {
		git(t, ".", append(append([]string{"clone", "-q"}, args...), "file://"+up, dir)...)
		return dir
	}
}

func then(first func(*testing.T, string, string) string, commands ...[]string) func(*testing.T, string, string) string {
	return func(t *testing.T, up, dir string) string {
		dir = first(t, up, dir)
		for _, c := range commands {
			git(t, dir, c...)
		}
		return dir
	}
}

func localCases() []localCase {
	return []localCase{
		{name: "work tree", make: clone(), origin: OriginWorkTree, commit: "HEAD"},
		{name: "bare", make: clone("--bare"), origin: OriginObjects, commit: "HEAD"},
		{name: "mirror", make: clone("--mirror"), origin: OriginObjects, commit: "HEAD"},
		{name: "no checkout", make: clone("--no-checkout"), origin: OriginObjects, commit: "HEAD"},
		{name: "shallow", make: clone("--depth", "1"), origin: OriginWorkTree, commit: "HEAD"},
		{name: "shallow bare", make: clone("--depth", "1", "--bare"), origin: OriginObjects, commit: "HEAD"},
		{name: "detached", make: then(clone(), []string{"checkout", "-q", "--detach"}), origin: OriginWorkTree, commit: "HEAD"},
		{name: "packed refs, midx, commit graph", make: then(clone("--bare"), []string{"gc", "-q"}, []string{"repack", "-adq", "--write-midx", "--write-bitmap-index"}, []string{"commit-graph", "write"}),
			origin: OriginObjects, commit: "HEAD"},
		{name: "index v4, untracked cache", make: then(clone(), []string{"update-index", "--index-version", "4"}, []string{"update-index", "--untracked-cache"}), origin: OriginWorkTree, commit: "HEAD"},
		{name: "split index", make: then(clone(), []string{"update-index", "--split-index"}), origin: OriginWorkTree, commit: "HEAD", note: "index cannot be read"},
		{name: "shared", make: func(t *testing.T, up, dir string) string {
			git(t, ".", "clone", "-q", "--shared", "--bare", up, dir)
			return dir
		}, origin: OriginObjects, commit: "HEAD"},
		{name: "relative alternates", make: relativeAlternates, origin: OriginObjects, commit: "HEAD"},
		{name: "linked worktree", make: linkedWorktree(false), origin: OriginWorkTree, commit: "HEAD"},
		{name: "linked worktree, relative", make: linkedWorktree(true), origin: OriginWorkTree, commit: "HEAD"},
		{name: "sparse", make: then(clone("--sparse"), []string{"sparse-checkout", "set", "python/sglang/srt/models"}), origin: OriginWorkTree, commit: "HEAD", note: "sparse"},
		{name: "sparse, none of it", make: then(clone("--sparse"), []string{"sparse-checkout", "set", "docs"}), origin: OriginObjects, commit: "HEAD"},
		{name: "partial, checked out", make: clone("--filter=blob:none"), origin: OriginWorkTree, commit: "HEAD"},
		{name: "partial, sparse", make: then(clone("--filter=blob:none", "--sparse"), []string{"sparse-checkout", "set", "python/sglang/srt/models", "python/sglang/srt/layers"}),
			origin: OriginWorkTree, commit: "HEAD", note: "sparse"},
		{name: "partial, no files", make: clone("--filter=blob:none", "--no-checkout"), err: ErrIncomplete},
		{name: "partial, bare", make: clone("--filter=blob:none", "--bare"), err: ErrIncomplete},
		{name: "treeless, bare", make: clone("--filter=tree:0", "--bare"), err: ErrIncomplete},
		{name: "its .git", make: func(t *testing.T, up, dir string) string { return filepath.Join(clone()(t, up, dir), ".git") }, origin: OriginObjects, commit: "HEAD"},
		{name: "its python", make: func(t *testing.T, up, dir string) string { return filepath.Join(clone()(t, up, dir), "python") }, origin: OriginWorkTree, commit: "HEAD"},
		{name: "its package", make: func(t *testing.T, up, dir string) string {
			return filepath.Join(clone()(t, up, dir), "python", "sglang")
		}, origin: OriginWorkTree, commit: "HEAD"},
		{name: "separate git dir", make: func(t *testing.T, up, dir string) string {
			git(t, ".", "clone", "-q", "--separate-git-dir", dir+".meta", up, dir)
			return dir
		}, origin: OriginWorkTree, commit: "HEAD"},
		{name: "reftable", make: then(clone(), []string{"config", "core.repositoryformatversion", "1"}, []string{"config", "extensions.refStorage", "reftable"}),
			origin: OriginWorkTree, commit: "HEAD", note: "reftable"},
		{name: "broken git", make: func(t *testing.T, up, dir string) string {
			writeFiles(t, clone()(t, up, dir), map[string]string{".git/HEAD": "rubbish\n"})
			return dir
		}, origin: OriginWorkTree, note: "git data cannot be"},
		{name: "git file to nowhere", make: func(t *testing.T, _, dir string) string {
			writeFiles(t, dir, sglangFiles())
			writeFiles(t, dir, map[string]string{".git": "gitdir: ../nowhere\n"})
			return dir
		}, origin: OriginWorkTree, note: "git data cannot be"},
		{name: "no commit yet", make: func(t *testing.T, _, dir string) string {
			writeFiles(t, dir, sglangFiles())
			git(t, dir, "init", "-q")
			return dir
		}, origin: OriginWorkTree, note: "no commit yet"},
		{name: "plain", make: func(t *testing.T, _, dir string) string { writeFiles(t, dir, sglangFiles()); return dir }, origin: OriginDirectory},
		{name: "site-packages", make: installed(""), origin: OriginPackage, note: "version 0.5.23"},
		{name: "installed package", make: installed("sglang"), origin: OriginPackage, note: "version 0.5.23"},
		{name: "one level too high", make: func(t *testing.T, _, dir string) string {
			writeFiles(t, filepath.Join(dir, "sglang-main"), sglangFiles())
			return dir
		}, err: ErrNotSGLang},
		{name: "something else", make: func(t *testing.T, _, dir string) string {
			writeFiles(t, dir, map[string]string{"a/b.py": ""})
			return dir
		}, err: ErrNotSGLang},
		{name: "another repository", make: func(t *testing.T, _, dir string) string {
			writeFiles(t, dir, map[string]string{"a/b.py": ""})
			git(t, dir, "init", "-q")
			commitAll(t, dir, "x")
			return dir
		}, err: ErrNotSGLang},
		{name: "a file", make: func(t *testing.T, _, dir string) string {
			writeFiles(t, filepath.Dir(dir), map[string]string{filepath.Base(dir): ""})
			return dir
		}, err: ErrNotSGLang},
	}
}

func relativeAlternates(t *testing.T, up, dir string) string {
	git(t, ".", "clone", "-q", "--shared", "--bare", up, dir)
	rel, err := filepath.Rel(filepath.Join(dir, "objects"), filepath.Join(up, ".git", "objects"))
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{"objects/info/alternates": "# a comment\n" + rel + "\n/nowhere/objects\n"})
	return dir
}

func linkedWorktree(relative bool) func(*testing.T, string, string) string {
	return func(t *testing.T, up, dir string) string {
		main := dir + ".main"
		git(t, ".", "clone", "-q", up, main)
		git(t, main, "worktree", "add", "-q", "--detach", dir)
		if relative {
			text, err := os.ReadFile(filepath.Join(dir, ".git"))
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel(dir, strings.TrimSpace(strings.TrimPrefix(string(text), "gitdir: ")))
			if err != nil {
				t.Fatal(err)
			}
			writeFiles(t, dir, map[string]string{".git": "gitdir: " + rel + "\n"})
			git(t, main, "config", "core.repositoryformatversion", "1")
			git(t, main, "config", "extensions.relativeWorktrees", "true")
		}
		return dir
	}
}

// installed is a Python environment's site-packages.
func installed(sub string) func(*testing.T, string, string) string {
	return func(t *testing.T, _, dir string) string {
		files := map[string]string{"sglang-0.5.23.dist-info/METADATA": "Name: sglang\n", "torch/__init__.py": ""}
		for name, text := range sglangFiles() {
			if rest, ok := strings.CutPrefix(name, "python/"); ok {
				files[rest] = text
			}
		}
		writeFiles(t, dir, files)
		return filepath.Join(dir, sub)
	}
}

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
	if s.Origin() != c.origin {
		t.Errorf("origin %q, want %q", s.Origin(), c.origin)
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
	// Files as young as the index have no certain id: make the index older
	// than it, as it is in every clone that is used.
	old := filepath.Join(dir, ".git", "index")
	st, err := os.Stat(old)
	if err != nil {
		t.Fatal(err)
	}
	later := st.ModTime().Add(5e9)
	if err := os.Chtimes(old, later, later); err != nil {
		t.Fatal(err)
	}
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
	known := 0
	for _, e := range list {
		switch e.Path {
		case model(1), model(40):
			if e.BlobID != "" {
				t.Errorf("%s is changed, but has id %s", e.Path, e.BlobID)
			}
		case model(2):
			t.Error("a deleted file is listed")
		default:
			if want := git(t, dir, "rev-parse", "HEAD:"+e.Path); e.BlobID == want {
				known++
			} else if e.BlobID != "" {
				t.Errorf("%s has id %s, want %s", e.Path, e.BlobID, want)
			}
		}
	}
	if known != 10 && runtime.GOOS != "windows" {
		t.Errorf("%d of 10 unchanged files have their ids", known)
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
	if s := open(t, o); s.Origin() != OriginWorkTree {
		t.Errorf("./sglang is there, but %q was used", s.Origin())
	}
	o.Ref = "v0.5.1"
	if s := open(t, o); s.Origin() != OriginObjects {
		t.Errorf("./sglang has the tag, but %q was used", s.Origin())
	}
	git(t, up, "branch", "later")
	o.Ref = "later"
	s := open(t, o)
	if s.Origin() != OriginFetched || !strings.Contains(strings.Join(s.Notes(), "\n"), "is not used") {
		t.Errorf("./sglang lacks the branch: %q %q", s.Origin(), s.Notes())
	}
	// A ./sglang that is something else is no concern of ours.
	o = options(t, up)
	writeFiles(t, o.WorkDir, map[string]string{"sglang/notes.txt": "mine"})
	if s := open(t, o); s.Origin() != OriginFetched || len(s.Notes()) != 1 {
		t.Errorf("%q %q", s.Origin(), s.Notes())
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
