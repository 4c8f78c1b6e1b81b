package weights

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Kind says what a unit of a module tree is.
type Kind int

// The kinds of units.
const (
	Linear Kind = iota
	Norm
	Embedding
	Head
	Experts
	Parameter
)

// Unit is a module of a tree that a checkpoint must have weights for.
type Unit struct {
	Path string
	Kind Kind
	// Layers are the decoder layers that have it; nil outside of them.
	Layers []int
	// Times is how many of it a layer has.
	Times int
	// N and K are out and in features; a norm has its width in N.
	N, K int
	// Experts are routed experts: so many, of two matrices (three when Gated)
	// of Inter by Hidden each.
	Experts, Inter, Hidden int
	Gated                  bool
	// Queries is the part of N that a layer stores which takes its keys and
	// values from another; 0 where no layer does.
	Queries int
	// Tied says that another module has its weights.
	Tied bool
}

func (u *Unit) elements() int {
	switch u.Kind {
	case Norm:
		return u.N * u.Times
	case Experts:
		matrices := 2
		if u.Gated {
			matrices = 3
		}
		return u.Experts * matrices * u.Inter * u.Hidden * u.Times
	}
	return u.N * max(u.K, 1) * u.Times
}

// Verdict is what a checkpoint says of a unit.
type Verdict int

// The verdicts, the worst last.
const (
	Unseen    Verdict = iota // nothing: tied, or of a size that is not stored
	Confirmed                // weights of just this size
	Absent                   // no weights of this size
	Differs                  // weights of another size stand in its place
)

// Finding is a difference between a tree and a checkpoint.
type Finding struct {
	// Unit is the index of the unit; -1 for weights that no unit stands for.
	Unit int
	// Tensor is one of the tensors; "" when there is none.
	Tensor string
	What   string // size|missing|extra|layers|name
	// Tree and Checkpoint are what either has, in words.
	Tree, Checkpoint string
	Layers           []int
}

// Report is what comparing a tree with a checkpoint found.
type Report struct {
	Verdicts []Verdict // of each unit
	Findings []Finding
	// Elements is the number of values that the tree's units have together,
	// for what the checkpoint stores.
	Elements int
}

// Match compares the units of a tree of so many layers with the checkpoint.
func (c *Checkpoint) Match(units []Unit, numLayers int) *Report {
	m := &matcher{c: c, units: units, report: &Report{Verdicts: make([]Verdict, len(units))}, at: map[string]*Finding{}}
	m.countLayers(numLayers)
	perLayer := make([][]int, max(numLayers, len(c.Layers)))
	var outside []int
	for i, u := range units {
		m.report.Elements += u.elements() * max(len(u.Layers), 1)
		if u.Tied {
			m.report.Elements -= u.elements() * max(len(u.Layers), 1)
		}
		if u.Layers == nil {
			outside = append(outside, i)
		}
		for _, l := range u.Layers {
			if l >= 0 && l < len(perLayer) {
				perLayer[l] = append(perLayer[l], i)
			}
		}
	}
	around := m.match(outside, c.Outside)
	m.add(around, c.Outside, -1)
	seen := map[string]*side{}
	for l, idx := range perLayer {
		if l >= numLayers || l >= len(c.Layers) || c.Layers[l] == nil {
			continue // countLayers has said so
		}
		key := fmt.Sprint(idx) + layerSignature(c.Layers[l])
		s := seen[key]
		if s == nil {
			s = m.match(idx, c.Layers[l])
			seen[key] = s
		}
		m.add(s, c.Layers[l], l)
	}
	m.names(perLayer)
	for i := range units {
		if u := &units[i]; u.Kind == Head && !u.Tied && m.report.Verdicts[i] == Unseen {
			m.report.Elements -= u.elements() // the embedding's weights
		}
	}
	for _, f := range m.order {
		m.report.Findings = append(m.report.Findings, *f)
	}
	return m.report
}

type matcher struct {
	c      *Checkpoint
	units  []Unit
	report *Report
	at     map[string]*Finding
	order  []*Finding
}

