//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
	"github.com/fib-ls/fib-ls/tsast"
)

// TestInterrupt sends SIGINT and SIGTERM at moments spread over a run: it ends
// with 130, models.ts has the old or the new bytes, and nothing is left lying
// about. FIB_LS_KILLS and FIB_LS_SEED are those of TestKillAdd.
func TestInterrupt(t *testing.T) {
	moments, seed := envInt(t, "FIB_LS_KILLS", 12), envInt(t, "FIB_LS_SEED", 7)
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			k := newKilling(t, op)
			random := rand.New(rand.NewPCG(uint64(seed), uint64(len(op.name))))
			codes := map[int]int{}
			for i := range moments {
				after := time.Duration((float64(i) + random.Float64()) / float64(moments) * 1.1 * float64(k.takes))
				sent := []os.Signal{os.Interrupt, syscall.SIGTERM}[i%2]
				codes[k.interrupt(sent, after)]++
			}
			t.Logf("seed %d, a run takes %v: exit codes %v, -1 for one that was ended before it could listen", seed, k.takes, codes)
		})
	}
}

// interrupt sends a signal to a run after a time and judges what it leaves.
func (k *killing) interrupt(sent os.Signal, after time.Duration) (code int) {
	k.t.Helper()
	cmd := k.start()
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Signal(sent) })
	_ = cmd.Wait()
	timer.Stop()
	code = cmd.ProcessState.ExitCode()
	now := k.read("models.ts")
	switch {
	case code == 0 && now != k.new:
		k.t.Fatalf("%v after %v: exit code 0, and models.ts is not the new one", sent, after)
	case code != 0 && code != -1 && code != exitInterrupted:
		k.t.Fatalf("%v after %v: exit code %d", sent, after, code)
	case now != k.old && now != k.new && !k.partly(now):
		k.t.Fatalf("%v after %v: models.ts is torn: %d bytes", sent, after, len(now))
	}
	if left := k.leftovers(); code != -1 && len(left) > 0 {
		k.t.Fatalf("%v after %v: exit code %d leaves %v", sent, after, code, left)
	}
	return code
}

// partly reports whether a text is what a batch leaves that was interrupted: the
// old entries and some of the new ones, each of them whole.
func (k *killing) partly(text string) bool {
	if k.op.name != "batch" {
		return false
	}
	head := 0
	for head < len(k.old) && k.old[head] == text[head] {
		head++
	}
	f := tsast.Parse([]byte(text))
	for _, e := range f.Entries {
		if entry := f.Text(e.Span()); !strings.Contains(k.old, entry) && !strings.Contains(k.new, entry) {
			return false
		}
	}
	return len(f.Problems) == 0 && strings.HasSuffix(text, k.old[head:])
}

// TestInterruptWhileWaiting: one signal ends a run that waits for something
// that does not come: its input, an answer at a terminal, the Hub.
func TestInterruptWhileWaiting(t *testing.T) {
	s, err := fakehub.Start(fakehub.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	fakehub.Populate(s)
	asked := make(chan struct{}, 64)
	s.On(fakehub.Rule{Kind: fakehub.Content, Method: http.MethodGet, Do: func(x *fakehub.Exchange) {
		asked <- struct{}{}
		<-x.R.Context().Done()
	}})
	hub := s.Env(t.TempDir())
	for _, args := range [][]string{
		{"add", "--config", "-", "--model-name", "x", "--models-ts", "models.ts"},
		{"add", "--config", "fifo", "--model-name", "x", "--models-ts", "models.ts"},
		{"add", "--batch", "-", "--models-ts", "models.ts"},
		{"add", "--batch", "fifo", "--models-ts", "models.ts"},
		{"add", "--hf-repo-id", fakehub.DemoRepo, "--model-name", "x", "--models-ts", "models.ts"},
		{"serve"},
	} {
		t.Run(strings.Join(args[:min(3, len(args))], " "), func(t *testing.T) {
			w := newSandbox(t)
			if err := syscall.Mkfifo(w.path("fifo"), 0o600); err != nil {
				t.Fatal(err)
			}
			w.env = append(append(w.env, hub...), "FIB_LS_OFFLINE=")
			cmd := w.command(args...)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = in.Close() }()
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if args[1%len(args)] == "--hf-repo-id" {
				<-asked
			} else {
				waitUntilIdle(t, cmd)
			}
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
			_ = cmd.Wait()
			if !late.Stop() {
				t.Fatal("the signal was not heard")
			}
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("exit code %d\n%s", code, stderr.String())
			}
			if w.read("models.ts") != string(fixture(t)) || len(w.leftovers()) > 0 {
				t.Errorf("models.ts changed, or litter %v", w.leftovers())
			}
		})
	}
}

// waitUntilIdle waits until a process uses no processor time any more.
func waitUntilIdle(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	last, same := "", 0
	for same < 10 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		if err != nil {
			t.Skip("no /proc here")
		}
		fields := strings.Fields(string(stat))
		if now := strings.Join(fields[13:15], " "); now == last && fields[2] == "S" {
			same++
		} else {
			last, same = now, 0
		}
		time.Sleep(10 * time.Millisecond)
	}
}
