package lsp

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test where time stands still until everybody waits for it,
// and where settle knows for certain that the server is at rest: no test
// waits for the machine's clock, or hopes that it has waited long enough.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	leaveBubble()
	synctest.Test(t, f)
}

// leaveBubble drops what bubbles left behind: the connection keeps its
// channels in a pool, and those of a bubble must not be used outside of it.
// Two collections empty a pool.
func leaveBubble() {
	runtime.GC()
	runtime.GC()
}

// advance lets so much time pass, and everything happen that is due by then.
func advance(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
