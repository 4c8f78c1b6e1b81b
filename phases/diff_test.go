package phases

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"
)

// TestLineEdits: the edits make the one text of the other, and are as few as
// they can be when hundreds of lines differ.
func TestLineEdits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func(n, words int) string {
		var b strings.Builder
		for range n {
			b.WriteString(strings.Repeat("x", rng.IntN(words)) + "\n")
		}
		return strings.TrimSuffix(b.String(), strings.Repeat("\n", rng.IntN(2)))
	}
	for range 300 {
		before, after := text(rng.IntN(60), 4), text(rng.IntN(60), 4)
		got, err := udiff.Apply(before, lineEdits(before, after))
		if err != nil || got != after {
			t.Fatalf("%v: %q to %q gives %q", err, before, after, got)
		}
	}
	var before, after strings.Builder
	for i := range 2000 {
		before.WriteString("count: 40,\nother\ntype\n")
		line := "count: 40,\n"
		if i%4 == 0 {
			line = "count: 36,\n"
		}
		after.WriteString(line + "other\ntype\n")
	}
	if edits := lineEdits(before.String(), after.String()); len(edits) != 500 {
		t.Errorf("%d edits for 500 changed lines", len(edits))
	}
}

// TestUnifiedDiffApplies: patch(1) makes the new text of the old one.
func TestUnifiedDiffApplies(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("no patch(1) here")
	}
	before := strings.Repeat("a\nb\ncount: 3,\nd\nü\n", 100)
	after := strings.Replace(strings.ReplaceAll(before, "count: 3", "count: 4"), "a\nb\n", "", 1) + "end"
	dir := t.TempDir()
	file := filepath.Join(dir, "models.ts")
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("patch", "-p1", "--fuzz=0")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(unifiedDiff("models.ts", before, after))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != after {
		t.Errorf("%v: %q", err, got)
	}
	if unifiedDiff("m", before, before) != "" {
		t.Error("a diff of nothing")
	}
}
