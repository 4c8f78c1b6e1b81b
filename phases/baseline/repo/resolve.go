package repo

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// target is what a ref is at a remote.
type target struct {
	name string // full name, "" for a commit that is named by its hash
	want plumbing.Hash
}

// resolve finds a ref among those that the remote listed. A full commit hash
// is asked for as it is: the remote decides.
func (r *remote) resolve(ref string) (target, error) {
	if ref == "" || ref == "HEAD" {
		return r.resolveHead()
	}
	for _, name := range refCandidates(strings.TrimPrefix(ref, "origin/")) {
		if h, ok := r.refs.References[name]; ok {
			return target{name, h}, nil
		}
	}
	if isHash(ref) {
		return target{"", plumbing.NewHash(ref)}, nil
	}
	e := &Error{Op: "reading", Subject: "ref " + quote(ref) + " of " + r.url, Kind: ErrRefNotFound,
		Nearest: nearest(ref, slices.Collect(maps.Keys(r.refs.References)))}
	if isHex(ref) && len(ref) >= 7 {
		if t, ok := r.abbreviated(ref); ok {
			return t, nil
		}
		e.Hint = "a commit that is not a branch's or tag's tip must be given with all 40 digits"
	}
	return target{}, e
}

// resolveHead finds the default branch.
func (r *remote) resolveHead() (target, error) {
	if r.refs.Head != nil {
		for _, v := range r.refs.Capabilities.Get("symref") {
			if name, ok := strings.CutPrefix(v, "HEAD:"); ok && refNameProblem(name) == "" {
				return target{name, *r.refs.Head}, nil
			}
		}
		return target{"HEAD", *r.refs.Head}, nil
	}
	for _, name := range []string{"refs/heads/main", "refs/heads/master"} {
		if h, ok := r.refs.References[name]; ok {
			return target{name, h}, nil
		}
	}
	return target{}, &Error{Op: "reading", Subject: "the default branch of " + r.url, Kind: ErrRefNotFound,
		Nearest: nearest("main", slices.Collect(maps.Keys(r.refs.References))), Hint: "name a branch with --sglang-ref"}
}

// abbreviated finds the one tip whose hash starts so.
func (r *remote) abbreviated(prefix string) (target, bool) {
	var found target
	for name, h := range r.refs.References {
		if shortRef(name) == "" || !strings.HasPrefix(h.String(), strings.ToLower(prefix)) {
			continue
		}
		if found.name != "" && found.want != h {
			return target{}, false
		}
		found = target{name, h}
	}
	return found, found.name != ""
}

// missingCommit is the error for a hash that the remote does not give.
func (r *remote) missingCommit(ref string) error {
	return &Error{Op: "reading", Subject: "ref " + quote(ref) + " of " + r.url, Kind: ErrRefNotFound,
		Hint: fmt.Sprintf("the remote has no commit %s, or gives tips of branches and tags only", short(ref))}
}
