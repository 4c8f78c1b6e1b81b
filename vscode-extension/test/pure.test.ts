import assert from "node:assert/strict"
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { NoBinary, findBinary } from "../src/binary"
import { batchSentence } from "../src/addModels"
import { modelAtLine } from "../src/commands"
import { debugInformation, withoutSecrets } from "../src/debugInformation"
import { serverEnvironment, serverSettings, versionSkew } from "../src/environment"
import { type Place, cardWidth, edge, fitting, layOut, widest } from "../src/layout"
import { page } from "../src/moduleTree"
import { actionsFor, sentence, sentences } from "../src/outcomes"
import type { JobDone, ShownModel } from "../src/protocol"
import { modelIdProblem, parallelismChoices, parseParallelism, repoFromText, reposFromList, suggestModelId } from "../src/repos"
import { Restarts, maxRestarts, restartWindow } from "../src/restarts"
import { logLine } from "../src/serverLog"
import { about, buildTree, holds, rows, showCount, walk } from "../src/tree"
import { state } from "./vscode"

test("repositories as they are typed, pasted and selected", () => {
  const table: [string, string | undefined][] = [
    ["Qwen/Qwen3-32B", "Qwen/Qwen3-32B"],
    ['  "Qwen/Qwen3-32B", ', "Qwen/Qwen3-32B"],
    ["https://huggingface.co/Qwen/Qwen3-32B/tree/main?x=1", "Qwen/Qwen3-32B"],
    ["huggingface.co/Qwen/Qwen3-32B#readme", "Qwen/Qwen3-32B"],
    ["https://hf-mirror.com/a/b", "a/b"],
    ["https://evil.example/Qwen/Qwen3-32B", undefined],
    ["https://huggingface.co.evil.example/a/b", undefined],
    ["Qwen", undefined],
    ["a/b/c", undefined],
    ["a/b--c", undefined],
    ["a/..", undefined],
    ["a/b.git", undefined],
    ["../etc/passwd", undefined],
    ["", undefined],
    ["x".repeat(600), undefined],
    ["hf_secretsecret", undefined],
  ]
  for (const [text, want] of table) assert.equal(repoFromText(text), want, text)
})

test("lists of repositories", () => {
  const { repos, wrong } = reposFromList("# models\nQwen/Qwen3-32B, a/b\n\n- c/d # third\nqwen:Qwen/Qwen3-8B\nnonsense\na/b\nhttps://huggingface.co/e/f")
  assert.deepEqual(repos, [{ repoId: "Qwen/Qwen3-32B" }, { repoId: "a/b" }, { repoId: "c/d" }, { repoId: "Qwen/Qwen3-8B", modelName: "qwen" }, { repoId: "e/f" }])
  assert.deepEqual(wrong, ["nonsense"])
  assert.equal(batchSentence(1, [], false), "1 model added.")
  assert.equal(batchSentence(2, [{ repoId: "a/b", why: "gated" }], true), "2 models added, 1 not: a/b (gated); the rest was cancelled.")
})

test("model ids", () => {
  for (const id of ["a", "llama-3.3-70b", "0x"]) assert.equal(modelIdProblem(id), undefined, id)
  for (const id of ["", "A", "a b", "-a", "a.", "a..b", "a/b", "é", "a".repeat(97)]) assert.notEqual(modelIdProblem(id), undefined, id)
  assert.equal(suggestModelId("meta-llama/Llama-3.3-70B-Instruct"), "llama-3.3-70b-instruct")
  for (const repo of ["a/___", "a/..x..", `a/${"Z.".repeat(90)}`]) assert.equal(modelIdProblem(suggestModelId(repo)), undefined, repo)
})

