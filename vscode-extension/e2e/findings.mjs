// Findings, their fixes and their documentation.
import assert from "node:assert/strict"
import { after, problems } from "./steps.mjs"
import { until } from "./wait.mjs"

export async function wrongParent({ user, page, picture }) {
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

export async function ruleOffline({ user, page, picture }) {
  await user.clearNotifications()
  const before = await user.text()
  const [row, column] = after(before, 'parent: "LlamaDecoderLayer')
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
  await user.keys.press("Control+.")
  const actions = page.locator(".action-widget .monaco-list-row.action")
  await until("the fixes", async () => (await actions.filter({ hasText: /Ignore unknown-parent/ }).count()) > 0)
  await picture("25-ignore")
  await user.keys.press("Escape")
  await user.focusEditor()
  await user.keys.press("Control+Z")
  await user.expectText(before)
}
