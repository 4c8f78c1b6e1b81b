package extract

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/prose"
)

// A quantization_config decides module by module: lists leave modules out,
// ModelOpt's mixed precision and the groups of compressed-tensors name a method
// for some. Of an entry only the routed experts' method matters, as it names
// their kernel.

// ExpertsUnquantised is Quantization.Experts of experts that stay as they are.
const ExpertsUnquantised = "unquantised"

// expertQuantization works out the method of the routed experts, once the
// sparse layers are known.
func (r *reader) expertQuantization() {
	out, q := r.arch.Quantization, r.quantizationObject()
	var sparse []int
	for i, f := range r.ffns {
		if f.experts > 0 {
			sparse = append(sparse, i)
		}
	}
	if out == nil || q == nil || len(sparse) == 0 {
		return
	}
	if layers := eitherObject(q, "quantized_layers"); layers != nil {
		readQuantizedLayers(layers, out)
	}
	if groups := q.Object("config_groups"); out.Method == "compressed-tensors" && groups != nil && expertGroup(groups) == nil {
		out.Kernel, out.Experts = "", ExpertsUnquantised
	}
	if groups := q.Object("config_groups"); groups != nil && len(groups.Values) > maxGroups {
		r.arch.Warnings = append(r.arch.Warnings, fmt.Sprintf("quantization_config has %d groups, of which the first %d are read", len(groups.Values), maxGroups))
	}
	left := out.left
	if len(left.unread) > 0 {
		r.arch.Warnings = append(r.arch.Warnings, "quantization_config leaves out modules by patterns that cannot be read: "+strings.Join(left.unread, ", "))
	}
	const enough = 512 // layers that are looked at
	for _, i := range sparse[:min(len(sparse), enough)] {
		if !left.experts(i) {
			return
		}
	}
	out.Kernel, out.Experts = "", ExpertsUnquantised
}

// eitherObject is a field of the object or of the "quantization" in it, where
// ModelOpt's own file has it.
func eitherObject(q *Object, key string) *Object {
	if o := q.Object(key); o != nil {
		return o
	}
	return q.Object("quantization").Object(key)
}

// readQuantizedLayers reads ModelOpt's quantized_layers: the method of every
// module that has one. Experts without one are not quantised; where their
// methods differ no kernel is named.
func readQuantizedLayers(layers *Object, out *Quantization) {
	var algos []string
	for _, name := range layers.Keys {
		if !slices.Contains(strings.Split(name, "."), "experts") {
			continue
		}
		if algo, ok := layers.Object(name).String("quant_algo"); ok && !slices.Contains(algos, algo) {
			algos = append(algos, algo)
		}
	}
	switch len(algos) {
	case 0:
		out.Kernel, out.Experts = "", ExpertsUnquantised
	case 1:
		of := &Quantization{}
		readModelOpt(nil, algos[0], of)
		out.Kernel, out.Experts, out.Bits = of.Kernel, algos[0], of.Bits
	default:
		slices.Sort(algos)
		out.Kernel, out.Experts = "", strings.Join(algos, " and ")
	}
}

// modulePatterns tell modules by their names as quantization configs do.
type modulePatterns struct {
	plain   map[string]bool  // parts of a name, whole segments
	regexes []*regexp.Regexp // of the beginning of a name
	unread  []string         // what Go's regular expressions do not have
}

// leftOut are the modules that a quantization_config leaves as they are; every
// method has its own field for them.
func leftOut(q *Object) *modulePatterns {
	var list []string
	for _, o := range []*Object{q, q.Object("quantization")} {
		for _, key := range []string{"ignore", "modules_to_not_convert", "ignored_layers", "exclude_modules", "exclude", "llm_int8_skip_modules"} {
			names, _ := o.Strings(key)
			list = append(list, names...)
		}
	}
	return newModulePatterns(list)
}

// Bounds of what is read of the lists, which strangers write.
const (
	maxModuleRegexes = 1000
	maxModulePattern = 500
	maxUnread        = 3
	maxGroups        = 100
)

