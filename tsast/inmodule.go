package tsast

import "slices"

// inModule reads a text that differs from the last one within the braces of
// one module only, nil when this cannot be said. An object that is plain data
// means in its entry what it means alone, and everything around it is what it
// was: neither a tree is needed nor the rest of the entry. Most of what is
// typed is typed here.
func (d *Document) inModule(src []byte, c change) *reading {
	k, ok := d.entryAround(c)
	if file := d.reading.file; !ok || len(file.Problems) > 0 || file.Array == (Span{}) || len(src) > maxText {
		return nil
	}
	e := d.reading.file.Entries[k]
	// From here on, all spans are relative to the entry.
	in := change{c.start - e.Offset, c.oldEnd - e.Offset, c.newEnd - e.Offset}
	j := slices.IndexFunc(e.Model.Modules, func(m *Module) bool {
		return m.Value == ObjectLiteral && m.ValueSpan.Start < in.start && in.oldEnd < m.ValueSpan.End
	})
	if j < 0 {
		return nil
	}
	object := in.moved(e.Model.Modules[j].ValueSpan).Shift(e.Offset)
	if d.plain == nil {
		d.plain = newPlainReader(nil)
	}
	d.plain.src = src
	records, end, ok := d.plain.read(object.Start)
	if !ok || end != object.End {
		return nil
	}
	m := &modelReader{
		records: records, base: e.Offset, from: object.Start,
		text: string(src[object.Start:object.End]), model: &Model{},
	}
	for i := range records {
		if records[i].kind == kComment {
			m.comment(&records[i])
		}
	}
	r := d.withModel(src, c, k, e.Model.withModule(j, m, in))
	if d.reading.parts != nil {
		l := d.reading.parts.after(c)
		r.parts = &l
	}
	return r
}

// moved is where a span lies after a change that lies before it, behind it or
// inside it.
func (c change) moved(s Span) Span {
	if s.Start >= c.oldEnd {
		s.Start += c.delta()
	}
	if s.End >= c.oldEnd {
		s.End += c.delta()
	}
	return s
}

// withModule is the Model in which a change within the object of module j
// made another one of it, which is about to be read.
func (m *Model) withModule(j int, object *modelReader, c change) *Model {
	was := m.Modules[j]
	now := &Module{
		Name: was.Name, NameSpan: c.moved(was.NameSpan), Span: c.moved(was.Span), ValueSpan: c.moved(was.ValueSpan), Value: ObjectLiteral,
	}
	object.fields(now, 0)
	next := *m
	next.votes.habits.add(was.habits, -1)
	next.votes.habits.add(now.habits, 1)
	next.Comments = slices.Concat(
		m.Comments[:commentsBefore(m.Comments, was.ValueSpan.Start)], object.model.Comments,
		moved(m.Comments[commentsBefore(m.Comments, was.ValueSpan.End):], c, func(o *Comment) { o.Span = c.moved(o.Span) }))
	next.Modules = slices.Clone(m.Modules)
	next.Modules[j] = now
	if c.delta() == 0 {
		return &next
	}
	next.Span, next.ModulesSpan = c.moved(m.Span), c.moved(m.ModulesSpan)
	for _, s := range []*String{&next.ID, &next.Name, &next.Description} {
		c.moveString(s)
	}
	next.Properties = moved(m.Properties, c, c.moveProperty)
	next.OpaqueModules = moved(m.OpaqueModules, c, c.moveProperty)
	behind := make([]Module, len(m.Modules)-j-1)
	for i := range behind {
		behind[i] = *m.Modules[j+1+i]
		c.moveModule(&behind[i])
		next.Modules[j+1+i] = &behind[i]
	}
	return &next
}

// commentsBefore is how many of the comments stand before a byte.
func commentsBefore(comments []Comment, at int) int {
	n, _ := slices.BinarySearchFunc(comments, at, func(o Comment, at int) int { return o.Span.Start - at })
	return n
}

// moved gives a list whose elements a change has moved.
func moved[T any](list []T, c change, move func(*T)) []T {
	if len(list) == 0 || c.delta() == 0 {
		return list
	}
	list = slices.Clone(list)
	for i := range list {
		move(&list[i])
	}
	return list
}

func (c change) moveString(s *String) { s.Span, s.Property = c.moved(s.Span), c.moved(s.Property) }

func (c change) moveProperty(p *Property) {
	p.KeySpan, p.Span, p.ValueSpan = c.moved(p.KeySpan), c.moved(p.Span), c.moved(p.ValueSpan)
}

func (c change) moveModule(m *Module) {
	m.NameSpan, m.Span, m.ValueSpan = c.moved(m.NameSpan), c.moved(m.Span), c.moved(m.ValueSpan)
	m.Count.Span, m.Count.Property = c.moved(m.Count.Span), c.moved(m.Count.Property)
	m.Definitions.Span, m.Definitions.Property = c.moved(m.Definitions.Span), c.moved(m.Definitions.Property)
	c.moveString(&m.Parent)
	c.moveString(&m.Type)
	m.Definitions.Items = moved(m.Definitions.Items, c, c.moveString)
	m.Properties = moved(m.Properties, c, c.moveProperty)
}
