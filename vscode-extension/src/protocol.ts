/** What the server and the extension say to each other beyond the protocol. */

/** The server's own commands. The palette's have other ids, since the client library registers these globally. */
export const serverCommand = {
  addModel: "fib-ls.addModel",
  listRepos: "fib-ls.listRepos",
  cancel: "fib-ls.cancel",
  verify: "fib-ls.verify",
  showEntry: "fib-ls.showEntry",
  explainRule: "fib-ls.explainRule",
  plan: "fib-ls.plan",
  discover: "fib-ls.discover",
} as const

export const inputRequest = "fib-ls/input"
export const modulesRequest = "fib-ls/modules"
export const refusalRequest = "fib-ls/refusal"
export const jobDoneNotification = "fib-ls/jobDone"
export const verifiedNotification = "fib-ls/verified"

/** A repository that can be offered, with what its entry would be called. */
export interface Repo {
  id: string
  from: string
  class?: string
  /** How often it was fetched from the Hub of late. */
  downloads?: number
  /** The id of the entry that models.ts has of it already. */
  entry?: string
  modelId?: string
  /** Recommended parallelism; absent when none is. */
  tp?: number
  ep?: number
}

/** Repositories found for what is typed; the note says why there are none. */
export interface Found {
  repos: Repo[]
  note?: string
}

/** Why a model could not be added, whatever else is answered. */
export interface Refusal {
  message: string
  kind?: string
  hint?: string
  uri?: string
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
  /** How sure the entry is, and what that rests on. */
  confidence?: string
  report?: string
  openReport: boolean
}

/** How a verification of an entry ended. */
export interface Verified {
  jobId: string
  modelId: string
  state: "verified" | "cancelled" | "failed"
  message?: string
  verdict?: { repoId: string; level: "verified" | "agreed" | "one witness" | "disputed"; line: string; problems: { severity: string }[]; uri: string; markdown: string }
}

/** The documentation of a rule. */
export interface ExplainedRule {
  rule: string
  title: string
  markdown: string
  url?: string
}

/** What fib-ls.discover answers. */
export interface Discovered {
  text: string
  candidates: { class: string; repo_ids: string[]; why: string; present: number; total: number }[]
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
  /** Answer with the texts before and after, and change nothing. */
  preview?: boolean
  /** The change was seen: nothing more is asked about it. */
  confirmed?: boolean
}

/** One thing that an update changes in an entry. */
export interface Change {
  /** renamed, corrected, moved, relisted, added, removed or reworded */
  kind: string
  module?: string
  what: string
  old?: string
  new?: string
  why: string
  /** In the text before, from 1. */
  line: number
}

/** What fib-ls.addModel answers with `wait`. */
export interface Outcome {
  jobId: string
  repoId: string
  modelId?: string
  uri?: string
  applied: boolean
  /** The whole document before and after, and what an update changes: of a preview. */
  oldText?: string
  newText?: string
  changes?: Change[]
}

/** Text of an input box that the server asks for. */
export interface InputParams {
  title: string
  prompt: string
  value: string
}
