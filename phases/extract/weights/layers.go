package weights

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Checkpoint is a checkpoint's tensors, put in order: the layers of the
// language model, what stands outside of them, and the parts that are not part
// of it.
type Checkpoint struct {
	// Stack is the path of the list of layers ("model.layers").
	Stack string
	// Layers are the weights of each decoder layer; an absent layer is nil.
	Layers [][]Weight
	// Outside are the weights around the layers.
	Outside []Weight
	// Towers, MTP and Adapters are names of parts that were set aside, one for
	// each kind of tensor.
	Towers, MTP, Adapters []string
	// Partial says why not every tensor was seen; "" when all were. What is
	// not among the tensors may be there all the same then.
	Partial string
	// Elements is the number of values of Layers and Outside.
	Elements int
	// Tensors is how many tensors were read.
	Tensors int
}

// Options say what is known of the model.
type Options struct {
	// NumLayers is the number of decoder layers that the config states.
	NumLayers int
	// Names are all tensors of the checkpoint, for one that was read in part:
	// those without a shape get that of their like in another layer.
	Names []string
	// Partial says why the tensors are not all.
	Partial string
}

// Sort puts the tensors of a checkpoint in order.
func Sort(tensors []Tensor, o Options) *Checkpoint {
	tensors = complete(tensors, o.Names)
	c := &Checkpoint{Partial: o.Partial, Tensors: len(tensors)}
	c.Stack = chooseStack(tensors, o.NumLayers)
	spared := map[string]bool{}
	for _, s := range strings.Split(c.Stack, ".") {
		spared[s] = true
	}
	mtp := mtpLayers(tensors, c.Stack, o.NumLayers)
	modules := map[moduleAt]stored{}
	aside := map[part]map[string]bool{partTower: {}, partMTP: {}, partAdapter: {}, partBuffer: {}}
	for _, t := range tensors {
		at, param := c.locate(t.Name)
		which := partOf(t, spared)
		if at.layer >= 0 && mtp[at.layer] {
			which = partMTP
		}
		if which != partModel {
			aside[which][collapse(t.Name)] = true
			continue
		}
		if modules[at] == nil {
			modules[at] = stored{}
		}
		modules[at][param] = t
	}
	c.Towers, c.MTP, c.Adapters = sortedKeys(aside[partTower]), sortedKeys(aside[partMTP]), sortedKeys(aside[partAdapter])
	c.readForms(modules)
	return c
}

// locate says which module a tensor belongs to, and as which parameter.
func (c *Checkpoint) locate(name string) (moduleAt, string) {
	if p := parse(name); p.stack == c.Stack && c.Stack != "" {
		return moduleAt{layer: p.layer, module: p.module, number: expertNumber(name, p)}, p.param
	}
	module, param := splitParam(strings.Split(name, "."))
	return moduleAt{layer: -1, module: module}, param
}

// moduleAt is one module of the checkpoint, of one expert each.
type moduleAt struct {
	layer  int
	module string
	number string
}

// expertNumber tells the experts of a layer from each other.
func expertNumber(name string, p place) string {
	if !p.expert || !strings.Contains(p.module, "*") {
		return ""
	}
	segs := strings.Split(name, ".")
	for i := len(segs) - 1; i > 0; i-- {
		if _, ok := number(segs[i]); ok && isExperts(segs[i-1]) {
			return segs[i]
		}
	}
	return ""
}

// complete returns the tensors that were not read the shape of their like.
func complete(tensors []Tensor, names []string) []Tensor {
	if len(names) == 0 {
		return tensors
	}
	have := make(map[string]bool, len(tensors))
	like := map[string]Tensor{}
	for _, t := range tensors {
		have[t.Name], like[collapse(t.Name)] = true, t
	}
	slices.Sort(names)
	for _, name := range names {
		if t, ok := like[collapse(name)]; ok && !have[name] {
			t.Name = name
			tensors = append(tensors, t)
		}
	}
	return tensors
}

// chooseStack finds the list of decoder layers: not of a tower, of the length
// that the config states, with the most tensors.
func chooseStack(tensors []Tensor, numLayers int) string {
	type stack struct {
		name     string
		layers   map[int]bool
		tensors  int
		language int // 0 for that of a tower
	}
	all := map[string]*stack{}
	for _, t := range tensors {
		p := parse(t.Name)
		if p.stack == "" {
			continue
		}
		s := all[p.stack]
		if s == nil {
			s = &stack{name: p.stack, layers: map[int]bool{}, language: 1}
			if slices.ContainsFunc(strings.Split(p.stack, "."), func(seg string) bool { return towerName().MatchString(seg) || mtpName.MatchString(seg) }) {
				s.language = 0
			}
			all[p.stack] = s
		}
		s.layers[p.layer] = true
		s.tensors++
	}
	if len(all) == 0 {
		return ""
	}
	off := func(s *stack) int { return min(1, max(len(s.layers)-numLayers, numLayers-len(s.layers))) } // 0 for the length stated
	return slices.MaxFunc(slices.Collect(maps.Values(all)), func(a, b *stack) int {
		return cmp.Or(a.language-b.language, off(b)-off(a), a.tensors-b.tensors, strings.Compare(b.name, a.name))
	}).name
}

// mtpLayers are layers behind the decoder's own that have what only a layer
// for further tokens has.
func mtpLayers(tensors []Tensor, stack string, numLayers int) map[int]bool {
	found := map[int]bool{}
	for _, t := range tensors {
		p := parse(t.Name)
		if p.stack != stack || p.layer < numLayers {
			continue
		}
		for _, seg := range strings.Split(p.module, ".") {
			if mtpName.MatchString(seg) {
				found[p.layer] = true
			}
		}
	}
	return found
}

// readForms reads the stored forms of all modules and joins the experts of a layer.
func (c *Checkpoint) readForms(modules map[moduleAt]stored) {
	type key struct {
		layer int
		w     Weight
	}
	count := map[key]int{}
	name := map[key]string{}
	for _, at := range slices.SortedFunc(maps.Keys(modules), func(a, b moduleAt) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.module, b.module), cmp.Compare(len(a.number), len(b.number)), cmp.Compare(a.number, b.number))
	}) {
		for _, w := range modules[at].read() {
			tensor := w.Tensor
			w.Module, w.Expert, w.Tensor = at.module, slices.ContainsFunc(strings.Split(at.module, "."), isExperts), ""
			if !w.Plain {
				param := tensor[strings.LastIndexByte(tensor, '.')+1:]
				w.Module = strings.TrimPrefix(at.module+"."+param, ".")
				w.Expert = w.Expert || isExperts(param)
			}
			k := key{at.layer, w}
			if count[k] == 0 {
				name[k] = tensor
			}
			count[k]++
		}
	}
	keys := slices.SortedFunc(maps.Keys(count), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.w.Module, b.w.Module), cmp.Compare(a.w.Elements, b.w.Elements), cmp.Compare(a.w.N, b.w.N))
	})
	for _, k := range keys {
		w := k.w
		w.Tensor = name[k]
		w.Stack *= count[k]
		w.Elements *= count[k]
		c.Elements += w.Elements
		if k.layer < 0 {
			c.Outside = append(c.Outside, w)
			continue
		}
		for len(c.Layers) <= k.layer {
			c.Layers = append(c.Layers, nil)
		}
		c.Layers[k.layer] = append(c.Layers[k.layer], w)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
