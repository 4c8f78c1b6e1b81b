package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// misuse runs a command line that no command should take, and returns its exit
// code and what it says.
func misuse(t *testing.T, args ...string) (code int, text string) {
	t.Helper()
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(""))
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	err := root.Execute()
	if err == nil {
		return 0, ""
	}
	return exitCode(t.Context(), err), err.Error()
}

// needs are the arguments without which a command refuses before it looks at
// the values of its flags.
var needs = map[string][]string{
	"add": {"Qwen/Qwen3-8B", "--dry-run"}, "plan": {"Qwen/Qwen3-8B"}, "define": {"rmsnorm_h64"},
	"generate": {"--model-name", "x"}, "validate": {"--model-name", "x"},
}

// TestNumbersHaveABound gives every flag that takes a number one below all that
// mean something.
func TestNumbersHaveABound(t *testing.T) {
	offline(t)
	seen := 0
	for _, cmd := range newRootCommand().Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Hidden || !slices.Contains([]string{"int", "ints", "intSlice", "float", "float64", "uint"}, f.Value.Type()) {
				return
			}
			seen++
			for _, value := range []string{"-1", "x", "NaN"} {
				args := append([]string{cmd.Name(), "--" + f.Name + "=" + value}, needs[cmd.Name()]...)
				if code, text := misuse(t, args...); code != 2 || !strings.Contains(text, "--"+f.Name) {
					t.Errorf("%v: exit code %d, %q", args, code, text)
				}
			}
		})
	}
	if seen < 5 {
		t.Errorf("only %d flags with numbers were found", seen)
	}
	for _, args := range [][]string{{"plan", "Qwen/Qwen3-8B", "--tp", "0"}, {"plan", "Qwen/Qwen3-8B", "--ep", "1,0"}, {"define", "rmsnorm_h64", "--epsilon", "0"}} {
		if code, text := misuse(t, args...); code != 2 {
			t.Errorf("%v: exit code %d, %q", args, code, text)
		}
	}
}

func TestNumbersSaidTwiceCountOnce(t *testing.T) {
	var list []int
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	wholesVar(flags, &list, "tp", "")
	if err := flags.Parse([]string{"--tp", "4, 1,4", "--tp=1,8"}); err != nil || !slices.Equal(list, []int{4, 1, 8}) {
		t.Errorf("%v, %v", list, err)
	}
}

// TestArgumentsTooMany holds every command that takes none, or a known number,
// to a refusal that names the argument and says where to look.
func TestArgumentsTooMany(t *testing.T) {
	offline(t)
	var commands []*cobra.Command
	for _, cmd := range newRootCommand().Commands() {
		commands = append(append(commands, cmd), cmd.Commands()...)
	}
	for _, cmd := range commands {
		usage := cmd.Use
		if strings.Contains(usage, "…") || cmd.Name() == "help" { // takes any number
			continue
		}
		args := append(strings.Fields(cmd.CommandPath())[1:], "one", "two")
		if code, text := misuse(t, args...); code != 2 || !strings.Contains(text, `"one"`) && !strings.Contains(text, `"two"`) || !strings.Contains(text, "--help") && !strings.Contains(text, "choose") {
			t.Errorf("%v: exit code %d, %q", args, code, text)
		}
	}
}
