/** Changes that wait for the user's word: a diff of the file, and a list of what changes and why. */
import * as vscode from "vscode"
import type { Outcomes } from "./outcomes"
import type { AddArguments, Change, Outcome } from "./protocol"
import type { Server } from "./server"

const scheme = "fib-ls-preview"

/** The kinds of changes, in the order in which they are listed: what was wrong, then what is only called otherwise. */
const kinds: Record<string, string> = {
  corrected: "Numbers corrected",
  moved: "Moved to another parent",
  relisted: "Definitions listed or left out",
  added: "Modules added",
  removed: "Modules removed",
  renamed: "Keys renamed",
  reworded: "Texts",
}

interface Pending {
  id: string
  arguments: AddArguments
  modelId: string
  oldText: string
  newText: string
  changes: Change[]
  document: vscode.Uri
  preview: vscode.Uri
}

export type Node = { pending: Pending } | { pending: Pending; kind: string } | { pending: Pending; change: Change }

/** One line for a change: where, and what becomes what. */
export function changeLine(c: Change): string {
  const named = c.module !== undefined && c.what !== "key" && c.what !== "module" ? `${c.module}: ` : ""
  const what = c.old === undefined ? `${c.what} ${c.new ?? ""} is added` : c.new === undefined ? `${c.what} ${c.old} is removed` : `${c.what} ${c.old} → ${c.new}`
  return `${named}${what}`
}

const nameOf = (document: vscode.Uri): string => document.path.slice(document.path.lastIndexOf("/") + 1)

/** The changes of each kind, in the order of the list. */
export function byKind(changes: Change[]): [kind: string, changes: Change[]][] {
  const order = Object.keys(kinds)
  const found = [...new Set(changes.map((c) => c.kind))].sort((a, b) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99))
  return found.map((kind) => [kind, changes.filter((c) => c.kind === kind)])
}

