package validate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/tsast"
)

// A claim is a way in which people write a number of the model: the pattern's
// groups are numbers.
type claim struct {
	pattern *regexp.Regexp
	// holds reports whether the numbers are true of the model, and otherwise
	// says what is, and gives the right numbers.
	holds  func(c *comparison, numbers []int) (ok bool, what, right string)
	fields []string
}

// kindsOfLayers are words that people put between a number and "layers".
const kindsOfLayers = `(?:(?:total|decoder|transformer|hidden|mamba2?|attention|mlp|mlp-only|dense|moe|sparse|local|global|gdn|gqa|mla|full|linear|sliding)\s+)*`

// claims are tried in order; what one has matched is not looked at again. Most
// runs never come to them.
var claims = sync.OnceValue(func() []claim {
	return []claim{
		{regexp.MustCompile(`(?i)\b(\d{1,5}) (?:of|in|out of) every (\d{1,5}) layers?\b`), (*comparison).ratioHolds, layerFields},
		{regexp.MustCompile(`(?i)\b(?:every|each|per|last) (\d{1,5})(?:th|rd|nd)? ` + kindsOfLayers + `layers?\b`), nil, nil},
		{regexp.MustCompile(`(?i)(?:^|[^\w.×/-])(\d{1,5}) of (\d{1,5}) ` + kindsOfLayers + `layers?\b`), (*comparison).layersHold, layerFields},
		{regexp.MustCompile(`(?i)(?:^|[^\w.×/-])(\d{1,5}) ` + kindsOfLayers + `layers?\b`), (*comparison).layersHold, layerFields},
		{regexp.MustCompile(`(?:^|[\s(,;])×\s?(\d{1,5})\b`), (*comparison).layersHold, layerFields},
		{regexp.MustCompile(`(?i)= (\d{1,5}) total\b`), (*comparison).layersHold, layerFields},
		{regexp.MustCompile(`(?i)(?:^|[^\w.×/-])(\d{1,5}) (?:routed )?experts\b`), (*comparison).expertsHold, []string{"n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts"}},
		{regexp.MustCompile(`(?i)\btop-(\d{1,3})\b`), (*comparison).chosenHold, []string{"num_experts_per_tok", "moe_topk", "num_experts_per_token", "moe_k"}},
	}
})

// staleText compares what the description and the comments say with the model.
func (c *comparison) staleText() {
	if !c.facts.known() {
		return
	}
	c.staleIn(c.p.model.Description.Value, c.p.model.Description.Span, "the description")
	for _, comment := range c.p.model.Comments {
		c.staleIn(comment.Text, comment.Span, "a comment")
	}
}

// mostClaims of one kind are looked at in a text: nobody reads more findings at
// one place.
const mostClaims = 20

func (c *comparison) staleIn(text string, span tsast.Span, where string) {
	for _, claim := range claims() {
		for _, at := range claim.pattern.FindAllStringSubmatchIndex(text, mostClaims) {
			if claim.holds == nil {
				continue
			}
			var numbers []int
			for g := 2; g < len(at); g += 2 {
				n, err := strconv.Atoi(text[at[g]:at[g+1]])
				if err != nil {
					return
				}
				numbers = append(numbers, n)
			}
			if ok, what, right := claim.holds(c, numbers); !ok {
				said := strings.Trim(text[at[0]:at[1]], " (,;\t")
				c.find(nil, Problem{
					Rule: "config-stale-text", Span: span, Expected: right,
					Message: fmt.Sprintf("%s says %s, but %s", where, q(said), what),
				}, claim.fields...)
			}
		}
		text = claim.pattern.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat("\x00", len(s)) })
	}
}

