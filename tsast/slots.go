package tsast

import (
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
)

// A part has partSize bytes of entries (and some more than what stands around
// them in their statement, which is parsed with each), in partSlots slots at
// most.
const (
	partSize  = 32 << 10
	partSlots = 48
)

// part is a run of slots that tree-sitter reads, or, where whole is set, that
// are read already and have nothing beside their entries.
type part struct {
	slots  []slot
	models []*Model // of the slots; nil for those that are still to be read
	size   int
	whole  bool
	read   *reading
}

// divide makes parts of slots.
func divide(l layout, slots []slot, models []*Model) []part {
	most := partSize + 4*(l.statement.End-l.statement.Start-(l.array.End-l.array.Start))
	var all []part
	for i := range slots {
		s, is := &slots[i], models[i] != nil
		size := s.End - s.Start
		if is {
			size -= s.object.End - s.object.Start
		}
		whole := s.bare && (is || s.empty)
		n := len(all) - 1
		if n < 0 || all[n].whole != whole || !whole && (all[n].size+size > most || len(all[n].slots) == partSlots) {
			all = append(all, part{whole: whole, slots: slots[i:i], models: models[i:i]})
			n++
		}
		p := &all[n]
		p.slots, p.models = p.slots[:len(p.slots)+1], p.models[:len(p.models)+1]
		p.size += size
	}
	return all
}

// inParallel calls work for the numbers below n, by all processors.
func inParallel(n int, work func(next func() (int, bool))) {
	var last atomic.Int64
	next := func() (int, bool) {
		i := int(last.Add(1) - 1)
		return i, i < n
	}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) - 1 {
		workers.Go(func() { work(next) })
	}
	work(next)
	workers.Wait()
}

// readSlots reads the elements of an array; false when one of them is not what
// the scan saw.
func (r *reading) readSlots(l layout, slots []slot, known func(Span) *Model) bool {
	all := divide(l, slots, r.readPlain(slots, known))
	var failed atomic.Bool
	inParallel(len(all), func(next func() (int, bool)) {
		var p *parser // most texts need none
		for i, ok := next(); ok && !failed.Load(); i, ok = next() {
			if p == nil && !all[i].whole {
				p = newParser()
				defer p.close()
			}
			if !all[i].parse(p, r.src, l) {
				failed.Store(true)
			}
		}
	})
	if failed.Load() {
		return false
	}
	r.file.Entries = make([]Entry, 0, len(slots))
	for i := range all {
		read := all[i].read
		r.file.Entries = append(r.file.Entries, read.file.Entries...)
		r.file.Opaque = append(r.file.Opaque, read.file.Opaque...)
		r.outer = append(r.outer, read.outer...)
	}
	return true
}

// plainSlots is how many slots a processor takes at a time.
const plainSlots = 16

// readPlain gives the Models of the slots whose entry is known, or is plain
// data.
func (r *reading) readPlain(slots []slot, known func(Span) *Model) []*Model {
	models := make([]*Model, len(slots))
	inParallel((len(slots)+plainSlots-1)/plainSlots, func(next func() (int, bool)) {
		plain, own := newPlainReader(r.src), &reading{src: r.src, file: &File{}}
		for n, ok := next(); ok; n, ok = next() {
			for i := n * plainSlots; i < min(len(slots), (n+1)*plainSlots); i++ {
				s := slots[i].object
				if s.End == 0 {
					continue
				}
				if known != nil {
					models[i] = known(s)
				}
				if models[i] == nil {
					models[i] = own.plainModel(plain, s)
				}
			}
		}
	})
	return models
}

// plainModel reads an entry that is plain data, nil when it is not.
func (r *reading) plainModel(plain *plainReader, at Span) *Model {
	records, end, ok := plain.read(at.Start)
	if !ok || end != at.End {
		return nil
	}
	return r.readRecords(records, 0)
}

// known finds the Model of a part's entry.
func (a *part) known(at Span) *Model {
	i := sort.Search(len(a.slots), func(i int) bool { return a.slots[i].Start > at.Start }) - 1
	if i < 0 || a.slots[i].object != at {
		return nil
	}
	return a.models[i]
}

// parse reads a part of an array; false when there is anything in it that the
// scan did not see.
func (a *part) parse(p *parser, src []byte, l layout) bool {
	a.read = &reading{p: p, src: src, file: &File{}, known: a.known}
	if a.whole {
		for i, s := range a.slots {
			if !s.empty {
				a.read.file.Entries = append(a.read.file.Entries, Entry{Offset: s.object.Start, Model: a.models[i]})
			}
		}
		return true
	}
	t := p.parseRanges(src, l.with(a.pieces(l)))
	if t == nil {
		return false
	}
	defer t.close()
	array, ok := findArray(p, t.root(), l.array)
	if !ok || t.hasError() || !a.sees(p.list(array, 0, 0)) {
		return false
	}
	a.read.array = array
	a.read.readArray()
	return true
}

// pieces are the bytes of a part that are parsed: of an entry that is known
// only its braces.
func (a *part) pieces(l layout) []Span {
	var all []Span
	from := a.slots[0].Start
	for i, s := range a.slots {
		if a.models[i] != nil {
			all = append(all, Span{from, s.object.Start + 1})
			from = s.object.End - 1
		}
	}
	// With the comma behind the last slot, but not with the array's bracket.
	end := min(a.slots[len(a.slots)-1].End+1, l.array.End-1)
	return append(all, Span{from, end})
}

// sees compares the children of an array with the slots: one element in each,
// of the form that the scan saw.
func (a *part) sees(children []child) bool {
	slots := a.slots
	for _, c := range children {
		if c.kind == kComment || isPunctuation(c.name()) {
			continue
		}
		if len(slots) == 0 || slots[0].empty {
			return false
		}
		s := slots[0]
		if int(c.start) < s.Start || int(c.end) > s.End || s.object.End > 0 && (c.kind != kObject || c.span() != s.object) {
			return false
		}
		slots = slots[1:]
	}
	return len(slots) == 0 || len(slots) == 1 && slots[0].empty
}
