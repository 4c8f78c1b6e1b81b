// The tests of a trusted workspace, in order: each leaves the editor as the next expects it.
import assert from "node:assert/strict"
import { modelsPath } from "./session.mjs"
import { same, until } from "./wait.mjs"

/** The line and column, from 1, of the end of a piece of text. */
function after(text, piece, from = 0) {
  const at = text.indexOf(piece, from)
  assert.ok(at >= 0, `the text has no ${piece}`)
  const lines = text.slice(0, at + piece.length).split("\n")
  return [lines.length, lines.at(-1).length + 1]
}

/** Runs the dialog up to its last step: a repository, the id as proposed. */
async function choose(user, repo) {
  await user.command("Add Model from HuggingFace")
  await user.quickStep("Add Model")
  await user.type(repo)
  await user.keys.press("Enter")
  await user.quickStep(`${repo} (2/3)`)
  await user.keys.press("Enter")
  await user.quickStep("(3/3)")
}

const problems = (page) => page.locator("#status\\.problems").first().textContent()

async function entryWithProgress(t) {
  const { user, session, picture, note, page, hub } = t
  const before = await user.text()
  const at = await user.command("Add Model from HuggingFace")
  await user.quickStep("Add Model")
  note(`palette -> input, the first time: ${Date.now() - at} ms`)
  await until("repositories to choose", async () => (await user.rows().count()) > 3)
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
  await picture("06-added")
  assert.equal(session.servers().length, 1)
}

async function wrongParent({ user, page, picture }) {
  await user.clearNotifications()
  const before = await user.text()
  const line = 'parent: "LlamaDecoderLayer'
  const [row, column] = after(before, line)
  await user.goTo(row, column)
  await user.keys.type("Z")
  await until("the squiggle", async () => (await page.locator(".squiggly-error").count()) > 0)
  await picture("07-squiggle")
  // TypeScript has nothing to say about a string, so what is counted is ours.
  assert.match(await problems(page), /^\s*1\b/)
  await user.quickFix("LlamaDecoderLayer", () => picture("08-quick-fix"))
  await user.expectText(before)
}

async function noDoubles({ user, page, picture }) {
  // TypeScript is there: it knows the type of a property.
  const text = await user.text()
  const hover = async (piece, expected) => {
    const [row, column] = after(text, piece)
    await user.goTo(row, column - 2)
    return until(`the hover on ${piece}`, async () => {
      if ((await page.locator(".monaco-hover:not(.hidden) .hover-row").count()) === 0) await user.command("Show or Focus Hover")
      const rows = (await page.locator(".monaco-hover:not(.hidden) .hover-row").allTextContents()).filter((r) => r.trim() !== "" && !/^Loading/.test(r))
      return rows.some((r) => expected.test(r)) && rows
    }, 120)
  }
  const key = await hover("      embed_tokens", /\(property\)/)
  assert.equal(key.filter((r) => /\(property\)/.test(r)).length, 1, `hovers: ${key.join(" | ")}`)
  assert.equal(new Set(key).size, key.length)
  await user.keys.press("Escape")
  const name = await hover('definitions: ["rmsnorm_h4096', /4096/)
  await picture("09-hover")
  assert.equal(name.filter((r) => /rmsnorm/i.test(r)).length, 1, `hovers: ${name.join(" | ")}`)
  await user.keys.press("Escape")
}

async function oneRename({ user, page, picture }) {
  const before = await user.text()
  const [row, column] = after(before, "      LlamaDecoderLayer")
  await user.goTo(row, column - 3)
  await user.keys.press("F2")
  const box = page.locator(".rename-box input, .rename-input").first()
  await box.waitFor()
  assert.equal(await box.inputValue(), "LlamaDecoderLayer")
  await box.fill("LlamaLayer")
  await picture("10-rename")
  await user.keys.press("Enter")
  const renamed = await until("the rename", async () => {
    const now = await user.text()
    return now !== before && now
  })
  const entryEnd = renamed.indexOf("\n  },\n")
  const expected = before.slice(0, before.indexOf("\n  },\n")).replaceAll("LlamaDecoderLayer", "LlamaLayer")
  same(renamed.slice(0, entryEnd), expected)
  await user.focusEditor()
  await user.keys.press("Control+Z")
  await user.expectText(before)
}

