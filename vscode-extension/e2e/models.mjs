// What is found out about models: verified, planned, discovered.
import { after } from "./steps.mjs"
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
