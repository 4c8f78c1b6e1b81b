package diff

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLineChanges: the changes make the one text of the other, and are as few
// as they can be when hundreds of lines differ.
func TestLineChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func(n, words int) []string {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = strings.Repeat("x", rng.IntN(words)) + "\n"
		}
		return lines
	}
	for range 300 {
		a, b := text(rng.IntN(60), 4), text(rng.IntN(60), 4)
		var got []string
		at := 0
		for _, c := range lineChanges(a, b) {
			got = append(append(got, a[at:c.from]...), b[c.newFrom:c.newTo]...)
			at = c.to
		}
		got = append(got, a[at:]...)
		if strings.Join(got, "") != strings.Join(b, "") {
			t.Fatalf("%q to %q gives %q", a, b, got)
		}
	}
	var before, after []string
	for i := range 2000 {
		before = append(before, "count: 40,\n", "other\n", "type\n")
		line := "count: 40,\n"
		if i%4 == 0 {
			line = "count: 36,\n"
		}
		after = append(after, line, "other\n", "type\n")
	}
	if changes := lineChanges(before, after); len(changes) != 500 {
		t.Errorf("%d changes for 500 changed lines", len(changes))
	}
}

// TestUnifiedDiffApplies: patch(1) makes the new text of the old one without
// searching for the places, and so do its line numbers read backwards.
func TestUnifiedDiffApplies(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("no patch(1) here")
	}
	long := strings.Repeat("a\nb\ncount: 3,\nd\nü\n", 100)
	for _, text := range [][2]string{
		{long, strings.Replace(strings.ReplaceAll(long, "count: 3", "count: 4"), "a\nb\n", "", 1) + "end"},
		{long + "x", strings.Replace(long, "d\n", "d\ne\nf\ng\n", 40)},
		{long, "first\n" + long},
		{"a\n", "b\n"}, {"a", "a\n"}, {"a\nb", "a"}, {long, "x\n"}, {"x\ny\n", long},
	} {
		diff := Unified("models.ts", text[0], text[1])
		for i, args := range [][]string{{"-p1", "--fuzz=0", "--verbose"}, {"-p1", "--fuzz=0", "--verbose", "-R"}} {
			dir := t.TempDir()
			file := filepath.Join(dir, "models.ts")
			if err := os.WriteFile(file, []byte(text[i]), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("patch", args...)
			cmd.Dir, cmd.Stdin = dir, strings.NewReader(diff)
			out, err := cmd.CombinedOutput()
			if err != nil || strings.Contains(string(out), "offset") {
				t.Fatalf("%v: %s\n%s", err, out, diff)
			}
			if got, err := os.ReadFile(file); err != nil || string(got) != text[1-i] {
				t.Errorf("%v: %q", err, got)
			}
		}
	}
	if Unified("m", long, long) != "" {
		t.Error("a diff of nothing")
	}
}
