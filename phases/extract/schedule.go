package extract

import (
	"fmt"
	"slices"
	"strings"
)

// The words for what mixes tokens in a layer. Config files have several words
// for each (fields.txt).
const (
	wordFull      = "full"      // softmax attention over everything
	wordSliding   = "sliding"   // softmax attention over a window
	wordChunked   = "chunked"   // softmax attention inside chunks
	wordLinear    = "linear"    // the family's linear attention
	wordConv      = "conv"      // short convolution
	wordMamba     = "mamba"     // Mamba 1 or 2
	wordBoth      = "both"      // attention and Mamba side by side
	wordRecurrent = "recurrent" // RG-LRU and other recurrences
	wordRWKV      = "rwkv"
	wordCross     = "cross" // attention to another tower
	wordNone      = "none"  // no mixer
)

// words returns for every layer what mixes its tokens. The rules stand in the
// order in which the more particular field wins.
func (r *reader) words() []string {
	for _, rule := range []func() []string{
		r.wordsFromPattern, r.wordsFromParts, r.wordsFromList, r.wordsFromTypeList, r.wordsFromLinearConfig, r.wordsFromIndices,
		r.wordsFromInterval, r.wordsFromCycle, r.wordsFromWindow,
	} {
		if list := rule(); list != nil {
			return list
		}
		if r.err != nil {
			return nil
		}
	}
	return r.markCrossAttention(r.everyLayer(r.onlyWord()))
}

// markCrossAttention marks the layers that attend to another tower (Llama 3.2 Vision).
func (r *reader) markCrossAttention(list []string) []string {
	indices, _, _ := r.ints(r.text, "cross_attention_layers")
	return mark(list, indices, 0, wordCross)
}

// mark gives the layers of a list of numbers, which count from a first one, a value.
func mark[T any](list []T, layers []int, first int, value T) []T {
	for _, n := range layers {
		if n >= first && n < first+len(list) {
			list[n-first] = value
		}
	}
	return list
}

func (r *reader) everyLayer(word string) []string { return slices.Repeat([]string{word}, r.layers) }

// where gives every layer one of two values.
func where[T any](layers int, is func(int) bool, yes, no T) []T {
	list := make([]T, layers)
	for i := range list {
		if list[i] = no; is(i) {
			list[i] = yes
		}
	}
	return list
}

// onlyWord is the mixer of families with one kind.
func (r *reader) onlyWord() string {
	switch {
	case r.fam.Mixes != "":
		return r.fam.Mixes
	case r.text.Has("ssm_cfg") || (r.has("ssm_state_size") && !r.has("num_attention_heads")):
		return wordMamba
	}
	return wordFull
}

// overridePattern is hybrid_override_pattern without its marks of pipeline
// stages: one character per layer. Every layer asks, so that it is made once.
func (r *reader) overridePattern() (pattern string, ok bool) {
	if r.pattern == nil {
		text, ok := r.text.String("hybrid_override_pattern")
		if !ok {
			return "", false
		}
		text = strings.ReplaceAll(text, "|", "")
		r.pattern = &text
	}
	return *r.pattern, true
}

// wordsFromPattern reads hybrid_override_pattern.
func (r *reader) wordsFromPattern() []string {
	pattern, ok := r.overridePattern()
	if !ok {
		return nil
	}
	if len(pattern) < r.layers {
		r.wrong("hybrid_override_pattern", pattern, "has %d characters for %d layers", len(pattern), r.layers)
		return nil
	}
	r.tooLong("hybrid_override_pattern", len(pattern), r.layers)
	list := make([]string, r.layers)
	for i := range list {
		word, known := fieldNames().words[strings.ToLower(pattern[i:i+1])]
		if !known {
			r.wrong("hybrid_override_pattern", pattern, "has the unknown character %q at layer %d", pattern[i], i)
			return nil
		}
		list[i] = word
	}
	return list
}

// wordsFromParts are the mixers of Zaya's layers.
func (r *reader) wordsFromParts() []string {
	if !r.fam.Alternates {
		return nil
	}
	return r.wordsWhere(func(i int) bool { return r.zayaPart(i) == partMixer }, wordFull, wordNone)
}

