//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deaf is a program whose work never looks at its context: it computes, makes
// garbage, or holds more and more memory, as its argument says.
func deaf() {
	os.Exit(guarded(os.Exit, 256<<20, func(context.Context) int {
		_, _ = io.WriteString(os.Stdout, "working\n")
		var held [][]byte
		for n := 0; ; n++ {
			switch os.Args[1] {
			case "compute":
				_ = strings.Repeat("x", n%8)
			case "garbage":
				held = [][]byte{bytes.Repeat([]byte("x"), 1<<16)}
			case "hold":
				held = append(held, bytes.Repeat([]byte("x"), 1<<20))
			}
			_ = held
		}
	}))
}

func startDeaf(t *testing.T, work string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command("deaf", work)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if _, err := io.ReadFull(out, make([]byte, len("working\n"))); err != nil {
		t.Fatal(err)
	}
	return cmd, &stderr
}

// TestSignalsEndAnyRun: whatever a run does, a signal at a random moment ends
// it, and it uses less than a second of its processor after the signal.
func TestSignalsEndAnyRun(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for i, work := range []string{"compute", "garbage", "compute", "garbage"} {
		sent := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[i/2]
		moment := time.Duration(random.IntN(300)) * time.Millisecond
		t.Run(fmt.Sprintf("%s %v", work, sent), func(t *testing.T) {
			t.Parallel()
			cmd, _ := startDeaf(t, work)
			time.Sleep(moment)
			before := processorTime(t, cmd)
			if err := cmd.Process.Signal(sent); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Errorf("exit code %d", code)
			}
			// A collection beside the work may use as much as the work itself.
			const most = 2 * time.Second
			if after := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() - before; after > most {
				t.Errorf("%v of processor time after the signal", after)
			}
		})
	}
}

// TestMemoryEndsAnyRun: a run that holds more and more ends with an error
// before the machine runs out.
func TestMemoryEndsAnyRun(t *testing.T) {
	cmd, stderr := startDeaf(t, "hold")
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitUsage || !strings.Contains(stderr.String(), "MiB of memory would be needed") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// processorTime is what a running process has used so far.
func processorTime(t *testing.T, cmd *exec.Cmd) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, fields, _ := strings.Cut(string(stat), ") ")
	var ticks int
	for _, f := range strings.Fields(fields)[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	const perSecond = 100 // USER_HZ, on every Linux that Go runs on
	return time.Duration(ticks) * time.Second / perSecond
}
