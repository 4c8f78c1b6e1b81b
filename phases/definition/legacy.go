package definition

import (
	"strings"
)

// legacyForm is one older or foreign spelling of a family.
type legacyForm struct {
	prefix string   // what stands before the fields
	family string   // Family.ID it stands for today
	spaced bool     // abbreviation and number are separate words: n_4096
	drop   string   // an abbreviation whose number is left out today
	fields []string // field order when it differs from the family's
	from   string
}

// forms are the spellings of the dataset's own past (definitions that existed
// under these names) and of older dumpers, longest prefix first where one
// continues another. FlashInfer's spellings of today are rows of links.
var forms = []legacyForm{
	{prefix: "gemm_m_dynamic", family: "gemm", spaced: true, from: "the dataset's first gemm spelling"},
	{prefix: "gemm", family: "gemm", spaced: true, from: "the dataset's older gemm spelling"},
	{prefix: "batch_gqa_paged_decode", family: "gqa_paged_decode", drop: "bs", from: "the dataset's first attention names"},
	{prefix: "batch_gqa_ragged_prefill", family: "gqa_ragged_prefill_causal", from: "the dataset's first attention names"},
	{prefix: "batch_mla_paged_decode", family: "mla_paged_decode", from: "the dataset's first attention names"},
	{prefix: "gqa_ragged_prefill", family: "gqa_ragged_prefill_causal", from: "prefill names without _causal"},
	{prefix: "mla_ragged_prefill", family: "mla_ragged_prefill_causal", from: "prefill names without _causal"},
	{prefix: "dsa_sparse_decode", family: "dsa_sparse_attention", from: "sparse attention split by stage"},
	{prefix: "dsa_sparse_prefill_causal", family: "dsa_sparse_attention", from: "sparse attention split by stage"},
	{prefix: "nsa_sparse_decode", family: "dsa_sparse_attention", from: "sparse attention under the name nsa"},
	{prefix: "nsa_sparse_prefill_causal", family: "dsa_sparse_attention", from: "sparse attention under the name nsa"},
	{prefix: "topk_sampling_from_probs", family: "top_k_sampling_from_probs", from: "abbreviated sampling names"},
	{prefix: "topp_sampling_from_probs", family: "top_p_sampling_from_probs", from: "abbreviated sampling names"},
	{prefix: "topk_topp_sampling_from_probs", family: "top_k_top_p_sampling_from_probs", from: "abbreviated sampling names"},
	{prefix: "moe_fp8_block_scale_ds_routing", family: "moe_fp8_block_scale_ds_routing",
		fields: []string{"topk", "e", "h", "i", "ng", "kg"}, from: "FlashInfer's trace dumper, fields in another order"},
}

// retired are names and prefixes of which no current family takes the place.
var retired = []struct{ prefix, why string }{
	{"nsa_topk_indexer", "the indexer is now dsa_topk_indexer_fp8_h{h}_d{d}_topk{topk}_ps{ps}, with index_n_heads and index_head_dim that this name does not hold"},
	{"segment_gemm", "grouped GEMMs have no Definition any more: the moe families stand for routed experts"},
	{"llama3.1_8b_", "names by model were given up for names by size"},
	{"batch_decode_with_paged_kv_cache", "it is now gqa_paged_decode with its sizes in the name"},
	{"batch_mla_paged_attention", "it is now mla_paged_decode with its sizes in the name"},
	{"batch_prefill_with_ragged_kv_cache", "it is now gqa_ragged_prefill_causal with its sizes in the name"},
	{"prefill_attn_raggedkv", "it is now gqa_ragged_prefill_causal with its sizes in the name"},
}

// parseLegacy reads an older spelling and gives the name of today; from says
// whose spelling it was. ok is false for everything else, current names
// included.
func parseLegacy(s string) (name Name, from string, ok bool) {
	if len(s) > maxName {
		return Name{}, "", false
	}
	for _, form := range forms {
		rest, found := strings.CutPrefix(s, form.prefix+"_")
		if !found {
			continue
		}
		if n, ok := form.read(rest); ok && n.String() != s {
			return n, form.from, true
		}
	}
	return Name{}, "", false
}

// Retired says why a name of the dataset's past has no counterpart today.
func Retired(s string) (why string, ok bool) {
	for _, r := range retired {
		if strings.HasPrefix(s, r.prefix) {
			return r.why, true
		}
	}
	return "", false
}

// read takes the fields in their order: the abbreviations may be in capitals
// (the dumper's axis names) and apart from their numbers.
func (l legacyForm) read(rest string) (Name, bool) {
	f, ok := FamilyByID(l.family)
	if !ok {
		return Name{}, false
	}
	words := strings.Split(rest, "_")
	if l.spaced {
		words = pair(words)
	}
	if l.drop != "" && len(words) > 0 && strings.HasPrefix(words[0], l.drop) {
		words = words[1:]
	}
	order := l.order(f)
	if len(words) != len(order) {
		return Name{}, false
	}
	values := make([]int64, len(f.Fields))
	for i, w := range words {
		digits, found := strings.CutPrefix(strings.ToLower(w), order[i])
		value, bad := number(digits)
		if !found || bad != "" || countDigits(digits) != len(digits) {
			return Name{}, false
		}
		values[f.field(order[i])] = value
	}
	return Name{Family: f, Values: values}, true
}

func (l legacyForm) order(f *Family) []string {
	if l.fields != nil {
		return l.fields
	}
	order := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		order[i] = field.Abbrev
	}
	return order
}

// pair joins abbreviation and number that are separate words.
func pair(words []string) []string {
	if len(words)%2 != 0 {
		return nil
	}
	joined := make([]string, 0, len(words)/2)
	for i := 0; i < len(words); i += 2 {
		joined = append(joined, words[i]+words[i+1])
	}
	return joined
}
