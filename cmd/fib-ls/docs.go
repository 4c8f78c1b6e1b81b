package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newDocsCommand writes what is made from the commands themselves. It is
// hidden: releases and `make generate` run it.
func newDocsCommand() *cobra.Command {
	var man, completions string
	cmd := &cobra.Command{
		Use:    "docs",
		Short:  "Write the command reference (Markdown), man pages and completions",
		Hidden: true,
		Args:   atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			root := cmd.Root()
			root.InitDefaultCompletionCmd()
			if man != "" {
				if err := writeManPages(root, man); err != nil {
					return err
				}
			}
			if completions != "" {
				if err := writeCompletions(root, completions); err != nil {
					return err
				}
			}
			if man != "" || completions != "" {
				return nil
			}
			_, err := fmt.Fprint(cmd.OutOrStdout(), commandReference(root))
			return err
		},
	}
	cmd.Flags().StringVar(&man, "man", "", "write man pages into this directory")
	cmd.Flags().StringVar(&completions, "completions", "", "write the shells' completions into this directory")
	return cmd
}

// documented are the commands that the documents show: the root, then those
// below it.
func documented(root *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{root}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			list = append(list, c)
		}
	}
	return list
}

// commandReference is docs/commands.md.
func commandReference(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(`# Commands

<!-- Generated from the commands by make generate; do not edit. -->

Results go to standard output, progress and logs to standard error.

| exit code | |
|---|---|
| 0 | done, nothing found |
| 1 | findings of check, or an entry with errors |
| 2 | usage, configuration, a refusal (the entry is there already, the model is not a decoder) |
| 3 | network, or an input that is not there |
| 4 | authentication |
| 130 | interrupted |
`)
	for _, c := range documented(root) {
		fmt.Fprintf(&b, "\n## %s\n", c.CommandPath())
		for _, paragraph := range strings.Split(longText(c), "\n\n") {
			if strings.HasPrefix(paragraph, "  ") {
				paragraph = "```\n" + unindent(paragraph) + "\n```"
			}
			fmt.Fprintf(&b, "\n%s\n", paragraph)
		}
		fmt.Fprintf(&b, "\n```\n%s\n```\n", useLine(c))
		if len(c.Aliases) > 0 {
			fmt.Fprintf(&b, "\nAlso called: %s.\n", strings.Join(c.Aliases, ", "))
		}
		if c.Example != "" {
			fmt.Fprintf(&b, "\n```\n%s\n```\n", strings.TrimRight(unindent(c.Example), "\n"))
		}
		flagTable(&b, c)
	}
	editorReference(&b)
	return b.String()
}

// useLine is how a command is called. cobra's own line for the root depends on
// whether the root has been run.
func useLine(c *cobra.Command) string {
	if !c.HasParent() {
		return c.Name() + " COMMAND [flags]"
	}
	return c.UseLine()
}

func longText(c *cobra.Command) string {
	if c.Long != "" {
		return strings.TrimSpace(c.Long)
	}
	return c.Short + "."
}

func flagTable(b *strings.Builder, c *cobra.Command) {
	rows := 0
	flagsOf(c).VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if rows == 0 {
			b.WriteString("\n| flag | |\n|---|---|\n")
		}
		rows++
		fmt.Fprintf(b, "| `%s` | %s |\n", flagSpelling(f), strings.ReplaceAll(flagWords(f), "|", "\\|"))
	})
}

// flagsOf are a command's own flags; the root's are those of all commands.
func flagsOf(c *cobra.Command) *pflag.FlagSet {
	if !c.HasParent() {
		return c.PersistentFlags()
	}
	flags := c.LocalNonPersistentFlags()
	flags.SortFlags = c.Flags().SortFlags
	return flags
}

func flagSpelling(f *pflag.Flag) string {
	s := "--" + f.Name
	if f.Shorthand != "" {
		s = "-" + f.Shorthand + ", " + s
	}
	kind, _ := pflag.UnquoteUsage(f)
	if kind != "" {
		s += " " + kind
	}
	return s
}

// flagWords is a flag's text with its default, unless the text says it.
func flagWords(f *pflag.Flag) string {
	_, usage := pflag.UnquoteUsage(f)
	switch f.DefValue {
	case "", "false", "[]", "0":
		return usage
	}
	if strings.Contains(usage, "default") {
		return usage
	}
	return fmt.Sprintf("%s (default %s)", usage, f.DefValue)
}

func unindent(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}

// writeManPages writes fib-ls.1 and a page per command.
func writeManPages(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("writing the man pages: %w", err)
	}
	for _, c := range documented(root) {
		name := filepath.Join(dir, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1")
		if err := os.WriteFile(name, []byte(manPage(c)), 0o644); err != nil {
			return fmt.Errorf("writing the man pages: %w", err)
		}
	}
	return nil
}

// manPage is one command's page in roff. It bears no date: two builds of one
// version are the same.
func manPage(c *cobra.Command) string {
	var b strings.Builder
	title := strings.ReplaceAll(c.CommandPath(), " ", "-")
	v, _ := buildVersion()
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"fib-ls %s\" \"fib-ls\"\n", strings.ToUpper(roff(title)), roff(v))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(title), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(useLine(c)))
	b.WriteString(".SH DESCRIPTION\n")
	for i, paragraph := range strings.Split(longText(c), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if strings.HasPrefix(paragraph, "  ") {
			fmt.Fprintf(&b, ".nf\n%s\n.fi\n", roff(paragraph))
			continue
		}
		b.WriteString(roff(paragraph) + "\n")
	}
	options := false
	flagsOf(c).VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if !options {
			b.WriteString(".SH OPTIONS\n")
			options = true
		}
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(flagSpelling(f)), roff(flagWords(f)))
	})
	if c.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(strings.TrimRight(unindent(c.Example), "\n")))
	}
	manSeeAlso(&b, c)
	return b.String()
}

func manSeeAlso(b *strings.Builder, c *cobra.Command) {
	var others []string
	for _, o := range documented(c.Root()) {
		if o != c && (o == c.Root() || c == c.Root()) {
			others = append(others, fmt.Sprintf(".BR %s (1)", roff(strings.ReplaceAll(o.CommandPath(), " ", "-"))))
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(b, ".SH SEE ALSO\n%s\n", strings.Join(others, ",\n"))
	}
}

// roff escapes a text: backslashes, hyphens that are meant as such, and lines
// that would begin a request.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", `\[u2026]`, "→", `\[->]`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

// writeCompletions writes the completion script of each shell under the name
// that the shell looks for.
func writeCompletions(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("writing the completions: %w", err)
	}
	for _, shell := range []struct {
		name  string
		write func(file string) error
	}{
		{"fib-ls.bash", func(file string) error { return root.GenBashCompletionFileV2(file, true) }},
		{"_fib-ls", root.GenZshCompletionFile},
		{"fib-ls.fish", func(file string) error { return root.GenFishCompletionFile(file, true) }},
		{"fib-ls.ps1", root.GenPowerShellCompletionFileWithDesc},
	} {
		if err := shell.write(filepath.Join(dir, shell.name)); err != nil {
			return fmt.Errorf("writing the completions: %w", err)
		}
	}
	return nil
}
