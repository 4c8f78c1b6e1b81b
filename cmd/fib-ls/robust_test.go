package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// long says that the long forms are asked for (scripts/soak.sh).
var long = os.Getenv("FIB_LS_LONG") != ""

// envInt reads a number of the environment, for the long forms.
func envInt(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s=%s: %v", name, text, err)
	}
	return n
}

// smallConfig is a config.json that needs nothing else.
const smallConfig = `{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 512, "intermediate_size": 1408,
"num_attention_heads": 8, "num_key_value_heads": 2, "num_hidden_layers": 4, "vocab_size": 32000}`

// theBinary is the real program, built once per test run and without the race
// detector, since its time and memory are measured and it is killed.
var theBinary = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs(filepath.Join("..", "..", ".cache", "test", "fib-ls-robust"))
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

// sandbox is a directory with a models.ts and a config, and the program.
type sandbox struct {
	t      *testing.T
	bin    string
	dir    string
	models string
	env    []string
}

// fixture is the repository's own models.ts.
func fixture(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "models.ts"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// manyTimes repeats the fixture's entries with ids of their own.
func manyTimes(t *testing.T, n int) []byte {
	t.Helper()
	text := string(fixture(t))
	_, after, _ := strings.Cut(text, "Model[] = [")
	end := strings.LastIndex(after, "\n]") + 1
	body := after[:end]
	head := text[:len(text)-len(after)]
	var b strings.Builder
	b.WriteString(head)
	for i := range n {
		b.WriteString(strings.ReplaceAll(body, "\n    id: \"", "\n    id: \"m"+strconv.Itoa(i)+"-"))
	}
	b.WriteString(after[end:])
	return []byte(b.String())
}

func newSandbox(t *testing.T) *sandbox {
	t.Helper()
	bin, err := theBinary()
	if err != nil {
		t.Fatalf("building the program: %v", err)
	}
	w := &sandbox{t: t, bin: bin, dir: t.TempDir()}
	w.models = filepath.Join(w.dir, "models.ts")
	home := filepath.Join(w.dir, "home")
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, ".cache"),
		"FIB_LS_OFFLINE=1", "NO_COLOR=1", "TMPDIR=" + os.TempDir(),
	}
	w.write("models.ts", string(fixture(t)))
	w.write("small.json", smallConfig)
	return w
}

func (w *sandbox) path(name string) string { return filepath.Join(w.dir, name) }

func (w *sandbox) write(name, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.path(name), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *sandbox) read(name string) string {
	w.t.Helper()
	data, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// command prepares a run of the program in the sandbox's directory.
func (w *sandbox) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	w.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, w.bin, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	return cmd
}

// ran is a run that ended.
type ran struct {
	code           int
	stdout, stderr string
	state          *os.ProcessState
	memory         int // KB at its peak; 0 where /proc does not say
}

// run runs the program to its end.
func (w *sandbox) run(args ...string) ran {
	w.t.Helper()
	return w.end(w.command(args...))
}

func (w *sandbox) end(cmd *exec.Cmd) ran {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		w.t.Fatalf("running %v: %v", cmd.Args, err)
	}
	peak := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatalf("running %v: %v", cmd.Args, err)
	}
	return ran{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String(), cmd.ProcessState, peak()}
}

// watchMemory follows a process's peak of memory. What wait4 gives will not
// do: it counts the memory of the process that started it, too.
func watchMemory(pid int) (peak func() int) {
	stop, result := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		for {
			status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
			if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok && err == nil {
				if exe, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "exe")); err == nil && strings.Contains(exe, "fib-ls-robust") {
					n, _ := strconv.Atoi(strings.Fields(after)[0])
					most = max(most, n)
				}
			}
			select {
			case <-stop:
				result <- most
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return func() int { close(stop); return <-result }
}

// must runs the program and wants an exit code.
func (w *sandbox) must(code int, args ...string) ran {
	w.t.Helper()
	r := w.run(args...)
	if r.code != code {
		w.t.Fatalf("%v: exit code %d, not %d\n%s%s", args, r.code, code, r.stdout, r.stderr)
	}
	return r
}

// leftovers lists the temporary files below the sandbox's directory.
func (w *sandbox) leftovers() []string {
	w.t.Helper()
	var found []string
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == w.path("home"):
			return filepath.SkipDir
		case strings.HasPrefix(d.Name(), ".fib-ls-"), strings.HasSuffix(d.Name(), ".tmp"):
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}
