package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases"
)

func newDoctorCommand(g *globals) *cobra.Command {
	var offline, asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Show what fib-ls finds on this machine, and what to fix",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), offline)
			if err != nil {
				return err
			}
			v, commit := buildVersion()
			lines := append([]phases.Finding{{Name: "fib-ls", Found: strings.TrimSpace(v + " " + commit), OK: true}}, phases.Doctor(cmd.Context(), env, offline)...)
			if asJSON {
				data, err := phases.MarshalJSON(map[string]any{"findings": lines})
				if err != nil {
					return fmt.Errorf("printing the findings: %w", err)
				}
				_, err = cmd.OutOrStdout().Write(data)
				return err
			}
			return printFindings(cmd.OutOrStdout(), lines)
		},
	}
	cmd.Flags().BoolVar(&offline, "offline", isTrue(os.Getenv("FIB_LS_OFFLINE")), "ask nothing of the network")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printFindings prints one screen: what was found, what will be used, and
// what to do where something is amiss.
func printFindings(w io.Writer, lines []phases.Finding) error {
	width := 0
	for _, l := range lines {
		width = max(width, len(l.Name))
	}
	var b strings.Builder
	for _, l := range lines {
		mark := "✓"
		if !l.OK {
			mark = "!"
		}
		fmt.Fprintf(&b, "%s %-*s  %s\n", mark, width, l.Name, clean(l.Found))
		for _, extra := range []string{l.Used, l.Fix} {
			if extra != "" {
				fmt.Fprintf(&b, "  %*s  %s\n", width, "", clean(extra))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
