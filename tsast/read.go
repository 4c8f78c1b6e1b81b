package tsast

// modelReader reads one entry out of its flattened subtree. All spans it gives
// are relative to the entry; all strings share the text that is read.
type modelReader struct {
	records []record
	base    int    // where the entry starts in the text that is read
	text    string // the entry's text
	model   *Model
	commas  habits // trailing commas seen so far
}

// readModel reads an entry from its records and reports the syntax errors
// inside it.
func (r *reading) readModel(records []record) *Model {
	if len(records) == 0 { // out of memory
		return &Model{}
	}
	top := r.t.span(&records[0])
	m := &modelReader{records: records, base: top.Start, text: r.text[top.Start:top.End], model: &Model{Span: Span{0, top.End - top.Start}}}
	damage := len(r.damage)
	r.collect(records, m)
	r.damage = r.damage[:damage] // errors inside an entry break no neighbour
	m.entry()
	m.model.votes = m.styleVotes()
	m.model.isEntry = looksLikeEntry(records, 0, r.text)
	return m.model
}

func (m *modelReader) comment(rec *record) {
	m.model.Comments = append(m.model.Comments, newComment(m.span(rec), m.at(rec)))
}

// span is where a node stands in the entry. Where brackets were added at the
// end, nodes end where the text ends.
func (m *modelReader) span(rec *record) Span {
	n := len(m.text)
	return Span{min(max(rec.start-m.base, 0), n), min(max(rec.end-m.base, 0), n)}
}

func (m *modelReader) at(rec *record) string {
	s := m.span(rec)
	return m.text[s.Start:s.End]
}

// value is what a property holds, as records.
type value struct {
	index int // of the value's record; -1 when it has none
	kind  ValueKind
}

// entry reads the entry's own properties.
func (m *modelReader) entry() {
	model := m.model
	m.properties(0, func(p Property, v value) {
		model.Properties = append(model.Properties, p)
		if p.Opaque {
			return
		}
		switch p.Key {
		case "id":
			model.ID = m.str(p, v)
		case "name":
			model.Name = m.str(p, v)
		case "description":
			model.Description = m.str(p, v)
		case "modules":
			model.ModulesSpan, model.Modules = Span{}, nil
			if v.kind == ObjectLiteral {
				model.ModulesSpan = m.span(&m.records[v.index])
				m.modules(v.index)
			}
		}
	})
}

// modules reads the properties of the modules object.
func (m *modelReader) modules(object int) {
	count := 0
	for i := object + 1; i < m.records[object].next; i = m.records[i].next {
		count++
	}
	list := make([]Module, 0, count/2+1)
	m.properties(object, func(p Property, v value) {
		if p.Opaque {
			m.model.OpaqueModules = append(m.model.OpaqueModules, p)
			return
		}
		list = append(list, Module{})
		m.module(&list[len(list)-1], p, v)
	})
	m.model.Modules = make([]*Module, len(list))
	for i := range list {
		m.model.Modules[i] = &list[i]
	}
}

// module reads one module, the property p of the modules object.
func (m *modelReader) module(module *Module, p Property, v value) {
	*module = Module{Name: p.Key, NameSpan: p.KeySpan, Span: p.Span, ValueSpan: p.ValueSpan, Value: v.kind}
	if v.kind == ObjectLiteral {
		m.fields(module, v.index)
	}
}

// fields reads the properties of a module.
func (m *modelReader) fields(module *Module, object int) {
	before := m.commas
	module.Properties = make([]Property, 0, 4)
	m.properties(object, func(p Property, v value) {
		module.Properties = append(module.Properties, p)
		if p.Opaque {
			return
		}
		switch p.Key {
		case "count":
			module.Count = m.number(p, v)
		case "parent":
			module.Parent = m.str(p, v)
		case "type":
			module.Type = m.str(p, v)
		case "definitions":
			module.Definitions = m.strings(p, v)
		}
	})
	module.habits = m.moduleHabits(module, before)
}

// properties calls visit for every property of an object literal, also for
// those that an ERROR node inside it still shows.
func (m *modelReader) properties(object int, visit func(Property, value)) {
	end := m.records[object].next
	last, lastEnd := kOther, 0
	for i := object + 1; i < end; {
		rec := &m.records[i]
		switch rec.kind {
		case kError:
			i++ // go through it as if its children were the object's own
			continue
		case kPair:
			visit(m.pair(i))
		case kSpread, kMethod, kShorthand:
			visit(m.opaqueProperty(rec), value{-1, OpaqueValue})
		}
		if rec.kind != kOther && rec.kind != kComment {
			last, lastEnd = rec.kind, rec.end
		}
		i = rec.next
	}
	m.voteComma(last, lastEnd, object)
}

func (m *modelReader) opaqueProperty(rec *record) Property {
	p := Property{Span: m.span(rec), Value: OpaqueValue, Opaque: true}
	if rec.kind == kShorthand {
		p.Key, p.KeySpan = m.at(rec), p.Span
	}
	return p
}

// pair reads `key: value`.
func (m *modelReader) pair(at int) (Property, value) {
	p := Property{Span: m.span(&m.records[at])}
	v := value{index: -1}
	key, colon := -1, false
	for i := at + 1; i < m.records[at].next; i = m.records[i].next {
		rec := &m.records[i]
		switch k := rec.kind; {
		case k == kComment || k == kError || rec.is(flagMissing):
		case k == kColon:
			colon = true
		case !colon && key < 0:
			key = i
		case colon && v.index < 0:
			v.index = m.literal(i)
			v.kind = m.valueKind(v.index)
		}
	}
	if key >= 0 {
		var static bool
		p.Key, static = keyOf(m.records, key, m.text, m.base)
		p.KeySpan = m.span(&m.records[key])
		// A __proto__ that is not computed sets the prototype.
		p.Opaque = !static || (p.Key == "__proto__" && m.records[key].kind != kComputed)
	}
	if v.index >= 0 {
		p.Value, p.ValueSpan = v.kind, m.span(&m.records[v.index])
	}
	return p, v
}
