/** What the user sees when a model was added, or was not. */
import * as vscode from "vscode"
import type { AddArguments, JobDone, Refusal } from "./protocol"
import type { Server } from "./server"

/** Something to do about a failure. */
type Action = "Open Folder…" | "Go to Error" | "Manage Trust…" | "Log In…" | "Open the Model's Page" | "Choose Another…" | "Open Settings…" | "Retry" | "Show Report" | "Show Output"

/** The actions that fix a failure of the Hub client, by its kind. */
export function actionsFor(kind: string | undefined, hasReport: boolean): Action[] {
  const more: Action[] = hasReport ? ["Show Report", "Show Output"] : ["Show Output"]
  switch (kind) {
    case "no-models-file":
      return ["Open Folder…", "Show Output"]
    case "broken-file":
      return ["Go to Error", "Show Output"]
    case "gated-no-token":
    case "bad-token":
    case "missing-or-private":
      return ["Log In…", "Choose Another…", ...more]
    case "gated-not-granted":
    case "forbidden":
    case "disabled":
      return ["Open the Model's Page", "Choose Another…", ...more]
    case "repo-not-found":
    case "entry-not-found":
    case "revision-not-found":
    case "invalid-name":
    case "too-large":
      return ["Choose Another…", ...more]
    case "dns":
    case "connection":
    case "timeout":
    case "server":
    case "rate-limited":
      return ["Retry", ...more]
    case "tls":
    case "proxy":
    case "config":
    case "not-a-hub":
    case "offline":
      return ["Open Settings…", "Retry", ...more]
    case undefined: // no failure of the Hub's: the model is none that an entry can be made of
      return ["Choose Another…", "Retry", ...more]
    default:
      return ["Retry", ...more]
  }
}

