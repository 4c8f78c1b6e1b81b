/** What the server and the extension say to each other beyond the protocol. */

/** The server's own commands. The palette's have other ids, since the client library registers these globally. */
export const serverCommand = {
  addModel: "fib-ls.addModel",
  listRepos: "fib-ls.listRepos",
  cancel: "fib-ls.cancel",
} as const

export const inputRequest = "fib-ls/input"
export const modulesRequest = "fib-ls/modules"
export const jobDoneNotification = "fib-ls/jobDone"

/** A repository that can be offered, with what its entry would be called. */
export interface Repo {
  id: string
  from: string
  class?: string
  modelId?: string
  /** Recommended parallelism; absent when none is. */
  tp?: number
  ep?: number
}

/** How a job ended. */
export interface JobDone {
  jobId: string
  repoId: string
  modelId?: string
  uri?: string
  state: "added" | "updated" | "cancelled" | "declined" | "failed"
  message?: string
  /** The Hub client's name for the failure, such as "gated-no-token". */
  kind?: string
  hint?: string
  modules: number
  definitions: number
  findings: number
  /** Where the truth about the layers came from. */
  baseline?: "clone" | "embedded" | "none"
  report?: string
  openReport: boolean
}

export interface Position {
  line: number
  character: number
}

export interface Range {
  start: Position
  end: Position
}

export interface ShownModule {
  name: string
  count: number | null
  parent?: string
  type: string
  definitions: { name: string; range: Range }[]
  range: Range
}

export interface ShownModel {
  id: string
  name: string
  description: string
  range: Range
  modules: ShownModule[]
}

/** Arguments of fib-ls.addModel. */
export interface AddArguments {
  repoId?: string
  modelName?: string
  tp?: number
  ep?: number
  uri?: string
  update?: boolean
  wait?: boolean
  marker?: string
}

/** What fib-ls.addModel answers with `wait`. */
export interface Outcome {
  jobId: string
  repoId: string
  modelId?: string
  uri?: string
  applied: boolean
}

/** Text of an input box that the server asks for. */
export interface InputParams {
  title: string
  prompt: string
  value: string
}
