package weights

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// place is where a tensor's name says that it stands.
type place struct {
	stack  string // the path of the list of layers; "" outside of every list
	layer  int
	module string // below the layer, or the whole path outside: without the parameter, expert numbers as "*"
	param  string // "weight", "qweight", "A_log"
	expert bool
}

// parse splits a tensor's name: the first number is a layer, a number after
// "experts" an expert.
func parse(name string) place {
	segs := strings.Split(name, ".")
	p := place{layer: -1}
	from := 0
	for i, s := range segs[:len(segs)-1] {
		if n, ok := number(s); ok && i > 0 && !isExperts(segs[i-1]) {
			p.stack, p.layer, from = strings.Join(segs[:i], "."), n, i+1
			break
		}
	}
	rest := slices.Clone(segs[from:])
	for i := range rest {
		if i > 0 && isExperts(rest[i-1]) {
			if _, ok := number(rest[i]); ok {
				rest[i] = "*"
			}
		}
		if isExperts(rest[i]) {
			p.expert = true
		}
	}
	p.module, p.param = splitParam(rest)
	return p
}

// splitParam splits the parameter off a module's path. bitsandbytes keeps its
// state below the weight: weight.absmax.
func splitParam(segs []string) (module, param string) {
	at := len(segs) - 1
	if w := slices.Index(segs, "weight"); w >= 0 {
		at = w
	}
	return strings.Join(segs[:at], "."), strings.Join(segs[at:], ".")
}

func number(s string) (int, bool) {
	if s == "" || len(s) > 6 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// isExperts reports whether a name is that of a list of routed experts; shared
// experts are not.
func isExperts(seg string) bool {
	return strings.HasSuffix(seg, "experts") && !strings.HasPrefix(seg, "shared") || seg == "expert"
}

// The parts of a checkpoint that are not the language model's layers.
var (
	towerName = sync.OnceValue(func() *regexp.Regexp { // most runs never come to it
		return regexp.MustCompile(`(?i)^(visual|vision|audio|image|img|speech|video|vit|vqmodel|vqgan|sound|mm_|multi_modal|multimodal|modality|perceive_sampler|perceiver|resampler|aligner|thinker_audio|talker|code2wav|token2wav|depth_decoder|codec_model|mimi)|(_tower|_encoder|projector|(language|visual|vision|speech|audio|modal|image)_projection|connector|_adaptor|resampler|merger|vision|qformer|abstractor|embed_vision|embed_audio)$`)
	})
	mtpName   = regexp.MustCompile(`(?i)^(mtp|mtp_layers|mtp_block|nextn|eagle|medusa_head|eh_proj|enorm|hnorm|shared_head)$`)
	adapter   = regexp.MustCompile(`^(lora_(A|B|embedding_A|embedding_B|magnitude_vector)|modules_to_save)$`)
	bufferEnd = regexp.MustCompile(`^(inv_freq|masked_bias|position_ids|cos_cached|sin_cached|token_type_ids|num_batches_tracked|rotary_pos_emb|normalizer|embed_scale|local_causal_mask|causal_mask|tril|slope_rate|(query|key|diagonal)_decay)$`)
)

// part says which part of a checkpoint a tensor belongs to.
type part int

const (
	partModel part = iota
	partTower
	partMTP
	partAdapter
	partBuffer
)

// partOf reads the part off a tensor's name. spared are the segments of the
// language model's own path, which may be called like a tower.
func partOf(t Tensor, spared map[string]bool) part {
	segs := strings.Split(t.Name, ".")
	last := segs[len(segs)-1]
	if bufferEnd.MatchString(last) || strings.HasPrefix(last, "rotary") {
		return partBuffer
	}
	// GPT-2 and its kin keep their causal mask beside the weights.
	if last == "bias" && len(t.Shape) > 2 {
		return partBuffer
	}
	for _, s := range segs {
		switch {
		case adapter.MatchString(s):
			return partAdapter
		case mtpName.MatchString(s):
			return partMTP
		case !spared[s] && towerName().MatchString(s):
			return partTower
		}
	}
	return partModel
}

// collapse is a tensor's name without the numbers of its layer and its expert:
// equal for tensors that stand for the same thing in different layers.
func collapse(name string) string {
	segs := strings.Split(name, ".")
	for i, s := range segs {
		if _, ok := number(s); ok {
			segs[i] = "*"
		}
	}
	return strings.Join(segs, ".")
}

// Kinds counts the tensors that differ in more than the numbers of their layer
// and their expert.
func Kinds(tensors []Tensor) int {
	kinds := map[string]bool{}
	for _, t := range tensors {
		kinds[collapse(t.Name)] = true
	}
	return len(kinds)
}

// Cover chooses the fewest files of a weight map that have a tensor of every
// kind (of every name without its numbers), so that a checkpoint of too many
// files is seen in part.
func Cover(weightMap map[string]string) []string {
	kinds := map[string]map[string]bool{} // file -> kinds
	missing := map[string]bool{}
	for name, file := range weightMap {
		kind := collapse(name)
		if kinds[file] == nil {
			kinds[file] = map[string]bool{}
		}
		kinds[file][kind], missing[kind] = true, true
	}
	files := make([]string, 0, len(kinds))
	for file := range kinds {
		files = append(files, file)
	}
	slices.Sort(files)
	// The gain of a file only falls as others are chosen: the first whose gain
	// still stands is the best (lazy greedy).
	gain := map[string]int{}
	for _, file := range files {
		gain[file] = len(kinds[file])
	}
	byGain := func(a, b string) int { return cmp.Or(cmp.Compare(gain[b], gain[a]), strings.Compare(a, b)) }
	slices.SortFunc(files, byGain)
	var chosen []string
	for len(missing) > 0 && len(files) > 0 && len(chosen) < maxCover {
		best := files[0]
		now := 0
		for kind := range kinds[best] {
			if missing[kind] {
				now++
			}
		}
		stale := now < gain[best]
		gain[best] = now
		if stale && len(files) > 1 && byGain(files[1], best) < 0 {
			at, _ := slices.BinarySearchFunc(files[1:], best, byGain)
			copy(files, files[1:1+at])
			files[at] = best
			continue
		}
		files = files[1:]
		if now == 0 {
			break
		}
		chosen = append(chosen, best)
		for kind := range kinds[best] {
			delete(missing, kind)
		}
	}
	return chosen
}

// maxCover bounds the files of a Cover: real checkpoints need two or three.
const maxCover = 512
