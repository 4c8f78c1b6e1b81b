//go:build unix

package validate

import (
	"fmt"
	"runtime"
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
// would expect. Each is checked at three sizes.
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
	"ignore comments in a row": func(n int) string { // outside the entries and in one
		row := strings.Repeat("  // fib: ignore no-root\n", 3*n)
		return file(1, func(int) string { return "\n" + row + "  { id: \"m\",\n" + row + "modules: {} }," })
	},
	"ignore comments": func(n int) string {
		return file(n, func(i int) string {
			return fmt.Sprintf("\n  // fib: ignore no-root\n  { id: \"m%d\", modules: {} },", i)
		})
	},
}

// growingSizes are 1x, 10x and 100x.
var growingSizes = []int{100, 1_000, 10_000}

// Checking and fixing cost in proportion to the text, up to a logarithm: from
// each size to the next, ten times the text costs at most twice its share,
// where what is quadratic costs ten times it.
func TestGrowth(t *testing.T) {
	const most = 20
	for name, text := range growing {
		t.Run(name, func(t *testing.T) {
			cost := func(n int) time.Duration {
				src := []byte(text(n))
				best := time.Hour
				for range 2 {
					runtime.GC()
					began := processorTime(t)
					FixAll(Check(tsast.Parse(src), Options{}), AllFixes)
					best = min(best, processorTime(t)-began)
				}
				return best
			}
			before := cost(growingSizes[0])
			for i, n := range growingSizes[1:] {
				after := cost(n)
				t.Logf("%d: %v, %d: %v", growingSizes[i], before, n, after)
				// What is short is mostly noise and counts as 40 milliseconds: what is
				// quadratic shows at the largest size.
				if after > most*max(before, 40*time.Millisecond) {
					t.Errorf("%d cost %v, %d cost %v: %.0f times", growingSizes[i], before, n, after, float64(after)/float64(before))
				}
				before = after
			}
		})
	}
}

// BenchmarkGrowth shows what a text of each kind and size costs.
func BenchmarkGrowth(b *testing.B) {
	for name, text := range growing {
		for _, n := range growingSizes {
			src := []byte(text(n))
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					FixAll(Check(tsast.Parse(src), Options{}), AllFixes)
				}
			})
		}
	}
}
