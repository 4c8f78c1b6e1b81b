package hub

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// deviation is where our requests or files differ from Python's on purpose.
type deviation struct{ requests, files string }

const (
	pinned     = "the download names the commit, so that a branch that moves cannot mix two"
	retried    = "downloads are repeated like HEADs"
	oneRound   = "six tries in all; Python asks once and then six times more"
	refLast    = "a failed download leaves the ref alone"
	notTrusted = "unverified content stays out of the cache"
	damaged    = "damaged content is asked for again"
)

func deviations() map[string]deviation {
	return map[string]deviation{
		"direct":            {requests: pinned},
		"branch-moves":      {requests: pinned},
		"other-port":        {"another port is another origin: no token", "Python fails"},
		"scheme-relative":   {"//host is resolved", "Python fails"},
		"userinfo":          {requests: "credentials in a redirect are dropped"},
		"downgrade":         {"https is never left for http", "https is never left for http"},
		"loop":              {requests: "a loop is seen at once; Python gives up after 20"},
		"endless-redirects": {requests: "10 redirects; Python follows 20"},
		"rate-limited":      {requests: "one wait of 55 s fits into the budget, five do not"},
		"head-500":          {requests: oneRound},
		"head-reset":        {requests: "resets are repeated; Python repeats timeouts and failed connections only"},
		"slow-headers":      {requests: "the budget ends it"},
		"get-500":           {retried, refLast},
		"get-500-twice":     {retried, "Python fails"},
		"get-reset-body":    {retried, "Python fails"},
		"store-403":         {files: refLast},
		"truncated":         {files: refLast},
		"html-get":          {files: refLast},
		"size-mismatch":     {damaged, refLast},
		"corrupt":           {damaged, notTrusted},
		"corrupt-once":      {requests: damaged},
		"invented-etag":     {damaged, notTrusted},
		"gzip-etag":         {files: notTrusted},
		"evil-etag":         {files: notTrusted},
	}
}

// TestPeerScenarios runs Python against every scenario, records what it does,
// and compares its requests and its files with ours.
func TestPeerScenarios(t *testing.T) {
	p := startPeer(t)
	for _, sc := range fakehub.Scenarios() {
		if sc.Name == "endless-body" {
			continue // Python has no size cap and would read on
		}
		t.Run(sc.Name, func(t *testing.T) {
			p.t = t
			theirs := newBench(t, sc)
			close(theirs.gotAny) // stalls do not wait for a client of ours
			repo, revision, file := sc.Asks()
			home := filepath.Join(theirs.home, "python")
			r := p.run(peerJob{Env: theirs.peerEnv(home, sc), Repo: repo, Revision: revision, File: file})
			var out strings.Builder
			fmt.Fprintf(&out, "# %s\n", sc.Says)
			if r.Error != nil {
				fmt.Fprintf(&out, "raises: %s\n", strings.Join(r.Error, " <- "))
			} else {
				fmt.Fprintf(&out, "file: %d bytes\n", len(r.Content))
			}
			if len(r.Waits) > 0 {
				fmt.Fprintf(&out, "pauses: %v\n", r.Waits)
			}
			theirLog, theirTree := theirs.s.LogText(), tree(t, filepath.Join(home, "hub"))

			ours := newBench(t, sc)
			_, _ = ours.client().Fetch(context.Background(), repo, revision, file) // TestScenarios checks the result
			d := deviations()[sc.Name]
			compare(t, &out, "requests", ours.s.LogText(), theirLog, d.requests)
			compare(t, &out, "files", tree(t, ours.root()), theirTree, d.files)
			golden(t, "peer/"+sc.Name, out.String()+"\n"+theirLog+"\n"+theirTree)
		})
	}
}

func compare(t *testing.T, out *strings.Builder, what, ours, theirs, reason string) {
	t.Helper()
	switch {
	case ours == theirs && reason != "":
		t.Errorf("our %s are said to differ (%s), but they are the same", what, reason)
	case ours != theirs && reason == "":
		t.Errorf("our %s differ from Python's without a reason:\n%s\nPython:\n%s", what, ours, theirs)
	case ours == theirs:
		fmt.Fprintf(out, "our %s: the same\n", what)
	default:
		fmt.Fprintf(out, "our %s: differ: %s\n", what, reason)
	}
}
