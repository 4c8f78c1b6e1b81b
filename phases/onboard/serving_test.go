package onboard

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// servers is what a file of serving configs says.
func readServers(t *testing.T, text []byte) map[string]string {
	t.Helper()
	var file map[string]json.RawMessage
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	out := map[string]string{}
	for machine, raw := range file {
		var models map[string]struct {
			Flags []string `json:"server_flags"`
		}
		if json.Unmarshal(raw, &models) != nil {
			continue
		}
		for name, m := range models {
			out[machine+" "+name] = strings.Join(m.Flags, " ")
		}
	}
	return out
}

const base = "--trust-remote-code --attention-backend flashinfer"

// TestServers: each machine serves the model as the cookbook does there; where
// workloads are collected, there is an entry for each layout, page size and
// kind of kernel.
func TestServers(t *testing.T) {
	for _, c := range []struct {
		repo string
		want map[string]string
	}{
		{"deepseek-ai/DeepSeek-V3.2", map[string]string{
			"b200 deepseek-v3.2": base + " --tp-size 8", "b200 deepseek-v3.2-ep8": base + " --tp-size 8 --ep-size 8",
			"b200 deepseek-v3.2-ps64": base + " --tp-size 8 --page-size 64",
			"b200 deepseek-v3.2-moe":  base + " --tp-size 8 --moe-runner-backend flashinfer_trtllm",
			"h200 deepseek-v3.2":      base + " --tp-size 8", "h100 deepseek-v3.2": base + " --tp-size 8 --ep-size 8",
			"mi300x deepseek-v3.2": "--trust-remote-code --attention-backend aiter --tp-size 8 --ep-size 8",
		}},
		{"Qwen/Qwen3-Next-80B-A3B-Instruct", map[string]string{
			"b200 qwen3-next-80b-a3b-instruct": base + " --tp-size 2", "b200 qwen3-next-80b-a3b-instruct-tp4": base + " --tp-size 4",
			"b200 qwen3-next-80b-a3b-instruct-ps64":   base + " --tp-size 2 --page-size 64",
			"b200 qwen3-next-80b-a3b-instruct-ragged": base + " --tp-size 2 --disable-piecewise-cuda-graph",
			"h200 qwen3-next-80b-a3b-instruct":        base + " --tp-size 2", "h100 qwen3-next-80b-a3b-instruct": base + " --tp-size 4",
			"mi300x qwen3-next-80b-a3b-instruct": "--trust-remote-code --attention-backend aiter --tp-size 2",
		}},
		{"Qwen/Qwen3-8B", map[string]string{
			"b200 qwen3-8b": base, "b200 qwen3-8b-ps64": base + " --page-size 64", "b200 qwen3-8b-ragged": base + " --disable-piecewise-cuda-graph",
			"h200 qwen3-8b": base, "h100 qwen3-8b": base, "mi300x qwen3-8b": "--trust-remote-code --attention-backend aiter",
		}},
	} {
		data, inserted, err := planned(t, c.repo, Options{}).InsertServers(noServers())
		if err != nil {
			t.Fatal(err)
		}
		got := readServers(t, data)
		for name, flags := range c.want {
			if got[name] != flags {
				t.Errorf("%s: %q, want %q", name, got[name], flags)
			}
		}
		if len(got) != len(c.want) || len(inserted) != len(c.want) {
			t.Errorf("%s: %d entries, %d inserted, want %d: %v", c.repo, len(got), len(inserted), len(c.want), inserted)
		}
	}
}

// TestInsertServers: an insertion touches no byte of the file, in whatever
// style that is, and a second one inserts nothing.
func TestInsertServers(t *testing.T) {
	p := planned(t, "Qwen/Qwen3-8B", Options{})
	const upstream = "{\n    \"_comment\": \"c\",\n    \"b200\": {\n        \"other\": {\n            \"server_flags\": [\n                \"--tp-size\", \"8\"\n            ]\n        }\n    },\n" +
		"    \"top-level-model\": {\n        \"server_flags\": [\n            \"--x\"\n        ]\n    },\n    \"mi300x\": {}\n}\n"
	const wantB200 = "        },\n        \"qwen3-8b\": {\n            \"server_flags\": [\n                \"--trust-remote-code\",\n                \"--attention-backend\", \"flashinfer\"\n            ]\n        },\n"
	for name, text := range map[string]string{
		"upstream's":  upstream,
		"tabs":        strings.ReplaceAll(upstream, "    ", "\t"),
		"CRLF":        strings.ReplaceAll(upstream, "\n", "\r\n"),
		"one line":    `{"b200": {"other": {"server_flags": []}}, "h100": {}}`,
		"one of ours": strings.Replace(upstream, `"other"`, `"qwen3-8b"`, 1),
		"nothing":     "{}",
	} {
		t.Run(name, func(t *testing.T) {
			after, inserted, err := p.InsertServers([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if !isSubsequence(text, string(after)) {
				t.Errorf("bytes of the file were changed:\n%s", after)
			}
			servers := readServers(t, after)
			for _, name := range inserted {
				if _, there := servers[name]; !there {
					t.Errorf("%s is not in\n%s", name, after)
				}
			}
			if (len(inserted) == 0) != (name == "nothing") || slices.Contains(inserted, "b200 qwen3-8b") == (name == "one of ours" || name == "nothing") {
				t.Errorf("inserted %q", inserted)
			}
			if name == "upstream's" && !strings.Contains(string(after), wantB200) {
				t.Errorf("not in the file's style:\n%s", after)
			}
			if again, more, err := p.InsertServers(after); err != nil || len(more) > 0 || string(again) != string(after) {
				t.Errorf("the second time: %q, %v", more, err)
			}
		})
	}
	for _, broken := range []string{"", "[]", `{"b200": {`, `{"b200": {}} more`, "{\"b200\": {\"x\": tru}}"} {
		if after, _, err := p.InsertServers([]byte(broken)); err == nil {
			t.Errorf("%q became %q", broken, after)
		}
	}
}

// isSubsequence reports whether a text is another one with insertions.
func isSubsequence(text, after string) bool {
	i := 0
	for j := 0; i < len(text) && j < len(after); j++ {
		if text[i] == after[j] {
			i++
		}
	}
	return i == len(text)
}

func TestEditServers(t *testing.T) {
	p := planned(t, "Qwen/Qwen3-8B", Options{})
	root := t.TempDir()
	path := filepath.Join(root, filepath.FromSlash(ServingConfigsPath))
	if _, err := p.EditServers(root); err == nil {
		t.Error("a clone without the file was edited")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("{\n  \"h100\": {}\n}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"[h100 qwen3-8b]", "[]"} {
		inserted, err := p.EditServers(root)
		if err != nil || fmt.Sprint(inserted) != want {
			t.Errorf("run %d: %v, %v", i, inserted, err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = "{\n  \"h100\": {\n    \"qwen3-8b\": {\n      \"server_flags\": [\n        \"--trust-remote-code\",\n        \"--attention-backend\", \"flashinfer\"\n      ]\n    }\n  }\n}"
	if string(data) != want {
		t.Errorf("%s", data)
	}
}