// find adds a finding, or the layer to one that says the same.
func (m *matcher) find(f Finding, layer int) {
	key := fmt.Sprintf("%d|%s|%s|%s|%s", f.Unit, collapse(f.Tensor), f.What, f.Tree, f.Checkpoint)
	if at := m.at[key]; at != nil {
		if layer >= 0 {
			at.Layers = append(at.Layers, layer)
		}
		return
	}
	if layer >= 0 {
		f.Layers = []int{layer}
	}
	m.at[key] = &f
	m.order = append(m.order, &f)
}

// countLayers compares the number of layers.
func (m *matcher) countLayers(numLayers int) {
	var missing []int
	have := 0
	for l, ws := range m.c.Layers {
		switch {
		case ws != nil:
			have++
		case l < numLayers:
			missing = append(missing, l)
		}
	}
	for l := len(m.c.Layers); l < numLayers; l++ {
		missing = append(missing, l)
	}
	if have == numLayers && len(missing) == 0 {
		return
	}
	if have < numLayers && m.c.Partial != "" {
		return
	}
	f := Finding{Unit: -1, What: "layers", Tree: fmt.Sprintf("%d layers", numLayers), Checkpoint: fmt.Sprintf("%d layers in %s", have, cmp.Or(m.c.Stack, "no list of layers")), Layers: missing}
	m.order = append(m.order, &f)
}

// layerSignature is equal for layers that store the same.
func layerSignature(ws []Weight) string {
	var b strings.Builder
	for _, w := range ws {
		fmt.Fprintf(&b, "|%s %d %d %d %d %d", w.Module, w.Rank, w.Stack, w.N, w.K, w.Elements)
	}
	return b.String()
}

// side is what a match of one layer left over: by index of units and weights.
type side struct {
	verdicts map[int]Verdict
	pairs    []pair // a unit and the weight in its place, of another size
	units    []int  // without a weight
	weights  []int  // without a unit
	// unstored is the number of values of the units that the layer takes from
	// another.
	unstored int
}

type pair struct {
	unit    int
	weights []int
}

// add enters the result of a layer into the report.
func (m *matcher) add(s *side, ws []Weight, layer int) {
	m.report.Elements -= s.unstored
	for i, v := range s.verdicts {
		m.report.Verdicts[i] = max(m.report.Verdicts[i], v)
	}
	for _, p := range s.pairs {
		m.report.Verdicts[p.unit] = Differs
		m.find(Finding{Unit: p.unit, Tensor: ws[p.weights[0]].Tensor, What: "size", Tree: m.units[p.unit].Words(), Checkpoint: together(ws, p.weights)}, layer)
	}
	for _, i := range s.units {
		if m.c.sharedBlocks() && m.elsewhere(i, layer) {
			m.report.Elements -= m.units[i].elements() // stored once, with the first layer of the block
			continue
		}
		if m.c.Partial != "" {
			continue
		}
		m.report.Verdicts[i] = max(m.report.Verdicts[i], Absent)
		m.find(Finding{Unit: i, What: "missing", Tree: m.units[i].Words(), Checkpoint: "no such tensor"}, layer)
	}
	for _, j := range s.weights {
		w := ws[j]
		if m.inSharedBlock(s, ws, j) {
			m.report.Elements += w.Elements
			continue
		}
		if layer == 0 && m.beforeLayers(&w) {
			continue
		}
		m.find(Finding{Unit: -1, Tensor: w.Tensor, What: "extra", Tree: "no such layer", Checkpoint: w.words()}, layer)
	}
}

// sharedBlock is the name of a block whose weights several layers share; a
// checkpoint has them in the first of these only (Zamba).
var sharedBlock = regexp.MustCompile(`(^|\.)shared_(transf|transformer|block|attn|layer)`)

func (c *Checkpoint) sharedBlocks() bool {
	return slices.ContainsFunc(c.Layers, func(ws []Weight) bool {
		return slices.ContainsFunc(ws, func(w Weight) bool { return sharedBlock.MatchString(w.Module) })
	})
}

