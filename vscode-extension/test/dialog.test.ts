import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { AddModel, repoItems } from "../src/addModel"
import { Outcomes } from "../src/outcomes"
import { JobProgress } from "../src/progress"
import { Previews, byKind, changeLine } from "../src/preview"
import type { AddArguments, Change, JobDone, Outcome, Refusal, Repo, ShownModel } from "../src/protocol"
import type { Server } from "../src/server"
import { pick } from "../src/wizard"
import { type FakeInput, TabInputTextDiff, Uri, calls, shownInputs, state } from "./vscode"

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
  refusals: (Refusal | undefined)[] = []
  outcome: Partial<Outcome> = {}
  asked: string[] = []
  findRepos = ({ prefix }: { prefix: string }) => {
    this.asked.push(prefix)
    return Promise.resolve({ repos: this.repos, note: "nothing is known" })
  }
  refusal = () => Promise.resolve(this.refusals.shift())
  preview = (a: AddArguments): Promise<Outcome> => Promise.resolve({ jobId: "add-0", repoId: a.repoId ?? "", applied: false, ...this.outcome })
  verify = () => Promise.resolve()
  plan = () => Promise.resolve({ text: "a plan" })
  discover = () => Promise.resolve({ text: "", candidates: [] })
  explainRule = () => Promise.resolve({ rule: "r", title: "t", markdown: "# r" })
  modules = () => Promise.resolve(this.shownModels)
  addQuietly = () => Promise.reject(new Error("not here"))
  addModel = (a: AddArguments): Promise<JobDone> => {
    this.added.push(a)
    return Promise.resolve({ jobId: "add-1", repoId: a.repoId ?? "", state: "added", modules: 1, definitions: 1, findings: 0, openReport: false, ...this.done })
  }
}

const outcomesOf = (server: FakeServer, endpoint = () => ""): Outcomes => {
  const outcomes: Outcomes = new Outcomes(server, output, endpoint, async (asked) => { await outcomes.show(await server.addModel(asked), asked) })
  return outcomes
}
const dialog = (server: FakeServer): AddModel => {
  const outcomes = outcomesOf(server)
  return new AddModel(server, new Previews(server, outcomes), outcomes)
}

beforeEach(() => {
  calls.length = 0
  shownInputs.length = 0
  state.answers = []
})

test("the dialog asks for repository, id and parallelism", async () => {
  const server = new FakeServer()
  server.repos = [{ id: "Qwen/Qwen3-32B", from: "catalogue", modelId: "qwen3-32b", tp: 4, ep: 1 }]
  const add = dialog(server)
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
  const run = dialog(server).run({ repoId: "a/b", uri: "file:///models.ts" })
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
  const run = dialog(server).run()
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
  assert.deepEqual(repoItems("", "a/b", { repos: [{ id: "a/b", from: "cache" }, { id: "c/d", from: "cache", class: "X" }] }).map((i) => i.value), ["a/b", "c/d"])
  assert.deepEqual(repoItems("e/f", undefined, { repos: [] }).map((i) => i.value), ["e/f"])
  assert.deepEqual(repoItems("e", undefined, { repos: [] }), [])
})

test("the list says what is there already, how much a model is used, and why it is empty", () => {
  const [hub, there] = repoItems("", undefined, { repos: [{ id: "a/b", from: "hub", class: "X", downloads: 1_234_567 }, { id: "c/d", from: "cache", entry: "d-1" }], note: "not shown" })
  assert.equal(hub?.description, "on the Hub · X · 1.2M downloads")
  assert.equal(there?.description, "in the HuggingFace cache · in models.ts as d-1")
  const typed = repoItems("c/d", undefined, { repos: [{ id: "c/d", from: "cache", entry: "d-1" }] })
  assert.deepEqual(typed.map((i) => i.description), ["as typed · in models.ts as d-1"])
  const [note] = repoItems("zz", undefined, { repos: [], note: "The Hub was not asked: offline." })
  assert.deepEqual([note?.label, note?.value, note?.alwaysShow], ["$(info) The Hub was not asked: offline.", undefined, true])
})

test("the list follows what is typed, and an answer that comes late is not shown", async () => {
  const answers = new Map<string, (items: string[]) => void>()
  let list: string[] = []
  const chosen = pick<string>({
    frame: { title: "", step: 1, totalSteps: 1 }, placeholder: "", follow: true, typed: () => undefined,
    items: () => list.map((label) => ({ label, value: label })),
    load: (typed) => new Promise((resolve) => answers.set(typed, (items) => { list = items; resolve() })),
  })
  const q = last()
  answers.get("")?.(["known"])
  await settled()
  assert.deepEqual(q.items.map((i) => (i as { label: string }).label), ["known"])
  q.type("qw")
  while (!answers.has("qw")) await turn()
  q.type("qwen")
  while (!answers.has("qwen")) await turn()
  answers.get("qwen")?.(["Qwen/Qwen3-8B"])
  await settled()
  q.accept(q.items[0])
  assert.deepEqual(await chosen, { value: "Qwen/Qwen3-8B" })
})

