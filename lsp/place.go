package lsp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/lsp/wire"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/regular"
	"github.com/fib-ls/fib-ls/tsast"
)

// placeAttempts is how often an edit is sent when the client does not take it
// or the text moved away under it on its way.
const placeAttempts = 3

// landWait is how long an applied edit may take to show in a didChange:
// editors collect changes (Neovim for 150 ms) before they send them.
const landWait = 2 * time.Second

// answerWait bounds how long the client may take to answer an edit about which
// it asks nobody.
const answerWait = 30 * time.Second

// holdWait is how long no other job changes a document while the client is to
// answer an edit. One that takes longer asks a person, or never answers: what
// other jobs put in meanwhile makes its edit one of an older version.
const holdWait = 2 * time.Second

// target is the document that a job changes: open or on disk.
type target struct {
	uri  uri.URI // as the client writes it, when it is open
	key  uri.URI
	path string
}

var errNoTarget = errors.New("no models.ts: open web/apps/web/data/models.ts of a flashinfer-bench clone, or name it in the command's \"uri\"")

// findTarget finds the document: the one named, else an open one, else the
// usual place in a workspace folder or above it.
func (s *Server) findTarget(u uri.URI) (target, error) {
	if u != "" {
		t := target{uri: u, key: normalise(u), path: filePath(u)}
		if _, _, open := s.docs.watch(t.key); !open && t.path == "" {
			return t, fmt.Errorf("%s is not open and is not a file", clip(string(u)))
		}
		if snap, _, open := s.docs.watch(t.key); open && snap == nil {
			return t, fmt.Errorf("%s is not a models file: none of its arrays is declared as Model[]", clip(string(u)))
		}
		return t, nil
	}
	if snaps := s.docs.all(); len(snaps) > 0 {
		// The one that was changed last.
		newest := slices.MaxFunc(snaps, func(a, b *Snapshot) int { return int(a.seq) - int(b.seq) }) // #nosec G115 -- a count
		return target{uri: newest.URI, key: newest.key, path: newest.Path}, nil
	}
	for _, r := range s.config.folders() {
		path := namedBySetting(r)
		if path == "" {
			path = modelsAbove(r.path)
		}
		if path != "" {
			u := uri.File(path)
			return target{uri: u, key: normalise(u), path: path}, nil
		}
	}
	return target{}, errNoTarget
}

// namedBySetting finds the models file of a folder when the setting for its
// name leaves no choice.
func namedBySetting(r root) string {
	if r.path == "" || r.settings == nil {
		return ""
	}
	name := strings.TrimPrefix(r.settings.ModelsFile, "**/")
	if name == "" || filepath.IsAbs(name) || strings.ContainsAny(name, "*?[{") {
		return ""
	}
	path := filepath.Join(r.path, filepath.FromSlash(name))
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		return path
	}
	return ""
}

// modelsAbove finds models.ts in a folder of a flashinfer-bench clone,
// whichever part of it the folder is.
func modelsAbove(dir string) string {
	if dir == "" {
		return ""
	}
	for up := 0; up < 8; up++ {
		rest := modelsfile.DefaultPath
		for {
			if path := filepath.Join(dir, filepath.FromSlash(rest)); up == 0 || rest == modelsfile.DefaultPath {
				if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
					return path
				}
			}
			_, below, ok := strings.Cut(rest, "/")
			if !ok || !strings.Contains(below, "/") && below != "models.ts" || below == "models.ts" {
				break
			}
			rest = below
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return ""
}

// read returns the document's newest text: the client's, else the disk's. A
// missing file is an empty text.
func (t target) read(s *Server) ([]byte, error) {
	if snap, _, open := s.docs.watch(t.key); open {
		if snap == nil {
			return nil, fmt.Errorf("the text of %s is not known: save or reopen it", t.uri)
		}
		return snap.bytes(), nil
	}
	text, err := regular.Read(t.path, wire.MaxFrame)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading models.ts: %w", err)
	}
	return text, nil
}

// errStale is an edit that the client did not take, or took elsewhere.
var errStale = errors.New("the editor did not apply the edit as it was made; the report has the complete entry")

// errMoved is an edit that was not sent: the text is another one already.
var errMoved = errors.New("the text has changed")

