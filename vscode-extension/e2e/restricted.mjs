// A workspace that is not trusted: it is checked, and nothing of it reaches the network or a program.
import assert from "node:assert/strict"
import { modelsPath } from "./session.mjs"
import { until } from "./wait.mjs"

export const restrictedTests = [
  {
    name: "restricted mode checks the file and asks nothing of the network",
    async run({ user, session, hub, page, picture }) {
      await until("the server", () => /restricted mode: no network[\s\S]*the server answered/.test(session.output()), 180)
      await user.open(modelsPath)
      // The workspace's own settings name another program, host and folder; see run.mjs.
      assert.equal(session.servers().length, 1)
      const before = await user.text()
      const at = before.slice(0, before.indexOf('parent: "LlamaDecoderLayer') + 'parent: "LlamaDecoderLayer'.length).split("\n")
      await user.goTo(at.length, at.at(-1).length + 1)
      await user.keys.type("Z")
      await until("the squiggle", async () => (await page.locator(".squiggly-error").count()) > 0)
      await picture("20-restricted")
      await user.focusEditor()
      await user.keys.press("Control+Z")
      await until("the squiggle to go", async () => (await page.locator(".squiggly-error").count()) === 0)

      // A model that no cache has: refused, without a request.
      await user.command("Add Model from HuggingFace")
      await user.quickStep("Add Model")
      await user.type("acme/tiny-llm")
      await user.keys.press("Enter")
      // The refusal is certain, so nothing more is asked.
      await user.notification(/acme\/tiny-llm was not added: .*not trusted fib-ls asks nothing of the network/)
      assert.equal(await user.quickTitle(), undefined)
      await picture("21-restricted-refused")
      assert.deepEqual(hub.asked, [])
      await user.expectText(before)
    },
  },
]
