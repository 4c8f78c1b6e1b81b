package extract

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// dims collects the dimensions of one kind.
type dims struct {
	r    *reader
	list []Dimension
	// local are what the kind's reader has worked out, for the formulas and
	// conditions of parts, by name: its own values of config fields, and others.
	local facts
	// shown is what a formula reads in place of a name that is no config field.
	shown map[string]string
}

// facts are numbers and truth values by name.
type facts map[string]any

// newDims is an empty list, which is one in JSON too.
func newDims(r *reader) *dims { return &dims{r: r, list: []Dimension{}, local: facts{}} }

// with adds facts.
func (d *dims) with(more facts) *dims {
	for name, v := range more {
		if n, isInt := v.(int); isInt {
			v = float64(n)
		}
		d.local[name] = v
	}
	return d
}

var formulaName = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_.]*`)

// linear adds a linear layer; the formula names config fields.
func (d *dims) linear(name string, n, k int, formula string) {
	d.add(Dimension{Name: name, Type: "linear", N: n, K: k, Formula: formula})
}

// norm adds a norm of a kind: rmsnorm, layernorm or gated (an RMSNorm that a
// gate multiplies).
func (d *dims) norm(name, kind string, n int, formula string) {
	d.add(Dimension{Name: name, Type: "norm", Norm: kind, N: n, Formula: formula})
}

// addFamilyDims adds the layers that the family's row has in a part of the model.
func (d *dims) addFamilyDims(in string) {
	for _, part := range d.r.fam.More {
		if part.In == in {
			d.addPart(part, "")
		}
	}
}

// layers adds those of a token mixer or router that families share.
func (d *dims) layers(of, prefix string) {
	for _, part := range families.Layers(of) {
		d.addPart(part, prefix)
	}
}

// addPart adds a layer of the tables, where its conditions hold.
func (d *dims) addPart(part families.Part, prefix string) {
	for _, field := range sortedKeys(part.If) {
		_, asked := part.If[field].(bool)
		if v, _ := d.fact(field); asked && v != nil && !isTruth(v) {
			d.r.wrong(field, v, "neither a number nor true or false")
			return
		}
	}
	if !part.Holds(d.fact) {
		return
	}
	dim := Dimension{Name: prefix + part.Name, Type: cmp.Or(part.Kind, "linear"), N: d.value(part.N), K: d.value(part.K), Formula: d.show(part.N)}
	switch part.Kind {
	case "rmsnorm", "layernorm", "gated":
		dim.Type, dim.Norm = "norm", part.Kind
	}
	if dim.Type == "linear" && dim.K == 0 {
		return // it has no inputs, as one of N 0 has no outputs
	}
	if from := d.show(part.K); part.N == "hidden_size" && len(d.r.formulaFields(from)) > 0 {
		dim.Formula = from // what leads back to the layer's width says nothing by it
	}
	if part.Times != "" {
		if dim.Times = d.value(part.Times); dim.Times == 0 {
			return
		}
	}
	d.add(dim)
}

func isTruth(v any) bool { _, ok := families.Truth(v); return ok }

// show writes a formula for a reader.
func (d *dims) show(text string) string {
	return formulaName.ReplaceAllStringFunc(text, func(name string) string { return cmp.Or(d.shown[name], name) })
}

// fact answers for the conditions of a part.
func (d *dims) fact(name string) (any, bool) {
	if v, ok := d.local[name]; ok {
		return v, true
	}
	v, ok := d.r.familyField(name)
	if n, err := toFloat(name, v); err == nil && n < 0 {
		return int64(0), ok // some write -1 for none
	}
	return v, ok
}

// value works out a formula of the tables; 0 where a field of it is neither in
// the file nor has a default, which is then asked for.
func (d *dims) value(text string) int {
	if text == "" {
		return 0
	}
	n, missing := evaluate(text, func(field string) (float64, bool) {
		switch field {
		case "hidden_size":
			return float64(d.r.hidden), true
		case "num_hidden_layers":
			return float64(d.r.layers), true
		case "vocab_size":
			return float64(d.r.arch.VocabSize), true
		}
		if n, ok := d.local[field].(float64); ok {
			return n, true
		}
		if n, ok := d.r.operand(field); ok {
			return n, true
		}
		n, ok, err := d.r.root.Float(field) // a wrapper's own
		return n, ok && err == nil
	})
	if missing != "" {
		d.r.noteMissing(missing)
	}
	return n
}

func (d *dims) add(dim Dimension) {
	if dim.Name == "" || dim.N == 0 {
		return
	}
	const limit = 1 << 31
	if dim.N < 0 || dim.K < 0 || dim.N > limit || dim.K > limit {
		d.r.wrong(dim.Name, Value(int64(max(dim.N, dim.K))), "its size, %s, is beyond any model", dim.Formula)
		return
	}
	dim.Fields = d.r.formulaFields(dim.Formula)
	d.list = append(d.list, dim)
}

// formulaFields lists the config fields of a formula as the file spells them.
func (r *reader) formulaFields(formula string) []string {
	seen := map[string]bool{}
	for _, name := range formulaName.FindAllString(formula, -1) {
		if r.isField(name) {
			seen[r.prefix+r.name(name)] = true
		}
	}
	fields := slices.AppendSeq([]string{}, maps.Keys(seen))
	slices.Sort(fields)
	return fields
}

// isField tells the fields of a formula from its words ("to a multiple of")
// and functions: a field is in the file, in our table, or written like one.
func (r *reader) isField(name string) bool {
	_, known := fieldNames().fields[name]
	return known || strings.Contains(name, "_") || r.has(name)
}

// widths are a kind's sizes that no layer has alone: what queries, keys and
// values take together, and the rotated part of a head.
func (r *reader) widths(k *AttentionKind, m mixer) []Dimension {
	d := newDims(r)
	width := func(name string, n int, formula string) {
		d.add(Dimension{Name: name, Type: "width", N: n, Formula: formula})
	}
	names := headNames(r, m)
	switch m.family {
	case MLA, DSA:
		width("q_size", k.NumHeads*(k.QKNopeHeadDim+k.QKRopeHeadDim), "num_attention_heads*(qk_nope_head_dim + qk_rope_head_dim)")
		width("kv_size", k.KVLoraRank+k.QKRopeHeadDim, "kv_lora_rank + qk_rope_head_dim")
	case GDN:
		width("q_size", k.LinearNumKeyHeads*k.LinearKeyHeadDim, "linear_num_key_heads*linear_key_head_dim")
		width("kv_size", k.LinearNumValueHeads*k.LinearValueHeadDim, "linear_num_value_heads*linear_value_head_dim")
	case GQA, ParallelAttnMamba, OtherMixer:
		width("q_size", m.heads*m.headDim, names.heads+"*"+names.dim)
		width("kv_size", m.kv*m.headDim, names.kv+"*"+names.dim)
		if m.vHeadDim != m.headDim {
			width("v_size", m.kv*m.vHeadDim, names.kv+"*"+names.vDim)
		}
	}
	width("rotary_dim", m.rotary, r.rotaryFormula(m, names.dim))
	return d.list
}

// rotaryFormula is how rotaryDim came to its number.
func (r *reader) rotaryFormula(m mixer, headDim string) string {
	if m.family == MLA || m.family == DSA || r.fam.Attention == compressedAttention {
		return "qk_rope_head_dim"
	}
	for _, field := range rotaryFields {
		if r.opt(field) == m.rotary {
			return field
		}
	}
	switch {
	case m.rotary == m.headDim:
		return headDim
	case r.fam.RotaryShare > 0:
		return fmt.Sprintf("%s*%g", headDim, r.fam.RotaryShare)
	}
	if r.text.Has("partial_rotary_factors") {
		return headDim + "*partial_rotary_factors"
	}
	return headDim + "*partial_rotary_factor"
}

// dimensionsByKind puts together what every kind of layer is made of: the
// reading of model_architecture.json that needs no knowledge of the kinds.
// Attention and MLP kinds of the same id share a list.
func (r *reader) dimensionsByKind() map[string][]Dimension {
	all := map[string][]Dimension{}
	add := func(id string, list []Dimension) {
		if all[id] == nil {
			all[id] = []Dimension{} // [] in JSON, not null
		}
		all[id] = append(all[id], list...)
	}
	for _, k := range r.arch.AttentionKinds {
		add(k.ID, k.widths)
		add(k.ID, k.Dimensions)
	}
	for _, k := range r.arch.MLPKinds {
		add(k.ID, k.Dimensions)
	}
	return all
}
