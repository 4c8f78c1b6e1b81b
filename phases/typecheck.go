package phases

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

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

// errNoTypeScript says that the web app's TypeScript is not installed.
var errNoTypeScript = errors.New("the web app has no TypeScript installed (node_modules/typescript)")

// findTSC finds the TypeScript compiler of the web app that a models.ts
// belongs to: node_modules/typescript in its folder or one above, no further
// up than the repository.
func findTSC(modelsTS string) (string, error) {
	for dir := filepath.Dir(modelsTS); ; {
		tsc := filepath.Join(dir, "node_modules", "typescript", "bin", "tsc")
		if info, err := os.Stat(tsc); err == nil && info.Mode().IsRegular() {
			return tsc, nil
		}
		up := filepath.Dir(dir)
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil || up == dir {
			return "", errNoTypeScript
		}
		dir = up
	}
}

// findProject finds the tsconfig.json of a models.ts.
func findProject(modelsTS string) (string, error) {
	for dir := filepath.Dir(modelsTS); ; {
		project := filepath.Join(dir, "tsconfig.json")
		if info, err := os.Stat(project); err == nil && info.Mode().IsRegular() {
			return project, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("there is no tsconfig.json beside or above it")
		}
		dir = up
	}
}

// TypeCheck runs the web app's own TypeScript over its project and gives what
// it says about models.ts. Only --typecheck runs it: it executes what the
// workspace has installed.
func TypeCheck(ctx context.Context, env *Env, modelsTS string) ([]TypeScriptError, error) {
	path, err := filepath.EvalSymlinks(env.path(modelsTS))
	if err != nil {
		return nil, fmt.Errorf("type-checking %s: %w", modelsTS, err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("--typecheck: Node is not installed (no node on PATH); nothing was type-checked")
	}
	tsc, err := findTSC(path)
	if err != nil {
		return nil, fmt.Errorf("--typecheck: %w; nothing was type-checked, run pnpm install in web", err)
	}
	project, err := findProject(path)
	if err != nil {
		return nil, fmt.Errorf("--typecheck: %w; nothing was type-checked", err)
	}
	cmd := exec.CommandContext(ctx, node, tsc, "--noEmit", "--pretty", "false", "--project", project) // #nosec G204 -- asked for by name
	cmd.Dir = filepath.Dir(project)
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("running TypeScript: %w", err)
	}
	found, others := parseTSC(string(out), cmd.Dir, path)
	if exit != nil && len(found) == 0 && others == 0 {
		return nil, fmt.Errorf("running TypeScript: %w: %s", err, firstLine(errors.New(orText(strings.TrimSpace(string(out)), string(exit.Stderr)))))
	}
	return found, nil
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

// typeCheck adds what TypeScript says to the result, and writes the report
// anew. That it could not be run is a note: the entry does not rest on it.
func (r *Result) typeCheck(ctx context.Context, env *Env) error {
	found, err := TypeCheck(ctx, env, r.Request.ModelsTS)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.Warnings = append(r.Warnings, firstLine(err))
	default:
		for _, e := range found {
			r.Problems = append(r.Problems, Problem{Rule: RuleTypeScript, Severity: string(validate.Error), Message: e.Message, Line: e.Line})
		}
	}
	return r.WriteFiles(env)
}

// AddTypeScript adds what TypeScript says of the file to its findings.
func (c *CheckedFile) AddTypeScript(ctx context.Context, env *Env) error {
	found, err := TypeCheck(ctx, env, c.Path)
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
