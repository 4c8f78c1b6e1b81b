package repo

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// TestProgressPieces: however the remote's text is cut, the same lines come.
func TestProgressPieces(t *testing.T) {
	text := "Enumerating objects: 12, done.\nCounting objects:  50% (6/12)\rCounting objects: 100% (12/12), done.\n" +
		"\x1b[31mCompressing objects: 100% (3/3)\x1b[0m\r\n" + strings.Repeat("x", 3000) + "\n\n (9/3)\nTotal 12 (delta 2), reused 817\n"
	collect := func(size int) (out []Progress) {
		w := &progressWriter{report: func(p Progress) { out = append(out, p) }, phase: "listing", bytes: func() int64 { return 7 }}
		for i := 0; i < len(text); i += size {
			if n, err := w.Write([]byte(text[i:min(len(text), i+size)])); err != nil || n == 0 {
				t.Fatal(n, err)
			}
		}
		return out
	}
	whole := collect(len(text))
	want := []Progress{
		{"listing", "Enumerating objects: 12, done.", 12, 0, 7},
		{"listing", "Counting objects:  50% (6/12)", 6, 12, 7},
		{"listing", "Counting objects: 100% (12/12), done.", 12, 12, 7},
		{"listing", "[31mCompressing objects: 100% (3/3)[0m", 3, 3, 7},
		{"listing", strings.Repeat("x", maxProgressLine), 0, 0, 7},
		{"listing", "(9/3)", 0, 0, 7},
		{"listing", "Total 12 (delta 2), reused 817", 0, 0, 7},
	}
	if fmt.Sprint(whole) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", whole, want)
	}
	for size := 1; size < 40; size++ {
		if got := collect(size); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("in pieces of %d: %+v", size, got)
		}
	}
}

func FuzzProgress(f *testing.F) {
	f.Add("Counting objects:  50% (6/12)\r", 3)
	f.Fuzz(func(t *testing.T, text string, size int) {
		w := &progressWriter{bytes: func() int64 { return 0 }, report: func(p Progress) {
			if p.Message == "" || len(p.Message) > maxProgressLine || strings.ContainsAny(p.Message, "\x00\x1b\r\n\x7f") || p.Done < 0 || p.Total != 0 && p.Done > p.Total {
				t.Errorf("%+v", p)
			}
		}}
		size = max(1, size%100)
		for i := 0; i < len(text); i += size {
			if _, err := w.Write([]byte(text[i:min(len(text), i+size)])); err != nil {
				t.Error(err)
			}
		}
	})
}

// FuzzTree: no tree object leads out of the tree.
func FuzzTree(f *testing.F) {
	hash := strings.Repeat("h", 20)
	f.Add([]byte("100644 a.py\x00" + hash + "40000 dir\x00" + hash + "120000 link\x00" + hash))
	f.Add([]byte("100644 ../a\x00" + hash))
	f.Add([]byte("40000 .GIT\x00" + hash))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries := 0
		err := eachTreeEntry(data, func(_ filemode.FileMode, name string, _ plumbing.Hash) error {
			entries++
			if name == "" || path.Clean("/"+name) != "/"+name || strings.ContainsAny(name, "/\\\x00") || strings.EqualFold(name, ".git") {
				t.Errorf("name %q", name)
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
		if err == nil && len(data) > 0 && entries == 0 {
			t.Error("bytes without entries")
		}
	})
}

func FuzzCommit(f *testing.F) {
	f.Add([]byte("tree 30cb848d4b455a288a37cfeb6a45aff34f5634a6\nauthor a <a@b> 1 +0000\ncommitter c <c@d> 1785672000 +0200\n\ntree x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseCommit(plumbing.ZeroHash, data)
		if err == nil && c.tree.IsZero() && !strings.Contains(string(data), strings.Repeat("0", 40)) {
			t.Error("no tree")
		}
		if y := c.date.Year(); !c.date.IsZero() && (y < -40000 || y > 40000) {
			t.Error(c.date)
		}
	})
}

// TestRefNamesAgainstGit: whatever git refuses as a ref, we refuse.
func TestRefNamesAgainstGit(t *testing.T) {
	needGit(t)
	parts := []string{"a", "..", ".", "/", "@", "{", "-", "~", "^", ":", "?", "*", "[", "\\", " ", ".lock", "\x7f", "\x01", "é", "v1"}
	seen := map[string]bool{}
	for _, a := range parts {
		for _, b := range parts {
			seen[a+b] = true
			seen["x"+a+"y"] = true
			seen["x/"+a+b+"/y"] = true
		}
	}
	dir := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		if refNameProblem(name) != "" {
			continue
		}
		if out, err := tryGit(t, dir, "check-ref-format", "refs/heads/"+name); err != nil {
			t.Errorf("%q is taken, git refuses it: %s", name, out)
		}
	}
}

