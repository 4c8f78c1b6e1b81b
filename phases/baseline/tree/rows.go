package tree

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// SkippedLayer says which recorded layers are not modules of the model:
// helpers of the engine, and containers without weights.
func SkippedLayer(layer string) bool {
	switch layer {
	case "LayerCommunicator", engine.BoundaryLayer, "LayerScatterModes", "LogitsProcessor", "quant_config", "PPMissingLayer",
		"attn_tp_context", "Pooler", "DeepEPDispatcher", "Identity", "Dropout":
		return true
	}
	return false
}

// Bounds of a result: different rows, and the text of a row's condition.
const (
	maxRows        = 50_000
	maxConditional = 1000
)

// rowSet collects rows: equal ones are counted together.
type rowSet struct {
	e      *engine.Engine
	rows   []*Row
	layers map[*Row][]int
	byKey  map[string]*Row
	first  map[int]string // path at which an object was first seen
}

// Rows makes the rows of a flattened module tree, in construction order.
func Rows(e *engine.Engine, nodes []Node) []*Row {
	s := &rowSet{e: e, layers: map[*Row][]int{}, byKey: map[string]*Row{}, first: map[int]string{}}
	for _, n := range nodes {
		s.add(n)
	}
	for _, r := range s.rows {
		r.Layers = prose.Ranges(s.layers[r])
	}
	s.classifyNorms()
	return s.rows
}

func (s *rowSet) add(n Node) {
	r := &Row{Target: n.Value}
	r.Path = n.Path
	switch v := n.Value.(type) {
	case *engine.Tensor:
		s.describeParameter(r, v)
	case *pyeval.Instance:
		if SkippedLayer(v.Recorded) {
			return
		}
		if at, seen := s.first[v.ID]; seen && at != n.Path {
			r.Tied = at
		} else {
			s.first[v.ID] = n.Path
		}
		s.describeObject(r, v)
	}
	r.conds = n.conds
	r.Conditional = pyeval.Clip(strings.Join(n.conds, " and "), maxConditional)
	key := r.key()
	for _, c := range n.counts {
		r.open = append(r.open, c)
		key += "*" + pyeval.Show(c)
	}
	have, ok := s.byKey[key]
	if !ok {
		if len(s.rows) >= maxRows {
			s.e.Stop(errTree)
			return
		}
		have = r
		s.byKey[key] = r
		s.rows = append(s.rows, r)
	}
	if len(n.counts) == 0 {
		have.Count++
	}
	if len(n.layers) > 0 {
		s.layers[have] = append(s.layers[have], n.layers[0])
	}
}

// key identifies rows that are counted together.
func (r *Row) key() string {
	m := &r.Module
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q %s %q %q", m.Path, m.Class, m.Type, m.Tied, m.Conditional)
	for _, p := range []*int{m.N, m.K, m.Hidden, m.NumHeads, m.NumKVHeads, m.HeadDim, m.VHeadDim, m.RotaryDim, m.NumExperts, m.TopK, m.IntermediateSize, &m.SlidingWindow} {
		if p == nil {
			b.WriteString(" -")
		} else {
			b.WriteString(" " + strconv.Itoa(*p))
		}
	}
	for _, v := range r.open {
		b.WriteString(";" + pyeval.Show(v))
	}
	return b.String()
}

func (s *rowSet) describeParameter(r *Row, t *engine.Tensor) {
	r.Class, r.Type, r.File, r.Line = "Parameter", TypeParameter, t.Site.File, t.Site.Line
	shape, ok := t.Shape.(*pyeval.List)
	if !ok || len(shape.Items) != 2 || !isRouterWeight(r.Path) {
		return
	}
	// A router's weight held as a bare parameter: forward multiplies the
	// hidden states with it.
	r.N, r.K = r.Number(shape.Items[0]), r.Number(shape.Items[1])
	r.Gemm = r.N != nil && r.K != nil
}

func isRouterWeight(path string) bool {
	return strings.HasSuffix(path, "gate.weight") || strings.HasSuffix(path, "router.weight")
}

func (s *rowSet) describeObject(r *Row, o *pyeval.Instance) {
	r.File, r.Line = o.Site.File, o.Site.Line
	if o.Recorded != "" {
		describe(s.e, r, o)
		if r.Type == TypeLinear {
			r.Gemm = !isConvolution(r.Path) && o.Recorded != batchedLinear
		}
		return
	}
	r.Class, r.Type = o.ClassName(), TypeBlock
	if strings.HasSuffix(r.Class, "RotaryEmbedding") {
		r.Type, r.RotaryDim = TypeRope, rotaryDim(o.Args)
	}
	if r.Path != "" && strings.Contains(r.Class, "Norm") {
		r.Type = TypeNorm
		r.Hidden = normWidth(o.Args)
	}
}

// classifyNorms makes blocks of the modules called norms that hold other
// modules.
func (s *rowSet) classifyNorms() {
	parents := map[string]bool{}
	for _, r := range s.rows {
		if i := strings.LastIndexByte(r.Path, '.'); i >= 0 && r.Type != TypeParameter {
			parents[r.Path[:i]] = true
		}
	}
	for _, r := range s.rows {
		if r.Type == TypeNorm && parents[r.Path] {
			r.Type, r.Hidden = TypeBlock, nil
		}
	}
}
