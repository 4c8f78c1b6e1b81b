package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fib-ls/fib-ls/phases/doctor"
	"github.com/spf13/cobra"
)

func newDoctorCommand(g *globals) *cobra.Command {
	var offline, asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Show what fib-ls finds on this machine, and what to fix",
		Long: `Looks at everything that a run may rest on: the Hub, its token and cache, SGLang's
source, fib-ls's cache and settings, the dataset, models.ts, Node and TypeScript.
Says what was found, what will be used, and after an arrow what to do. It changes
nothing.`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			env, err := g.environment(cmd.InOrStdin(), cmd.ErrOrStderr(), offline)
			if err != nil {
				return err
			}
			v, commit := buildVersion()
			lines := append([]doctor.Finding{{Name: "fib-ls", Found: strings.TrimSpace(v + " " + commit), OK: true}}, doctor.Run(cmd.Context(), env, offline)...)
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), map[string]any{"findings": lines})
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
func printFindings(w io.Writer, lines []doctor.Finding) error {
	width := 0
	for _, l := range lines {
		width = max(width, len(l.Name))
	}
	var b strings.Builder
	amiss := 0
	for _, l := range lines {
		mark := "✓"
		if !l.OK {
			mark = "!"
			amiss++
		}
		fmt.Fprintf(&b, "%s %-*s  %s\n", mark, width, l.Name, clean(l.Found))
		if l.Used != "" {
			fmt.Fprintf(&b, "  %*s  %s\n", width, "", clean(l.Used))
		}
		if l.Fix != "" {
			fmt.Fprintf(&b, "  %*s  → %s\n", width, "", clean(l.Fix))
		}
	}
	if amiss == 0 {
		b.WriteString("\nNothing is amiss.\n")
	} else {
		fmt.Fprintf(&b, "\n%d to look at, marked !\n", amiss)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
