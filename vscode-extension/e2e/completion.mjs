// Completion: what TypeScript cannot know.
import assert from "node:assert/strict"
import { after } from "./steps.mjs"
import { until } from "./wait.mjs"

/** In definitions: [""] the name that the module needs stands first, and Enter takes it. */
export async function needed({ user, page, picture }) {
  await user.clearNotifications()
  const before = await user.text()
  const module = before.indexOf("down_proj: {", before.indexOf('id: "qwen3-32b"'))
  const [name] = before.slice(before.indexOf("definitions: [", module)).match(/(?<=")gemm_\w+/)
  const [row, column] = after(before, name, module)
  await user.goTo(row, column)
  await user.keys.press("Control+Backspace")
  await user.complete("the name that the module needs", (labels) => labels.includes(name))
  const first = user.suggestions().first()
  assert.equal(await first.locator(".label-name").textContent(), name)
  assert.match(await first.getAttribute("class"), /focused/)
  // Others of its kind follow.
  assert.match(await user.suggestions().nth(1).locator(".label-name").textContent(), /^gemm_/)
  await picture("28-completion-needed")
  await user.keys.press("Enter")
  assert.equal(await page.locator(".suggest-widget.visible").count(), 0)
  await user.expectText(before)
}

/** After the marker every character filters, and what is there says so. */
export async function filtered({ user, page, picture }) {
  await user.clearNotifications()
  const before = await user.text()
  const [row] = after(before, "] satisfies Model[]")
  await user.goTo(row)
  await user.keys.press("Control+Shift+Enter") // a line above
  let typed = "Qwen/Qwen3-"
  await user.keys.type(`  // fib: add ${typed}`)
  await user.complete("repositories", (labels) => labels.length > 3 && labels.every((l) => l.startsWith(typed)))
  for (const character of "32") {
    await user.keys.type(character)
    typed += character
    await user.complete(`what begins with ${typed}`, (labels) => labels.length > 0 && labels.every((l) => l.startsWith(typed)))
  }
  const there = user.suggestions().filter({ hasText: /Qwen\/Qwen3-32B(?!-)/ }).first()
  await until("that it is there already", async () => /in models\.ts already, as qwen3-32b/.test(await there.textContent()))
  for (const _ of "32") await user.keys.press("Backspace")
  await user.keys.type("8")
  typed = "Qwen/Qwen3-8"
  await user.complete(`what begins with ${typed}`, (labels) => labels[0] === "Qwen/Qwen3-8B" && labels.every((l) => l.startsWith(typed)))
  await picture("29-completion-marker")
  await user.keys.press("Enter")
  await until("what was chosen", async () => (await page.locator(".view-line", { hasText: /fib:\sadd\sQwen\/Qwen3-8B$/ }).count()) === 1)
  await user.keys.press("Control+Shift+K")
  await user.expectText(before)
}
