import type { CancellationToken, Uri } from "vscode"
import type { AddArguments, JobDone, Outcome, Repo, ShownModel } from "./protocol"

/** The language server as the commands use it. */
export interface Server {
  /** The last directories and versions, for the debug information. */
  describe(): Record<string, string>
  listRepos(arguments_: { repoId?: string; uri?: string }): Promise<Repo[]>
  /** Starts a job, and gives its end. */
  addModel(arguments_: AddArguments): Promise<JobDone>
  /** Adds without asking or telling anything, and waits; `step` is told what is being done. One at a time. */
  addQuietly(arguments_: AddArguments, token: CancellationToken, step: (message: string) => void): Promise<Outcome>
  modules(uri: Uri): Promise<ShownModel[]>
  isModelsFile(document: { uri: Uri; languageId: string }): boolean
}
