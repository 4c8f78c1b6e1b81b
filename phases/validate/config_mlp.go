package validate

import (
	"strings"

	"github.com/fib-ls/fib-ls/tsast"
)

// mlpPart says what a module is among the feed-forward parts of a layer.
type mlpPart int

const (
	mlpNone    mlpPart = iota // no feed-forward part
	mlpDense                  // a dense MLP
	mlpSparse                 // a mixture of experts
	mlpUnclear                // either, or both
)

// mlpOf tells a feed-forward block by its key and by what it holds.
func (t *entryTree) mlpOf(m *tsast.Module) mlpPart {
	part, told := t.parts[m]
	if !told {
		part = t.lookMLP(m)
		t.parts[m] = part
	}
	return part
}

func (t *entryTree) lookMLP(m *tsast.Module) mlpPart {
	words := t.words(m.Name)
	moe := words["moe"] || words["experts"] || words["sparse"] && !words["attn"] && !words["attention"]
	for _, item := range m.Definitions.Items {
		n, ok := t.p.parseAnySpelling(item.Value)
		moe = moe || ok && n.Family.OpType == "moe"
	}
	named := words["mlp"] || words["ffn"] || words["feed"] && words["forward"]
	if words["norm"] || words["layernorm"] || words["shared"] || words["gate"] || words["topk"] || words["router"] {
		return mlpNone
	}
	if m.Type.Value != "block" {
		return mlpNone
	}
	hasMoE, hasDense, around := false, false, false
	for _, c := range t.p.children[m.Name] {
		if c == m {
			continue
		}
		childWords := t.words(c.Name)
		switch {
		case childWords["moe"] && c.Type.Value == "block":
			around = true // it only stands around the mixture
		case childWords["moe"] || childWords["experts"] && !childWords["shared"]:
			hasMoE = true
		case childWords["dense"] || childWords["up"] || childWords["down"] || strings.HasPrefix(c.Name, "gate_up"):
			hasDense = true
		}
	}
	switch {
	case moe:
		return mlpSparse
	case !named:
		return mlpNone
	case words["dense"]:
		return mlpDense
	case around || hasMoE && hasDense:
		return mlpUnclear
	case hasMoE:
		return mlpSparse
	case hasDense:
		return mlpDense
	}
	return mlpUnclear
}
