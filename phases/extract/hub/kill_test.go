package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// TestMain makes of this program, where TestKill asks for it, the process that
// TestKill kills.
func TestMain(m *testing.M) {
	if at := os.Getenv("FIB_LS_HUB_CHILD"); at != "" {
		childFetch(at)
		return
	}
	os.Exit(m.Run())
}

// childFetch fetches a file and ends itself at a step of its writing.
func childFetch(at string) {
	c := New(Options{})
	c.cache.step = func(step string) {
		if step == at {
			p, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = p.Kill()
			}
			panic(fmt.Sprintf("not killed: %v", err))
		}
	}
	_, err := c.Fetch(context.Background(), fakehub.DemoRepo, "main", "config.json")
	fmt.Println("the child ended:", err)
}

// writeSteps are the places inside a write to the cache where it may end.
func writeSteps() []string {
	return []string{"before blob", "half a blob", "whole blob", "after blob", "after link", "ref written"}
}

// TestKill ends a fetching process at every step on the network and on the
// disk: the cache must be readable afterwards, by us and by Python, and the
// next fetch must bring the new content.
func TestKill(t *testing.T) {
	p := killPeer(t)
	kills := append([]string{"request 1", "request 2", "request 3", "half a body"}, writeSteps()...)
	for _, state := range []string{"empty", "older"} {
		for _, at := range kills {
			t.Run(state+"/"+at, func(t *testing.T) {
				b := killBench(t, state)
				killAt(t, b, at)
				if state == "older" {
					readable(t, b, p, fakehub.Demo, newContent)
				}
				b.s.ClearRules()
				f, err := b.fetch(b.client())
				if err != nil || !f.Verified {
					t.Fatalf("%+v %v", f, err)
				}
				readable(t, b, p, string(f.Bytes))
			})
		}
	}
}

func killBench(t *testing.T, state string) *bench {
	if state == "older" {
		b, _ := filled(t, true)
		return b
	}
	sc, _ := fakehub.Find("good")
	return newBench(t, sc)
}

// killAt runs the child and waits for its end.
func killAt(t *testing.T, b *bench, at string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), b.s.Env(b.vars["HF_HOME"])...)
	cmd.Env = append(cmd.Env, "FIB_LS_HUB_CHILD="+at)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	started := make(chan struct{})
	die := func() {
		<-started
		_ = cmd.Process.Kill() // a second time it is gone already
	}
	switch n := 0; {
	case at == "half a body":
		b.s.On(fakehub.Rule{Method: "GET", Do: func(x *fakehub.Exchange) {
			a := x.Usual()
			a.Body.Truncate(a.Body.Len() / 2)
			x.Send(a)
			die()
		}})
	case strings.HasPrefix(at, "request "):
		if _, err := fmt.Sscanf(at, "request %d", &n); err != nil {
			t.Fatal(err)
		}
		b.s.On(fakehub.Rule{Skip: n - 1, Times: 1, Do: func(x *fakehub.Exchange) {
			die()
			x.Next()
		}})
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if err := cmd.Wait(); err == nil || strings.Contains(out.String(), "the child ended") {
		t.Fatalf("the child was not killed: %v\n%s", err, out.String())
	}
}

// readable checks that offline readers get one of the contents, whole.
func readable(t *testing.T, b *bench, p *peer, contents ...string) {
	t.Helper()
	ok := func(got string) bool {
		return slices.Contains(contents, got)
	}
	o := b.opts
	o.Offline = true
	f, err := b.fetch(New(o))
	if err != nil {
		t.Errorf("unreadable offline: %v\n%s", err, tree(t, b.root()))
	} else if !ok(string(f.Bytes)) {
		t.Errorf("offline: %q", f.Bytes)
	}
	if p != nil {
		sc, _ := fakehub.Find("good")
		p.t = t
		r := p.run(peerJob{Env: b.offlineEnv(sc), Repo: fakehub.DemoRepo, File: "config.json", Scan: true})
		if !ok(r.Content) || len(r.ScanWarnings) > 0 {
			t.Errorf("Python offline: %q %v %s, warnings %q", r.Content, r.Error, r.Message, r.ScanWarnings)
		}
	}
}

