package generate

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// maxLayers bounds the layer indices that are read from a range: a hostile
// "0-2000000000" must not become a list.
const maxLayers = extract.MaxLayers

// layerSet is a sorted list of decoder layer indices. nil stands for
// "outside the layers".
type layerSet []int

// parseLayers reads ranges as baseline.Module.Layers has them ("0-2,5"). Parts
// that are not ranges are left out.
func parseLayers(ranges string) layerSet {
	if ranges == "" {
		return nil
	}
	set := layerSet{}
	for _, part := range strings.Split(ranges, ",") {
		from, to, found := strings.Cut(strings.TrimSpace(part), "-")
		first, err := strconv.Atoi(from)
		if err != nil || first < 0 {
			continue
		}
		last := first
		if found {
			if last, err = strconv.Atoi(to); err != nil {
				continue
			}
		}
		for i := first; i <= last && i < maxLayers; i++ {
			set = append(set, i)
		}
	}
	if !sort.IntsAreSorted(set) {
		sort.Ints(set)
	}
	return slices.Compact(set)
}

// String writes the set as ranges.
func (s layerSet) String() string {
	var b strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j+1 < len(s) && s[j+1] == s[j]+1 {
			j++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(s[i]))
		if j > i {
			b.WriteString("-" + strconv.Itoa(s[j]))
		}
		i = j + 1
	}
	return b.String()
}

// and returns the layers that are in both sets.
func (s layerSet) and(other layerSet) layerSet {
	both := layerSet{}
	for i, j := 0, 0; i < len(s) && j < len(other); {
		switch {
		case s[i] < other[j]:
			i++
		case s[i] > other[j]:
			j++
		default:
			both = append(both, s[i])
			i, j = i+1, j+1
		}
	}
	return both
}

// or returns the layers that are in one of the sets or in both.
func (s layerSet) or(other layerSet) layerSet {
	if len(s) == 0 {
		return other
	}
	all := make(layerSet, 0, len(s)+len(other))
	for len(s) > 0 && len(other) > 0 { // both are sorted
		next := min(s[0], other[0])
		all = append(all, next)
		if s[0] == next {
			s = s[1:]
		}
		if other[0] == next {
			other = other[1:]
		}
	}
	return append(append(all, s...), other...)
}

// layerRange is the set first … first+count-1.
func layerRange(first, count int) layerSet {
	if count < 0 || count > maxLayers {
		count = maxLayers
	}
	set := make(layerSet, count)
	for i := range set {
		set[i] = first + i
	}
	return set
}
