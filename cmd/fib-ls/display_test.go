package main

import (
	"io"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"

	"github.com/fib-ls/fib-ls/phases"
)

// TestDisplayUnderDrawing: events that arrive while the bars are drawn, as
// fast as both can, hang neither, and a phase that never finishes does not
// keep close from ending.
func TestDisplayUnderDrawing(t *testing.T) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 20 {
			d := &display{
				out:  io.Discard,
				bars: mpb.New(mpb.WithOutput(io.Discard), mpb.WithAutoRefresh(), mpb.WithRefreshRate(100*time.Microsecond)),
			}
			for phase := range phases.PhaseNames {
				for i := range 200 {
					d.event(phases.Event{Phase: phase + 1, Name: phases.PhaseNames[phase], Message: "at work", Fraction: float64(i) / 200})
				}
				if phase != 1 { // phase 2 is left behind
					d.event(phases.Event{Phase: phase + 1, Fraction: 1, Done: true})
				}
			}
			d.close()
			d.event(phases.Event{Phase: 4, Fraction: 1, Done: true})
		}
	}()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("the display hangs")
	}
}

// TestCleanIsOneLine: an error of several lines reads as a sentence in a table.
func TestCleanIsOneLine(t *testing.T) {
	for text, want := range map[string]string{"no config\ngive one": "no config give one", "a\x1b[31m\rb": "a\uFFFD[31m\uFFFDb"} {
		if got := clean(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
