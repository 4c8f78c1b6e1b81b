//go:build unix

package validate

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/tsast"
)

// processorTime is what this process has used.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Skip(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// file is a models.ts with some entries, between what stands before each and
// behind all of them.
func file(n int, entry func(i int) string) string {
	var b strings.Builder
	b.WriteString("const models: Model[] = [")
	for i := range n {
		b.WriteString(entry(i))
	}
	return b.String() + "]\n"
}

func oneEntry(n int, separator string, module func(i int) string) string {
	var b strings.Builder
	b.WriteString("const models: Model[] = [{ id: \"m\", name: \"n\", description: \"d\", modules: {" + separator)
	for i := range n {
		b.WriteString(module(i) + "," + separator)
	}
	return b.String() + "} }]\n"
}

// growing are texts that grow where checking them once did more than a person
// would expect. Each is checked at one size and at sixteen times that.
var growing = map[string]func(n int) string{
	"entries on one line": func(n int) string {
		return file(n, func(i int) string { return fmt.Sprintf(`{id:"m%d",name:"n",description:"d",modules:{}},`, i) })
	},
	"entries of one id": func(n int) string {
		return file(n, func(int) string { return "\n  { id: \"m\", name: \"n\", description: \"d\", modules: {} }," })
	},
	"a chain of parents": func(n int) string {
		return oneEntry(n, "\n", func(i int) string {
			return fmt.Sprintf("m%d: { count: 1, parent: \"m%d\", type: \"block\" }", i, max(i-1, 0))
		})
	},
	"a chain that leads nowhere, backwards": func(n int) string {
		return oneEntry(n, " ", func(i int) string { return fmt.Sprintf("m%d: { count: 1, parent: \"m%d\", type: \"block\" }", i, i+1) })
	},
	"modules of one name": func(n int) string {
		return oneEntry(n, "\n", func(int) string { return "m: { count: 1, type: \"block\" }" })
	},
	"unknown parents on one line": func(n int) string {
		return oneEntry(n, " ", func(i int) string {
			return fmt.Sprintf("module_%d: { count: 1, parent: \"modul_%d\", type: \"layer\" }", i, i)
		})
	},
	"modules that are their own parents": func(n int) string {
		return oneEntry(n, "\n", func(i int) string { return fmt.Sprintf("m%d: { count: 1, parent: \"m%d\", type: \"block\" }", i, i) })
	},
	"missing fields on one line": func(n int) string {
		return oneEntry(n, " ", func(i int) string { return fmt.Sprintf("m%d: { }", i) })
	},
	"unknown fields of one module": func(n int) string {
		return oneEntry(1, "\n", func(int) string {
			return "m: { count: 1, " + strings.Repeat("cont: 2, ", n) + "type: \"block\" }"
		})
	},
	"a long list of names": func(n int) string {
		return oneEntry(1, "\n", func(int) string {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, "\"gemm_n%d_k_%d\", ", i+1, i)
			}
			return "m: { count: 1, type: \"layer\", definitions: [" + b.String() + "] }"
		})
	},
	"ignore comments": func(n int) string {
		return file(n, func(i int) string {
			return fmt.Sprintf("\n  // fib: ignore no-root\n  { id: \"m%d\", modules: {} },", i)
		})
	},
}

// Checking and fixing cost about what the text has: sixteen times the text
// costs at most four times its share.
func TestGrowth(t *testing.T) {
	const small, times, most = 200, 16, 64
	for name, text := range growing {
		t.Run(name, func(t *testing.T) {
			cost := func(n int) time.Duration {
				src := []byte(text(n))
				best := time.Hour
				for range 2 {
					began := processorTime(t)
					f := tsast.Parse(src)
					FixAll(Check(f, Options{}), AllFixes)
					best = min(best, processorTime(t)-began)
				}
				return best
			}
			// What is too short to be measured counts as a millisecond.
			before, after := max(cost(small), time.Millisecond), cost(small*times)
			t.Logf("%v, and %v at %d times the size", before, after, times)
			if after > most*before {
				t.Errorf("%d modules cost %v, %d cost %v", small, before, small*times, after)
			}
		})
	}
}
