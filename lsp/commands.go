package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases"
)

// The stable commands.
const (
	commandAddModel   = "fib-ls.addModel"
	commandListRepos  = "fib-ls.listRepos"
	commandCancel     = "fib-ls.cancel"
	commandShowReport = "fib-ls.showReport"
	commandPlan       = "fib-ls.plan"
	commandDiscover   = "fib-ls.discover"
	commandVerify     = "fib-ls.verify"
	commandExplain    = "fib-ls.explainRule"
	commandShowEntry  = "fib-ls.showEntry"
)

// command is one row of the command table.
type command struct {
	id string
	// example is shown when the arguments cannot be read.
	example string
	run     func(s *Server, ctx context.Context, args arguments) (any, error)
}

// commands is the one table of commands. It is a variable for its functions
// only and is never written.
var commands = []command{
	{commandAddModel, `[{"repoId": "Qwen/Qwen3-32B"}] or ["Qwen/Qwen3-32B"]`, (*Server).addModelCommand},
	{commandListRepos, `[{"prefix": "Qwen/", "online": true}], ["Qwen/"] or []`, (*Server).listReposCommand},
	{commandCancel, `[{"jobId": "add-1"}] or ["add-1"]`, (*Server).cancelCommand},
	{commandShowReport, `[{"jobId": "add-1"}], ["add-1"] or [] for the last one`, (*Server).showReportCommand},
	{commandPlan, `[{"repoId": "Qwen/Qwen3-32B"}] or ["Qwen/Qwen3-32B"]`, (*Server).planCommand},
	{commandDiscover, `[]`, (*Server).discoverCommand},
	{commandVerify, `[{"modelId": "qwen3-32b"}] or ["qwen3-32b"]`, (*Server).verifyCommand},
	{commandExplain, `[{"rule": "count-parent"}] or ["count-parent"]`, (*Server).explainRuleCommand},
	{commandShowEntry, `[{"modelId": "qwen3-32b"}] or ["qwen3-32b"]`, (*Server).showEntryCommand},
}

// commandGap is how long an Emacs has for the answer to a command before its
// job speaks up.
const commandGap = 100 * time.Millisecond

// executeCommand runs a command. Commands answer at once; what takes long is
// a job of its own, since clients give up on requests (Helix after 20 s).
func executeCommand(s *Server, params jsonrpc2.RawMessage) (func(context.Context) (any, error), error) {
	p, err := decode[protocol.ExecuteCommandParams](params)
	if err != nil {
		return nil, err
	}
	for _, c := range commands {
		if c.id != p.Command {
			continue
		}
		args, err := readArguments(p.Arguments)
		if err != nil {
			return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: %v; give %s", c.id, err, c.example)
		}
		return func(ctx context.Context) (any, error) {
			result, err := c.run(s, ctx, args)
			s.stream.KeepQuiet(commandGap)
			if err != nil {
				return nil, inEditorWords(err)
			}
			return rawJSON(result)
		}, nil
	}
	return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "unknown command %s; there are %s", clip(p.Command), strings.Join(commandIDs(), ", "))
}

// rawJSON encodes a command's result.
func rawJSON(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding the result: %w", err)
	}
	return jsonrpc2.RawMessage(b), nil
}

// arguments are a command's, whichever way they were given.
type arguments struct {
	object     map[string]any
	positional []string
}

var errArguments = errors.New("the arguments are neither one object nor strings")

// readArguments understands the object form and the positional one (Sublime
// expands variables at the top level only).
func readArguments(raw []protocol.LSPAny) (arguments, error) {
	var a arguments
	for i, r := range raw {
		switch v := parseTree(r).value.(type) {
		case map[string]any:
			if i > 0 {
				return a, errArguments
			}
			a.object = v
		case string:
			a.positional = append(a.positional, strings.TrimSpace(v))
		case nil:
			a.positional = append(a.positional, "")
		default:
			return a, errArguments
		}
	}
	return a, nil
}

// text returns a string argument by its name or its position.
func (a arguments) text(name string, position int) string {
	for key, v := range a.object {
		if s, ok := v.(string); ok && foldKey(key) == foldKey(name) {
			return strings.TrimSpace(s)
		}
	}
	if position >= 0 && position < len(a.positional) {
		return a.positional[position]
	}
	return ""
}

func (a arguments) yes(name string) bool {
	for key, v := range a.object {
		if foldKey(key) == foldKey(name) {
			b, _ := truth(v).(bool)
			return b
		}
	}
	return false
}

