import type { CancellationToken, Uri } from "vscode"
import type { AddArguments, Discovered, ExplainedRule, Found, JobDone, Outcome, Refusal, Repo, ShownModel } from "./protocol"

/** The language server as the commands use it. */
export interface Server {
  /** The last directories and versions, for the debug information. */
  describe(): Record<string, string>
  listRepos(arguments_: { repoId?: string; uri?: string }): Promise<Repo[]>
  /** Searches what is known and, online, the Hub. */
  findRepos(arguments_: { prefix: string; uri?: string }): Promise<Found>
  /** Says what is certain to fail, before anything is asked. */
  refusal(arguments_: { uri?: string; repoId?: string; update?: boolean }): Promise<Refusal | undefined>
  /** Starts a job, and gives its end. */
  addModel(arguments_: AddArguments): Promise<JobDone>
  /** Adds without asking or telling anything, and waits; `step` is told what is being done. One at a time. */
  addQuietly(arguments_: AddArguments, token: CancellationToken, step: (message: string) => void): Promise<Outcome>
  /** Says what a job would do to the file, and does nothing. */
  preview(arguments_: AddArguments): Promise<Outcome>
  /** Starts to hold an entry to its model's checkpoint. */
  verify(arguments_: { modelId: string; uri: string }): Promise<void>
  plan(arguments_: { repoId: string; uri?: string }, token: CancellationToken): Promise<{ text: string }>
  discover(arguments_: { uri?: string }, token: CancellationToken): Promise<Discovered>
  explainRule(rule: string): Promise<ExplainedRule>
  modules(uri: Uri): Promise<ShownModel[]>
  isModelsFile(document: { uri: Uri; languageId: string }): boolean
}
