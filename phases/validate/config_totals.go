package validate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// totals are the sizes over all devices behind the fields of a family; a
// field that is not in it is not judged.
type totals map[string]total

type total struct {
	value  int64
	fields []string // of the config, behind it
}

func (t totals) set(abbrev string, v int, fields ...string) {
	if v > 0 {
		t[abbrev] = total{int64(v), fields}
	}
}

// attentionTotals are a kind's sizes for a family; ok is false when the
// family's kernels do not run in layers of this kind.
func attentionTotals(k *extract.AttentionKind, f *definition.Family) (t totals, ok bool) {
	t = totals{}
	heads := []string{"num_attention_heads"}
	if !slices.Contains(mixersOf[f.OpType], k.Family) {
		return t, false
	}
	switch f.OpType {
	case "gqa_paged", "gqa_ragged":
		t.set("h", k.NumHeads, heads...)
		t.set("kv", k.NumKVHeads, "num_key_value_heads", "num_attention_heads")
		t.set("d", k.HeadDim, "head_dim", "hidden_size", "num_attention_heads")
	case "mla_paged", "dsa_paged":
		t.set("h", k.NumHeads, heads...)
		t.set("ckv", k.KVLoraRank, "kv_lora_rank")
		t.set("kpe", k.QKRopeHeadDim, "qk_rope_head_dim")
		t.set("topk", k.IndexTopK, "index_topk")
		if f.ID == "dsa_topk_indexer_fp8" {
			t.set("h", k.IndexNHeads, "index_n_heads")
			t.set("d", k.IndexHeadDim, "index_head_dim")
		}
	case "mla_ragged":
		t.set("h", k.NumHeads, heads...)
		t.set("qk", k.QKNopeHeadDim+k.QKRopeHeadDim, "qk_nope_head_dim", "qk_rope_head_dim")
		t.set("vo", k.VHeadDim, "v_head_dim")
	case "gdn":
		t.set("qk", k.LinearNumKeyHeads, "linear_num_key_heads")
		t.set("v", k.LinearNumValueHeads, "linear_num_value_heads")
		t.set("d", k.LinearKeyHeadDim, "linear_key_head_dim")
	case "mamba_ssu":
		t.set("h", k.MambaNumHeads, "mamba_num_heads", "mamba_n_heads", "n_mamba_heads")
		t.set("d", k.MambaHeadDim, "mamba_head_dim", "mamba_d_head", "mamba_headdim")
		t.set("s", k.StateSize, "ssm_state_size", "mamba_d_state", "state_size")
		t.set("ng", k.NGroups, "n_groups", "mamba_n_groups", "mamba_ngroups")
	}
	return t, true
}

// mismatch is how a name differs from a kind.
type mismatch struct {
	fields   []int // of the family
	totals   totals
	expected definition.Name
	// sure says that the parallelism behind expected is that of the name.
	sure bool
}

// compare finds the fields of a name that no parallelism explains, and the
// name under the parallelism that explains most.
func (t totals) compare(n definition.Name) mismatch {
	const most = 1024
	best := mismatch{totals: t, fields: make([]int, len(n.Family.Fields)+1)}
	for p := int64(1); p <= most; p++ {
		miss := mismatch{totals: t, expected: n, sure: true}
		possible := true
		for i, f := range n.Family.Fields {
			total, judged := t[f.Abbrev]
			if !judged {
				continue
			}
			want, ok := f.Divisor.Divide(total.value, p, p)
			if !ok && f.Divisor != definition.Undivided {
				possible = false
				break
			}
			if want != n.Values[i] {
				miss.fields = append(miss.fields, i)
				miss.expected = miss.expected.With(f.Abbrev, want)
				miss.sure = miss.sure && f.Divisor == definition.Undivided
			}
		}
		if possible && len(miss.fields) < len(best.fields) {
			best = miss
		}
		if len(best.fields) == 0 {
			return best
		}
	}
	return best
}

// closest is how a name differs from the kind that it is most like; nil where
// there are none. It has no fields where the name is right.
func closest(n definition.Name, kinds []totals) *mismatch {
	var best *mismatch
	for _, t := range kinds {
		if miss := t.compare(n); best == nil || len(miss.fields) < len(best.fields) {
			best = &miss
		}
		if len(best.fields) == 0 {
			break
		}
	}
	return best
}

func (m mismatch) has(abbrev string) bool {
	return slices.ContainsFunc(m.fields, func(i int) bool { return m.expected.Family.Fields[i].Abbrev == abbrev })
}

func (m mismatch) words(n definition.Name) string {
	parts := make([]string, 0, len(m.fields))
	for _, i := range m.fields {
		f := n.Family.Fields[i]
		want, got := m.expected.Values[i], n.Values[i]
		words := fmt.Sprintf("%s should be %d (%s)", f.Abbrev, want, f.Meaning)
		if f.Divisor != definition.Undivided {
			words = fmt.Sprintf("%s = %d is not a share of the model's %d (%s)", f.Abbrev, got, m.totals[f.Abbrev].value, f.Meaning)
		}
		if slip := slipWords(got, want); slip != "" && f.Divisor == definition.Undivided {
			words = strings.TrimSuffix(slip, ", ") + ": " + words
		}
		parts = append(parts, words)
	}
	return strings.Join(parts, "; ")
}

func (m mismatch) configFields() []string {
	var fields []string
	for _, i := range m.fields {
		fields = append(fields, m.totals[m.expected.Family.Fields[i].Abbrev].fields...)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}
