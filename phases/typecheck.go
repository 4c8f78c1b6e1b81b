package phases

import (
	"bytes"
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

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// RuleTypeScript marks what the web app's own TypeScript says of models.ts.
const RuleTypeScript = "typescript"

// TypeScriptError is one message of the compiler about models.ts. Line and
// column count from 1, the column in UTF-16 units, as the compiler does.
type TypeScriptError struct {
	Line, Column int
	Message      string // "TS2322: Type 'string' is not …"
}

var tscLine = regexp.MustCompile(`^(.*)\((\d+),(\d+)\): error (TS\d+: .*)$`)

// The bounds of a run of the compiler.
const (
	typeCheckLimit = 3 * time.Minute
	maxTSCOutput   = 4 << 20
)

// TypeCheck runs the web app's own TypeScript over its project and gives what
// it says about models.ts. With mode auto, what the repository brings along is
// not run: see findTypeScript. An error says why nothing was checked.
func TypeCheck(ctx context.Context, env *Env, mode TypeCheckMode, modelsTS string) ([]TypeScriptError, error) {
	path, err := filepath.EvalSymlinks(env.path(modelsTS))
	if err != nil {
		return nil, fmt.Errorf("type-checking %s: %w", modelsTS, err)
	}
	ts, err := findTypeScript(path, mode)
	if err != nil {
		return nil, err
	}
	limit := env.seconds("FIB_LS_TYPECHECK_TIMEOUT", typeCheckLimit)
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
		return nil, fmt.Errorf("running %s: %w: %s", ts, err, firstLine(errors.New(orText(strings.TrimSpace(out.String()), strings.TrimSpace(said.String())))))
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
func parseTSC(out, dir, file string) (found []TypeScriptError, others int) {
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
		found = append(found, TypeScriptError{Line: l, Column: c, Message: m[4]})
	}
	return found, others
}

// TypeScriptOutcome says what became of the type check.
type TypeScriptOutcome struct {
	Ran  bool
	Note string // why it did not run, "" when it did or was not wanted
}

// typeCheck is the compiler's part of phase 4: it adds what TypeScript says to
// the result. That it could not be run is told, and no failure: the entry does
// not rest on it.
func (r *Result) typeCheck(ctx context.Context, env *Env) error {
	if !r.Request.TypeCheck.wanted() {
		return nil
	}
	env.progress(4, 0.7, "type-checking with the web app's TypeScript")
	problems, err := TypeCheckEntries(ctx, env, r.Request.TypeCheck, r.Request.ModelsTS, r.Model.ID)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.TypeScript.Note = "not type-checked: " + firstLine(err)
	default:
		r.TypeScript.Ran = true
		r.Problems = append(r.Problems, problems...)
	}
	return nil
}

// TypeCheckEntries type-checks a models.ts for the sake of some entries. What
// the compiler says of the rest, the file had before: it is an error only when
// the check was asked for.
func TypeCheckEntries(ctx context.Context, env *Env, mode TypeCheckMode, modelsTS string, ids ...string) ([]Problem, error) {
	found, err := TypeCheck(ctx, env, mode, modelsTS)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	file, err := ReadModels(env.path(modelsTS))
	if err != nil {
		return nil, err
	}
	f := tsast.Parse(file.Text)
	var problems []Problem
	for _, e := range found {
		p := Problem{Rule: RuleTypeScript, Severity: string(validate.Error), Message: e.Message, Line: e.Line}
		if mode == TypeCheckAuto && !slices.ContainsFunc(ids, func(id string) bool { return entryHolds(f, id, e.Line) }) {
			p.Severity = string(validate.Warning)
			p.Message += " (outside of the new entry)"
		}
		problems = append(problems, p)
	}
	return problems, nil
}

// entryHolds says whether a line lies in the entry of that id.
func entryHolds(f *tsast.File, id string, line int) bool {
	i := findEntry(f, id)
	if i < 0 {
		return false
	}
	e := f.Entries[i]
	return lineOf(f.Src, e.Offset) <= line && line <= lineOf(f.Src, e.Offset+e.Model.Span.End)
}

// AddTypeScript adds what TypeScript says of the file to its findings.
func (c *CheckedFile) AddTypeScript(ctx context.Context, env *Env) error {
	found, err := TypeCheck(ctx, env, TypeCheckOn, c.Path)
	if err != nil {
		return err
	}
	for _, e := range found {
		at := offsetUTF16(c.File.Src, e.Line, e.Column)
		c.Problems = append(c.Problems, validate.Problem{
			Rule: RuleTypeScript, Severity: validate.Error, Message: e.Message, Span: tsast.Span{Start: at, End: at},
		})
	}
	validate.Sort(c.Problems)
	return nil
}

// offsetUTF16 is the byte of a line and column that count from 1, the column
// in UTF-16 units. A place outside the text is the text's end.
func offsetUTF16(src []byte, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		i := bytes.IndexByte(src[at:], '\n')
		if i < 0 {
			return len(src)
		}
		at += i + 1
	}
	for i, r := range string(src[at:]) {
		if column <= 1 || r == '\n' {
			return at + i
		}
		column--
		if r > 0xFFFF {
			column--
		}
	}
	return len(src)
}
