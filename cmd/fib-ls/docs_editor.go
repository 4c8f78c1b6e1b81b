package main

import (
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/lsp"
)

// paletteCommand is a command that the VS Code extension has in its palette.
type paletteCommand struct{ id, title, doc string }

// paletteCommands are documented here and contributed by the extension's
// package.json; a test holds the two together.
var paletteCommands = []paletteCommand{
	{"fibLs.addModel", "Add Model from HuggingFace…", "a repository (searched for on the Hub as one types), the id, the parallelism"},
	{"fibLs.updateModel", "Update This Model", "refreshes the entry at the cursor, after its changes were seen"},
	{"fibLs.verify", "Verify against the Checkpoint", "holds the entry at the cursor to its model's config, source and checkpoint"},
	{"fibLs.plan", "Plan: Kernels of a Model…", "what fib-ls plan prints, of the model at the cursor or of one to choose"},
	{"fibLs.discover", "Discover: Models to Add Next…", "what fib-ls discover lists; Enter adds a model"},
	{"fibLs.applyPreview", "Apply the Update", "applies the change that is shown"},
	{"fibLs.discardPreview", "Discard the Update", "leaves the file as it is"},
	{"fibLs.addModels", "Add Several Models…", "from a list that is typed, pasted or in a file"},
	{"fibLs.checkFile", "Check File", "shows the findings"},
	{"fibLs.showReport", "Show Last Report", "the summary of the last model that was added"},
	{"fibLs.showModuleTree", "Show Module Tree", "draws the model at the cursor"},
	{"fibLs.openDefinition", "Open Definition", "the JSON of a Definition in a clone of flashinfer-trace"},
	{"fibLs.restartServer", "Restart Server", "starts the language server anew"},
	{"fibLs.showOutput", "Show Output", "the server's log"},
	{"fibLs.copyDebugInformation", "Copy Debug Information", "versions and settings, without secrets"},
}

// clientSettings are those that the extension reads and the server never sees.
var clientSettings = []lsp.Setting{
	{Key: "server.path", Default: "null", Doc: "The `fib-ls` program to run. When it is not set, the one that ships with the extension is used, then the one on the `PATH`. Restricted mode always runs the one that ships with the extension."},
	{Key: "server.extraEnv", Default: "{}", Doc: "Environment variables for the server, over those of the editor."},
	{Key: "trace.server", Default: `"off"`, Doc: "Log the messages between editor and server in the output channel."},
}

// editorReference is the part of docs/commands.md about editors.
func editorReference(b *strings.Builder) {
	b.WriteString("\n## In an editor\n\nThe language server reads these settings below `fibLs`; what a workspace may not set is said in SECURITY.md. How an editor calls the server's own commands stands in [editors.md](editors.md).\n\n| `fibLs.` | default | |\n|---|---|---|\n")
	for _, s := range lsp.Settings() {
		fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", s.Key, s.Default, strings.ReplaceAll(s.Doc, "|", `\|`))
	}
	b.WriteString("\nThe VS Code extension has these too:\n\n| `fibLs.` | default | |\n|---|---|---|\n")
	for _, s := range clientSettings {
		fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", s.Key, s.Default, s.Doc)
	}
	b.WriteString("\nIts palette, each behind `FlashInfer-Bench:`:\n\n| command | id | |\n|---|---|---|\n")
	for _, c := range paletteCommands {
		fmt.Fprintf(b, "| %s | `%s` | %s |\n", c.title, c.id, c.doc)
	}
}
