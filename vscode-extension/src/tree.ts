/** The module tree of a model, as it is drawn. */
import type { ShownModel, ShownModule } from "./protocol"

export interface TreeNode {
  module: ShownModule
  children: TreeNode[]
  /** Why the module hangs here although the text says otherwise. */
  problem?: string
}

/** Builds the tree. Modules whose parent is absent, or that hang in a cycle, become roots, so that every module is drawn once. */
export function buildTree(model: ShownModel): TreeNode[] {
  const nodes = model.modules.map((module): TreeNode => ({ module, children: [] }))
  const byName = new Map<string, TreeNode>()
  for (const node of nodes) if (!byName.has(node.module.name)) byName.set(node.module.name, node)
  const roots: TreeNode[] = []
  for (const node of nodes) {
    const parent = node.module.parent
    const above = parent === undefined ? undefined : byName.get(parent)
    if (above && !isAbove(node, above, byName)) {
      above.children.push(node)
      continue
    }
    if (parent !== undefined) node.problem = above ? `part of a cycle through ${parent}` : `parent ${parent} is no module of this model`
    roots.push(node)
  }
  return roots
}

/** Says whether a node is `of` or above it, by the parents that the text names. */
function isAbove(node: TreeNode, of: TreeNode, byName: Map<string, TreeNode>): boolean {
  const seen = new Set<TreeNode>()
  for (let at: TreeNode | undefined = of; at && !seen.has(at); at = at.module.parent === undefined ? undefined : byName.get(at.module.parent)) {
    if (at === node) return true
    seen.add(at)
  }
  return false
}

/** "×48", or "×?" for a count that is no whole number. */
export const showCount = (module: ShownModule): string => `×${module.count ?? "?"}`

/** What is said of a model above its drawing; a description that begins with the name says it by itself. */
export function about(name: string, description: string): string {
  if (name === "" || description.startsWith(name)) return description
  return description === "" ? name : `${name}: ${description}`
}
