package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// display shows the phases of a run on stderr: a bar for each on a terminal, a
// line per finished phase elsewhere, nothing when only JSON or quiet was asked
// for.
type display struct {
	out    io.Writer
	silent bool
	quiet  bool // not even what a run waits for

	// mu orders events. No decorator of a bar may take it: an event waits, with
	// mu held, for the goroutine that draws.
	mu    sync.Mutex
	bars  *mpb.Progress
	shown [len(phases.PhaseNames)]*phaseBar
}

// phaseBar is the bar of one phase, with the latest message beside it.
type phaseBar struct {
	*mpb.Bar
	message atomic.Pointer[string]
}

func newDisplay(stderr io.Writer, g *globals, plainJSON bool) *display {
	d := &display{out: stderr, silent: g.quiet, quiet: g.quiet}
	if !d.silent && !plainJSON && wantsBars(stderr) {
		d.bars = mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(24))
	}
	if plainJSON && !isTerminal(stderr) {
		d.silent = true
	}
	return d
}

// wantsBars reports whether progress is drawn rather than written.
func wantsBars(stderr io.Writer) bool {
	noBars := os.Getenv("CI") != "" || os.Getenv("TERM") == "dumb" || os.Getenv("HF_HUB_DISABLE_PROGRESS_BARS") != ""
	return !noBars && isTerminal(stderr)
}

// event is phases.Env.Progress.
func (d *display) event(e phases.Event) {
	e.Message = clean(e.Message)
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.Notice && d.bars == nil && !d.quiet {
		_, _ = fmt.Fprintf(d.out, "[%d/%d] %s\n", e.Phase, len(d.shown), e.Message)
	}
	if d.silent {
		return
	}
	if d.bars == nil {
		if e.Done {
			_, _ = fmt.Fprintf(d.out, "[%d/%d] %s: %s\n", e.Phase, len(d.shown), e.Name, e.Message)
		}
		return
	}
	bar := d.shown[e.Phase-1]
	if bar == nil {
		bar = d.newBar(e)
		d.shown[e.Phase-1] = bar
	}
	bar.message.Store(&e.Message)
	bar.SetCurrent(int64(e.Fraction * 100))
}

func (d *display) newBar(e phases.Event) *phaseBar {
	p := &phaseBar{}
	p.message.Store(&e.Message)
	title := fmt.Sprintf("[%d/%d] %-22s", e.Phase, len(d.shown), e.Name)
	p.Bar = d.bars.AddBar(100,
		mpb.PrependDecorators(decor.Name(title)),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + *p.message.Load() })),
	)
	return p
}

// close ends the display: bars that did not finish are left as they stand.
func (d *display) close() {
	d.mu.Lock()
	bars := d.bars
	d.bars = nil
	d.mu.Unlock()
	if bars == nil {
		return
	}
	for _, bar := range d.shown {
		if bar != nil {
			bar.Abort(false) // without effect on one that is complete
		}
	}
	bars.Wait()
}

// askOnTerminal asks for a missing config field, when there is a terminal to
// ask on. An empty answer or yes takes the proposal, no declines it; what is
// no number is asked again, as all the fields that are asked for are numbers.
func askOnTerminal(stdin io.Reader, stderr io.Writer, d *display) func(context.Context, string, string, string) (string, error) {
	if !isTerminal(stdin) || !isTerminal(stderr) {
		return nil
	}
	reader := bufio.NewReader(stdin)
	return func(ctx context.Context, field, question, proposal string) (string, error) {
		d.close()
		prompt := fmt.Sprintf("%s\n%s = ", question, field)
		if proposal != "" {
			prompt = fmt.Sprintf("%s\n%s [%s, Enter takes it, - leaves it] = ", question, field, proposal)
		}
		const most = 5 // answers that are not numbers
		for range most {
			_, _ = io.WriteString(stderr, prose.Terminal(prompt))
			line, err := phases.Interruptible(ctx, func() (string, error) { return reader.ReadString('\n') })
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			if err != nil && line == "" {
				return "", nil
			}
			if answer, ok := readAnswer(line, proposal); ok {
				return answer, nil
			}
			prompt = fmt.Sprintf("a number, please: %s = ", field)
		}
		return "", nil
	}
}

// readAnswer understands an answer: a number, the proposal taken or declined.
func readAnswer(line, proposal string) (answer string, ok bool) {
	answer = strings.TrimSpace(line)
	switch strings.ToLower(answer) {
	case "", "y", "yes":
		return proposal, answer == "" || proposal != ""
	case "-", "n", "no":
		return "", true
	}
	_, err := strconv.ParseFloat(answer, 64)
	return answer, err == nil
}
