package lsp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/tsast"
)

// refusalParams are what is known of a request that is still being asked for.
type refusalParams struct {
	URI    uri.URI `json:"uri"`
	RepoID string  `json:"repoId"`
	Update bool    `json:"update"`
}

// The kinds of refusals that only the editor has; the Hub's errors have theirs.
const (
	kindNoModelsFile = "no-models-file"
	kindBrokenFile   = "broken-file"
	kindOffline      = "offline"
)

// refusal is why a job would fail whatever else is answered.
type refusal struct {
	Message string  `json:"message"`
	Kind    string  `json:"kind"`
	URI     uri.URI `json:"uri,omitempty"`
}

// refusal tells the extension what is certain to fail, before it asks its user
// anything; nil when nothing is. It looks at the file and at what is known
// here, never at the network.
func (s *Server) refusal(_ context.Context, p *refusalParams) (*refusal, error) {
	t, err := s.findTarget(p.URI)
	if err != nil {
		return &refusal{Message: err.Error(), Kind: kindNoModelsFile}, nil //nolint:nilerr // the refusal is the answer
	}
	text, err := t.read(s)
	if err != nil {
		return &refusal{Message: err.Error(), Kind: kindBrokenFile, URI: t.uri}, nil //nolint:nilerr // the refusal is the answer
	}
	if !p.Update && strings.TrimSpace(string(text)) != "" {
		f := tsast.Parse(text)
		if _, err := tsast.Insert(f, tsast.NewModel{ID: "model"}); err != nil {
			return &refusal{Message: placeText(f, err), Kind: kindBrokenFile, URI: t.uri}, nil
		}
	}
	w := s.workspace(t.path)
	if p.RepoID == "" || !w.Offline {
		return nil, nil
	}
	known := slices.ContainsFunc(s.engine.Repos(w), func(r Repo) bool { return strings.EqualFold(r.ID, p.RepoID) })
	if known {
		return nil, nil
	}
	return &refusal{Message: "its config is not on this machine, and fibLs.huggingface.offline keeps fib-ls from asking the Hub", Kind: kindOffline, URI: t.uri}, nil
}

// placeText says why no entry can be put into a file, with the line.
func placeText(f *tsast.File, err error) string {
	var broken *tsast.BrokenError
	if errors.As(err, &broken) {
		return fmt.Sprintf("models.ts cannot be edited: line %d: %s", modelsfile.LineOf(f.Src(), broken.Problem.Span.Start), broken.Problem.Message)
	}
	return "models.ts cannot be edited: " + err.Error()
}
