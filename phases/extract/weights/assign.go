package weights

import (
	"regexp"
	"slices"
	"strings"
)

// assignment matches the units and weights of one layer. Each unit counts as
// often as the layer has it.
type assignment struct {
	units   []Unit
	weights []Weight
	// open units and weights, by index; a unit stands in it as often as it
	// has not been found yet.
	openU, openW []int
	verdicts     map[int]Verdict
}

func (m *matcher) match(idx []int, ws []Weight) *side {
	a := &assignment{units: m.units, weights: ws, verdicts: map[int]Verdict{}}
	for _, i := range idx {
		u := &m.units[i]
		if u.Tied || u.Kind == Experts || inExperts(u.Path) {
			continue
		}
		for range min(max(u.Times, 1), maxTimes) {
			a.openU = append(a.openU, i)
		}
	}
	for j := range ws {
		if !ws[j].Expert {
			for range max(min(repeats(&ws[j]), maxTimes), 1) {
				a.openW = append(a.openW, j)
			}
		}
	}
	a.exact()
	a.fusedUnits()
	a.fusedWeights()
	a.stacks()
	a.total()
	s := &side{verdicts: a.verdicts}
	a.queries(s)
	a.experts(idx, s)
	a.pairRemaining(s)
	return s
}

// maxTimes bounds how often one module may stand in a layer.
const maxTimes = 64

// repeats returns how many of these weights a layer has, outside of the experts.
func repeats(w *Weight) int {
	if w.Swapped {
		return 1
	}
	return w.Stack
}

// inExperts reports whether a path leads into a list of experts.
func inExperts(path string) bool { return slices.ContainsFunc(strings.Split(path, "."), isExperts) }