// place inserts the entry into the text as it is by now, and sees to it that
// it arrived. The user is asked before, with no document held.
func (j *job) place() error {
	if err := j.preview(); err != nil {
		return err
	}
	hold := &holding{jobs: &j.server.jobs}
	defer hold.release()
	for attempts := 0; attempts < placeAttempts; {
		if err := hold.take(j.ctx); err != nil {
			return err
		}
		text, err := j.target.read(j.server)
		if err != nil {
			return err
		}
		if attempts > 0 && j.isIn(text) { // it came late
			j.applied = true
			return nil
		}
		base, gone := j.withoutMarker(text)
		if err := j.server.engine.Place(j.result, base); err != nil {
			return err
		}
		if err := j.ctx.Err(); err != nil {
			return err
		}
		e := &sentEdit{before: text, after: j.result.Edited, edits: afterDeletion(gone, diffEdits(base, j.result.Edited)), hold: hold}
		if j.wantsAnnotations() {
			e.changes = j.result.Changes()
		}
		landed, err := j.apply(e)
		if errors.Is(err, errMoved) {
			continue // nothing was sent, or it was about an older text
		}
		if err != nil || landed {
			j.applied = err == nil
			return err
		}
		attempts++
		j.server.log.Warn("the edit did not arrive, trying again", "job", j.id)
	}
	return errStale
}

// holding is the right to change documents, which one job has at a time.
type holding struct {
	jobs *jobs
	held bool
}

// take waits for the right, unless it is there.
func (h *holding) take(ctx context.Context) error {
	if h.held {
		return nil
	}
	select {
	case h.jobs.placing <- struct{}{}:
		h.held = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *holding) release() {
	if h != nil && h.held {
		h.held = false
		<-h.jobs.placing
	}
}

// preview places the entry into the text for its findings, which the user may
// want to see before anything is changed.
func (j *job) preview() error {
	text, err := j.target.read(j.server)
	if err != nil {
		return err
	}
	base, _ := j.withoutMarker(text)
	if err := j.server.engine.Place(j.result, base); err != nil {
		return err
	}
	return j.confirm()
}

// withoutMarker takes the marker comment that the job came from out of a
// text; gone is what was taken out.
func (j *job) withoutMarker(text []byte) (base []byte, gone tsast.Span) {
	if j.req.marker == "" || !bytes.Contains(text, []byte(j.req.marker)) {
		return text, tsast.Span{}
	}
	f := tsast.Parse(text)
	for _, c := range f.Comments {
		if c.Text == j.req.marker {
			e := f.DeleteComment(c.Span)
			if out, err := tsast.Apply(text, e); err == nil {
				return out, e.Span
			}
		}
	}
	return text, tsast.Span{}
}

// afterDeletion makes of edits of a text without the span gone edits of the
// text with it, the deletion among them.
func afterDeletion(gone tsast.Span, edits []tsast.TextEdit) []tsast.TextEdit {
	if gone == (tsast.Span{}) {
		return edits
	}
	var out []tsast.TextEdit
	deletion := tsast.TextEdit{Span: gone}
	for _, e := range edits {
		switch {
		case e.Span.End < gone.Start:
			out = append(out, e)
		case e.Span.Start > gone.Start:
			e.Span = e.Span.Shift(gone.End - gone.Start)
			out = append(out, e)
		default: // around the place or at it: one edit does both
			deletion.NewText += e.NewText
			deletion.Span.Start = e.Span.Start
			deletion.Span.End = max(deletion.Span.End, e.Span.End+gone.End-gone.Start)
		}
	}
	out = append(out, deletion)
	slices.SortFunc(out, func(a, b tsast.TextEdit) int { return a.Span.Start - b.Span.Start })
	return out
}

// isIn reports whether a text has the entry as the last attempt made it.
func (j *job) isIn(text []byte) bool {
	id := j.result.Model.ID
	made := entryText(tsast.Parse(j.result.Edited), id)
	return made != "" && made == entryText(tsast.Parse(text), id)
}

// arrived reports whether a snapshot has what was to be brought: the whole text, or
// (the user types on) the entry as it was made.
func (j *job) arrived(snap *Snapshot, edited []byte) bool {
	if snap.text.Equal(edited) {
		return true
	}
	if j.result == nil {
		return false
	}
	want := tsast.Parse(edited)
	return entryText(want, j.result.Model.ID) != "" && entryText(want, j.result.Model.ID) == entryText(snap.File, j.result.Model.ID)
}

func entryText(f *tsast.File, id string) string {
	for _, e := range f.Entries {
		if e.Model.ID.Value == id && !e.Broken {
			return f.Text(span(e, e.Model.Span))
		}
	}
	return ""
}

func (j *job) onDisk(edited []byte) bool {
	text, err := regular.Read(j.target.path, wire.MaxFrame)
	return err == nil && bytes.Equal(text, edited)
}

// createModels makes a models.ts that was missing, for clients that cannot.
func createModels(path string, text []byte) error {
	file, err := modelsfile.Read(path)
	if err != nil {
		return err
	}
	if file.Text != nil {
		return errStale
	}
	return file.Write(text)
}
