// What is found out about models: verified, planned, discovered.
import assert from "node:assert/strict"
import { after, choose } from "./steps.mjs"
import { until } from "./wait.mjs"

export async function verified({ user, page, picture }) {
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

/** An entry says in its hover how sure it is, and what that rests on. */
export async function howSure({ user, picture }) {
  await user.clearNotifications()
  const [row, column] = after(await user.text(), 'id: "qwen3-32b')
  await user.goTo(row, column - 2)
  await user.hover("the entry's id", /Confidence: agreed: \d+ of \d+ sizes agree between the config and SGLang's source/)
  await picture("31-hover-confidence")
  await user.keys.press("Escape")
}

/** A checkpoint that is there confirms a new entry; what it has against one that was changed is a finding. */
export async function disputed({ user, page, hub, picture }) {
  await user.clearNotifications()
  const before = await user.text()
  await choose(user, "acme/held-llm")
  await user.keys.press("Enter")
  await user.notification(/Added held-llm: \d+ modules, \d+ Definitions\. Verified: /)
  await picture("33-verified")
  await user.clearNotifications()
  const text = await user.text()
  const [row, column] = after(text, "gemm_n192", text.indexOf('id: "held-llm"'))
  await user.goTo(row, column)
  await user.keys.type("0")
  await user.act(/^Verify against the checkpoint: held-llm/)
  await user.notification(/held-llm is disputed: /)
  await user.pressOn(/held-llm is disputed/, "Show Problems")
  const finding = page.locator(".markers-panel .monaco-list-row", { hasText: /checkpoint contradicts "qkv_proj": the entry has n=1920 k=128, the checkpoint has n=192 k=128/ }).first()
  await finding.waitFor()
  await picture("34-disputed")
  assert.ok(hub.asked.some((r) => r.includes("acme/held-llm") && r.includes("model.safetensors")))
  await user.focusEditor()
  await user.keys.press("Control+J") // the panel goes
  await user.replaceText(before)
  await user.expectText(before)
}

/** What models.ts has, as the editor has it, is not a model to add next. */
export async function nothingTwice({ user, picture }) {
  await user.clearNotifications()
  const text = await user.text()
  const listed = async () => {
    await user.command("Discover: Models to Add Next")
    await user.quickStep("Models to Add Next")
    await until("candidates", async () => (await user.rows().count()) > 3)
    await user.type("Qwen3-32B")
    return user.rows().filter({ hasText: /Qwen\/Qwen3-32B(?!-)/ })
  }
  // With the entry taken out, not saved, its model is one that could be added.
  const end = text.indexOf("\n  },", text.indexOf('id: "qwen3-32b"')) + "\n  },".length
  const begin = text.lastIndexOf("\n  {\n", text.indexOf('id: "qwen3-32b"'))
  await user.replaceText(text.slice(0, begin) + text.slice(end))
  const without = await listed()
  await until("the model to add", async () => (await without.count()) === 1)
  await picture("32-discover-one")
  await user.keys.press("Escape")
  await user.focusEditor()
  await user.keys.press("Control+Z")
  await user.expectText(text)
  const within = await listed()
  await until("the list to be narrowed", async () => (await user.rows().count()) > 0 && (await user.rows().allTextContents()).every((row) => /Qwen/.test(row)))
  assert.equal(await within.count(), 0)
  await user.keys.press("Escape")
}

export async function planned({ user, page, picture }) {
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
