/** The item in the language status menu: how the server is, and a way to its output. */
import * as vscode from "vscode"

export class Status implements vscode.Disposable {
  private readonly item: vscode.LanguageStatusItem

  constructor(selector: vscode.DocumentSelector) {
    this.item = vscode.languages.createLanguageStatusItem("fibLs.status", selector)
    this.item.name = "FlashInfer-Bench"
    this.item.command = { command: "fibLs.showOutput", title: "Show Output" }
    this.set("stopped", "")
  }

  set(state: "starting" | "running" | "stopped" | "failed", detail: string): void {
    const restricted = !vscode.workspace.isTrusted
    this.item.busy = state === "starting"
    this.item.text = { starting: "fib-ls starts", running: restricted ? "fib-ls (restricted: no network)" : "fib-ls", stopped: "fib-ls is not running", failed: "fib-ls failed" }[state]
    this.item.detail = detail
    const skew = detail.includes("does not match")
    this.item.severity =
      state === "failed" ? vscode.LanguageStatusSeverity.Error : skew ? vscode.LanguageStatusSeverity.Warning : vscode.LanguageStatusSeverity.Information
  }

  dispose(): void {
    this.item.dispose()
  }
}
