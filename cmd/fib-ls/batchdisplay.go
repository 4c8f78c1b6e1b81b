package main

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/fib-ls/fib-ls/phases/batch"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// batchDisplay shows the progress of a batch on stderr: one bar on a terminal,
// a line per finished model elsewhere, nothing when only JSON or quiet was
// asked for.
type batchDisplay struct {
	out   io.Writer
	total int
	lines bool
	bars  *mpb.Progress // nil without a terminal
	bar   *mpb.Bar
	began time.Time

	finished int // models told of in lines
	// What the bar draws from another goroutine.
	prepared, failed atomic.Int64
	current          atomic.Pointer[string]
}

func newBatchDisplay(stderr io.Writer, g *globals, plainJSON bool, total int) *batchDisplay {
	d := &batchDisplay{out: stderr, total: total, began: time.Now()}
	switch {
	case g.quiet || plainJSON:
	case wantsBars(stderr):
		d.bars = mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(24))
		d.bar = d.bars.AddBar(int64(total),
			mpb.PrependDecorators(decor.Name("models ")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return d.status(time.Since(d.began)) })),
		)
	default:
		d.lines = true
	}
	return d
}

// watch are the functions that a batch tells of its progress.
func (d *batchDisplay) watch() batch.Watch {
	return batch.Watch{
		Began: func(item *batch.Item) {
			name := clean(orDefault(item.Request.HFRepoID, item.Request.ModelName))
			d.current.Store(&name)
		},
		Prepared: func(item *batch.Item) {
			if item.Err != nil {
				d.failed.Add(1)
			}
			n := d.prepared.Add(1)
			if d.bar != nil && n < int64(d.total) { // the last one is done when it is written
				d.bar.SetCurrent(n)
			}
		},
		Done: func(item *batch.Item) {
			d.finished++
			if d.lines {
				_, _ = fmt.Fprintf(d.out, "[%d/%d] %s: %s\n", d.finished, d.total, clean(item.Name()), clean(item.Outcome()))
			}
		},
	}
}

// status is what stands behind the bar: how many of how many, how fast, how
// many failed, and the model that was begun last.
func (d *batchDisplay) status(elapsed time.Duration) string {
	n := d.prepared.Load()
	text := fmt.Sprintf("%d/%d", n, d.total)
	if seconds := elapsed.Seconds(); n > 0 && seconds > 0 {
		text += fmt.Sprintf(", %.3g/s", float64(n)/seconds)
	}
	if failed := d.failed.Load(); failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	const most = 48
	if name := d.current.Load(); name != nil && n < int64(d.total) {
		shown := []rune(*name)
		text += "  " + string(shown[:min(len(shown), most)])
	}
	return text
}

// close ends the display: a bar of a batch that was stopped stays as it is.
func (d *batchDisplay) close() {
	if d.bars == nil {
		return
	}
	if d.finished == d.total {
		d.bar.SetCurrent(int64(d.total))
	} else {
		d.bar.Abort(false)
	}
	d.bars.Wait()
}