func newModulePatterns(list []string) *modulePatterns {
	p := &modulePatterns{plain: map[string]bool{}}
	for _, s := range list {
		text, isRegex := strings.CutPrefix(s, "re:")
		if !isRegex && !strings.ContainsAny(s, "*?") {
			p.plain[strings.TrimSuffix(s, ".")] = true
			continue
		}
		if !isRegex { // a pattern of file names, of the module or one around it
			text = strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(s)) + `(?:\.|$)`
		}
		re, err := regexp.Compile("^(?:" + text + ")")
		if err != nil || len(s) > maxModulePattern || len(p.regexes) >= maxModuleRegexes {
			if len(p.unread) < maxUnread {
				p.unread = append(p.unread, strconv.Quote(prose.Clip(s, 60)))
			}
			continue
		}
		p.regexes = append(p.regexes, re)
	}
	return p
}

// match reports whether a module's name is one of the patterns.
func (p *modulePatterns) match(name string) bool {
	segments := strings.Split(name, ".")
	for from := range segments {
		for to := from + 1; to <= len(segments); to++ {
			if p.plain[strings.Join(segments[from:to], ".")] {
				return true
			}
		}
	}
	return slices.ContainsFunc(p.regexes, func(re *regexp.Regexp) bool { return re.MatchString(name) })
}

// packedParts are the projections of a checkpoint that SGLang runs as one layer.
var packedParts = map[string][]string{
	"qkv_proj":                  {"q_proj", "k_proj", "v_proj"},
	"gate_up_proj":              {"gate_proj", "up_proj"},
	"fused_qkv_a_proj_with_mqa": {"q_a_proj", "kv_a_proj_with_mqa"},
}

// LeavesOut reports whether a linear layer stays as it is: a path of SGLang's
// tree, and the layers in which it stands ("0-2,5"), of which the last is
// asked. It knows the lists of the config; a nil Quantization leaves out all.
func (q *Quantization) LeavesOut(path, layers string) bool {
	if q == nil {
		return true
	}
	if q.left == nil {
		return false
	}
	if last := strings.LastIndexAny(layers, "-,"); layers != "" {
		path = strings.Replace(path, "layers.", "layers."+layers[last+1:]+".", 1)
	}
	dot := strings.LastIndexByte(path, '.') + 1
	parts := packedParts[path[dot:]]
	all := len(parts) > 0
	for _, part := range parts {
		all = all && q.left.match(path[:dot]+part)
	}
	return all || q.left.match(path)
}

// experts reports whether all projections of a layer's routed experts match,
// under one of the names that checkpoints have for them.
func (p *modulePatterns) experts(layer int) bool {
	for _, root := range []string{"model.layers", "model.language_model.layers", "language_model.model.layers", "backbone.layers"} {
		for _, block := range []string{"mlp", "block_sparse_moe", "feed_forward", "mixer", "moe", "ffn"} {
			for _, parts := range [][]string{{"0.gate_proj", "0.up_proj", "0.down_proj"}, {"0.w1", "0.w2", "0.w3"}, {"gate_up_proj", "down_proj"}} {
				all := true
				for _, part := range parts {
					all = all && p.match(root+"."+strconv.Itoa(layer)+"."+block+".experts."+part)
				}
				if all {
					return true
				}
			}
		}
	}
	return false
}

// expertGroup picks the group of compressed-tensors that holds for routed
// experts: the one whose targets name them, else the one for all linear layers;
// nil when there is none.
func expertGroup(groups *Object) *Object {
	if groups == nil {
		return nil
	}
	var byClass *Object
	keys := sortedKeys(groups.Values)
	for _, key := range keys[:min(len(keys), maxGroups)] {
		group := groups.Object(key)
		if group.Object("weights") == nil {
			continue
		}
		targets, _ := group.Strings("targets")
		if named := newModulePatterns(targets); named.experts(0) || named.experts(1) {
			return group
		}
		ofClass := len(targets) == 0 || slices.ContainsFunc(targets, func(t string) bool { return t == "Linear" || strings.Contains(t, "MoE") })
		if byClass == nil && ofClass {
			byClass = group
		}
	}
	return byClass
}
