package classes

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/sahilm/fuzzy"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/classdefaults"
)

// UnregisteredError says that SGLang does not register an architecture.
type UnregisteredError struct {
	Name   string
	Near   []string // registered names that look like it, nearest first
	Reason string
	// Known: transformers has the class, so that SGLang's Transformers backend
	// may serve it.
	Known bool
}

// Error names the class, and those that look like it.
func (e *UnregisteredError) Error() string {
	s := fmt.Sprintf("SGLang registers no model class %q: %s", e.Name, e.Reason)
	if len(e.Near) > 0 {
		s += "; near it: " + strings.Join(e.Near, ", ")
	}
	return s
}

// Find returns the registered class of a name.
func (r *Reader) Find(name string) (ClassInfo, error) {
	x, err := r.index()
	if err != nil {
		return ClassInfo{}, err
	}
	if c, ok := x.find(name); ok {
		return c, nil
	}
	return ClassInfo{}, &UnregisteredError{Name: name, Near: x.near(name),
		Reason: "SGLang would fall back to its Transformers backend, whose layers HuggingFace's class makes at run time",
		Known:  classdefaults.TypeOfModel(name) != ""}
}

// near returns registered names that look like one, nearest first.
func (x classIndex) near(name string) []string {
	const most = 5
	type scored struct {
		name     string
		distance int
	}
	var all []scored
	want := stem(name)
	far := max(3, len(want)/2)
	for _, c := range x {
		if have := stem(c.Name); len(have)-len(want) <= far && len(want)-len(have) <= far { // else farther than that already
			all = append(all, scored{c.Name, levenshtein.ComputeDistance(want, have)})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(a.distance, b.distance) })
	var out []string
	for _, s := range all {
		if len(out) == most || s.distance > far {
			break
		}
		out = append(out, s.name)
	}
	return out
}

// stem is a class name without what all have in common.
func stem(name string) string {
	for _, suffix := range []string{"ForCausalLM", "ForConditionalGeneration", "LMHeadModel", "Model"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return strings.ToLower(name)
}

// Match returns the registered classes that a keyword may mean, best first: a
// class name, a file name, or something like either. A text causal LM goes
// before others that match as well.
func (r *Reader) Match(keyword string) ([]ClassInfo, error) {
	x, err := r.index()
	if err != nil {
		return nil, err
	}
	if c, ok := x.find(keyword); ok {
		return []ClassInfo{c}, nil
	}
	plain := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(s))
	}
	var words []string
	var classes []ClassInfo
	for _, c := range x {
		words = append(words, plain(c.Name), plain(strings.TrimSuffix(path.Base(c.File), ".py")))
		classes = append(classes, c, c)
	}
	matches := fuzzy.Find(plain(keyword), words)
	sort.SliceStable(matches, func(i, j int) bool {
		a, b := matches[i], matches[j]
		if a.Score != b.Score {
			return a.Score > b.Score
		}
		return classes[a.Index].Category == TextCausalLM && classes[b.Index].Category != TextCausalLM
	})
	var out []ClassInfo
	seen := map[string]bool{}
	for _, m := range matches {
		if c := classes[m.Index]; !seen[c.Name] {
			seen[c.Name] = true
			out = append(out, c)
		}
	}
	return out, nil
}

// Resolve returns the class that SGLang serves an architecture with: the class
// of that name, or the one that the engine puts in its place.
func (r *Reader) Resolve(name string, cfg *extract.Object, architectures func() []string) (ClassInfo, error) {
	if to := engineRemap(name, cfg); to != "" {
		if c, err := r.Find(to); err == nil {
			c.Remapped = name
			return c, nil
		}
	}
	c, err := r.Find(name)
	if err == nil {
		return c, nil
	}
	// SGLang's own configuration class may name another architecture.
	const most = 16 // no model names more, and each that is not there is looked for
	others := architectures()
	for _, to := range others[:min(len(others), most)] {
		if to == name {
			continue
		}
		if c, other := r.Find(to); other == nil {
			c.Remapped = name
			return c, nil
		}
	}
	return ClassInfo{}, err
}

// engineRemap is what model_loader/utils.py does before it looks a class up.
func engineRemap(name string, cfg *extract.Object) string {
	switch name {
	case "MixtralForCausalLM":
		switch quantMethod(cfg) {
		case "", "fp8", "compressed-tensors", "gptq", "gptq_marlin", "awq", "awq_marlin", "quark", "quark_int4fp8_moe", "modelopt":
		default:
			return "QuantMixtralForCausalLM"
		}
	case "Gemma3TextModel":
		return "EmbeddingGemmaModel"
	}
	if isLongcat(name) {
		return "LongcatFlashForCausalLM"
	}
	return ""
}

// isLongcat reports whether an architecture is one of those that
// utils/hf_transformers/config.py loads as one, whatever their model_type.
func isLongcat(name string) bool {
	return name == "LongcatCausalLM" || name == "LongcatFlashNgramForCausalLM"
}

// LoadedAs returns a configuration with the model_type under which the engine
// loads it.
func LoadedAs(name string, cfg *extract.Object) *extract.Object {
	if !isLongcat(name) || cfg == nil {
		return cfg
	}
	out := &extract.Object{Keys: slices.Clone(cfg.Keys), Values: maps.Clone(cfg.Values)}
	out.Set("model_type", "longcat_flash")
	return out
}

func quantMethod(cfg *extract.Object) string {
	v, _ := cfg.Get("quantization_config")
	q, _ := v.(*extract.Object)
	m, _ := q.Get("quant_method")
	s, _ := m.(string)
	return s
}
