package extract

import "testing"

// TestEvaluate holds that a formula is read to its end, or said to be none.
func TestEvaluate(t *testing.T) {
	fields := map[string]float64{"a": 7, "b": 2, "c": 3, "zero": 0}
	field := func(name string) (float64, bool) {
		v, ok := fields[name]
		return v, ok
	}
	for _, c := range []struct {
		formula string
		n       int
		missing string
	}{
		{"a", 7, ""},
		{"a + b*c", 13, ""},
		{"a - b - c", 2, ""},
		{"a/b*c", 9, ""}, // from left to right, each quotient rounded down
		{"a // b", 3, ""},
		{"2*(a - b)", 10, ""},
		{"((a + b)*c)*2 + a", 61, ""},
		{"(a*(b + c) - b)//(c)", 11, ""},
		{"b - a", 0, ""},
		{"a*1.5", 10, ""},
		{"a + unknown", 0, "unknown"},
		{"a/zero", 0, "zero"},
		{"a/(b - 2)", 0, "(b-2)"},
		{"(a + b))", 0, ")"},
		{"a b", 0, "ab"},
	} {
		if n, missing := evaluate(c.formula, field); n != c.n || missing != c.missing {
			t.Errorf("%s is %d, missing %q; want %d, %q", c.formula, n, missing, c.n, c.missing)
		}
	}
}
