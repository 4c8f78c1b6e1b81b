package definition

import (
	"maps"
	"slices"
)

// Relation is how a family of one vocabulary stands to one of the other.
type Relation int

// The relations.
const (
	Own     Relation = iota // the other vocabulary has no name for it
	Same                    // the same names
	Renamed                 // one to one: a fix may rename
	Merged                  // several templates are one Definition: a fix may be offered
	Lossy                   // the other name says less, or something else: never a fix
)

// Words says in words what a relation means.
func (r Relation) Words() string { return relationWords[r] }

var relationWords = [...]string{
	Own: "no counterpart", Same: "same name", Renamed: "renamed, one to one",
	Merged: "several templates, one Definition", Lossy: "the template's name says less",
}

// link relates one family of the dataset to one of FlashInfer's templates.
type link struct {
	dataset, template string // ids
	relation          Relation
	// fields are the template's abbreviations of the dataset's fields, where
	// they differ; one that the template lacks is "".
	fields map[string]string
	// fixed are the template's fields that the dataset does not have.
	fixed map[string]int64
	// unless reports whether a template's name with these values is not the
	// dataset family's.
	unless func(n Name) bool
	note   string
}

// links are the relations that the names alone do not show: families that are
// spelled alike in both vocabularies are Same without a row here, and a
// template in none of these rows is FlashInfer's own. Gemma's norms are own on
// purpose: they scale by 1 + weight, which is another function.
var links = []link{
	{dataset: "gqa_paged_prefill_causal", template: "gqa_paged_prefill", relation: Renamed},
	{dataset: "gqa_ragged_prefill_causal", template: "gqa_ragged", relation: Renamed, unless: latentSizes},
	{dataset: "mla_paged_prefill_causal", template: "mla_paged_prefill", relation: Renamed},
	{dataset: "gdn_prefill", template: "gdn_prefill" + gdnTail, relation: Renamed},
	{dataset: "gdn_decode", template: "gdn_decode" + gdnTail, relation: Renamed},
	{dataset: "gdn_mtp", template: "gdn_mtp" + gdnTail, relation: Renamed},
	{dataset: "top_k_sampling_from_probs", template: "top_k_sampling", relation: Renamed},
	{dataset: "top_p_sampling_from_probs", template: "top_p_sampling", relation: Renamed},
	{dataset: "top_k_top_p_sampling_from_probs", template: "top_k_top_p_sampling", relation: Renamed},

	{dataset: "gemm", template: "gemm_bf16", relation: Merged, fields: map[string]string{"n": "N", "k": "K"},
		note: "the template is for bfloat16 with B laid out as [K, N], the Definition for float16 with B as [N, K]"},
	{dataset: "moe_fp8_block_scale_renorm", template: "moe_fp8_block_scale_renormalize_routing", relation: Merged,
		note: "the Definition does not tell the two orders of softmax and choice apart"},
	{dataset: "moe_fp8_block_scale_renorm", template: "moe_fp8_block_scale_renormalize_naive_routing", relation: Merged,
		note: "the Definition does not tell the two orders of softmax and choice apart"},

	{dataset: "mla_ragged_prefill_causal", template: "gqa_ragged", relation: Lossy, fields: map[string]string{"h": "h", "qk": "d", "vo": ""},
		note: "the template's name has the width of queries and keys alone, and counts each head as a KV head"},
	{dataset: "mamba_ssu_decode", template: "selective_state_update", relation: Lossy, fields: map[string]string{"h": "", "ng": ""},
		note: "the template's name has neither the heads nor the groups"},
	{dataset: "rope_with_cos_sin_cache_neox_style", template: "rope_cos_sin_cache_inplace", relation: Lossy, fields: map[string]string{"rd": ""},
		note: "the template's name has neither the style nor the rotary dimension"},
	{dataset: "rope_with_cos_sin_cache_gptj_style", template: "rope_cos_sin_cache_inplace", relation: Lossy, fields: map[string]string{"rd": ""},
		note: "the template's name has neither the style nor the rotary dimension"},
	{dataset: "rope_with_cos_sin_cache_neox_style", template: "rope_cos_sin_cache", relation: Lossy, fields: map[string]string{"rd": ""},
		note: "the template's name has neither the style nor the rotary dimension"},
	{dataset: "trtllm_fp4_block_scale_routed_moe", template: "trtllm_fp4_block_scale_routed_moe_topk{topk}_e{e}_h{h}_act{act}", relation: Lossy,
		fields: map[string]string{"i": ""}, fixed: map[string]int64{"act": swiGLU},
		note: "the template's name has the activation instead of the inner width (act3 is SwiGLU), and counts the experts on the device"},
}

// gdnTail ends the ids of templates whose prefix the dataset's families have.
const gdnTail = "_qk{qk}_v{v}_d{d}"

// swiGLU is FlashInfer's number of the usual activation.
const swiGLU = 3

// latentSizes finds latent attention in a name of ragged attention: as many
// KV heads as heads, of a width that only MLA has.
func latentSizes(n Name) bool {
	h, _ := n.Value("h")
	kv, _ := n.Value("kv")
	d, _ := n.Value("d")
	return h == kv && (d == 192 || d == 576)
}

// Counterpart is a name's counterpart in the other vocabulary.
type Counterpart struct {
	// Name is the zero Name where the values cannot be carried over.
	Name     Name
	Family   *Family
	Relation Relation
	Note     string
}

// Counterparts are a name's counterparts in the other vocabulary, the nearest
// first; none for a name that is its vocabulary's own.
func (n Name) Counterparts() []Counterpart { return FlashInfer().Counterparts(n) }

