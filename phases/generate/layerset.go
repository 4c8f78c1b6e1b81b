package generate

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/prose"
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
	slices.Sort(set)
	return slices.Compact(set)
}

// String writes the set as ranges.
func (s layerSet) String() string { return prose.Ranges(s) }

// and returns the layers that are in both sets.
func (s layerSet) and(other layerSet) layerSet {
	return slices.DeleteFunc(append(layerSet{}, s...), func(l int) bool {
		_, both := slices.BinarySearch(other, l)
		return !both
	})
}

// or returns the layers that are in one of the sets or in both.
func (s layerSet) or(other layerSet) layerSet {
	if len(s) == 0 {
		return other
	}
	all := slices.Concat(s, other)
	slices.Sort(all)
	return slices.Compact(all)
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
