package hub

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestValidateRepoID(t *testing.T) {
	good := []string{"gpt2", "moonshotai/Kimi-K2-Instruct", "a/b", "_x/y_", "nvidia/Llama-3_3-Nemotron-Super-49B-v1",
		"Qwen/Qwen3-30B-A3B", "o/" + strings.Repeat("n", 96), "a.b/c.d", "x.Git/y.GIT"}
	for _, s := range good {
		if err := ValidateRepoID(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for s, reason := range map[string]string{
		"":                             "it is empty; expected ORG/NAME",
		"a/b/c":                        "it has more than one slash; expected ORG/NAME",
		"/b":                           "a part of it is empty; expected ORG/NAME",
		"a/":                           "a part of it is empty; expected ORG/NAME",
		"-a/b":                         "each part starts and ends with a letter, a digit or '_'",
		"a/b-":                         "each part starts and ends with a letter, a digit or '_'",
		"a/.b":                         "each part starts and ends with a letter, a digit or '_'",
		"a/b--c":                       "'--' is not allowed",
		"a/b..c":                       "'..' is not allowed",
		"a/b.git":                      "it ends with .git",
		"a/é":                          "only ASCII letters, digits, '-', '_' and '.' are allowed",
		"a/b\n":                        "only ASCII letters, digits, '-', '_' and '.' are allowed",
		"a b":                          "only ASCII letters, digits, '-', '_' and '.' are allowed",
		"o/" + strings.Repeat("n", 97): "the name is longer than 96 characters",
	} {
		err := ValidateRepoID(s)
		if err == nil || !strings.HasSuffix(err.Error(), "is not a repository id: "+reason) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestValidateRevisionAndFilename(t *testing.T) {
	for _, s := range []string{"main", "refs/pr/1", "v1.0", "feature/x y", "0123456789012345678901234567890123456789", "é"} {
		if err := ValidateRevision(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	bad := []string{"", "..", "../../x", "a/../b", "/etc/passwd", `a\b`, "C:/x", "c:x", "a\x00b", "a\nb", "a//b", "a/", ".",
		"x?y", "a*", strings.Repeat("a", 256), "\xff", "a\u0085b"}
	for _, s := range bad {
		if ValidateRevision(s) == nil {
			t.Errorf("revision %q is accepted", s)
		}
	}
	for _, s := range append(bad[:len(bad)-4:len(bad)-4], "NUL", "a/con.json", "COM1.txt", "a.", "dir /x", `\\host\x`) {
		if ValidateFilename(s) == nil {
			t.Errorf("file name %q is accepted", s)
		}
	}
	for _, s := range []string{"config.json", "a/b/config.json", ".gitattributes", "model.safetensors.index.json", "a b.json", "$x&y=+@.json"} {
		if err := ValidateFilename(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestParseRef(t *testing.T) {
	for in, want := range map[string]Ref{
		"Qwen/Qwen3-8B":                         {"Qwen/Qwen3-8B", ""},
		" Qwen/Qwen3-8B ":                       {"Qwen/Qwen3-8B", ""},
		"gpt2":                                  {"gpt2", ""},
		"https://huggingface.co/Qwen/Qwen3-8B":  {"Qwen/Qwen3-8B", ""},
		"https://huggingface.co/Qwen/Qwen3-8B/": {"Qwen/Qwen3-8B", ""},
		"https://huggingface.co/Qwen/Qwen3-8B/tree/main":                    {"Qwen/Qwen3-8B", "main"},
		"https://huggingface.co/Qwen/Qwen3-8B/blob/main/config.json":        {"Qwen/Qwen3-8B", "main"},
		"https://huggingface.co/Qwen/Qwen3-8B/resolve/v1/config.json":       {"Qwen/Qwen3-8B", "v1"},
		"https://huggingface.co/Qwen/Qwen3-8B/tree/refs%2Fpr%2F1":           {"Qwen/Qwen3-8B", "refs/pr/1"},
		"https://huggingface.co/Qwen/Qwen3-8B/blob/refs/pr/12/config.json":  {"Qwen/Qwen3-8B", "refs/pr/12"},
		"https://huggingface.co/Qwen/Qwen3-8B/discussions/3":                {"Qwen/Qwen3-8B", ""},
		"https://huggingface.co/Qwen/Qwen3-8B?library=transformers#section": {"Qwen/Qwen3-8B", ""},
		"https://huggingface.co/Qwen/Qwen3-8B.git":                          {"Qwen/Qwen3-8B", ""},
		"https://huggingface.co/models/Qwen/Qwen3-8B":                       {"Qwen/Qwen3-8B", ""},
		"https://huggingface.co/gpt2":                                       {"gpt2", ""},
		"https://huggingface.co/gpt2/tree/main":                             {"gpt2", "main"},
		"HTTPS://HuggingFace.co/a/b":                                        {"a/b", ""},
		"http://hf.co/a/b":                                                  {"a/b", ""},
		"hf.co/a/b":                                                         {"a/b", ""},
		"huggingface.co/a/b/tree/dev":                                       {"a/b", "dev"},
		"hf://a/b":                                                          {"a/b", ""},
		"hf://a/b@v2":                                                       {"a/b", "v2"},
		"https://mirror.test/hub/a/b":                                       {"a/b", ""},
	} {
		got, err := ParseRef(in, "https://mirror.test/hub")
		if err != nil || got != want {
			t.Errorf("%q: %+v %v, want %+v", in, got, err, want)
		}
	}
	for in, reason := range map[string]string{
		"https://github.com/a/b":                          "its host is not the Hub's; expected https://huggingface.co/ORG/NAME or ORG/NAME",
		"https://evil.test/huggingface.co/a/b":            "its host is not the Hub's; expected https://huggingface.co/ORG/NAME or ORG/NAME",
		"https://huggingface.co.evil.test/a/b":            "its host is not the Hub's; expected https://huggingface.co/ORG/NAME or ORG/NAME",
		"https://huggingface.co/datasets/a/b":             "it is a data set, not a model",
		"https://huggingface.co/spaces/a/b":               "it is a space, not a model",
		"https://huggingface.co/docs/transformers":        "it is not the page of a repository",
		"https://huggingface.co/":                         "it is empty; expected ORG/NAME",
		"https://huggingface.co/a/b/tree/..%2F..%2Fx":     "it holds a '.' or '..' part",
		"https://huggingface.co/%2e%2e/%2e%2e/etc/passwd": "only ASCII letters, digits, '-', '_' and '.' are allowed",
		"://":         "it cannot be read as a web address",
		"a/b/c":       "it has more than one slash; expected ORG/NAME",
		"models/Qwen": "",
	} {
		_, err := ParseRef(in)
		if reason != "" && (err == nil || !strings.HasSuffix(err.Error(), ": "+reason)) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestResolveURL(t *testing.T) {
	for _, tc := range [][4]string{
		{"a/b", "main", "config.json", "https://h/a/b/resolve/main/config.json"},
		{"a/b", "refs/pr/1", "x/y.json", "https://h/a/b/resolve/refs%2Fpr%2F1/x/y.json"},
		{"gpt2", "a b$&+=:@", "c d+e$.json", "https://h/gpt2/resolve/a%20b%24%26%2B%3D%3A%40/c%20d%2Be%24.json"},
		{"a/b", "é~", "#?%.json", "https://h/a/b/resolve/%C3%A9~/%23%3F%25.json"},
	} {
		if got := resolveURL("https://h", tc[0], tc[1], tc[2]); got != tc[3] {
			t.Errorf("%v: %s", tc[:3], got)
		}
	}
}

func TestPinCommit(t *testing.T) {
	const commit = "0123456789012345678901234567890123456789"
	for in, want := range map[string]string{
		"https://h/a/b/resolve/refs%2Fpr%2F1/x%2By.json?q=1": "https://h/a/b/resolve/" + commit + "/x%2By.json?q=1",
		"https://h/api/resolve-cache/models/a/b/c/x":         "https://h/api/resolve-cache/models/a/b/c/x",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := pinCommit(u, "refs/pr/1", commit).String(); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// FuzzNames: whatever is accepted stays below the cache's folders on disk, and
// survives the way into an address and back.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"main", "refs/pr/1", "../x", `a\..\b`, "C:x", "a/b", "https://hf.co/a/b/tree/x", "config.json", "é", "a%2Fb"} {
		f.Add(s)
	}
	root := filepath.Join(string(os.PathSeparator)+"cache", "models--a--b")
	f.Fuzz(func(t *testing.T, s string) {
		below := func(what, folder string) {
			p := filepath.Join(root, folder, filepath.FromSlash(s))
			if !strings.HasPrefix(p, filepath.Join(root, folder)+string(os.PathSeparator)) {
				t.Errorf("%s %q leads to %s", what, s, p)
			}
		}
		if ValidateRevision(s) == nil {
			below("revision", "refs")
		}
		if ValidateFilename(s) == nil {
			below("file name", "snapshots")
			u, err := url.Parse(resolveURL("https://h", "a/b", "main", s))
			if err != nil || u.Host != "h" || u.RawQuery != "" || u.Path != "/a/b/resolve/main/"+s {
				t.Errorf("%q: %v %v", s, u, err)
			}
		}
		ref, err := ParseRef(s)
		if err != nil {
			if !utf8.ValidString(err.Error()) && utf8.ValidString(s) {
				t.Errorf("%q: %q", s, err.Error())
			}
			return
		}
		if ValidateRepoID(ref.RepoID) != nil || ref.Revision != "" && ValidateRevision(ref.Revision) != nil {
			t.Errorf("%q: %+v", s, ref)
		}
		if again, err := ParseRef(ref.RepoID); err != nil || again.RepoID != ref.RepoID {
			t.Errorf("%q: %+v %v", ref.RepoID, again, err)
		}
	})
}
