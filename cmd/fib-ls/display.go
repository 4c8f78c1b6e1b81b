package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/fib-ls/fib-ls/phases"
)

// display shows the phases of a run on stderr: bars on a terminal, a line
// per finished phase elsewhere, nothing when only JSON or quiet was asked for.
type display struct {
	out    io.Writer
	silent bool

	mu      sync.Mutex
	bars    *mpb.Progress
	bar     *mpb.Bar
	phase   int
	message string
}

func newDisplay(stderr io.Writer, g *globals, plainJSON bool) *display {
	d := &display{out: stderr, silent: g.quiet}
	noBars := plainJSON || os.Getenv("CI") != "" || os.Getenv("HF_HUB_DISABLE_PROGRESS_BARS") != ""
	if !d.silent && !noBars && isTerminal(stderr) {
		d.bars = mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(24))
	}
	if plainJSON && !isTerminal(stderr) {
		d.silent = true
	}
	return d
}

// event is phases.Env.Progress.
func (d *display) event(e phases.Event) {
	e.Message = clean(e.Message)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.silent {
		return
	}
	if d.bars == nil {
		if e.Done {
			_, _ = fmt.Fprintf(d.out, "[%d/4] %s: %s\n", e.Phase, e.Name, e.Message)
		}
		return
	}
	d.message = e.Message
	if d.bar == nil || d.phase != e.Phase {
		d.phase = e.Phase
		d.bar = d.newBar(e)
	}
	d.bar.SetCurrent(int64(e.Fraction * 100))
}

func (d *display) newBar(e phases.Event) *mpb.Bar {
	title := fmt.Sprintf("[%d/4] %-22s", e.Phase, e.Name)
	return d.bars.AddBar(100,
		mpb.PrependDecorators(decor.Name(title)),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			d.mu.Lock()
			defer d.mu.Unlock()
			return " " + d.message
		})),
	)
}

// close ends the display: bars that did not finish are left as they stand.
func (d *display) close() {
	d.mu.Lock()
	bars, bar := d.bars, d.bar
	d.bars = nil
	d.mu.Unlock()
	if bars == nil {
		return
	}
	if bar != nil && !bar.Completed() {
		bar.Abort(false)
	}
	bars.Wait()
}

// askOnTerminal asks for a missing config field, when there is a terminal to
// ask on. An empty answer takes the proposal; without one it declines.
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
		_, _ = io.WriteString(stderr, phases.Terminal(prompt))
		line, err := reader.ReadString('\n')
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil && line == "" {
			return "", nil
		}
		switch answer := strings.TrimSpace(line); answer {
		case "":
			return proposal, nil
		case "-":
			return "", nil
		default:
			return answer, nil
		}
	}
}
