package tsast

import "sort"

// inEntry reads a tree that differs from the last one within one entry's
// braces only, nil when this cannot be said. It looks at that entry alone:
// the text before it is unchanged and so the parser came to it in the same
// state; where it ends in step with its text, the parser left it in the same
// state, and what follows is the same text again.
func (d *Document) inEntry(src []byte, c change) *reading {
	old := d.reading
	k, ok := d.entryAround(c)
	if !ok || len(old.file.Problems) > 0 || old.file.Array == (Span{}) {
		return nil
	}
	was := old.file.Entries[k].Span()
	now := Span{was.Start, was.End + c.delta()}
	array, ok := locate(d.p, src, d.p.list(d.tree.root(), 0, 0))
	if !ok || array.span() != (Span{old.file.Array.Start, old.file.Array.End + c.delta()}) {
		return nil
	}
	found := d.p.list(array, was.Start+1, 1) // not a comma that ends where it begins
	if len(found) == 0 || found[0].kind != kObject || found[0].span() != now {
		return nil
	}
	r := &reading{p: d.p, src: src, file: &File{}}
	return d.withModel(src, c, k, r.readModel(found[0]))
}

// entryAround finds the entry within whose braces a change lies.
func (d *Document) entryAround(c change) (k int, ok bool) {
	entries := d.reading.file.Entries
	k = sort.Search(len(entries), func(i int) bool { return entries[i].Offset >= c.start }) - 1
	if k < 0 {
		return 0, false
	}
	was := entries[k].Span()
	return k, was.Start < c.start && c.oldEnd < was.End
}

// withModel is the present reading with another Model for an entry, after a
// change within that entry.
func (d *Document) withModel(src []byte, c change, k int, model *Model) *reading {
	old := d.reading
	entries, was := old.file.Entries, old.file.Entries[k]
	r := &reading{p: d.p, src: src, votes: old.votes, file: &File{Src: src, Array: old.file.Array}}
	r.file.Array.End += c.delta()
	r.file.Entries = make([]Entry, len(entries))
	copy(r.file.Entries, entries)
	for i := k + 1; i < len(entries); i++ {
		r.file.Entries[i].Offset += c.delta()
	}
	r.file.Entries[k].Model = model
	r.outer = shifted(old.outer, was.Offset, c.delta(), func(o *Comment) *Span { return &o.Span })
	r.file.Opaque = shifted(old.file.Opaque, was.Offset, c.delta(), func(o *Opaque) *Span { return &o.Span })
	r.finish()
	return r
}

// shifted gives a list whose spans behind a byte are moved.
func shifted[T any](list []T, behind, delta int, span func(*T) *Span) []T {
	if list == nil || delta == 0 {
		return list
	}
	out := make([]T, len(list))
	copy(out, list)
	for i := range out {
		if s := span(&out[i]); s.Start > behind {
			*s = s.Shift(delta)
		}
	}
	return out
}
