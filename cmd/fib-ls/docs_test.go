package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// plainRoot is the root command as a machine without settings has it.
func plainRoot(t *testing.T) *cobra.Command {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "FIB_LS_") {
			t.Setenv(name, "")
		}
	}
	root := newRootCommand()
	root.InitDefaultCompletionCmd()
	return root
}

// TestCommandsDoc keeps docs/commands.md in step with the commands; UPDATE=1
// writes it.
func TestCommandsDoc(t *testing.T) {
	const path = "../../docs/commands.md"
	want := commandReference(plainRoot(t))
	if update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/commands.md is not in step with the commands: run make generate")
	}
}

// TestFlagChoices: the completions name flags that are there.
func TestFlagChoices(t *testing.T) {
	root := plainRoot(t)
	for key := range flagChoices {
		name, flag, _ := strings.Cut(key, " ")
		cmd := root
		if name != root.Name() {
			found, _, err := root.Find([]string{name})
			if err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			cmd = found
		}
		if cmd.Flags().Lookup(flag) == nil && cmd.PersistentFlags().Lookup(flag) == nil {
			t.Errorf("%s: there is no such flag", key)
		}
	}
}

// TestManPages: every command has a page that groff reads without a warning.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	root := plainRoot(t)
	if err := writeManPages(root, dir); err != nil {
		t.Fatal(err)
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Log("groff is not installed: the pages are not rendered")
	}
	for _, c := range documented(root) {
		file := filepath.Join(dir, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range []string{".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"} {
			if !strings.Contains(string(data), section) {
				t.Errorf("%s lacks %s", file, section)
			}
		}
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && !strings.Contains(string(data), roff("--"+f.Name)) {
				t.Errorf("%s lacks --%s", file, f.Name)
			}
		})
		if groff == "" {
			continue
		}
		out, err := exec.Command(groff, "-ww", "-man", "-Tutf8", "-z", file).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("groff: %v\n%s", err, out)
		}
	}
}

// TestCompletionScripts: each shell that is there reads its script.
func TestCompletionScripts(t *testing.T) {
	dir := t.TempDir()
	if err := writeCompletions(plainRoot(t), dir); err != nil {
		t.Fatal(err)
	}
	for file, shell := range map[string]string{"fib-ls.bash": "bash", "_fib-ls": "zsh", "fib-ls.fish": "fish", "fib-ls.ps1": ""} {
		path := filepath.Join(dir, file)
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s was not written: %v", file, err)
		}
		if bin, err := exec.LookPath(shell); shell != "" && err == nil {
			if out, err := exec.Command(bin, "-n", path).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", file, err, out)
			}
		}
	}
}

// action is action.yml, as far as the tests hold it to something.
type action struct {
	Inputs  map[string]struct{ Description, Default string }
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Steps []struct {
			Run string
			Env map[string]string
		}
	}
}

// TestActionFile: every input reaches the script as a variable, and nothing
// of an input stands in a script's text.
func TestActionFile(t *testing.T) {
	var a action
	readYAML(t, "../../action.yml", &a)
	script, err := os.ReadFile("../../scripts/action.sh")
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{}
	for _, step := range a.Runs.Steps {
		if strings.Contains(step.Run, "${{") {
			t.Errorf("a step's text has an expression in it: %s", step.Run)
		}
		for name, value := range step.Env {
			variables[value] = name
		}
	}
	for input := range a.Inputs {
		name := variables["${{ inputs."+input+" }}"]
		if name != "INPUT_"+strings.ToUpper(input) || !strings.Contains(string(script), name) {
			t.Errorf("input %s: the variable %q does not reach scripts/action.sh", input, name)
		}
	}
	for output, o := range a.Outputs {
		if !strings.Contains(string(script), "emit "+output+" ") || !strings.Contains(o.Value, "outputs."+output+" ") {
			t.Errorf("output %s is not emitted", output)
		}
	}
}

// TestExampleWorkflows: the examples give the action inputs that it has, and
// read outputs that it gives.
func TestExampleWorkflows(t *testing.T) {
	var a action
	readYAML(t, "../../action.yml", &a)
	for _, file := range []string{"add-model.yml", "check-models.yml"} {
		var workflow struct {
			Jobs map[string]struct {
				Steps []struct {
					Uses string
					With map[string]string
				}
			}
		}
		readYAML(t, "../../.github/workflows/"+file, &workflow)
		used := 0
		for _, job := range workflow.Jobs {
			for _, step := range job.Steps {
				if strings.HasPrefix(step.Uses, "fib-ls/fib-ls@") {
					used++
					for name := range step.With {
						if _, ok := a.Inputs[name]; !ok {
							t.Errorf("%s: the action has no input %s", file, name)
						}
					}
					continue
				}
				for _, value := range step.With {
					_, rest, ok := strings.Cut(value, "steps.add.outputs.")
					if name, _, _ := strings.Cut(rest, " "); ok && a.Outputs[name].Value == "" {
						t.Errorf("%s: the action has no output %s", file, name)
					}
				}
			}
		}
		if used != 1 {
			t.Errorf("%s uses the action %d times", file, used)
		}
	}
}

func readYAML(t *testing.T, path string, value any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, value); err != nil {
		t.Fatal(err)
	}
}
