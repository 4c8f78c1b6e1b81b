package generate

import (
	"fmt"
	"strings"
)

// assignKeys gives every module a key that is unique in the entry: its own
// name where that is enough, else told apart by variant, by the module it
// stands in, and by the group of layers, in this order.
func assignKeys(nodes []*node) {
	markVariants(nodes)
	shared := map[string]int{}
	for _, n := range nodes {
		if n.group != nil && n.seg == n.group.class {
			shared[n.seg]++
		}
	}
	for _, n := range nodes {
		n.key = identifier(n.seg)
		switch {
		case n.variant == "moe" && feedForward[n.seg]:
			n.key = "moe"
		case n.variant != "":
			n.key = identifier(n.seg + "_" + n.variant)
		case n.group != nil && n.seg == n.group.class && shared[n.seg] > 1:
			n.key = identifier(n.seg + "_" + titleSuffix(n.group.suffix))
		}
		if n.parent != nil && strings.HasPrefix(n.parent.seg, "shared") {
			n.key = identifier(n.parent.seg) + "_" + n.key // not to be taken for the routed experts'
		}
	}
	prefixes := make(map[*node]*node, len(nodes))
	for round := 0; round < 8; round++ {
		clashes := clashing(nodes)
		if len(clashes) == 0 {
			return
		}
		for _, set := range clashes {
			separate(set, prefixes)
		}
	}
	for _, set := range clashing(nodes) {
		for i, n := range set[1:] {
			n.key = fmt.Sprintf("%s_%d", n.key, i+2)
		}
	}
}

// clashing are the sets of modules with equal keys, in order.
func clashing(nodes []*node) [][]*node {
	at := map[string][]*node{}
	var order []string
	for _, n := range nodes {
		if len(at[n.key]) == 0 {
			order = append(order, n.key)
		}
		at[n.key] = append(at[n.key], n)
	}
	var sets [][]*node
	for _, k := range order {
		if len(at[k]) > 1 {
			sets = append(sets, at[k])
		}
	}
	return sets
}

// separate changes keys of modules that have the same one. Within a group the
// shallowest keeps it and the others take their parent's name in front; alike
// modules of several groups take their group's suffix.
func separate(set []*node, prefixes map[*node]*node) {
	byGroup := map[*group][]*node{}
	for _, n := range set {
		byGroup[n.group] = append(byGroup[n.group], n)
	}
	deeper := false
	for _, members := range byGroup {
		if len(members) > 1 {
			prefixAllButShallowest(members, prefixes)
			deeper = true
		}
	}
	if deeper {
		return
	}
	suffixed := false
	for _, n := range set {
		switch {
		case n.group == nil:
		case byGroup[nil] != nil && !inDecoder(n) && prefixes[n] == nil:
			prefixes[n] = n.parent
			n.key = identifier(n.parent.seg) + "_" + n.key
			suffixed = true
		case n.group.suffix != "":
			n.key += "_" + n.group.suffix
			suffixed = true
		}
	}
	if !suffixed {
		prefixAllButShallowest(set, prefixes)
	}
}

func prefixAllButShallowest(set []*node, prefixes map[*node]*node) {
	first := set[0]
	for _, n := range set {
		if n.depth < first.depth {
			first = n
		}
	}
	for _, n := range set {
		if n == first {
			continue
		}
		from := n.parent
		if last := prefixes[n]; last != nil {
			from = last.parent
		}
		if from == nil {
			continue
		}
		prefixes[n] = from
		n.key = identifier(from.seg) + "_" + n.key
	}
}

// acronyms are suffixes that are written in capitals behind a class name.
var acronyms = map[string]bool{"gqa": true, "mla": true, "dsa": true, "gdn": true, "kda": true, "mlp": true, "rwkv": true}

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
