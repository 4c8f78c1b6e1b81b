package hub

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	maxTries     = 6 // as huggingface_hub: one and five more
	maxDialTries = 3 // nobody there: waiting longer rarely helps
	firstWait    = 500 * time.Millisecond
	longestWait  = 8 * time.Second
)

// again repeats op while its error can get better, there is time, and tries
// remain. Pauses are random between nothing and a bound that doubles (full
// jitter); a server's own wish is kept, and given up at once when it is longer
// than the time that is left.
func (k *call) again(ctx context.Context, tries int, op func() error) error {
	var last error
	for n := 1; ; n++ {
		err := op()
		var out *budgetError
		if errors.As(err, &out) {
			out.last = last
			return out
		}
		last = err
		var he Error
		if err == nil || !errors.As(err, &he) {
			return err
		}
		repeat, wait := he.retry()
		if !repeat || n >= tries || isDial(err) && n >= maxDialTries {
			return err
		}
		wait = k.c.pause(n, wait)
		if k.c.clock.Now().Add(wait).After(k.deadline) {
			return err
		}
		k.retries = append(k.retries, err.Error())
		k.c.log.Info("hub retry", "try", n, "wait", wait, "error", err)
		k.c.report(Progress{
			RepoID: k.repoID, Filename: k.filename, Stage: StageWait, Wait: wait, Total: -1,
			Text: fmt.Sprintf("%s; trying again in %s", err, pauseText(wait)),
		})
		if k.c.clock.Sleep(ctx, wait) != nil {
			if cause := context.Cause(ctx); !errors.Is(cause, errBudget) {
				return fmt.Errorf("fetching %s of %s: %w", k.filename, k.repoID, cause)
			}
			return err
		}
	}
}

func pauseText(d time.Duration) string {
	if d < time.Second {
		return "a moment"
	}
	return seconds(d)
}

// pause is how long to wait after the nth failure; asked is the server's wish.
func (c *Client) pause(n int, asked time.Duration) time.Duration {
	if asked > 0 {
		// Up to a second on top spreads clients that were refused together.
		return asked + time.Duration(c.jitter()*float64(time.Second))
	}
	bound := longestWait
	if n < 10 && firstWait<<(n-1) < longestWait {
		bound = firstWait << (n - 1)
	}
	return time.Duration(c.jitter() * float64(bound))
}

func isDial(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.dial
}
