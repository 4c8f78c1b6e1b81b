/** The panel with the drawing of a model's module tree. */
import { randomBytes } from "node:crypto"
import * as vscode from "vscode"
import { modelAtLine } from "./commands"
import type { Range } from "./protocol"
import type { Server } from "./server"

/** Messages of the drawing. */
type FromPanel = { kind: "ready" } | { kind: "reveal"; range: Range } | { kind: "choose"; id: string }

/** Milliseconds without typing before the drawing is made anew. */
const settle = 80

export class ModuleTree implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined
  private uri: vscode.Uri | undefined
  private modelId: string | undefined
  private timer: NodeJS.Timeout | undefined
  private readonly listener: vscode.Disposable

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly server: Server,
  ) {
    this.listener = vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (document.uri.toString() === this.uri?.toString()) this.soon()
    })
  }

  /** Shows the drawing of a model: the one asked for, the one at the cursor, or the first. */
  async show(of: { uri?: string; modelId?: string } | undefined, find: () => Promise<vscode.TextDocument | undefined>): Promise<void> {
    const document = of?.uri === undefined ? await find() : await vscode.workspace.openTextDocument(vscode.Uri.parse(of.uri))
    if (!document) return
    this.uri = document.uri
    const models = await this.server.modules(document.uri)
    const editor = vscode.window.visibleTextEditors.find((e) => e.document === document)
    this.modelId = of?.modelId ?? (editor && modelAtLine(models, editor.selection.active.line)?.id) ?? models[0]?.id
    if (this.panel) {
      this.panel.reveal(undefined, true)
      await this.send()
      return
    }
    this.panel = this.open()
  }

  private open(): vscode.WebviewPanel {
    const root = this.context.extensionUri
    const dist = vscode.Uri.joinPath(root, "dist")
    const media = vscode.Uri.joinPath(root, "media")
    const panel = vscode.window.createWebviewPanel(
      "fibLs.moduleTree",
      "Module Tree",
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [dist, media], retainContextWhenHidden: true },
    )
    panel.onDidDispose(() => {
      this.panel = undefined
      this.uri = undefined
    })
    panel.webview.onDidReceiveMessage((message: FromPanel) => void this.received(message))
    const script = panel.webview.asWebviewUri(vscode.Uri.joinPath(dist, "moduletree.js"))
    const style = panel.webview.asWebviewUri(vscode.Uri.joinPath(media, "moduletree.css"))
    panel.webview.html = page(panel.webview.cspSource, script.toString(), style.toString())
    return panel
  }

  private async received(message: FromPanel): Promise<void> {
    switch (message.kind) {
      case "ready":
        await this.send()
        return
      case "choose":
        this.modelId = message.id
        await this.send()
        return
      case "reveal":
        await this.reveal(message.range)
    }
  }

  private async reveal(range: Range): Promise<void> {
    if (!this.uri) return
    const shown = vscode.window.visibleTextEditors.find((e) => e.document.uri.toString() === this.uri?.toString())
    const where = shown?.viewColumn === undefined ? {} : { viewColumn: shown.viewColumn }
    const at = new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character)
    await vscode.window.showTextDocument(this.uri, { ...where, selection: at })
  }

  /** The text changed: the drawing follows when typing pauses. */
  private soon(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.send(), settle)
  }

  private async send(): Promise<void> {
    if (!this.panel || !this.uri) return
    const models = await this.server.modules(this.uri).catch(() => undefined)
    if (!models) return // the last drawing stays
    const model = models.find((m) => m.id === this.modelId) ?? models[0]
    this.panel.title = model ? `Modules: ${model.id}` : "Module Tree"
    await this.panel.webview.postMessage({ kind: "draw", ids: models.map((m) => m.id), model })
  }

  dispose(): void {
    clearTimeout(this.timer)
    this.listener.dispose()
    this.panel?.dispose()
  }
}

/** The page of the drawing. Nothing but our own script and style may run in it. */
export function page(source: string, script: string, style: string): string {
  const nonce = randomBytes(16).toString("base64")
  const policy = `default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'`
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Module Tree</title>
</head>
<body>
<header>
<label>Model <select id="models"></select></label>
<span id="zoom" role="group" aria-label="Zoom">
<button id="smaller" title="Smaller (−)" aria-label="Smaller">−</button>
<button id="shown" title="Original size (0)">100%</button>
<button id="larger" title="Larger (+)" aria-label="Larger">+</button>
<button id="fit" title="What fits the panel (f)">Fit</button>
</span>
</header>
<p id="about"></p>
<main id="room">
<div id="sized"><div id="sheet">
<svg id="lines" aria-hidden="true"></svg>
<div id="tree" role="tree" aria-orientation="horizontal" aria-label="Modules"></div>
</div></div>
</main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>
`
}
