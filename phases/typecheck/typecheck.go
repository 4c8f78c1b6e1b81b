// Package typecheck runs the web app's own TypeScript over models.ts.
package typecheck

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// Rule marks what the web app's own TypeScript says of models.ts.
const Rule = "typescript"

// Message is one message of the compiler about models.ts. Line and
// column count from 1, the column in UTF-16 units, as the compiler does.
type Message struct {
	Line, Column int
	Text         string // "TS2322: Type 'string' is not …"
}

var tscLine = regexp.MustCompile(`^(.*)\((\d+),(\d+)\): error (TS\d+: .*)$`)

// The bounds of a run of the compiler.
const (
	defaultLimit = 3 * time.Minute
	maxTSCOutput = 4 << 20
)

// Options say what is checked.
type Options struct {
	Mode Mode
	// Path is models.ts, an absolute path.
	Path string
	// Limit bounds a run of the compiler; 0 is three minutes.
	Limit time.Duration
}

// Run runs the web app's own TypeScript over its project and returns what it
// says about models.ts. With mode auto, what the repository brings along is
// not run: see findTypeScript. An error says why nothing was checked.
func Run(ctx context.Context, opts Options) ([]Message, error) {
	path, err := filepath.EvalSymlinks(opts.Path)
	if err != nil {
		return nil, fmt.Errorf("type-checking %s: %w", opts.Path, err)
	}
	ts, err := findTypeScript(path, opts.Mode)
	if err != nil {
		return nil, err
	}
	limit := cmp.Or(opts.Limit, defaultLimit)
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(bounded, ts.node, ts.tsc, "--noEmit", "--pretty", "false", "--project", ts.project) // #nosec G204 -- the user's own, see findTypeScript
	cmd.Dir = filepath.Dir(ts.project)
	cmd.WaitDelay = time.Second
	ownGroup(cmd)
	out, said := &limitedBuffer{left: maxTSCOutput}, &limitedBuffer{left: maxTSCOutput}
	cmd.Stdout, cmd.Stderr = out, said
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case bounded.Err() != nil:
		return nil, fmt.Errorf("%s did not finish within %s; FIB_LS_TYPECHECK_TIMEOUT (seconds) allows more", ts, limit)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("running %s: %w", ts, err)
	}
	found, others := parseTSC(out.String(), cmd.Dir, path)
	if exit != nil && len(found) == 0 && others == 0 {
		return nil, fmt.Errorf("running %s: %w: %s", ts, err, prose.FirstLine(errors.New(cmp.Or(strings.TrimSpace(out.String()), strings.TrimSpace(said.String())))))
	}
	return found, nil
}

// limitedBuffer keeps the first bytes of what is written, and takes the rest.
type limitedBuffer struct {
	bytes.Buffer
	left int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.left -= n
	_, _ = b.Buffer.Write(p[:n]) // a bytes.Buffer never fails
	return len(p), nil
}

// parseTSC reads the compiler's lines: those about one file, and the number
// of the others.
func parseTSC(out, dir, file string) (found []Message, others int) {
	for line := range strings.SplitSeq(out, "\n") {
		m := tscLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		at := m[1]
		if !filepath.IsAbs(at) {
			at = filepath.Join(dir, filepath.FromSlash(at))
		}
		if resolved, err := filepath.EvalSymlinks(at); err != nil || resolved != file {
			others++
			continue
		}
		l, _ := strconv.Atoi(m[2]) // digits, by the pattern
		c, _ := strconv.Atoi(m[3])
		found = append(found, Message{Line: l, Column: c, Text: m[4]})
	}
	return found, others
}

// Entries type-checks a models.ts for the sake of some entries. What the
// compiler says of the rest, the file had before: it is an error only when the
// check was asked for.
func Entries(ctx context.Context, opts Options, ids ...string) ([]Finding, error) {
	messages, err := Run(ctx, opts)
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	file, err := modelsfile.Read(opts.Path)
	if err != nil {
		return nil, err
	}
	f := tsast.Parse(file.Text)
	var found []Finding
	for _, m := range messages {
		p := Finding{Message: m, Severity: validate.Error}
		if opts.Mode == Auto && !slices.ContainsFunc(ids, func(id string) bool { return entryHolds(f, id, m.Line) }) {
			p.Severity = validate.Warning
			p.Text += " (outside of the new entry)"
		}
		found = append(found, p)
	}
	return found, nil
}

// Finding is a message with how serious it is for some entries.
type Finding struct {
	Message
	Severity validate.Severity
}

// Outcome says what became of a type check.
type Outcome struct {
	Ran  bool
	Note string // why it did not run; "" when it did or was not wanted
}

// entryHolds reports whether a line lies in the entry of that id.
func entryHolds(f *tsast.File, id string, line int) bool {
	i := modelsfile.Find(f, id)
	if i < 0 {
		return false
	}
	e := f.Entries[i]
	return modelsfile.LineOf(f.Src(), e.Offset) <= line && line <= modelsfile.LineOf(f.Src(), e.Offset+e.Model.Span.End)
}
