package main

import (
	"os"
	"regexp"
	"strings"

	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// typeCheckValue is the flag --typecheck.
type typeCheckValue struct{ mode *typecheck.Mode }

// Set implements pflag.Value.
func (v *typeCheckValue) Set(text string) (err error) {
	*v.mode, err = typecheck.ParseMode(text)
	return err
}

// String implements pflag.Value.
func (v *typeCheckValue) String() string {
	if *v.mode == typecheck.Off {
		return "false"
	}
	return string(*v.mode)
}

// Type implements pflag.Value.
func (v *typeCheckValue) Type() string { return "when" }

// typeCheckDefault is FIB_LS_TYPECHECK, else auto. What cannot be read is as
// if it were not set; doctor tells.
func typeCheckDefault() typecheck.Mode {
	if mode, err := typecheck.ParseMode(os.Getenv("FIB_LS_TYPECHECK")); err == nil {
		return mode
	}
	return typecheck.Auto
}

// joinBooleans lets a boolean flag take its value as the next argument, as the
// original workflow writes it (--skip-sglang true): pflag alone would read
// "true" as an argument of its own.
func joinBooleans(root *cobra.Command, args []string) []string {
	cmd, _, err := root.Find(args)
	if err != nil {
		return args
	}
	var out []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(out, args[i:]...)
		}
		if name, ok := strings.CutPrefix(arg, "--"); ok && i+1 < len(args) && takesBoolean(cmd, name) {
			switch value := strings.ToLower(args[i+1]); value {
			case "true", "false":
				arg += "=" + value
				i++
			}
		}
		out = append(out, arg)
	}
	return out
}

func takesBoolean(cmd *cobra.Command, name string) bool {
	f := cmd.Flags().Lookup(name)
	if f == nil {
		f = cmd.InheritedFlags().Lookup(name)
	}
	return f != nil && f.NoOptDefVal == "true"
}

// flagError says of a flag that cannot be read what was meant, when that can
// be seen.
func flagError(cmd *cobra.Command, err error) error {
	hint := "see " + cmd.CommandPath() + " --help"
	if name, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
		if near := prose.Nearest(name, flagNames(cmd)); near != "" {
			hint = "did you mean --" + near + "? " + hint
		}
	}
	message := strconvError.ReplaceAllStringFunc(prose.Line(err.Error()), func(found string) string {
		if strings.Contains(found, "ParseBool") {
			return "write true or false"
		}
		return "write a number"
	})
	return &fault.Usage{Message: message, Hint: hint}
}

// strconvError is how Go says that a flag's value is not a number or no boolean.
var strconvError = regexp.MustCompile(`strconv\.\w+: parsing "(?:[^"\\]|\\.)*": [a-z ]+`)

func flagNames(cmd *cobra.Command) (names []string) {
	add := func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	}
	cmd.Flags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	return names
}

// unknownCommand refuses what follows fib-ls or fib-ls help and is not a command.
func unknownCommand(root *cobra.Command, name string) error {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(append(names, c.Name()), c.Aliases...)
		}
	}
	hint := "fib-ls --help lists the commands"
	if near := prose.Nearest(name, names); near != "" {
		hint = "did you mean fib-ls " + near + "? " + hint
	} else if strings.Count(name, "/") == 1 {
		hint = "to add a model: fib-ls add " + name
	}
	return &fault.Usage{Message: "there is no command " + prose.Terminal(name), Hint: hint}
}

// isTrue reads a boolean variable as huggingface_hub does.
func isTrue(s string) bool {
	switch strings.ToUpper(s) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}
