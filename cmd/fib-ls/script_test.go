package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// update rewrites the expectations of the scripts: go test -run Scripts
// ./cmd/fib-ls -args -update (or UPDATE=1).
var update = os.Getenv("UPDATE") != ""

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"fib-ls": main})
}

// TestScripts runs the command line as people type it: every txtar in
// testdata/script is one script.
func TestScripts(t *testing.T) {
	fixture, err := filepath.Abs(filepath.Join("..", "..", "testdata", "models.ts"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fakehub":  startFakeHub,
			"requests": countRequests,
			"notoken":  findToken,
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
			return os.WriteFile(filepath.Join(dir, "models.ts"), data, 0o644)
		},
	})
}
