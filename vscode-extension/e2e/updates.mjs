// Updates, which are shown before they are applied.
import assert from "node:assert/strict"
import { modelsPath } from "./session.mjs"
import { after, askUpdate, choose } from "./steps.mjs"
import { until } from "./wait.mjs"

export async function update({ user, session }) {
  await user.clearNotifications()
  const text = await user.text()
  const [row] = after(text, "count: 64", text.indexOf('id: "qwen3-32b"'))
  await askUpdate(user, row)
  await user.notification(/qwen3-32b is as its repository says: there is nothing to update/)
  await user.expectText(text)
  assert.equal(session.servers().length, 1)
}

export async function preview({ user, page, hub, picture }) {
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
