package lsp

import (
	"context"
	"errors"
	"time"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// Engine is what the server asks of the phases. Prepare and Write may take
// long and use network and disk: only jobs call them. Everything else answers
// from memory or a local cache, for it is asked while somebody types.
type Engine interface {
	// Prepare runs phases 1 to 3.
	Prepare(ctx context.Context, w Workspace, req phases.Request) (*phases.Result, error)
	// Place runs phase 4 on a text: it sets r.Edited and r.Problems. It is
	// pure and does no I/O.
	Place(r *phases.Result, text []byte) error
	// Write writes the files of the phases (not models.ts) and sets r.Files.
	Write(w Workspace, r *phases.Result) error
	// Repos gives repositories that can be offered, best first: the local
	// cache, the catalogue, SGLang's classes' own. No network.
	Repos(w Workspace) []Repo
	// Search asks the Hub for repositories whose ids have the words of a query,
	// the most downloaded first. It is bounded, and offline an error.
	Search(ctx context.Context, w Workspace, query string, limit int) ([]Repo, error)
	// Expected gives what a model's own config says of its entry, from the
	// local cache or the catalogue only; nil when that is not known. The
	// first answer for a model may take a while and is asked for in the
	// background, later ones must be quick.
	Expected(w Workspace, m *tsast.Model) *validate.ExpectedEntry
	// Forget drops what Expected keeps of a repository's config, or of all
	// configs for "".
	Forget(repo string)
	// Watched are the directories outside the workspace whose files Expected
	// and Dataset rest on: the Hub's cache, a dataset or SGLang elsewhere.
	Watched(w Workspace) []string
	// Dataset opens a flashinfer-trace clone ("": the one that is found
	// beside the workspace); nil when there is none.
	Dataset(w Workspace) Dataset
	// Plan gives the kernel inventory of a repository's model, and Discover the
	// models that could be added next, both as their commands print them with
	// --json, beside the text for people. models is the text of models.ts where
	// it is open, nil where it is not.
	Plan(ctx context.Context, w Workspace, repo string) (any, error)
	Discover(ctx context.Context, w Workspace, models []byte) (any, error)
	// Verify compares an entry of a file with its model's config, source and
	// checkpoint; req names the repository where the entry does not. It takes
	// long and uses the network: only jobs call it.
	Verify(ctx context.Context, w Workspace, f *tsast.File, i int, req phases.Request) (*phases.Verification, error)
}

// Workspace is where a job works.
type Workspace struct {
	// Dir is what relative paths are resolved against; never the server's
	// own working directory.
	Dir string
	// DatasetDir, SGLangPath: from the settings; "" means: find it.
	DatasetDir, SGLangPath string
	// HubEndpoint, HubTimeout and Offline are the settings for the Hub; zero
	// values leave the environment's.
	HubEndpoint string
	HubTimeout  time.Duration
	Offline     bool
	// CloneSGLang allows fetching SGLang's source.
	CloneSGLang bool
	// Progress is called at every step; Ask asks for a missing config field.
	// Both may be nil.
	Progress func(phases.Event)
	Ask      func(ctx context.Context, field, question, proposal string) (string, error)
}

// Repo is a repository that can be offered.
type Repo struct {
	ID string `json:"id"`
	// From says why: "recent", "cache", "catalogue", "models.ts", "hub".
	From string `json:"from"`
	// Class is the model's class, when it is known.
	Class string `json:"class,omitempty"`
	// Downloads is how often it was fetched from the Hub of late; 0 when that is
	// not known.
	Downloads int `json:"downloads,omitempty"`
	// Entry is the id of the entry that models.ts has of it already.
	Entry string `json:"entry,omitempty"`
	// Used is when its config was last fetched; zero when never.
	Used time.Time `json:"-"`
}

// Dataset is what the editor asks of a flashinfer-trace clone.
type Dataset interface {
	// Has says whether there is a Definition and how many workloads.
	Has(name string) (present bool, workloads int)
	// Written says whether it has a Definition under exactly this name, where
	// Has also knows the other spellings of the same kernel.
	Written(name string) bool
	// Listed says, for a list of names without a clone, which list; "" for a
	// clone. What a list lacks is a finding only where the settings give the rule
	// unknown-definition a severity: the list may be older than the entry.
	Listed() string
	// Path is the Definition's JSON file; "" when there is none.
	Path(name string) string
	// Names are all Definitions, sorted.
	Names() []string
}

// noEngine answers for a server that was given none.
type noEngine struct{}

var errNoEngine = errors.New("this server was started without the phases")

func (noEngine) Prepare(context.Context, Workspace, phases.Request) (*phases.Result, error) {
	return nil, errNoEngine
}
func (noEngine) Plan(context.Context, Workspace, string) (any, error) { return nil, errNoEngine }
func (noEngine) Discover(context.Context, Workspace, []byte) (any, error) {
	return nil, errNoEngine
}
func (noEngine) Verify(context.Context, Workspace, *tsast.File, int, phases.Request) (*phases.Verification, error) {
	return nil, errNoEngine
}
func (noEngine) Search(context.Context, Workspace, string, int) ([]Repo, error) {
	return nil, errNoEngine
}
func (noEngine) Place(*phases.Result, []byte) error                       { return errNoEngine }
func (noEngine) Write(Workspace, *phases.Result) error                    { return errNoEngine }
func (noEngine) Repos(Workspace) []Repo                                   { return nil }
func (noEngine) Dataset(Workspace) Dataset                                { return nil }
func (noEngine) Forget(string)                                            {}
func (noEngine) Watched(Workspace) []string                               { return nil }
func (noEngine) Expected(Workspace, *tsast.Model) *validate.ExpectedEntry { return nil }

// workspace returns where jobs for a file work.
func (s *Server) workspace(file string) Workspace {
	c := s.config.forPath(file)
	return Workspace{
		Dir: s.config.folderOf(file), DatasetDir: c.Dataset, SGLangPath: c.SGLangPath,
		HubEndpoint: c.HubEndpoint, HubTimeout: c.HubTimeout, Offline: c.HubOffline, CloneSGLang: c.SGLangClone == "always",
	}
}