test("parallelism", () => {
  const table: [string, unknown][] = [
    ["8", { tp: 8, ep: 1 }], ["8,2", { tp: 8, ep: 2 }], ["TP=4, EP=2", { tp: 4, ep: 2 }], ["tp 4 / ep 2", { tp: 4, ep: 2 }], ["tp=16", { tp: 16, ep: 1 }],
    ["", undefined], ["0", undefined], ["8,0", undefined], ["ep=2", undefined], ["9999", undefined], ["-1", undefined], ["8;2", undefined],
  ]
  for (const [text, want] of table) assert.deepEqual(parseParallelism(text), want, text)
  const [first, ...rest] = parallelismChoices({ tp: 8, ep: 8 })
  assert.deepEqual(first, { label: "TP=8, EP=8", from: "sgl-cookbook", value: undefined })
  assert.ok(!rest.some((c) => c.label === "TP=8, EP=8"))
  assert.equal(parallelismChoices(undefined)[0]?.from, "default")
})

test("restricted mode: the server has no network, no token, no folder of the workspace's", () => {
  const settings = { server: { path: "/evil" }, sglang: { path: "/evil", clone: "always" }, huggingface: { endpoint: "https://evil", offline: false, timeout: 5 }, dataset: { path: "/evil" }, modelsFile: "**/m.ts" }
  const seen = serverSettings(settings, false) as Record<string, Record<string, unknown>>
  assert.equal(JSON.stringify(seen).includes("evil"), false)
  assert.deepEqual(seen["huggingface"], { endpoint: "", offline: true, timeout: 5 })
  assert.equal(seen["modelsFile"], "**/m.ts")
  assert.ok(!("server" in (serverSettings(settings, true) as object)))
  assert.deepEqual(serverSettings(null, true), null)
  const sources = { process: { HF_TOKEN: "hf_x", PATH: "/bin" }, extra: { HF_HUB_OFFLINE: "0", N: 3, O: {} }, proxy: "http://p:1" }
  const env = serverEnvironment({ ...sources, trusted: false })
  assert.equal(env["HF_TOKEN"], undefined)
  assert.equal(env["HF_HUB_OFFLINE"], "1")
  assert.equal(env["HTTPS_PROXY"], undefined)
  const open = serverEnvironment({ ...sources, trusted: true })
  assert.deepEqual([open["HF_TOKEN"], open["HF_HUB_OFFLINE"], open["N"], open["HTTPS_PROXY"], "O" in open], ["hf_x", "0", "3", "http://p:1", false])
})

test("which server is run", async () => {
  const root = mkdtempSync(join(tmpdir(), "fib-binary-"))
  const program = (...path: string[]) => {
    const file = join(root, ...path)
    mkdirSync(join(file, ".."), { recursive: true })
    writeFileSync(file, "#!/bin/sh\n")
    chmodSync(file, 0o755)
    return file
  }
  const extensionPath = join(root, "extension")
  const onPath = program("bin", "fib-ls")
  const own = program("own", "server")
  const base = { setting: null, extensionPath, search: `relative:${join(root, "bin")}`, trusted: true, windows: false }
  assert.deepEqual(await findBinary(base), { path: onPath, from: "PATH" })
  await assert.rejects(findBinary({ ...base, trusted: false }), NoBinary)
  await assert.rejects(findBinary({ ...base, search: undefined }), NoBinary)
  const bundled = program("extension", "server", "fib-ls")
  assert.deepEqual(await findBinary(base), { path: bundled, from: "extension" })
  assert.deepEqual(await findBinary({ ...base, setting: own }), { path: own, from: "setting" })
  assert.deepEqual(await findBinary({ ...base, setting: own, trusted: false }), { path: bundled, from: "extension" })
  await assert.rejects(findBinary({ ...base, setting: root }), /not a program/)
})

test("versions that do not match", () => {
  assert.equal(versionSkew("0.1.0", "0.1.7"), undefined)
  assert.equal(versionSkew("0.1.0", "v0.1.0-3-gabc"), undefined)
  assert.equal(versionSkew("0.1.0", "abc123-dirty"), undefined)
  assert.equal(versionSkew("0.1.0", undefined), undefined)
  assert.match(versionSkew("0.1.0", "0.2.0") ?? "", /0\.2\.0 does not match/)
})

