// The tests of a trusted workspace, in order: each leaves the editor as the next expects it.
import assert from "node:assert/strict"
import { filtered, needed } from "./completion.mjs"
import { lenses, moduleTree, themes } from "./drawing.mjs"
import { fixAllOfRule, ruleOffline, safeAndUnsafe, wrongParent } from "./findings.mjs"
import { disputed, howSure, nothingTwice, planned, verified } from "./models.mjs"
import { modelsPath } from "./session.mjs"
import { after, choose } from "./steps.mjs"
import { besideTypeScript, noDoubles, oneRename, renameToTakenName } from "./typescript.mjs"
import { preview, update } from "./updates.mjs"
import { same, until } from "./wait.mjs"
import { walkthrough } from "./walkthrough.mjs"

async function entryWithProgress(t) {
  const { user, session, picture, note, page, hub } = t
  const before = await user.text()
  const at = await user.command("Add Model from HuggingFace")
  await user.quickStep("Add Model")
  note(`palette -> input, the first time: ${Date.now() - at} ms`)
  await until("repositories to choose", async () => (await user.rows().count()) > 3)
  // With nothing typed the models that are served stand first, not the alphabet's first.
  assert.doesNotMatch(await user.rows().first().textContent(), /01-ai/)
  await picture("02-pick")
  await user.type("Qwen/Qwen3-32B")
  await user.keys.press("Enter")
  await user.quickStep("Qwen/Qwen3-32B (2/3)")
  await user.type("Not An Id")
  await until("the id to be refused", async () => (await page.locator(".quick-input-message").textContent())?.includes("lowercase"))
  await user.keys.press("Enter") // is not taken
  await picture("03-id")
  await user.type("qwen3-32b")
  await user.keys.press("Enter")
  await user.quickStep("(3/3)")
  assert.match(await user.rows().first().textContent(), /TP=4, EP=1.*sgl-cookbook/)
  await picture("04-parallelism")
  hub.hold()
  await user.keys.press("Enter")
  await user.notification(/Adding Qwen\/Qwen3-32B.*1\/4/)
  await picture("05-progress")
  hub.release()
  await user.notification(/Added qwen3-32b: \d+ modules, \d+ Definitions\. Agreed: \d+ of \d+ sizes agree between the config and SGLang's source/)
  const text = await until("the entry in the file", async () => {
    const now = await user.text()
    return now.includes('id: "qwen3-32b"') && now
  })
  // The entry is the last of the array, and nothing else changed.
  const end = before.lastIndexOf("] satisfies")
  same(text.slice(0, end), before.slice(0, end))
  assert.ok(text.endsWith(before.slice(end)))
  const entry = text.slice(end, text.length - (before.length - end))
  assert.match(entry, /^\s*\{\n\s+\/\/ source: https:\/\/huggingface\.co\/Qwen\/Qwen3-32B\n\s+id: "qwen3-32b",/)
  assert.match(entry, /count: 64,/)
  assert.match(entry, /gqa_paged_decode_h16_kv2_d128_ps64/) // 64 heads over TP=4
  // It is shown and selected, and the summary is beside it.
  await until("the selection", async () => /selected/.test(await user.position()))
  await until("the summary", async () => (await page.locator(".tab", { hasText: /Preview model_addition_summary/ }).count()) > 0)
  await until("the summary's text", () => user.inFrames(/qwen3-32b/i))
  // The summary does not take the focus: what is typed next goes into models.ts.
  assert.ok(await page.evaluate(() => document.activeElement?.closest(".editor-instance") !== null))
  await picture("06-added")
  assert.equal(session.servers().length, 1)
}

async function cancelled({ user, page, hub, picture }) {
  const before = await user.text()
  hub.hold()
  await choose(user, "Qwen/Qwen3-14B")
  await user.keys.press("Enter")
  await user.notification(/Adding Qwen\/Qwen3-14B/)
  await until("the Hub to be asked", () => hub.asked.some((r) => r.includes("Qwen/Qwen3-14B")))
  await user.pressOn(/Adding Qwen\/Qwen3-14B/, /Cancel/)
  await user.notification(/was cancelled; models\.ts is as it was/)
  await picture("11-cancelled")
  hub.release()
  await user.expectText(before)
  assert.equal(await page.locator(".tab.active.dirty").count(), 0)
  await user.clearNotifications()
}

async function refusal({ user, page, picture }) {
  await choose(user, "acme/gated-llm")
  await user.keys.press("Enter")
  await user.notification(/acme\/gated-llm was not added/)
  const buttons = await page.locator(".notification-toast .monaco-button").allTextContents()
  assert.ok(buttons.includes("Log In…") && buttons.includes("Choose Another…"), buttons.join())
  await picture("12-refused")
  await user.clearNotifications()
}

async function killed({ user, session, page }) {
  const [old] = session.servers()
  // Text that the old server saw and that is on no disk.
  const before = await user.text()
  const [row, column] = after(before, 'name: "Llama 3.1 8B')
  await user.goTo(row, column)
  await user.keys.type(" é→😀")
  process.kill(old, "SIGKILL")
  const [fresh] = await until("a new server", () => {
    const now = session.servers()
    return now.length === 1 && now[0] !== old && now
  })
  assert.notEqual(fresh, old)
  await until("the server to answer", () => session.output().split("msg=initialize").length > 2 || session.output().split("initialize client").length > 2)
  // It has the text: a wrong parent far below the change shows, and its fix lands where it belongs.
  const [wrongRow, wrongColumn] = after(before, 'parent: "LlamaDecoderLayer')
  await user.goTo(wrongRow, wrongColumn)
  await user.keys.type("Q")
  await until("the squiggle", async () => (await page.locator(".squiggly-error").count()) > 0)
  await user.quickFix("LlamaDecoderLayer")
  await user.expectText(before.replace("Llama 3.1 8B", "Llama 3.1 8B é→😀"))
}

async function latency({ user, note }) {
  const times = []
  for (let i = 0; i < 5; i++) {
    const at = await user.command("Add Model from HuggingFace")
    await user.quickStep("Add Model")
    times.push(Date.now() - at)
    await user.keys.press("Escape")
  }
  times.sort((a, b) => a - b)
  note(`palette -> input: median ${times[2]} ms, of ${times.join(", ")} ms`)
}

async function hubSearch({ user, page, hub, picture }) {
  await user.clearNotifications()
  await user.command("Add Model from HuggingFace")
  await user.quickStep("Add Model")
  // What is there already says so.
  await user.type("qwen3-32b")
  await until("the entry that is there", async () => (await user.rows().filter({ hasText: /Qwen\/Qwen3-32B.*in models\.ts as qwen3-32b/ }).count()) > 0)
  // Words that no id begins with are searched for on the Hub, as one types.
  await user.type("gated-llm")
  await until("the Hub to be searched", () => hub.asked.some((r) => /\/api\/models\?.*search=gated-llm/.test(r)))
  await until("what the Hub has", async () => (await user.rows().filter({ hasText: /acme\/.*on the Hub/ }).count()) > 0)
  await picture("16-hub-search")
  await user.type("zzzz-no-such-model")
  await until("why it is empty", async () => (await user.rows().filter({ hasText: "the Hub knows no such repository" }).count()) === 1)
  await user.keys.press("Escape")
}

async function refusedAtOnce({ user, page, picture }) {
  await user.clearNotifications()
  const before = await user.text()
  const [row, column] = after(before, "modules: {")
  await user.goTo(row, column)
  await user.keys.type("{")
  await until("the squiggle", async () => (await page.locator(".squiggly-error").count()) > 0)
  await user.goTo(1)
  await user.command("Add Model from HuggingFace")
  await user.notification(/The model was not added: models\.ts cannot be edited: line \d+/)
  assert.equal(await user.quickTitle(), undefined) // nothing was asked
  await picture("17-refused-at-once")
  await user.pressOn(/cannot be edited/, "Go to Error")
  await until("the error's line", async () => !(await user.position())?.startsWith("Ln 1,"))
  await user.focusEditor()
  await user.keys.press("Control+Z")
  await user.expectText(before)
}

async function marker({ user, page, picture }) {
  await user.clearNotifications()
  const before = await user.text()
  const [row] = after(before, "] satisfies Model[]")
  await user.goTo(row)
  await user.keys.press("Control+Shift+Enter") // a line above
  await user.keys.type("  // fib: add Qwen/Qwen3-8B tp=2")
  await user.keys.press("Escape") // the completion's list
  await user.quickFix("Add model from HuggingFace: Qwen/Qwen3-8B", () => picture("14-marker"))
  await user.notification(/Added qwen3-8b/)
  const text = await user.text()
  assert.ok(!text.includes("fib: add"), "the marker is gone")
  assert.match(text.slice(text.indexOf('id: "qwen3-8b"')), /gqa_paged_decode_h16_kv4_d128/) // 32 heads over TP=2

  // The action without a model asks for one.
  await user.goTo(1)
  await user.command("Refactor...")
  const action = page.locator(".action-widget .monaco-list-row.action", { hasText: "Add model from HuggingFace…" }).first()
  await action.waitFor()
  while ((await action.getAttribute("class")).includes("focused") === false) await user.keys.press("ArrowDown")
  await user.keys.press("Enter")
  await user.quickStep("(1/3)")
  await user.keys.press("Escape")
}

async function several({ user }) {
  await user.clearNotifications()
  await user.command("Add Several Models")
  await user.quickStep("Add Several Models")
  await user.keys.press("Enter")
  await until("the list's input", async () => (await user.rows().count()) === 0)
  await user.type("Qwen/Qwen3-4B, https://huggingface.co/Qwen/Qwen3-14B")
  await user.keys.press("Enter")
  await user.notification(/2 models added\./)
  const text = await user.text()
  assert.ok(text.indexOf('id: "qwen3-4b"') < text.indexOf('id: "qwen3-14b"'))
}

export const mainTests = [
  {
    name: "the extension starts with the folder",
    always: true,
    async run({ session, user, note, picture }) {
      await until("the server", () => /the server answered \d+ ms after activation/.test(session.output()), 180)
      note(`from opening the page to the server's answer: ${Date.now() - session.openedAt} ms`)
      note(session.output().match(/activated in \d+ ms/)[0])
      note(session.output().match(/the server answered \d+ ms after activation/)[0])
      assert.equal(session.servers().length, 1)
      await user.open(modelsPath)
      await picture("01-open")
    },
  },
  { name: "palette, pick, progress, entry at the right place, summary", always: true, run: entryWithProgress },
  { name: "a wrong parent gets a squiggle, and its quick fix repairs it", run: wrongParent },
  { name: "fix all of a rule in this file", run: fixAllOfRule },
  { name: "a fix by the config says that it is unsafe", run: safeAndUnsafe },
  { name: "in an empty list the name that is needed stands first", run: needed },
  { name: "after the marker every character filters", run: filtered },
  { name: "hover says how sure an entry is", run: howSure },
  { name: "one hover each beside TypeScript", run: noDoubles },
  { name: "one rename beside TypeScript", run: oneRename },
  { name: "a rename to a taken name is refused, and changes nothing", run: renameToTakenName },
  { name: "cancel leaves the file untouched", run: cancelled },
  { name: "a refusal offers what helps", run: refusal },
  { name: "the server is killed, comes back, and has the text", run: killed },
  { name: "the module tree follows the text and leads to it", run: moduleTree },
  { name: "the module tree in every theme", run: themes },
  { name: "an update that changes nothing", run: update },
  { name: "an update is shown before it is applied, and holds nothing up", run: preview },
  { name: "the Hub is searched as one types", run: hubSearch },
  { name: "what is certain to fail is said before anything is asked", run: refusedAtOnce },
  { name: "lenses open the drawing", run: lenses },
  { name: "an entry is verified", run: verified },
  { name: "a disputed size is a finding with all values", run: disputed },
  { name: "plan and discover", run: planned },
  { name: "discover leaves out what the file has", run: nothingTwice },
  { name: "a rule's documentation opens offline, and a finding can be ignored", run: ruleOffline },
  { name: "no doubled references and outlines beside TypeScript", run: besideTypeScript },
  { name: "a marker comment and the code action", run: marker },
  { name: "several models", run: several },
  { name: "palette to input", run: latency },
  { name: "the walkthrough has its pictures", run: walkthrough },
]
