package extract

import "fmt"

// softmaxDims are the projections and norms of a GQA, MHA or MQA.
func (r *reader) softmaxDims(d *dims, k *AttentionKind, m mixer) {
	l := r.fam
	names := headNames(r, m)
	if r.fam.Attention == convolvedAttention {
		d.layers(convolvedAttention, "")
		return
	}
	if r.fam.Attention == expertAttention {
		r.expertHeadDims(d, k, m)
		return
	}
	queries, gated := m.heads, r.gatedQueries()
	qFormula := names.heads
	if gated {
		queries, k.OutputGate = 2*m.heads, true
		qFormula = "2*" + names.heads
	}
	n := (queries+m.kv)*m.headDim + m.kv*m.vHeadDim
	formula := fmt.Sprintf("(%s + 2*%s)*%s", qFormula, names.kv, names.dim)
	if m.vHeadDim != m.headDim {
		formula = fmt.Sprintf("(%s + %s)*%s + %s*%s", qFormula, names.kv, names.dim, names.kv, names.vDim)
	}
	if more := r.fam.QKVMore; more != "" {
		n += d.value(more)
		formula += " + " + more
	}
	if m.sharesKV {
		n, formula = queries*m.headDim, qFormula+"*"+names.dim
		d.linear("q_proj", n, r.attentionInput(), formula)
	} else {
		d.linear(l.QKV, n, r.attentionInput(), formula)
	}
	out := names.dim
	if m.vHeadDim != m.headDim {
		out = names.vDim
	}
	d.linear(l.O, r.hidden, m.heads*m.vHeadDim, names.heads+"*"+out)
	r.gateDims(d, k, m, names)
	r.queryNorms(d, k, m, names)
	r.blockIndexerDims(d, k, m)
	if r.fam.Loops { // each pass over the layers has a cache of its own
		k.Kernels = r.or("loop_num", 2)
	}
}

// sharesKV reports whether a layer takes the keys and values of a layer before
// it: with cross-layer attention (Hunyuan's use_cla) only the first of every
// cla_share_factor layers makes its own.
func (r *reader) sharesKV(layer int) bool {
	factor := r.opt("cla_share_factor")
	return r.flag("use_cla", false) && factor > 1 && layer%factor != 0
}

// blockIndexerOf reads MiniMax M3's sparse_attention_config: whether a layer has an
// indexer, and whether that has values of its own.
func (r *reader) blockIndexerOf(layer int) int {
	o := r.text.Object("sparse_attention_config")
	if use, stated := o.Bool("use_sparse_attention"); o == nil || stated && !use {
		return 0
	}
	has, _, _ := r.ints(o, "sparse_attention_freq")
	silent, _, _ := r.ints(o, "sparse_disable_index_value")
	switch {
	case layer >= len(has) || has[layer] == 0:
		return 0
	case layer < len(silent) && silent[layer] != 0:
		return scoreIndexer
	}
	return valueIndexer
}

// blockIndexerDims are the projections and norms of that indexer, which has one key
// head.
func (r *reader) blockIndexerDims(d *dims, k *AttentionKind, m mixer) {
	if m.indexed == 0 {
		return
	}
	k.IndexNHeads, k.IndexHeadDim = r.size("sparse_attention_config.sparse_num_index_heads"), r.size("sparse_attention_config.sparse_index_dim")
	d.with(facts{"index_values": m.indexed == valueIndexer, "index_norms": k.QKNorm == "per_head"}).layers("block_indexer", "")
}

// headName are the config fields of a kind's heads, for formulas.
type headName struct{ heads, kv, dim, vDim string }

func headNames(r *reader, m mixer) headName {
	n := headName{"num_attention_heads", "num_key_value_heads", "head_dim", "v_head_dim"}
	if m.word == wordSliding {
		for _, o := range []struct {
			field string
			to    *string
		}{{"swa_num_attention_heads", &n.heads}, {"swa_num_key_value_heads", &n.kv}, {"swa_head_dim", &n.dim}, {"swa_v_head_dim", &n.vDim}} {
			if r.has(o.field) {
				*o.to = o.field
			}
		}
	}
	if m.word == wordFull {
		if r.has("global_head_dim") {
			n.dim, n.vDim = "global_head_dim", "global_head_dim"
		}
		if r.has("num_global_key_value_heads") {
			n.kv = "num_global_key_value_heads"
		}
	}
	if r.text.Has("num_attention_heads_per_layer") {
		n.heads = "num_attention_heads_per_layer"
	}
	if n.dim == "head_dim" && !r.has("head_dim") && r.opt("head_dim") == 0 {
		n.dim = "(hidden_size/num_attention_heads)"
	}
	return n
}

// gatedQueries reports whether the query projection also makes the output gate.
func (r *reader) gatedQueries() bool {
	return r.fam.GatedQueries || r.fam.Gate == "" && r.flag("attn_output_gate", false)
}

// gateDims adds the projection of an output gate that has one of its own.
func (r *reader) gateDims(d *dims, k *AttentionKind, m mixer, names headName) {
	if r.fam.Gate == "" {
		return
	}
	k.OutputGate = true
	if r.fam.GateWidth == "heads" {
		d.linear(r.fam.Gate, m.heads, r.hidden, names.heads)
		return
	}
	d.linear(r.fam.Gate, m.heads*m.headDim, r.hidden, names.heads+"*"+names.dim)
}

// queryNorms adds the norms of queries, keys and values.
func (r *reader) queryNorms(d *dims, k *AttentionKind, m mixer, names headName) {
	kind := r.qkNorm()
	if m.crosses {
		kind = "per_head"
	}
	if kind == "" || m.noQKNorm {
		return
	}
	k.QKNorm = kind
	k.QNormSize, k.KNormSize = m.headDim, m.headDim
	q, kv := names.dim, names.dim
	if kind == "per_projection" {
		k.QNormSize, k.KNormSize = m.heads*m.headDim, m.kv*m.headDim
		q, kv = names.heads+"*"+names.dim, names.kv+"*"+names.dim
	}
	d.norm(r.fam.QNorm, r.fam.QKNormType, k.QNormSize, q)
	if r.fam.KNorm != "-" {
		d.norm(r.fam.KNorm, r.fam.QKNormType, k.KNormSize, kv)
	}
	d.norm(r.fam.VNorm, r.fam.QKNormType, m.headDim, names.dim)
}

// attentionInput is the width that the query, key and value projections read:
// Zamba's shared blocks read the layer's input beside the model's first one.
func (r *reader) attentionInput() int {
	if r.fam.WideInput {
		return r.or("attention_hidden_size", 2*r.hidden)
	}
	return r.hidden
}

// expertHeadDims are a mixture of attention heads (JetMoE): keys and values are
// every token's, queries and outputs have a matrix for each expert.
func (r *reader) expertHeadDims(d *dims, k *AttentionKind, m mixer) {
	d.layers(expertAttention, "")
	k.MoE = &MoE{NumExperts: r.size("num_experts"), NumExpertsPerTok: r.or("num_experts_per_tok", 1), MoEIntermediateSize: m.kv * m.headDim, Routing: r.routing()}
}