// wordsFromList reads layer_types and its older names.
func (r *reader) wordsFromList() []string {
	for _, field := range []string{"layers_block_type", "layer_types", "attention_layers", "block_types", "mixer_types"} {
		v, there := r.text.Get(field)
		if text, isText := v.(string); isText { // jet_nemotron and others write it as text
			v = valuesOf(strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' }))
		}
		values, isList := v.([]Value)
		if !there || !isList || len(values) == 0 {
			continue
		}
		if field == "block_types" { // a cycle, not a list
			values = cycleTo(values, r.layers)
		}
		if r.pairs() {
			values = everySecond(values)
		}
		if len(values) < r.layers {
			r.wrong(field, Value(int64(len(values))), "has %d values for %d layers", len(values), r.layers)
			return nil
		}
		r.tooLong(field, len(values), r.layers)
		return r.translate(field, values[:r.layers])
	}
	if types, ok := r.text.List("attention_types"); ok {
		if values := expandTypes(types, r.layers); len(values) >= r.layers {
			return r.translate("attention_types", values[:r.layers])
		}
	}
	return nil
}

// valuesOf are words as a file's list has them.
func valuesOf(words []string) []Value {
	list := make([]Value, len(words))
	for i, w := range words {
		list[i] = w
	}
	return list
}

func everySecond(values []Value) []Value {
	var list []Value
	for i := 0; i < len(values); i += 2 {
		list = append(list, values[i])
	}
	return list
}

func cycleTo(values []Value, n int) []Value {
	list := make([]Value, n)
	for i := range list {
		list[i] = values[i%len(values)]
	}
	return list
}

// expandTypes reads GPT-Neo's [[["global","local"],12]], at most n values.
func expandTypes(types []Value, n int) []Value {
	var list []Value
	for _, t := range types {
		pair, _ := t.([]Value)
		if len(pair) != 2 {
			return nil
		}
		names, _ := pair[0].([]Value)
		times, err := toInt("attention_types", pair[1])
		if err != nil || len(names) == 0 {
			return nil
		}
		for i := 0; i < times && len(list) < n; i++ {
			list = append(list, names...)
		}
	}
	return list
}

// translate turns a file's words into ours; "linear_attention" of a family
// with Mamba layers is a Mamba, as transformers 5 writes it. A word that nobody knows is an
// error, with the list's name.
func (r *reader) translate(field string, values []Value) []string {
	table := fieldNames().words
	list := make([]string, len(values))
	for i, v := range values {
		text, isText := v.(string)
		word, known := table[strings.ToLower(text)]
		switch {
		case !isText:
			r.wrong(fmt.Sprintf("%s[%d]", field, i), v, "should be a word such as full_attention")
			return nil
		case !known && strings.Contains(text, "attention"):
			word = wordFull
			r.infer(field+"."+text, "full_attention", "an unknown word, read as an attention layer")
		case !known:
			r.wrong(fmt.Sprintf("%s[%d]", field, i), v, "an unknown kind of layer")
			return nil
		}
		switch {
		case word == wordLinear && r.hasMamba():
			word = wordMamba
		case word == wordBoth && !r.hasMamba(): // some families call their own attention hybrid
			word = wordFull
		}
		list[i] = word
	}
	return list
}

// hasMamba reports whether the family has Mamba layers, or the config fields of
// them.
func (r *reader) hasMamba() bool {
	if r.fam.Type != "" {
		return r.fam.Mamba > 0
	}
	return r.has("mamba_num_heads") || r.has("mamba_expand")
}

// wordsFromTypeList reads lists of numbers: MiniMax's attn_type_list (1 is
// softmax attention), MiMo's hybrid_layer_pattern (1 is a sliding window).
func (r *reader) wordsFromTypeList() []string {
	for _, rule := range []struct{ field, zero, one string }{
		{"attn_type_list", wordLinear, wordFull},
		{"decoder_attention_types", wordLinear, wordFull},
		{"hybrid_layer_pattern", wordFull, wordSliding},
	} {
		if _, isList := r.text.List(rule.field); !isList {
			continue
		}
		numbers, ok := r.perLayer(rule.field, r.layers)
		if !ok {
			return nil
		}
		return r.wordsWhere(func(i int) bool { return numbers[i] == 1 }, rule.one, rule.zero)
	}
	return nil
}

// wordsFromLinearConfig reads Kimi's linear_attn_config, whose layers count
// from 1.
func (r *reader) wordsFromLinearConfig() []string {
	o := r.text.Object("linear_attn_config")
	if o == nil {
		return nil
	}
	if full, _, ok := r.ints(o, "full_attn_layers"); ok {
		return mark(r.everyLayer(wordLinear), full, 1, wordFull)
	}
	kda, _, _ := r.ints(o, "kda_layers")
	return mark(r.everyLayer(wordFull), kda, 1, wordLinear)
}

// wordsFromIndices reads lists of the layers of one kind.
func (r *reader) wordsFromIndices() []string {
	for _, rule := range []struct{ field, listed, others string }{
		{"full_attn_idxs", wordFull, wordConv},
		{"attn_layer_indices", wordFull, wordMamba},
		{"attn_layer_idx", wordFull, wordMamba},
		{"hybrid_layer_ids", wordBoth, wordMamba},
		{"local_layer_ids", wordSliding, wordFull},
	} {
		if _, isList := r.text.List(rule.field); !isList {
			continue
		}
		if rule.others == wordMamba && r.onlyWord() == wordBoth {
			continue // Falcon-H1 has the field, and both mixers in every layer
		}
		indices, _, _ := r.ints(r.text, rule.field)
		return mark(r.everyLayer(rule.others), indices, 0, rule.listed)
	}
	return nil
}

// wordsFromInterval reads intervals: one layer of another kind every n.
func (r *reader) wordsFromInterval() []string {
	if period := r.opt("attn_layer_period"); period > 0 { // Jamba
		offset := r.opt("attn_layer_offset")
		return r.wordsWhere(func(i int) bool { return i%period == offset }, wordFull, wordMamba)
	}
	for _, field := range []string{"full_attention_interval", "layer_group_size"} {
		if n := r.opt(field); n > 1 {
			return r.wordsWhere(func(i int) bool { return (i+1)%n == 0 }, wordFull, wordLinear)
		}
	}
	if n := r.opt("global_attn_every_n_layers"); n > 0 {
		return r.wordsWhere(func(i int) bool { return (i+1)%n == 0 }, wordFull, r.windowWord())
	}
	return nil
}

func (r *reader) wordsWhere(is func(int) bool, yes, no string) []string {
	return where(r.layers, is, yes, no)
}

// windowWord is sliding where a window is stated, full else.
func (r *reader) windowWord() string {
	if r.opt("sliding_window") > 0 {
		return wordSliding
	}
	return wordFull
}

// wordsFromCycle reads sliding_window_pattern (a number, or letters such as
// LLLG), else the cycle of the configuration class.
func (r *reader) wordsFromCycle() []string {
	for _, field := range []string{"sliding_window_pattern", "_sliding_window_pattern"} {
		v, there := r.text.Get(field)
		if !there || v == nil {
			continue
		}
		if letters, isText := v.(string); isText && strings.Trim(letters, "LGlg") == "" && letters != "" {
			return r.translate(field, cycleTo(valuesOf(strings.Split(letters, "")), r.layers))
		}
		if _, isList := v.([]Value); isList {
			continue
		}
		n, err := toInt(field, v)
		if err != nil {
			r.fail(err)
			return nil
		}
		if n > 0 {
			return r.wordsWhere(func(i int) bool { return (i+1)%n == 0 }, wordFull, r.windowWord())
		}
	}
	if r.class == nil || len(r.class.Cycle) == 0 {
		return nil
	}
	list := r.translate("layer_types", cycleTo(valuesOf(r.class.Cycle), r.layers))
	if r.opt("sliding_window") == 0 {
		for i, w := range list {
			if w == wordSliding {
				list[i] = wordFull
			}
		}
	}
	r.note(&r.defaults, "layer_types", strings.Join(r.class.Cycle, ", "), "the cycle of HuggingFace's "+r.class.Type+" configuration")
	return list
}

// wordsFromWindow returns a word for each layer where the config has a window
// that holds for all layers, or from max_window_layers on where the family has
// use_sliding_window.
func (r *reader) wordsFromWindow() []string {
	_, switched := r.value("use_sliding_window")
	if switched && !r.flag("use_sliding_window", false) {
		return nil // then the class's default window is nobody's
	}
	if r.opt("sliding_window") == 0 || r.onlyWord() != wordFull {
		return nil
	}
	if !switched {
		if r.class == nil || !r.fam.Windowed {
			return nil
		}
		return r.everyLayer(wordSliding)
	}
	from := r.layers
	if got, ok := r.value("max_window_layers"); ok {
		if n, err := scalarInt("max_window_layers", got.Value); err == nil && n >= 0 {
			from = n
		}
	}
	return r.wordsWhere(func(i int) bool { return i >= from }, wordSliding, wordFull)
}
