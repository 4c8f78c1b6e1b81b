package coverage

import "testing"

// Of the words behind the count those that fib-ls wrote are written anew,
// other people's stay where they are.
func TestWordsOfACoverageLine(t *testing.T) {
	const now = " Missing: `b`. Unmapped modules: 2."
	for _, c := range []struct{ name, old, want string }{
		{"none", "", now},
		{"blanks", "  ", now},
		{"ours", " Missing: `a`, `b`. Workloads not yet collected for 3.", now},
		{"covered before", " Fully covered.", now},
		{"others'", " Missing: all GEMM, sampling v32000.", " Missing: all GEMM, sampling v32000."},
		{"others' that look like ours", " Missing: `a` (soon), `b`.", " Missing: `a` (soon), `b`."},
		{"others' behind ours", " Missing: `a`, `b`. MoE has a kernel of its own.", now + " MoE has a kernel of its own."},
		{"others' before ours", " Shared with Qwen3. Missing: `a`.", " Shared with Qwen3." + now},
		{"others' between ours", " Missing: `a`. Shared (with Qwen3). Unmapped modules: 1.", now + " Shared (with Qwen3)."},
		{"ours in the midst of a sentence", " Not yet Fully covered.", " Not yet Fully covered."},
	} {
		if got := withWords(c.old, now); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := withWords(c.want, now); got != c.want {
			t.Errorf("%s: %q the second time", c.name, got)
		}
	}
	if got := withWords(" Missing: `a`. Shared.", ""); got != " Shared." {
		t.Errorf("nothing to say: %q", got)
	}
}