func leaf(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func parent(path string) string { return path[:max(strings.LastIndexByte(path, '.'), 0)] }

// conv1D are GPT-2's layers that keep (in, out): transformers, pytorch_utils.py.
var conv1D = regexp.MustCompile(`^(c_attn|c_proj|c_fc|q_attn)$`)

// fits reports whether a weight has just a unit's size.
func fits(u *Unit, w *Weight) bool {
	switch u.Kind {
	case Norm:
		return w.Rank == Vector && w.N == u.N && (w.Plain || !isBias(w.Module)) || w.Rank == Matrix && w.N*w.K == u.N && w.Stack == 1 && normName.MatchString(w.Module)
	case Embedding, Head, Linear, Parameter:
		if w.Rank == Vector && u.K <= 1 {
			return w.N == u.N
		}
		if w.Rank != Matrix || w.Swapped && w.Stack > 1 {
			return false
		}
		if w.N == u.N && w.K == u.K {
			return true
		}
		// Rows behind the vocabulary are for special tokens (Llama 3.2 Vision).
		if spare := w.N - u.N; u.Kind == Embedding && w.K == u.K && spare > 0 && spare <= maxSpareRows {
			return true
		}
		return (conv1D.MatchString(leaf(w.Module)) || u.Kind == Parameter) && w.N == u.K && w.K == u.N
	}
	return false
}

// maxSpareRows bounds the rows of an embedding behind the vocabulary.
const maxSpareRows = 64

// take removes a matched unit and weight.
func (a *assignment) take(unit, weight int) {
	a.foundUnit(unit)
	a.openW = dropOne(a.openW, weight)
}

func (a *assignment) foundUnit(unit int) {
	a.verdicts[unit] = max(a.verdicts[unit], Confirmed)
	a.openU = dropOne(a.openU, unit)
}

func dropOne(list []int, v int) []int {
	if i := slices.Index(list, v); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// pairUp matches each open unit with the first open weight that fits it.
func (a *assignment) pairUp(fits func(unit int, u *Unit, w *Weight) bool) {
	for _, i := range slices.Clone(a.openU) {
		for _, j := range a.openW {
			if fits(i, &a.units[i], &a.weights[j]) {
				a.take(i, j)
				break
			}
		}
	}
}

// exact matches by size: first under the same name, then under any.
func (a *assignment) exact() {
	for _, same := range []bool{true, false} {
		a.pairUp(func(_ int, u *Unit, w *Weight) bool { return (!same || leaf(u.Path) == leaf(w.Module)) && fits(u, w) })
	}
}

// piece is a matrix that may be a sum of others, or one of them.
type piece struct {
	index, n, k int
	parent      string
}

// openUnits and openWeights are the matrices that have not been found yet.
func (a *assignment) openUnits(kinds ...Kind) (list []piece) {
	for _, i := range a.openU {
		if u := &a.units[i]; slices.Contains(kinds, u.Kind) {
			list = append(list, piece{i, u.N, u.K, parent(u.Path)})
		}
	}
	return list
}

func (a *assignment) openWeights() (list []piece) {
	for _, j := range a.openW {
		if w := &a.weights[j]; w.Rank == Matrix && !w.Swapped {
			list = append(list, piece{j, w.N, w.K, parent(w.Module)})
		}
	}
	return list
}

// fusedUnits matches a unit that stands for several weights of the checkpoint:
// SGLang's qkv_proj for q_proj, k_proj and v_proj.
func (a *assignment) fusedUnits() {
	for _, whole := range smallestFirst(a.openUnits(Linear, Parameter)) {
		parts := addUp(a.openWeights(), whole)
		if parts == nil {
			continue
		}
		a.foundUnit(whole.index)
		for _, p := range parts {
			a.openW = dropOne(a.openW, p.index)
		}
	}
}

// fusedWeights matches a weight of the checkpoint that several units stand for.
func (a *assignment) fusedWeights() {
	for _, whole := range smallestFirst(a.openWeights()) {
		parts := addUp(a.openUnits(Linear), whole)
		if parts == nil {
			continue
		}
		a.openW = dropOne(a.openW, whole.index)
		for _, p := range parts {
			a.foundUnit(p.index)
		}
	}
}

func smallestFirst(list []piece) []piece {
	slices.SortStableFunc(list, func(a, b piece) int { return a.n - b.n })
	return list
}

// addUp looks for parts that add up to a whole, those of one parent first.
func addUp(parts []piece, whole piece) []piece {
	groups := map[string][]piece{}
	var all []piece
	for _, p := range parts {
		if p.k == whole.k {
			groups[p.parent] = append(groups[p.parent], p)
			all = append(all, p)
		}
	}
	for _, name := range sortedKeys(groups) {
		if sum := partsOf(groups[name], whole.n); sum != nil {
			return sum
		}
	}
	return partsOf(all, whole.n)
}

// partsOf finds two to eight of at most sixteen parts whose sizes make the sum.
func partsOf(parts []piece, sum int) []piece {
	if len(parts) > 16 {
		parts = parts[:16]
	}
	var search func(from, left int, chosen []piece) []piece
	search = func(from, left int, chosen []piece) []piece {
		if left == 0 && len(chosen) > 1 {
			return slices.Clone(chosen)
		}
		if left <= 0 || len(chosen) == 8 {
			return nil
		}
		for i := from; i < len(parts); i++ {
			if got := search(i+1, left-parts[i].n, append(chosen, parts[i])); got != nil {
				return got
			}
		}
		return nil
	}
	return search(0, sum, nil)
}

// total matches weights of which only the number of values is known.
func (a *assignment) total() {
	a.pairUp(func(_ int, u *Unit, w *Weight) bool { return w.Rank == Total && u.N*max(u.K, 1) == w.Elements })
}

// experts matches the routed experts by all their values together.
func (a *assignment) experts(idx []int, s *side) {
	var of []int
	want := 0
	for _, i := range idx {
		if u := &a.units[i]; !u.Tied && (u.Kind == Experts || inExperts(u.Path) && u.Kind == Linear) {
			of, want = append(of, i), want+u.elements()
		}
	}
	have := 0
	var found []int
	for j := range a.weights {
		w := &a.weights[j]
		// Stacks that are called otherwise are experts, too.
		if w.Rank == Vector || isBias(w.Module) && !w.Plain || !w.Expert && (len(of) == 0 || !w.IsStack() || !slices.Contains(a.openW, j)) {
			continue
		}
		have += w.Elements
		found = append(found, j)
		for slices.Contains(a.openW, j) {
			a.openW = dropOne(a.openW, j)
		}
	}
	switch {
	case len(of) == 0 && len(found) > 0:
		s.weights = append(s.weights, found[0])
	case len(of) > 0 && len(found) == 0:
		s.units = append(s.units, of...)
	case len(of) > 0 && have == want:
		for _, i := range of {
			s.verdicts[i] = max(s.verdicts[i], Confirmed)
		}
	case len(of) > 0:
		s.pairs = append(s.pairs, pair{of[0], found})
	}
}

// IsStack reports whether it is a 3-D tensor of one matrix per expert.
func (w *Weight) IsStack() bool {
	return w.Rank == Matrix && w.Swapped && w.Stack > 1 && w.N > 1 && w.K > 1
}

func isBias(name string) bool { return strings.HasSuffix(leaf(name), "bias") }

// Names of parameters that are projections although they are not called
// "weight", and of norms.
var (
	projectionName = regexp.MustCompile(`(proj|linear|_w|^w\d?|gate|up|down|fc\d?)$`)
	normName       = regexp.MustCompile(`(?i)norm|(^|[._])ln(_|\d|$)|layer_?norm`)
	positionName   = regexp.MustCompile(`(?i)embed|wpe|wte|position|^emb$`)
	convName       = regexp.MustCompile(`(?i)conv`)
)

// pairRemaining sorts what was not matched: a unit and a weight that stand for the same
// thing are a pair, the others are missing or extra.
func (a *assignment) pairRemaining(s *side) {
	for _, i := range a.openU {
		u := &a.units[i]
		if u.Kind == Parameter {
			continue // what no layer multiplies with is not stored by all
		}
		if of := a.counterparts(u); len(of) > 0 {
			s.pairs = append(s.pairs, pair{i, of})
			for _, j := range of {
				a.openW = dropOne(a.openW, j)
			}
			continue
		}
		if u.Kind == Head {
			continue // without weights of its own it has the embedding's
		}
		if u.Kind == Norm {
			continue // a norm may have no weights (OLMo's); one that lacks is an extra weight
		}
		s.units = append(s.units, i)
	}
	for _, j := range a.openW {
		if a.weights[j].isRequired() {
			s.weights = append(s.weights, j)
		}
	}
}

// isRequired reports whether a weight without a unit is something that an entry must
// not lack: a projection, a norm, an expert.
func (w *Weight) isRequired() bool {
	name := leaf(w.Module)
	switch {
	case isBias(w.Module) && !w.Plain:
		return false
	case w.Rank == Vector:
		return w.Plain && normName.MatchString(w.Module)
	case convName.MatchString(w.Module) || positionName.MatchString(name):
		return false
	case w.Rank == Total:
		return w.Plain && w.Form != ""
	}
	return w.Plain && w.K > 1 && w.N >= 1 || projectionName.MatchString(name)
}

// counterparts finds the weights that are meant to be a unit, by their names:
// all of one parent that have its role.
func (a *assignment) counterparts(u *Unit) []int {
	var of []int
	for _, j := range a.openW {
		w := &a.weights[j]
		if (w.Rank == Vector) != (u.Kind == Norm) || len(of) > 0 && parent(w.Module) != parent(a.weights[of[0]].Module) {
			continue
		}
		same := leaf(u.Path) == leaf(w.Module)
		if same || u.Kind != Norm && role(leaf(u.Path)) == role(leaf(w.Module)) {
			of = append(of, j)
		}
		if same {
			return []int{j}
		}
	}
	return slices.Compact(of)
}

// roles are names of layers that stand for the same, or for a part of it.
var roles = map[string]string{
	"q_proj": "qkv", "k_proj": "qkv", "v_proj": "qkv", "qkv_proj": "qkv", "query_key_value": "qkv", "c_attn": "qkv", "Wqkv": "qkv", "wqkv": "qkv",
	"wq": "qkv", "wk": "qkv", "wv": "qkv", "W_pack": "qkv", "query": "qkv", "key": "qkv", "value": "qkv", "qkv": "qkv", "in_proj": "in",
	"o_proj": "out", "out_proj": "out", "dense": "out", "wo": "out", "attn_out": "out",
	"gate_proj": "up", "up_proj": "up", "gate_up_proj": "up", "w1": "up", "w3": "up", "fc1": "up", "c_fc": "up", "dense_h_to_4h": "up", "fc_in": "up",
	"down_proj": "down", "w2": "down", "fc2": "down", "dense_4h_to_h": "down", "fc_out": "down",
	"embed_tokens": "embedding", "wte": "embedding", "word_embeddings": "embedding", "embed_in": "embedding", "embeddings": "embedding", "tok_embeddings": "embedding",
	"lm_head": "head", "embed_out": "head", "output": "head", "output_layer": "head",
	"gate": "router", "router": "router", "classifier": "router",
}

func role(name string) string {
	if r, ok := roles[name]; ok {
		return r
	}
	return name
}
