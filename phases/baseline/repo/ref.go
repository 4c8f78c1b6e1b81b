package repo

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxRefName bounds a ref's name.
const maxRefName = 255

// nearestRefs is how many similar refs an error names.
const nearestRefs = 3

// checkRefName refuses what git check-ref-format refuses, and names that could
// be taken for an option or a path out of the repository. "" is fine.
func checkRefName(ref string) error {
	if ref == "" {
		return nil
	}
	if why := refNameProblem(ref); why != "" {
		return &Error{Op: "reading", Subject: "ref " + quote(ref), Kind: ErrRefName, Hint: why}
	}
	return nil
}

func refNameProblem(ref string) string {
	switch {
	case len(ref) > maxRefName:
		return "it is longer than 255 bytes"
	case strings.HasPrefix(ref, "-"):
		return "it starts with a dash"
	case strings.HasPrefix(ref, "/") || strings.HasSuffix(ref, "/") || strings.Contains(ref, "//"):
		return "it has an empty part between slashes"
	case strings.Contains(ref, ".."), strings.Contains(ref, "@{"), ref == "@":
		return "give a branch, a tag or a commit, not a revision expression"
	case strings.HasSuffix(ref, "."):
		return "it ends with a dot"
	}
	for _, r := range ref {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("~^:?*[\\", r) {
			return "it holds " + quote(string(r))
		}
	}
	for part := range strings.SplitSeq(ref, "/") {
		if strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return "no part of it may start with a dot or end with .lock"
		}
	}
	return ""
}

// isHash reports whether s is a full commit hash.
func isHash(s string) bool { return len(s) == 40 && isHex(s) }

// isHex reports whether s is made of hexadecimal digits.
func isHex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// refCandidates are the full names that a short one can stand for, in the
// order in which git tries them.
func refCandidates(ref string) []string {
	list := []string{}
	if ref == "HEAD" || strings.HasPrefix(ref, "refs/") {
		list = append(list, ref)
	}
	return append(list, "refs/"+ref, "refs/tags/"+ref, "refs/heads/"+ref, "refs/remotes/"+ref, "refs/remotes/origin/"+ref)
}

// shortRef is the name that a user would type for a full ref name; "" for
// those that are nobody's to type (pull requests, notes).
func shortRef(full string) string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/remotes/origin/"} {
		if name, ok := strings.CutPrefix(full, prefix); ok && !strings.HasSuffix(name, "^{}") && name != "HEAD" {
			return name
		}
	}
	return ""
}

// nearest returns the refs most like the one that was not found.
func nearest(ref string, fullNames []string) []string {
	type scored struct {
		name string
		cost int
	}
	want := strings.ToLower(strings.TrimPrefix(ref, "origin/"))
	seen := map[string]bool{}
	var list []scored
	for _, full := range fullNames {
		name := shortRef(full)
		if name == "" || seen[name] || len(name) > maxRefName {
			continue
		}
		seen[name] = true
		low := strings.ToLower(name)
		cost := levenshtein.ComputeDistance(want, low)
		if strings.Contains(low, want) || strings.Contains(want, low) {
			cost = min(cost, 2)
		}
		if cost <= max(2, len(want)/2) {
			list = append(list, scored{name, cost})
		}
	}
	slices.SortFunc(list, func(a, b scored) int { return cmp.Or(cmp.Compare(a.cost, b.cost), strings.Compare(a.name, b.name)) })
	var out []string
	for _, s := range list[:min(len(list), nearestRefs)] {
		out = append(out, s.name)
	}
	return out
}

// quote shows hostile text safely and short.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, "\""+s+"\"")
}
