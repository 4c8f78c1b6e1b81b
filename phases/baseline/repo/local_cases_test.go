package repo

import (
	"os"
	"path/filepath"
	"strings"
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