// elsewhere reports whether the unit has weights in a layer before this one.
func (m *matcher) elsewhere(unit, layer int) bool {
	return m.report.Verdicts[unit] == Confirmed && len(m.units[unit].Layers) > 0 && m.units[unit].Layers[0] < layer
}

// Words says the size of a unit.
func (u *Unit) Words() string {
	times := ""
	if u.Times > 1 {
		times = fmt.Sprintf("%d × ", u.Times)
	}
	switch u.Kind {
	case Norm:
		return fmt.Sprintf("%swidth %d", times, u.N)
	case Experts:
		return fmt.Sprintf("%d experts of %d × %d", u.Experts, u.Inter, u.Hidden)
	}
	return fmt.Sprintf("%sn=%d k=%d", times, u.N, u.K)
}

// together says the size of several weights that stand for one unit.
func together(ws []Weight, of []int) string {
	w := ws[of[0]]
	if len(of) == 1 {
		return w.words()
	}
	for _, j := range of[1:] {
		if ws[j].Rank != Matrix || w.Rank != Matrix || ws[j].K != w.K || w.Stack != ws[j].Stack {
			return fmt.Sprintf("%s and %d more tensors", ws[of[0]].words(), len(of)-1)
		}
		w.N += ws[j].N
	}
	return fmt.Sprintf("%s in %d tensors", w.words(), len(of))
}

func (w *Weight) words() string {
	form := ""
	if w.Form != "" {
		form = " (" + w.Form + ")"
	}
	switch {
	case w.Rank == Vector:
		return fmt.Sprintf("width %d", w.N)
	case w.Rank == Total:
		return fmt.Sprintf("%d values%s", w.Elements, form)
	case w.Stack > 1:
		return fmt.Sprintf("%d × n=%d k=%d%s", w.Stack, w.N, w.K, form)
	}
	return fmt.Sprintf("n=%d k=%d%s", w.N, w.K, form)
}

// names looks for layers that store the same sizes as their like, but under
// another name: a renamed tensor is not found by who loads the checkpoint.
func (m *matcher) names(perLayer [][]int) {
	type group struct {
		names  map[string][]int // joined names -> layers
		layers int
	}
	groups := map[string]*group{}
	for l, ws := range m.c.Layers {
		if ws == nil || l >= len(perLayer) {
			continue
		}
		var sizes []string
		var names strings.Builder
		for _, w := range ws {
			sizes = append(sizes, fmt.Sprint(w.Rank, w.Stack, w.N, w.K, w.Elements))
			names.WriteString(w.Module + "\n")
		}
		slices.Sort(sizes)
		key := fmt.Sprint(perLayer[l], sizes)
		if groups[key] == nil {
			groups[key] = &group{names: map[string][]int{}}
		}
		groups[key].names[names.String()] = append(groups[key].names[names.String()], l)
		groups[key].layers++
	}
	for _, key := range sortedKeys(groups) {
		g := groups[key]
		usual := ""
		for _, names := range sortedKeys(g.names) {
			if len(g.names[names]) > len(g.names[usual]) {
				usual = names
			}
		}
		for _, names := range sortedKeys(g.names) {
			// A way of naming that many layers follow is the model's own.
			odd := len(g.names[names])
			if names == usual || 2*odd > len(g.names[usual]) || odd > max(1, g.layers/8) {
				continue
			}
			for _, l := range g.names[names] {
				odd, want := difference(names, usual)
				m.find(Finding{Unit: -1, Tensor: fmt.Sprintf("%s.%d.%s", m.c.Stack, l, odd), What: "name", Tree: want + " in the other layers", Checkpoint: odd}, l)
			}
		}
	}
}

// difference is the first name that only one of two lists has, and its
// counterpart.
func difference(a, b string) (onlyA, onlyB string) {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	return firstWithout(as, bs), firstWithout(bs, as)
}

// firstWithout is the first of a list that another lacks; "" for none.
func firstWithout(list, other []string) string {
	i := slices.IndexFunc(list, func(s string) bool { return !slices.Contains(other, s) })
	if i < 0 {
		return ""
	}
	return list[i]
}
