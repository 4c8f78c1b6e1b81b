// The drawing of a model.
import assert from "node:assert/strict"
import { after, drawing } from "./steps.mjs"
import { until } from "./wait.mjs"

export async function moduleTree({ user, page, picture }) {
  await user.clearNotifications()
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
  // Who hears it is told the same.
  const heard = await frame.locator("body").ariaSnapshot()
  for (const words of ['combobox "Model"', 'group "Zoom"', 'button "Larger"', 'tree "Modules"', 'treeitem "Qwen3ForCausalLM, block, count 1, 19 modules, 16 Definitions"', 'treeitem "q_norm, layer, count 64, rmsnorm_h128"']) assert.ok(heard.includes(words), `${words} is not in:\n${heard}`)
  // Keys walk through it, and Enter shows the line.
  const focused = () => frame.evaluate(() => document.activeElement?.dataset.name)
  await user.focusEditor()
  await user.keys.press("Control+2") // the drawing's group
  await until("the focus on a card", async () => (await focused()) === "Qwen3ForCausalLM")
  await page.keyboard.press("ArrowDown")
  const below = await focused()
  assert.notEqual(below, "Qwen3ForCausalLM")
  await page.keyboard.press("ArrowRight")
  assert.notEqual(await focused(), below)
  await page.keyboard.press("ArrowLeft")
  assert.equal(await focused(), below)
  // The lines of the card in hand stand out: to its parent, and to what it holds.
  assert.equal(await frame.locator("#lines .followed").count(), 1 + (text.slice(from).split(`parent: "${below}"`).length - 1))
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
export async function themes({ user, page, picture }) {
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

export async function lenses({ user, page, picture }) {
  await user.clearNotifications()
  const text = await user.text()
  await user.toggleSetting("fibLs.codeLens.enable")
  await user.goTo(after(text, 'id: "qwen3-32b"')[0])
  const lens = (words) => page.locator(".codelens-decoration a", { hasText: words })
  await until("the lenses", async () => (await lens(/\d+ modules, \d+ different Definitions/).count()) > 0 && (await lens("Verify against the checkpoint").count()) > 0)
  await picture("18-lenses")
  // It opens the drawing of its model.
  await until("the drawing's lens", async () => {
    await lens(/\d+ modules, \d+ different Definitions/).last().click()
    return until("the drawing's tab", async () => (await page.locator(".tab", { hasText: /Modules: / }).count()) > 0, 5).catch(() => false)
  })
  await user.toggleSetting("fibLs.codeLens.enable")
  await until("no lenses", async () => (await page.locator(".codelens-decoration a").count()) === 0)
  await user.expectText(text)
}
