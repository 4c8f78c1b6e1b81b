package validate

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// facts are an Architecture laid out for comparison: one element per layer.
type facts struct {
	arch   *extract.Architecture
	layers []layerFact
}

// layerFact is one decoder layer; neither pointer is nil.
type layerFact struct {
	mixer *extract.AttentionKind
	mlp   *extract.MLPKind
}

func newFacts(a *extract.Architecture) *facts {
	f := &facts{arch: a}
	const most = 100_000 // a schedule that says more is not believed
	for _, run := range a.LayerSchedule {
		mixer, mlp := a.AttentionKind(run.Attention), a.MLPKind(run.MLP)
		if mixer == nil || mlp == nil || run.Count < 0 || len(f.layers)+run.Count > most {
			f.layers = nil
			return f
		}
		for range run.Count {
			f.layers = append(f.layers, layerFact{mixer, mlp})
		}
	}
	return f
}

// known reports whether the schedule could be laid out and agrees with the number
// of layers: without it, nothing is said about counts.
func (f *facts) known() bool { return len(f.layers) > 0 && len(f.layers) == f.arch.NumLayers }

func (f *facts) all() []int {
	all := make([]int, len(f.layers))
	for i := range all {
		all[i] = i
	}
	return all
}

// count counts the layers of a set with a property.
func (f *facts) count(set []int, has func(layerFact) bool) int {
	n := 0
	for _, i := range set {
		if has(f.layers[i]) {
			n++
		}
	}
	return n
}

func sparse(l layerFact) bool   { return l.mlp.Family == extract.SparseMoE }
func dense(l layerFact) bool    { return l.mlp.Family == extract.DenseMLP }
func hasMLP(l layerFact) bool   { return l.mlp.Family != extract.NoMLP }
func attends(l layerFact) bool  { return l.mixer.Family != extract.NoAttention }
func windowed(l layerFact) bool { return l.mixer.SlidingWindow > 0 }
func hasRope(l layerFact) bool  { return l.mixer.RotaryDim > 0 }

// The config fields that decide how layers are told apart. What a config does
// not have is left out of the evidence.
var (
	layerFields = []string{"num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers"}
	splitFields = []string{
		"first_k_dense_replace", "moe_layer_freq", "decoder_sparse_step", "mlp_only_layers", "interleave_moe_layer_step", "moe_layers",
		"moe_layers_enum", "expert_layer_period", "expert_layer_offset", "hybrid_override_pattern", "num_experts", "num_local_experts", "n_routed_experts",
	}
	kindFields = []string{
		"layer_types", "layers_block_type", "full_attention_interval", "attn_type_list", "hybrid_override_pattern", "no_rope_layers", "nope_layer_interval",
		"attention_chunk_size", "sliding_window_pattern", "hybrid_layer_pattern", "linear_attn_config", "full_attn_idxs", "attn_layer_indices",
		"attn_layer_period", "attn_layer_offset", "block_configs", "layer_group_size", "cross_attention_layers", "sparse_attention_config", "zaya_layers",
	}
)

// evidence returns those of some config fields that the config, its class's
// defaults or our inference have, with their values as JSON. A field may be
// spelt with its path, as the dimensions spell it.
func (f *facts) evidence(fields ...string) map[string]string {
	found := map[string]string{}
	for _, field := range fields {
		switch v, why, ok := f.arch.Field(field); {
		case !ok:
		case why != "":
			found[field] = fmt.Sprintf("%v (%s)", v, why)
		default:
			found[field] = text(v)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

// text is a config value as JSON, shortened.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	const most = 200
	if len(b) > most {
		return strings.ToValidUTF8(string(b[:most]), "") + "…"
	}
	return string(b)
}

// expertWidths returns the hidden sizes of experts: the model's; latent experts
// have their own.
func (f *facts) expertWidths(m *extract.MoE) []int {
	widths := []int{f.arch.HiddenSize}
	if m.ExpertHiddenSize > 0 {
		widths = append(widths, m.ExpertHiddenSize)
	}
	return widths
}

// sparseKinds are the kinds with routed experts.
func (f *facts) sparseKinds() []*extract.MoE {
	var list []*extract.MoE
	for i := range f.arch.MLPKinds {
		if m := f.arch.MLPKinds[i].MoE; m != nil && f.arch.MLPKinds[i].Family == extract.SparseMoE {
			list = append(list, m)
		}
	}
	return list
}

// dimension is one linear layer or norm of the model, with the last part of
// its name.
type dimension struct {
	extract.Dimension
	last   string
	shared bool // of the shared experts
}

// dimensions lists all dimensions of the layers of a set, each once.
func (f *facts) dimensions(set []int) []dimension {
	var list []dimension
	seen := map[any]bool{}
	add := func(dims []extract.Dimension) {
		for _, d := range dims {
			last := d.Name[strings.LastIndexAny(d.Name, "./")+1:]
			list = append(list, dimension{d, last, strings.Contains(d.Name, "shared")})
		}
	}
	for _, i := range set {
		l := f.layers[i]
		if !seen[l.mixer] {
			seen[l.mixer] = true
			add(l.mixer.Dimensions)
			add(l.mixer.Norms)
		}
		if !seen[l.mlp] {
			seen[l.mlp] = true
			add(l.mlp.Dimensions)
			add(l.mlp.Norms)
		}
	}
	return list
}
