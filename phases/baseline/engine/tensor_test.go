package engine_test

import (
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/baselinetest"
)

// TestVectors: sizes that a constructor sums up in a tensor are known; what
// may have been overwritten in a way that is not followed is not.
func TestVectors(t *testing.T) {
	for _, c := range []struct {
		name, body string
		n          int // of the layer x; 0: not known
	}{
		{"summed", "t = torch.zeros([4], dtype=torch.int32)\nfor i in range(3):\n    t[i + 1] = t[i] + int(2 * i + 1)\nself.x = RowParallelLinear(2, int(t[-1]))", 9},
		{"through an attribute", "self.t = torch.zeros(2)\nself.t[1] = 7\nself.x = RowParallelLinear(2, self.t[1])", 7},
		{"a slice is written", "t = torch.zeros(4)\nt[0:2] = 5\nself.x = RowParallelLinear(2, int(t[1]))", 0},
		{"filled in place", "t = torch.zeros(4)\nt.fill_(3)\nself.x = RowParallelLinear(2, int(t[1]))", 0},
		{"an output of another function", "t = torch.zeros(4)\ntorch.cumsum(torch.ones(4), 0, out=t)\nself.x = RowParallelLinear(2, int(t[1]))", 0},
		{"added to", "t = torch.zeros(4)\nt += 3\nself.x = RowParallelLinear(2, int(t[1]))", 0},
		{"two dimensions", "t = torch.zeros(2, 2)\nt[1][1] = 7\nself.x = RowParallelLinear(2, int(t[1][1]))", 0},
		{"undecided write", "t = torch.zeros(2)\nif config.unheard_of:\n    t[1] = 7\nself.x = RowParallelLinear(2, t[1])", 0},
		{"huge", "t = torch.zeros(1 << 40)\nt[1] = 7\nself.x = RowParallelLinear(2, int(t[1]))", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			impl := baselinetest.AnalyseConstructor(t, c.body)
			found := false
			for _, m := range impl.Modules {
				if m.Path != "x" {
					continue
				}
				found = true
				if got := m.N; (got == nil) != (c.n == 0) || got != nil && *got != c.n {
					t.Errorf("n is %s, should be %d", baselinetest.Number(got), c.n)
				}
			}
			if !found {
				t.Errorf("no layer x in %v (%v)", impl.Modules, impl.Undecided)
			}
		})
	}
}
