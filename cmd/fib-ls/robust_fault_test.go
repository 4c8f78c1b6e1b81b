//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/fib-ls/fib-ls/tsast"
)

// nobody is a user and a group that own nothing.
const nobody = 65534

// holdLock takes the lock of a models.ts in dir, as another fib-ls would.
func holdLock(t *testing.T, dir string) (release func()) {
	t.Helper()
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return func() { _ = d.Close() }
}

// add is the plainest run that changes models.ts.
func (w *sandbox) add(name string) *exec.Cmd {
	return w.command("add", "--config", "small.json", "--model-name", name, "--models-ts", "models.ts")
}

// TestWritersAtOnce: whoever says that it added an entry did, nobody's entry
// is lost, and the others say what happened.
func TestWritersAtOnce(t *testing.T) {
	rounds := envInt(t, "FIB_LS_ROUNDS", 3)
	for round := range rounds {
		w := newSandbox(t)
		const writers = 6
		results := make([]ran, writers)
		var group sync.WaitGroup
		for i := range writers {
			name := fmt.Sprintf("writer-%d", i)
			if i >= writers-2 {
				name = "same" // two that add the same model
			}
			cmd := w.add(name)
			cmd.Env = append(cmd.Env, fmt.Sprintf("XDG_CACHE_HOME=%s", w.path(fmt.Sprint("cache", i)))) // as different users have
			group.Go(func() { results[i] = w.end(cmd) })
		}
		group.Wait()
		f := tsast.Parse([]byte(w.read("models.ts")))
		count := map[string]int{}
		for _, e := range f.Entries {
			count[e.Model.ID.Value]++
		}
		won := 0
		for i, r := range results {
			name := fmt.Sprintf("writer-%d", i)
			if i >= writers-2 {
				name = "same"
			}
			switch {
			case r.code == 0:
				won++
				if count[name] != 1 {
					t.Errorf("round %d: %s was added, it says, and is there %d times", round, name, count[name])
				}
			case r.code != exitUsage || !strings.Contains(r.stderr, "was changed by another program") &&
				!strings.Contains(r.stderr, "another fib-ls is writing") && !strings.Contains(r.stderr, "has an entry"):
				t.Errorf("round %d: %s: exit code %d\n%s", round, name, r.code, r.stderr)
			case name != "same" && count[name] != 0:
				t.Errorf("round %d: %s failed, it says, and is there", round, name)
			}
		}
		if won == 0 || len(f.Problems) > 0 || len(w.leftovers()) > 0 {
			t.Errorf("round %d: %d won; problems %v; litter %v", round, won, f.Problems, w.leftovers())
		}
	}
}

// refused runs a command that must leave models.ts as it is.
func refused(t *testing.T, w *sandbox, cmd *exec.Cmd, code int, says string) {
	t.Helper()
	before := w.read("models.ts")
	r := w.end(cmd)
	if r.code != code || !strings.Contains(r.stderr, says) {
		t.Errorf("exit code %d, not %d with %q:\n%s", r.code, code, says, r.stderr)
	}
	if w.read("models.ts") != before {
		t.Error("models.ts was changed")
	}
	if left := w.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReadOnlyFile(t *testing.T) {
	w := newSandbox(t)
	if err := os.Chmod(w.models, 0o444); err != nil {
		t.Fatal(err)
	}
	refused(t, w, w.add("small"), exitUsage, "permission denied")
}

// asNobody makes a command run as a user that owns nothing.
func asNobody(t *testing.T, w *sandbox, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to run the program as another user")
	}
	for dir := w.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	bin := w.path("fib-ls")
	data, err := os.ReadFile(w.bin) // the original may lie where only root looks
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bin, data, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd.Path = bin
	home := w.path("home")
	if err := os.MkdirAll(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd
}

func TestOthersFile(t *testing.T) {
	w := newSandbox(t)
	refused(t, w, asNobody(t, w, w.add("small")), exitUsage, "permission denied")
}

func TestReadOnlyDirectory(t *testing.T) {
	w := newSandbox(t)
	cmd := asNobody(t, w, w.add("small"))
	if err := os.Chown(w.models, nobody, nobody); err != nil { // the file may be written, its directory not
		t.Fatal(err)
	}
	refused(t, w, cmd, exitUsage, "permission denied")
}

// TestSharedFile: a file of a group stays with its group and its mode.
func TestSharedFile(t *testing.T) {
	w := newSandbox(t)
	cmd := asNobody(t, w, w.add("small"))
	const group = 60123
	cmd.SysProcAttr.Credential.Groups = []uint32{group}
	for _, path := range []string{w.dir, w.models} {
		if err := os.Chown(path, 0, group); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(w.dir, 0o775); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(w.models, 0o664); err != nil {
		t.Fatal(err)
	}
	if r := w.end(cmd); r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	info, err := os.Stat(w.models)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); owner.Gid != group || info.Mode().Perm() != 0o664 {
		t.Errorf("group %d, mode %v", owner.Gid, info.Mode())
	}
}

// TestRootKeepsOwner: root editing somebody's file does not take it.
func TestRootKeepsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	w := newSandbox(t)
	if err := os.Chown(w.models, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(w.models, 0o640); err != nil {
		t.Fatal(err)
	}
	if r := w.end(w.add("small")); r.code != 0 {
		t.Fatal(r.stderr)
	}
	info, err := os.Stat(w.models)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); owner.Uid != nobody || owner.Gid != nobody || info.Mode().Perm() != 0o640 {
		t.Errorf("owner %d:%d, mode %v", owner.Uid, owner.Gid, info.Mode())
	}
}

