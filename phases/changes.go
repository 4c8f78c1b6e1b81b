package phases

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// ChangeKind is what a change is, for a person who decides about it.
type ChangeKind string

// The kinds: a key that is called otherwise is told from a number that was
// wrong.
const (
	Renamed   ChangeKind = "renamed"
	Corrected ChangeKind = "corrected" // a number: a count, or one in a Definition name
	Moved     ChangeKind = "moved"     // another parent
	Relisted  ChangeKind = "relisted"  // Definitions that come and go
	Added     ChangeKind = "added"
	Removed   ChangeKind = "removed"
	Reworded  ChangeKind = "reworded" // a text, or the order
)

// Change is one thing that an update changes in an entry.
type Change struct {
	Kind ChangeKind `json:"kind"`
	// Module is the key as it stands in the file; "" for the entry itself.
	Module string `json:"module,omitempty"`
	What   string `json:"what"` // key, count, parent, type, definitions, name, description, module
	Old    string `json:"old,omitempty"`
	New    string `json:"new,omitempty"`
	Why    string `json:"why"`
	// Line is where it stands in the text before, from 1; of what is added, the
	// line of the entry.
	Line int        `json:"line"`
	Span tsast.Span `json:"-"` // the same as bytes
}

// String is the change in one line.
func (c Change) String() string {
	text := fmt.Sprintf("line %d: ", c.Line)
	if c.Module != "" && c.What != "key" && c.What != "module" {
		text += prose.Line(c.Module) + ": "
	}
	old, now := prose.Line(c.Old), prose.Line(c.New)
	switch {
	case c.Old == "":
		text += fmt.Sprintf("%s %s is added", c.What, now)
	case c.New == "":
		text += fmt.Sprintf("%s %s is removed", c.What, old)
	default:
		text += fmt.Sprintf("%s %s becomes %s", c.What, old, now)
	}
	if c.Why != "" {
		text += " (" + prose.Line(c.Why) + ")"
	}
	return text
}

// Changes are what an update changes in the entry that was there, in the order
// of the file; nil for an entry that is new. They are known after Place.
func (r *Result) Changes() []Change {
	before, after := tsast.Parse(r.Original), tsast.Parse(r.Edited)
	i, j := modelsfile.Find(before, r.Model.ID), modelsfile.Find(after, r.Model.ID)
	if !r.Updated || i < 0 || j < 0 {
		return nil
	}
	c := &changes{
		old: before.Entries[i], now: after.Entries[j].Model, src: before.Src(), renamed: map[string]string{},
		why: r.reasons(before.Src(), i), label: "as its config says",
	}
	if r.Architecture != nil && r.Architecture.Source.RepoID != "" {
		c.label = "by config.json of " + r.Architecture.Source.RepoID
	}
	c.texts()
	c.modules()
	if len(c.list) == 0 && string(r.Original) != string(r.Edited) {
		c.add(c.old.Model.ID.Span, c.old.Model.Span, Change{Kind: Reworded, What: "layout", Old: "as it is written", New: "fib-ls's own", Why: "no name and no number changes"})
	}
	slices.SortStableFunc(c.list, func(a, b Change) int { return a.Span.Start - b.Span.Start })
	return c.list
}

// unsilenced is a text whose ignore comments say nothing, of the same length:
// what a person has silenced is so all the same.
func unsilenced(src []byte) *tsast.File {
	return tsast.Parse(bytes.ReplaceAll(src, []byte("fib: ignore"), []byte("fib, ignore")))
}

// reasons returns the findings about the entry as it was, by module, those that a
// comment silences among them.
func (r *Result) reasons(src []byte, i int) map[string][]validate.Problem {
	if r.Architecture == nil || r.Generated == nil {
		return nil
	}
	f := unsilenced(src)
	if i >= len(f.Entries) {
		return nil
	}
	expected := r.ExpectedEntry()
	found := map[string][]validate.Problem{}
	for _, p := range validate.CheckEntry(f, i, validate.Options{Expected: func(*tsast.Model) *validate.ExpectedEntry { return expected }}) {
		found[p.Module] = append(found[p.Module], p)
	}
	return found
}

// changes compares two readings of an entry.
type changes struct {
	old     tsast.Entry
	now     *tsast.Model
	src     []byte
	renamed map[string]string // old key to new key
	why     map[string][]validate.Problem
	label   string
	list    []Change
}

// add notes a change at a span of the entry; what is not written there stands
// at the other place.
func (c *changes) add(at, otherwise tsast.Span, change Change) {
	if at == (tsast.Span{}) {
		at = otherwise
	}
	change.Span = at.Shift(c.old.Offset)
	change.Line = modelsfile.LineOf(c.src, change.Span.Start)
	if change.Why == "" {
		change.Why = c.reason(change)
	}
	c.list = append(c.list, change)
}

// reason takes the words of the finding that the change mends, where one names
// the new value.
func (c *changes) reason(change Change) string {
	for _, p := range c.why[change.Module] {
		if change.New != "" && p.Expected == change.New {
			return p.Message
		}
	}
	return c.label
}

// texts compares the entry's own fields.
func (c *changes) texts() {
	m := c.old.Model
	for _, t := range []struct {
		what     string
		old, now tsast.String
	}{{"name", m.Name, c.now.Name}, {"description", m.Description, c.now.Description}} {
		if t.old.Value != t.now.Value {
			c.add(t.old.Span, m.ID.Span, Change{Kind: Reworded, What: t.what, Old: t.old.Value, New: t.now.Value, Why: "as fib-ls words it"})
		}
	}
}

