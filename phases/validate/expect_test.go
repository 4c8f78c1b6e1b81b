package validate

import (
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/tsast"
)

// expect gives the rules the entry that config.json, and other.json beside
// it, make.
func (f fixture) expect(t *testing.T, opts *Options) {
	t.Helper()
	var first *ExpectedEntry
	for _, name := range []string{"config.json", "other.json"} {
		data := f.get(name)
		if data == nil {
			continue
		}
		e := expectedOf(t, name, data)
		f.checkpoint(t, e)
		if first == nil {
			first = e
			continue
		}
		first.Alternatives = append(first.Alternatives, e)
	}
	if first != nil {
		opts.Expected = func(*tsast.Model) *ExpectedEntry { return first }
	}
}

func expectedOf(t *testing.T, label string, config []byte) *ExpectedEntry {
	t.Helper()
	a, err := extract.Read(config, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := generate.Build(generate.FromArchitecture(a), a, generate.Options{ID: "expected", TP: 1, EP: 1})
	if err != nil {
		t.Fatal(err)
	}
	e := &ExpectedEntry{Label: label, Architecture: a}
	for _, m := range g.Entry.Modules {
		e.Modules = append(e.Modules, ExpectedModule{Name: m.Name, Count: m.Count, Parent: m.Parent, Type: m.Type, Definitions: m.Definitions, Paths: m.Paths()})
	}
	return e
}

// checkpoint gives the entry the model's checkpoint: its tensors as
// weights.Facts writes them, or why there is none.
func (f fixture) checkpoint(t *testing.T, e *ExpectedEntry) {
	t.Helper()
	if why := f.get("unseen"); why != nil {
		e.CompareWithCheckpoint = func(map[weights.Row]weights.Size) *weights.Comparison {
			return &weights.Comparison{Unseen: strings.TrimSpace(string(why))}
		}
	}
	facts := f.get("tensors")
	if facts == nil {
		return
	}
	tensors, err := weights.ParseFacts(string(facts))
	if err != nil {
		t.Fatal(err)
	}
	ck := weights.Sort(tensors, weights.Options{NumLayers: e.Architecture.NumLayers})
	e.CompareWithCheckpoint = func(stated map[weights.Row]weights.Size) *weights.Comparison {
		return generate.CompareWithCheckpoint(nil, ck, e.Architecture, stated)
	}
}
