package lsp

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// hover decodes what TypeScript's own server cannot: Definition names, the
// module tree, models. Elsewhere it says nothing.
func (s *Server) hover(_ context.Context, snap *Snapshot, p *protocol.HoverParams) (*protocol.Hover, error) {
	if !s.config.forPath(snap.Path).Hover {
		return nil, nil
	}
	at := spotAt(snap.File, snap.OffsetFromPosition(p.Position))
	b := &hoverText{markdown: s.caps.markdown}
	switch at.place {
	case onDefinition:
		s.hoverDefinition(b, snap, at.value)
	case onModuleName, onCount:
		hoverModule(b, at.entry.Model, at.module)
		s.hoverPaths(b, snap, at.entry.Model, at.module.Name)
	case onParent:
		if found := modulesNamed(at.entry.Model, at.value); len(found) > 0 {
			hoverModule(b, at.entry.Model, found[len(found)-1])
			s.hoverPaths(b, snap, at.entry.Model, found[len(found)-1].Name)
		}
	case onModelID:
		s.hoverModel(b, snap, at.entry)
	case onComment:
		hoverMarker(b, at.comment)
	case nowhere:
	}
	if b.Len() == 0 {
		return nil, nil
	}
	s.hoverFindings(b, snap, at)
	r := snap.RangeFromSpan(at.span)
	return &protocol.Hover{Contents: b.content(), Range: &r}, nil
}

// hoverDefinition decodes a name, field by field.
func (s *Server) hoverDefinition(b *hoverText, snap *Snapshot, value string) {
	name, spelled, err := definition.Meant(value)
	switch {
	case spelled != nil:
		b.printf("%s is %s of %s.\n\n", b.code(value), spelled.Words(), b.code(name.String()))
	case err != nil:
		b.printf("%s is not a Definition name: %s\n\n", b.code(value), b.text(definition.Why(err)))
		s.hoverDataset(b, snap, value)
		return
	}
	writeDefinition(b, name)
	s.hoverDataset(b, snap, value)
}

// writeDefinition writes what a name means.
func writeDefinition(b *hoverText, n definition.Name) {
	b.printf("%s (op type %s)\n\n%s\n\n", b.strong(n.String()), b.code(n.OpType()), n.Family.Doc)
	for i, f := range n.Family.Fields {
		b.printf("- %s: %s; from ", b.code(fmt.Sprintf("%s = %d", f.Abbrev, n.Values[i])), f.Meaning)
		if f.Origin != "" {
			b.WriteString(f.Origin)
		}
		if f.Origin != "" && f.Config != "" {
			b.WriteString(" ")
		}
		if f.Config != "" {
			b.WriteString(b.code(f.Config))
		}
		b.printf("; %s", f.Divisor.Words())
		if f.Axis != "" {
			b.printf("; axis %s", b.code(f.Axis))
		}
		b.WriteString("\n")
	}
	for _, line := range n.Elsewhere() {
		b.printf("\n%s\n", b.text(line))
	}
	for _, note := range n.Notes() {
		b.printf("\nNote: %s\n", note)
	}
	b.WriteString("\n")
}

func (s *Server) hoverDataset(b *hoverText, snap *Snapshot, name string) {
	dataset := s.dataset(snap.Path)
	if dataset == nil {
		return
	}
	by := ""
	if listed := dataset.Listed(); listed != "" {
		by = ", by " + listed
	}
	switch ok, workloads := dataset.Has(name); {
	case ok && by != "":
		b.printf("In the dataset%s.\n\n", by)
	case ok:
		b.printf("In the dataset, with %s.\n\n", prose.Count(workloads, "workload"))
	default:
		b.printf("Not in the dataset%s.\n\n", by)
	}
}

// hoverModule writes a module's place in the tree.
func hoverModule(b *hoverText, m *tsast.Model, module *tsast.Module) {
	b.WriteString(b.code(module.Name))
	if module.Type.Kind == tsast.StringLiteral {
		b.printf(" (%s)", b.text(module.Type.Value))
	}
	if module.Count.IsInt {
		b.printf(", %d in the whole model", module.Count.Int)
	}
	path := pathTo(m, module)
	for i, name := range path {
		path[i] = b.code(name)
	}
	b.printf("\n\n%s\n\n", strings.Join(path, " › "))
	if children := childrenOf(m, module.Name); len(children) > 0 {
		b.printf("%d modules below: ", len(children))
		for i, c := range children {
			if i == 12 {
				b.printf(", … %d more", len(children)-i)
				break
			}
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(b.code(c.Name))
		}
		b.WriteString("\n\n")
	}
	if n := len(module.Definitions.Items); n > 0 {
		b.printf("%d Definitions\n\n", n)
	}
}

