package phases_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/batch"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/typecheck"
)

// withCompiler puts a compiler that never ends beside models.ts.
func withCompiler(t *testing.T, env *phases.Env) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	bin := t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(bin, "node"): "#!/bin/sh\nexec sleep 600\n",
		filepath.Join(env.WorkDir, "node_modules", "typescript", "bin", "tsc"): "",
		filepath.Join(env.WorkDir, "tsconfig.json"):                            "{}",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil { // #nosec G306 -- a program
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestInterruptedTypeCheck: whoever interrupts the type check is told that the
// entry is in models.ts.
func TestInterruptedTypeCheck(t *testing.T) {
	env := envWithModels(t)
	withCompiler(t, env)
	ctx, cancel := context.WithCancel(t.Context())
	env.Progress = func(e phases.Event) {
		if strings.Contains(e.Message, "type-checking") {
			cancel()
		}
	}
	req := phases.Request{ModelName: "new-one", Config: testModels(t)[0], ModelsTS: "models.ts", OutputDir: "out", Offline: true, SkipSGLang: true, TypeCheck: typecheck.On}
	_, err := phases.Run(ctx, env, req)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "the entry new-one is in it") {
		t.Errorf("got %v", err)
	}
	text, readErr := os.ReadFile(filepath.Join(env.WorkDir, "models.ts"))
	if readErr != nil || !strings.Contains(string(text), `id: "new-one"`) {
		t.Errorf("the entry is not in the file: %v", readErr)
	}

	ctx, cancel = context.WithCancel(t.Context())
	env.Progress = nil
	req.ModelName = "new-two"
	done := batch.Run(ctx, env, []phases.Request{req}, batch.Watch{})
	cancel()
	if _, err := done.TypeCheck(ctx, env); done.Err != nil || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "the entries are in it") {
		t.Errorf("a batch: %v, %v", done.Err, err)
	}
}

// TestUnwrittenModels: when models.ts cannot be written, no summary tells of an
// entry that is not there, not even an earlier run's; the entry is kept.
func TestUnwrittenModels(t *testing.T) {
	env := envWithModels(t)
	req := phases.Request{ModelName: "new-one", Config: testModels(t)[0], ModelsTS: "models.ts", OutputDir: "out", Offline: true, SkipSGLang: true}
	if _, err := phases.Run(t.Context(), env, req); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(env.WorkDir, "models.ts"), 0o400); err != nil {
		t.Fatal(err)
	}
	req.Update, req.DisplayName = true, "Another"
	_, err := phases.Run(t.Context(), env, req)
	if err == nil || !strings.Contains(err.Error(), "The entry is in "+filepath.Join("out", report.FileEntry)) {
		t.Errorf("got %v", err)
	}
	for name, want := range map[string]bool{report.FileSummary: false, report.FileValidation: false, report.FileEntry: true, report.FileArchitecture: true} {
		if _, err := os.Stat(filepath.Join(env.WorkDir, "out", name)); (err == nil) != want {
			t.Errorf("%s is there: %v", name, err == nil)
		}
	}
}
