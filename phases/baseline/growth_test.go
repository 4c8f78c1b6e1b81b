//go:build linux

package baseline_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// processorTime is what f uses of the processor, in this thread.
func processorTime(t *testing.T, f func()) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	now := func() time.Duration {
		const thread = 1 // RUSAGE_THREAD
		var u syscall.Rusage
		if err := syscall.Getrusage(thread, &u); err != nil {
			t.Skip("no processor time of a thread: ", err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began := now()
	f()
	return now() - began
}

// hostileFiles are Python files by what repeats in them.
var hostileFiles = map[string]func(n int) string{
	"named characters without an end":  func(n int) string { return "x = '" + strings.Repeat(`\N{`, n) + "'\n" },
	"named characters in raw text":     func(n int) string { return "x = r'" + strings.Repeat(`\N{`, n) + "'\n" },
	"named characters outside strings": func(n int) string { return strings.Repeat(`\N{`, n) + "\n" },
	"named characters in f-strings":    func(n int) string { return "x = f'" + strings.Repeat(`\N{`, n) + "'\n" },
	"long named character":             func(n int) string { return `x = '\N{` + strings.Repeat("A", n) + "}'\n" },
	"chain of classes": func(n int) string {
		return chain(n, func(i int) string { return fmt.Sprintf("class C%d(C%d):\n    pass\n", i, i-1) })
	},
	"wide diamond of classes": func(n int) string {
		var b strings.Builder
		b.WriteString("class C0: pass\n")
		for i := 1; i < n/8; i++ {
			fmt.Fprintf(&b, "class C%d(C%d, C%d, C%d): pass\n", i, i-1, max(i-2, 0), max(i-3, 0))
		}
		fmt.Fprintf(&b, "class Bad(C%d): pass\nEntryClass = Bad\n", n/8-1)
		return b.String()
	},
	"many registered classes": func(n int) string {
		var b strings.Builder
		for i := range n / 4 {
			fmt.Fprintf(&b, "class C%d:\n    def __getattr__(self, n): pass\n", i)
		}
		b.WriteString("class Bad: pass\nEntryClass = [Bad")
		for i := range n / 4 {
			fmt.Fprintf(&b, ", C%d", i)
		}
		return b.String() + "]\n"
	},
	"one class registered again": func(n int) string { return "class Bad: pass\n" + strings.Repeat("EntryClass = Bad\n", n) },
	"elif at the top": func(n int) string {
		return chain(n, func(i int) string { return fmt.Sprintf("if a%d:\n    x%d = 1\nel", i, i) }) + "if b:\n    pass\n"
	},
	"names bound at the top": func(n int) string { return chain(n, func(i int) string { return fmt.Sprintf("x%d = x%d\n", i, i-1) }) },
	"one name bound again":   func(n int) string { return strings.Repeat("x = 1\n", n) },
	"effects on one name":    func(n int) string { return "x = []\n" + strings.Repeat("x.append(1)\n", n) },
	"effects on many names": func(n int) string {
		return chain(n, func(i int) string { return fmt.Sprintf("x%d = []\nx%d.append(x%d)\n", i, i, i-1) })
	},
	"star imports of itself":  func(n int) string { return strings.Repeat("from sglang.srt.models.bad import *\n", n) },
	"chain of attributes":     func(n int) string { return "x = config" + strings.Repeat(".a", n) + "\n" },
	"chain of calls":          func(n int) string { return "x = config" + strings.Repeat("()", n) + "\n" },
	"chain of subscripts":     func(n int) string { return "x = config" + strings.Repeat("[0]", n) + "\n" },
	"long sum":                func(n int) string { return "x = 1" + strings.Repeat(" + 1", n) + "\n" },
	"long sum of the unknown": func(n int) string { return "x = y" + strings.Repeat(" + y", n) + "\n" },
	"long comparison":         func(n int) string { return "x = 1" + strings.Repeat(" < 2", n) + "\n" },
	"long and":                func(n int) string { return "x = y" + strings.Repeat(" and y", n) + "\n" },
	"open brackets":           func(n int) string { return "x = " + strings.Repeat("(", n) + "\n" },
	"open braces":             func(n int) string { return "x = " + strings.Repeat("{", n) + "\n" },
	"open calls":              func(n int) string { return "x = " + strings.Repeat("f(", n) + "\n" },
	"closing brackets":        func(n int) string { return "x = " + strings.Repeat(")", n) + "\n" },
	"quotes":                  func(n int) string { return "x = " + strings.Repeat("'", n) + "\n" },
	"triple quotes":           func(n int) string { return "x = " + strings.Repeat(`"""`, n) + "\n" },
	"backslashes":             func(n int) string { return "x = " + strings.Repeat("\\\n", n) + "1\n" },
	"strings side by side":    func(n int) string { return "x = " + strings.Repeat("'a' ", n) + "\n" },
	"f-strings in f-strings":  func(n int) string { return "x = " + strings.Repeat("f'{", n) + "\n" },
	"decorators":              func(n int) string { return strings.Repeat("@a\n", n) + "class D: pass\n" },
	"lambdas":                 func(n int) string { return "x = " + strings.Repeat("lambda: ", n) + "1\n" },
	"not":                     func(n int) string { return "x = " + strings.Repeat("not ", n) + "1\n" },
	"conditional expressions": func(n int) string { return "x = " + strings.Repeat("1 if a else ", n) + "1\n" },
	"semicolons":              func(n int) string { return strings.Repeat("x = 1;", n) + "\n" },
	"one line of a list":      func(n int) string { return "x = [" + strings.Repeat("1, ", n) + "]\n" },
	"a dict": func(n int) string {
		return "x = {" + chain(n, func(i int) string { return fmt.Sprintf("'k%d': %d, ", i, i) }) + "}\n"
	},
	"indents": func(n int) string { return indented(min(n, 1<<20), "if a:\n", "pass\n") },
	"parameters": func(n int) string {
		return "def f(" + chain(n, func(i int) string { return fmt.Sprintf("a%d=%d, ", i, i) }) + "): pass\nx = f()\n"
	},
	"comments":         func(n int) string { return strings.Repeat("# c\n", n) },
	"carriage returns": func(n int) string { return strings.Repeat("\r", n) + "x = 1\n" },
	"newlines":         func(n int) string { return "x = 1" + strings.Repeat("\n", n) + "\n" },
	"attributes of self": func(n int) string {
		return constructor(n, func(i int) string { return fmt.Sprintf("self.a%d = %d", i, i) })
	},
	"modules of self": func(n int) string {
		return constructor(n/4, func(i int) string { return fmt.Sprintf("self.a%d = nn.Linear(%d, 2)", i, i+1) })
	},
	"undecided conditions": func(n int) string {
		return constructor(n/8, func(i int) string { return fmt.Sprintf("self.a%d = 1 if config.u%d else 2", i, i) })
	},
	"undecided statements": func(n int) string {
		return constructor(n/8, func(i int) string { return fmt.Sprintf("if config.u%d: self.a%d = %d", i, i, i) })
	},
	"early returns": func(n int) string {
		return constructor(n/8, func(i int) string { return fmt.Sprintf("if config.u%d: return", i) })
	},
	"appended items": func(n int) string {
		return constructor(n/4, func(i int) string { return fmt.Sprintf("x.append(%d)", i) })
	},
	"doubled unknown": func(n int) string { return constructor(n/8, func(int) string { return "x = x + config.u" }) },
	"grown text":      func(n int) string { return constructor(n/8, func(int) string { return "s = s + 'x'" }) },
}

func chain(n int, line func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(line(i))
	}
	return b.String()
}

func indented(n int, line, last string) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ { // as many bytes, not as many lines: indents are text
		b.WriteString(strings.Repeat(" ", i) + line)
		if b.Len() >= n {
			b.WriteString(strings.Repeat(" ", i+1) + last)
		}
	}
	return b.String()
}

