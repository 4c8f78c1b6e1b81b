package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

func newCatalogueCommand() *cobra.Command {
	var ids bool
	cmd := &cobra.Command{
		Use:   "catalogue",
		Short: "List the models whose facts are built in",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var b strings.Builder
			for _, id := range catalog.IDs() {
				entry, ok := catalog.Lookup(id)
				switch {
				case ids:
					fmt.Fprintln(&b, id)
				case ok:
					fmt.Fprintf(&b, "%-60s facts of %s\n", id, entry.Date)
				}
			}
			_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
			return err
		},
	}
	cmd.Flags().BoolVar(&ids, "ids", false, "print the repository ids alone, as --batch reads them")
	return cmd
}
