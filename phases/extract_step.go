package phases

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fib-ls/fib-ls/phases/disk"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/extract/hub"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// maxStepFile bounds a file that an earlier phase wrote.
const maxStepFile = 16 << 20

// mainRevision is what the Hub calls the newest state of a repository.
const mainRevision = "main"

// ExtractStep is phase 1: it finds the config.json and reads it.
func ExtractStep(ctx context.Context, env *Env, req *Request) (*extract.Architecture, []byte, error) {
	env.progress(1, 0, "finding config.json")
	fetched, source, err := env.config(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	if err := disk.Bound(fetched.Bytes, "config.json", extract.MaxConfigSize); err != nil { // whoever fetched it
		return nil, nil, err
	}
	env.progress(1, 0.7, "reading config.json")
	a, err := env.architecture(ctx, req, fetched.Bytes, source)
	if err != nil {
		return nil, nil, err
	}
	a.Warnings = append(append([]string{}, fetched.Warnings...), a.Warnings...)
	env.progress(1, 1, fmt.Sprintf("%s, %d layers", a.ArchitectureType, a.NumLayers))
	return a, fetched.Bytes, nil
}

// config finds the bytes of config.json, in the order of the design:
// --config, a local directory, the Hub, its cache, the catalogue.
func (e *Env) config(ctx context.Context, req *Request) (*hub.File, extract.Source, error) {
	source := extract.Source{RepoID: req.HFRepoID, Revision: req.Revision, From: "file", FetchedAt: e.now().UTC().Format(time.RFC3339)}
	if req.Config != "" {
		data, err := Interruptible(ctx, func() ([]byte, error) { return e.readConfigFile(req.Config) })
		return &hub.File{Bytes: data}, source, err
	}
	if dir := e.Path(req.HFRepoID); isDir(dir) {
		if req.Revision != "" {
			return nil, source, &fault.Usage{Message: fmt.Sprintf("--revision %s is of a repository on the Hub, and %s is a local directory", req.Revision, req.HFRepoID)}
		}
		data, err := disk.ReadRegular(filepath.Join(dir, "config.json"), extract.MaxConfigSize)
		if errors.Is(err, fs.ErrNotExist) {
			err = &fault.Missing{Err: fmt.Errorf("the directory %s has no config.json\ngive the directory of a model, or a repository as ORG/NAME", req.HFRepoID)}
		}
		source.Note = "a local directory, not a repository id"
		return &hub.File{Bytes: data}, source, err
	}
	if pathLike(req.HFRepoID) {
		return nil, source, &fault.Missing{Err: fmt.Errorf("there is no directory %s\ngive the directory of a model, or a repository as ORG/NAME", req.HFRepoID)}
	}
	return e.RepoConfig(ctx, req, source)
}

// pathLike reports whether a text that names no directory was meant to: no
// repository begins like this.
func pathLike(s string) bool {
	return strings.HasPrefix(s, ".") || strings.HasPrefix(s, "~") || filepath.IsAbs(s)
}

// RepoConfig finds the config.json of a repository, never a local directory
// of its name: a file that is being judged must not lead to others beside it.
func (e *Env) RepoConfig(ctx context.Context, req *Request, source extract.Source) (*hub.File, extract.Source, error) {
	resolved, renamed := catalog.Resolve(req.HFRepoID)
	fetched, err := e.fromHub(ctx, req, resolved)
	if err != nil {
		fromCatalog, ok := e.fromCatalog(resolved, err)
		if !ok {
			return nil, source, err
		}
		if req.Revision != "" && req.Revision != mainRevision {
			return nil, source, &fault.Missing{Err: fmt.Errorf("revision %s of %s cannot be read: %w\nthe built-in catalogue has the facts of %s only (%s); leave --revision away to use them", req.Revision, resolved, err, mainRevision, fromCatalog.Note)}
		}
		fetched = fromCatalog
	}
	if renamed {
		fetched.Warnings = append(fetched.Warnings, fmt.Sprintf("%s is not a repository on HuggingFace; %s is meant and was taken", req.HFRepoID, resolved))
	}
	source.RepoID, source.Commit, source.From, source.Note = fetched.RepoID, fetched.Commit, fetched.From, fetched.Note
	if !fetched.FetchedAt.IsZero() {
		source.FetchedAt = fetched.FetchedAt.UTC().Format(time.RFC3339)
	}
	return fetched, source, nil
}

func (e *Env) fromHub(ctx context.Context, req *Request, repoID string) (*hub.File, error) {
	if e.Hub == nil {
		return nil, &UnavailableError{RepoID: repoID}
	}
	e.progress(1, 0.1, "asking the HuggingFace Hub for "+repoID)
	return e.Hub.FetchConfig(ctx, repoID, req.Revision, req.Offline)
}

// UnavailableError says that a config is nowhere to be had (exit 3).
type UnavailableError struct{ RepoID string }

func (e *UnavailableError) Error() string {
	text := fmt.Sprintf("the config.json of %s is not to be had offline: it is neither in the HuggingFace cache nor in the built-in catalogue", e.RepoID)
	for i, s := range catalog.Suggest(e.RepoID) {
		if i == 0 {
			text += "\ndid you mean"
		} else {
			text += ","
		}
		text += " " + s
	}
	return text + "\nrun it online, or give the file with --config FILE"
}

// fromCatalog is the last resort: the facts built into the binary. It is
// taken when the Hub is out of reach, not when it answered that there is no
// such repository or that access is refused.
func (e *Env) fromCatalog(repoID string, why error) (*hub.File, bool) {
	if answered(why) || errors.Is(why, context.Canceled) {
		return nil, false
	}
	entry, ok := catalog.Lookup(repoID)
	if !ok {
		return nil, false
	}
	f := &hub.File{Bytes: entry.Config, RepoID: entry.RepoID, From: "catalogue", Note: "built in, facts of " + entry.Date}
	// Offline by choice, the catalogue is what was asked for.
	var unavailable *UnavailableError
	var offline *hub.OfflineError
	if !errors.As(why, &unavailable) && !errors.As(why, &offline) {
		f.Warnings = append(f.Warnings, fmt.Sprintf("the Hub could not be asked (%s); the built-in facts of %s were used", prose.FirstLine(why), entry.Date))
	}
	return f, true
}

// Interruptible does what may wait without end, as for the input of a
// terminal or a pipe, until it is done or ctx ends. What waits then is left to
// the end of the process.
func Interruptible[T any](ctx context.Context, wait func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := wait()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (e *Env) readConfigFile(name string) ([]byte, error) {
	if name == "-" {
		if e.Stdin == nil {
			return nil, &fault.Usage{Message: "--config -: there is no standard input here"}
		}
		return disk.ReadAll(e.Stdin, "standard input", extract.MaxConfigSize)
	}
	return disk.Read(e.Path(name), extract.MaxConfigSize)
}

// architecture reads the config; missing fields are asked for when somebody
// can be asked, as often as there are such fields.
func (e *Env) architecture(ctx context.Context, req *Request, data []byte, source extract.Source) (*extract.Architecture, error) {
	overrides := make(map[string]string, len(req.Set))
	maps.Copy(overrides, req.Set)
	var confirmed []extract.Proposal
	const rounds = 8 // a hostile file must not keep asking
	for round := 0; ; round++ {
		a, err := extract.Read(data, extract.Options{
			RepoID: source.RepoID, ModelName: req.ModelName, Overrides: overrides, Confirmed: confirmed, Infer: req.Infer, Source: source,
		})
		var missing *extract.MissingFieldsError
		if !errors.As(err, &missing) || e.Ask == nil || round >= rounds {
			return a, err
		}
		answered, taken, askErr := e.askMissing(ctx, missing, overrides)
		confirmed = append(confirmed, taken...)
		if askErr != nil {
			return nil, askErr
		}
		if !answered {
			return nil, err
		}
	}
}

// askMissing asks for the missing fields. What is typed becomes an override; a
// proposal that is taken stays one, so that the report says where it is from.
func (e *Env) askMissing(ctx context.Context, missing *extract.MissingFieldsError, overrides map[string]string) (all bool, taken []extract.Proposal, err error) {
	proposals := map[string]extract.Proposal{}
	for _, p := range missing.Proposals {
		proposals[p.Field] = p
	}
	for _, field := range missing.Fields {
		question := "config.json does not say " + field
		if p, ok := proposals[field]; ok {
			question += fmt.Sprintf(" (from: model name, %s has %s)", p.From, p.Value)
		}
		answer, err := e.Ask(ctx, field, question, proposals[field].Value)
		if err != nil || answer == "" {
			return false, taken, err
		}
		if p, ok := proposals[field]; ok && answer == p.Value {
			taken = append(taken, p)
			continue
		}
		overrides[field] = answer
	}
	return true, taken, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
