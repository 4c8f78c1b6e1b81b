package extract

// ngramEmbedding are the parts of an embedding that adds n-gram tables to the
// word table (LongCat-Flash): for each length of n-gram and each split one
// table of a size of its own, all of them kept in one, and one small projection
// for each table, computed as one batched GEMM. Nil when the model
// has a plain embedding.
//
// The sizes are those of SGLang's NgramEmbedding: with g tables of
// ratio*vocab_size + 1, + 3, + 5, … rows, the sum is g*ratio*vocab_size + g*g.
func (r *reader) ngramEmbedding(d *dims) {
	const ratioField, lengthField, splitField = "ngram_vocab_size_ratio", "emb_neighbor_num", "emb_split_num"
	if !r.has(ratioField) {
		return
	}
	ratio, length, split := r.number(ratioField), r.size(lengthField), r.size(splitField)
	if len(r.missing) > 0 || r.err != nil {
		return
	}
	rows := ratio * float64(r.arch.VocabSize)
	switch {
	case ratio <= 0 || rows > 1<<31:
		r.wrong(r.name(ratioField), ratio, "should be the small multiple of vocab_size that an n-gram table holds")
		return
	case length < 2:
		r.wrong(r.name(lengthField), Value(int64(length)), "an n-gram has at least 2 tokens")
		return
	}
	tables := (length - 1) * split
	width := r.hidden / tables
	if width < 1 {
		r.wrong(r.name(splitField), Value(int64(split)), "makes %d tables, more than the hidden size %d can be split over", tables, r.hidden)
		return
	}
	embed := r.fam.Embed + "."
	counted := "(emb_neighbor_num-1)*emb_split_num"
	d.add(Dimension{Name: embed + "word_embeder", Type: "embedding", N: r.arch.VocabSize, K: r.hidden, Formula: "vocab_size"})
	d.add(Dimension{Name: embed + "oe_embeder", Type: "embedding", N: tables*int(rows) + tables*tables, K: width,
		Formula: counted + " tables of ngram_vocab_size_ratio*vocab_size + 1, + 3, …; width hidden_size / (" + counted + ")"})
	d.add(Dimension{Name: embed + "oe_projection", Type: "parameter", N: r.hidden, K: width, Times: tables,
		Formula: "hidden_size, from hidden_size / (" + counted + ")"})
}
