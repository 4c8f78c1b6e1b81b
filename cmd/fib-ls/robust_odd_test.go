//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"
)

// TestOddFiles: whatever lies at models.ts, add puts its entry in and keeps
// every other byte, or says why not and leaves it alone. check says what it
// found or why it cannot.
func TestOddFiles(t *testing.T) {
	plain := string(fixture(t))
	var wide strings.Builder
	for _, u := range utf16.Encode([]rune("\ufeff" + plain)) {
		wide.WriteByte(byte(u))
		wide.WriteByte(byte(u >> 8))
	}
	for _, c := range []struct {
		name, text string
		add, check int
		says       string // by add, when it refuses
	}{
		{"byte order mark", "\ufeff" + plain, 0, 0, ""},
		{"CRLF", strings.ReplaceAll(plain, "\n", "\r\n"), 0, 0, ""},
		{"no end of line", strings.TrimRight(plain, "\n"), 0, 0, ""},
		{"empty", "", 0, 1, ""},
		{"only a byte order mark", "\ufeff", 0, 1, ""},
		{"blank", " \n\t\r\n", 0, 1, ""},
		{"only a comment", "// to be filled\n", 0, 1, ""},
		{"invalid UTF-8 in a comment", "// caf\xe9\n" + plain, 0, 0, ""},
		{"invalid UTF-8 in the array", "const models: Model[] = [\n\xff\xfe\n]\n", exitUsage, 1, "was left alone"},
		{"NUL in the array", "const models: Model[] = [\n\x00\n]\n", exitUsage, 1, "was left alone"},
		{"cut off", plain[:len(plain)/2], exitUsage, 1, "was left alone"},
		{"a merge conflict", strings.Replace(plain, "  {\n", "<<<<<<< HEAD\n  {\n", 1), exitUsage, 1, "was left alone"},
		{"no array", "export const x = 1\n", exitUsage, 1, "was left alone"},
		{"UTF-16", wide.String(), exitUsage, exitUsage, "UTF-16"},
		{"CR alone", strings.ReplaceAll(plain, "\n", "\r"), exitUsage, exitUsage, "carriage returns"},
		{"binary", strings.Repeat("\x7fELF\x00\x01\xff", 3000), exitUsage, 1, "was left alone"},
		{"JSON", `{"models": []}`, exitUsage, 1, "was left alone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newSandbox(t)
			w.write("models.ts", c.text)
			w.must(c.check, "check", "models.ts")
			r := w.must(c.add, "add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts")
			now := w.read("models.ts")
			if c.add != 0 && (now != c.text || !strings.Contains(r.stderr, c.says)) {
				t.Errorf("changed: %t\n%s", now != c.text, r.stderr)
			}
			if c.add == 0 && !keeps(now, strings.TrimRight(c.text, " \t\r\n")) {
				t.Errorf("not an insertion:\n%.300q", now)
			}
			if c.add == 0 {
				w.must(0, "check", "models.ts")
			}
			if strings.Contains(r.stderr, "goroutine ") || unsafeForTerminal(r.stdout+r.stderr) != "" || len(w.leftovers()) > 0 {
				t.Errorf("litter %v\n%s", w.leftovers(), r.stderr)
			}
		})
	}
}

// keeps reports whether a text came of another by insertion.
func keeps(now, old string) bool {
	head := 0
	for head < len(old) && head < len(now) && old[head] == now[head] {
		head++
	}
	return len(now) > len(old) && strings.Contains(now[head:], old[head:])
}

