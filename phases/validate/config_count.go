package validate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/tsast"
)

// counts compares the numbers of layers and of their parts.
func (c *comparison) counts() {
	if !c.facts.known() || len(c.tree.decoders) == 0 {
		return
	}
	wrong := map[string]bool{}
	// A container that is counted once is the list itself.
	if l := c.tree.container; l != nil && counted(l) && l.Count.Int != int64(c.arch.NumLayers) && l.Count.Int != 1 && !c.agreed(l) {
		wrong[l.Name] = true
		c.countFinding(l, "config-layer-count", c.arch.NumLayers, fmt.Sprintf("the model has %d decoder layers", c.arch.NumLayers), layerFields)
	}
	if !c.tree.matched {
		c.sum(wrong)
		return
	}
	for _, d := range c.tree.decoders {
		n := len(d.layers)
		c.decoderCount(d, n, wrong)
		c.parts(d, d.module, n, 0)
	}
	c.absentKinds()
}

// innerCounts compares the counts of modules that stand where a generated one
// of their name stands: what the counts of blocks do not decide. Where the
// entry splits the module ("qkv_proj" beside "qkv_proj_global"), its parts
// share the number out. What another finding mends is not found again.
func (c *comparison) innerCounts() {
	mended := map[tsast.Span]bool{}
	for _, f := range c.findings {
		for _, fix := range f.Fixes {
			for _, e := range fix.Edits {
				mended[e.Span] = true
			}
		}
	}
	for _, m := range c.p.model.Modules {
		at := slices.IndexFunc(c.expected.Modules, func(e ExpectedModule) bool { return e.Name == m.Name && e.Parent == m.Parent.Value })
		if at < 0 || !counted(m) || mended[m.Count.Span] || m.Type.Value != "layer" || c.tree.within[m.Name] == nil {
			continue
		}
		if c.tree.words(m.Name)["topk"] { // some layers may choose by another rule, a module of its own
			continue
		}
		want := c.expected.Modules[at].Count
		split := slices.ContainsFunc(c.p.model.Modules, func(other *tsast.Module) bool { return strings.HasPrefix(other.Name, m.Name+"_") })
		if split || m.Count.Int == int64(want) {
			continue
		}
		c.countFinding(m, "config-layer-count", want, fmt.Sprintf("%d of the model's layers have it", want), layerFields)
	}
}

// decoderCount compares one decoder block, unless it only repeats the wrong
// number of the block around it, which was reported with all its repetitions.
func (c *comparison) decoderCount(d *decoder, n int, wrong map[string]bool) {
	m := d.module
	if !counted(m) || m.Count.Int == int64(n) || c.agreed(m) {
		return
	}
	if up := c.tree.container; up != nil && wrong[up.Name] && up.Count.Int == m.Count.Int && n == c.arch.NumLayers {
		return
	}
	what := fmt.Sprintf("the model has %d decoder layers", c.arch.NumLayers)
	fields := layerFields
	if len(c.tree.decoders) > 1 {
		what = fmt.Sprintf("%d of the model's %d decoder layers are of this kind", n, c.arch.NumLayers)
		fields = slices.Concat(layerFields, kindFields)
	}
	c.countFinding(m, "config-layer-count", n, what, fields)
}

// sum compares the decoder blocks together when it cannot be told which
// layers each stands for.
func (c *comparison) sum(wrong map[string]bool) {
	total, words := int64(0), []string{}
	for _, d := range c.tree.decoders {
		if !counted(d.module) {
			return
		}
		total += d.module.Count.Int
		words = append(words, fmt.Sprintf("%s %d", clip(d.module.Name), d.module.Count.Int))
	}
	first := c.tree.decoders[0].module
	if total == int64(c.arch.NumLayers) || c.agreed(first) {
		return
	}
	if up := c.tree.container; up != nil && wrong[up.Name] {
		return
	}
	c.find(first, Problem{
		Rule: "config-layer-count", Span: first.Count.Span, Expected: fmt.Sprint(c.arch.NumLayers),
		Message: fmt.Sprintf("the decoder blocks add up to %d layers (%s), but the model has %d", total, strings.Join(words, " + "), c.arch.NumLayers),
	}, layerFields...)
}

