package doctor

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/typecheck"
)

// settings are the variables that fib-ls reads itself, each with what it
// wants when a value cannot be read ("" for text, which always can); the Hub's
// own are shown with the Hub.
var settings = []struct {
	name  string
	wants string
	reads func(string) bool
}{
	{"FIB_LS_OFFLINE", "1 or 0", readsBoolean},
	{"FIB_LS_CACHE_DIR", "", nil},
	{"FIB_LS_SGLANG_PATH", "", nil},
	{"FIB_LS_SGLANG_URL", "", nil},
	{"FIB_LS_HUB_TIMEOUT", "seconds, 1 to 3600", readsSeconds},
	{"FIB_LS_LOG_LEVEL", "", nil}, // every command refuses a wrong one
	{"FIB_LS_TYPECHECK", "auto, true or false", func(s string) bool { _, err := typecheck.ParseMode(s); return err == nil }},
	{"FIB_LS_TYPECHECK_TIMEOUT", "seconds, 1 to 3600", readsSeconds},
	{"FIB_DATASET_PATH", "", nil},
	{"FLASHINFER_TRACE_PATH", "", nil},
}

func readsBoolean(s string) bool {
	return slices.Contains([]string{"1", "0", "ON", "OFF", "YES", "NO", "TRUE", "FALSE"}, strings.ToUpper(s))
}

func readsSeconds(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 1 && n <= 3600
}

// lookSettings tells the variables that are set, those whose value cannot be
// read and those that only look like one of ours.
func lookSettings(env *phases.Env) Finding {
	f := Finding{Name: "settings", OK: true, Found: "none in the environment"}
	var set, wrong, names []string
	for _, s := range settings {
		names = append(names, s.name)
		value := env.Getenv(s.name)
		if value == "" {
			continue
		}
		set = append(set, s.name+"="+withoutPassword(value))
		if s.reads != nil && !s.reads(value) {
			wrong = append(wrong, s.name+" is read as if it were not set: write "+s.wants)
		}
	}
	if env.Environ != nil {
		for _, pair := range env.Environ() {
			name, value, _ := strings.Cut(pair, "=")
			if strings.HasPrefix(name, "FIB_LS_") && value != "" && !slices.Contains(names, name) {
				set = append(set, name)
				wrong = append(wrong, "there is no setting "+name+"; the nearest is "+cmp.Or(prose.Nearest(name, names), names[0]))
			}
		}
	}
	if len(set) > 0 {
		f.Found = strings.Join(set, ", ")
	}
	f.OK, f.Fix = len(wrong) == 0, strings.Join(wrong, "; ")
	return f
}

// lookTools looks at the programs that a run may start.
func lookTools(ctx context.Context, env *phases.Env) []Finding {
	var out []Finding
	for _, tool := range []struct{ name, without, fix string }{
		{"git", "not needed: fib-ls reads repositories itself; only a local directory as --sglang-url is fetched by it", "reinstall git, or name a clone with --sglang-path"},
		{"node", "phase 4 leaves out the web app's TypeScript", "reinstall Node, or give --typecheck=false"},
		{"pnpm", "only the web UI needs it", "reinstall pnpm (npm install --global pnpm)"},
	} {
		f := Finding{Name: tool.name, OK: true}
		path, err := exec.LookPath(tool.name)
		if err != nil {
			f.Found, f.Used = "not found", tool.without
		} else if version, err := versionOf(ctx, path); err != nil {
			f.OK, f.Found, f.Fix = false, path+" does not run: "+prose.FirstLine(err), tool.fix
		} else {
			f.Found = version + " (" + path + ")"
			if tool.name == "node" && olderThan(version, webNode) {
				f.OK, f.Used = false, fmt.Sprintf("the web app wants Node %d or newer", webNode)
				f.Fix = fmt.Sprintf("install Node %d: the type check may run on an older one, the web app need not", webNode)
			}
		}
		out = append(out, f)
	}
	return append(out, lookTypeScript(env))
}

// webNode is the major version of Node that FlashInfer-Bench's web app wants.
const webNode = 22

// olderThan reports whether a version as Node prints it (v20.1.0) is of an
// older major version.
func olderThan(version string, major int) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	n, err := strconv.Atoi(first)
	return err == nil && n < major
}

func versionOf(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version") // #nosec G204 -- a program of the table above
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", fmt.Errorf("no answer to --version within 5 s")
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line, err
}

// lookTypeScript says which compiler phase 4 would run, or why none.
func lookTypeScript(env *phases.Env) Finding {
	f := Finding{Name: "TypeScript", OK: true}
	path, err := filepath.EvalSymlinks(env.Path(env.ModelsTS("")))
	if err != nil {
		f.Found, f.Used = "not looked for: there is no models.ts here", "add and validate run the web app's own where it is installed"
		return f
	}
	tsc, _, err := typecheck.FindCompiler(path)
	if err != nil {
		f.Found, f.Used = "not found: "+err.Error(), "phase 4 leaves it out"
		return f
	}
	f.Found = strings.TrimSpace(typecheck.Version(tsc) + " " + tsc)
	mode := typecheck.Auto
	if m, err := typecheck.ParseMode(env.Getenv("FIB_LS_TYPECHECK")); err == nil {
		mode = m
	}
	switch err := typecheck.Runnable(path, mode); {
	case !mode.Wanted():
		f.Used = "run by --typecheck only (FIB_LS_TYPECHECK)"
	case err != nil:
		f.Used = "not run: " + err.Error()
	default:
		f.Used = "run by add and validate on the edited file; check runs it with --typecheck"
	}
	return f
}
