/** The smaller commands of the palette. */
import * as vscode from "vscode"
import type { AddModel } from "./addModel"
import type { ShownModel } from "./protocol"
import type { Server } from "./server"

/** Gives the models file to work on: the one in the editor, else the workspace's. */
export async function modelsDocument(server: Server): Promise<vscode.TextDocument | undefined> {
  const candidates = [vscode.window.activeTextEditor, ...vscode.window.visibleTextEditors].map((e) => e?.document)
  const shown = candidates.find((d) => d && server.isModelsFile(d))
  if (shown) return shown
  for (const uri of await vscode.workspace.findFiles("**/data/models.ts", "**/node_modules/**", 20)) {
    if (server.isModelsFile({ uri, languageId: "typescript" })) return vscode.workspace.openTextDocument(uri)
  }
  const chosen = await vscode.window.showInformationMessage("There is no models.ts here: open a clone of flashinfer-bench.", "Open Folder…", "Open Settings…")
  if (chosen === "Open Folder…") await vscode.commands.executeCommand("workbench.action.files.openFolder")
  if (chosen === "Open Settings…") await vscode.commands.executeCommand("workbench.action.openSettings", "fibLs.modelsFile")
  return undefined
}

/** The model around a line; the first one below it when it is in none. */
export function modelAtLine(models: ShownModel[], line: number): ShownModel | undefined {
  return models.find((m) => m.range.start.line <= line && line <= m.range.end.line)
}

/** The repository that an entry's source comment names. */
export function sourceOf(document: vscode.TextDocument, model: ShownModel): string | undefined {
  const lines = document.getText(new vscode.Range(model.range.start.line, 0, model.range.end.line, 0))
  return /\/\/ source: https?:\/\/[^/\s]+\/([\w.-]+\/[\w.-]+)/.exec(lines)?.[1]
}

export class Commands {
  constructor(
    private readonly server: Server,
    private readonly addModel: AddModel,
  ) {}

  /** Update This Model: from the repository that its source comment names, else from one to choose. */
  async update(): Promise<void> {
    const editor = vscode.window.activeTextEditor
    if (!editor || !this.server.isModelsFile(editor.document)) return
    const uri = editor.document.uri
    const model = modelAtLine(await this.server.modules(uri), editor.selection.active.line)
    if (!model) {
      void vscode.window.showInformationMessage("Put the cursor into the model that is to be updated.")
      return
    }
    const repoId = sourceOf(editor.document, model)
    const given = { modelName: model.id, uri: uri.toString(), update: true }
    await this.addModel.run(repoId === undefined ? given : { ...given, repoId })
  }

  /** Check File: the findings, in the Problems view. */
  async check(): Promise<void> {
    const document = await modelsDocument(this.server)
    if (!document) return
    if (!vscode.workspace.getConfiguration("fibLs", document).get<boolean>("diagnostics.enable", true)) {
      const chosen = await vscode.window.showWarningMessage("Checking is turned off by fibLs.diagnostics.enable.", "Open Settings…")
      if (chosen) await vscode.commands.executeCommand("workbench.action.openSettings", "fibLs.diagnostics.enable")
      return
    }
    await vscode.window.showTextDocument(document, { preview: false })
    // The answer comes after every check that the text so far has caused.
    const models = await this.server.modules(document.uri)
    const findings = vscode.languages.getDiagnostics(document.uri).filter((d) => d.source === "fib-ls")
    const of = (severity: vscode.DiagnosticSeverity) => findings.filter((d) => d.severity === severity).length
    const summary = `${models.length} models: ${of(vscode.DiagnosticSeverity.Error)} errors, ${of(vscode.DiagnosticSeverity.Warning)} warnings.`
    if (findings.length > 0) await vscode.commands.executeCommand("workbench.actions.view.problems")
    void vscode.window.showInformationMessage(summary)
  }

  /** Open Definition: the Definition under the cursor, else one of the model's to choose. */
  async openDefinition(): Promise<void> {
    const editor = vscode.window.activeTextEditor
    if (!editor || !this.server.isModelsFile(editor.document)) return
    const at = editor.selection.active
    const models = await this.server.modules(editor.document.uri)
    const here = modelAtLine(models, at.line)
    const definitions = (here ? [here] : models).flatMap((m) => m.modules.flatMap((x) => x.definitions.map((d) => ({ ...d, module: x.name }))))
    if (definitions.length === 0) {
      void vscode.window.showInformationMessage(here ? `${here.id} lists no Definitions.` : "No model of this file lists a Definition.")
      return
    }
    const under = definitions.find((d) => d.range.start.line === at.line && d.range.start.character <= at.character && at.character <= d.range.end.character)
    const chosen = under ?? (await this.chooseDefinition(definitions))
    if (!chosen) return
    const position = new vscode.Position(chosen.range.start.line, chosen.range.start.character + 1)
    const found = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>("vscode.executeDefinitionProvider", editor.document.uri, position)
    const file = found.map((f) => ("targetUri" in f ? f.targetUri : f.uri)).find((u) => u.path.endsWith(".json"))
    if (file) {
      await vscode.window.showTextDocument(file, { viewColumn: vscode.ViewColumn.Beside })
      return
    }
    editor.selection = new vscode.Selection(position, position)
    editor.revealRange(editor.selection)
    const answer = await vscode.window.showInformationMessage(`${chosen.name} is in no dataset that fib-ls sees. Name a clone of flashinfer-trace in fibLs.dataset.path.`, "Open Settings…")
    if (answer) await vscode.commands.executeCommand("workbench.action.openSettings", "fibLs.dataset.path")
  }

  private async chooseDefinition<T extends { name: string; module: string }>(definitions: T[]): Promise<T | undefined> {
    const once = [...new Map(definitions.map((d) => [d.name, d])).values()]
    const item = await vscode.window.showQuickPick(once.map((d) => ({ label: d.name, description: d.module, d })), { title: "Open Definition", matchOnDescription: true })
    return item?.d
  }
}
