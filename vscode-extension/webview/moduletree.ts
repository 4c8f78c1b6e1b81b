/** Draws a module tree: blocks as frames around what they hold, layers as cards with their Definitions. */
import type { Range, ShownModel } from "../src/protocol"
import { type TreeNode, about, buildTree, showCount } from "../src/tree"

interface Host {
  postMessage(message: { kind: "ready" } | { kind: "reveal"; range: Range } | { kind: "choose"; id: string }): void
  getState(): { zoom?: number } | undefined
  setState(state: { zoom: number }): void
}
declare function acquireVsCodeApi(): Host

const host = acquireVsCodeApi()
const element = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no ${id}`)
  return found
}
const tree = element("tree")
const models = element("models") as HTMLSelectElement
let zoom = host.getState()?.zoom ?? 1

const make = (tag: string, className: string, text = ""): HTMLElement => {
  const e = document.createElement(tag)
  e.className = className
  e.textContent = text
  return e
}

function draw(ids: string[], model: ShownModel | undefined): void {
  const focused = (document.activeElement as HTMLElement | null)?.dataset["name"]
  models.replaceChildren(...ids.map((id) => new Option(id, id, id === model?.id, id === model?.id)))
  element("about").textContent = model ? about(model.name, model.description) : "There is no model in this file."
  tree.replaceChildren(...(model ? buildTree(model).map((n) => drawNode(n, 1)) : []))
  const items = all()
  const keep = items.find((i) => i.dataset["name"] === focused)
  const first = keep ?? items[0]
  if (first) reachable(first)
  keep?.focus()
}

function drawNode(node: TreeNode, level: number): HTMLElement {
  const { module } = node
  const item = make("div", `node ${module.type === "block" ? "block" : "layer"}`)
  item.setAttribute("role", "treeitem")
  item.setAttribute("aria-level", String(level))
  item.tabIndex = -1
  item.dataset["name"] = module.name
  const head = make("div", "head")
  head.append(make("span", "name", module.name), make("span", "count", showCount(module)))
  const label = [module.name, `${module.type}, count ${module.count ?? "unknown"}`, ...module.definitions.map((d) => d.name)]
  item.setAttribute("aria-label", label.join(", "))
  item.append(head)
  if (node.problem !== undefined) item.append(make("div", "problem", node.problem))
  if (module.definitions.length > 0) {
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
    item.append(list)
  }
  if (node.children.length > 0) {
    const group = make("div", "children")
    group.setAttribute("role", "group")
    group.append(...node.children.map((c) => drawNode(c, level + 1)))
    item.setAttribute("aria-expanded", "true")
    item.append(group)
  }
  const reveal = () => { host.postMessage({ kind: "reveal", range: module.range }) }
  item.addEventListener("click", (event) => {
    event.stopPropagation()
    focusOn(item)
    reveal()
  })
  item.addEventListener("keydown", (event) => {
    if (event.target === item && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault()
      reveal()
    }
  })
  return item
}

const all = (): HTMLElement[] => [...tree.querySelectorAll<HTMLElement>("[role=treeitem]")]

/** Lets Tab reach one module, and after it that module's Definitions. */
function reachable(item: HTMLElement): void {
  for (const other of tree.querySelectorAll<HTMLElement>("[tabindex='0']")) other.tabIndex = -1
  item.tabIndex = 0
  for (const chip of item.querySelectorAll<HTMLElement>(":scope > .definitions > button")) chip.tabIndex = 0
}

const focusOn = (item: HTMLElement): void => { item.focus() }

tree.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLElement && target.matches("[role=treeitem]")) reachable(target)
})

const shown = (): HTMLElement[] => all().filter((i) => !i.parentElement?.closest("[aria-expanded=false]"))

function fold(item: HTMLElement, open: boolean): boolean {
  if (item.getAttribute("aria-expanded") !== String(!open)) return false
  item.setAttribute("aria-expanded", String(open))
  return true
}

tree.addEventListener("keydown", (event) => {
  const item = (event.target as HTMLElement).closest<HTMLElement>("[role=treeitem]")
  if (!item) return
  const items = shown()
  const at = items.indexOf(item)
  const above = item.parentElement?.closest<HTMLElement>("[role=treeitem]")
  const below = item.querySelector<HTMLElement>("[role=treeitem]")
  const targets: Record<string, () => HTMLElement | null | undefined> = {
    ArrowDown: () => items[at + 1],
    ArrowUp: () => items[at - 1],
    Home: () => items[0],
    End: () => items.at(-1),
    ArrowLeft: () => (fold(item, false) ? item : above),
    ArrowRight: () => (fold(item, true) ? item : below),
  }
  const target = targets[event.key]?.()
  if (!target) return
  event.preventDefault()
  focusOn(target)
})

function setZoom(next: number): void {
  zoom = Math.min(3, Math.max(0.3, next))
  tree.style.setProperty("zoom", String(zoom))
  element("fit").textContent = `${Math.round(zoom * 100)}%`
  host.setState({ zoom })
}

element("smaller").addEventListener("click", () => { setZoom(zoom / 1.2) })
element("larger").addEventListener("click", () => { setZoom(zoom * 1.2) })
element("fit").addEventListener("click", () => { setZoom(1) })
document.addEventListener("keydown", (event) => {
  const by: Record<string, number> = { "+": zoom * 1.2, "=": zoom * 1.2, "-": zoom / 1.2, "0": 1 }
  const next = by[event.key]
  if (next !== undefined && !(event.target instanceof HTMLSelectElement)) setZoom(next)
})
document.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return
  event.preventDefault()
  setZoom(event.deltaY < 0 ? zoom * 1.1 : zoom / 1.1)
}, { passive: false })
models.addEventListener("change", () => { host.postMessage({ kind: "choose", id: models.value }) })
window.addEventListener("message", (event: MessageEvent<{ kind: string; ids: string[]; model?: ShownModel }>) => {
  if (event.data.kind === "draw") draw(event.data.ids, event.data.model)
})
setZoom(zoom)
host.postMessage({ kind: "ready" })
