package phases

import (
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// unifiedDiff is the change of a file as a unified diff, "" when there is
// none. It is the shortest there is: a repair of hundreds of counts must
// stay reviewable, and the library's own comparison gives up after a hundred
// edits.
func unifiedDiff(name, before, after string) string {
	const context = 3
	edits := lineEdits(before, after)
	if diff, err := udiff.ToUnified("a/"+name, "b/"+name, before, edits, context); err == nil {
		return diff
	}
	return udiff.Unified("a/"+name, "b/"+name, before, after)
}

// maxLineEdits bounds the search: its memory grows with the square of the
// number of lines that differ.
const maxLineEdits = 4000

// lineEdits are the edits between two texts, in whole lines.
func lineEdits(before, after string) []udiff.Edit {
	a, b := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	at := 0 // byte offset of a line of before
	for _, line := range a[:start] {
		at += len(line)
	}
	x, y := a[start:len(a)-end], b[start:len(b)-end]
	keep, ok := commonLines(x, y)
	if !ok {
		return udiff.Lines(before, after)
	}
	var edits []udiff.Edit
	i, j := 0, 0
	piece := func(toI, toJ int) {
		if i == toI && j == toJ {
			return
		}
		removed := 0
		for _, line := range x[i:toI] {
			removed += len(line)
		}
		edits = append(edits, udiff.Edit{Start: at, End: at + removed, New: strings.Join(y[j:toJ], "")})
		at += removed
	}
	for _, k := range keep {
		piece(k[0], k[1])
		at += len(x[k[0]])
		i, j = k[0]+1, k[1]+1
	}
	piece(len(x), len(y))
	return edits
}

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
