package coverage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// familyWords name the mixers as people say them, in the order of a table.
var familyWords = []struct {
	family extract.AttentionFamily
	word   string
}{
	{extract.DSA, "DSA"}, {extract.MLA, "MLA"}, {extract.GDN, "GDN"}, {extract.KDA, "KDA"}, {extract.Lightning, "Lightning Attn"},
	{extract.GQA, "GQA"}, {extract.ParallelAttnMamba, "GQA + Mamba2"}, {extract.Mamba1, "Mamba"}, {extract.Mamba2, "Mamba2"},
	{extract.ShortConv, "Short conv"}, {extract.RWKV, "RWKV"}, {extract.OtherMixer, "other mixer"},
	{extract.LinearMixer, "linear layer"},
}

// architectureWords is an architecture in a table's cell: "MLA + Dense/MoE".
func architectureWords(a *extract.Architecture) string {
	var words []string
	for _, f := range familyWords {
		if slices.ContainsFunc(a.AttentionKinds, func(k extract.AttentionKind) bool { return k.Family == f.family }) {
			words = append(words, f.word)
		}
	}
	dense, moe := mlpLayers(a)
	switch {
	case dense > 0 && moe > 0:
		words = append(words, "Dense/MoE")
	case moe > 0:
		words = append(words, "MoE")
	case dense > 0:
		words = append(words, "Dense")
	}
	return strings.Join(words, " + ")
}

func mlpLayers(a *extract.Architecture) (dense, moe int) {
	for _, k := range a.MLPKinds {
		switch k.Family {
		case extract.DenseMLP:
			dense += k.Layers
		case extract.SparseMoE:
			moe += k.Layers
		case extract.NoMLP:
		}
	}
	return dense, moe
}

// layoutWords is an architecture in a sentence: "61 decoder layers, MLA in
// 61, dense MLP in 3 and MoE in 58".
func layoutWords(a *extract.Architecture) string {
	var mixers []string
	for _, f := range familyWords {
		layers := 0
		for _, k := range a.AttentionKinds {
			if k.Family == f.family {
				layers += k.Layers
			}
		}
		switch {
		case layers == a.NumLayers:
			mixers = append(mixers, f.word)
		case layers > 0:
			mixers = append(mixers, fmt.Sprintf("%s in %d", f.word, layers))
		}
	}
	var mlp []string
	switch dense, moe := mlpLayers(a); {
	case dense > 0 && moe > 0:
		mlp = []string{fmt.Sprintf("dense MLP in %d and MoE in %d", dense, moe)}
	case moe > 0:
		mlp = []string{"MoE"}
	case dense > 0:
		mlp = []string{"dense MLP"}
	}
	return strings.Join(slices.Concat([]string{fmt.Sprintf("%d decoder layers", a.NumLayers)}, mixers, mlp), ", ")
}
