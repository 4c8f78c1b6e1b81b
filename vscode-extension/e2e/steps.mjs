// Steps that several tests take.
import assert from "node:assert/strict"
import { until } from "./wait.mjs"

/** The line and column, from 1, of the end of a piece of text. */
export function after(text, piece, from = 0) {
  const at = text.indexOf(piece, from)
  assert.ok(at >= 0, `the text has no ${piece}`)
  const lines = text.slice(0, at + piece.length).split("\n")
  return [lines.length, lines.at(-1).length + 1]
}

/** Runs the dialog up to its last step: a repository, the id as proposed. */
export async function choose(user, repo) {
  await user.command("Add Model from HuggingFace")
  await user.quickStep("Add Model")
  await user.type(repo)
  await user.keys.press("Enter")
  await user.quickStep(`${repo} (2/3)`)
  await user.keys.press("Enter")
  await user.quickStep("(3/3)")
}

export const problems = (page) => page.locator("#status\\.problems").first().textContent()

/** Asks for an update of the entry at a line, with the parallelism as proposed. */
export async function askUpdate(user, row) {
  await user.goTo(row, 1)
  await user.command("Update This Model")
  await user.quickStep("(3/3)") // the entry is known: only its parallelism is a question
  await user.keys.press("Enter")
}

/** The frame of the drawing, when it has cards. */
export const drawing = (page) =>
  until("the drawing", async () => {
    for (const f of page.frames()) if ((await f.locator("#tree [role=treeitem]").count().catch(() => 0)) > 5) return f
    return false
  })