func FuzzPaths(f *testing.F) {
	f.Add("python/sglang/srt")
	f.Add("../x")
	f.Fuzz(func(t *testing.T, name string) {
		clean, err := cleanPath("read", name)
		if err == nil && (strings.HasPrefix(clean, "/") || strings.HasPrefix(clean, "../") || clean == ".." || strings.Contains(clean, "/../")) {
			t.Errorf("%q becomes %q", name, clean)
		}
	})
}

func TestNearest(t *testing.T) {
	refs := []string{"refs/heads/main", "refs/tags/v0.5.1", "refs/tags/v0.5.1^{}", "refs/tags/v0.5.10", "refs/tags/v0.4.9", "refs/pull/1/head", "refs/heads/release/v0.5.2", "HEAD"}
	for ref, want := range map[string]string{
		"v0.5.11": "[v0.5.1 v0.5.10 v0.4.9]", "mian": "[main]", "Main": "[main]", "release": "[release/v0.5.2]", "something-else-entirely": "[]",
	} {
		if got := fmt.Sprint(nearest(ref, refs)); got != want {
			t.Errorf("%s: %s, want %s", ref, got, want)
		}
	}
}

func TestURLs(t *testing.T) {
	for raw, want := range map[string]string{
		"https://user:pw@example.org/a.git": "https://example.org/a.git",
		"https://tok@example.org/a.git":     "https://example.org/a.git",
		"https://example.org/a@b":           "https://example.org/a@b",
		"/home/me@work/sglang":              "/home/me@work/sglang",
		"https://u:p%zz@example.org/x":      "example.org/x",
		"git@example.org:a/b.git":           "example.org:a/b.git",
	} {
		if got := redactURL(raw); got != want {
			t.Errorf("%s is shown as %s, want %s", raw, got, want)
		}
	}
	keys := map[string]bool{}
	for _, url := range []string{DefaultURL, "https://example.org/sglang.git", "/a/sglang", "/b/sglang", "https://example.org/../../x", strings.Repeat("/long", 100)} {
		key := cacheKey(url)
		if keys[key] || len(key) > 80 || strings.ContainsAny(key, "/\\: ") || strings.HasPrefix(key, ".") {
			t.Errorf("%s has key %q", url, key)
		}
		keys[key] = true
	}
	if cacheKey("https://u:p@example.org/x") != cacheKey("https://example.org/x") {
		t.Error("credentials count in the key")
	}
}

func TestIsFetched(t *testing.T) {
	for name, want := range map[string]bool{
		"python/sglang/srt/models/llama.py": true, "python/sglang/srt/server_args.py": true, "python/sglang/srt/new_part/x.py": true,
		"python/sglang/kernels/ops/attention/fla/layernorm_gated.py": true, "python/sglang/kernels/aot/python/sgl_kernel/elementwise.py": true,
		"sgl-kernel/python/sgl_kernel/elementwise.py": true, "python/sglang/version.py": true, "python/sglang/bench_serving.py": false,
		"python/sglang/srt/lora/x.py": false, "python/sglang/srt/layers/x.json": false, "test/x.py": false, "python/sglang/kernels/aot/tests/x.py": false,
	} {
		if isFetched(name) != want {
			t.Errorf("%s: fetched is %v", name, !want)
		}
		if dir := path.Dir(name); want && name != "python/sglang/version.py" && !mayHoldFetched(dir) {
			t.Errorf("%s would not be entered", dir)
		}
	}
}
