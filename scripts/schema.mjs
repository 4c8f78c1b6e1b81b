// Holds models to the rules that the web app's schema of a model states, and
// to what its pages rest on besides: nothing unknown, whole counts, parents
// that exist, one root.
//
//   node scripts/typecheck.mjs --values models.ts | node scripts/schema.mjs
//
// Needs `npm ci --prefix scripts`.
import { readFileSync } from "node:fs"
import { z } from "zod"

const name = z.string().min(1)

const module = z.strictObject({
  count: z.number().int().positive(),
  parent: name.optional(),
  type: z.enum(["block", "layer"]),
  definitions: z.array(name).optional(),
})

const model = z
  .strictObject({ id: name, name, description: z.string().optional(), modules: z.record(name, module) })
  .superRefine((m, context) => {
    const refuse = (key, message) => context.addIssue({ code: "custom", path: ["modules", key], message })
    let roots = 0
    for (const [key, { parent }] of Object.entries(m.modules)) {
      if (parent === undefined) roots++
      else if (!Object.hasOwn(m.modules, parent)) refuse(key, `the parent ${parent} is not a module`)
      const seen = new Set()
      for (let at = key; at !== undefined; at = m.modules[at]?.parent) {
        if (seen.has(at)) {
          refuse(key, "is its own ancestor")
          break
        }
        seen.add(at)
      }
    }
    if (roots !== 1) context.addIssue({ code: "custom", path: ["modules"], message: `${roots} roots` })
  })

const models = z.array(model).superRefine((list, context) => {
  const seen = new Set()
  for (const { id } of list) {
    if (seen.has(id)) context.addIssue({ code: "custom", message: `the id ${id} is there twice` })
    seen.add(id)
  }
})

// A schema that refuses nothing proves nothing.
const good = { id: "a", name: "A", description: "", modules: { root: { count: 1, type: "block", definitions: [] } } }
const root = good.modules.root
const wrong = {
  "no id": { ...good, id: undefined },
  "an unknown property": { ...good, url: "x" },
  "a fraction of a count": { ...good, modules: { root: { ...root, count: 0.5 } } },
  "no count": { ...good, modules: { root: { ...root, count: undefined } } },
  "an unknown type": { ...good, modules: { root: { ...root, type: "leaf" } } },
  "a Definition that is a number": { ...good, modules: { root: { ...root, definitions: [1] } } },
  "an unknown parent": { ...good, modules: { root, x: { ...root, parent: "y" } } },
  "a cycle": { ...good, modules: { root, x: { ...root, parent: "x" } } },
  "two roots": { ...good, modules: { root, x: root } },
}
for (const [what, value] of Object.entries(wrong)) {
  if (models.safeParse([value]).success) throw new Error(`the schema accepts ${what}`)
}
if (!models.safeParse([good]).success || models.safeParse([good, good]).success) throw new Error("the schema is wrong about ids")

const list = JSON.parse(readFileSync(0, "utf8"))
const result = models.safeParse(list)
if (!result.success) {
  for (const issue of result.error.issues.slice(0, 50)) {
    const [index, ...path] = issue.path
    console.error(`${list[index]?.id ?? index}: ${path.join(".")}: ${issue.message}`)
  }
  process.exit(1)
}
console.log(`zod accepts all ${list.length} entries`)