/** Joins sentences, of which some lack their full stop. */
export function sentences(...parts: (string | undefined)[]): string {
  const said = parts.filter((s): s is string => s !== undefined && s !== "")
  return said.map((s, i) => (i < said.length - 1 && /[\w)"\]]$/.test(s) ? `${s}.` : s)).join(" ")
}

/** One line that says what was done. */
export function sentence(done: JobDone): string {
  const verb = done.state === "updated" ? "Updated" : "Added"
  const findings = done.findings === 0 ? "" : done.findings === 1 ? " 1 finding needs a look." : ` ${done.findings} findings need a look.`
  const confidence = done.confidence === undefined ? "" : ` ${done.confidence.charAt(0).toUpperCase()}${done.confidence.slice(1)}.`
  return `${verb} ${done.modelId ?? done.repoId}: ${done.modules} modules, ${done.definitions} Definitions.${confidence}${findings}`
}

/** Shows the first error of a file. */
async function goToError(uri: string | undefined): Promise<void> {
  if (uri === undefined) return
  const document = vscode.Uri.parse(uri)
  const editor = await vscode.window.showTextDocument(document, { preview: false })
  const [first] = vscode.languages.getDiagnostics(document).filter((d) => d.severity === vscode.DiagnosticSeverity.Error).sort((a, b) => a.range.start.compareTo(b.range.start))
  if (!first) return
  editor.selection = new vscode.Selection(first.range.start, first.range.start)
  editor.revealRange(first.range, vscode.TextEditorRevealType.InCenter)
}

export class Outcomes {
  private lastReport: string | undefined
  private askedForSource = false

  constructor(
    private readonly server: Server,
    private readonly output: vscode.LogOutputChannel,
    private readonly endpoint: () => string,
    /** Does what was asked for once more. */
    private readonly again: (asked: AddArguments) => Promise<void>,
  ) {}

  /** Shows what is certain to fail, with what helps. */
  refuse(refusal: Refusal, repoId: string): void {
    void this.explain({ jobId: "", repoId, state: "failed", modules: 0, definitions: 0, findings: 0, openReport: false, ...refusal }, undefined)
  }

  /** Shows the end of a job; `asked` is what it was asked for, when it is known. */
  async show(done: JobDone, asked?: AddArguments): Promise<void> {
    if (done.report !== undefined) this.lastReport = done.report
    switch (done.state) {
      case "added":
      case "updated":
        if (done.openReport && done.report !== undefined) await this.openReport(done.report)
        await this.reveal(done) // last, so that the entry has the focus
        void this.offer(done)
        if (done.baseline === "none") void this.offerSource(done)
        return
      case "cancelled":
        void vscode.window.showInformationMessage(`Adding ${done.repoId} was cancelled; models.ts is as it was.`)
        return
      case "declined":
        return
      case "failed":
        void this.explain(done, asked)
    }
  }

  /** Shows the new entry and selects it. */
  private async reveal(done: JobDone): Promise<void> {
    if (done.uri === undefined || done.modelId === undefined) return
    const uri = vscode.Uri.parse(done.uri)
    const shown = vscode.window.visibleTextEditors.find((e) => e.document.uri.toString() === uri.toString())
    const editor = await vscode.window.showTextDocument(uri, { preview: false, viewColumn: shown?.viewColumn ?? vscode.ViewColumn.One })
    const model = (await this.server.modules(uri)).find((m) => m.id === done.modelId)
    if (!model) return
    const { start, end } = model.range
    editor.selection = new vscode.Selection(end.line, end.character, start.line, start.character)
    editor.revealRange(new vscode.Range(start.line, start.character, end.line, end.character), vscode.TextEditorRevealType.AtTop)
  }

  private async offer(done: JobDone): Promise<void> {
    const actions = ["Show Module Tree", ...(done.report === undefined || done.openReport ? [] : ["Show Report"])]
    const chosen = await vscode.window.showInformationMessage(sentence(done), ...actions)
    if (chosen === "Show Report") await this.showLast()
    if (chosen === "Show Module Tree") await vscode.commands.executeCommand("fibLs.showModuleTree", { uri: done.uri, modelId: done.modelId })
  }

  /** A class that the built-in facts do not have may be in SGLang's newest source: ask once whether to fetch it. */
  private async offerSource(done: JobDone): Promise<void> {
    const settings = vscode.workspace.getConfiguration("fibLs")
    if (this.askedForSource || !vscode.workspace.isTrusted || settings.get<string>("sglang.clone") !== "ask") return
    this.askedForSource = true
    const answers = { "Fetch It": "always", Never: "never" } as const
    const message = `SGLang's class of ${done.repoId} is not among the facts that ship with fib-ls, so its entry follows a template. Fetch SGLang's source from GitHub and keep it up to date?`
    const chosen = await vscode.window.showInformationMessage(message, "Fetch It", "Never")
    if (chosen === undefined) return
    await settings.update("sglang.clone", answers[chosen], vscode.ConfigurationTarget.Global)
    if (chosen === "Fetch It") await this.again({ repoId: done.repoId, update: true, ...(done.modelId === undefined ? {} : { modelName: done.modelId }), ...(done.uri === undefined ? {} : { uri: done.uri }) })
  }

  private async explain(done: JobDone, asked: AddArguments | undefined): Promise<void> {
    const name = done.repoId === "" ? "The model" : done.repoId
    const restricted = done.kind === "offline" && !vscode.workspace.isTrusted
    const message = restricted
      ? `${name} was not added: its config is not on this machine, and in a workspace that is not trusted fib-ls asks nothing of the network.`
      : sentences(`${name} was not added: ${done.message ?? "the reason is in the output"}`, done.hint)
    this.output.error(message)
    const fitting: Action[] = restricted ? ["Manage Trust…", "Choose Another…", "Show Output"] : actionsFor(done.kind, done.report !== undefined)
    const actions = fitting.filter((a) => a !== "Retry" || asked !== undefined)
    const chosen = await vscode.window.showErrorMessage(message, ...actions)
    if (chosen !== undefined) await this.act(chosen, done, asked)
  }

  private async act(action: Action, done: JobDone, asked: AddArguments | undefined): Promise<void> {
    switch (action) {
      case "Open Folder…":
        await vscode.commands.executeCommand("workbench.action.files.openFolder")
        return
      case "Go to Error":
        await goToError(done.uri)
        return
      case "Manage Trust…":
        await vscode.commands.executeCommand("workbench.trust.manage")
        return
      case "Log In…": {
        // The user types the token there; it does not pass through the editor's settings.
        const terminal = vscode.window.createTerminal({ name: "HuggingFace login" })
        terminal.show()
        terminal.sendText("hf auth login", false)
        return
      }
      case "Open the Model's Page":
        await vscode.env.openExternal(vscode.Uri.parse(`${this.endpoint() || "https://huggingface.co"}/${done.repoId}`))
        return
      case "Choose Another…":
        await vscode.commands.executeCommand("fibLs.addModel")
        return
      case "Retry":
        if (asked) await this.again(asked)
        return
      case "Open Settings…":
        await vscode.commands.executeCommand("workbench.action.openSettings", "fibLs.huggingface")
        return
      case "Show Report":
        await this.showLast()
        return
      case "Show Output":
        this.output.show()
    }
  }

  /** Opens the summary of the last job. */
  async showLast(): Promise<void> {
    if (this.lastReport === undefined) {
      void vscode.window.showInformationMessage("There is no report yet: add a model first.")
      return
    }
    await this.openReport(this.lastReport)
  }

  /** Opens a summary beside the editor, rendered where the editor can. */
  async openReport(path: string): Promise<boolean> {
    this.lastReport = path
    const uri = vscode.Uri.file(path)
    try {
      await vscode.workspace.fs.stat(uri)
    } catch {
      void vscode.window.showWarningMessage(`The report is gone: ${path}`)
      return false
    }
    try {
      await vscode.commands.executeCommand("markdown.showPreviewToSide", uri)
      await tabShown(uri.path.slice(uri.path.lastIndexOf("/") + 1))
    } catch {
      await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true })
    }
    return true
  }
}

/** Waits until a tab with a name is in front, for what takes the focus after it; not longer than a moment. */
function tabShown(name: string): Promise<void> {
  const shown = () => vscode.window.tabGroups.activeTabGroup.activeTab?.label.includes(name) === true
  return new Promise((resolve) => {
    const end = () => {
      listener.dispose()
      clearTimeout(timer)
      resolve()
    }
    const listener = vscode.window.tabGroups.onDidChangeTabs(() => { if (shown()) end() })
    const timer = setTimeout(end, 2000)
    if (shown()) end()
  })
}
