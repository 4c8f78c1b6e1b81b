/** Plan, Discover and Verify: what the server finds out about models, shown as texts. */
import * as vscode from "vscode"
import type { AddModel } from "./addModel"
import { modelAtLine, sourceOf } from "./commands"
import type { ShownModel, Verified } from "./protocol"
import type { Server } from "./server"
import type { Texts } from "./texts"

export class Onboard {
  constructor(
    private readonly server: Server,
    private readonly addModel: AddModel,
    private readonly texts: Texts,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  /** The entry at the cursor of a models file. */
  private async here(): Promise<{ model: ShownModel; document: vscode.TextDocument } | undefined> {
    const editor = vscode.window.activeTextEditor
    if (!editor || !this.server.isModelsFile(editor.document)) return undefined
    const model = modelAtLine(await this.server.modules(editor.document.uri), editor.selection.active.line)
    return model && { model, document: editor.document }
  }

  /** Plan: the kernels that a model needs, over every layout. */
  async plan(): Promise<void> {
    const here = await this.here()
    const repoId = (here && sourceOf(here.document, here.model)) ?? (await this.addModel.askRepo("Plan", 1))
    if (repoId === undefined) return
    const uri = here ? { uri: here.document.uri.toString() } : {}
    const plan = await this.withProgress(`Planning ${repoId}`, (token) => this.server.plan({ repoId, ...uri }, token))
    if (plan) await this.texts.show(`/plan/${repoId.replace("/", "_")}.txt`, plan.text)
  }

  /** Discover: the models that could be added next. */
  async discover(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document
    const uri = document && this.server.isModelsFile(document) ? { uri: document.uri.toString() } : {}
    const found = await this.withProgress("Looking for models to add", (token) => this.server.discover(uri, token))
    if (!found) return
    if (found.candidates.length === 0) {
      void vscode.window.showInformationMessage("models.ts has every model that a serving config recommends; with a clone of SGLang named in fibLs.sglang.path, its new classes are looked at too.")
      return
    }
    const asText = { label: "$(list-flat) Show them as a text", repo: undefined, text: true }
    const items = found.candidates.map((c) => ({
      label: c.repo_ids[0] ?? c.class,
      description: c.repo_ids.length > 0 ? c.class : "",
      detail: c.total > 0 ? `${c.why} · ${c.present} of ${c.total} Definitions in the dataset` : c.why,
      repo: c.repo_ids[0],
      text: false,
    }))
    const chosen = await vscode.window.showQuickPick([asText, ...items], { title: "Models to Add Next", placeHolder: "Enter adds the model", matchOnDescription: true, matchOnDetail: true })
    if (chosen?.text === true) await this.texts.show("/discover/models.txt", found.text)
    else if (chosen) await this.addModel.run(chosen.repo === undefined ? uri : { repoId: chosen.repo, ...uri })
  }

  /** Verify against the checkpoint: the entry at the cursor. How it ends is told by verified. */
  async verify(): Promise<void> {
    const here = await this.here()
    if (here) await this.server.verify({ modelId: here.model.id, uri: here.document.uri.toString() })
    else void vscode.window.showInformationMessage("Put the cursor into the model that is to be verified.")
  }

  /** Tells how a verification ended. */
  async verified(end: Verified): Promise<void> {
    const { verdict } = end
    if (end.state === "cancelled") {
      void vscode.window.showInformationMessage(`Verifying ${end.modelId} was cancelled.`)
      return
    }
    if (!verdict) {
      const message = `${end.modelId} was not verified: ${end.message ?? "the reason is in the output"}`
      this.output.error(message)
      if (await vscode.window.showErrorMessage(message, "Show Output")) this.output.show()
      return
    }
    const serious = verdict.problems.some((p) => p.severity === "error" || p.severity === "warning")
    const say = serious ? vscode.window.showWarningMessage : vscode.window.showInformationMessage
    const chosen = await say(`${end.modelId} is ${verdict.line}.`, "Show Details", ...(serious ? ["Show Problems"] : []))
    if (chosen === "Show Details") await this.texts.show(`/verification/${end.modelId}.md`, verdict.markdown)
    if (chosen === "Show Problems") await vscode.commands.executeCommand("workbench.actions.view.problems")
  }

  private async withProgress<T>(title: string, run: (token: vscode.CancellationToken) => Promise<T>): Promise<T | undefined> {
    return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, cancellable: true, title }, async (_, token) => {
      try {
        return await run(token)
      } catch (error) {
        if (token.isCancellationRequested) return undefined
        throw error
      }
    })
  }
}
