package extract

import (
	"regexp"
	"sort"
	"strings"
)

// dims collects the dimensions of one kind.
type dims struct {
	r    *reader
	list []Dimension
	// local are the kind's own values of fields, for the parts of the family's
	// row.
	local map[string]int
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

// parameter adds what is neither: convolution weights and the like.
func (d *dims) parameter(name string, n, k int, formula string) {
	d.add(Dimension{Name: name, Type: "parameter", N: n, K: k, Formula: formula})
}

// more adds the layers that the family's row has in a part of the model.
func (d *dims) more(in string) {
	for _, part := range d.r.fam.More {
		if part.In != in || !part.Holds(d.r.familyField) {
			continue
		}
		dim := Dimension{Name: part.Name, Type: "linear", N: d.value(part.N), Formula: part.N}
		switch part.Kind {
		case "rmsnorm", "layernorm":
			dim.Type, dim.Norm = "norm", part.Kind
		case "":
			dim.K = d.value(part.K)
		default:
			dim.Type, dim.K = part.Kind, d.value(part.K)
		}
		if part.Times != "" {
			if dim.Times = d.value(part.Times); dim.Times == 0 {
				continue
			}
		}
		d.add(dim)
	}
}

// value works out a formula of the family's row; 0 where a field of it is
// neither in the file nor has a default, which is then asked for.
func (d *dims) value(formula string) int {
	if formula == "" {
		return 0
	}
	n, missing := evaluate(formula, func(field string) (float64, bool) {
		switch field {
		case "hidden_size":
			return float64(d.r.hidden), true
		case "num_hidden_layers":
			return float64(d.r.layers), true
		case "vocab_size":
			return float64(d.r.arch.VocabSize), true
		}
		if n, ok := d.local[field]; ok && n > 0 {
			return float64(n), true
		}
		if n, ok := d.r.operand(field); ok {
			return n, true
		}
		n, ok, err := d.r.root.Float(field) // a wrapper's own
		return n, ok && err == nil
	})
	if missing != "" {
		d.r.lack(missing)
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
	fields := make([]string, 0, len(seen))
	for name := range seen {
		fields = append(fields, name)
	}
	sort.Strings(fields)
	return fields
}

// isField tells the fields of a formula from its words ("to a multiple of")
// and functions: a field is in the file, in our table, or written like one.
func (r *reader) isField(name string) bool {
	_, known := aliasIndex()[name]
	return known || strings.Contains(name, "_") || r.has(name)
}
