package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Bounds of one listing: flashinfer-trace has some hundred files in its
// folders, a page of the Hub a thousand entries of 150 bytes.
const (
	treeBudget   = 15 * time.Second
	maxTreePages = 64
	maxTreeFiles = 50_000
)

// Tree is a listing of a dataset repository.
type Tree struct {
	// Commit is the state of the repository that was listed.
	Commit string
	// Files are the paths of the files below the folders that were asked for,
	// in the Hub's order.
	Files []string
}

// DatasetTree lists the files below folders of a dataset repository's main
// branch. A caller that has the listing of a commit gives that: while it is
// still the newest, the answer has the commit and no files. A folder that the
// repository does not have is empty. It asks without retries, as a listing at
// hand is worth more than a wait. Offline it is an *OfflineError.
func (c *Client) DatasetTree(ctx context.Context, repoID, known string, folders ...string) (*Tree, error) {
	if err := ValidateRepoID(repoID); err != nil {
		return nil, err
	}
	k := &call{c: c, repoID: repoID, filename: "the list of files", deadline: c.clock.Now().Add(treeBudget)}
	if err := k.mayAsk(); err != nil {
		return nil, err
	}
	ctx, cancel := withTimeout(ctx, c.clock, treeBudget, errBudget)
	defer cancel()
	var head struct {
		SHA string `json:"sha"`
	}
	at := c.apiURL("/api/datasets/" + repoID + "/revision/" + DefaultRevision)
	if _, err := k.getPage(ctx, at, &head); err != nil {
		return nil, err
	}
	if !IsCommit(head.SHA) {
		return nil, notHub(k.subjectOf(at), "its answer names no commit")
	}
	t := &Tree{Commit: head.SHA}
	if head.SHA == known {
		return t, nil
	}
	for _, folder := range folders {
		if err := k.list(ctx, t, folder); err != nil && !missingFolder(err) {
			return nil, err
		}
	}
	return t, nil
}

// apiURL is an address of the Hub's API.
func (c *Client) apiURL(path string) *url.URL {
	u := *c.set.endpoint
	u.Path, u.RawPath, u.RawQuery = u.Path+path, "", ""
	return &u
}

// missingFolder reports whether the repository is there and the folder is not.
func missingFolder(err error) bool {
	var missing *EntryNotFoundError
	return errors.As(err, &missing)
}

// list adds the files below one folder, of one and the same commit, page by
// page.
func (k *call) list(ctx context.Context, t *Tree, folder string) error {
	at := k.c.apiURL("/api/datasets/" + k.repoID + "/tree/" + t.Commit + "/" + folder)
	at.RawQuery = "recursive=true&expand=false"
	seen := map[string]bool{}
	for pages := 0; at != nil; pages++ {
		if seen[at.String()] || pages == maxTreePages {
			return notHub(k.subjectOf(at), "its pages do not end")
		}
		seen[at.String()] = true
		var entries []struct {
			Type string `json:"type"`
			Path string `json:"path"`
		}
		next, err := k.getPage(ctx, at, &entries)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Type != "file" || !strings.HasPrefix(e.Path, folder+"/") || ValidateFilename(e.Path) != nil {
				continue
			}
			if t.Files = append(t.Files, e.Path); len(t.Files) > maxTreeFiles {
				return notHub(k.subjectOf(at), fmt.Sprintf("it lists more than %d files", maxTreeFiles))
			}
		}
		at = next
	}
	return nil
}

// getPage GETs one page of the Hub's API; next is the page after it, nil when
// it is the last.
func (k *call) getPage(ctx context.Context, u *url.URL, into any) (next *url.URL, err error) {
	a, err := k.follow(ctx, http.MethodGet, u, true)
	if err != nil {
		return nil, err
	}
	defer a.close()
	data, err := io.ReadAll(io.LimitReader(a.Body, maxSearchBody+1))
	switch {
	case err != nil:
		return nil, k.bodyError(a, err)
	case len(data) > maxSearchBody:
		return nil, notHub(k.subject(a), "its answer does not end")
	}
	if err := k.refuseEcho(k.subject(a), data); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return nil, notHub(k.subject(a), "its answer is not the API's JSON")
	}
	return k.nextPage(a)
}

// nextLink is the entry of a Link header that names the next page.
var nextLink = regexp.MustCompile(`<([^<>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"[^"]*"|[^\s",;]*))*)`)

// nextPage reads which page follows an answer. It has to be where the Hub is:
// a page elsewhere is none of its own.
func (k *call) nextPage(a *answer) (*url.URL, error) {
	for _, m := range nextLink.FindAllStringSubmatch(strings.Join(a.Header.Values("Link"), ", "), -1) {
		rel := strings.ReplaceAll(strings.ReplaceAll(m[2], " ", ""), `"`, "")
		if !strings.Contains(rel+";", ";rel=next;") {
			continue
		}
		next, reason := redirectTarget(a.at, m[1])
		if reason == "" && !k.c.trusted(next) {
			reason = "it leads to another host"
		}
		if reason != "" {
			return nil, notHub(k.subject(a), "the address of its next page cannot be used: "+reason)
		}
		return next, nil
	}
	return nil, nil
}
