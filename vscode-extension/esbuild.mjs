// Bundles the extension, the drawing's script, and with --tests the tests,
// which run against a fake of the editor's API.
import { readdirSync, rmSync } from "node:fs"
import { build } from "esbuild"

const production = process.argv.includes("--production")
const common = { bundle: true, minify: production, sourcemap: !production, logLevel: "warning", legalComments: "linked" }

if (process.argv.includes("--tests")) {
  rmSync("dist-test", { recursive: true, force: true })
  await build({
    ...common,
    entryPoints: readdirSync("test").filter((f) => f.endsWith(".test.ts")).map((f) => `test/${f}`),
    outdir: "dist-test",
    platform: "node",
    target: "node20",
    format: "cjs",
    alias: { vscode: "./test/vscode.ts" },
  })
} else {
  rmSync("dist", { recursive: true, force: true })
  await Promise.all([
    build({ ...common, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", platform: "node", target: "node20", format: "cjs", external: ["vscode"], mainFields: ["module", "main"] }),
    build({ ...common, entryPoints: ["webview/moduletree.ts"], outfile: "dist/moduletree.js", platform: "browser", target: "es2022", format: "iife", sourcemap: false }),
  ])
}
