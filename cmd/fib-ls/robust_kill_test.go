//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// operation is something that changes models.ts and may be killed in it.
type operation struct {
	name string
	args []string
	old  func(w *sandbox) string // the file before it
}

func operations() []operation {
	plain := func(w *sandbox) string { return string(manyTimes(w.t, 4)) }
	return []operation{
		{"add", []string{"add", "--config", "small.json", "--model-name", "small"}, plain},
		{"update", []string{"add", "--config", "other.json", "--model-name", "small", "--update"}, func(w *sandbox) string {
			w.write("models.ts", plain(w))
			w.must(0, "add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts")
			return w.read("models.ts")
		}},
		{"fix", []string{"check", "--fix", "--exit-zero", "models.ts"}, func(w *sandbox) string {
			return strings.ReplaceAll(string(fixture(w.t)), "gemm_n6144_k4096", "gemm_n_6144_k_4096")
		}},
		{"batch", []string{"add", "--batch", "batch.yaml"}, plain},
	}
}

// TestKillAdd kills the program at moments spread over its run, half of them
// near its end, where it writes: models.ts has the old or the new bytes, and
// nothing is left lying about after the next run. FIB_LS_KILLS is the number
// of moments per operation, FIB_LS_SEED their seed.
func TestKillAdd(t *testing.T) {
	kills, seed := envInt(t, "FIB_LS_KILLS", 25), envInt(t, "FIB_LS_SEED", 7)
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			killed := newKilling(t, op)
			random := rand.New(rand.NewPCG(uint64(seed), uint64(len(op.name))))
			for i := range kills {
				at := (float64(i/2*2) + 2*random.Float64()) / float64(kills)
				if i%2 == 1 {
					at = 0.5 + at*0.6
				}
				killed.at(time.Duration(at * float64(killed.takes)))
			}
			// On a machine that has become busy since the runs were measured the
			// moments lie before the write: later ones, until one lies behind it.
			for late := killed.takes; killed.news+killed.late == 0 && late < time.Minute; late = late * 3 / 2 {
				killed.at(late)
			}
			for range max(3, kills/8) {
				killed.whileWriting()
			}
			t.Logf("seed %d, a run takes %v: %d times the old bytes, %d times the new ones, %d times with a temporary file left until the next run; %d runs ended before the kill",
				seed, killed.takes, killed.olds, killed.news, killed.littered, killed.late)
			if killed.olds == 0 || killed.news+killed.late == 0 {
				t.Error("the moments do not reach both sides of the write")
			}
		})
	}
}

func newKilling(t *testing.T, op operation) *killing {
	t.Helper()
	w := newSandbox(t)
	w.write("other.json", strings.Replace(smallConfig, `"num_hidden_layers": 4`, `"num_hidden_layers": 6`, 1))
	w.write("batch.yaml", "- model_name: one\n  config: small.json\n- model_name: two\n  config: other.json\n- model_name: three\n  config: small.json\n")
	if op.name != "fix" {
		op.args = append(op.args, "--models-ts", "models.ts")
	}
	k := &killing{sandbox: w, op: op, old: op.old(w)}
	k.measure()
	return k
}

// killing drives one operation.
type killing struct {
	*sandbox
	op                         operation
	old, new                   string
	takes                      time.Duration
	olds, news, littered, late int
}

// measure learns the new bytes and how long an undisturbed run takes.
func (k *killing) measure() {
	k.t.Helper()
	var takes []time.Duration
	for range 5 {
		k.write("models.ts", k.old)
		began := time.Now()
		k.must(0, k.op.args...)
		takes = append(takes, time.Since(began))
		k.new = k.read("models.ts")
	}
	slices.Sort(takes)
	k.takes = takes[len(takes)/2]
	if k.new == k.old {
		k.t.Fatal("the operation changes nothing")
	}
}

func (k *killing) start() *exec.Cmd {
	k.t.Helper()
	k.write("models.ts", k.old)
	cmd := k.command(k.op.args...)
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	return cmd
}

// at kills a run after a time.
func (k *killing) at(after time.Duration) {
	k.t.Helper()
	cmd := k.start()
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	timer.Stop()
	k.judge(err == nil, fmt.Sprint("after ", after))
}

// whileWriting kills a run as soon as its temporary file can be seen.
func (k *killing) whileWriting() {
	k.t.Helper()
	cmd := k.start()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			k.judge(err == nil, "while writing")
			return
		default:
		}
		if names, _ := filepath.Glob(k.path(".fib-ls-*")); len(names) > 0 {
			_ = cmd.Process.Kill()
			<-ended
			k.judge(false, "while writing")
			return
		}
	}
}

// judge looks at what a killed run left, and lets the next run clean up.
func (k *killing) judge(ended bool, when string) {
	k.t.Helper()
	switch now := k.read("models.ts"); {
	case ended:
		k.late++
	case now == k.old:
		k.olds++
	case now == k.new:
		k.news++
	default:
		k.t.Fatalf("killed %s: models.ts is torn: %d bytes, neither the %d old nor the %d new ones", when, len(now), len(k.old), len(k.new))
	}
	if len(k.leftovers()) == 0 {
		return
	}
	k.littered++
	// The next run finds the old or the new file; either way it tidies up.
	r := k.run(k.op.args...)
	if r.code != 0 && !strings.Contains(r.stderr, "has an entry") {
		k.t.Fatalf("the run after a kill %s: exit code %d\n%s", when, r.code, r.stderr)
	}
	if left := k.leftovers(); len(left) > 0 {
		k.t.Fatalf("killed %s: the next run leaves %v", when, left)
	}
	if k.read("models.ts") != k.new {
		k.t.Fatalf("killed %s: the next run does not reach the new bytes", when)
	}
}

// TestOutputDirectoryIsLocked: two runs do not write into each other's files.
func TestOutputDirectoryIsLocked(t *testing.T) {
	w := newSandbox(t)
	w.must(0, "extract", "--config", "small.json", "--model-name", "small")
	release := holdLock(t, w.path("model_analysis_small"))
	if r := w.run("extract", "--config", "small.json", "--model-name", "small"); r.code != exitUsage || !strings.Contains(r.stderr, "another fib-ls is writing") {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	release()
	w.must(0, "extract", "--config", "small.json", "--model-name", "small")
}

// TestKilledWriterLeavesNoLock: a lock dies with its process.
func TestKilledWriterLeavesNoLock(t *testing.T) {
	w := newSandbox(t)
	release := holdLock(t, w.dir)
	r := w.run("add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts")
	if r.code != exitUsage || !strings.Contains(r.stderr, "another fib-ls is writing") {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	if w.read("models.ts") != string(fixture(t)) {
		t.Fatal("models.ts was written under somebody's lock")
	}
	release()
	w.must(0, "add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts")
	if info, err := os.Stat(filepath.Join(w.dir, "home", ".cache", "fib-ls", "locks")); err == nil {
		t.Errorf("a lock file was made: %v", info.Name())
	}
}
