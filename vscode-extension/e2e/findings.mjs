// Findings, their fixes and their documentation.
import assert from "node:assert/strict"
import { after, problems } from "./steps.mjs"
import { until } from "./wait.mjs"

const line = 'parent: "LlamaDecoderLayer'

export async function wrongParent({ user, page, picture }) {
  await user.clearNotifications()
  const before = await user.text()
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

export async function ruleOffline({ user, page, picture }) {
  await user.clearNotifications()
  const before = await user.text()
  const [row, column] = after(before, line)
  await user.goTo(row, column)
  await user.keys.type("Z")
  await until("the squiggle", async () => (await page.locator(".squiggly-error").count()) > 0)
  await user.keys.press("Control+Shift+M")
  const rule = page.locator(".markers-panel a", { hasText: "unknown-parent" }).first()
  await rule.waitFor()
  await rule.click({ modifiers: ["Control"] })
  await until("the rule's documentation, rendered", () => user.inFrames(/fib: ignore unknown-parent/))
  await picture("24-rule")
  await page.locator(".tab", { hasText: "models.ts" }).first().click()
  await user.keys.press("Control+J") // the panel goes
  // The finding can be silenced where it is, by a fix.
  await user.goTo(row, column)
  await user.act(/^Ignore unknown-parent here/, () => picture("25-ignore"))
  await until("the squiggle to go", async () => (await page.locator(".squiggly-error").count()) === 0)
  const silenced = await user.text()
  assert.match(silenced, /fib: ignore unknown-parent/)
  assert.ok(silenced.includes(`${line}Z"`))
  await user.focusEditor()
  await user.keys.press("Control+Z")
  await user.keys.press("Control+Z")
  await user.expectText(before)
}

/** The same mistake twice is mended at once; the file's other findings stay. */
export async function fixAllOfRule({ user, page, picture }) {
  await user.clearNotifications()
  const before = await user.text()
  const [first] = after(before, line)
  const [second] = after(before, line, before.indexOf(line) + line.length)
  for (const row of [first, second]) {
    await user.goTo(row, after(before, line)[1])
    await user.keys.type("Z")
  }
  await until("both findings", async () => /^\s*2\b/.test(await problems(page)))
  await user.act(/^Fix all unknown-parent in this file \(2\)/, () => picture("30-fix-all"))
  await until("the squiggles to go", async () => (await page.locator(".squiggly-error").count()) === 0)
  await user.expectText(before)
}

/** What rests on the model's config is called unsafe; what the text alone says is not. */
export async function safeAndUnsafe({ user, page }) {
  await user.clearNotifications()
  const before = await user.text()
  const [row, column] = after(before, "count: 64", before.indexOf("qkv_proj: {", before.indexOf('id: "qwen3-32b"')))
  await user.goTo(row, column)
  await user.keys.type("0")
  const offered = await user.actions(/count.*64.*\(unsafe\)/)
  assert.ok(offered.filter((t) => /^Ignore /.test(t)).every((t) => !t.includes("(unsafe)")), offered.join(" | "))
  await user.keys.press("Escape")
  await user.focusEditor()
  await user.keys.press("Control+Z")
  await user.expectText(before)
  assert.equal(await page.locator(".squiggly-error").count(), 0)
}
