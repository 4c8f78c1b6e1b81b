// Waiting without fixed sleeps: a condition is asked again until it holds or its deadline passes.

/** How much slower this machine may be than a developer's. */
export const patience = Number(process.env.E2E_PATIENCE ?? 1)

/** Asks until the answer is neither null, undefined nor false, and gives it. */
export async function until(what, ask, seconds = 60) {
  const deadline = Date.now() + seconds * 1000 * patience
  let last
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== null && answer !== undefined && answer !== false) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`waited ${seconds * patience} s for ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Holds two texts to be the same, and shows where they part. */
export function same(got, want) {
  if (got === want) return
  let at = 0
  while (got[at] === want[at]) at++
  const near = (text) => JSON.stringify(text.slice(Math.max(0, at - 40), at + 80))
  throw new Error(`the texts part at ${at}:\n  got  ${near(got)}\n  want ${near(want)}`)
}

/** Waits until what fades or slides in has arrived; what spins for ever does not count. */
export async function settled(page) {
  await until("the animations to end", () => page.evaluate(() =>
    document.getAnimations().every((a) => a.playState !== "running" || a.effect?.getComputedTiming().iterations === Infinity)), 5).catch(() => undefined)
}
