package tree

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// TowerPaths finds the roots of towers beside the language model: a
// subtree outside the layer lists whose name or class says that it sees,
// hears or projects, and in which no attention with a KV cache or other token
// mixer of the language model stands.
func TowerPaths(rows []*Row) map[string]bool {
	mixes := map[string]bool{} // paths that hold a token mixer
	for _, r := range rows {
		switch r.Type {
		case TypeAttention, TypeLinearAttention, TypeLMHead:
			for p := r.Path; p != ""; p = ParentPath(p) {
				mixes[p] = true
			}
		}
	}
	towers := map[string]bool{}
	for _, r := range rows {
		if r.Path != "" && r.Layers == "" && !mixes[r.Path] && (IsTowerName(pyeval.LastPart(r.Path)) || IsTowerName(r.Class)) {
			towers[r.Path] = true
		}
	}
	for _, r := range rows {
		if r.Layers == "" && !mixes[r.Path] && linksTower(pyeval.LastPart(r.Path)) && hasTowerIn(towers, ParentPath(r.Path)) {
			towers[r.Path] = true
		}
	}
	return towers
}

// linksTower reports whether a module is called like what leads from a tower to the
// language model, although its name does not say what it sees or hears: beside a
// tower it is a part of it (MiMo's projection).
func linksTower(name string) bool {
	return slices.Contains([]string{"projection", "connector", "merger", "adapter", "adaptor"}, strings.ToLower(name))
}

// hasTowerIn reports whether a module holds a tower itself.
func hasTowerIn(towers map[string]bool, parent string) bool {
	for path := range towers {
		if ParentPath(path) == parent {
			return true
		}
	}
	return false
}

// IsBelow reports whether a path is one of the roots or below one.
func IsBelow(p string, roots map[string]bool) bool {
	for ; p != ""; p = ParentPath(p) {
		if roots[p] {
			return true
		}
	}
	return false
}

// ParentPath is the path of the module around the one at p.
func ParentPath(p string) string {
	i := strings.LastIndexByte(p, '.')
	return p[:max(i, 0)]
}

// IsTowerName reports whether a name is that of a vision or audio tower, or of what leads from one to
// the language model.
func IsTowerName(name string) bool {
	name = strings.ToLower(name)
	hints := []string{"vision", "visual", "audio", "image", "speech", "multi_modal", "multimodal", "mm_projector", "projector",
		"aligner", "resampler", "siglip", "vpm", "sound", "video"}
	return slices.ContainsFunc(hints, func(hint string) bool { return strings.Contains(name, hint) })
}
