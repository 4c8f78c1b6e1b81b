/** Add Several Models: from a list that is typed or pasted, or from a file. */
import * as vscode from "vscode"
import { reposFromList } from "./repos"
import type { Server } from "./server"

interface Failure {
  repoId: string
  why: string
}

/** What is said when all were tried. */
export function batchSentence(added: number, failures: Failure[], cancelled: boolean): string {
  const parts = [`${added} ${added === 1 ? "model" : "models"} added`]
  if (failures.length > 0) parts.push(`${failures.length} not: ${failures.slice(0, 3).map((f) => `${f.repoId} (${f.why})`).join("; ")}${failures.length > 3 ? "; …" : ""}`)
  return parts.join(", ") + (cancelled ? "; the rest was cancelled." : ".")
}

export class AddModels {
  constructor(
    private readonly server: Server,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  async run(): Promise<void> {
    const text = await this.askList()
    if (text === undefined) return
    const { repos, wrong } = reposFromList(text)
    if (wrong.length > 0) {
      const go = repos.length > 0 ? [`Add the Other ${repos.length}`] : []
      const chosen = await vscode.window.showWarningMessage(`These are not repositories: ${wrong.slice(0, 5).join(", ")}${wrong.length > 5 ? ", …" : ""}`, ...go)
      if (chosen === undefined) return
    }
    if (repos.length > 0) await this.addAll(repos)
  }

  private async askList(): Promise<string | undefined> {
    const type = { label: "$(edit) Type or paste a list", id: "type" }
    const file = { label: "$(file) Choose a file…", description: "one ORG/NAME or ID:ORG/NAME per line", id: "file" }
    const how = await vscode.window.showQuickPick([type, file], { title: "Add Several Models" })
    if (how === type) return vscode.window.showInputBox({ title: "Add Several Models", prompt: "Repositories, with blanks or commas between them", placeHolder: "Qwen/Qwen3-32B, deepseek-ai/DeepSeek-V3", ignoreFocusOut: true })
    if (how === undefined) return undefined
    const [uri] = (await vscode.window.showOpenDialog({ title: "Add Several Models: the list", canSelectMany: false })) ?? []
    if (!uri) return undefined
    const bytes = await vscode.workspace.fs.readFile(uri)
    return bytes.length > 1 << 20 ? "" : new TextDecoder().decode(bytes)
  }

  private async addAll(repos: { repoId: string; modelName?: string }[]): Promise<void> {
    const document = vscode.window.activeTextEditor?.document
    const uri = document && this.server.isModelsFile(document) ? { uri: document.uri.toString() } : {}
    const failures: Failure[] = []
    let added = 0
    const stopped = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, cancellable: true, title: "Adding models" }, async (progress, token) => {
      const cancelled = () => token.isCancellationRequested
      for (const [i, repo] of repos.entries()) {
        if (cancelled()) return true
        const at = `${i + 1} of ${repos.length}: ${repo.repoId}`
        progress.report({ message: at, increment: i === 0 ? 0 : 100 / repos.length })
        try {
          await this.server.addQuietly({ ...repo, ...uri }, token, (message) => { progress.report({ message: `${at}: ${message}` }) })
          added++
        } catch (error) {
          if (cancelled()) return true
          const why = error instanceof Error ? error.message : String(error)
          this.output.error(`${repo.repoId}: ${why}`)
          failures.push({ repoId: repo.repoId, why })
        }
      }
      return false
    })
    const message = batchSentence(added, failures, stopped)
    this.output.info(message)
    if (failures.length === 0) void vscode.window.showInformationMessage(message)
    else void vscode.window.showWarningMessage(message, "Show Output").then((chosen) => { if (chosen) this.output.show() })
  }
}