// parts compares the feed-forward blocks below a decoder block.
func (c *comparison) parts(d *decoder, m *tsast.Module, expected, depth int) {
	if depth > 16 {
		return
	}
	for _, child := range c.p.children[m.Name] {
		if c.tree.within[child.Name] != d || child == m {
			continue
		}
		n, what := expected, ""
		part := c.tree.mlpOf(child)
		switch part {
		case mlpSparse:
			n, what = c.facts.count(d.layers, sparse), "mixtures of experts"
		case mlpDense:
			n, what = c.facts.count(d.layers, dense), "dense MLPs"
		case mlpUnclear:
			n = c.facts.count(d.layers, hasMLP)
		case mlpNone:
		}
		// What repeats its parent's number is mended with it.
		repeats := counted(child) && counted(m) && child.Count.Int == m.Count.Int && n == expected
		if what != "" && n > 0 && counted(child) && child.Count.Int != int64(n) && !repeats && !c.agreed(child) && c.onlyOne(d, child, part) {
			c.countFinding(child, "config-mlp-split", n, c.splitWords(d, n, what), slices.Concat(layerFields, splitFields))
		}
		if part != mlpSparse && part != mlpDense {
			c.parts(d, child, n, depth+1)
		}
	}
}

// onlyOne reports whether no other block of a decoder is the same part: several
// (of two widths, say) share the number out.
func (c *comparison) onlyOne(d *decoder, m *tsast.Module, part mlpPart) bool {
	return !slices.ContainsFunc(d.below, func(other *tsast.Module) bool {
		return other != m && c.tree.mlpOf(other) == part && !c.p.below(m.Name, other.Name) && !c.p.below(other.Name, m.Name)
	})
}

func (c *comparison) splitWords(d *decoder, n int, what string) string {
	all := c.facts.all()
	total := fmt.Sprintf("the model has %d dense MLPs and %d mixtures of experts in its %d layers", c.facts.count(all, dense), c.facts.count(all, sparse), len(all))
	if len(d.layers) == len(all) {
		return total
	}
	return fmt.Sprintf("the %d layers of this kind have %d %s; %s", len(d.layers), n, what, total)
}

// countFinding reports a wrong count with all modules below that repeat it.
func (c *comparison) countFinding(m *tsast.Module, rule string, n int, what string, fields []string) {
	text := fmt.Sprint(n)
	edits := []tsast.TextEdit{{Span: m.Count.Span, NewText: text}}
	var related []Related
	for _, r := range c.repeats(m, 0) {
		related = append(related, Related{r.Count.Span, fmt.Sprintf("%s repeats the number", q(r.Name))})
		edits = append(edits, tsast.TextEdit{Span: r.Count.Span, NewText: fmt.Sprint(c.belowCount(m, r, n))})
	}
	title := "Change the count to " + text
	message := fmt.Sprintf("%s has the count %d, but %s", q(m.Name), m.Count.Int, what)
	if len(related) > 0 {
		title += plural(len(related), ", here and in the module below that repeats it", ", here and in the %d modules below that repeat it")
		message += plural(len(related), "; one module below repeats the number", "; %d modules below repeat the number")
	}
	var still []string
	for _, at := range c.mentions(m) {
		related = append(related, Related{at.span, fmt.Sprintf("%s says %d, too", at.what, m.Count.Int)})
		still = append(still, at.what)
	}
	if len(still) > 0 {
		words := fmt.Sprintf("%s still %s %d", strings.Join(still, " and "), prose.Plural(len(still), "says", "say"), m.Count.Int)
		message += "; " + words
		title += " (" + words + ")"
	}
	c.find(m, Problem{
		Rule: rule, Span: m.Count.Span, Message: message, Expected: text, Related: related,
		Fixes: []Fix{{Title: title, Edits: edits, Preferred: true}},
	}, fields...)
}

// belowCount is the count of a module that repeats the wrong count of one above
// it, which becomes n: what the generated entry has where it has both, for a
// layer may occur several times in each block.
func (c *comparison) belowCount(above, m *tsast.Module, n int) int {
	if own, ok := c.like[m.Name]; ok && c.like[above.Name] == n {
		return own
	}
	return n
}

// mention is a place of the entry that names a number in words for people.
type mention struct {
	span tsast.Span
	what string
}

// mentions are the description and the comments beside a module that name its
// count: a fix leaves people's words as they are, and says so. In the
// description the number must be one of layers ("48 decoder layers", "×40",
// "24 Mamba"): heads and experts are numbers, too.
func (c *comparison) mentions(m *tsast.Module) []mention {
	if m.Count.Int < 2 {
		return nil
	}
	n := fmt.Sprint(m.Count.Int)
	var list []mention
	ofLayers := regexp.MustCompile(`(?i)(?:^|[^\d.])(?:×\s?` + n + `\b|` + n + `\s?×|` + n + `(?: [\w*-]+){0,3} layers?\b|` + n + ` (?:mamba|attention|mlp|dense|moe|sparse|local|global|gdn|gqa)\b)`)
	if d := c.p.model.Description; ofLayers.MatchString(d.Value) {
		list = append(list, mention{d.Span, "the description"})
	}
	number := regexp.MustCompile(`(?:^|[^\d.])` + n + `(?:[^\d]|$)`)
	first, last := c.p.line(m.NameSpan.Start)-1, c.p.line(m.Span.End)
	for _, comment := range c.p.model.Comments {
		if at := c.p.line(comment.Span.Start); at >= first && at <= last && number.MatchString(comment.Text) {
			list = append(list, mention{comment.Span, "the comment beside it"})
		}
	}
	return list
}

