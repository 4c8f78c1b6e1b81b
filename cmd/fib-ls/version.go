package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/spf13/cobra"
)

// version is set by release builds (-ldflags -X main.version=…); otherwise
// the build info knows.
var version string

// buildVersion returns the version and the commit it was built from.
func buildVersion() (v, commit string) {
	v = version
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return orDefault(v, "unknown"), ""
	}
	if v == "" {
		v = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = s.Value
		}
	}
	return orDefault(v, "(devel)"), commit
}

// versionLine is what fib-ls version prints.
func versionLine() string {
	v, commit := buildVersion()
	if commit != "" {
		v += " (" + commit + ")"
	}
	return fmt.Sprintf("fib-ls %s %s %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func newVersionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !asJSON {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), versionLine())
				return err
			}
			v, commit := buildVersion()
			return writeJSON(cmd.OutOrStdout(), map[string]string{
				"version": v, "commit": commit, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// writeJSON prints a value as the --json of a command does.
func writeJSON(w io.Writer, value any) error {
	data, err := report.MarshalJSON(value)
	if err != nil {
		return fmt.Errorf("printing JSON: %w", err)
	}
	_, err = w.Write(data)
	return err
}