export class Previews implements vscode.TreeDataProvider<Node>, vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly waiting = new Map<string, Pending>()
  private last = 0
  private readonly changed = new vscode.EventEmitter<undefined>()
  readonly onDidChangeTreeData = this.changed.event
  private readonly view: vscode.TreeView<Node>
  private readonly registered: vscode.Disposable

  constructor(
    private readonly server: Server,
    private readonly outcomes: Outcomes,
  ) {
    this.view = vscode.window.createTreeView("fibLs.changes", { treeDataProvider: this })
    this.registered = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      this.view,
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => { this.tabsClosed(closed) }),
      this.changed,
    )
  }

  /** Adds a model; an entry that is there is refreshed when the user has seen what would change. */
  async add(arguments_: AddArguments): Promise<void> {
    if (arguments_.update === true) {
      // What cannot be previewed is told by the job, which also asks for what a config lacks.
      const outcome = await this.server.preview(arguments_).catch(() => undefined)
      if (outcome?.newText !== undefined && outcome.uri !== undefined) {
        await this.offer(arguments_, outcome)
        return
      }
    }
    await this.outcomes.show(await this.server.addModel(arguments_), arguments_)
  }

  private async offer(arguments_: AddArguments, outcome: Outcome): Promise<void> {
    const { oldText = "", newText = "", changes = [], modelId = "" } = outcome
    if (oldText === newText) {
      void vscode.window.showInformationMessage(`${modelId} is as its repository says: there is nothing to update.`)
      return
    }
    const document = vscode.Uri.parse(outcome.uri ?? "")
    const id = String(++this.last)
    const pending: Pending = { id, arguments: arguments_, modelId, oldText, newText, changes, document, preview: vscode.Uri.from({ scheme, path: `/${id}/${nameOf(document)}` }) }
    for (const other of this.waiting.values()) if (other.modelId === modelId) await this.discard(other)
    this.waiting.set(id, pending)
    await this.refresh()
    await this.showDiff(pending)
    await vscode.commands.executeCommand("fibLs.changes.open", { preserveFocus: true })
    void this.ask(pending)
  }

  /** Opens the diff to stay: the next file that is looked at must not take its place. */
  private async showDiff({ document, preview, modelId }: Pending): Promise<void> {
    await vscode.commands.executeCommand("vscode.diff", document, preview, `${nameOf(document)}: Update ${modelId} (not applied)`, { preview: false })
  }

  private async ask(pending: Pending): Promise<void> {
    const n = pending.changes.length
    const chosen = await vscode.window.showInformationMessage(`Update ${pending.modelId}? It changes ${n} ${n === 1 ? "thing" : "things"}; models.ts is as it was until you apply it.`, "Apply", "Discard")
    if (!this.waiting.has(pending.id)) return
    if (chosen === "Apply") await this.apply(pending)
    if (chosen === "Discard") await this.discard(pending)
  }

  /** The change that a command was called for: by its row, by its diff, or the newest. */
  private of(argument: unknown): Pending | undefined {
    if (typeof argument === "object" && argument !== null && "pending" in argument) return (argument as Node).pending
    const all = [...this.waiting.values()]
    const shown = vscode.window.tabGroups.activeTabGroup.activeTab?.input
    return all.find((p) => shown instanceof vscode.TabInputTextDiff && shown.modified.toString() === p.preview.toString()) ?? all.at(-1)
  }

  async apply(argument: unknown): Promise<void> {
    const pending = this.of(argument)
    if (!pending) return
    const now = (await vscode.workspace.openTextDocument(pending.document)).getText()
    await this.discard(pending)
    if (now !== pending.oldText) {
      void vscode.window.showInformationMessage(`models.ts has changed since: look at what the update of ${pending.modelId} changes now.`)
      await this.add(pending.arguments)
      return
    }
    await this.outcomes.show(await this.server.addModel({ ...pending.arguments, confirmed: true }), pending.arguments)
  }

  async discard(argument: unknown): Promise<void> {
    const pending = this.of(argument)
    if (!pending) return
    this.waiting.delete(pending.id)
    await this.refresh()
    const tabs = vscode.window.tabGroups.all.flatMap((g) => g.tabs)
    await vscode.window.tabGroups.close(tabs.filter((t) => t.input instanceof vscode.TabInputTextDiff && t.input.modified.toString() === pending.preview.toString()))
  }

  /** Who closes the diff does not want the change. */
  private tabsClosed(tabs: readonly vscode.Tab[]): void {
    for (const pending of this.waiting.values()) {
      if (tabs.some((t) => t.input instanceof vscode.TabInputTextDiff && t.input.modified.toString() === pending.preview.toString())) {
        this.waiting.delete(pending.id)
        void this.refresh()
      }
    }
  }

  private async refresh(): Promise<void> {
    this.changed.fire(undefined)
    // With its last row the list goes; the editor would put a terminal in its place.
    if (this.waiting.size === 0 && this.view.visible) await vscode.commands.executeCommand("workbench.action.closePanel")
    await vscode.commands.executeCommand("setContext", "fibLs.previews", this.waiting.size > 0)
  }

  /** Shows the line of a change in the diff. */
  async reveal(argument: unknown): Promise<void> {
    const node = argument as Node
    if (!("change" in node)) return
    const { pending, change } = node
    await this.showDiff(pending)
    const range = new vscode.Range(change.line - 1, 0, change.line - 1, 0)
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document.uri.toString() !== pending.document.toString()) continue
      editor.selection = new vscode.Selection(range.start, range.end)
      editor.revealRange(range, vscode.TextEditorRevealType.InCenter)
    }
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.waiting.get(uri.path.split("/")[1] ?? "")?.newText ?? ""
  }

  getChildren(node?: Node): Node[] {
    if (!node) return [...this.waiting.values()].map((pending) => ({ pending }))
    const { pending } = node
    if ("change" in node) return []
    if ("kind" in node) return pending.changes.filter((c) => c.kind === node.kind).map((change) => ({ pending, change }))
    return byKind(pending.changes).map(([kind]) => ({ pending, kind }))
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if ("change" in node) {
      const item = new vscode.TreeItem(changeLine(node.change))
      item.description = node.change.why
      item.tooltip = `line ${node.change.line}: ${changeLine(node.change)}\n${node.change.why}`
      item.command = { command: "fibLs.showChange", title: "Show the Line", arguments: [node] }
      return item
    }
    const open = vscode.TreeItemCollapsibleState.Expanded
    if ("kind" in node) return new vscode.TreeItem(`${kinds[node.kind] ?? node.kind} (${node.pending.changes.filter((c) => c.kind === node.kind).length})`, open)
    const item = new vscode.TreeItem(`Update ${node.pending.modelId}`, open)
    item.contextValue = "preview"
    item.iconPath = new vscode.ThemeIcon("diff")
    return item
  }

  dispose(): void {
    this.registered.dispose()
  }
}
