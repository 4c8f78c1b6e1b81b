package phases

import (
	"sync"

	"github.com/fib-ls/fib-ls/phases/baseline"
)

// Embedded returns the reader of the index that is built into the binary: one
// for the process, as it never changes.
var Embedded = sync.OnceValue(func() *baseline.Reader {
	return baseline.NewReader(baseline.NewEmbedded(), nil)
})