// killPeer starts the Python peer where it is installed; TestPeer* say why it
// is not.
func killPeer(t *testing.T) *peer {
	t.Helper()
	if runtime.GOOS == "windows" {
		return nil
	}
	found, _ := filepath.Glob(filepath.Join("..", "..", "..", ".cache", "hub-peer-*", "complete"))
	if len(found) == 0 && os.Getenv("CI") != "true" {
		return nil
	}
	return startPeer(t)
}

// TestCancel cancels at every request and in the middle of a body and of a
// pause: the call returns context.Canceled, and leaves nothing half-written.
func TestCancel(t *testing.T) {
	p := killPeer(t)
	for _, at := range []string{"request 1", "request 2", "request 3", "half a body", "pause"} {
		t.Run(at, func(t *testing.T) {
			b, _ := filled(t, true)
			ctx, cancel := context.WithCancelCause(context.Background())
			stop := func() { cancel(context.Canceled) }
			n := 0
			switch _, err := fmt.Sscanf(at, "request %d", &n); {
			case err == nil:
				b.s.On(fakehub.Rule{Skip: n - 1, Do: func(x *fakehub.Exchange) {
					stop()
					<-x.R.Context().Done()
				}})
			case at == "half a body":
				b.s.On(fakehub.Rule{Method: "GET", Do: fakehub.StallBody})
				b.opts.Progress = func(p Progress) {
					if p.Stage == StageDownload {
						stop()
					}
				}
			default:
				b.s.On(fakehub.Rule{Method: "GET", Do: fakehub.Refuse(503, "", "")})
				b.opts.Progress = func(p Progress) {
					if p.Stage == StageWait {
						stop()
					}
				}
			}
			_, err := b.client().Fetch(ctx, fakehub.DemoRepo, "main", "config.json")
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%T %v", err, err)
			}
			if left := tree(t, b.root()); strings.Contains(left, "incomplete") {
				t.Errorf("left behind:\n%s", left)
			}
			readable(t, b, p, fakehub.Demo)
		})
	}
}

// TestSingleFlight: many callers, one download; one that gives up does not
// take the others down.
func TestSingleFlight(t *testing.T) {
	sc, _ := fakehub.Find("good")
	b := newBench(t, sc)
	hold, arrived := make(chan struct{}), make(chan struct{}, 10)
	b.s.On(fakehub.Rule{Kind: fakehub.Resolve, Do: func(x *fakehub.Exchange) {
		arrived <- struct{}{}
		<-hold
		x.Next()
	}})
	c := b.client()
	ctx, cancel := context.WithCancel(context.Background())
	first := make(chan error, 1)
	go func() {
		_, err := c.Fetch(ctx, fakehub.DemoRepo, "main", "config.json")
		first <- err
	}()
	<-arrived
	var wg sync.WaitGroup
	files := make([]*File, 8)
	for i := range files {
		wg.Go(func() {
			f, err := b.fetch(c)
			if err != nil {
				t.Error(err)
			}
			files[i] = f
		})
	}
	for joined := 0; joined < len(files)+1; { // until all of them wait
		c.downloads.mu.Lock()
		for _, f := range c.downloads.all {
			joined = f.waiters
		}
		c.downloads.mu.Unlock()
		runtime.Gosched()
	}
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that gave up: %v", err)
	}
	close(hold)
	wg.Wait()
	if n := len(b.s.Requests()); n != 3 {
		t.Errorf("%d requests:\n%s", n, b.s.LogText())
	}
	files[0].Bytes[0] = 'X'
	if files[1].Bytes[0] == 'X' {
		t.Error("callers share one buffer")
	}
}

// TestBudget: an editor's short budget gives up at once when the server wants
// a longer pause.
func TestBudget(t *testing.T) {
	sc, _ := fakehub.Find("rate-limited")
	b := newBench(t, sc)
	b.opts.Budget = BudgetEditor
	_, err := b.fetch(b.client())
	var limit *failure
	if !errors.As(err, &limit) || limit.Kind() != "rate-limited" || limit.wait != 55*time.Second || len(b.s.Requests()) != 1 || len(b.clock.slept) != 0 {
		t.Errorf("%v, %d requests, pauses %v", err, len(b.s.Requests()), b.clock.slept)
	}
}
