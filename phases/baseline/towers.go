package baseline

import "strings"

// towerPaths finds the roots of towers beside the language model: a
// subtree outside the layer lists whose name or class says that it sees,
// hears or projects, and in which no attention with a KV cache or other token
// mixer of the language model stands.
func towerPaths(rows []*rowBuilder) map[string]bool {
	mixes := map[string]bool{} // paths that hold a token mixer
	for _, r := range rows {
		switch r.Type {
		case TypeAttention, TypeLinearAttention, TypeLMHead:
			for p := r.Path; p != ""; p = parentPath(p) {
				mixes[p] = true
			}
		}
	}
	towers := map[string]bool{}
	for _, r := range rows {
		if r.Path != "" && r.Layers == "" && !mixes[r.Path] && (isTowerName(lastPart(r.Path)) || isTowerName(r.Class)) {
			towers[r.Path] = true
		}
	}
	return towers
}

// isBelow says whether a path is one of the roots or below one.
func isBelow(p string, roots map[string]bool) bool {
	for ; p != ""; p = parentPath(p) {
		if roots[p] {
			return true
		}
	}
	return false
}

func parentPath(p string) string {
	i := strings.LastIndexByte(p, '.')
	return p[:max(i, 0)]
}

func isTowerName(name string) bool {
	name = strings.ToLower(name)
	for _, hint := range []string{"vision", "visual", "audio", "image", "speech", "multi_modal", "multimodal", "mm_projector", "projector",
		"aligner", "resampler", "siglip", "vpm", "sound", "video"} {
		if strings.Contains(name, hint) {
			return true
		}
	}
	return false
}
