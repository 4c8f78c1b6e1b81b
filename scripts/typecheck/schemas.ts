// What an entry of models.ts may be, as the web app's schema has it.
export type Module = {
  count: number
  parent?: string
  type: "block" | "layer"
  definitions?: string[]
}

export type Model = {
  id: string
  name: string
  description: string
  modules: Record<string, Module>
}
