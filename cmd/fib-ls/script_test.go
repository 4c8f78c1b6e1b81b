package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// update rewrites the expectations of the scripts: go test -run Scripts
// ./cmd/fib-ls -args -update (or UPDATE=1).
var update = os.Getenv("UPDATE") != ""

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"fib-ls": main, "deaf": deaf})
}

// TestScripts runs the command line as people type it: every txtar in
// testdata/script is one script.
func TestScripts(t *testing.T) {
	fixture, err := filepath.Abs(filepath.Join("..", "..", "testdata", "models.ts"))
	if err != nil {
		t.Fatal(err)
	}
	action, err := filepath.Abs(filepath.Join("..", "..", "scripts", "action.sh"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fakehub":    startFakeHub,
			"requests":   countRequests,
			"notoken":    findToken,
			"typescript": linkTypeScript,
		},
		Condition: func(name string) (bool, error) {
			if name != "typescript" {
				return false, fmt.Errorf("no condition %q", name)
			}
			_, err := os.Stat(filepath.Join(testModules(), "typescript"))
			return err == nil, nil
		},
		Setup: func(env *testscript.Env) error {
			data, err := os.ReadFile(fixture)
			if err != nil {
				return err
			}
			dir := filepath.Join(env.WorkDir, "web", "apps", "web", "data")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
			// No test opens a network connection.
			env.Setenv("FIB_LS_OFFLINE", "1")
			env.Setenv("NO_COLOR", "1")
			env.Setenv("TOKEN", theToken)
			env.Setenv("NL", "\n")
			env.Setenv("ACTION", action)
			// The directory of fib-ls alone: a PATH without anything else.
			env.Setenv("BIN", filepath.SplitList(env.Getenv("PATH"))[0])
			return os.WriteFile(filepath.Join(dir, "models.ts"), data, 0o644)
		},
	})
}

// testModules is where the tests' npm packages are.
func testModules() string {
	dir, err := filepath.Abs(filepath.Join("..", "..", "scripts", "node_modules"))
	if err != nil {
		return ""
	}
	return dir
}

// linkTypeScript is "typescript DIR": the tests' TypeScript as the web app's
// own node_modules.
func linkTypeScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: typescript DIR")
	}
	ts.Check(os.Symlink(testModules(), ts.MkAbs(args[0])))
}