// line is the number of lines that end before a byte of the entry.
func (p *entryPass) line(at int) int {
	return p.lineOf(min(max(at, 0), len(p.text)))
}

// joinCounts makes one fix of those for all wrong counts of an entry, and for
// the modules that it lacks. The numbers of the kinds of layers add up, and so
// do those of dense and sparse MLPs: one of them set right alone, or added
// beside others that are wrong, would be a new finding.
func joinCounts(findings []Problem) {
	joint := Fix{Preferred: true}
	var words, added []string
	var places []int
	repeats := 0
	for i := range findings {
		f := &findings[i]
		if len(f.Fixes) != 1 {
			continue
		}
		switch f.Rule {
		case "config-layer-count", "config-mlp-split":
			words = append(words, fmt.Sprintf("%s to %s", clip(f.Module), f.Expected))
			repeats += len(f.Fixes[0].Edits) - 1
		case "config-missing-module":
			added = append(added, f.Fixes[0].Title)
		default:
			continue
		}
		places = append(places, i)
		for _, e := range f.Fixes[0].Edits {
			joint.Edits = withEdit(joint.Edits, e)
		}
	}
	if len(words) == 0 || len(places) < 2 {
		return
	}
	joint.Title = "Change the counts together: " + strings.Join(words, ", ")
	if repeats > 0 {
		joint.Title += plural(repeats, ", and one that repeats them", ", and %d that repeat them")
	}
	if len(added) > 0 {
		joint.Title += "; " + strings.Join(added, "; ")
	}
	for _, i := range places {
		findings[i].Fixes = []Fix{joint}
	}
}

// withEdit adds an edit to others. Two insertions at one place become one, in
// their order.
func withEdit(edits []tsast.TextEdit, e tsast.TextEdit) []tsast.TextEdit {
	for i, known := range edits {
		switch {
		case known == e:
			return edits
		case known.Span == e.Span && e.Span.Start == e.Span.End:
			edits[i].NewText += e.NewText
			return edits
		}
	}
	return append(edits, e)
}

// repeats are the modules below one that have its count and whose number
// follows from it: not the feed-forward parts that have a number of their own.
func (c *comparison) repeats(m *tsast.Module, depth int) []*tsast.Module {
	var list []*tsast.Module
	if depth > 32 {
		return nil
	}
	for _, child := range c.p.children[m.Name] {
		if child == m || !counted(child) || child.Count.Int != m.Count.Int || c.p.byName[child.Name] != child {
			continue
		}
		if d := c.tree.within[child.Name]; d != nil && c.hasOwnNumber(d, child) {
			continue
		}
		list = append(list, child)
		list = append(list, c.repeats(child, depth+1)...)
	}
	return list
}

// hasOwnNumber reports whether a feed-forward part does not occur in every layer of
// its decoder block.
func (c *comparison) hasOwnNumber(d *decoder, m *tsast.Module) bool {
	switch c.tree.mlpOf(m) {
	case mlpSparse:
		return c.facts.count(d.layers, sparse) != len(d.layers)
	case mlpDense: // none of them: it stands beside a mixture of experts
		n := c.facts.count(d.layers, dense)
		return n > 0 && n != len(d.layers)
	case mlpNone, mlpUnclear:
	}
	return false
}

// absentKinds reports layers that no decoder block stands for.
func (c *comparison) absentKinds() {
	have := map[int]bool{}
	for _, d := range c.tree.decoders {
		for _, i := range d.layers {
			have[i] = true
		}
	}
	var order []string
	missing := map[string]int{}
	for i, l := range c.facts.layers {
		if have[i] {
			continue
		}
		kind := l.mixer.ID + " + " + l.mlp.ID
		if missing[kind] == 0 {
			order = append(order, kind)
		}
		missing[kind]++
	}
	for _, kind := range order {
		c.find(nil, Problem{
			Rule: "config-missing-module", Span: c.p.place(), Expected: fmt.Sprint(missing[kind]),
			Message: fmt.Sprintf("no decoder block of this entry stands for the model's %d layers with %s", missing[kind], kind),
		}, slices.Concat(layerFields, kindFields)...)
	}
}
