/** Draws a module tree as FlashInfer-Bench's page does: a row of cards for each level, lines from blocks to what they hold. */
import { type Layout, edge, layOut, widest } from "../src/layout"
import type { Range, ShownModel } from "../src/protocol"
import { type TreeNode, about, buildTree, holds, rows, showCount, walk } from "../src/tree"
import { View } from "./view"

interface Host {
  postMessage(message: { kind: "ready" } | { kind: "reveal"; range: Range } | { kind: "choose"; id: string }): void
  getState(): { zoom?: number | undefined } | undefined
  setState(state: { zoom: number | undefined }): void
}
declare function acquireVsCodeApi(): Host

const host = acquireVsCodeApi()
const element = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no ${id}`)
  return found
}
const tree = element("tree")
const lines = document.getElementById("lines") as unknown as SVGSVGElement
const models = element("models") as HTMLSelectElement
const view = new View({ room: element("room"), sheet: element("sheet"), shown: element("shown") }, host.getState()?.zoom, (zoom) => {
  host.setState({ zoom })
  place()
})

/** What is drawn: the rows, and the card of each node. */
let drawn: TreeNode[][] = []
const cards = new Map<TreeNode, HTMLElement>()

const make = (tag: string, className: string, text = ""): HTMLElement => {
  const e = document.createElement(tag)
  e.className = className
  // A name that is too long for its card is broken between its words.
  for (const [i, part] of text.split(/(?<=_)/).entries()) e.append(...(i === 0 ? [] : [document.createElement("wbr")]), part)
  return e
}

function draw(ids: string[], model: ShownModel | undefined): void {
  const focused = (document.activeElement as HTMLElement | null)?.dataset["name"]
  models.replaceChildren(...ids.map((id) => new Option(id, id, id === model?.id, id === model?.id)))
  element("about").textContent = model ? about(model.name, model.description) : "There is no model in this file."
  const roots = model ? buildTree(model) : []
  drawn = model ? rows(model, roots) : []
  cards.clear()
  // In the order of the tree, for those who hear it; the places show the rows.
  for (const [node, siblings] of walk(roots)) cards.set(node, card(node, siblings))
  tree.replaceChildren(...cards.values())
  place()
  const items = [...cards.values()]
  const keep = items.find((i) => i.dataset["name"] === focused)
  const first = keep ?? items[0]
  if (first) reachable(first)
  keep?.focus({ preventScroll: true })
}

function card(node: TreeNode, siblings: TreeNode[]): HTMLElement {
  const { module } = node
  const traced = module.definitions.length > 0
  const item = make("div", `node ${module.type === "block" ? "block" : "layer"}${traced ? " traced" : ""}`)
  item.setAttribute("role", "treeitem")
  item.setAttribute("aria-level", String(node.level + 1))
  item.setAttribute("aria-posinset", String(siblings.indexOf(node) + 1))
  item.setAttribute("aria-setsize", String(siblings.length))
  item.tabIndex = -1
  item.dataset["name"] = module.name
  const within = holds(node)
  const contents = node.children.length === 0 ? "" : `${within.modules} ${within.modules === 1 ? "module" : "modules"}, ${within.definitions} Definitions`
  item.setAttribute("aria-label", [module.name, module.type, `count ${module.count ?? "unknown"}`, contents, node.problem ?? "", ...module.definitions.map((d) => d.name)].filter((s) => s !== "").join(", "))
  const badges = make("div", "badges")
  badges.append(make("span", "type", module.type))
  const count = showCount(module)
  if (count !== "") badges.append(make("span", "count", count))
  if (contents !== "") badges.append(make("span", "contents", contents))
  item.append(make("div", "name", module.name), badges)
  if (node.problem !== undefined) item.append(make("div", "problem", node.problem))
  if (traced) item.append(definitions(node))
  item.addEventListener("click", () => {
    item.focus({ preventScroll: true })
    host.postMessage({ kind: "reveal", range: module.range })
  })
  item.addEventListener("keydown", (event) => {
    if (event.target !== item || (event.key !== "Enter" && event.key !== " ")) return
    event.preventDefault()
    host.postMessage({ kind: "reveal", range: module.range })
  })
  return item
}

function definitions({ module }: TreeNode): HTMLElement {
  const list = make("div", "definitions")
  for (const d of module.definitions) {
    const chip = make("button", "definition", d.name)
    chip.title = "Show in models.ts"
    chip.tabIndex = -1
    chip.addEventListener("click", (event) => {
      event.stopPropagation()
      host.postMessage({ kind: "reveal", range: d.range })
    })
    list.append(chip)
  }
  return list
}

/** Puts the cards where they belong, now that their heights are known, and draws the lines. */
function place(): void {
  const heights = drawn.map((row) => row.map((node) => cards.get(node)?.offsetHeight ?? 0))
  const layout = layOut(heights, view.roomFor(widest(drawn.map((row) => row.length))))
  const at = new Map(drawn.flatMap((row, r) => row.map((node, i) => [node, { place: layout.places[r]?.[i], height: heights[r]?.[i] ?? 0 }] as const)))
  const paths: Line[] = []
  const lanes = new Map(drawn.flatMap((row) => row.filter((node) => node.children.length > 0).map((node, i, parents) => [node, (i + 1) / (parents.length + 1)] as const)))
  for (const [node, { place: from, height }] of at) {
    const item = cards.get(node)
    if (!item || !from) continue
    item.style.left = `${from.x}px`
    item.style.top = `${from.y}px`
    for (const child of node.children) {
      const to = at.get(child)?.place
      if (to) paths.push({ from: node, to: child, d: edge(from, height, to, lanes.get(node)) })
    }
  }
  drawLines(layout, paths)
  view.resized(layout.width, layout.height)
}

/** A line from a block to what it holds. */
interface Line {
  from: TreeNode
  to: TreeNode
  d: string
}

/** The lines that are drawn, with their paths. */
const drawnLines = new Map<SVGPathElement, Line>()

function drawLines({ width, height }: Layout, paths: Line[]): void {
  lines.setAttribute("width", String(width))
  lines.setAttribute("height", String(height))
  drawnLines.clear()
  for (const line of paths) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path")
    path.setAttribute("d", line.d)
    drawnLines.set(path, line)
  }
  lines.replaceChildren(...drawnLines.keys())
  follow(pointedAt())
}

/** The card under the pointer, else the one with the focus. */
const pointedAt = () => tree.querySelector<HTMLElement>(".node:hover") ?? tree.querySelector<HTMLElement>(".node:focus-within")

/** Lets the lines of a card stand out: many may lie beside each other. */
function follow(item: HTMLElement | null): void {
  const node = [...cards].find(([, card]) => card === item)?.[0]
  const followed = [...drawnLines].filter(([path, { from, to }]) => path.classList.toggle("followed", node !== undefined && (from === node || to === node)))
  lines.append(...followed.map(([path]) => path)) // above the others
}
for (const event of ["pointerover", "pointerleave", "focusin", "focusout"]) tree.addEventListener(event, () => { follow(pointedAt()) })

/** Lets Tab reach one module, and after it that module's Definitions. */
function reachable(item: HTMLElement): void {
  for (const other of tree.querySelectorAll<HTMLElement>("[tabindex='0']")) other.tabIndex = -1
  item.tabIndex = 0
  for (const chip of item.querySelectorAll<HTMLElement>(".definition")) chip.tabIndex = 0
}

tree.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLElement && target.matches("[role=treeitem]")) reachable(target)
})

// Who comes to the drawing by the keyboard is on a card at once: the arrow keys work.
window.addEventListener("focus", () => {
  if (document.activeElement === document.body) tree.querySelector<HTMLElement>("[role=treeitem][tabindex='0']")?.focus({ preventScroll: true })
})

/** The card that an arrow key leads to: up to the parent, down to the first that a block holds, sideways along the row. */
function neighbour(node: TreeNode, key: string): TreeNode | undefined {
  const row = drawn.find((r) => r.includes(node)) ?? []
  switch (key) {
    case "ArrowRight":
      return row[row.indexOf(node) + 1]
    case "ArrowLeft":
      return row[row.indexOf(node) - 1]
    case "ArrowDown":
      return node.children[0]
    case "ArrowUp":
      return drawn.flat().find((n) => n.children.includes(node))
    case "Home":
      return drawn[0]?.[0]
    case "End":
      return drawn.at(-1)?.at(-1)
  }
  return undefined
}

tree.addEventListener("keydown", (event) => {
  const item = (event.target as HTMLElement).closest<HTMLElement>("[role=treeitem]")
  const node = [...cards].find(([, c]) => c === item)?.[0]
  const next = node && neighbour(node, event.key)
  const target = next && cards.get(next)
  if (!target) return
  event.preventDefault()
  target.focus({ preventScroll: true })
  target.scrollIntoView({ block: "nearest", inline: "nearest" })
})

element("smaller").addEventListener("click", () => { view.zoomBy(1 / 1.2) })
element("larger").addEventListener("click", () => { view.zoomBy(1.2) })
element("shown").addEventListener("click", () => { view.zoomTo(1) })
element("fit").addEventListener("click", () => { view.zoomTo(undefined) })
document.addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === "+" || event.key === "=") view.zoomBy(1.2)
  else if (event.key === "-") view.zoomBy(1 / 1.2)
  else if (event.key === "0") view.zoomTo(1)
  else if (event.key === "f") view.zoomTo(undefined)
})
models.addEventListener("change", () => { host.postMessage({ kind: "choose", id: models.value }) })
window.addEventListener("message", (event: MessageEvent<{ kind: string; ids: string[]; model?: ShownModel }>) => {
  if (event.data.kind === "draw") draw(event.data.ids, event.data.model)
})
// Fonts and sizes come with the theme, which may change while the drawing is there.
new ResizeObserver(() => { place() }).observe(element("room"))
new MutationObserver(() => { place() }).observe(document.body, { attributes: true, attributeFilter: ["class"] })
host.postMessage({ kind: "ready" })