test("what is certain to fail is said before anything is asked", async () => {
  const server = new FakeServer()
  server.refusals = [{ message: "there is no models.ts", kind: "no-models-file" }]
  state.answers = ["Open Folder…"]
  await dialog(server).run()
  await settled()
  assert.equal(shownInputs.length, 0)
  assert.deepEqual(calls[0], ["error", "The model was not added: there is no models.ts", "Open Folder…", "Show Output"])
  assert.deepEqual(calls[1], ["command", "workbench.action.files.openFolder"])
  // Of a repository that was named: no question about its id or parallelism.
  server.refusals = [undefined, { message: "its config is not on this machine", kind: "offline" }]
  await dialog(server).run({ repoId: "a/b" })
  assert.equal(shownInputs.length, 0)
  assert.deepEqual(server.added, [])
})

const change = (kind: string, more: Partial<Change>): Change => ({ kind, what: "count", why: "its config", line: 3, ...more })

test("an update is shown before it is applied", async () => {
  const server = new FakeServer()
  const previews = new Previews(server, outcomesOf(server))
  const asked = { repoId: "a/b", modelName: "b", update: true }
  server.outcome = { uri: "file:///models.ts", modelId: "b", oldText: "old", newText: "new", changes: [change("corrected", { module: "norm", old: "8", new: "1" })] }
  state.text = "old"
  state.answers = [undefined]
  await previews.add(asked)
  await settled()
  assert.deepEqual(server.added, [])
  const diff = calls.find((c) => c[1] === "vscode.diff")
  assert.match(String(diff?.[4]), /Update b \(not applied\)/)
  const preview = diff?.[3] as { path: string }
  assert.equal(previews.provideTextDocumentContent(preview as never), "new")
  const [root] = previews.getChildren()
  assert.ok(root)
  const [group] = previews.getChildren(root)
  assert.ok(group)
  assert.deepEqual(previews.getChildren(group).map((n) => previews.getTreeItem(n).label), ["norm: count 8 → 1"])
  await previews.apply(root)
  assert.deepEqual(server.added, [{ ...asked, confirmed: true }])
  assert.deepEqual(previews.getChildren(), [])
})

test("a change that nobody wants is not made, and one of an older text is shown anew", async () => {
  const server = new FakeServer()
  const previews = new Previews(server, outcomesOf(server))
  const asked = { repoId: "a/b", modelName: "b", update: true }
  server.outcome = { uri: "file:///models.ts", modelId: "b", oldText: "old", newText: "new", changes: [] }
  state.answers = ["Discard"]
  await previews.add(asked)
  await settled()
  assert.deepEqual([server.added, previews.getChildren()], [[], []])
  await previews.add(asked)
  state.text = "typed meanwhile"
  await previews.apply(previews.getChildren()[0])
  assert.deepEqual([server.added, previews.getChildren().length], [[], 1])
  const preview = calls.filter((c) => c[1] === "vscode.diff").at(-1)?.[3]
  state.tabsChanged({ closed: [{ input: new TabInputTextDiff(new Uri("/models.ts"), preview as never) }] })
  await settled()
  assert.deepEqual([server.added, previews.getChildren()], [[], []])
  server.outcome = { ...server.outcome, newText: "old" }
  await previews.add(asked)
  assert.match(String(calls.at(-1)?.[1]), /nothing to update/)
})

test("changes are told in a line each, renames apart from corrections", () => {
  const list = [change("renamed", { module: "a", what: "key", old: "a", new: "b" }), change("corrected", { module: "n", old: "8", new: "1" }), change("added", { module: "x", what: "module", new: "x" }), change("relisted", { module: "n", what: "definition", old: "d" })]
  assert.deepEqual(list.map(changeLine), ["key a → b", "n: count 8 → 1", "module x is added", "n: definition d is removed"])
  assert.deepEqual(byKind(list).map(([kind]) => kind), ["corrected", "relisted", "added", "renamed"])
})

test("failures offer what helps; actions do it", async () => {
  const server = new FakeServer()
  const outcomes = outcomesOf(server, () => "https://hub.example")
  state.answers = ["Choose Another…"]
  await outcomes.show({ jobId: "1", repoId: "a/b", state: "failed", kind: "repo-not-found", message: "no such model", hint: "Look again.", modules: 0, definitions: 0, findings: 0, openReport: false })
  await settled()
  assert.deepEqual(calls[0], ["error", "a/b was not added: no such model. Look again.", "Choose Another…", "Show Output"])
  assert.deepEqual(calls[1], ["command", "fibLs.addModel"])
})

test("restricted mode says that the network is not asked, and how to trust the workspace", async () => {
  const outcomes = outcomesOf(new FakeServer())
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
  const outcomes = outcomesOf(server)
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
