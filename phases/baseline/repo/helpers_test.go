package repo

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// gitEnv isolates the git CLI from the machine's configuration.
func gitEnv(home string) []string {
	keep := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + os.Getenv("TMPDIR")}
	return append(keep, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=2026-08-01T12:00:00Z",
		"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.org", "GIT_COMMITTER_DATE=2026-08-02T12:00:00Z")
}

const testDate = "2026-08-02T12:00:00Z"

func needGit(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the git command line is not installed: clones cannot be made for this test")
	}
}

// git runs a git command in dir and gives its trimmed output.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := tryGit(t, dir, args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func tryGit(t testing.TB, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = gitEnv(t.TempDir())
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// sglangFiles are a small SGLang: what is wanted, and what is not.
func sglangFiles() map[string]string {
	files := map[string]string{
		"README.md":                                "# not wanted\n",
		"python/sglang/__init__.py":                "",
		"python/sglang/version.py":                 "__version__ = \"0.0.0\"\n",
		"python/sglang/srt/server_args.py":         "class ServerArgs: pass\n",
		"python/sglang/srt/layers/linear.py":       "class RowParallelLinear: pass\n",
		"python/sglang/srt/layers/moe/topk.py":     "class TopK: pass\n",
		"python/sglang/srt/layers/moe/tuned.json":  "{}\n",
		"python/sglang/srt/configs/olmo3.py":       "class Olmo3Config: pass\n",
		"python/sglang/srt/lora/lora.py":           "# not wanted\n",
		"python/sglang/kernels/fused_op.py":        "class BaseFusedOp: pass\n",
		"sgl-kernel/python/sgl_kernel/__init__.py": "# kernels\n",
		"docs/llama.py":                            "# not wanted\n",
	}
	for i := range 12 {
		files[fmt.Sprintf("python/sglang/srt/models/model%02d.py", i)] = fmt.Sprintf("class Model%02dForCausalLM: pass\nEntryClass = Model%02dForCausalLM\n", i, i)
	}
	return files
}

func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// commitAll commits everything and gives the hash.
func commitAll(t testing.TB, dir, message string) string {
	t.Helper()
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", message)
	return git(t, dir, "rev-parse", "HEAD")
}

// newUpstream makes a repository with branches main and release/v0.5, tags
// v0.5.1 (annotated) and v0.5.2, and gives its directory.
func newUpstream(t testing.TB, initArgs ...string) string {
	t.Helper()
	needGit(t)
	dir := filepath.Join(t.TempDir(), "upstream")
	git(t, ".", append([]string{"init", "-q", "-b", "main", dir}, initArgs...)...)
	writeFiles(t, dir, sglangFiles())
	commitAll(t, dir, "first")
	git(t, dir, "tag", "-a", "-m", "one", "v0.5.1")
	git(t, dir, "branch", "release/v0.5")
	writeFiles(t, dir, map[string]string{model(0): "class Second: pass\n"})
	commitAll(t, dir, "second")
	git(t, dir, "tag", "v0.5.2")
	serve(t, dir, true)
	return dir
}

// serve lets a repository give single files, or not.
func serve(t testing.TB, dir string, partial bool) {
	t.Helper()
	git(t, dir, "config", "uploadpack.allowFilter", fmt.Sprint(partial))
	git(t, dir, "config", "uploadpack.allowAnySHA1InWant", fmt.Sprint(partial))
}

func model(i int) string { return fmt.Sprintf("python/sglang/srt/models/model%02d.py", i) }

// options are Options for a test: own cache, short pauses.
func options(t testing.TB, remote string) Options {
	t.Helper()
	base := t.TempDir()
	tune := defaultTuning()
	tune.firstDelay = time.Millisecond
	work := filepath.Join(base, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		t.Fatal(err)
	}
	return Options{WorkDir: work, CacheDir: filepath.Join(base, "cache"), URL: remote, MaxAge: -1, tune: &tune}
}

// open opens, or fails the test.
func open(t testing.TB, o Options) *Source {
	t.Helper()
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func read(t testing.TB, s *Source, name string) string {
	t.Helper()
	data, err := s.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func paths(t testing.TB, s *Source, dir string) []string {
	t.Helper()
	list, err := s.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Path)
	}
	return out
}

// snapshot is everything that a write to a directory would change.
func snapshot(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %s %d %d\n", p, st.Mode(), st.Size(), st.ModTime().UnixNano())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unfinished lists what a fetch may leave behind below dir.
func unfinished(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && (strings.Contains(d.Name(), buildMark) || strings.HasPrefix(d.Name(), "tmp_pack_")) {
			out = append(out, p)
		}
		return nil
	})
	return out
}

// gitServer serves the repositories below root over smart HTTP; wrap, when
// set, stands before git.
func gitServer(t testing.TB, root string, wrap func(http.Handler) http.Handler) *httptest.Server {
	t.Helper()
	needGit(t)
	backend := filepath.Join(git(t, ".", "--exec-path"), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		t.Skip("git-http-backend is not installed: there is no smart HTTP server to test against")
	}
	var h http.Handler = &cgi.Handler{Path: backend, Stderr: io.Discard, Logger: log.New(io.Discard, "", 0),
		Env: append(gitEnv(t.TempDir()), "GIT_PROJECT_ROOT="+root, "GIT_HTTP_EXPORT_ALL=1")}
	if wrap != nil {
		h = wrap(h)
	}
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}
