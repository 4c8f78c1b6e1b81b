package generate

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// DisplayName makes a model's name for people from its id, in the repo's own
// casing: "llama-3.3-70b" of "meta-llama/Llama-3.3-70B-Instruct" is
// "Llama 3.3 70B", "gpt-oss-120b" is "GPT-OSS 120B".
func DisplayName(id, repo string) string {
	repo = repo[strings.LastIndexByte(repo, '/')+1:]
	flat, lower := flatten(repo)
	if at := strings.Index(lower, flatOf(id)); at >= 0 && flatOf(id) != "" {
		return joinName(recase(id, flat[at:]))
	}
	tokens := strings.FieldsFunc(id, isSeparator)
	known := map[string]string{}
	for _, t := range strings.FieldsFunc(repo, isSeparator) {
		known[strings.ToLower(t)] = t
	}
	for i, t := range tokens {
		if own, ok := known[t]; ok {
			tokens[i] = ownCasing(own)
			continue
		}
		tokens[i] = capitalise(t)
	}
	return joinName(tokens)
}

// hyphened are words that people write with a hyphen between them, "#" being
// a number: GPT-OSS 120B, GLM-4.6, Phi-4, Llama 4 Scout 17B-16E.
var hyphened = map[[2]string]bool{
	{"gpt", "oss"}: true, {"glm", "#"}: true, {"phi", "#"}: true, {"nemotron", "h"}: true, {"minimax", "text"}: true, {"text", "01"}: true,
}

// expertSize: the experts behind a size, as in 17B-16E.
var expertSize = regexp.MustCompile(`^\d+e$`)

// joinName puts the words of a name together. "it" (instruction tuned) says
// nothing to people.
func joinName(words []string) string {
	var b strings.Builder
	last := ""
	for i, w := range words {
		word := strings.ToLower(w)
		if i > 1 && i == len(words)-1 && word == "it" {
			break
		}
		number := word
		if word[0] >= '0' && word[0] <= '9' {
			number = "#"
		}
		switch {
		case i == 0:
		case hyphened[[2]string{last, word}], hyphened[[2]string{last, number}], expertSize.MatchString(word) && sizeWord.MatchString(last):
			b.WriteByte('-')
		default:
			b.WriteByte(' ')
		}
		b.WriteString(w)
		last = word
	}
	return b.String()
}

func isSeparator(r rune) bool { return r == '-' || r == '_' || r == ' ' }

// flatten drops the separators of a name; both results have equal length,
// since only ASCII is lowered.
func flatten(name string) (flat, lower string) {
	flat = flatOf(name)
	return flat, strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, flat)
}

func flatOf(name string) string {
	return strings.Map(func(r rune) rune {
		if isSeparator(r) {
			return -1
		}
		return r
	}, name)
}

// recase writes the id's tokens with the letters of flat.
func recase(id, flat string) []string {
	var tokens []string
	at := 0
	for _, t := range strings.FieldsFunc(id, isSeparator) {
		tokens = append(tokens, ownCasing(flat[at:at+len(t)]))
		at += len(t)
	}
	return tokens
}

// ownCasing keeps the repo's way of writing, unless it writes everything in
// small letters.
func ownCasing(token string) string {
	if release.MatchString(token) {
		return token
	}
	if token == strings.ToLower(token) {
		return capitalise(token)
	}
	return upperFirst(token)
}