// modules pairs the modules, by their keys and then by what they are.
func (c *changes) modules() {
	pairs, gone, fresh := c.pair()
	for _, p := range pairs {
		if p.old.Name != p.now.Name {
			c.renamed[p.old.Name] = p.now.Name
		}
	}
	for _, p := range pairs {
		c.compare(p.old, p.now)
	}
	for _, m := range gone {
		c.add(m.NameSpan, m.Span, Change{Kind: Removed, Module: m.Name, What: "module", Old: m.Name, Why: "the model has no such layer, " + c.label})
	}
	id := c.old.Model.ID.Span
	for _, m := range fresh {
		c.add(id, id, Change{Kind: Added, Module: m.Name, What: "module", New: m.Name, Why: "the model has this layer, " + c.label})
	}
}

// modulePair is a module before and after.
type modulePair struct{ old, now *tsast.Module }

func (c *changes) pair() (pairs []modulePair, gone, fresh []*tsast.Module) {
	taken := map[*tsast.Module]bool{}
	byName := map[string]*tsast.Module{}
	for _, m := range c.now.Modules {
		byName[m.Name] = m
	}
	for _, m := range c.old.Model.Modules {
		if now := byName[m.Name]; now != nil && !taken[now] {
			taken[now] = true
			pairs = append(pairs, modulePair{m, now})
		} else {
			gone = append(gone, m)
		}
	}
	called := map[string]string{}
	for _, p := range pairs {
		called[p.old.Name] = p.now.Name
	}
	gone = slices.DeleteFunc(gone, func(m *tsast.Module) bool {
		var best *tsast.Module
		likeness := enoughAlike
		for _, now := range c.now.Modules {
			if n := similarity(m, now, called); !taken[now] && n >= likeness && (best == nil || n > likeness) {
				best, likeness = now, n
			}
		}
		if best == nil {
			return false
		}
		taken[best], called[m.Name] = true, best.Name
		pairs = append(pairs, modulePair{m, best})
		return true
	})
	for _, m := range c.now.Modules {
		if !taken[m] {
			fresh = append(fresh, m)
		}
	}
	return pairs, gone, fresh
}

// enoughAlike is from where on a key that went and one that came are one module
// under two names.
const enoughAlike = 3

// similarity says how much two modules of different keys have in common; called has
// the new names of parents.
func similarity(old, now *tsast.Module, called map[string]string) int {
	if old.Type.Value != now.Type.Value {
		return 0
	}
	n := 0
	parent := old.Parent.Value
	if as, ok := called[parent]; ok {
		parent = as
	}
	if parent == now.Parent.Value {
		n += 2
	}
	if old.Count.Int == now.Count.Int {
		n++
	}
	mine, theirs := definitionsOf(old), definitionsOf(now)
	switch {
	case len(mine) > 0 && slices.Equal(mine, theirs):
		n += 2
	case len(mine) > 0 && len(theirs) > 0 && nameShape(mine[0]) == nameShape(theirs[0]):
		n++
	case len(mine)+len(theirs) > 0:
		n -= 2
	}
	return n
}

func definitionsOf(m *tsast.Module) []string {
	names := []string{}
	for _, d := range m.Definitions.Items {
		names = append(names, d.Value)
	}
	return names
}

// nameShape is a Definition name without its numbers.
func nameShape(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, name)
}

// compare notes what differs between two readings of one module.
func (c *changes) compare(old, now *tsast.Module) {
	if old.Name != now.Name {
		c.add(old.NameSpan, old.Span, Change{Kind: Renamed, Module: old.Name, What: "key", Old: old.Name, New: now.Name, Why: "the layer's name in the model's own code; its numbers are compared apart"})
	}
	parent := old.Parent.Value
	if as, ok := c.renamed[parent]; ok {
		parent = as
	}
	if parent != now.Parent.Value {
		c.add(old.Parent.Span, old.NameSpan, Change{Kind: Moved, Module: old.Name, What: "parent", Old: old.Parent.Value, New: now.Parent.Value})
	}
	if old.Count.Raw != now.Count.Raw {
		c.add(old.Count.Span, old.NameSpan, Change{Kind: Corrected, Module: old.Name, What: "count", Old: old.Count.Raw, New: now.Count.Raw})
	}
	if old.Type.Value != now.Type.Value {
		c.add(old.Type.Span, old.NameSpan, Change{Kind: Reworded, Module: old.Name, What: "type", Old: old.Type.Value, New: now.Type.Value})
	}
	c.definitions(old, now)
}

// definitions pairs the names that went with those that came: where only the
// numbers differ it is one name corrected.
func (c *changes) definitions(old, now *tsast.Module) {
	mine, theirs := definitionsOf(old), definitionsOf(now)
	came := slices.DeleteFunc(slices.Clone(theirs), func(d string) bool { return slices.Contains(mine, d) })
	for i, d := range mine {
		if slices.Contains(theirs, d) {
			continue
		}
		change := Change{Kind: Relisted, Module: old.Name, What: "definition", Old: d}
		if j := slices.IndexFunc(came, func(n string) bool { return nameShape(n) == nameShape(d) }); j >= 0 {
			change.Kind, change.New = Corrected, came[j]
			came = slices.Delete(came, j, j+1)
		}
		c.add(old.Definitions.Items[i].Span, old.NameSpan, change)
	}
	for _, d := range came {
		c.add(old.Definitions.Span, old.NameSpan, Change{Kind: Relisted, Module: old.Name, What: "definition", New: d})
	}
}
