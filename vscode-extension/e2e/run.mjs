// Runs the tests and says PASS or FAIL for each. Pictures go to e2e-output/vscode.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startHub } from "./hub.mjs"
import { makeWorkspace, startEditor } from "./session.mjs"
import { mainTests } from "./tests.mjs"
import { restrictedTests } from "./restricted.mjs"
import { User } from "./user.mjs"
import { settled } from "./wait.mjs"

const root = new URL("../..", import.meta.url).pathname
const pictures = join(root, "e2e-output/vscode")
mkdirSync(pictures, { recursive: true })
const wanted = process.argv.slice(2)
const dist = join(root, ".cache/vsix")
const target = `linux-${process.arch}`
const vsix = join(dist, readdirSync(dist).filter((f) => f.includes(target) && f.endsWith(".vsix")).sort().at(-1) ?? "none")

let passed = 0
let failed = 0

async function suite(name, tests, user) {
  const chosen = tests.filter((t) => wanted.length === 0 || t.always || wanted.some((w) => t.name.includes(w)))
  if (!chosen.some((t) => !t.always) && tests.some((t) => !t.always)) return
  const directory = mkdtempSync(join(tmpdir(), `fib-ls-${name}-`))
  const hub = await startHub(join(directory, "hub"), join(root, ".cache/bin/fakehub"))
  let session
  try {
    session = await startEditor({ directory, workspace: makeWorkspace(join(directory, "flashinfer-bench")), vsix, hub, user })
    const t = {
      hub,
      session,
      user: new User(session),
      page: session.page,
      picture: async (file) => {
        await settled(session.page)
        await session.page.screenshot({ path: join(pictures, `${file}.png`) })
      },
      note: (text) => console.log(`     ${text}`),
    }
    for (const test of chosen) {
      const begun = Date.now()
      const logged = session.output().length
      const took = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`
      try {
        await test.run(t)
        passed++
        console.log(`PASS vscode: ${test.name} (${took()})`)
      } catch (error) {
        failed++
        console.log(`FAIL vscode: ${test.name} (${took()})\n     ${error.stack?.split("\n").slice(0, 6).join("\n     ")}`)
        await t.picture(`failed-${test.name.replace(/\W+/g, "-")}`).catch(() => undefined)
        hub.release()
        console.log(session.output().slice(logged).split("\n").slice(-15).map((l) => `     | ${l}`).join("\n"))
        await session.page.keyboard.press("Escape").catch(() => undefined)
      }
    }
  } catch (error) {
    failed++
    console.log(`FAIL vscode: ${name} could not start: ${error.stack}\n${session?.log.join("") ?? ""}`)
  } finally {
    await session?.stop()
    hub.stop()
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

await suite("main", mainTests, { "fibLs.report.open": "always" })
await suite("restricted", restrictedTests, { "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never", "security.workspace.trust.banner": "never" })
console.log(`vscode: ${passed} passed, ${failed} failed; pictures in e2e-output/vscode`)
process.exit(failed === 0 ? 0 : 1)