// TestUmask: a new file has the mode that the user's umask gives.
func TestUmask(t *testing.T) {
	w := newSandbox(t)
	if err := os.Remove(w.models); err != nil {
		t.Fatal(err)
	}
	cmd := w.command()
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", `umask 077; exec "$0" "$@"`, w.bin, "add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts"}
	if r := w.end(cmd); r.code != 0 {
		t.Fatal(r.stderr)
	}
	if info, err := os.Stat(w.models); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// TestFullDisk: a full disk costs nothing but the message.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to mount a small tmpfs")
	}
	w := newSandbox(t)
	disk := w.path("disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("a tmpfs cannot be mounted here: %v %s", err, out)
	}
	defer func() {
		if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	}()
	w.write("other.json", strings.Replace(smallConfig, `"num_hidden_layers": 4`, `"num_hidden_layers": 6`, 1))
	w.write("batch.yaml", "- {model_name: one, config: small.json}\n- {model_name: two, config: other.json}\n")
	for _, c := range []struct {
		name string
		code int
		old  func() string
		args []string
	}{
		// The reports on a good disk, and on the full one.
		{"add", exitUsage, func() string { return string(fixture(t)) }, []string{"add", "--config", "small.json", "--model-name", "small", "--output-dir", "elsewhere"}},
		{"add all", exitUsage, func() string { return string(fixture(t)) }, []string{"add", "--config", "small.json", "--model-name", "small", "--output-dir", "disk/out"}},
		{"batch", exitUsage, func() string { return string(fixture(t)) }, []string{"add", "--batch", "batch.yaml"}},
		{"update", exitUsage, func() string {
			w.write("models.ts", string(fixture(t)))
			w.must(0, "add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts")
			return w.read("models.ts")
		}, []string{"add", "--config", "other.json", "--model-name", "small", "--update"}},
		{"fix", exitUsage, func() string {
			return strings.ReplaceAll(string(fixture(t)), "gemm_n6144_k4096", "gemm_n_6144_k_4096")
		}, []string{"check", "--fix", "disk/models.ts"}},
	} {
		old := c.old()
		_ = os.Remove(w.path("disk/filler"))
		w.write("disk/models.ts", old)
		w.write("disk/filler", strings.Repeat("x", 64<<10-(len(old)+4095)&^4095-8<<10)) // less than the file is left
		if c.name != "fix" {
			c.args = append(c.args, "--models-ts", "disk/models.ts")
		}
		r := w.run(c.args...)
		if r.code != c.code || !strings.Contains(r.stdout+r.stderr, "no space left") {
			t.Errorf("%s: exit code %d\n%s%s", c.name, r.code, r.stdout, r.stderr)
		}
		if w.read("disk/models.ts") != old || len(w.leftovers()) > 0 {
			t.Errorf("%s: models.ts changed: %t; litter %v", c.name, w.read("disk/models.ts") != old, w.leftovers())
		}
	}
}

// TestSymlinkedModels: a link stays, and what it points to is replaced.
func TestSymlinkedModels(t *testing.T) {
	w := newSandbox(t)
	w.write("real/deep/the.ts", string(fixture(t)))
	if err := os.Remove(w.models); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"models.ts": "hop", "hop": "real/deep/the.ts"} {
		if err := os.Symlink(target, w.path(link)); err != nil {
			t.Fatal(err)
		}
	}
	if r := w.end(w.add("small")); r.code != 0 {
		t.Fatal(r.stderr)
	}
	for link, target := range map[string]string{"models.ts": "hop", "hop": "real/deep/the.ts"} {
		if got, err := os.Readlink(w.path(link)); err != nil || got != target {
			t.Errorf("%s: %q %v", link, got, err)
		}
	}
	if !strings.Contains(w.read("real/deep/the.ts"), `id: "small"`) || len(w.leftovers()) > 0 {
		t.Errorf("the target was not replaced; litter %v", w.leftovers())
	}
	for name, target := range map[string]string{"dangling.ts": "nowhere.ts", "loop.ts": "loop.ts", "dir.ts": "real"} {
		if err := os.Symlink(target, w.path(name)); err != nil {
			t.Fatal(err)
		}
		w.must(exitUsage, "add", "--config", "small.json", "--model-name", "small", "--models-ts", name)
	}
	if _, err := os.Lstat(w.path("nowhere.ts")); err == nil {
		t.Error("a dangling link was followed")
	}
}

// TestHugeFile: 100 times upstream's size, 1,000 times in the long form; all
// bytes but the new entry stay.
func TestHugeFile(t *testing.T) {
	times := 200 // the fixture is half of upstream's file
	if long {
		times = 2000
	}
	w := newSandbox(t)
	old := string(manyTimes(t, times))
	w.write("models.ts", old)
	r := w.end(w.add("small"))
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	now := w.read("models.ts")
	head := 0
	for head < len(old) && old[head] == now[head] {
		head++
	}
	if !strings.HasSuffix(now, old[head:]) || len(now) <= len(old) {
		t.Error("other bytes than the insertion's changed")
	}
	t.Logf("%d bytes: %v of processor time, %d MB", len(old), r.state.UserTime()+r.state.SystemTime(), r.memory>>10)
	if limit := len(old)>>10*80 + 128<<10; r.memory > limit {
		t.Errorf("%d KB of memory, more than %d", r.memory, limit)
	}
}

// TestTooLarge: a models.ts that would take gigabytes to read is refused.
func TestTooLarge(t *testing.T) {
	w := newSandbox(t)
	if err := os.Truncate(w.models, 200<<20); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", "models.ts"}, {"add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts"}} {
		if r := w.run(args...); r.code != exitUsage || !strings.Contains(r.stderr, "at most") || r.memory > 256<<10 {
			t.Errorf("%v: exit code %d, %d KB\n%s", args, r.code, r.memory, r.stderr)
		}
	}
}
