package repo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// helperEnv makes the test binary fetch instead of testing: another process
// for the tests of locks and kills.
const helperEnv = "FIB_LS_REPO_TEST_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperEnv) == "" {
		os.Exit(m.Run())
	}
	tune := defaultTuning()
	o := Options{WorkDir: os.Getenv("HELPER_WORK"), CacheDir: os.Getenv("HELPER_CACHE"), URL: os.Getenv("HELPER_URL"), MaxAge: time.Hour, tune: &tune}
	if os.Getenv(helperEnv) == "stop" {
		o.MaxAge = -1
		tune.beforeRename = func() {
			fmt.Println("ready")
			select {}
		}
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	hash, _ := s.Commit()
	fmt.Println("commit", hash)
	_ = s.Close()
}

// helper starts another process that opens the same.
func helper(t *testing.T, o Options, mode string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+mode, "HELPER_WORK="+o.WorkDir, "HELPER_CACHE="+o.CacheDir, "HELPER_URL="+o.URL)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, bufio.NewScanner(out)
}

func TestTwoProcesses(t *testing.T) {
	up := newUpstream(t)
	head := git(t, up, "rev-parse", "HEAD")
	var requests atomic.Int64
	server := gitServer(t, filepath.Dir(up), func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { requests.Add(1); h.ServeHTTP(w, r) })
	})
	o := options(t, server.URL+"/upstream/.git")
	var wg sync.WaitGroup
	for range 3 {
		cmd, out := helper(t, o, "open")
		wg.Go(func() {
			if !out.Scan() || out.Text() != "commit "+head {
				t.Errorf("a process says %q", out.Text())
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := requests.Load(); n != 3 {
		t.Errorf("%d requests: more than one process fetched", n)
	}
	if left := unfinished(t, filepath.Dir(o.CacheDir)); len(left) > 0 {
		t.Errorf("left behind %q", left)
	}
}

// TestKilled: what a killed run leaves is not an obstacle and is removed by the
// next run, at a first fetch and at an update.
func TestKilled(t *testing.T) {
	up := newUpstream(t)
	o := options(t, up)
	for i, when := range []string{"first fetch", "update"} {
		cmd, out := helper(t, o, "stop")
		if !out.Scan() || out.Text() != "ready" {
			t.Fatalf("%s: the process says %q", when, out.Text())
		}
		if i == 1 {
			old := o
			old.Offline = true
			_ = read(t, open(t, old), model(0)) // the copy is whole while it is updated
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		if left := unfinished(t, o.CacheDir); len(left) == 0 {
			t.Errorf("%s: the killed process left nothing: the test does not test", when)
		}
		s := open(t, o)
		if hash, _ := s.Commit(); hash != git(t, up, "rev-parse", "HEAD") {
			t.Errorf("%s: commit %s", when, hash)
		}
		_ = read(t, s, model(0))
		if left := unfinished(t, o.CacheDir); len(left) > 0 {
			t.Errorf("%s: still there: %q", when, left)
		}
		writeFiles(t, up, map[string]string{model(0): "class Third: pass\n"})
		commitAll(t, up, "third")
	}
}

// TestSweepSparesTheLiving: an unfinished directory in use stays.
func TestSweepSparesTheLiving(t *testing.T) {
	parent := t.TempDir()
	b, err := newBuilding(parent, "x")
	if err != nil {
		t.Fatal(err)
	}
	defer b.discard()
	fresh := filepath.Join(parent, ".x"+buildMark+"1")
	other := filepath.Join(parent, ".y"+buildMark+"1")
	for _, d := range []string{fresh, other} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	sweep(parent, "x", time.Now())
	for _, d := range []string{b.dir, fresh, other} {
		if _, err := os.Stat(d); err != nil {
			t.Errorf("%s was removed", d)
		}
	}
	sweep(parent, "x", time.Now().Add(time.Hour))
	if _, err := os.Stat(fresh); err == nil {
		t.Error("an old directory without a lock stays")
	}
	if _, err := os.Stat(b.dir); err != nil {
		t.Error("a directory in use was removed")
	}
}

// TestCancel: cancelled at each report of progress, and just before the copy
// is put in place, a fetch ends soon, leaves nothing, and harms no copy.
func TestCancel(t *testing.T) {
	eachServer(t, func(t *testing.T, up, url string) {
		if strings.HasPrefix(url, "http") && strings.Contains(t.Name(), "no_single") {
			t.Skip("the same as over file, and slow")
		}
		o := options(t, url)
		o.Path = "new/sglang"
		cancelEverywhere(t, o, func() {
			if _, err := os.Stat(filepath.Join(o.WorkDir, "new")); err == nil {
				t.Error("a cancelled fetch left its directory")
			}
		})
		s := open(t, o)
		before, _ := s.Commit()
		writeFiles(t, up, map[string]string{model(0): "class Third: pass\n"})
		commitAll(t, up, "third")
		cancelEverywhere(t, o, func() {
			old := o
			old.Offline = true
			if hash, _ := open(t, old).Commit(); hash != before {
				t.Errorf("a cancelled update shows commit %s", hash)
			}
		})
		if text := read(t, open(t, o), model(0)); text != "class Third: pass\n" {
			t.Errorf("read %q", text)
		}
	})
}

// cancelEverywhere cancels at the first report, the second, …, until a run has
// none left to be cancelled at; that last one is cancelled before its rename.
func cancelEverywhere(t *testing.T, o Options, check func()) {
	t.Helper()
	tune := *o.tune
	for at := 1; at < 100; at++ {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		run := o
		run.Progress = func(Progress) {
			if n++; n == at {
				cancel()
			}
		}
		last := false
		mine := tune
		mine.beforeRename = func() { last = true; cancel() }
		run.tune = &mine
		start := time.Now()
		_, err := Open(ctx, run)
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled at report %d: %v", at, err)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("cancelled at report %d: it took %s to end", at, took)
		}
		if left := unfinished(t, filepath.Dir(o.CacheDir)); len(left) > 0 {
			t.Errorf("cancelled at report %d: left behind %q", at, left)
		}
		check()
		if last {
			return
		}
	}
	t.Error("a hundred reports for a small fetch")
}

// TestCancelInTheMiddleOfAnAnswer: after any number of bytes.
func TestCancelInTheMiddleOfAnAnswer(t *testing.T) {
	up := newUpstream(t)
	var cancel context.CancelFunc
	var left atomic.Int64
	server := gitServer(t, filepath.Dir(up), func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(&countingWriter{ResponseWriter: w, left: &left, done: func() {
				cancel()
				<-r.Context().Done() // and says no more until the client hangs up
			}}, r)
		})
	})
	o := options(t, server.URL+"/upstream/.git")
	o.Path = "new/sglang"
	for bytes := int64(1); ; bytes += 397 {
		var ctx context.Context
		ctx, cancel = context.WithCancel(context.Background())
		left.Store(bytes)
		s, err := Open(ctx, o)
		cancel()
		if err == nil {
			_ = s.Close()
			if bytes < 2000 {
				t.Errorf("a fetch of %d bytes: the test does not test", bytes)
			}
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled after %d bytes: %v", bytes, err)
		}
		entries, err := os.ReadDir(o.WorkDir)
		if err != nil || len(entries) > 0 {
			t.Fatalf("cancelled after %d bytes: left behind %v %v", bytes, entries, err)
		}
	}
}