// addRequest is fib-ls.addModel as it was called.
type addRequest struct {
	phases.Request
	// uri is the document; "" means: find it.
	uri uri.URI
	// wait: answer when it is done, for scripts. Nothing is asked then.
	wait bool
	// marker is the text of the marker comment to be removed.
	marker string
	// preview: answer with the texts before and after, and change nothing.
	preview bool
	// confirmed: the user has seen the change; nothing is asked about it.
	confirmed bool
	// verify: compare the entry of ModelName with its checkpoint instead.
	verify bool
}

// addRequestFrom reads the command's arguments over the settings' defaults.
func (s *Server) addRequestFrom(a arguments) (addRequest, error) {
	if fault := argumentsFault(a.object); fault != "" {
		return addRequest{}, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s", fault)
	}
	r := addRequest{
		uri: uri.URI(a.text("uri", 1)), wait: a.yes("wait"), marker: a.text("marker", -1),
		preview: a.yes("preview"), confirmed: a.yes("confirmed"),
	}
	r.Request = requestFrom(a.object, s.config.forPath(filePath(r.uri)).AddModel)
	if len(a.positional) > 0 {
		r.HFRepoID = a.positional[0]
	}
	r.DryRun = r.DryRun || r.preview
	if r.DryRun {
		r.wait = true
	}
	if r.HFRepoID == "" {
		return r, nil
	}
	id, ok := repoFromText(r.HFRepoID)
	if !ok && r.Config == "" {
		return r, jsonrpc2.Errorf(jsonrpc2.InvalidParams,
			"%q is not a HuggingFace repository: give ORG/NAME, for example [{\"repoId\": \"Qwen/Qwen3-32B\"}]", clip(r.HFRepoID))
	}
	if ok {
		r.HFRepoID = id
	}
	return r, nil
}

// repoFromText reads ORG/NAME or a Hub URL, with the quotes and blanks that a
// selection in an editor brings along.
func repoFromText(s string) (string, bool) {
	s = strings.Trim(s, " \t\r\n\"'`,;")
	if strings.Contains(s, "://") || strings.HasPrefix(s, "huggingface.co/") || strings.HasPrefix(s, "hf.co/") {
		u, err := url.Parse(s)
		if err != nil {
			return "", false
		}
		path := strings.TrimPrefix(u.Path, "/")
		if u.Host == "" {
			_, path, _ = strings.Cut(path, "/")
		}
		parts := strings.Split(path, "/")
		if len(parts) < 2 {
			return "", false
		}
		s = parts[0] + "/" + parts[1]
	}
	return s, isRepoID(s)
}

// searchBudget bounds how long a picker waits for the Hub.
const searchBudget = 6 * time.Second

// listReposCommand returns the repositories that can be offered; with repoId
// that one alone, with describe (which our extension's pickers ask for) with
// the id and the parallelism that an entry would get. With online it asks the
// Hub, too, and says why there are no more.
func (s *Server) listReposCommand(ctx context.Context, a arguments) (any, error) {
	if id := a.text("repoId", -1); id != "" {
		if id, ok := repoFromText(id); ok {
			return []describedRepo{describeRepo(Repo{ID: id, From: "asked"})}, nil
		}
		return []describedRepo{}, nil
	}
	prefix, file := a.text("prefix", 0), filePath(uri.URI(a.text("uri", 1)))
	if a.yes("online") {
		found := s.findRepos(ctx, file, prefix, searchBudget)
		if len(found.repos) > 0 {
			found.note = ""
		}
		return map[string]any{"repos": describeRepos(found.repos), "note": found.note}, nil
	}
	out := []Repo{}
	for _, r := range s.repos(file) {
		if strings.Contains(strings.ToLower(r.ID), strings.ToLower(prefix)) {
			out = append(out, r)
		}
	}
	s.markPresent(out)
	if !a.yes("describe") {
		return out, nil
	}
	return describeRepos(out), nil
}

func describeRepos(repos []Repo) []describedRepo {
	described := make([]describedRepo, len(repos))
	for i, r := range repos {
		described[i] = describeRepo(r)
	}
	return described
}

// cancelCommand stops a job.
func (s *Server) cancelCommand(_ context.Context, a arguments) (any, error) {
	id := a.text("jobId", 0)
	return map[string]any{"jobId": id, "cancelled": s.jobs.cancelID(id)}, nil
}

// showReportCommand opens the report of a job.
func (s *Server) showReportCommand(_ context.Context, a arguments) (any, error) {
	j := s.jobs.reported(a.text("jobId", 0))
	if j == nil {
		return nil, errors.New("there is no report yet: add a model first")
	}
	// The client may answer late: it is not waited for.
	s.goBackground(func(ctx context.Context) { s.openReport(ctx, j, true) })
	return map[string]any{"jobId": j.id, "path": j.summaryPath()}, nil
}
