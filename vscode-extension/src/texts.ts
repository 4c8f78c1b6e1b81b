/** Read-only documents of ours: the documentation of rules, which is in the server's binary, and what was made for the user to read. */
import * as vscode from "vscode"
import type { Server } from "./server"

export const scheme = "fib-ls"
const rulesPath = "/rules/"

/** Where the documentation of a rule is. */
export const ruleUri = (rule: string): vscode.Uri => vscode.Uri.from({ scheme, path: `${rulesPath}${rule}.md` })

/** Lets a finding's rule lead to the documentation that is here, without a network. */
export function withRuleDocument(diagnostic: vscode.Diagnostic): vscode.Diagnostic {
  const { code } = diagnostic
  if (typeof code === "object") diagnostic.code = { value: code.value, target: ruleUri(String(code.value)) }
  return diagnostic
}

export class Texts implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly kept = new Map<string, string>()
  private readonly changed = new vscode.EventEmitter<vscode.Uri>()
  readonly onDidChange = this.changed.event
  private readonly registered: vscode.Disposable

  constructor(private readonly server: Server) {
    this.registered = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => { if (uri.scheme === scheme) this.kept.delete(uri.path) }),
      this.changed,
    )
  }

  async provideTextDocumentContent({ path }: vscode.Uri): Promise<string> {
    if (!path.startsWith(rulesPath)) return this.kept.get(path) ?? "This text is gone: run the command again.\n"
    const { markdown, url } = await this.server.explainRule(path.slice(rulesPath.length).replace(/\.md$/, ""))
    return url === undefined ? markdown : `${markdown.trimEnd()}\n\n[The same on the web](${url})\n`
  }

  /** Shows a text beside the editor; Markdown is rendered, see the editor associations in package.json. */
  async show(path: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path })
    this.kept.set(path, text)
    this.changed.fire(uri)
    await vscode.commands.executeCommand("vscode.open", uri, { viewColumn: vscode.ViewColumn.Beside, preview: true })
  }

  dispose(): void {
    this.registered.dispose()
  }
}