test("a server that keeps ending is not started for ever", () => {
  let now = 0
  const restarts = new Restarts(() => now)
  for (let i = 0; i < maxRestarts; i++) assert.ok(restarts.allow())
  assert.ok(!restarts.allow())
  now += restartWindow
  assert.ok(restarts.allow())
})

test("log levels", () => {
  const seen: string[] = []
  const log = { error: (t: string) => seen.push(`E ${t}`), warn: (t: string) => seen.push(`W ${t}`), info: (t: string) => seen.push(`I ${t}`), debug: (t: string) => seen.push(`D ${t}`) }
  for (const line of ["time=x level=INFO msg=a", "time=x level=DEBUG-4 msg=b", "time=x level=WARN msg=c", "panic: d"]) logLine(line, log)
  assert.deepEqual(seen, ["I msg=a", "D msg=b", "W msg=c", "E panic: d"])
})

const range = (line: number) => ({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } })
const model = (parents: Record<string, string | undefined>): ShownModel => ({
  id: "m", name: "M", description: "", range: { start: { line: 3, character: 0 }, end: { line: 9, character: 1 } },
  modules: Object.entries(parents).map(([name, parent], i) => ({ name, count: 1, type: "block", definitions: [], range: range(i), ...(parent === undefined ? {} : { parent }) })),
})

test("every module is drawn once, whatever its parent", () => {
  const names = (nodes: ReturnType<typeof buildTree>): unknown[] => nodes.map((n) => (n.children.length > 0 ? [n.module.name, names(n.children)] : n.module.name))
  assert.deepEqual(names(buildTree(model({ a: undefined, b: "a", c: "b", d: "a" }))), [["a", [["b", ["c"]], "d"]]])
  const odd = buildTree(model({ a: undefined, gone: "nobody", x: "y", y: "x", me: "me" }))
  const count = (nodes: ReturnType<typeof buildTree>): number => nodes.reduce((n, x) => n + 1 + count(x.children), 0)
  assert.equal(count(odd), 5)
  assert.match(odd.find((n) => n.module.name === "gone")?.problem ?? "", /not a module/)
  assert.match(odd.find((n) => n.module.name === "me")?.problem ?? "", /cycle/)
  assert.deepEqual(names(buildTree(model({ toString: undefined, constructor: "toString", __proto__x: "hasOwnProperty" }))), [["toString", ["constructor"]], "__proto__x"])
})

test("the rows of the drawing are the web page's: the modules of a level, in the order of the text", () => {
  const drawn = (parents: Record<string, string | undefined>) => {
    const m = model(parents)
    return rows(m, buildTree(m)).map((row) => row.map((n) => n.module.name))
  }
  // A level is one row across all parents, and the text's order decides, not the parents'.
  assert.deepEqual(drawn({ root: undefined, late: "b", a: "root", b: "root", early: "a" }), [["root"], ["a", "b"], ["late", "early"]])
  // Who names a parent that is not there stands a level below the top, as on the page.
  assert.deepEqual(drawn({ root: undefined, gone: "nobody", child: "gone" }), [["root"], ["gone"], ["child"]])
  assert.deepEqual(drawn({ x: "y", y: "x" }).flat().sort(), ["x", "y"])
  assert.deepEqual(drawn({}), [])
  const chain = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`m${i}`, i === 0 ? undefined : `m${i - 1}`]))
  const deep = model(chain)
  assert.equal(rows(deep, buildTree(deep)).length, 20_000)
})

test("what a block holds, and how often it is there", () => {
  const [root] = buildTree(model({ root: undefined, a: "root", b: "a" }))
  assert.ok(root)
  for (const [{ module }] of walk([root])) if (module.name !== "root") module.definitions = [{ name: "rmsnorm_h1", range: range(0) }]
  assert.deepEqual(holds(root), { modules: 2, definitions: 2 })
  assert.deepEqual([1, 64, null].map((count) => showCount({ ...root.module, count })), ["", "×64", "×?"])
})

