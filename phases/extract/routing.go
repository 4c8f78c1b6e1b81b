package extract

// routing names how a router picks experts, as far as kernels are named by it:
// ds (sigmoid scores, correction bias, groups), renorm (softmax, the picked
// ones renormalised), softmax (not renormalised), sigmoid, llama4,
// grouped_softmax, or the score function of the file.
func (r *reader) routing() string {
	if r.fam.Routing != "" {
		return r.fam.Routing
	}
	score := ""
	for _, field := range []string{"scoring_func", "score_function", "moe_router_activation_func", "moe_router_activation", "score_func", "moe_router_score_function", "router_score_function"} {
		if s, ok := r.text.String(field); ok {
			score = s
			break
		}
	}
	groups := r.opt("n_group")
	if score == "" {
		score = r.fam.Score
	}
	switch {
	case score == "sigmoid" && groups > 0:
		return "ds"
	case score == "sigmoid":
		return "sigmoid"
	case score != "" && score != "softmax":
		return score
	case groups > 1:
		return "grouped_softmax"
	}
	if got, ok := r.value("norm_topk_prob"); ok {
		if b, isBool := asBool(got.Value); isBool && !b {
			return "softmax"
		}
		return "renorm"
	}
	if r.fam.Renorm {
		return "renorm"
	}
	if r.has("moe_renormalize") || r.has("norm_expert_weight") {
		if r.flag("moe_renormalize", true) && r.flag("norm_expert_weight", true) {
			return "renorm"
		}
		return "softmax"
	}
	return "unknown"
}
