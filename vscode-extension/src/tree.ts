/** The module tree of a model, as it is drawn. */
import type { ShownModel, ShownModule } from "./protocol"

export interface TreeNode {
  module: ShownModule
  children: TreeNode[]
  /** How many modules the text names above this one. */
  level: number
  /** Why the module hangs here although the text says otherwise. */
  problem?: string
}

/** Builds the tree. Modules whose parent is absent, or that hang in a cycle, become roots, so that every module is drawn once. */
export function buildTree(model: ShownModel): TreeNode[] {
  const nodes = model.modules.map((module): TreeNode => ({ module, children: [], level: 0 }))
  const byName = new Map<string, TreeNode>()
  for (const node of nodes) if (!byName.has(node.module.name)) byName.set(node.module.name, node)
  const roots: TreeNode[] = []
  const cyclic = inCycles(nodes, byName)
  for (const node of nodes) {
    const parent = node.module.parent
    const above = parent === undefined ? undefined : byName.get(parent)
    if (above && !cyclic.has(node)) {
      above.children.push(node)
      continue
    }
    if (parent !== undefined) {
      node.problem = above ? `part of a cycle through ${parent}` : `parent ${parent} is not a module of this model`
      node.level = above ? 0 : 1 // the web page leaves room for the parent that is not there
    }
    roots.push(node)
  }
  for (const [node] of walk(roots)) for (const child of node.children) child.level = node.level + 1
  return roots
}

/** The nodes of a tree, each before what it holds, with its siblings. */
export function* walk(siblings: TreeNode[]): Generator<[node: TreeNode, siblings: TreeNode[]]> {
  // A list and no recursion: a chain of modules may be longer than the stack.
  const waiting = siblings.map((node): [TreeNode, TreeNode[]] => [node, siblings]).reverse()
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    yield next
    const { children } = next[0]
    for (let i = children.length - 1; i >= 0; i--) waiting.push([children[i] as TreeNode, children])
  }
}

/** The rows of the drawing: the modules of each level side by side, in the order of the text, as FlashInfer-Bench's page has them. */
export function rows(model: ShownModel, roots: TreeNode[]): TreeNode[][] {
  const order = new Map(model.modules.map((module, i) => [module, i]))
  const nodes = [...walk(roots)].map(([node]) => node).sort((a, b) => (order.get(a.module) ?? 0) - (order.get(b.module) ?? 0))
  const byLevel: TreeNode[][] = []
  for (const node of nodes) (byLevel[node.level] ??= []).push(node)
  return byLevel.filter((row) => row.length > 0) // a level may have nobody: a hole in the list, or nothing
}

/** How many modules a node holds, and how many Definitions are listed in it and below. */
export function holds(node: TreeNode): { modules: number; definitions: number } {
  let modules = -1
  let definitions = 0
  for (const [{ module }] of walk([node])) {
    modules++
    definitions += module.definitions.length
  }
  return { modules, definitions }
}

/** The nodes that are above themselves, by the parents that the text names. */
function inCycles(nodes: TreeNode[], byName: Map<string, TreeNode>): Set<TreeNode> {
  const found = new Set<TreeNode>()
  const seen = new Set<TreeNode>() // each is followed once, however long a chain is
  for (const start of nodes) {
    const path = new Map<TreeNode, number>()
    let at: TreeNode | undefined = start
    for (; at && !seen.has(at); at = at.module.parent === undefined ? undefined : byName.get(at.module.parent)) {
      seen.add(at)
      path.set(at, path.size)
    }
    const first = at && path.get(at)
    if (first !== undefined) for (const [node, i] of path) if (i >= first) found.add(node)
  }
  return found
}

/** "×48", or "×?" for a count that is not a whole number; one is not counted. */
export const showCount = (module: ShownModule): string => (module.count === 1 ? "" : `×${module.count ?? "?"}`)

/** What is said of a model above its drawing; a description that begins with the name says it by itself. */
export function about(name: string, description: string): string {
  if (name === "" || description.startsWith(name)) return description
  return description === "" ? name : `${name}: ${description}`
}