// layerNumbers are the numbers of layers that are true of the model in any way
// of counting them.
func (c *comparison) layerNumbers() map[int]bool {
	if c.numbers != nil {
		return c.numbers
	}
	all := c.facts.all()
	numbers := map[int]bool{len(all): true, c.arch.MTPLayers: true, len(all) + c.arch.MTPLayers: true}
	kinds := map[string]int{}
	for _, l := range c.facts.layers {
		for _, kind := range []string{"m " + l.mixer.ID, "f " + string(l.mixer.Family), "p " + l.mlp.ID, "q " + string(l.mlp.Family), l.mixer.ID + " " + l.mlp.ID, string(l.mixer.Family) + " " + string(l.mlp.Family)} {
			kinds[kind]++
		}
	}
	for _, n := range kinds {
		numbers[n] = true
	}
	for _, is := range []func(layerFact) bool{sparse, dense, hasMLP, attends, windowed, hasRope} {
		n := c.facts.count(all, is)
		numbers[n], numbers[len(all)-n] = true, true
	}
	c.numbers = numbers
	return numbers
}

func (c *comparison) layersHold(numbers []int) (ok bool, what, right string) {
	known := c.layerNumbers()
	for i, n := range numbers {
		if i == 1 && n != len(c.facts.layers) || !known[n] {
			return false, fmt.Sprintf("no kind of the model's %d layers has so many", len(c.facts.layers)), c.rightNumbers()
		}
	}
	return true, "", ""
}

// rightNumbers are the numbers of layers of the model's kinds, as text.
func (c *comparison) rightNumbers() string {
	var texts []string
	for _, n := range slices.Sorted(maps.Keys(c.layerNumbers())) {
		if n > 0 {
			texts = append(texts, strconv.Itoa(n))
		}
	}
	return strings.Join(texts, ", ")
}

// ratioHolds reports whether a comment such as "5 of every 6 layers" is true:
// some kind has that share, of whole periods.
func (c *comparison) ratioHolds(numbers []int) (ok bool, what, right string) {
	total := len(c.facts.layers)
	for n := range c.layerNumbers() {
		if n*numbers[1] == total*numbers[0] || numbers[1] > 0 && total/numbers[1]*numbers[0] == n {
			return true, "", ""
		}
	}
	return false, fmt.Sprintf("no kind of the model's %d layers has that share", total), c.rightNumbers()
}

func (c *comparison) expertsHold(numbers []int) (ok bool, what, right string) {
	kinds := c.facts.sparseKinds()
	if len(kinds) == 0 {
		return true, "", ""
	}
	for _, m := range kinds {
		if n := numbers[0]; n == m.NumExperts || n == m.NumExpertsPerTok || n == m.SharedExperts || n == m.NumExperts+m.SharedExperts {
			return true, "", ""
		}
	}
	return false, fmt.Sprintf("the model has %d routed experts", kinds[0].NumExperts), strconv.Itoa(kinds[0].NumExperts)
}

func (c *comparison) chosenHold(numbers []int) (ok bool, what, right string) {
	kinds := c.facts.sparseKinds()
	if len(kinds) == 0 {
		return true, "", ""
	}
	for _, m := range kinds {
		if numbers[0] == m.NumExpertsPerTok || numbers[0] == m.TopKGroup {
			return true, "", ""
		}
	}
	for _, k := range c.arch.AttentionKinds { // sparse attention chooses, too
		if numbers[0] == k.IndexTopK {
			return true, "", ""
		}
	}
	for _, key := range textKeys(c.arch.TextConfig) { // and so do other parts
		name := strings.ReplaceAll(strings.ToLower(key), "_", "")
		if v, ok, err := c.arch.TextConfig.Int(key); ok && err == nil && v == numbers[0] && strings.Contains(name, "topk") {
			return true, "", ""
		}
	}
	return false, fmt.Sprintf("%d of the model's experts are chosen for a token", kinds[0].NumExpertsPerTok), strconv.Itoa(kinds[0].NumExpertsPerTok)
}

// textKeys are the fields of a config; none when there is none.
func textKeys(o *extract.Object) []string {
	if o == nil {
		return nil
	}
	return o.Keys
}
