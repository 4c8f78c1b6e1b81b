package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestContributing follows each example of CONTRIBUTING.md in a copy of the
// tree: its patches apply, and its commands succeed.
func TestContributing(t *testing.T) {
	if os.Getenv("FIB_LS_TEST_ALL") == "" {
		t.Skip("it builds and tests five changed trees: set FIB_LS_TEST_ALL=1, as make test does")
	}
	data, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for _, section := range strings.Split(string(data), "\n## ")[1:] {
		title, body, _ := strings.Cut(section, "\n")
		if !strings.HasPrefix(title, "Add ") {
			continue
		}
		examples++
		t.Run(title, func(t *testing.T) {
			dir := copyTree(t)
			for _, block := range blocks(body) {
				switch block.language {
				case "diff":
					applyPatch(t, dir, block.text)
				case "sh":
					runIn(t, dir, block.text)
				}
			}
			runIn(t, dir, `unformatted=$(gofmt -l .); echo "not gofmt'ed: $unformatted"; test -z "$unformatted"`)
		})
	}
	if examples != 5 {
		t.Errorf("CONTRIBUTING.md has %d examples, not 5", examples)
	}
}

type block struct{ language, text string }

// blocks are the fenced blocks of a Markdown text, in order.
func blocks(text string) (out []block) {
	for i, part := range strings.Split(text, "\n```") {
		if i%2 == 1 {
			language, body, _ := strings.Cut(part, "\n")
			out = append(out, block{language, body + "\n"})
		}
	}
	return out
}

// copyTree copies what the packages below cmd are made and tested from.
func copyTree(t *testing.T) string {
	t.Helper()
	root, dir := filepath.Join("..", ".."), t.TempDir()
	for _, name := range []string{"docs", "lsp", "phases", "testdata", "tsast"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// applyPatch applies a patch whose files begin with "+++ PATH" and whose hunks
// begin with "@@". A hunk's place is where its old lines stand, which must be
// one place; a file without a hunk is new.
func applyPatch(t *testing.T, dir, patch string) {
	t.Helper()
	for _, file := range strings.Split("\n"+patch, "\n+++ ")[1:] {
		name, body, _ := strings.Cut(file, "\n")
		path := filepath.Join(dir, filepath.FromSlash(name))
		hunks := strings.Split("\n"+strings.TrimSuffix(body, "\n"), "\n@@")
		if len(hunks) == 1 {
			_, text := sides(hunks[0])
			if _, err := os.Stat(path); err == nil {
				t.Fatalf("%s is there already", name)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, hunk := range hunks[1:] {
			before, after := sides(hunk)
			if n := bytes.Count(text, []byte(before)); n != 1 {
				t.Fatalf("%s: %d places, not one, have\n%s", name, n, before)
			}
			text = bytes.Replace(text, []byte(before), []byte(after), 1)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// sides are the lines of a hunk before and after the change.
func sides(hunk string) (before, after string) {
	for _, line := range strings.Split(hunk, "\n")[1:] {
		switch {
		case strings.HasPrefix(line, "+"):
			after += line[1:] + "\n"
		case strings.HasPrefix(line, "-"):
			before += line[1:] + "\n"
		default:
			before += strings.TrimPrefix(line, " ") + "\n"
			after += strings.TrimPrefix(line, " ") + "\n"
		}
	}
	return before, after
}

// runIn runs the lines of a block as somebody types them; the paths of the
// copy stay out of what is built, so that the next copy need not build it
// again.
func runIn(t *testing.T, dir, commands string) {
	t.Helper()
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -trimpath"), fmt.Sprintf("PWD=%s", dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s\n%v\n%s", commands, err, out)
	}
}
