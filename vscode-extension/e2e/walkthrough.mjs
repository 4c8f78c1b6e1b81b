// The walkthrough: its steps, with their pictures.
import assert from "node:assert/strict"
import { until } from "./wait.mjs"

export async function walkthrough({ user, page, picture }) {
  await user.clearNotifications()
  await user.command("Welcome: Open Walkthrough...")
  await user.type("FlashInfer-Bench")
  await until("our walkthrough", async () => (await user.rows().filter({ hasText: "FlashInfer-Bench" }).count()) === 1)
  await user.keys.press("Enter")
  const steps = page.locator(".gettingStartedContainer .getting-started-step")
  await until("its steps", async () => (await steps.count()) === 3)
  for (const [n, file] of [[0, "35-walkthrough"], [1, undefined], [2, undefined]]) {
    await steps.nth(n).locator("h3").first().click()
    await until(`the picture of step ${n + 1}`, () => picturesLoaded(page))
    if (file !== undefined) await picture(file)
  }
  assert.equal(await page.locator(".notification-toast").count(), 0)
  await user.keys.press("Control+F4")
}

/** Whether some frame shows pictures, all of which have arrived. */
async function picturesLoaded(page) {
  for (const frame of page.frames()) {
    const found = await frame.evaluate(() => {
      const pictures = [...document.images].filter((i) => i.src.includes("/images/"))
      return pictures.length > 0 && pictures.every((i) => i.complete && i.naturalWidth > 300)
    }).catch(() => false)
    if (found && frame !== page.mainFrame()) return true
  }
  return false
}
