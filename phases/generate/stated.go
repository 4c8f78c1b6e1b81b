package generate

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
)

// CompareWithCheckpoint compares an entry that stands in models.ts with its model's checkpoint:
// the tree that the witnesses bear out, with the sizes in it that the entry
// states otherwise.
func CompareWithCheckpoint(impl *baseline.Implementation, ck *weights.Checkpoint, a *extract.Architecture, stated map[weights.Row]weights.Size) *weights.Comparison {
	a = AsServed(impl, a)
	chosen := weigh(impl, a, ck)
	original, from := Units(chosen.rows, a)
	units := slices.Clone(original)
	for i := range units {
		if size, ok := stated[rowOf(&units[i])]; ok {
			units[i].N, units[i].K = size.N, size.K
		}
	}
	entry := &matchedTree{units: units, from: from, report: ck.Match(units, a.NumLayers), ck: ck}
	witnesses := newWitnessUnits(impl, a)
	out := &weights.Comparison{Confirmed: map[weights.Row]int{}, Counts: map[weights.Row]weights.Counts{}}
	for i := range units {
		row := rowOf(&original[i])
		if entry.report.Verdicts[i] == weights.Confirmed {
			out.Confirmed[row] += unitCount(&units[i])
		}
		out.Counts[row] = weights.Counts{Config: countLike(witnesses.config, row), Source: countLike(witnesses.source, row)}
	}
	for _, f := range entry.report.Findings {
		c := weights.Contradiction{What: f.What, Tensor: f.Tensor, Entry: f.Tree, Checkpoint: f.Checkpoint}
		if len(f.Layers) > 0 {
			c.Layers = layerWords(f.Layers)
		}
		if f.Unit >= 0 {
			c.Row = rowOf(&original[f.Unit])
			c.Config, c.Source = wordsLike(witnesses.config, c.Row), wordsLike(witnesses.source, c.Row)
		}
		out.Contradictions = append(out.Contradictions, c)
	}
	return out
}

// witnessUnits are the layers as the config and SGLang's source have them.
type witnessUnits struct{ config, source []weights.Unit }

func newWitnessUnits(impl *baseline.Implementation, a *extract.Architecture) witnessUnits {
	var w witnessUnits
	w.config, _ = Units(FromArchitecture(a), a)
	if impl != nil && impl.Decided {
		w.source, _ = Units(impl.Modules, a)
	}
	return w
}

func rowOf(u *weights.Unit) weights.Row {
	return weights.Row{Path: u.Path, Size: weights.Size{N: u.N, K: u.K}}
}

func unitCount(u *weights.Unit) int { return max(len(u.Layers), 1) * max(u.Times, 1) }

// unitsLike are the units of a row's path; where there is none (config and
// source may call the modules around a layer otherwise), those that end alike.
// Of several sizes that of the row is meant.
func unitsLike(units []weights.Unit, row weights.Row) []weights.Unit {
	for _, like := range []func(u *weights.Unit) bool{
		func(u *weights.Unit) bool { return u.Path == row.Path },
		func(u *weights.Unit) bool { return lastSegment(u.Path) == lastSegment(row.Path) },
	} {
		var found, exact []weights.Unit
		for _, u := range units {
			if !like(&u) {
				continue
			}
			found = append(found, u)
			if u.N == row.Size.N && u.K == row.Size.K {
				exact = append(exact, u)
			}
		}
		if len(exact) > 0 {
			return exact
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

func countLike(units []weights.Unit, row weights.Row) int {
	n := 0
	for _, u := range unitsLike(units, row) {
		n += unitCount(&u)
	}
	return n
}

func wordsLike(units []weights.Unit, row weights.Row) string {
	for _, u := range unitsLike(units, row) {
		return u.Words()
	}
	return ""
}
