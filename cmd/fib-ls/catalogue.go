package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

func newCatalogueCommand() *cobra.Command {
	var ids, asJSON bool
	cmd := &cobra.Command{
		Use:   "catalogue",
		Short: "List the models whose facts are built in",
		Args:  atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				return catalogueJSON(cmd.OutOrStdout())
			}
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
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func catalogueJSON(w io.Writer) error {
	type row struct {
		RepoID string `json:"hf_repo_id"`
		Date   string `json:"date"`
	}
	rows := []row{}
	for _, id := range catalog.IDs() {
		if entry, ok := catalog.Lookup(id); ok {
			rows = append(rows, row{id, entry.Date})
		}
	}
	return writeJSON(w, map[string]any{"models": rows})
}
