package weights

import "slices"

// stacks matches units that a checkpoint keeps as stacks of matrices: shared
// experts with one matrix for each (Inkling), projections with one for each head
// (Zamba). Side by side the matrices have the unit's outputs, or its inputs.
// What is left of the stacks are routed experts.
func (a *assignment) stacks() {
	for _, same := range []bool{true, false} {
		a.pairUp(func(i int, u *Unit, w *Weight) bool {
			return u.Kind == Linear && a.verdicts[i] != Confirmed && w.IsStack() && (!same || leaf(u.Path) == leaf(w.Module)) && stacksTo(w, u.N, u.K)
		})
	}
	a.stackPairs()
}

// stackPairs matches a unit for two stacks of one module: gate and up.
func (a *assignment) stackPairs() {
	for _, i := range slices.Clone(a.openU) {
		u := &a.units[i]
		if u.Kind != Linear || u.N%2 != 0 || a.verdicts[i] == Confirmed {
			continue
		}
		var halves []int
		for _, j := range a.openW {
			w := &a.weights[j]
			if w.IsStack() && stacksTo(w, u.N/2, u.K) && (len(halves) == 0 || parent(w.Module) == parent(a.weights[halves[0]].Module)) {
				halves = append(halves, j)
			}
		}
		if len(halves) != 2 {
			continue
		}
		a.take(i, halves[0])
		a.openW = dropOne(a.openW, halves[1])
	}
}

// stacksTo reports whether the matrices of a stack are together one of n by k,
// whichever way round they are kept.
func stacksTo(w *Weight, n, k int) bool {
	return w.Stack*w.N == n && w.K == k || w.N == n && w.Stack*w.K == k || w.Stack*w.K == n && w.N == k || w.K == n && w.Stack*w.N == k
}

// inSharedBlock reports whether a weight of a shared block is that of another
// layer that the block is used in: it keeps a list of what each of them has of
// its own (Zamba2's adapters).
func (m *matcher) inSharedBlock(s *side, ws []Weight, j int) bool {
	w := &ws[j]
	if !sharedBlock.MatchString(w.Module) {
		return false
	}
	for i := range m.units {
		u := &m.units[i]
		if s.verdicts[i] != Confirmed || len(u.Layers) < 2 || !fits(u, w) {
			continue
		}
		n := 0
		for k := range ws {
			if fits(u, &ws[k]) && sharedBlock.MatchString(ws[k].Module) {
				n++
			}
		}
		return n <= len(u.Layers)
	}
	return false
}

// beforeLayers reports whether a weight of the first layer is that of a module
// around the layers: RWKV keeps the norm of the embeddings there.
func (m *matcher) beforeLayers(w *Weight) bool {
	for i := range m.units {
		u := &m.units[i]
		if u.Layers == nil && u.Kind == Norm && m.report.Verdicts[i] == Unseen && leaf(u.Path) == leaf(w.Module) && fits(u, w) {
			m.report.Verdicts[i] = Confirmed
			return true
		}
	}
	return false
}

// queries matches the projections of layers that take keys and values from
// another layer: the checkpoint has that of their queries alone.
func (a *assignment) queries(s *side) {
	a.pairUp(func(_ int, u *Unit, w *Weight) bool {
		fits := u.Queries > 0 && w.Rank == Matrix && !w.Swapped && w.N == u.Queries && w.K == u.K
		if fits {
			s.unstored += (u.N - u.Queries) * u.K
		}
		return fits
	})
}
