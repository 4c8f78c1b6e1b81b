package tree

import "strings"

// MarkSingleLayer gives layer 0 to the rows of a decoder layer that stands alone
// instead of in a list, as in drafts of one layer (self.midlayer). It is the
// innermost module that has an attention in one block of its own and another
// block beside that. A model with a list of layers has no such module.
func MarkSingleLayer(rows []*Row) {
	attention := ""
	blocks := map[string][]string{} // paths of blocks by their parent
	for _, r := range rows {
		switch {
		case r.Layers != "":
			return
		case r.Type == TypeAttention || r.Type == TypeLinearAttention:
			attention = r.Path
		case r.Type == TypeBlock && r.Path != "" && r.Tied == "":
			blocks[ParentPath(r.Path)] = append(blocks[ParentPath(r.Path)], r.Path)
		}
	}
	if attention == "" {
		return
	}
	for p := ParentPath(attention); p != ""; p = ParentPath(p) {
		inside := false
		for _, b := range blocks[p] {
			inside = inside || strings.HasPrefix(attention, b+".")
		}
		if !inside || len(blocks[p]) < 2 {
			continue
		}
		for _, r := range rows {
			if r.Path == p || strings.HasPrefix(r.Path, p+".") {
				r.Layers = "0"
			}
		}
		return
	}
}
