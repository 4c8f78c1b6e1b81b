import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { AddModel, repoItems } from "../src/addModel"
import { Outcomes } from "../src/outcomes"
import { JobProgress } from "../src/progress"
import type { AddArguments, JobDone, Repo, ShownModel } from "../src/protocol"
import type { Server } from "../src/server"
import { pick } from "../src/wizard"
import { type FakeInput, calls, shownInputs, state } from "./vscode"

const turn = () => new Promise((resolve) => setImmediate(resolve))
const settled = async () => { for (let i = 0; i < 10; i++) await turn() }
const last = (): FakeInput => {
  const input = shownInputs.at(-1)
  assert.ok(input)
  return input
}
const output = { error: () => undefined, show: () => undefined } as never

class FakeServer implements Server {
  added: AddArguments[] = []
  repos: Repo[] = []
  shownModels: ShownModel[] = []
  done: Partial<JobDone> = {}
  describe = () => ({})
  isModelsFile = () => true
  listRepos = ({ repoId }: { repoId?: string }) => Promise.resolve(repoId === undefined ? this.repos : this.repos.filter((r) => r.id === repoId))
  modules = () => Promise.resolve(this.shownModels)
  addQuietly = () => Promise.reject(new Error("not here"))
  addModel = (a: AddArguments): Promise<JobDone> => {
    this.added.push(a)
    return Promise.resolve({ jobId: "add-1", repoId: a.repoId ?? "", state: "added", modules: 1, definitions: 1, findings: 0, openReport: false, ...this.done })
  }
}

beforeEach(() => {
  calls.length = 0
  shownInputs.length = 0
  state.answers = []
})

test("the dialog asks for repository, id and parallelism", async () => {
  const server = new FakeServer()
  server.repos = [{ id: "Qwen/Qwen3-32B", from: "catalogue", modelId: "qwen3-32b", tp: 4, ep: 1 }]
  const add = new AddModel(server, new Outcomes(server, output, () => ""))
  const run = add.run()
  await settled()
  const repo = last()
  repo.accept(repo.items[0])
  await settled()
  const id = last()
  assert.equal(id.value, "qwen3-32b")
  id.type("Wrong Id")
  id.accept()
  await settled()
  assert.equal(last(), id) // not taken
  id.back()
  await settled()
  const again = last()
  again.accept(again.items[0])
  await settled()
  last().type("own-id")
  last().accept()
  await settled()
  const parallel = last()
  assert.deepEqual((parallel.items[0] as { label: string }).label, "TP=4, EP=1")
  parallel.type("8,2")
  parallel.accept()
  await run
  assert.deepEqual(server.added, [{ repoId: "Qwen/Qwen3-32B", modelName: "own-id", tp: 8, ep: 2 }])
})

test("the recommended parallelism is left to the server, and an id that is there is refreshed", async () => {
  const server = new FakeServer()
  server.shownModels = [{ id: "b", name: "", description: "", modules: [], range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } } }]
  const run = new AddModel(server, new Outcomes(server, output, () => "")).run({ repoId: "a/b", uri: "file:///models.ts" })
  await settled()
  assert.match(JSON.stringify(last().validationMessage), /already/)
  last().accept()
  await settled()
  last().accept(last().items[0])
  await run
  assert.deepEqual(server.added, [{ repoId: "a/b", uri: "file:///models.ts", modelName: "b", update: true }])
})

test("leaving the dialog adds nothing", async () => {
  const server = new FakeServer()
  const run = new AddModel(server, new Outcomes(server, output, () => "")).run()
  await settled()
  last().dispose()
  await run
  assert.deepEqual(server.added, [])
})

test("what is typed is what Enter means, however late the list is", async () => {
  const items = (typed: string) => [...(typed.includes("/") ? [{ label: typed, value: typed }] : []), { label: "known/model", value: "known/model" }]
  const options = { frame: { title: "", step: 1, totalSteps: 1 }, placeholder: "", items, typed: (t: string) => (t.includes("/") ? t : undefined) }
  const stale = pick(options)
  const old = last().items[0]
  last().type("typed/model")
  last().accept(old) // the list in front of the user was the old one
  assert.deepEqual(await stale, { value: "typed/model" })
  const moved = pick(options)
  last().type("typed/model")
  last().activate(last().items[0])
  last().activate(last().items[1]) // the user went down by one
  last().accept(last().items[1])
  assert.deepEqual(await moved, { value: "known/model" })
})

