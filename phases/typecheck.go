package phases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

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

// TypeCheck runs the web app's own TypeScript over its project and gives the
// lines it prints about models.ts. Only --typecheck runs it: it executes what
// the workspace has installed.
func TypeCheck(ctx context.Context, env *Env, modelsTS string) ([]string, error) {
	path, err := filepath.EvalSymlinks(env.path(modelsTS))
	if err != nil {
		return nil, fmt.Errorf("type-checking %s: %w", modelsTS, err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("--typecheck needs Node: %w", err)
	}
	tsc, err := findTSC(path)
	if err != nil {
		return nil, fmt.Errorf("--typecheck: %w; run pnpm install in web", err)
	}
	project, err := findProject(path)
	if err != nil {
		return nil, fmt.Errorf("--typecheck: %w", err)
	}
	cmd := exec.CommandContext(ctx, node, tsc, "--noEmit", "--pretty", "false", "--project", project) // #nosec G204 -- asked for by name
	cmd.Dir = filepath.Dir(project)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("running TypeScript: %w", err)
	}
	var lines []string
	for line := range strings.SplitSeq(string(out), "\n") {
		if strings.Contains(filepath.ToSlash(line), filepath.Base(path)+"(") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if exit != nil && len(lines) == 0 && strings.TrimSpace(string(out)) == "" {
		return nil, fmt.Errorf("running TypeScript: %w", err)
	}
	return lines, nil
}
