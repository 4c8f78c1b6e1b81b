// A workspace as upstream's, code-server on it, and a browser that a user might sit at.
import { spawn, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { chromium } from "playwright-core"
import { freePort } from "./hub.mjs"
import { patience, until } from "./wait.mjs"

const root = new URL("../..", import.meta.url).pathname
const entry = join(root, ".cache/code-server/node_modules/code-server/out/node/entry.js")
export const modelsPath = "web/apps/web/data/models.ts"

/** Makes a folder that is like a flashinfer-bench clone where it matters. */
export function makeWorkspace(directory) {
  const files = {
    "web/apps/web/tsconfig.json": JSON.stringify({ compilerOptions: { target: "ES2022", module: "esnext", moduleResolution: "bundler", strict: true, noEmit: true, baseUrl: ".", paths: { "@/*": ["./*"] } }, include: ["**/*.ts"] }, null, 2),
    // What a hostile workspace would set; none of it may be followed.
    ".vscode/settings.json": JSON.stringify({
      "fibLs.server.path": "/bin/false",
      "fibLs.server.extraEnv": { HF_ENDPOINT: "http://127.0.0.1:9" },
      "fibLs.huggingface.endpoint": "http://127.0.0.1:9",
      "fibLs.sglang.clone": "always",
    }),
    "web/apps/web/lib/schemas/index.ts": `export type Module = {
  count: number
  parent?: string
  type: "block" | "layer"
  definitions: string[]
}

export type Model = {
  id: string
  name: string
  description: string
  modules: Record<string, Module>
}
`,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(directory, path, ".."), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  mkdirSync(join(directory, modelsPath, ".."), { recursive: true })
  cpSync(join(root, "testdata/models.ts"), join(directory, modelsPath))
  return directory
}

/** Starts code-server with the packed extension in it. */
export async function startEditor({ directory, workspace, vsix, hub, user = {} }) {
  const data = join(directory, "data")
  const extensions = join(directory, "extensions")
  const settings = {
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.autoCheckUpdates": false,
    "extensions.ignoreRecommendations": true,
    "typescript.disableAutomaticTypeAcquisition": true,
    "editor.minimap.enabled": false,
    "files.autoSave": "off",
    "editor.accessibilitySupport": "off",
    "git.enabled": false,
    "security.workspace.trust.enabled": false,
    ...user,
  }
  const machine = { "fibLs.huggingface.endpoint": hub.url }
  for (const [name, value] of [["User", settings], ["Machine", machine]]) {
    mkdirSync(join(data, name), { recursive: true })
    writeFileSync(join(data, name, "settings.json"), JSON.stringify(value, null, 2))
  }
  const home = join(directory, "home")
  mkdirSync(home, { recursive: true })
  const env = { PATH: process.env.PATH, LANG: "C.UTF-8", HOME: home, HF_HOME: join(directory, "hf"), HF_ENDPOINT: hub.url, HF_HUB_DISABLE_TELEMETRY: "1" }
  const common = [entry, "--user-data-dir", data, "--extensions-dir", extensions]
  const installed = spawnSync(process.execPath, [...common, "--install-extension", vsix], { env, encoding: "utf8" })
  if (installed.status !== 0) throw new Error(`installing the extension: ${installed.stdout}${installed.stderr}`)

  const port = await freePort()
  const log = []
  const server = spawn(process.execPath, [...common, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"], { env, detached: true })
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (d) => log.push(String(d)))
  await until("code-server", async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok)

  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"],
  })
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions: ["clipboard-read", "clipboard-write"] })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000 * patience)
  const openedAt = Date.now()
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`)
  await page.waitForSelector(".monaco-workbench .part.statusbar", { timeout: 180_000 * patience })
  return {
    page,
    openedAt,
    /** The extension's output, as it is logged. */
    output: () => logs(data).join("\n"),
    /** The process ids of fib-ls in this editor. */
    servers: () => processesOf(extensions),
    models: () => readFileSync(join(workspace, modelsPath), "utf8"),
    stop: async () => {
      await browser.close()
      try {
        process.kill(-server.pid, "SIGTERM")
      } catch {
        // it has ended
      }
    },
    log,
  }
}

function logs(data) {
  const found = []
  const walk = (directory) => {
    if (!existsSync(directory)) return
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) walk(path)
      else if (entry.name === "FlashInfer-Bench.log") found.push(readFileSync(path, "utf8"))
    }
  }
  walk(join(data, "logs"))
  return found
}

function processesOf(extensions) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/exe`).startsWith(extensions)
      } catch {
        return false
      }
    })
    .map(Number)
}