// Counterparts are a name's counterparts by the facts of this table.
func (t *Table) Counterparts(n Name) []Counterpart {
	if n.IsZero() {
		return nil
	}
	if n.Family.Vocabulary == Dataset && t.Template(n.Family) != nil {
		return []Counterpart{{Name: n, Family: n.Family, Relation: Same}}
	}
	var out []Counterpart
	for _, l := range links {
		if l.dataset != n.Family.ID && l.template != n.Family.ID {
			continue
		}
		template, ok := t.Family(l.template)
		ours, known := FamilyByID(l.dataset)
		switch {
		case !ok || !known: // a table of another FlashInfer version
		case ours == n.Family:
			out = append(out, Counterpart{Name: l.toTemplate(n, template), Family: template, Relation: l.relation, Note: l.note})
		case template.ID == n.Family.ID && (l.unless == nil || !l.unless(n)):
			out = append(out, Counterpart{Name: l.toDataset(n, ours), Family: ours, Relation: l.relation, Note: l.note})
		}
	}
	slices.SortStableFunc(out, func(a, b Counterpart) int { return int(a.Relation) - int(b.Relation) })
	if n.Family.Vocabulary == FlashInferNames && len(out) > 1 {
		// One template of two families: the sure relation says which.
		sure := slices.DeleteFunc(slices.Clone(out), func(c Counterpart) bool { return c.Relation == Lossy })
		if len(sure) > 0 {
			return sure
		}
	}
	return out
}

// field is the template's abbreviation of a field of the dataset's.
func (l link) field(abbrev string) (string, bool) {
	to, listed := l.fields[abbrev]
	if !listed {
		to = abbrev
	}
	return to, to != ""
}

func (l link) toTemplate(n Name, template *Family) Name {
	values := map[string]int64{}
	maps.Copy(values, l.fixed)
	for i, f := range n.Family.Fields {
		if to, ok := l.field(f.Abbrev); ok {
			values[to] = n.Values[i]
		}
	}
	if l.dataset == "mla_ragged_prefill_causal" {
		values["kv"] = values["h"]
	}
	return filled(template, values)
}

// toDataset returns the zero Name where the template lacks one of the fields.
func (l link) toDataset(n Name, ours *Family) Name {
	values := map[string]int64{}
	for _, f := range ours.Fields {
		if from, ok := l.field(f.Abbrev); ok {
			if v, ok := n.Value(from); ok {
				values[f.Abbrev] = v
			}
		}
	}
	return filled(ours, values)
}

func filled(f *Family, values map[string]int64) Name {
	n := Name{Family: f}
	for _, field := range f.Fields {
		v, ok := values[field.Abbrev]
		if !ok {
			return Name{}
		}
		n.Values = append(n.Values, v)
	}
	return n
}

// Respelling is the dataset's name for a text in another spelling.
type Respelling struct {
	Name Name
	From string // whose spelling it is
	// Sure: it is the same Definition, so that a fix may write it. Otherwise
	// the two differ as Note says.
	Sure bool
	Note string
	// Older: a spelling of the dataset's past, not one of FlashInfer's.
	Older bool
}

// Words says of a text that is spelled so what it is.
func (r Respelling) Words() string {
	if r.Older {
		return "an older spelling (" + r.From + ")"
	}
	return "FlashInfer's spelling (" + r.From + ")"
}

// Respell returns the dataset's name for a text in an older spelling or in
// FlashInfer's; ok is false for the dataset's own names and where nothing of
// the dataset is the same kernel.
func Respell(s string) (r Respelling, ok bool) {
	if n, from, ok := parseLegacy(s); ok {
		return Respelling{Name: n, From: from, Sure: true, Older: true}, true
	}
	if len(s) > maxName {
		return Respelling{}, false
	}
	if _, _, ok := parseDataset(s); ok { // FlashInfer's table need not be read
		return Respelling{}, false
	}
	n, _, ok := FlashInfer().parse(s)
	if !ok {
		return Respelling{}, false
	}
	for _, c := range n.Counterparts() {
		if !c.Name.IsZero() && c.Relation != Lossy {
			return Respelling{Name: c.Name, From: "its trace template", Sure: c.Relation == Renamed, Note: c.Note}, true
		}
	}
	return Respelling{}, false
}

// Meant reads a name in whatever spelling: of a text that is surely another name of
// a kernel of the dataset, the dataset's name, and how the text spells it.
func Meant(s string) (n Name, spelled *Respelling, err error) {
	if r, ok := Respell(s); ok && r.Sure {
		return r.Name, &r, nil
	}
	n, err = Parse(s)
	return n, nil, err
}

// Spellings are the other names of the Definition that a text names: the
// dataset's for one of FlashInfer's or of the past, FlashInfer's for one of the
// dataset's. Only names that are surely the same kernel are among them.
func Spellings(s string) []string {
	var out []string
	r, ok := Respell(s)
	n := r.Name
	if ok {
		if !r.Sure {
			return nil
		}
		out = append(out, n.String())
	} else if n, _, ok = parseDataset(s); !ok {
		return nil
	}
	for _, c := range n.Counterparts() {
		if c.Relation == Renamed && !c.Name.IsZero() && c.Name.String() != s {
			out = append(out, c.Name.String())
		}
	}
	if older := n.Underscored(); older != n.String() && older != s {
		out = append(out, older)
	}
	return out
}

// DumpNames are what a trace dump of FlashInfer calls the kernel of a name of
// the dataset; none when no template is known for it.
func (n Name) DumpNames() []Counterpart {
	if n.IsZero() || n.Family.Vocabulary == FlashInferNames {
		return nil
	}
	return n.Counterparts()
}