// TestNoFile: what is not a file at models.ts is refused, as it is below a
// directory that is none.
func TestNoFile(t *testing.T) {
	w := newSandbox(t)
	if err := syscall.Mkfifo(w.path("pipe.ts"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(w.path("dir.ts"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		"pipe.ts": "not a regular file", "dir.ts": "not a regular file", "/dev/null": "not a regular file", "/dev/full": "not a regular file",
		"small.json/models.ts": "small.json", "missing/models.ts": "nor its directory",
		strings.Repeat("a", 300) + ".ts": "too long", strings.Repeat("d/", 3000) + "models.ts": "nor its directory", "": "regular file",
	} {
		r := w.run("add", "--config", "small.json", "--model-name", "small", "--models-ts="+path)
		code := exitUsage
		if says == "nor its directory" {
			code = exitMissing // as check says of a file that is not there
		}
		if path != "" && (r.code != code || !strings.Contains(r.stderr, says)) || strings.Contains(r.stderr, "goroutine ") || len(r.stderr) > 8000 {
			t.Errorf("%.40s: exit code %d\n%.400s", path, r.code, r.stderr)
		}
		if path == "" {
			continue // the usual place
		}
		if r := w.run("check", path); r.code == 0 || strings.Contains(r.stderr, "goroutine ") {
			t.Errorf("check %.40s: exit code %d\n%.400s", path, r.code, r.stderr)
		}
	}
}

// TestUnreadable: files and directories that only others may read.
func TestUnreadable(t *testing.T) {
	w := newSandbox(t)
	add := asNobody(t, w, w.add("small"))
	if err := os.Chmod(w.models, 0); err != nil {
		t.Fatal(err)
	}
	refused(t, w, add, exitUsage, "permission denied")
	refused(t, w, asNobody(t, w, w.command("check", "models.ts")), exitUsage, "permission denied")
	if err := os.Chmod(w.models, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(w.path("small.json"), 0); err != nil {
		t.Fatal(err)
	}
	// Nobody may make an output directory here, which would be said first.
	unread := w.command("add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts", "--dry-run")
	refused(t, w, asNobody(t, w, unread), exitMissing, "permission denied")
}

// TestOddHomes: a home directory that is missing, read-only, a file, or oddly
// named is no reason not to work.
func TestOddHomes(t *testing.T) {
	for name, env := range map[string][]string{
		"none":        {"HOME", "XDG_CACHE_HOME"},
		"empty":       {"HOME=", "XDG_CACHE_HOME="},
		"missing":     {"HOME=/nonexistent/home", "XDG_CACHE_HOME"},
		"a file":      {"HOME=small.json", "XDG_CACHE_HOME"},
		"relative":    {"HOME=there", "XDG_CACHE_HOME=cache"},
		"odd":         {"HOME=DIR/my höme 𝒳 'q' \"d\"", "XDG_CACHE_HOME"},
		"no TMPDIR":   {"TMPDIR=/nonexistent/tmp"},
		"cache":       {"FIB_LS_CACHE_DIR=/proc/nowhere", "XDG_CACHE_HOME"},
		"nothing":     {"HOME", "XDG_CACHE_HOME", "PATH", "TMPDIR"},
		"odd options": {"TERM=", "COLUMNS=-3", "LINES=x", "LANG=C", "LC_ALL=xx_YY", "TZ=Nowhere/At/All", "FIB_LS_HUB_TIMEOUT=-1", "HF_HUB_OFFLINE=perhaps"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSandbox(t)
			for _, change := range env {
				key, value, set := strings.Cut(change, "=")
				var kept []string
				for _, e := range w.env {
					if !strings.HasPrefix(e, key+"=") {
						kept = append(kept, e)
					}
				}
				w.env = kept
				if set {
					w.env = append(w.env, key+"="+strings.ReplaceAll(value, "DIR", w.dir))
				}
			}
			w.must(0, "add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts")
			w.must(0, "add", "--hf-repo-id", "Qwen/Qwen3-8B", "--models-ts", "models.ts", "--offline")
			w.must(0, "check", "models.ts")
			for _, name := range []string{"there", "cache"} {
				if _, err := os.Stat(w.path(name)); err == nil {
					t.Errorf("%s was made below the working directory", name)
				}
			}
		})
	}
}

// TestReadOnlyHome is what containers give.
func TestReadOnlyHome(t *testing.T) {
	w := newSandbox(t)
	cmd := asNobody(t, w, w.add("small"))
	home := w.path("home")
	for _, dir := range []string{w.dir, w.models} {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(home, 0, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(home, 0o555); err != nil {
		t.Fatal(err)
	}
	if r := w.end(cmd); r.code != 0 || !strings.Contains(w.read("models.ts"), `id: "small"`) {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
}

// TestOddOutputs: an output that is closed, full or not read to its end costs
// the output and nothing else, and never looks like success when it was not.
func TestOddOutputs(t *testing.T) {
	w := newSandbox(t)
	w.write("bad.ts", strings.ReplaceAll(string(manyTimes(t, 40)), "count: 1,", "count: 0,"))
	shell := func(line string) ran {
		cmd := w.command()
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", line, w.bin}
		return w.end(cmd)
	}
	for line, want := range map[string]int{
		`"$0" check models.ts >&-`:                                0,
		`"$0" check models.ts >&- 2>&- <&-`:                       0,
		`"$0" check bad.ts >&- 2>&-`:                              exitFindings,
		`"$0" check bad.ts >/dev/full`:                            exitUsage,
		`"$0" check --format json bad.ts >/dev/full`:              exitUsage,
		`"$0" check --format sarif bad.ts >/dev/full`:             exitUsage,
		`"$0" catalogue >/dev/full`:                               exitUsage,
		`"$0" version >/dev/full`:                                 exitUsage,
		`"$0" completion bash >/dev/full`:                         exitUsage,
		`"$0" explain syntax >/dev/full`:                          exitUsage,
		`"$0" define rmsnorm_h4096 --out d >/dev/full`:            exitUsage,
		`"$0" serve <&-`:                                          exitFindings, // no shutdown was asked for
		`"$0" serve </dev/null >&-`:                               exitFindings,
		`"$0" add --config - --model-name x <&-`:                  exitMissing, // models.ts
		`{ "$0" check bad.ts; echo $? >code; } | head -1; exit 0`: 0,
		`{ "$0" catalogue; echo $? >code; } | true; exit 0`:       0,
	} {
		_ = os.Remove(w.path("code"))
		r := shell(line)
		if r.code != want || strings.Contains(r.stderr, "goroutine ") || strings.Contains(r.stderr, "panic") {
			t.Errorf("%s: exit code %d, not %d\n%.400s", line, r.code, want, r.stderr)
		}
		if strings.Contains(line, "|") {
			// The shell's 141 is SIGPIPE: the end of every tool in a pipe.
			if code := strings.TrimSpace(w.read("code")); code != "141" {
				t.Errorf("%s: the program ended with %s", line, code)
			}
			if strings.Contains(r.stderr, "pipe") {
				t.Errorf("%s: %s", line, r.stderr)
			}
		}
	}
	// models.ts is written all the same.
	for i, redirect := range []string{">&-", ">&- 2>&-", ">/dev/full", ">/dev/full 2>/dev/full", "| true"} {
		name := "full-" + string(rune('a'+i))
		shell(`"$0" add --config small.json --models-ts models.ts --model-name ` + name + " " + redirect)
		if !strings.Contains(w.read("models.ts"), `id: "`+name+`"`) {
			t.Errorf("with %s no entry was added", redirect)
		}
	}
	if left := w.leftovers(); len(left) > 0 {
		t.Errorf("litter %v", left)
	}
}

// TestGoneDirectory: a working directory that was removed.
func TestGoneDirectory(t *testing.T) {
	w := newSandbox(t)
	if err := os.Mkdir(w.path("gone"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", `cd gone && rmdir ../gone && "$0" add --config ../small.json --model-name x`, w.bin)
	cmd.Dir, cmd.Env = w.dir, w.env
	var out bytes.Buffer
	cmd.Stderr = &out
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitUsage || !strings.Contains(out.String(), "working directory") {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
}

// TestLongNames: names at the limits of the file system.
func TestLongNames(t *testing.T) {
	w := newSandbox(t)
	deep := w.dir
	for len(deep) < 3500 {
		deep = filepath.Join(deep, strings.Repeat("d", 200))
	}
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Skip(err)
	}
	path := filepath.Join(deep, strings.Repeat("m", 252)+".ts")
	if err := os.WriteFile(path, fixture(t), 0o644); err != nil {
		t.Skip(err)
	}
	w.must(0, "add", "--config", "small.json", "--model-name", "small", "--models-ts", path, "--output-dir", filepath.Join(deep, "out"))
	w.must(0, "check", path)
	data, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(data), `id: "small"`) || len(w.leftovers()) > 0 {
		t.Errorf("%v; litter %v", err, w.leftovers())
	}
}
