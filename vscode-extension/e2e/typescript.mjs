// Beside TypeScript's own extension: nothing twice.
import assert from "node:assert/strict"
import { after } from "./steps.mjs"
import { same, until } from "./wait.mjs"

export async function noDoubles({ user, picture }) {
  // TypeScript is there: it knows the type of a property.
  const text = await user.text()
  const hover = async (piece, expected) => {
    const [row, column] = after(text, piece)
    await user.goTo(row, column - 2)
    return user.hover(piece, expected)
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

export async function oneRename({ user, page, picture }) {
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

export async function renameToTakenName({ user, page, picture }) {
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

export async function besideTypeScript({ user, page, picture }) {
  const text = await user.text()
  const [row, column] = after(text, "      LlamaDecoderLayer")
  await user.goTo(row, column - 3)
  await user.command("References: Find All References")
  const uses = text.slice(0, text.indexOf("\n  },\n")).split("LlamaDecoderLayer").length - 1
  await until("the references", async () => new RegExp(`${uses} results`).test((await page.locator(".sidebar").textContent()) ?? ""))
  await picture("26-references")
  await user.command("Explorer: Focus on Outline View")
  await until("the outline", async () => (await page.locator(".outline-pane .monaco-list-row").count()) > 0)
  // One outline, TypeScript's: with two, each would stand below its extension's name.
  assert.equal(await page.locator(".outline-pane .monaco-list-row", { hasText: /fib-ls|FlashInfer/ }).count(), 0)
  await picture("27-outline")
  await user.expectText(text)
}
