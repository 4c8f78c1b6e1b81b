package generate

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// DisplayName makes a model's name for people from its id, in the repo's own
// casing: "llama-3.3-70b" of "meta-llama/Llama-3.3-70B-Instruct" is
// "Llama 3.3 70B".
func DisplayName(id, repo string) string {
	repo = repo[strings.LastIndexByte(repo, '/')+1:]
	flat, lower := flatten(repo)
	if at := strings.Index(lower, flatOf(id)); at >= 0 && flatOf(id) != "" {
		return recase(id, flat[at:])
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
	return strings.Join(tokens, " ")
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
func recase(id, flat string) string {
	var tokens []string
	at := 0
	for _, t := range strings.FieldsFunc(id, isSeparator) {
		tokens = append(tokens, ownCasing(flat[at:at+len(t)]))
		at += len(t)
	}
	return strings.Join(tokens, " ")
}

// ownCasing keeps the repo's way of writing, unless it writes everything in
// small letters.
func ownCasing(token string) string {
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
	if sizeWord.MatchString(token) {
		return strings.ReplaceAll(strings.ToUpper(token), "X", "x")
	}
	return upperFirst(token)
}

// Description says in one sentence what the model is built of, and the
// parallelism that its names are for.
func Description(name string, a *extract.Architecture, par Parallelism) string {
	parts := []string{fmt.Sprintf("%d decoder %s", a.NumLayers, plural(a.NumLayers, "layer", "layers"))}
	parts = append(parts, attentionWords(a)...)
	parts = append(parts, mlpWords(a)...)
	return fmt.Sprintf("%s: %s; kernels for %s.", name, strings.Join(parts, ", "), parallelismWords(a, par))
}

// attentionWords describes each kind of token mixer; the kinds of a hybrid
// carry their number of layers.
func attentionWords(a *extract.Architecture) []string {
	type phrase struct {
		text   string
		layers int
	}
	var phrases []phrase
	at := map[string]int{}
	for i := range a.AttentionKinds {
		text := mixerWords(&a.AttentionKinds[i])
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

func mixerWords(k *extract.AttentionKind) string {
	switch k.Family {
	case extract.NoAttention:
		return ""
	case extract.GQA:
		text := fmt.Sprintf("%s attention (%d q-heads / %d kv-heads)", strings.ToUpper(orWord(k.Type, "gqa")), k.NumHeads, k.NumKVHeads)
		if k.SlidingWindow > 0 {
			text = "sliding-window " + text
		}
		return text
	case extract.MLA:
		return fmt.Sprintf("MLA attention (%d heads)", k.NumHeads)
	case extract.DSA:
		return fmt.Sprintf("DSA sparse MLA attention (%d heads, top-%d)", k.NumHeads, k.IndexTopK)
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
	return orWord(k.Type, "other") + " token mixing"
}

func orWord(word, other string) string {
	if word == "" {
		return other
	}
	return word
}

// mlpWords describes the dense and the sparse MLPs.
func mlpWords(a *extract.Architecture) []string {
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
		words = append(words, counted(sparse, fmt.Sprintf("sparse MoE (%s)", moeWords(moe))))
	}
	return words
}

func moeWords(moe *extract.MoE) string {
	text := fmt.Sprintf("%d experts, top-%d", moe.NumExperts, moe.NumExpertsPerTok)
	if moe.Routing == "ds" {
		text += " DeepSeek routing"
	}
	if moe.SharedExperts > 0 {
		text += fmt.Sprintf(", %d shared", moe.SharedExperts)
	}
	return text
}

// parallelismWords: "TP=8 (h=16), EP=8 (32 local experts)".
func parallelismWords(a *extract.Architecture, par Parallelism) string {
	text := fmt.Sprintf("TP=%d", par.TP)
	if h := a.Attention.NumHeads; par.TP > 1 && h > 0 && h%par.TP == 0 {
		text += fmt.Sprintf(" (%d q-heads per device)", h/par.TP)
	}
	text += fmt.Sprintf(", EP=%d", par.EP)
	if a.MoE != nil && par.EP > 1 && a.MoE.NumExperts%par.EP == 0 {
		text += fmt.Sprintf(" (%d local experts)", a.MoE.NumExperts/par.EP)
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
