/** The progress of jobs as notifications with a button to cancel. The client library would show it in the status bar, without one. */
import * as vscode from "vscode"

export const jobTokenPrefix = "fib-ls/"

interface Step {
  kind: "begin" | "report" | "end"
  title?: string
  message?: string
  percentage?: number
}

interface Shown {
  report: (step: Step) => void
  end: () => void
}

export class JobProgress {
  private readonly shown = new Map<string, Shown>()
  /** Takes the messages of jobs that begin, in place of notifications: the editor hides the fourth one that comes at once. */
  redirect: ((message: string) => void) | undefined

  constructor(private readonly cancel: (token: string) => void) {}

  /** Follows one step of a job's report. */
  follow(token: string, step: Step): void {
    switch (step.kind) {
      case "begin":
        this.begin(token, step)
        return
      case "report":
        this.shown.get(token)?.report(step)
        return
      case "end":
        this.shown.get(token)?.end()
        this.shown.delete(token)
    }
  }

  private begin(token: string, first: Step): void {
    const redirect = this.redirect
    if (redirect) {
      this.shown.set(token, { report: (step) => { if (step.message !== undefined) redirect(step.message) }, end: () => undefined })
      return
    }
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, cancellable: true, title: first.title ?? "Adding a model" }, (progress, cancelled) => {
      let reached = 0
      const report = (step: Step) => {
        const percentage = step.percentage ?? reached
        progress.report({ ...(step.message === undefined ? {} : { message: step.message }), increment: Math.max(0, percentage - reached) })
        reached = Math.max(reached, percentage)
      }
      cancelled.onCancellationRequested(() => { this.cancel(token) })
      report(first)
      return new Promise<void>((end) => this.shown.set(token, { report, end }))
    })
  }

  /** Takes all reports away, when their server is gone. */
  clear(): void {
    for (const { end } of this.shown.values()) end()
    this.shown.clear()
  }
}
