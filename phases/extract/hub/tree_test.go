package hub

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

func goodHub(t *testing.T) fakehub.Scenario {
	t.Helper()
	sc, ok := fakehub.Find("good")
	if !ok {
		t.Fatal("there is no scenario good")
	}
	return sc
}

var listed = []string{
	"definitions/gemm/gemm_n512_k256.json", "definitions/rmsnorm/rmsnorm_h256.json", "definitions/rmsnorm/rmsnorm_h512.json",
	"workloads/rmsnorm/rmsnorm_h512.jsonl",
}

func TestDatasetTree(t *testing.T) {
	b := newBench(t, goodHub(t))
	c := b.client()
	tree, err := c.DatasetTree(t.Context(), fakehub.DemoDataset, "", "definitions", "workloads", "no-such-folder")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tree.Files, listed) || !IsCommit(tree.Commit) {
		t.Errorf("%+v", tree)
	}
	if pages := strings.Count(b.s.LogText(), "/tree/"); pages < 5 {
		t.Errorf("the pages of two entries are %d:\n%s", pages, b.s.LogText())
	}
	// What has not changed is not listed again.
	b.s.ClearRequests()
	again, err := c.DatasetTree(t.Context(), fakehub.DemoDataset, tree.Commit, "definitions")
	if err != nil || again.Files != nil || again.Commit != tree.Commit || len(b.s.Requests()) != 1 {
		t.Errorf("%+v, %v\n%s", again, err, b.s.LogText())
	}
	// All pages are of the commit that was named first.
	b.s.ClearRequests()
	b.s.On(fakehub.Rule{Path: "/tree/", Skip: 1, Times: 1, Do: func(x *fakehub.Exchange) {
		x.S.Update("datasets/"+fakehub.DemoDataset, func(r *fakehub.Repo) {
			r.Old = append(r.Old, r.Refs["main"])
			r.Refs["main"] = fakehub.NewCommit(map[string]fakehub.File{"definitions/x/y.json": {}})
		})
		x.Next()
	}})
	moved, err := c.DatasetTree(t.Context(), fakehub.DemoDataset, "", "definitions")
	if err != nil || !slices.Equal(moved.Files, listed[:3]) || moved.Commit != tree.Commit {
		t.Errorf("%+v, %v", moved, err)
	}
}

// TestDatasetTreeOfABadHub: whatever a Hub sends, the listing ends, and the
// token is not shown to anybody else.
func TestDatasetTreeOfABadHub(t *testing.T) {
	link := func(to func(x *fakehub.Exchange) string) fakehub.Action {
		return func(x *fakehub.Exchange) {
			fakehub.SetHeaders("Link", "<"+to(x)+`>; rel="next"`)(x)
		}
	}
	for name, c := range map[string]struct {
		do   fakehub.Action
		path string
		kind string
	}{
		"another host":     {link(func(x *fakehub.Exchange) string { return x.S.StoreURL + "/more" }), "/tree/", "not-a-hub"},
		"another port":     {link(func(x *fakehub.Exchange) string { return x.S.SamehostURL + "/more" }), "/tree/", "not-a-hub"},
		"no web address":   {link(func(*fakehub.Exchange) string { return "file:///etc/passwd" }), "/tree/", "not-a-hub"},
		"itself":           {link(func(x *fakehub.Exchange) string { return x.R.URL.RequestURI() }), "/tree/", "not-a-hub"},
		"without end":      {link(func(x *fakehub.Exchange) string { return x.R.URL.RequestURI() + "&more" }), "/tree/", "not-a-hub"},
		"a login page":     {fakehub.HTML, "/tree/", "not-a-hub"},
		"no commit":        {fakehub.EditBody(func([]byte) []byte { return []byte(`{"sha": "../../x"}`) }), "/revision/", "not-a-hub"},
		"endless":          {fakehub.Endless, "/tree/", "not-a-hub"},
		"a refusal":        {fakehub.Refuse(http.StatusInternalServerError, "", "no"), "/tree/", "server"},
		"a rate limit":     {fakehub.Refuse(http.StatusTooManyRequests, "", "slowly"), "/revision/", "rate-limited"},
		"a foreign answer": {fakehub.RedirectTo(http.StatusFound, func(x *fakehub.Exchange) string { return x.S.StoreURL + "/x" }), "/revision/", "status"},
	} {
		t.Run(name, func(t *testing.T) {
			sc := goodHub(t)
			sc.Token = fakehub.DemoToken
			b := newBench(t, sc)
			b.s.On(fakehub.Rule{Path: c.path, Do: c.do})
			_, err := b.client().DatasetTree(t.Context(), fakehub.DemoDataset, "", "definitions")
			var he Error
			if !errors.As(err, &he) || he.Kind() != c.kind {
				t.Errorf("%T %v", err, err)
			}
			for _, r := range b.s.Requests() {
				if r.Origin == "store" && r.Authorized() {
					t.Errorf("the token went to the storage host: %s", r)
				}
			}
		})
	}
}

// TestPeerTree holds the fake and the client to huggingface_hub's
// list_repo_tree: the same requests for the pages, the same files.
func TestPeerTree(t *testing.T) {
	sc := goodHub(t)
	theirs := newBench(t, sc)
	ours := newBench(t, sc)
	tree, err := ours.client().DatasetTree(t.Context(), fakehub.DemoDataset, "", "definitions")
	if err != nil {
		t.Fatal(err)
	}
	r := startPeer(t).run(peerJob{Env: theirs.peerEnv(t.TempDir(), sc), Repo: fakehub.DemoDataset, Revision: tree.Commit, Folder: "definitions"})
	if !slices.Equal(r.Files, tree.Files) {
		t.Errorf("huggingface_hub lists %q, we %q: %v %s", r.Files, tree.Files, r.Error, r.Message)
	}
	first, rest, _ := strings.Cut(ours.s.LogText(), "\n")
	if !strings.Contains(first, "/revision/main") || rest != theirs.s.LogText() {
		t.Errorf("our requests:\n%s\nhuggingface_hub's:\n%s", ours.s.LogText(), theirs.s.LogText())
	}
}
