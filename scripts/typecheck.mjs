// Type-checks models.ts files with the real compiler against upstream's schema.
//
//   node scripts/typecheck.mjs FILE...           prints what tsc finds; exit 1 if anything
//   node scripts/typecheck.mjs --values FILE     also runs the file and prints its models as JSON
//
// Needs `npm ci --prefix scripts`. Only for files that may be executed: --values runs FILE.
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const tsc = join(here, "node_modules", "typescript", "bin", "tsc")
const values = process.argv[2] === "--values"
const files = process.argv.slice(values ? 3 : 2).map((file) => resolve(file))
if (files.length === 0 || (values && files.length !== 1)) {
  console.error("usage: node scripts/typecheck.mjs [--values] FILE...")
  process.exit(2)
}
if (!existsSync(tsc)) {
  console.error("TypeScript is not installed: npm ci --prefix scripts")
  process.exit(3)
}

const dir = mkdtempSync(join(tmpdir(), "fib-typecheck-"))
process.on("exit", () => rmSync(dir, { recursive: true, force: true }))
const project = join(dir, "tsconfig.json")
const config = {
  compilerOptions: {
    strict: true,
    noEmit: !values,
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    isolatedModules: true,
    skipLibCheck: true,
    types: [],
    paths: { "@/lib/schemas": [join(here, "typecheck", "schemas.ts")] },
    ...(values && { outDir: join(dir, "out"), rootDir: "/" }),
  },
  files,
}
writeFileSync(project, JSON.stringify(config))
const run = spawnSync(process.execPath, [tsc, "--pretty", "false", "-p", project], { encoding: "utf8" })
process.stderr.write(run.stdout + run.stderr)
if (run.status !== 0) process.exit(1)

if (values) {
  writeFileSync(join(dir, "package.json"), '{"type":"module"}')
  const js = join(dir, "out", dirname(files[0]), basename(files[0]).replace(/\.ts$/, ".js"))
  const module = await import(pathToFileURL(js).href)
  // Own properties only, as the web app lists them.
  process.stdout.write(JSON.stringify(module.default ?? module.models))
}