func upperFirst(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// release: v0.3, v2: releases whose repo writes them small.
var release = regexp.MustCompile(`^v\d+(?:\.\d+)*$`)

// sizeWord: 70b, a3b, 8x7b, 17b, v3, r1, e4b: sizes and versions.
var sizeWord = regexp.MustCompile(`^(?:\d+x)?[a-z]?\d+(?:\.\d+)?[bmkt]?$`)

// words that are not written with one capital.
var wordCasing = map[string]string{
	"gpt": "GPT", "oss": "OSS", "glm": "GLM", "vl": "VL", "moe": "MoE", "deepseek": "DeepSeek", "minimax": "MiniMax", "olmo": "OLMo",
	"chatglm": "ChatGLM", "internlm": "InternLM", "rwkv": "RWKV", "lfm2": "LFM2", "fp8": "FP8", "fp4": "FP4", "nvfp4": "NVFP4", "awq": "AWQ",
	"gptq": "GPTQ", "bf16": "BF16", "it": "IT", "hf": "HF", "smollm": "SmolLM", "ernie": "ERNIE", "exaone": "EXAONE",
}

func capitalise(token string) string {
	if own, ok := wordCasing[token]; ok {
		return own
	}
	if release.MatchString(token) && strings.Contains(token, ".") {
		return token
	}
	if sizeWord.MatchString(token) {
		return strings.ReplaceAll(strings.ToUpper(token), "X", "x")
	}
	return upperFirst(token)
}

// Description says what the model is built of, as FlashInfer-Bench's entries
// do: "Kimi K2. 61 decoder layers, MLA attention (64 heads, TP=8 → h=8), …".
// The parallelism that its names are for stands where it divides something.
func Description(name string, a *extract.Architecture, par Parallelism) string {
	parts := []string{fmt.Sprintf("%d decoder %s", a.NumLayers, prose.Plural(a.NumLayers, "layer", "layers"))}
	parts = append(parts, attentionWords(a, par)...)
	parts = append(parts, mlpWords(a, par)...)
	text := fmt.Sprintf("%s. %s", name, strings.Join(parts, ", "))
	if words := undivided(text, a, par); words != "" {
		text += ", for " + words
	}
	return text + "."
}

// undivided is the parallelism that a description does not name yet: what
// nothing in it is divided by, and 1 where another is recommended.
func undivided(text string, a *extract.Architecture, par Parallelism) string {
	s, _ := recommended(a.ModelID)
	var words []string
	if tp := fmt.Sprintf("TP=%d", par.TP); (par.TP > 1 || s.tp > 1) && !strings.Contains(text, tp) {
		words = append(words, tp)
	}
	if ep := fmt.Sprintf("EP=%d", par.EP); (par.EP > 1 || s.ep > 1) && !strings.Contains(text, ep) {
		words = append(words, ep)
	}
	return strings.Join(words, ", ")
}

// attentionWords describes each kind of token mixer; the kinds of a hybrid
// carry their number of layers.
func attentionWords(a *extract.Architecture, par Parallelism) []string {
	type phrase struct {
		text   string
		layers int
	}
	var phrases []phrase
	at := map[string]int{}
	for i := range a.AttentionKinds {
		text := mixerWords(&a.AttentionKinds[i], par)
		if text == "" {
			continue
		}
		j, ok := at[text]
		if !ok {
			j = len(phrases)
			at[text] = j
			phrases = append(phrases, phrase{text: text})
		}
		phrases[j].layers += a.AttentionKinds[i].Layers
	}
	var words []string
	for _, p := range phrases {
		if p.layers != a.NumLayers {
			p.text = fmt.Sprintf("%d × %s", p.layers, p.text)
		}
		words = append(words, p.text)
	}
	return words
}

func mixerWords(k *extract.AttentionKind, par Parallelism) string {
	share := headShare(k, par)
	switch k.Family {
	case extract.NoAttention:
		return ""
	case extract.GQA:
		word := strings.ToUpper(cmp.Or(k.Type, "gqa"))
		if k.Type == crossAttention {
			word = "cross"
		}
		text := fmt.Sprintf("%s attention (%d q-heads / %d kv-heads%s)", word, k.NumHeads, k.NumKVHeads, share)
		if k.SlidingWindow > 0 {
			text = "sliding-window " + text
		}
		return text
	case extract.MLA:
		return fmt.Sprintf("MLA attention (%d heads%s)", k.NumHeads, share)
	case extract.DSA:
		return fmt.Sprintf("DSA sparse MLA attention (%d heads%s, top-%d)", k.NumHeads, share, k.IndexTopK)
	case extract.GDN:
		return fmt.Sprintf("Gated DeltaNet (%d qk-heads / %d v-heads)", k.LinearNumKeyHeads, k.LinearNumValueHeads)
	case extract.KDA:
		return "Kimi delta attention"
	case extract.Mamba1:
		return "Mamba"
	case extract.Mamba2:
		return fmt.Sprintf("Mamba2 (%d heads)", k.MambaNumHeads)
	case extract.Lightning:
		return "lightning attention"
	case extract.ShortConv:
		return "short convolution"
	case extract.RWKV:
		return "RWKV time mixing"
	case extract.ParallelAttnMamba:
		return fmt.Sprintf("parallel GQA attention (%d q-heads / %d kv-heads) and Mamba2 (%d heads)", k.NumHeads, k.NumKVHeads, k.MambaNumHeads)
	}
	return cmp.Or(k.Type, "other") + " token mixing"
}

// headShare returns the heads of one device as the description adds them: ",
// TP=8 → h=8"; "" on one device.
func headShare(k *extract.AttentionKind, par Parallelism) string {
	if par.TP < 2 || k.NumHeads == 0 || k.NumHeads%par.TP != 0 {
		return ""
	}
	return fmt.Sprintf(", TP=%d → h=%d", par.TP, k.NumHeads/par.TP)
}

// mlpWords describes the dense and the sparse MLPs.
func mlpWords(a *extract.Architecture, par Parallelism) []string {
	dense, sparse := 0, 0
	var moe *extract.MoE
	for i := range a.MLPKinds {
		switch k := &a.MLPKinds[i]; k.Family {
		case extract.DenseMLP:
			dense += k.Layers
		case extract.SparseMoE:
			sparse += k.Layers
			if moe == nil {
				moe = k.MoE
			}
		}
	}
	counted := func(n int, text string) string {
		if n == a.NumLayers {
			return text
		}
		return fmt.Sprintf("%d × %s", n, text)
	}
	var words []string
	if dense > 0 {
		words = append(words, counted(dense, "dense MLP"))
	}
	if sparse > 0 && moe != nil {
		words = append(words, counted(sparse, fmt.Sprintf("sparse MoE (%s)", moeWords(moe, par))))
	}
	return words
}

func moeWords(moe *extract.MoE, par Parallelism) string {
	text := fmt.Sprintf("%d experts, top-%d", moe.NumExperts, moe.NumExpertsPerTok)
	switch moe.Routing {
	case "ds":
		text += " DeepSeek routing"
	case "sigmoid":
		text += " sigmoid routing"
	}
	if moe.SharedExperts > 0 {
		text += fmt.Sprintf(", %d shared", moe.SharedExperts)
	}
	if par.EP > 1 && moe.NumExperts%par.EP == 0 {
		text += fmt.Sprintf(", EP=%d → %d local experts", par.EP, moe.NumExperts/par.EP)
	}
	return text
}

// className makes a class name of the model's: "LlamaForCausalLM" with the
// ending "DecoderLayer" gives "LlamaDecoderLayer".
func className(architecture, ending string) string {
	base := architecture
	for _, tail := range []string{"ForConditionalGeneration", "ForCausalLM", "LMHeadModel", "ForSequenceClassification", "Model"} {
		if cut, ok := strings.CutSuffix(base, tail); ok && cut != "" {
			base = cut
			break
		}
	}
	if base = identifier(base); base == "_" {
		base = "Transformer"
	}
	return base + ending
}