type countingWriter struct {
	http.ResponseWriter
	left *atomic.Int64
	done func()
}

func (w *countingWriter) Write(p []byte) (int, error) {
	before := w.left.Add(-int64(len(p))) + int64(len(p))
	if before <= 0 {
		return w.ResponseWriter.Write(p)
	}
	n, err := w.ResponseWriter.Write(p[:min(int64(len(p)), before)])
	if err != nil || before > int64(len(p)) {
		return n, err
	}
	if f, ok := w.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
	w.done()
	return n, http.ErrAbortHandler
}

// TestCancelWhileWaiting: another process may hold the lock for long.
func TestCancelWhileWaiting(t *testing.T) {
	up := newUpstream(t)
	o := options(t, up)
	m, err := newManaged(o, filepath.Join(o.CacheDir, "sglang", cacheKey(o.URL)))
	if err != nil {
		t.Fatal(err)
	}
	unlock, ok, err := tryLock(lockPath(o.CacheDir, m.dir, "lock"))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var waited string
	o.Progress = func(p Progress) { waited = p.Phase; cancel() }
	if _, err := Open(ctx, o); !errors.Is(err, context.Canceled) || waited != "waiting" {
		t.Errorf("%v after %q", err, waited)
	}
	unlock()
	o.Progress = nil
	_ = open(t, o)
	// With a copy at hand, nobody waits.
	unlock, ok, err = tryLock(lockPath(o.CacheDir, m.dir, "lock"))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	defer unlock()
	if s := open(t, o); !strings.Contains(s.Notes()[0], "another process") {
		t.Errorf("notes %q", s.Notes())
	}
}

func TestCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	o := options(t, "file:///nowhere")
	if _, err := Open(ctx, o); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