func constructor(n int, line func(i int) string) string {
	return "from torch import nn\nclass Bad(nn.Module):\n    def __init__(self, config, quant_config=None):\n        x, s = [], ''\n        super().__init__()\n        " +
		chain(n, func(i int) string { return line(i) + "\n        " }) + "pass\nEntryClass = Bad\n"
}

// TestGrowth: reading a file costs at most in proportion to its size, whatever
// a stranger repeats in it.
func TestGrowth(t *testing.T) {
	const few, times = 800, 4
	cost := func(t *testing.T, text string) time.Duration {
		best := time.Hour
		for range 2 {
			runtime.GC()
			best = min(best, processorTime(t, func() {
				tree, err := pysrc.Parse([]byte(text))
				if err != nil {
					t.Error(err)
					return
				}
				src := baselinetest.Files{"python/sglang/srt/models/bad.py": text}
				r := baseline.NewReader(src, nil)
				impl, _ := r.Analyse(context.Background(), "Bad", baselinetest.BadConfig(), nil, baseline.Options{})
				_ = impl
				e := r.Engine(context.Background(), pyeval.Limits{})
				for _, s := range tree.Body {
					if c, ok := s.(*pysrc.ClassDef); ok {
						e.Attribute(e.ModuleAttribute("sglang.srt.models.bad", c.Name), "__mro__")
					}
				}
			}))
		}
		return best
	}
	for name, file := range hostileFiles {
		t.Run(name, func(t *testing.T) {
			const floor = 60 * time.Millisecond
			for n := few; ; n *= 2 { // small times say little: growth that is real stays
				one, more := cost(t, file(n)), cost(t, file(n*times))
				if more <= max(floor, time.Duration(1.8*times*float64(one))) {
					return
				}
				if n >= 4*few {
					t.Fatalf("%v for %d, %v for %d: %.1f times", one, n, more, n*times, float64(more)/float64(one))
				}
			}
		})
	}
}
