import * as vscode from "vscode"
import { AddModel } from "./addModel"
import { AddModels } from "./addModels"
import { NoBinary } from "./binary"
import { Client } from "./client"
import { Commands, modelsDocument } from "./commands"
import { debugInformation } from "./debugInformation"
import { ModuleTree } from "./moduleTree"
import { Onboard } from "./onboard"
import { Outcomes } from "./outcomes"
import { Previews } from "./preview"
import type { AddArguments } from "./protocol"
import { Status } from "./status"
import { Texts } from "./texts"

export function activate(context: vscode.ExtensionContext): void {
  const begun = Date.now()
  const output = vscode.window.createOutputChannel("FlashInfer-Bench", { log: true })
  const client: Client = new Client(context, output, {
    chooseModel: (given) => void addModel.run(given),
    add: (given) => void previews.add(given).catch((error: unknown) => { failed(output, error) }),
    verified: (end) => void onboard.verified(end),
    showEntry: (of) => void vscode.commands.executeCommand("fibLs.showModuleTree", of),
    jobDone: (done) => void outcomes.show(done, { repoId: done.repoId }),
    showReport: (path) => outcomes.openReport(path),
    status: (state, detail) => { status.set(state, detail) },
  })
  const status = new Status(client.selector)
  const outcomes: Outcomes = new Outcomes(client, output, () => vscode.workspace.getConfiguration("fibLs").get("huggingface.endpoint", ""), (asked) => previews.add(asked))
  const previews: Previews = new Previews(client, outcomes)
  const texts = new Texts(client)
  const addModel: AddModel = new AddModel(client, previews, outcomes)
  const onboard: Onboard = new Onboard(client, addModel, texts, output)
  const addModels = new AddModels(client, output)
  const commands = new Commands(client, addModel)
  const tree = new ModuleTree(context, client)

  const register = registrar(context, output)
  register("fibLs.addModel", (given) => addModel.run(isArguments(given) ? given : {}))
  register("fibLs.updateModel", () => commands.update())
  register("fibLs.applyPreview", (of) => previews.apply(of))
  register("fibLs.discardPreview", (of) => previews.discard(of))
  register("fibLs.showChange", (of) => previews.reveal(of))
  register("fibLs.verify", () => onboard.verify())
  register("fibLs.plan", () => onboard.plan())
  register("fibLs.discover", () => onboard.discover())
  register("fibLs.addModels", () => addModels.run())
  register("fibLs.checkFile", () => commands.check())
  register("fibLs.showReport", () => outcomes.showLast())
  register("fibLs.showModuleTree", async (of) => tree.show(isTarget(of) ? of : undefined, () => modelsDocument(client)))
  register("fibLs.openDefinition", () => commands.openDefinition())
  register("fibLs.restartServer", () => client.restart())
  register("fibLs.showOutput", () => { output.show() })
  register("fibLs.copyDebugInformation", async () => {
    await vscode.env.clipboard.writeText(debugInformation(client.version, client.describe()))
    void vscode.window.showInformationMessage("The debug information is in the clipboard.")
  })

  follow(context, client, output)
  context.subscriptions.push(output, status, tree, texts, previews, client)
  output.info(`activated in ${Date.now() - begun} ms`)
  // Activation does not wait for the server.
  void wanted(client)
    .then(async (yes) => {
      if (!yes) return
      await client.running()
      output.info(`the server answered ${Date.now() - begun} ms after activation`)
    })
    .catch((error: unknown) => { failed(output, error) })
}

/** Registers commands, whose failures are shown. */
const registrar = (context: vscode.ExtensionContext, output: vscode.LogOutputChannel) => (id: string, run: (argument: unknown) => unknown) => {
  context.subscriptions.push(
    vscode.commands.registerCommand(id, async (argument: unknown) => {
      try {
        await run(argument)
      } catch (error) {
        failed(output, error)
      }
    }),
  )
}

/** Follows what changes while the editor is open: the active file, the settings, the trust. */
function follow(context: vscode.ExtensionContext, client: Client, output: vscode.LogOutputChannel): void {
  const start = () => void client.running().catch((error: unknown) => { failed(output, error) })
  const active = (editor: vscode.TextEditor | undefined) => {
    const ours = editor !== undefined && client.isModelsFile(editor.document)
    void vscode.commands.executeCommand("setContext", "fibLs.modelsFile", ours)
    if (ours) start()
  }
  active(vscode.window.activeTextEditor)
  const restart = () => void client.restart().catch((error: unknown) => { failed(output, error) })
  context.subscriptions.push(
    vscode.window.onDidChangeActiveTextEditor(active),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (["fibLs.server", "fibLs.modelsFile", "http.proxy"].some((key) => change.affectsConfiguration(key))) restart()
    }),
  )
}

/** Says whether the server is needed at once: a models file is open, or lies where upstream has it. */
async function wanted(client: Client): Promise<boolean> {
  if (vscode.workspace.textDocuments.some((d) => client.isModelsFile(d))) return true
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    for (const path of ["web/apps/web/data/models.ts", "apps/web/data/models.ts", "data/models.ts"]) {
      const uri = vscode.Uri.joinPath(folder.uri, path)
      if (!client.isModelsFile({ uri, languageId: "typescript" })) continue
      const found = await vscode.workspace.fs.stat(uri).then(() => true, () => false)
      if (found) return true
    }
  }
  return false
}

function failed(output: vscode.LogOutputChannel, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  output.error(message)
  const settings = error instanceof NoBinary ? ["Open Settings…"] : []
  void vscode.window.showErrorMessage(message, ...settings, "Show Output").then((chosen) => {
    if (chosen === "Open Settings…") void vscode.commands.executeCommand("workbench.action.openSettings", "fibLs.server.path")
    if (chosen === "Show Output") output.show()
  })
}

const isArguments = (v: unknown): v is AddArguments => typeof v === "object" && v !== null && ("repoId" in v || "modelName" in v)

const isTarget = (v: unknown): v is { uri?: string; modelId?: string } => typeof v === "object" && v !== null && "modelId" in v
