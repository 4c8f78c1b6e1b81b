// Bundles the extension, the drawing's script, and with --tests the tests,
// which run against a fake of the editor's API.
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
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
  const [{ metafile }] = await Promise.all([
    build({ ...common, metafile: true, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", platform: "node", target: "node20", format: "cjs", external: ["vscode"], mainFields: ["module", "main"] }),
    build({ ...common, entryPoints: ["webview/moduletree.ts"], outfile: "dist/moduletree.js", platform: "browser", target: "es2022", format: "iife", sourcemap: false }),
  ])
  writeFileSync("dist/THIRD_PARTY_LICENSES.txt", licences(Object.keys(metafile.inputs)))
}

/** The licences of the packages that went into a bundle. */
function licences(inputs) {
  const packages = new Set(inputs.map((path) => /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter((p) => p !== undefined))
  return [...packages]
    .sort()
    .map((path) => {
      const { name, version, license } = JSON.parse(readFileSync(`${path}/package.json`, "utf8"))
      const file = readdirSync(path).find((f) => /^licen[cs]e/i.test(f))
      return `${name} ${version} (${license})\n\n${file ? readFileSync(`${path}/${file}`, "utf8").trim() : ""}\n`
    })
    .join(`\n${"-".repeat(72)}\n\n`)
}