async function renameToTakenName({ user, page, picture }) {
  await user.clearNotifications()
  const before = await user.text()
  const [row, column] = after(before, "      LlamaDecoderLayer")
  await user.goTo(row, column - 3)
  await user.keys.press("F2")
  const box = page.locator(".rename-box input, .rename-input").first()
  await box.waitFor()
  await box.fill("embed_tokens")
  await user.keys.press("Enter")
  // TypeScript's provider, asked next, would rename the key alone.
  await user.notification(/embed_tokens/)
  await picture("10-rename-refused")
  await user.expectText(before)
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

/** The frame of the drawing, when it has cards. */
const drawing = (page) =>
  until("the drawing", async () => {
    for (const f of page.frames()) if ((await f.locator("#tree [role=treeitem]").count().catch(() => 0)) > 5) return f
    return false
  })

async function moduleTree({ user, page, picture }) {
  const text = await user.text()
  const [row] = after(text, 'id: "qwen3-32b"')
  const from = text.indexOf('id: "qwen3-32b"')
  await user.goTo(row)
  await user.command("Show Module Tree")
  const frame = await drawing(page)
  const item = (name) => frame.locator(`[data-name="${name}"]`)
  assert.match(await item("Qwen3DecoderLayer").locator(".count").textContent(), /×64/)
  await picture("13-tree")
  await rowsAsOnThePage(frame, text.slice(from))
  // The text changes, and so does the drawing.
  const [countRow, countColumn] = after(text, "count: 64", text.indexOf("Qwen3DecoderLayer: {", from))
  await user.goTo(countRow, countColumn)
  await user.keys.type("0")
  await until("the new count", async () => /×640/.test(await item("Qwen3DecoderLayer").locator(".count").textContent()))
  await user.focusEditor()
  await user.keys.press("Control+Z")
  await until("the old count", async () => /×64$/.test(await item("Qwen3DecoderLayer").locator(".count").textContent()))
  // Keys walk through it, and Enter shows the line.
  const focused = () => frame.evaluate(() => document.activeElement?.dataset.name)
  await item("Qwen3ForCausalLM").focus()
  await page.keyboard.press("ArrowDown")
  const below = await focused()
  assert.notEqual(below, "Qwen3ForCausalLM")
  await page.keyboard.press("ArrowRight")
  assert.notEqual(await focused(), below)
  await page.keyboard.press("ArrowLeft")
  assert.equal(await focused(), below)
  await page.keyboard.press("Enter")
  await until("the line of the module", async () => (await user.position())?.startsWith(`Ln ${after(text, `${below}: {`, from)[0]},`))
  // Tab leads on to the module's Definitions; Enter shows them too.
  await user.goTo(1)
  await item("q_norm").focus()
  await page.keyboard.press("Tab")
  assert.equal(await frame.evaluate(() => document.activeElement?.textContent), "rmsnorm_h128")
  await page.keyboard.press("Enter")
  await until("the line of the Definition", async () => (await user.position())?.startsWith(`Ln ${after(text, "rmsnorm_h128", text.indexOf("q_norm: {", from))[0]},`))
  await user.goTo(1)
  await item("qkv_proj").click()
  await until("the line of the clicked module", async () => (await user.position())?.startsWith(`Ln ${after(text, "qkv_proj: {", from)[0]},`))
  await frame.locator("#shown").click()
  await frame.locator("#larger").click()
  assert.equal(await frame.locator("#shown").textContent(), "120%")
  await frame.locator("#fit").click()
  // Nothing but our own may run or load in it.
  const policy = await frame.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content")
  assert.match(policy, /^default-src 'none'; style-src [^;]*; script-src 'nonce-[^']+'$/)
  await user.expectText(text)
}

/** Holds the drawing to what FlashInfer-Bench's page makes of an entry: a row for each level, in the order of the text, lines to the parents; all of it can be reached. */
async function rowsAsOnThePage(frame, entry) {
  const parents = new Map([...entry.matchAll(/^      (\w+): \{\n\s+count: \d+,\n(?:\s+parent: "(\w+)",)?/gm)].map(([, name, parent]) => [name, parent]))
  assert.ok(parents.size > 5)
  const level = (name) => (parents.get(name) === undefined ? 0 : 1 + level(parents.get(name)))
  const want = []
  for (const name of parents.keys()) (want[level(name)] ??= []).push(name)
  const cards = await frame.locator("#tree [role=treeitem]").evaluateAll((items) =>
    items.map((i) => ({ name: i.dataset.name, level: Number(i.ariaLevel), left: i.offsetLeft, top: i.offsetTop, bottom: i.offsetTop + i.offsetHeight, right: i.offsetLeft + i.offsetWidth, cut: i.scrollWidth > i.clientWidth + 1, said: i.ariaLabel })))
  // A level that is too wide for the panel takes several lines.
  const read = [...cards].sort((a, b) => a.top - b.top || a.left - b.left)
  assert.deepEqual(want.map((_, n) => read.filter((c) => c.level === n + 1).map((c) => c.name)), want)
  assert.deepEqual(read.map((c) => c.level), read.map((c) => c.level).sort((a, b) => a - b))
  for (const c of cards) {
    assert.equal(c.level, level(c.name) + 1)
    assert.equal(c.cut, false, `${c.name} is cut`)
    assert.ok(c.said.startsWith(`${c.name}, `), c.said)
  }
  const reach = await frame.evaluate(() => ({
    lines: document.querySelectorAll("#lines path").length,
    width: document.getElementById("sized").offsetWidth, height: document.getElementById("sized").offsetHeight, zoom: Number.parseInt(document.getElementById("shown").textContent) / 100,
    room: document.getElementById("room").clientWidth, within: document.getElementById("room").scrollWidth,
  }))
  assert.equal(reach.lines, [...parents.values()].filter((p) => p !== undefined).length)
  assert.ok(reach.within <= reach.room, `the drawing is cut at ${reach.room} px: it has ${reach.within}`)
  assert.ok(Math.max(...cards.map((c) => c.right)) * reach.zoom <= reach.width + 1 && Math.max(...cards.map((c) => c.bottom)) * reach.zoom <= reach.height + 1)
}

/** Every theme: its pictures are looked at; here, that the words stand out from what is behind them. */
async function themes({ user, page, picture }) {
  const frame = await drawing(page)
  const themes = [["Light Modern", ".vs", "13-tree-light"], ["Dark High Contrast", ".hc-black", "13-tree-high-contrast"], ["Light High Contrast", ".hc-light", "13-tree-high-contrast-light"], ["Dark Modern", ".vs-dark", undefined]]
  for (const [theme, shown, file] of themes) {
    await user.focusEditor()
    await user.keys.press("Control+K")
    await user.keys.press("Control+T")
    await user.type(theme)
    await until(theme, async () => (await user.rows().filter({ hasText: theme }).count()) > 0)
    await user.keys.press("Enter")
    await page.locator(`.monaco-workbench${shown}`).waitFor()
    const colours = () => frame.evaluate(() => [...document.querySelectorAll(".name, .definition, .contents, .type, .count")].map((e) => {
      const behind = [...(function* () { for (let p = e; p; p = p.parentElement) yield getComputedStyle(p).backgroundColor })()].filter((c) => !/rgba\(.*, 0\)|transparent/.test(c))
      return [getComputedStyle(e).color, behind[0], e.className]
    }))
    await until(`words that stand out in ${theme}`, async () => (await colours()).every(([front, behind]) => contrast(front, behind) >= 4.4))
    if (file !== undefined) await picture(file)
  }
}

/** The contrast of two colours, as the guidelines for accessible pages reckon it. */
function contrast(a, b) {
  const light = (colour) => {
    const numbers = colour.match(/[\d.]+/g).map(Number).slice(0, 3)
    const [r, g, b] = numbers.map((n) => (/^color\(srgb/.test(colour) ? n : n / 255)).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y)
  return (bright + 0.05) / (dark + 0.05)
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

/** Asks for an update of the entry at a line, with the parallelism as proposed. */
async function askUpdate(user, row) {
  await user.goTo(row, 1)
  await user.command("Update This Model")
  await user.quickStep("(3/3)") // the entry is known: only its parallelism is a question
  await user.keys.press("Enter")
}

async function update({ user, session }) {
  await user.clearNotifications()
  const text = await user.text()
  const [row] = after(text, "count: 64", text.indexOf('id: "qwen3-32b"'))
  await askUpdate(user, row)
  await user.notification(/qwen3-32b is as its repository says: there is nothing to update/)
  await user.expectText(text)
  assert.equal(session.servers().length, 1)
}

async function preview({ user, page, hub, picture }) {
  await user.clearNotifications()
  const right = await user.text()
  const from = right.indexOf('id: "qwen3-32b"')
  const [row, column] = after(right, "count: 64", right.indexOf("Qwen3DecoderLayer: {", from))
  await user.goTo(row, column)
  await user.keys.type("0")
  const wrong = right.slice(0, right.indexOf("count: 64", right.indexOf("Qwen3DecoderLayer: {", from))) + right.slice(right.indexOf("count: 64", right.indexOf("Qwen3DecoderLayer: {", from))).replace("count: 64", "count: 640")
  await user.expectText(wrong)

  // Discarded: nothing changes.
  await askUpdate(user, row)
  await until("the diff", async () => (await page.locator(".tab.active").filter({ hasText: "Update qwen3-32b (not applied)" }).count()) > 0)
  const changes = page.locator(".pane-body .monaco-list-row")
  await until("what changes", async () => (await changes.filter({ hasText: /count 640 → 64/ }).count()) === 1)
  assert.match(await changes.filter({ hasText: /count 640 → 64/ }).first().textContent(), /num_hidden_layers|config/)
  await until("the words of the diff", async () => (await page.locator(".diff-editor, .monaco-diff-editor").count()) > 0)
  await picture("15-preview")
  await user.notification(/Update qwen3-32b\? It changes 1 thing; models\.ts is as it was until you apply it/)
  // While it waits, another model is added.
  await user.open(modelsPath)
  await choose(user, "Qwen/Qwen3-8B")
  await user.keys.press("Enter")
  await user.notification(/Added qwen3-8b/)
  await until("the other entry", async () => (await user.text()).includes('id: "qwen3-8b"'))
  await user.focusEditor()
  await user.keys.press("Control+Z")
  await user.expectText(wrong)
  await user.clearNotifications()
  await user.command("Discard the Update")
  await until("the diff to close", async () => (await page.locator(".tab").filter({ hasText: "(not applied)" }).count()) === 0)
  await user.expectText(wrong)

  // Applied by its button.
  await askUpdate(user, row)
  await user.notification(/Update qwen3-32b\?/)
  await user.pressOn(/Update qwen3-32b\?/, "Apply")
  await user.notification(/Updated qwen3-32b: \d+ modules, \d+ Definitions\. Agreed: /)
  await user.expectText(right)
  assert.equal(await page.locator(".tab").filter({ hasText: "(not applied)" }).count(), 0)
  // The list goes with the last change, and nothing comes in its place.
  assert.equal(await page.locator(".part.panel .terminal").count(), 0)
  assert.ok(hub.asked.length > 0)
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

async function verified({ user, page, picture }) {
  await user.clearNotifications()
  const text = await user.text()
  await user.goTo(after(text, 'id: "qwen3-32b"')[0])
  await user.command("Verify against the Checkpoint")
  await user.notification(/qwen3-32b is agreed: \d+ of \d+ sizes agree between the config and SGLang's source/)
  await picture("19-verified")
  await user.pressOn(/qwen3-32b is agreed/, "Show Details")
  await until("the details", () => user.inFrames(/qwen3-32b against Qwen\/Qwen3-32B/))
  await user.expectText(text)
}

async function planned({ user, page, picture }) {
  await user.clearNotifications()
  const text = await user.text()
  await user.goTo(after(text, 'id: "qwen3-32b"')[0])
  await user.command("Plan: Kernels of a Model")
  await until("the plan", async () => (await page.locator(".tab.active", { hasText: "Qwen_Qwen3-32B.txt" }).count()) > 0)
  await until("its words", async () => /gqa_paged/.test(await page.locator(".editor-instance .view-lines").last().textContent()))
  await picture("22-plan")
  await user.command("Discover: Models to Add Next")
  await user.quickStep("Models to Add Next")
  await until("candidates", async () => (await user.rows().count()) > 3)
  await picture("23-discover")
  await user.keys.press("Escape")
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
  { name: "an entry is verified", run: verified },
  { name: "plan and discover", run: planned },
  { name: "a marker comment and the code action", run: marker },
  { name: "several models", run: several },
  { name: "palette to input", run: latency },
]
