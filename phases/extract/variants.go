package extract

import (
	"slices"
	"strconv"
)

// variants are the configs that hold for single layers: transformers 5 writes
// per_layer_config, an object of the fields that differ by layer number. A layer
// without one has the general config, variant 0.
type variants struct {
	texts []*Object
	of    []int // the variant of each layer
	now   int
}

// readVariants reads per_layer_config. Layers with the same fields share a
// variant.
func (r *reader) readVariants() {
	r.vary = variants{texts: []*Object{r.text}, of: make([]int, r.layers)}
	layers := r.text.Object("per_layer_config")
	if layers == nil {
		return
	}
	known := map[string]int{}
	for _, key := range layers.Keys {
		at := "per_layer_config." + key
		layer, err := strconv.Atoi(key)
		fields := layers.Object(key)
		if err != nil || layer < 0 || layer >= r.layers || fields == nil {
			r.wrong(at, layers.Values[key], "should be the fields of one of the %d layers", r.layers)
			return
		}
		if len(fields.Keys) == 0 {
			continue
		}
		text, err := fields.MarshalJSON()
		if err != nil {
			r.wrong(at, fields, "cannot be read")
			return
		}
		id := string(text)
		n, seen := known[id]
		if !seen {
			const most, mostFields = 1000, 1 << 20
			if len(r.vary.texts) > most || len(r.vary.texts)*len(r.text.Keys) > mostFields {
				r.wrong("per_layer_config", Value(int64(len(layers.Keys))), "more than any model has")
				return
			}
			n = len(r.vary.texts)
			known[id] = n
			own := r.text.clone()
			for _, name := range fields.Keys {
				for _, spelling := range spellings(own, name) { // a dotted one, too, is found as a key before it is as a path
					own.Set(spelling, fields.Values[name])
				}
			}
			r.vary.texts = append(r.vary.texts, own)
		}
		r.vary.of[layer] = n
	}
}

// eachVariant runs a function with each config that layers have, until one is
// wrong or lacks something.
func (r *reader) eachVariant(do func(layers []int)) {
	layers := make([][]int, len(r.vary.texts))
	for i, of := range r.vary.of {
		layers[of] = append(layers[of], i)
	}
	for v := range layers {
		if len(layers[v]) > 0 && r.err == nil && len(r.missing) == 0 {
			r.under(v, func() { do(layers[v]) })
		}
	}
}

// under runs a function with the config of a variant.
func (r *reader) under(variant int, do func()) {
	text, now := r.text, r.vary.now
	r.text, r.vary.now = r.vary.texts[variant], variant
	do()
	r.text, r.vary.now = text, now
}

// varies reports whether some layers have a config of their own.
func (r *reader) varies() bool { return len(r.vary.texts) > 1 }

// skips reports whether a layer leaves out its attention or its MLP, as
// transformers 5 writes it.
func (r *reader) skips(part string) bool {
	names, _ := r.text.Strings("skip")
	return slices.Contains(names, part)
}
