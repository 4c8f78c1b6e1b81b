// Draws entries with the component of FlashInfer-Bench's web app, in Chromium,
// beside its own models, and compares what is cut, overlaps or lies outside.
//
//   node draw.mjs WEB MODELS.TS OUT [ID…]
//
// WEB is the web folder of a clone of flashinfer-ai/flashinfer-bench, MODELS.TS
// a file of entries that `fib-ls add` made, OUT where the pictures go (of the
// ids that are named; none: no picture). scripts/draw.sh prepares all of it.
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const [web, models, out, ...pictured] = process.argv.slice(2).map((a, i) => (i < 3 ? resolve(a) : a))
const work = process.cwd()
const here = dirname(fileURLToPath(import.meta.url))
const { buildSync } = createRequire(join(work, "package.json"))("esbuild")
const chromium = process.env.CHROMIUM ?? "chromium"

// What the page takes of the web app's packages, and a link without its router.
writeFileSync(join(work, "ui.ts"), `export * from "${web}/packages/ui/src/components/badge"\nexport * from "${web}/packages/ui/src/components/card"\n`)
writeFileSync(join(work, "link.tsx"), "export default (p: object) => <a {...p} />\n")
buildSync({
  entryPoints: [join(here, "page.tsx")], bundle: true, outfile: join(work, "page.js"), jsx: "automatic", nodePaths: [join(work, "node_modules")],
  define: { "process.env.NODE_ENV": '"production"' },
  alias: {
    // One copy each, whatever the clone has installed.
    ...Object.fromEntries(["react", "react-dom", "reactflow"].map((name) => [name, join(work, "node_modules", name)])),
    "upstream/arch-overview": `${web}/apps/web/app/models/[id]/arch-overview.tsx`, "upstream/models": `${web}/apps/web/data/models.ts`, "drawn/models": models,
    "@flashinfer-bench/ui": join(work, "ui.ts"), "@flashinfer-bench/utils": `${web}/packages/utils/src/index.ts`, "next/link": join(work, "link.tsx"), "@/lib": `${web}/apps/web/lib`,
  },
})
// The app's style from here: a plain clone has no packages that it could import.
const app = `${web}/apps/web/app`
writeFileSync(join(work, "globals.css"), readFileSync(`${app}/globals.css`, "utf8").replace(/(@source ")(\.[^"]*)/g, (_, start, path) => start + resolve(app, path)) + `\n@source "${app}";\n`)
execFileSync(join(work, "node_modules/.bin/tailwindcss"), ["-i", join(work, "globals.css"), "-o", join(work, "app.css")], { cwd: work, stdio: ["ignore", "ignore", "pipe"] })
writeFileSync(join(work, "index.html"), '<!doctype html><link rel="stylesheet" href="page.css"><link rel="stylesheet" href="app.css"><div id="root" style="width:1400px"></div><script src="page.js"></script>')

const page = (id) => `${pathToFileURL(join(work, "index.html"))}#${encodeURIComponent(id)}`
const browse = (id, ...args) =>
  execFileSync(chromium, ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files", "--window-size=1400,800", "--virtual-time-budget=6000", ...args, page(id)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
const ids = (file) => [...readFileSync(file, "utf8").matchAll(/^\s+id: "([^"]+)"/gm)].map((m) => m[1])

mkdirSync(out, { recursive: true })
const rows = []
for (const [whose, file] of [["upstream", `${web}/apps/web/data/models.ts`], ["ours", models]]) {
  for (const id of ids(file)) {
    const [, title] = browse(id, "--dump-dom").match(/<title>(.*?)<\/title>/s) ?? []
    if (!title) throw new Error(`${id} was not drawn`)
    rows.push({ whose, ...JSON.parse(title.replaceAll("&quot;", '"').replaceAll("&amp;", "&")) })
    if (pictured.includes(id)) browse(id, `--screenshot=${join(out, `${id}.png`)}`)
  }
}
console.log("| whose | model | cards | names cut | cards that overlap | cards outside |\n|---|---|---|---|---|---|")
for (const r of rows) console.log(`| ${r.whose} | ${r.id} | ${r.cards} | ${r.cut.length} | ${r.overlaps.length} | ${r.outside} |`)
const kinds = { "names cut": (r) => r.cut.length / r.cards, "cards that overlap": (r) => r.overlaps.length / r.cards, "cards outside": (r) => r.outside / r.cards }
for (const [what, of] of Object.entries(kinds)) {
  const worst = Math.max(...rows.filter((r) => r.whose === "upstream").map(of))
  const more = rows.filter((r) => r.whose === "ours" && of(r) > worst).map((r) => `${r.id} ${of(r).toFixed(2)}`)
  console.log(`\n${what}, as a share of the cards: at worst ${worst.toFixed(2)} of upstream's models; more in ${more.join(", ") || "none of ours"}`)
}
