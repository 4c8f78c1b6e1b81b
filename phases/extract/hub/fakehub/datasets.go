package fakehub

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// answerDataset answers /api/datasets/ORG/NAME/revision/REV and
// /api/datasets/ORG/NAME/tree/REV/FOLDER?recursive=true.
func (s *Server) answerDataset(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/api/datasets/"), "/", 4)
	if len(parts) < 4 || parts[2] != "revision" && parts[2] != "tree" {
		refuse(w, r, http.StatusNotFound, "", "Sorry, we can't find the page you are looking for.")
		return
	}
	id, what := parts[0]+"/"+parts[1], parts[2]
	repo := s.admit(w, r, datasets+id)
	if repo == nil {
		return
	}
	if repo.MovedTo != "" {
		redirect(w, r, http.StatusTemporaryRedirect, strings.Replace(r.URL.RequestURI(), id, repo.MovedTo, 1))
		return
	}
	revision, folder := parts[3], ""
	if what == "tree" {
		revision, folder, _ = strings.Cut(parts[3], "/")
	}
	s.mu.Lock()
	commit, page := repo.Commit(revision), repo.Page
	s.mu.Unlock()
	switch {
	case commit == nil:
		refuse(w, r, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+revision)
	case what == "revision":
		sendJSON(w, map[string]string{"id": id, "sha": commit.ID})
	default:
		s.sendTree(w, r, commit, folder, page)
	}
}

// node is a file or a folder of a tree.
type node struct {
	Type string `json:"type"`
	OID  string `json:"oid"`
	Size int    `json:"size"`
	Path string `json:"path"`
}

// sendTree sends one page of a folder's tree, and where the next one is.
func (s *Server) sendTree(w http.ResponseWriter, r *http.Request, commit *Commit, folder string, page int) {
	nodes := treeOf(commit, folder)
	if len(nodes) == 0 {
		refuse(w, r, http.StatusNotFound, "EntryNotFound", folder+" does not exist on \""+commit.ID+"\"")
		return
	}
	if page == 0 {
		page = 1000
	}
	q := r.URL.Query()
	from, _ := strconv.Atoi(q.Get("cursor"))
	from = min(max(from, 0), len(nodes))
	to := min(from+page, len(nodes))
	if to < len(nodes) {
		next := url.URL{Path: r.URL.Path, RawQuery: fmt.Sprintf("recursive=%s&expand=%s&cursor=%d", q.Get("recursive"), q.Get("expand"), to)}
		w.Header().Set("Link", "<"+s.URL+next.RequestURI()+`>; rel="next"`)
	}
	sendJSON(w, nodes[from:to])
}

// treeOf are the folders and files below a folder, sorted by path.
func treeOf(commit *Commit, folder string) []node {
	var nodes []node
	seen := map[string]bool{}
	for name, f := range commit.Files {
		if !strings.HasPrefix(name, folder+"/") {
			continue
		}
		nodes = append(nodes, node{"file", f.ETag(), len(f.Content), name})
		for dir := path.Dir(name); dir != folder && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			nodes = append(nodes, node{"directory", signature(commit.ID, dir), 0, dir})
		}
	}
	slices.SortFunc(nodes, func(a, b node) int { return strings.Compare(a.Path, b.Path) })
	return nodes
}
