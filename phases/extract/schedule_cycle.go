package extract

import "strings"

// wordsFromInterval reads intervals: one layer of another kind every n.
func (r *reader) wordsFromInterval() []string {
	if period := r.opt("attn_layer_period"); period > 0 { // Jamba
		offset := r.opt("attn_layer_offset")
		return r.every(func(i int) bool { return i%period == offset }, wordFull, wordMamba)
	}
	for _, field := range []string{"full_attention_interval", "layer_group_size"} {
		if n := r.opt(field); n > 1 {
			return r.every(func(i int) bool { return (i+1)%n == 0 }, wordFull, wordLinear)
		}
	}
	if n := r.opt("global_attn_every_n_layers"); n > 0 {
		return r.every(func(i int) bool { return (i+1)%n == 0 }, wordFull, r.windowWord())
	}
	return nil
}

func (r *reader) every(is func(int) bool, yes, no string) []string {
	list := make([]string, r.layers)
	for i := range list {
		list[i] = no
		if is(i) {
			list[i] = yes
		}
	}
	return list
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
			return r.translate(field, cycleTo(splitLetters(letters), r.layers))
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
			return r.every(func(i int) bool { return (i+1)%n == 0 }, wordFull, r.windowWord())
		}
	}
	if r.class == nil || len(r.class.Cycle) == 0 {
		return nil
	}
	values := make([]Value, 0, len(r.class.Cycle))
	for _, w := range r.class.Cycle {
		values = append(values, w)
	}
	list := r.translate("layer_types", cycleTo(values, r.layers))
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

func splitLetters(text string) []Value {
	list := make([]Value, 0, len(text))
	for _, c := range text {
		list = append(list, string(c))
	}
	return list
}

// wordsFromWindow: a window that holds for all layers, or from max_window_layers
// on where the family has use_sliding_window.
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
	return r.every(func(i int) bool { return i >= from }, wordSliding, wordFull)
}
