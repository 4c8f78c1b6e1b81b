package limit

import (
	"context"
	"errors"
	"testing"
)

// greedy holds more and more until its context ends, if it looks at that.
func greedy(ctx context.Context, polite bool, ended <-chan error) (held [][]byte) {
	for len(ended) == 0 && (!polite || ctx.Err() == nil) {
		part := make([]byte, 1<<20)
		for i := 0; i < len(part); i += 4 << 10 {
			part[i] = 1
		}
		held = append(held, part)
		if len(held) > 1<<10 && !polite { // of no use to be greedier
			<-ended
			return held
		}
	}
	return held
}

// TestRunsAreCancelled: work that looks at its context ends with the reason,
// and the process lives on.
func TestRunsAreCancelled(t *testing.T) {
	ended := make(chan error, 1)
	w := Start(64<<20, 1<<40, func(err error) { ended <- err })
	defer w.Close()
	ctx, cancel := w.Run(context.Background())
	defer cancel()
	greedy(ctx, true, ended)
	var memory *MemoryError
	if !errors.As(context.Cause(ctx), &memory) || memory.Limit != 64<<20 {
		t.Errorf("the cause is %v", context.Cause(ctx))
	}
	if len(ended) > 0 {
		t.Error("the process was ended")
	}
}

// TestProcessEnds: work that does not look at its context ends the process.
func TestProcessEnds(t *testing.T) {
	ended := make(chan error, 1)
	w := Start(64<<20, 0, func(err error) { ended <- err; ended <- err })
	defer w.Close()
	held := greedy(context.Background(), false, ended)
	if err := <-ended; !errors.As(err, new(*MemoryError)) {
		t.Errorf("ended with %v, holding %d MiB", err, len(held))
	}
}

// TestRunsWithoutWatch: a nil watch bounds nothing.
func TestRunsWithoutWatch(t *testing.T) {
	ctx, cancel := FromContext(context.Background()).Run(context.Background())
	if ctx.Err() != nil {
		t.Error(ctx.Err())
	}
	cancel()
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Error("not cancelled")
	}
}