// hoverPaths says where in SGLang's tree a module stands, as far as the
// model's own config is known.
func (s *Server) hoverPaths(b *hoverText, snap *Snapshot, m *tsast.Model, module string) {
	expected := s.expectedFor(snap)(m)
	if expected == nil {
		return
	}
	for _, e := range expected.Modules {
		if e.Name != module || len(e.Paths) == 0 {
			continue
		}
		paths := make([]string, len(e.Paths))
		for i, path := range e.Paths {
			paths[i] = b.code(path)
		}
		b.printf("In SGLang: %s\n\n", strings.Join(paths, ", "))
	}
}

// hoverModel writes an entry's summary.
func (s *Server) hoverModel(b *hoverText, snap *Snapshot, e tsast.Entry) {
	m := e.Model
	b.printf("%s %s\n\n", b.code(m.ID.Value), b.text(m.Name.Value))
	if m.Description.Value != "" {
		b.printf("%s\n\n", b.text(m.Description.Value))
	}
	names, layers := definitionNames(m), 0
	for _, module := range m.Modules {
		if module.Type.Value == "layer" {
			layers++
		}
	}
	b.printf("%d modules (%d layers), %d different Definitions", len(m.Modules), layers, len(names))
	if dataset := s.dataset(snap.Path); dataset != nil {
		have := 0
		for _, name := range names {
			if ok, _ := dataset.Has(name); ok {
				have++
			}
		}
		b.printf(", %d of them in the dataset", have)
	}
	b.WriteString("\n\n")
	if repo := validate.SourceRepo(m); repo != "" {
		b.printf("Made from https://huggingface.co/%s\n\n", repo)
	}
	s.hoverConfidence(b, snap, e)
}

// hoverConfidence says how sure the entry is: as it was found when it was added
// or verified, else as far as the model's config and SGLang's source tell.
func (s *Server) hoverConfidence(b *hoverText, snap *Snapshot, e tsast.Entry) {
	if known := s.verifications.of(snap, e); known != nil {
		b.printf("Confidence: %s\n\n", b.text(known.Line))
		return
	}
	expected := s.expectedFor(snap)(e.Model)
	if expected == nil || len(expected.Alternatives) > 0 {
		return
	}
	if expected.FromSource != nil {
		if closer := expected.FromSource(); closer != nil {
			expected = closer
		}
	}
	if expected.ConfidenceLine == "" {
		return
	}
	differs := 0
	for _, p := range s.publisher.pull(snap) {
		if validate.AreaOf(p.Rule) == validate.AreaConfig && touches(span(e, e.Model.Span), p.Span.Start) && (p.Severity == validate.Error || p.Severity == validate.Warning) {
			differs++
		}
	}
	b.printf("Confidence of what the model's own files give: %s (%q looks at the tensors)\n\n", b.text(expected.ConfidenceLine), verifyTitle)
	if differs > 0 {
		b.printf("This entry differs from that in %s.\n\n", prose.Count(differs, "place"))
	}
}

// definitionNames are the different Definitions of an entry, sorted.
func definitionNames(m *tsast.Model) []string {
	var names []string
	for _, module := range m.Modules {
		for _, d := range module.Definitions.Items {
			if d.Kind == tsast.StringLiteral {
				names = append(names, d.Value)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func hoverMarker(b *hoverText, c tsast.Comment) {
	m, ok := parseMarker(c)
	if !ok {
		return
	}
	p := markerProblem(m, "")
	b.printf("%s\n\nParameters: %s=, and any field of config.json.\n", b.text(p.Message), strings.Join(markerKeys, "=, "))
}

// hoverFindings adds what the rules expect here, with the config's evidence.
func (s *Server) hoverFindings(b *hoverText, snap *Snapshot, at spot) {
	if at.place == onComment {
		return
	}
	for _, p := range s.publisher.pull(snap) {
		if p.Expected == "" || p.Span.Start > at.span.End || p.Span.End < at.span.Start {
			continue
		}
		b.printf("Expected: %s (%s)\n", b.code(p.Expected), p.Rule)
		for _, k := range slices.Sorted(maps.Keys(p.Evidence)) {
			b.printf("- %s = %s\n", b.code(k), b.code(p.Evidence[k]))
		}
		b.WriteString("\n")
	}
}
