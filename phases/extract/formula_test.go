package extract

import "testing"

// TestEvaluate holds that a formula is read to its end, or said to be none.
func TestEvaluate(t *testing.T) {
	fields := map[string]float64{"heads": 32, "width": 128, "a.b": 2.5, "none": 0}
	for text, want := range map[string]struct {
		n       int
		missing string
	}{
		"7":                       {7, ""},
		"heads*width":             {4096, ""},
		"2*heads*width//3 + 1":    {2731, ""},
		"width/3*3":               {126, ""},
		"(heads + 2*4)*width":     {5120, ""},
		"width - (heads - 2)":     {98, ""},
		"heads - width":           {0, ""}, // a size is never less
		"a.b*2 + a.b":             {7, ""}, // a product is a whole number
		"heads*absent":            {0, "absent"},
		"heads//none + absent":    {0, "none"},
		"width*(heads + absent)":  {0, "absent"},
		"((heads+1)*2)*2 + heads": {164, ""},
		"heads + 1)":              {0, ")"},
		"(heads + 1":              {0, "a closing bracket"},
	} {
		n, missing := evaluate(text, func(name string) (float64, bool) { v, ok := fields[name]; return v, ok })
		if n != want.n || missing != want.missing {
			t.Errorf("%s = %d, %q, want %d, %q", text, n, missing, want.n, want.missing)
		}
	}
}