test("where the cards lie", () => {
  const wide = layOut([[80], [100, 60, 60], [50]], 1000)
  const [[top], second, [last]] = wide.places as [[Place], [Place, Place, Place], [Place]]
  assert.equal(top.x + cardWidth / 2, wide.width / 2)
  assert.ok(second.every((p) => p.y === second[0].y && p.top === p.y))
  assert.ok(second[0].y > top.y + 80 && last.y > second[0].y + 100 && wide.height > last.y + 50)
  assert.match(edge(top, 80, second[0]), /^M[\d.]+ [\d.]+L.*Q.*Q.*L[\d.]+ [\d.]+$/)
  assert.match(edge(top, 80, { ...last, x: top.x, y: 400, top: 400 }), /^M(\S+) \S+L.*L\1 400$/)
  assert.deepEqual(layOut([], 500).places, [])
  assert.deepEqual([widest([1, 3]) > 3 * cardWidth, widest([])], [true, 0])
  assert.deepEqual([fitting(1000, 900), fitting(4000, 700), fitting(300, 700), fitting(0, 700), fitting(300, 0)], [0.9, 0.85, 1, 1, 1])
})

test("a level that is too wide for the panel takes several lines, in order, and nothing is cut", () => {
  for (const room of [100, 300, 545, 700, 3000]) {
    const { width, places } = layOut([[80], Array.from({ length: 11 }, (_, i) => 40 + i)], room)
    assert.ok(width <= Math.max(room, cardWidth + 100), `room ${room}: ${width}`)
    const level = places[1] ?? []
    const read = [...level].sort((a, b) => a.y - b.y || a.x - b.x)
    assert.deepEqual(read, level)
    for (const [i, p] of level.entries()) {
      assert.ok(p.x >= 0 && p.x + cardWidth <= width)
      for (const q of level.slice(i + 1)) assert.ok(Math.abs(p.x - q.x) >= cardWidth || q.y >= p.y + 40 + i, "cards on each other")
    }
  }
})

