package generate

import (
	"fmt"
	"strings"
)

// part is one module of the entry. The nodes are SGLang's tree; the parts are
// the same model as the people of FlashInfer-Bench draw it: drawing.go turns
// one into the other.
type part struct {
	// node is the module of SGLang's tree that the part shows; nil for a block
	// that only the drawing has.
	node *node
	// name is what the part is called where nothing else is called so.
	name string
	// key is the name by which it is told apart from all others.
	key      string
	count    int
	layers   layerSet
	group    *group
	parent   *part
	children []*part
	// section is the summary's section of a part without a node.
	section string
}

// add puts a part below another.
func (p *part) add(child *part) *part {
	child.parent = p
	if child.group == nil {
		child.group = p.group
	}
	p.children = append(p.children, child)
	return child
}

// show puts the part of a node below another part.
func (p *part) show(n *node, name string) *part {
	if n.variant != "" && n.variant != variantDense && n.variant != variantSparse {
		name += "_" + n.variant
	}
	return p.add(&part{node: n, name: identifier(name), count: n.count, layers: n.layers, group: n.group})
}

// cover makes a block without a node count the layers that its parts stand in.
func (p *part) cover() {
	var layers layerSet
	most := 0
	for _, c := range p.children {
		layers = layers.or(c.layers)
		if len(c.layers) > 0 {
			most = max(most, c.count/len(c.layers))
		}
	}
	p.layers, p.count = layers, max(len(layers)*max(most, 1), 1)
}

// list lists a part and all below it, parents first.
func (p *part) list(all []*part) []*part {
	all = append(all, p)
	for _, c := range p.children {
		all = c.list(all)
	}
	return all
}

// block reports whether the entry has the part as a block.
func (p *part) block() bool { return p.node == nil || isBlock(p.node) }

// sectionOf is the summary's section that the part belongs to.
func (p *part) sectionOf() string {
	if p.node == nil {
		return p.section
	}
	return groupOf(p.node)
}

// assignKeys gives every part a key that is unique in the entry. Within one
// kind of layers, parts of one name take the name of the block around them in
// front. What several kinds have under one name takes the kind's suffix, and
// so does all that stands in it: self_attn_gdn, attn_gdn.
func assignKeys(parts []*part) {
	for _, p := range parts {
		p.key = p.name
	}
	around := map[*part]*part{}
	separateAll(parts, around)
	suffixKinds(parts)
	separateAll(parts, around) // a suffix may make what is a name already
	for _, set := range clashing(parts) {
		for i, p := range set[1:] {
			p.key = fmt.Sprintf("%s_%d", p.key, i+2)
		}
	}
	for _, p := range parts {
		if p.node != nil {
			p.node.key = p.key
		}
	}
}

func separateAll(parts []*part, around map[*part]*part) {
	for range 8 {
		again := false
		for _, set := range clashing(parts) {
			again = separate(set, around) || again
		}
		if !again {
			return
		}
	}
}

// clashing are the sets of parts with equal keys, in order.
func clashing(parts []*part) [][]*part {
	at := map[string][]*part{}
	var order []string
	for _, p := range parts {
		if len(at[p.key]) == 0 {
			order = append(order, p.key)
		}
		at[p.key] = append(at[p.key], p)
	}
	var sets [][]*part
	for _, k := range order {
		if len(at[k]) > 1 {
			sets = append(sets, at[k])
		}
	}
	return sets
}

// separate tells parts of one key apart where a suffix would not do it: those
// of one kind of layers, and those of the layers from what stands around
// them. The shallowest keeps its name. It reports whether a key changed.
func separate(set []*part, around map[*part]*part) bool {
	byGroup := map[*group][]*part{}
	for _, p := range set {
		byGroup[p.group] = append(byGroup[p.group], p)
	}
	changed := false
	for g, members := range byGroup {
		switch {
		case len(members) > 1:
			changed = prefixAllButShallowest(members, around) || changed
		case g != nil && g.within != nil && byGroup[g.within] != nil && byGroup[g.within][0].parent != members[0].parent:
			changed = prefixAllButShallowest([]*part{byGroup[g.within][0], members[0]}, around) || changed
		case g != nil && byGroup[nil] != nil && (g.suffix == "" || len(byGroup) == 2):
			changed = prefixAllButShallowest([]*part{byGroup[nil][0], members[0]}, around) || changed
		}
	}
	return changed
}

func prefixAllButShallowest(set []*part, around map[*part]*part) bool {
	first := set[0]
	for _, p := range set {
		if p.depth() < first.depth() {
			first = p
		}
	}
	changed := false
	for _, p := range set {
		if p == first {
			continue
		}
		from := p.parent
		if last := around[p]; last != nil {
			from = last.parent
		}
		if from == nil {
			continue
		}
		around[p] = from
		p.key = from.name + "_" + p.key
		changed = true
	}
	return changed
}

func (p *part) depth() int {
	d := 0
	for up := p.parent; up != nil; up = up.parent {
		d++
	}
	return d
}

// suffixKinds gives what several kinds of layers have under one name, and all
// that stands in it, the suffix of its kind. parts has parents first.
func suffixKinds(parts []*part) {
	kinds := map[string]map[*group]bool{}
	for _, p := range parts {
		if p.group == nil {
			continue
		}
		if kinds[p.key] == nil {
			kinds[p.key] = map[*group]bool{}
		}
		kinds[p.key][p.group] = true
	}
	suffixed := map[*part]bool{}
	for _, p := range parts {
		if p.group == nil || p.group.suffix == "" {
			continue
		}
		if p.node != nil && isDecoder(p.node) {
			if len(kinds[p.key]) > 1 {
				p.key = identifier(p.key + "_" + titleSuffix(p.group.suffix))
			}
			continue
		}
		if len(kinds[p.key]) > 1 || suffixed[p.parent] {
			suffixed[p] = true
			if suffix := "_" + p.group.suffix; !strings.HasSuffix(p.key, suffix) {
				p.key += suffix
			}
		}
	}
}

// acronyms are suffixes that are written in capitals behind a class name.
var acronyms = map[string]bool{"gqa": true, "mla": true, "dsa": true, "gdn": true, "kda": true, "mlp": true, "rwkv": true, "swa": true, "csa": true, "hca": true}

func titleSuffix(suffix string) string {
	words := strings.Split(suffix, "_")
	for i, w := range words {
		switch {
		case w == "moe":
			words[i] = "MoE"
		case acronyms[w]:
			words[i] = strings.ToUpper(w)
		case w != "":
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "_")
}

// identifier keeps what may stand in a TypeScript identifier: names come from
// files of others.
func identifier(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '_' || r == '$' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}