test("the clipboard is offered when it names a repository", () => {
  assert.deepEqual(repoItems("", "a/b", [{ id: "a/b", from: "cache" }, { id: "c/d", from: "cache", class: "X" }]).map((i) => i.value), ["a/b", "c/d"])
  assert.deepEqual(repoItems("e/f", undefined, []).map((i) => i.value), ["e/f"])
  assert.deepEqual(repoItems("e", undefined, []), [])
})

test("failures offer what helps; actions do it", async () => {
  const server = new FakeServer()
  const outcomes = new Outcomes(server, output, () => "https://hub.example")
  state.answers = ["Choose Another…"]
  await outcomes.show({ jobId: "1", repoId: "a/b", state: "failed", kind: "repo-not-found", message: "no such model", hint: "Look again.", modules: 0, definitions: 0, findings: 0, openReport: false })
  await settled()
  assert.deepEqual(calls[0], ["error", "a/b was not added: no such model. Look again.", "Choose Another…", "Show Output"])
  assert.deepEqual(calls[1], ["command", "fibLs.addModel"])
})

test("restricted mode says that the network is not asked, and how to trust the workspace", async () => {
  const outcomes = new Outcomes(new FakeServer(), output, () => "")
  state.trusted = false
  state.answers = ["Manage Trust…"]
  await outcomes.show({ jobId: "1", repoId: "a/b", state: "failed", kind: "offline", message: "not in the cache and the network is off (--offline)", hint: "Give --config.", modules: 0, definitions: 0, findings: 0, openReport: false })
  await settled()
  state.trusted = true
  assert.match(String(calls[0]?.[1]), /^a\/b was not added: .*not trusted fib-ls asks nothing of the network\.$/)
  assert.deepEqual(calls[1], ["command", "workbench.trust.manage"])
})

test("an added entry is shown, its report first when the settings want it", async () => {
  const server = new FakeServer()
  server.shownModels = [{ id: "b", name: "", description: "", modules: [], range: { start: { line: 4, character: 2 }, end: { line: 9, character: 3 } } }]
  const outcomes = new Outcomes(server, output, () => "")
  const done: JobDone = { jobId: "1", repoId: "a/b", modelId: "b", uri: "file:///m.ts", state: "added", modules: 2, definitions: 1, findings: 0, report: "/r/model_addition_summary.md", openReport: true }
  await outcomes.show(done)
  assert.deepEqual(calls.map((c) => c[0]), ["command", "showTextDocument", "revealRange", "info"])
  assert.equal(await outcomes.openReport("/missing.md"), false)
})

test("progress of jobs: shown, cancelled, taken away", () => {
  const cancelled: string[] = []
  const progress = new JobProgress((token) => cancelled.push(token))
  progress.follow("fib-ls/add-1", { kind: "begin", title: "Adding a/b" })
  progress.follow("fib-ls/add-1", { kind: "report", message: "2/4", percentage: 40 })
  progress.follow("fib-ls/add-1", { kind: "report", message: "2/4", percentage: 30 })
  assert.deepEqual(calls.filter((c) => c[0] === "report").map((c) => c[1]), [{ increment: 0 }, { message: "2/4", increment: 40 }, { message: "2/4", increment: 0 }])
  const cancel = calls.find((c) => c[0] === "cancellable")?.[1] as () => void
  cancel()
  assert.deepEqual(cancelled, ["fib-ls/add-1"])
  const told: string[] = []
  progress.redirect = (m) => told.push(m)
  progress.follow("fib-ls/add-2", { kind: "begin", title: "quiet" })
  progress.follow("fib-ls/add-2", { kind: "report", message: "1/4" })
  progress.clear()
  assert.deepEqual(told, ["1/4"])
  assert.equal(calls.filter((c) => c[0] === "progress").length, 1)
})