test("lines lie behind no card but those that they join, and those of two parents on each other nowhere", () => {
  type Box = Place & { height: number }
  type Segment = [x0: number, y0: number, x1: number, y1: number]
  // The straight parts; a corner is rounded off between two of them.
  const segments = (d: string): Segment[] => {
    const points = [...d.matchAll(/(?:[ML]|Q[\d.-]+ [\d.-]+ )([\d.-]+) ([\d.-]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const)
    return points.slice(1).map(([x, y], i) => [...(points[i] ?? [0, 0]), x, y] as Segment).filter(([x0, y0, x1, y1]) => x0 === x1 || y0 === y1)
  }
  for (const room of [100, 300, 545, 700, 3000]) {
    const heights = [[80], Array.from({ length: 11 }, (_, i) => 40 + i), Array.from({ length: 9 }, (_, i) => 90 - i)]
    const [roots, parents, children] = layOut(heights, room).places.map((level, l) => level.map((p, i): Box => ({ ...p, height: heights[l]?.[i] ?? 0 }))) as [Box[], Box[], Box[]]
    const drawn = [
      ...parents.flatMap((to) => roots.map((from) => ({ from, to, lane: 0.5 }))),
      ...children.map((to, i) => ({ from: parents[i % 3] as Box, to, lane: (1 + (i % 3)) / 4 })),
    ].map((line) => ({ ...line, segments: segments(edge(line.from, line.from.height, line.to, line.lane)) }))
    for (const { from, to, segments } of drawn) {
      for (const [x0, y0, x1, y1] of segments) {
        for (const card of [...roots, ...parents, ...children]) {
          const apart = Math.max(x0, x1) <= card.x || Math.min(x0, x1) >= card.x + cardWidth || Math.max(y0, y1) <= card.y || Math.min(y0, y1) >= card.y + card.height
          assert.ok(apart, `room ${room}: the line ${from.x},${from.y} to ${to.x},${to.y} is behind the card at ${card.x},${card.y}`)
        }
      }
    }
    const [a, b] = [drawn.filter((l) => l.from === parents[0]), drawn.filter((l) => l.from === parents[1])].map((lines) => lines.flatMap((l) => l.segments)) as [Segment[], Segment[]]
    for (const [x0, y0, x1, y1] of a) {
      for (const [u0, v0, u1, v1] of b) {
        const along = (x0 === x1 && u0 === u1 && x0 === u0 && Math.min(Math.max(y0, y1), Math.max(v0, v1)) - Math.max(Math.min(y0, y1), Math.min(v0, v1))) || (y0 === y1 && v0 === v1 && y0 === v0 && Math.min(Math.max(x0, x1), Math.max(u0, u1)) - Math.max(Math.min(x0, x1), Math.min(u0, u1))) || 0
        assert.ok(along <= 0, `room ${room}: ${x0},${y0} to ${x1},${y1} lies on ${u0},${v0} to ${u1},${v1}`)
      }
    }
  }
})

test("what is said above the drawing", () => {
  assert.equal(about("Qwen3 32B", "Qwen3 32B: 64 decoder layers."), "Qwen3 32B: 64 decoder layers.")
  assert.equal(about("Llama 3.1 8B", "Meta Llama 3.1 8B."), "Llama 3.1 8B: Meta Llama 3.1 8B.")
  assert.equal(about("Mine", ""), "Mine")
  assert.equal(about("", "No name."), "No name.")
})

test("the model at a line", () => {
  const models = [model({})]
  assert.equal(modelAtLine(models, 3)?.id, "m")
  assert.equal(modelAtLine(models, 2), undefined)
  assert.equal(modelAtLine(models, 10), undefined)
})

test("outcomes", () => {
  const done: JobDone = { jobId: "add-1", repoId: "a/b", modelId: "b", state: "added", modules: 3, definitions: 2, findings: 0, openReport: false }
  assert.equal(sentence(done), "Added b: 3 modules, 2 Definitions.")
  assert.equal(sentence({ ...done, state: "updated", findings: 1 }), "Updated b: 3 modules, 2 Definitions. 1 finding needs a look.")
  assert.deepEqual(actionsFor("gated-no-token", false), ["Log In…", "Choose Another…", "Show Output"])
  assert.deepEqual(actionsFor(undefined, true), ["Choose Another…", "Retry", "Show Report", "Show Output"])
  assert.deepEqual(actionsFor("integrity", false), ["Retry", "Show Output"])
  assert.equal(sentences("a/b was not added: no (--offline)", "Go online."), "a/b was not added: no (--offline). Go online.")
  assert.equal(sentences("It ended.", undefined, ""), "It ended.")
  assert.equal(sentences("Is it?", "Yes"), "Is it? Yes")
})

test("debug information has no secrets", () => {
  state.settings = { server: { path: null, extraEnv: { HF_TOKEN: "topsecret" } }, huggingface: { endpoint: "https://user:pass@mirror/hf_abcdef" } }
  const text = debugInformation("0.1.0", { server: "0.1.0" })
  assert.doesNotMatch(text, /topsecret|pass@|abcdef/)
  assert.match(text, /HF_TOKEN/)
  assert.equal(withoutSecrets("token hf_abcDEF1 end"), "token hf_… end")
})

test("the drawing's page runs nothing but our script", () => {
  const html = page("vscode-resource:", "s.js", "s.css")
  assert.match(html, /default-src 'none'; style-src vscode-resource:; script-src 'nonce-([^']+)'/)
  assert.notEqual(html, page("vscode-resource:", "s.js", "s.css"))
  assert.doesNotMatch(html, /unsafe|style="|onclick/)
})
