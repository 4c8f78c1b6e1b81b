// Package diff shows the change of a file.
package diff

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Unified is the change of a file as a unified diff, "" when there is
// none. It is the shortest there is: a repair of hundreds of counts must
// stay reviewable.
func Unified(name, before, after string) string {
	a, b := splitLines(before), splitLines(after)
	changes := lineChanges(a, b)
	if len(changes) == 0 {
		return ""
	}
	const context = 3
	var out strings.Builder
	name = strings.TrimLeft(filepath.ToSlash(name), "/") // patch and git take no absolute path
	fmt.Fprintf(&out, "--- a/%s\n+++ b/%s\n", name, name)
	for len(changes) > 0 {
		n := 1 // changes whose contexts touch share a hunk
		for n < len(changes) && changes[n].from-changes[n-1].to <= 2*context {
			n++
		}
		writeHunk(&out, a, b, changes[:n], context)
		changes = changes[n:]
	}
	return out.String()
}

// writeHunk writes some changes with the lines around them.
func writeHunk(out *strings.Builder, a, b []string, changes []lineChange, context int) {
	first, last := changes[0], changes[len(changes)-1]
	before := min(context, first.from)
	behind := min(context, len(a)-last.to)
	fmt.Fprintf(out, "@@ -%s +%s @@\n",
		hunkRange(first.from-before, last.to+behind), hunkRange(first.newFrom-before, last.newTo+behind))
	at := first.from - before
	for _, c := range changes {
		writeLines(out, ' ', a[at:c.from])
		writeLines(out, '-', a[c.from:c.to])
		writeLines(out, '+', b[c.newFrom:c.newTo])
		at = c.to
	}
	writeLines(out, ' ', a[at:at+behind])
}

// splitLines keeps the line ends; nothing stands behind the last one.
func splitLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if n := len(lines); lines[n-1] == "" {
		return lines[:n-1]
	}
	return lines
}

func hunkRange(from, to int) string {
	switch to - from {
	case 0:
		return fmt.Sprintf("%d,0", from) // the line before it
	case 1:
		return fmt.Sprint(from + 1)
	}
	return fmt.Sprintf("%d,%d", from+1, to-from)
}

func writeLines(out *strings.Builder, mark byte, list []string) {
	for _, line := range list {
		out.WriteByte(mark)
		out.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// lineChange says that lines from up to to (exclusive, from 0) became others.
type lineChange struct{ from, to, newFrom, newTo int }

// lineChanges are the fewest changes that make one text of the other; where
// too much differs, one that holds them all.
func lineChanges(a, b []string) []lineChange {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	x, y := a[start:len(a)-end], b[start:len(b)-end]
	keep, _ := commonLines(x, y)
	keep = append(keep, [2]int{len(x), len(y)})
	var changes []lineChange
	i, j := 0, 0
	for _, k := range keep {
		if i < k[0] || j < k[1] {
			changes = append(changes, lineChange{start + i, start + k[0], start + j, start + k[1]})
		}
		i, j = k[0]+1, k[1]+1
	}
	return changes
}

// maxLineEdits bounds the search: its memory grows with the square of the
// number of lines that differ.
const maxLineEdits = 4000

// commonLines is a longest common subsequence of two texts' lines, as pairs
// of positions, by Myers' greedy search; false when too much differs.
func commonLines(a, b []string) ([][2]int, bool) {
	if len(a) == 0 || len(b) == 0 {
		return nil, true
	}
	// trace[d][k] is the furthest line of a that d edits reach on the
	// diagonal 2k-d (lines of a taken less lines of b taken).
	var trace [][]int32
	for d := 0; d <= min(maxLineEdits, len(a)+len(b)); d++ {
		reach := make([]int32, d+1)
		trace = append(trace, reach)
		for k := range reach {
			x := 0
			if d > 0 {
				x = best(trace[d-1], k, d)
			}
			y := x - (2*k - d)
			for x >= 0 && y >= 0 && x < len(a) && y < len(b) && a[x] == b[y] {
				x, y = x+1, y+1
			}
			reach[k] = int32(x) // #nosec G115 -- a number of lines
			if x >= len(a) && y >= len(b) {
				return walkBack(trace, a, b), true
			}
		}
	}
	return nil, false
}

// best is where the d-th edit leads on a diagonal: down from the one above
// (a line of b was put in), or right (a line of a was left out).
func best(previous []int32, k, d int) int {
	down, right := -1, -1
	if k < d {
		down = int(previous[k])
	}
	if k > 0 {
		right = int(previous[k-1]) + 1
	}
	return max(down, right)
}

// walkBack follows the shortest way from its end.
func walkBack(trace [][]int32, a, b []string) [][2]int {
	var keep [][2]int
	x, y := len(a), len(b)
	for d := len(trace) - 1; d >= 0; d-- {
		from := 0
		k := (x - y + d) / 2
		if d > 0 {
			from = best(trace[d-1], k, d)
		}
		for x > from {
			x, y = x-1, y-1
			keep = append(keep, [2]int{x, y})
		}
		if d == 0 {
			break
		}
		if k > 0 && int(trace[d-1][k-1])+1 == from { // a line was left out
			x--
		} else {
			y--
		}
	}
	slices.Reverse(keep)
	return keep
}
